/* SPDX-License-Identifier: GPL-2.0-only */
#include "entry.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void entry_total(const struct map *map, const void *values, void *total)
{
	memset(total, 0, map->value_size);
	for (unsigned int i = 0; i < map->values; i++)
		value_add(map->value, total, (const char *)values + i * map->stride);
}

static void print_list(const struct map *map, const void *values, enum value_style style,
		       const struct value_env *env, struct buf *out)
{
	bool braces = style == VALUE_TEXT && map->value->kind == TYPE_STRUCT;

	buf_char(out, '[');
	for (unsigned int i = 0; i < map->values; i++) {
		if (i)
			buf_char(out, ',');
		if (braces)
			buf_char(out, '{');
		value_print(map->value, (const char *)values + i * map->stride, style, env, out);
		if (braces)
			buf_char(out, '}');
	}
	buf_char(out, ']');
}

void entry_print_values(const struct map *map, const void *values, enum value_style style,
			const struct value_env *env, struct buf *out)
{
	if (map->kind->traits & KIND_PERCPU)
		print_list(map, values, style, env, out);
	else
		value_print(map->value, values, style, env, out);
}

static void print_total(const struct map *map, const void *values, const struct value_env *env,
			struct buf *out)
{
	void *total = value_adds(map->value) ? malloc(map->value_size) : NULL;

	buf_text(out, ",\"total\":");
	if (total) {
		entry_total(map, values, total);
		value_print(map->value, total, VALUE_JSON, env, out);
	} else {
		buf_text(out, "null");
	}
	free(total);
}

void entry_print(const struct map *map, const void *key, const void *values, enum value_style style,
		 const struct value_env *env, struct buf *out)
{
	bool percpu = map->kind->traits & KIND_PERCPU;

	if (style == VALUE_TEXT) {
		if (map->key) {
			value_print(map->key, key, style, env, out);
			buf_add(out, " = ", 3);
		}
		entry_print_values(map, values, style, env, out);
		return;
	}
	buf_char(out, '{');
	if (map->key) {
		buf_add(out, "\"key\":", 6);
		value_print(map->key, key, style, env, out);
		buf_char(out, ',');
	}
	buf_text(out, percpu ? "\"values\":" : "\"value\":");
	entry_print_values(map, values, style, env, out);
	if (percpu)
		print_total(map, values, env, out);
	buf_char(out, '}');
}

static int wrong(struct err *err, const char *what)
{
	return err_set(err, ERR_USAGE, EINVAL, NULL, "%s", what);
}

/* An error of a member belongs to the key or to the value. */
static int under(const char *part, struct err *err, int ret)
{
	char object[sizeof(err->object)];

	if (!ret || !err)
		return ret;
	snprintf(object, sizeof(object), "%s%s%.100s", part,
		 err->object[0] && err->object[0] != '[' ? "." : "", err->object);
	memcpy(err->object, object, sizeof(object));
	return ret;
}

void entry_normal_key(const struct map *map, void *key)
{
	uint8_t *data = (uint8_t *)key + 4;
	uint64_t bits;

	if (map->type != BPF_MAP_TYPE_LPM_TRIE || map->key_size < 4)
		return;
	bits = load_unsigned(key, 4);
	for (uint32_t i = 0; i < map->key_size - 4; i++) {
		if (8 * (uint64_t)i >= bits)
			data[i] = 0;
		else if (8 * ((uint64_t)i + 1) > bits)
			data[i] &= (uint8_t)(0xff00u >> (bits - 8 * (uint64_t)i));
	}
}

int entry_parse_key(const struct map *map, const char *text, size_t length, void *key,
		    const struct value_env *env, struct err *err)
{
	int ret;

	memset(key, 0, map->key_size);
	ret = under("key", err, value_parse(map->key, text, length, key, env, err));
	if (!ret)
		entry_normal_key(map, key);
	return ret;
}

static void copy_to_all(const struct map *map, void *values)
{
	for (unsigned int i = 1; i < map->values; i++)
		memcpy((char *)values + i * map->stride, values, map->stride);
}

static void skip_blanks(const char **at, const char *end)
{
	while (*at < end && (**at == ' ' || **at == '\t' || **at == '\r' || **at == '\n'))
		(*at)++;
}

/* [v0,v1,...] with one for each CPU. If the type is itself a list, then [[...],[...]]. */
static bool is_list_of_all(const struct map *map, const char *text, const char *end)
{
	skip_blanks(&text, end);
	if (text == end || *text != '[')
		return false;
	if (map->value->kind != TYPE_ARRAY)
		return true;
	text++;
	skip_blanks(&text, end);
	return text < end && *text == '[' && map->value->element->kind != TYPE_ARRAY;
}

static int scan_all(const struct map *map, const char **at, const char *end, void *values,
		    const struct value_env *env, struct err *err)
{
	skip_blanks(at, end);
	(*at)++;
	for (unsigned int i = 0; i < map->values; i++) {
		int ret =
			value_scan(map->value, at, end, (char *)values + i * map->stride, env, err);

		if (ret)
			return ret;
		skip_blanks(at, end);
		if (*at == end || **at != (i + 1 < map->values ? ',' : ']'))
			return err_set(err, ERR_USAGE, EINVAL, NULL,
				       "wants one value, or a list of %u: one for each CPU",
				       map->values);
		(*at)++;
	}
	return 0;
}

