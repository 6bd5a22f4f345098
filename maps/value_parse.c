/* SPDX-License-Identifier: GPL-2.0-only */
/* The grammar of values: members, elements and paths to them. */
#include "value_parser.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int parse(struct parser *p, const struct type *type, uint8_t *bytes);

/* Most of the time there are none: then without a call. */
static void blanks(struct parser *p)
{
	if (p->at < p->end && (unsigned char)*p->at <= ' ')
		parser_blanks(p);
}

/* An error below belongs to this member. */
static int under(struct parser *p, const char *name, int length, int ret)
{
	char below[sizeof(p->err->object)];
	const char *dot = p->err->object[0] && p->err->object[0] != '[' ? "." : "";

	memcpy(below, p->err->object, sizeof(below));
	snprintf(p->err->object, sizeof(p->err->object), "%.*s%s%.60s", length > 60 ? 60 : length,
		 name, dot, below);
	return ret;
}

static int parse_array(struct parser *p, const struct type *type, uint8_t *bytes)
{
	bool outer = p->nested;
	uint32_t n = 0;
	char name[24];
	int ret;

	p->at++;
	p->nested = true;
	blanks(p);
	while (p->at < p->end && *p->at != ']') {
		if (n == type->count)
			return parser_wrong(p, "wants %u elements, there are more", type->count);
		ret = parse(p, type->element, bytes + (size_t)n * type->element->size);
		if (ret)
			return under(p, name, snprintf(name, sizeof(name), "[%u]", n), ret);
		n++;
		blanks(p);
		if (!parser_take(p, ','))
			break;
		blanks(p);
		if (p->at < p->end && *p->at == ']')
			return parser_wrong(p, "a comma without an element behind it");
	}
	if (!parser_take(p, ']'))
		return parser_wrong(p, "a closing ] is missing");
	if (n != type->count)
		return parser_wrong(p, "wants %u elements, not %u", type->count, n);
	p->nested = outer;
	return 0;
}

/* Members of a struct that are being given, in any order. */
struct pairs {
	const struct type *type;
	uint8_t *bytes;
	uint32_t next;	       /* member that is expected: most of the time they come in order */
	uint64_t first, *seen; /* a bit for each that has been given; seen is first if 64 do */
};

static bool begin_pairs(struct pairs *s, const struct type *type, uint8_t *bytes)
{
	*s = (struct pairs){ .type = type, .bytes = bytes };
	s->seen = type->count > 64 ? calloc((type->count + 63) / 64, 8) : &s->first;
	return s->seen != NULL;
}

static void end_pairs(struct pairs *s)
{
	if (s->seen != &s->first)
		free(s->seen);
}

/* "#padding" says what is in the bytes between members; it exists for the outermost type only. */
static int parse_padding(struct parser *p, const struct type *type, uint8_t *bytes)
{
	struct type raw = { .kind = TYPE_BYTES, .size = type->size };
	uint8_t *padding = type->padding ? calloc(1, type->size ? type->size : 1) : NULL;
	int ret;

	blanks(p);
	if (!type->padding)
		return parser_wrong(p, "is given for the outermost struct alone");
	ret = padding ? parse(p, &raw, padding) : parser_wrong(p, "out of memory");
	for (uint32_t i = 0; i < type->size && !ret; i++) {
		if (padding[i] & ~type->padding[i])
			ret = parser_wrong(p, "byte %u belongs to a member", i);
		else
			bytes[i] = (uint8_t)((bytes[i] & ~type->padding[i]) | padding[i]);
	}
	free(padding);
	return ret;
}

static int give(struct parser *p, struct pairs *s, const struct member *member)
{
	uint32_t i = (uint32_t)(member - s->type->member);
	uint64_t bit = 1ULL << i % 64;

	if (s->seen[i / 64] & bit)
		return parser_wrong(p, "is given twice");
	s->seen[i / 64] |= bit;
	s->next = i + 1;
	if (!member->bits)
		return parse(p, member->type, s->bytes + member->offset);
	blanks(p);
	return parse_bits(p, member, s->bytes);
}

