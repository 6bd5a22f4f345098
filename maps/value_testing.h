/* SPDX-License-Identifier: GPL-2.0-only */
/* For tests and fuzzing of values: what has to hold for every type and every value of it, a strict
 * reader of JSON, and random types. */
#ifndef XDPCTL_VALUE_TESTING_H
#define XDPCTL_VALUE_TESTING_H

#include <bpf/btf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "value.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- random numbers, the same ones on every machine */

struct dice {
	uint64_t state;
};

static inline uint64_t roll(struct dice *dice)
{
	uint64_t z = dice->state += 0x9e3779b97f4a7c15ULL; /* splitmix64 */

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

static inline uint32_t below(struct dice *dice, uint32_t n)
{
	return (uint32_t)(roll(dice) % n);
}

/* ---- JSON as RFC 8259 has it: NULL if there is none, else what comes behind the value */

static inline const char *json_value(const char *s, const char *end);

static inline const char *json_digits(const char *s, const char *end)
{
	const char *from = s;

	while (s < end && *s >= '0' && *s <= '9')
		s++;
	return s == from ? NULL : s;
}

static inline const char *json_number(const char *s, const char *end)
{
	s += s < end && *s == '-';
	s = s < end && *s == '0' ? s + 1 : json_digits(s, end);
	if (s && s < end && *s == '.')
		s = json_digits(s + 1, end);
	if (s && s < end && (*s == 'e' || *s == 'E')) {
		s++;
		s += s < end && (*s == '+' || *s == '-');
		s = json_digits(s, end);
	}
	return s;
}

static inline const char *json_string(const char *s, const char *end)
{
	for (s++; s < end && *s != '"';) {
		size_t n = utf8_length(s, (size_t)(end - s));

		if (n == 0 || (unsigned char)*s < ' ')
			return NULL;
		if (*s != '\\') {
			s += n;
		} else if (end - s > 6 && s[1] == 'u') {
			if (strspn(s + 2, "0123456789abcdefABCDEF") < 4)
				return NULL;
			s += 6;
		} else if (end - s > 2 && strchr("\"\\/bfnrt", s[1])) {
			s += 2;
		} else {
			return NULL;
		}
	}
	return s < end ? s + 1 : NULL;
}

static inline const char *json_list(const char *s, const char *end, char close)
{
	if (s + 1 < end && s[1] == close)
		return s + 2;
	do {
		s++;
		if (close == '}') {
			s = s < end && *s == '"' ? json_string(s, end) : NULL;
			s = s && s < end && *s == ':' ? s + 1 : NULL;
		}
		s = s ? json_value(s, end) : NULL;
	} while (s && s < end && *s == ',');
	return s && s < end && *s == close ? s + 1 : NULL;
}

static inline const char *json_value(const char *s, const char *end)
{
	static const char *const words[] = { "true", "false", "null" };

	if (s == end)
		return NULL;
	if (*s == '{' || *s == '[')
		return json_list(s, end, *s == '{' ? '}' : ']');
	if (*s == '"')
		return json_string(s, end);
	for (unsigned int i = 0; i < COUNT(words); i++) {
		if ((size_t)(end - s) >= strlen(words[i]) &&
		    memcmp(s, words[i], strlen(words[i])) == 0)
			return s + strlen(words[i]);
	}
	return json_number(s, end);
}

/* The text is one JSON document, without blanks as value_print() writes it. */
static inline bool is_json(struct buf *text)
{
	const char *s = buf_string(text);

	return json_value(s, s + text->length) == s + text->length;
}

/* ---- there and back */

/* Clear what the kernel keeps for itself: it is not shown, so it does not come back. */
static inline void forget_opaque(const struct type *type, uint8_t *bytes)
{
	if (type->kind == TYPE_OPAQUE)
		memset(bytes, 0, type->size);
	for (uint32_t i = 0; i < type->count; i++) {
		if (type->kind == TYPE_ARRAY)
			forget_opaque(type->element, bytes + (size_t)i * type->element->size);
		else if (type->kind == TYPE_STRUCT && !type->member[i].bits)
			forget_opaque(type->member[i].type, bytes + type->member[i].offset);
	}
}

/* A copy of exactly that size, so that a sanitizer sees every access behind it. */
static inline void *exactly(const void *bytes, size_t size)
{
	void *copy = malloc(size ? size : 1);

	if (!copy)
		abort();
	memcpy(copy, bytes, size);
	return copy;
}

/* Read it into zeroed bytes. The caller frees them; NULL and *err if it is refused. */
static inline uint8_t *read_back(const struct type *type, const char *text, size_t length,
				 bool scan, const struct value_env *env, struct err *err)
{
	char *copy = exactly(text, length);
	const char *at = copy;
	uint8_t *bytes = calloc(1, type->size ? type->size : 1);
	int ret = scan ? value_scan(type, &at, copy + length, bytes, env, err)
		       : value_parse(type, copy, length, bytes, env, err);

	if (!ret && scan && at != copy + length)
		ret = err_set(err, ERR_FAILED, EINVAL, "", "value_scan() stopped early");
	free(copy);
	if (!ret)
		return bytes;
	free(bytes);
	return NULL;
}

static inline bool comes_back(const struct type *type, const uint8_t *bytes, enum value_style style,
			      bool scan, const struct value_env *env, struct buf *why)
{
	uint8_t *expect = exactly(bytes, type->size), *back;
	struct buf text = { 0 };
	struct err err = { 0 };
	bool same;

	value_print(type, expect, style, env, &text);
	forget_opaque(type, expect);
	back = read_back(type, buf_string(&text), text.length, scan, env, &err);
	if (back)
		forget_opaque(type, back);
	same = back && memcmp(back, expect, type->size) == 0;
	if (same && style == VALUE_JSON && !is_json(&text)) {
		buf_text(why, "no valid JSON: ");
		same = false;
	} else if (!same) {
		buf_format(why, "%s: %s: ", err.object, back ? "other bytes" : err.message);
	}
	if (!same) {
		buf_format(why, "%s\n  type ", buf_string(&text));
		type_describe(type, why);
		buf_text(why, "\n  bytes ");
		buf_hex(why, expect, type->size);
	}
	free(back);
	free(expect);
	buf_free(&text);
	return same;
}

/* Text and JSON both give the same bytes again, and the JSON is valid. Says why not. */
static inline bool round_trips(const struct type *type, const void *bytes,
			       const struct value_env *env, struct buf *why)
{
	return comes_back(type, bytes, VALUE_TEXT, false, env, why) &&
	       comes_back(type, bytes, VALUE_JSON, false, env, why) &&
	       comes_back(type, bytes, VALUE_JSON, true, env, why);
}

/* ---- random types */

struct made {
	int id;
	uint32_t size;
	bool is_int; /* so that a bitfield can be made of it */
};

struct maker {
	struct dice dice;
	struct btf *btf;
	unsigned int names;
};

static inline struct made make_type(struct maker *m, unsigned int depth);

static inline const char *make_name(struct maker *m, char out[static 16])
{
	snprintf(out, 16, "n%u", m->names++);
	return out;
}

static inline struct made make_int(struct maker *m)
{
	static const int encodings[] = { 0, BTF_INT_SIGNED };
	uint32_t size = 1u << below(&m->dice, 5);
	char name[16];

	make_name(m, name);
	if (below(&m->dice, 8) == 0)
		return (struct made){ btf__add_int(m->btf, name, 1, BTF_INT_BOOL), 1, true };
	return (struct made){ btf__add_int(m->btf, name, size, encodings[below(&m->dice, 2)]), size,
			      true };
}

static inline struct made make_enum(struct maker *m)
{
	uint32_t size = 1u << below(&m->dice, 4), n = below(&m->dice, 5);
	bool is_signed = below(&m->dice, 2);
	char name[16];
	int id = size == 8 ? btf__add_enum64(m->btf, make_name(m, name), 8, is_signed)
			   : btf__add_enum(m->btf, make_name(m, name), size);

	for (uint32_t i = 0; i < n; i++) {
		int64_t value = (int64_t)(roll(&m->dice) >> below(&m->dice, 64));

		value = size < 8 ? value & ((1LL << (8 * size - 1)) - 1) : value;
		value = is_signed && below(&m->dice, 2) ? -value : value;
		if (size == 8)
			btf__add_enum64_value(m->btf, make_name(m, name), (uint64_t)value);
		else
			btf__add_enum_value(m->btf, make_name(m, name), value);
	}
	return (struct made){ id, size, true };
}

static inline struct made make_text(struct maker *m)
{
	int element = btf__add_int(m->btf, "char", 1, BTF_INT_SIGNED);
	uint32_t n = 1 + below(&m->dice, 20);

	return (struct made){ btf__add_array(m->btf, element, element, n), n, false };
}

static inline struct made make_noted(struct maker *m)
{
	static const struct {
		const char *name;
		uint32_t size;
	} noted[] = { { "ip4_be", 4 },	  { "ip6_addr", 16 }, { "mac_addr", 6 }, { "port_be", 2 },
		      { "__be16", 2 },	  { "__be32", 4 },    { "__be64", 8 },	 { "nsec_t", 8 },
		      { "ifindex_t", 4 }, { "verdict_t", 4 } };
	unsigned int i = below(&m->dice, COUNT(noted));
	int inner = btf__add_struct(m->btf, "", noted[i].size);

	return (struct made){ btf__add_typedef(m->btf, noted[i].name, inner), noted[i].size,
			      false };
}

static inline struct made make_array(struct maker *m, unsigned int depth)
{
	struct made element = make_type(m, depth + 1);
	uint32_t n = 1 + below(&m->dice, 4);

	return (struct made){ btf__add_array(m->btf, element.id, element.id, n), element.size * n,
			      false };
}

/* Members anywhere, with holes between them, bitfields among them. */
static inline struct made make_struct(struct maker *m, unsigned int depth, bool is_union)
{
	struct {
		struct made type;
		uint32_t at, bits;
		bool anonymous;
	} member[6];
	uint32_t n = 1 + below(&m->dice, COUNT(member)), at = 0, most = 0;
	char name[16] = "";
	int id;

	for (uint32_t i = 0; i < n; i++) {
		bool nested = depth < 4 && below(&m->dice, 6) == 0;

		member[i].type = nested ? make_struct(m, depth + 1, below(&m->dice, 2))
					: make_type(m, depth + 1);
		member[i].anonymous = nested && below(&m->dice, 2);
		member[i].bits = 0;
		if (member[i].type.is_int && member[i].type.size <= 8 && below(&m->dice, 3) == 0)
			member[i].bits = 1 + below(&m->dice, member[i].type.size * 8);
		at = is_union		  ? 0
		     : member[i].bits	  ? at + below(&m->dice, 5)
		     : below(&m->dice, 3) ? (at + 7) / 8 * 8
					  : (at + 7) / 8 * 8 + 8 * below(&m->dice, 4);
		member[i].at = at;
		at += member[i].bits ? member[i].bits : member[i].type.size * 8;
		most = at > most ? at : most;
	}
	most = (most + 7) / 8 + (below(&m->dice, 3) ? 0 : below(&m->dice, 4));
	id = below(&m->dice, 2) ? 0 : 1;
	if (id)
		make_name(m, name);
	id = is_union ? btf__add_union(m->btf, name, most) : btf__add_struct(m->btf, name, most);
	for (uint32_t i = 0; i < n; i++)
		btf__add_field(m->btf, member[i].anonymous ? "" : make_name(m, name),
			       member[i].type.id, member[i].at, (__u32)member[i].bits);
	return (struct made){ id, most, false };
}

static inline struct made make_leaf(struct maker *m)
{
	char name[16];

	switch (below(&m->dice, 10)) {
	case 0:
		return make_enum(m);
	case 1:
		return make_text(m);
	case 2:
	case 3:
		return make_noted(m);
	case 4:
		return (struct made){ btf__add_float(m->btf, make_name(m, name), 4), 4, false };
	case 5:
		return (struct made){ btf__add_float(m->btf, make_name(m, name), 8), 8, false };
	case 6:
		return (struct made){ btf__add_float(m->btf, make_name(m, name), 16), 16, false };
	case 7:
		return below(&m->dice, 2) ? (struct made){ btf__add_ptr(m->btf, 0), 8, false }
					  : (struct made){ btf__add_struct(m->btf, "bpf_timer", 16),
							   16, false };
	default:
		return make_int(m);
	}
}

static inline struct made make_type(struct maker *m, unsigned int depth)
{
	uint32_t choice = depth >= 4 ? 0 : below(&m->dice, 8);

	if (choice == 7)
		return make_array(m, depth);
	if (choice >= 5)
		return make_struct(m, depth, choice == 5);
	return make_leaf(m);
}

/* Bytes as they are in maps: noise, but also zeros, small numbers and text. */
static inline void make_bytes(struct dice *dice, uint8_t *bytes, size_t size)
{
	static const char texts[] =
		"eth0 hex:00 \"quoted\" \\back, {a=1}[2] \xc3\xa9\xe2\x82\xac #";
	uint32_t kind = below(dice, 6);

	for (size_t i = 0; i < size; i++) {
		uint32_t how = kind < 4 ? kind : below(dice, 4);

		bytes[i] = how == 0   ? 0
			   : how == 1 ? (uint8_t)roll(dice)
			   : how == 2 ? (uint8_t)texts[(i + kind * 7) % (sizeof(texts) - 1)]
				      : (uint8_t)(below(dice, 4) ? 0 : below(dice, 3));
	}
}

#endif