int entry_parse_values(const struct map *map, const char *text, size_t length, void *values,
		       const struct value_env *env, struct err *err)
{
	const char *end = text + length;
	int ret;

	if (!(map->kind->traits & KIND_PERCPU) || !is_list_of_all(map, text, end)) {
		if (!(map->kind->traits & KIND_PERCPU) || map->values == 1) {
			ret = value_parse(map->value, text, length, values, env, err);
			return under("value", err, ret);
		}
		/* the same change on every CPU, each from what it holds */
		for (unsigned int i = 0; i < map->values; i++) {
			ret = value_parse(map->value, text, length,
					  (char *)values + i * map->stride, env, err);
			if (ret)
				return under("value", err, ret);
		}
		return 0;
	}
	ret = scan_all(map, &text, end, values, env, err);
	skip_blanks(&text, end);
	if (!ret && text < end)
		ret = wrong(err, "something is left over behind the list");
	return under("value", err, ret);
}

static int scan_values(const struct map *map, bool list, const char **at, const char *end,
		       void *values, const struct value_env *env, struct err *err)
{
	int ret;

	if (list) {
		skip_blanks(at, end);
		if (*at == end || **at != '[')
			return wrong(err, "\"values\" is a list with one for each CPU");
		return scan_all(map, at, end, values, env, err);
	}
	ret = value_scan(map->value, at, end, values, env, err);
	if (!ret)
		copy_to_all(map, values);
	return ret;
}

enum part { PART_KEY = 1, PART_VALUE = 2, PART_TOTAL = 4 };

/* "key": and the like; 0 if it is none of them */
static unsigned int scan_part(const char **at, const char *end, bool *list)
{
	static const struct {
		const char *text;
		unsigned int part;
		bool list;
	} parts[] = { { "\"key\"", PART_KEY, false },
		      { "\"value\"", PART_VALUE, false },
		      { "\"values\"", PART_VALUE, true },
		      { "\"total\"", PART_TOTAL, false } };

	for (unsigned int i = 0; i < 4; i++) {
		size_t length = strlen(parts[i].text);

		if ((size_t)(end - *at) > length && memcmp(*at, parts[i].text, length) == 0) {
			*at += length;
			skip_blanks(at, end);
			if (*at == end || **at != ':')
				return 0;
			(*at)++;
			*list = parts[i].list;
			return parts[i].part;
		}
	}
	return 0;
}

static int parse_json(const struct map *map, const char *at, const char *end, void *key,
		      void *values, const struct value_env *env, struct err *err)
{
	unsigned int seen = 0, part;
	bool list = false;
	int ret = 0;

	for (at++; !ret;) {
		skip_blanks(&at, end);
		part = scan_part(&at, end, &list);
		if (!part || seen & part)
			return wrong(err, "wants {\"key\":...,\"value\":...} or KEY = VALUE");
		seen |= part;
		if (part == PART_KEY)
			ret = under("key", err, value_scan(map->key, &at, end, key, env, err));
		else if (part == PART_VALUE)
			ret = under("value", err,
				    scan_values(map, list && map->kind->traits & KIND_PERCPU, &at,
						end, values, env, err));
		else
			at = value_end(at, end, ",}"); /* what it adds up to is not read */
		skip_blanks(&at, end);
		if (ret || at == end || *at != ',')
			break;
		at++;
	}
	if (ret)
		return ret;
	if (at == end || *at != '}')
		return wrong(err, "a closing } is missing");
	at++;
	skip_blanks(&at, end);
	if (at < end && *at == ',') { /* a line of a list of objects */
		at++;
		skip_blanks(&at, end);
	}
	if (at < end)
		return wrong(err, "something is left over behind the closing }");
	if ((seen & (PART_KEY | PART_VALUE)) != (PART_KEY | PART_VALUE))
		return wrong(err, seen & PART_KEY ? "\"value\" is missing" : "\"key\" is missing");
	return 0;
}

/* The first " = ", wherever it is. */
static const char *first_equals(const char *line, const char *end)
{
	for (const char *at = line; (at = memchr(at, '=', (size_t)(end - at))); at++) {
		if (at > line && at[-1] == ' ' && at + 1 < end && at[1] == ' ')
			return at - 1;
	}
	return NULL;
}

/* Where " = " is, outside of quotes and brackets. */
static const char *find_equals(const char *line, const char *end)
{
	const char *at = first_equals(line, end);

	/* most keys have none of them */
	if (!at ||
	    (!memchr(line, '"', (size_t)(at - line)) && !memchr(line, '[', (size_t)(at - line)) &&
	     !memchr(line, '{', (size_t)(at - line))))
		return at;
	for (at = line;; at++) {
		at = value_end(at, end, "=");
		if (at == end || *at != '=')
			return NULL;
		if (at > line && at[-1] == ' ' && at + 1 < end && at[1] == ' ')
			return at - 1;
	}
}

int entry_parse(const struct map *map, const char *line, size_t length, void *key, void *values,
		const struct value_env *env, struct err *err)
{
	const char *end = line + length, *equals;
	int ret;

	memset(values, 0, map_room(map));
	memset(key, 0, map->key_size);
	skip_blanks(&line, end);
	if (line < end && *line == '{') {
		const char *at = line + 1;

		skip_blanks(&at, end);
		if (at < end && *at == '"')
			return parse_json(map, line, end, key, values, env, err);
	}
	equals = find_equals(line, end);
	if (!equals)
		return wrong(err, "wants KEY = VALUE or {\"key\":...,\"value\":...}");
	ret = under("key", err,
		    value_parse(map->key, line, (size_t)(equals - line), key, env, err));
	return ret
		       ?: entry_parse_values(map, equals + 3, (size_t)(end - equals - 3), values,
					     env, err);
}

char *entry_key_text(const struct map *map, const void *key, const struct value_env *env,
		     char out[static 128])
{
	struct buf text = { 0 };

	buf_text(&text, "key ");
	if (map->key)
		value_print(map->key, key, VALUE_TEXT, env, &text);
	snprintf(out, 128, "%s", buf_string(&text));
	buf_free(&text);
	return out;
}