/* name=value or "name":value, and the name may be a path */
static int parse_pair(struct parser *p, struct pairs *s)
{
	struct place place = { .type = s->type, .bytes = s->bytes };
	const char *name = p->at, *end;
	bool quoted = parser_take(p, '"');
	const char *stop = quoted ? "\"\\" : "=,{}\"";
	const struct member *member;
	int ret;

	name += quoted;
	while (p->at < p->end && *p->at && !strchr(stop, *p->at))
		p->at++;
	end = p->at;
	while (!quoted && end > name && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	if (quoted && parser_take(p, '"'))
		blanks(p);
	if (!parser_take(p, quoted ? ':' : '='))
		return parser_wrong(p, "\"%.*s\" is no member with a value: write %s",
				    shown(name, end), name,
				    quoted ? "\"name\":value" : "name=value");
	if (name == end)
		return parser_wrong(p, "a name is missing");
	member = s->type->kind == TYPE_STRUCT ? find_member(s->type, name, (size_t)(end - name))
					      : NULL;
	if (word_is(name, end, "#padding")) {
		ret = parse_padding(p, s->type, s->bytes);
	} else if (member) {
		ret = give(p, s, member);
	} else {
		ret = follow_path(p, &place, name, end);
		if (ret)
			return ret;
		blanks(p);
		ret = place.bits ? parse_bits(p, place.bits, place.bytes)
				 : parse(p, place.type, place.bytes);
	}
	return ret ? under(p, name, shown(name, end), ret) : 0;
}

static bool comes(const struct parser *p, const char *text, uint32_t length)
{
	return (size_t)(p->end - p->at) >= length && memcmp(p->at, text, length) == 0;
}

/* The member that is expected, as value_print() writes it; else NULL. */
static const struct member *take_expected(struct parser *p, const struct pairs *s)
{
	const struct member *member;

	if (s->type->kind != TYPE_STRUCT || s->next >= s->type->count)
		return NULL;
	member = &s->type->member[s->next];
	if (*p->at == '"' && comes(p, member->quoted, member->quoted_length))
		p->at += member->quoted_length;
	else if (*p->at != '"' && comes(p, member->label, member->label_length))
		p->at += member->label_length;
	else
		return NULL;
	return member;
}

static int parse_list(struct parser *p, struct pairs *s, char close)
{
	while (p->at < p->end && *p->at != close) {
		const struct member *member = take_expected(p, s);
		int ret = member ? give(p, s, member) : parse_pair(p, s);

		if (ret)
			return member ? under(p, member->name, (int)member->label_length - 1, ret)
				      : ret;
		blanks(p);
		if (!parser_take(p, ','))
			break;
		blanks(p);
		if (p->at == p->end || *p->at == close)
			return parser_wrong(p, "a comma without a member behind it");
	}
	if (close && !parser_take(p, close))
		return parser_wrong(p, "a closing %c is missing", close);
	return 0;
}

/* Up to the closing bracket; without one, to the end. */
static int parse_pairs(struct parser *p, const struct type *type, uint8_t *bytes, char close)
{
	bool outer = p->nested;
	struct pairs s;
	int ret;

	if (!begin_pairs(&s, type, bytes))
		return parser_wrong(p, "out of memory");
	p->nested = true;
	blanks(p);
	ret = parse_list(p, &s, close);
	p->nested = outer;
	end_pairs(&s);
	return ret;
}

/* A struct that leads with its first member: eth1, or eth1,prog=id:7 */
static int parse_led(struct parser *p, const struct type *type, uint8_t *bytes)
{
	const struct member *first = &type->member[0];
	bool outer = p->nested;
	int ret;

	p->nested = true;
	ret = parse(p, first->type, bytes + first->offset);
	p->nested = outer;
	if (ret)
		return under(p, first->name, (int)first->label_length - 1, ret);
	blanks(p);
	if (outer || !parser_take(p, ','))
		return 0;
	blanks(p);
	if (p->at == p->end)
		return parser_wrong(p, "a comma without a member behind it");
	return parse_pairs(p, type, bytes, '\0');
}

static bool names_member(const struct parser *p)
{
	const char *end = value_end(p->at, p->end, ",=");

	return end < p->end && *end == '=';
}

static int parse(struct parser *p, const struct type *type, uint8_t *bytes)
{
	blanks(p);
	if (type->kind == TYPE_STRUCT && parser_take(p, '{'))
		return parse_pairs(p, type, bytes, '}');
	if (type->kind == TYPE_ARRAY && p->at < p->end && *p->at == '[')
		return parse_array(p, type, bytes);
	if (type->leads && type->count && !comes(p, "hex:", 4) && !comes(p, "\"hex:", 5) &&
	    (p->nested || !names_member(p)))
		return parse_led(p, type, bytes);
	return parse_word(p, type, bytes);
}

/* The outermost value may leave out its braces and name parts by a path. */
static int parse_outer(struct parser *p, const struct type *type, uint8_t *bytes)
{
	char c;

	blanks(p);
	if (p->at == p->end && type->kind != TYPE_TEXT)
		return parser_wrong(p, "a value is missing");
	c = p->at < p->end ? *p->at : '\0';
	if ((type->kind == TYPE_STRUCT && c != '{' && c != '"' &&
	     (!type->leads || names_member(p)) && !comes(p, "hex:", 4)) ||
	    (type->kind == TYPE_ARRAY && c == '[' && names_member(p)))
		return parse_pairs(p, type, bytes, '\0');
	return parse(p, type, bytes);
}

int value_parse(const struct type *type, const char *text, size_t length, void *bytes,
		const struct value_env *env, struct err *err)
{
	struct err local;
	struct parser p = {
		.at = text, .end = text + length, .env = env, .err = err ? err : &local
	};
	int ret = parse_outer(&p, type, bytes);

	if (ret)
		return ret;
	parser_blanks(&p);
	if (p.at < p.end)
		return parser_wrong(&p, "\"%.*s\" is left over behind the value",
				    shown(p.at, p.end), p.at);
	return 0;
}

int value_scan(const struct type *type, const char **at, const char *end, void *bytes,
	       const struct value_env *env, struct err *err)
{
	struct err local;
	struct parser p = {
		.at = *at, .end = end, .env = env, .err = err ? err : &local, .nested = true
	};
	int ret = parse(&p, type, bytes);

	*at = p.at;
	return ret;
}

const char *value_end(const char *text, const char *end, const char *stop)
{
	unsigned int depth = 0;

	for (; text < end; text++) {
		if (*text == '"') {
			for (text++; text < end && *text != '"'; text++)
				text += *text == '\\' && text + 1 < end;
			if (text == end)
				break;
		} else if (depth == 0 && *text && strchr(stop, *text)) {
			break;
		} else if (*text == '{' || *text == '[') {
			depth++;
		} else if (*text == '}' || *text == ']') {
			if (depth == 0)
				break;
			depth--;
		}
	}
	return text;
}
