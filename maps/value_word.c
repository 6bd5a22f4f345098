/* SPDX-License-Identifier: GPL-2.0-only */
/* Values that are one word or one string. */
#include "value_parser.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define WORD 512 /* longest word of a notation: a path */

int parser_wrong(struct parser *p, const char *fmt, ...)
{
	char message[600];
	va_list args;

	va_start(args, fmt);
	vsnprintf(message, sizeof(message), fmt, args);
	va_end(args);
	return err_set(p->err, ERR_USAGE, EINVAL, NULL, "%s", message);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

void parser_blanks(struct parser *p)
{
	while (p->at < p->end && is_blank(*p->at))
		p->at++;
}

bool parser_take(struct parser *p, char c)
{
	if (p->at == p->end || *p->at != c)
		return false;
	p->at++;
	return true;
}

int shown(const char *from, const char *end)
{
	return end - from > 60 ? 60 : (int)(end - from);
}

bool word_is(const char *word, const char *end, const char *text)
{
	size_t length = strlen(text);

	return (size_t)(end - word) == length && memcmp(word, text, length) == 0;
}

static bool ends_word(const struct parser *p, const char *at)
{
	return at == p->end || (p->nested && (*at == ',' || *at == ']' || *at == '}'));
}

/* A word without quotes: to the comma or bracket that ends it, without blanks behind it. */
static const char *word_end(const struct parser *p)
{
	const char *end = p->at;

	while (!ends_word(p, end))
		end++;
	while (end > p->at && is_blank(end[-1]))
		end--;
	return end;
}

static void store_scalar(const struct type *type, uint8_t *bytes, unsigned __int128 value)
{
	if (type->size == 16)
		memcpy(bytes, &value, 16);
	else
		store_number(bytes, type->size, (uint64_t)value);
}

static int read_text(struct parser *p, const char *word, size_t length, const struct type *type,
		     uint8_t *bytes)
{
	if (length > type->size)
		return parser_wrong(p, "the text has %zu bytes, there is room for %u", length,
				    type->size);
	memcpy(bytes, word, length);
	memset(bytes + length, 0, type->size - length);
	return 0;
}

/* The object of an error is the member, so what the notation put there goes into the message. */
static int notation_error(struct parser *p, int ret)
{
	char text[sizeof(p->err->message)];

	if (!p->err->object[0])
		return ret;
	snprintf(text, sizeof(text), "%s: %.800s", p->err->object, p->err->message);
	memcpy(p->err->message, text, sizeof(text));
	p->err->object[0] = '\0';
	return ret;
}

static int read_notation(struct parser *p, const char *word, size_t length, const struct type *type,
			 uint8_t *bytes)
{
	char text[WORD];
	int ret;

	if (length == 0)
		return parser_wrong(p, "a value is missing");
	if (length >= sizeof(text))
		return parser_wrong(p, "\"%.60s...\" is too long", word);
	memcpy(text, word, length);
	text[length] = '\0';
	if (strlen(text) != length)
		return parser_wrong(p, "a NUL byte in \"%s\"", text);
	ret = type->notation->parse(text, bytes, p->env, p->err);
	return ret ? notation_error(p, ret) : 0;
}

static int read_opaque(struct parser *p, const char *word, const char *end)
{
	if (word_is(word, end, "null") || word_is(word, end, "-"))
		return 0;
	return parser_wrong(p, "belongs to the kernel");
}

static int read_word(struct parser *p, const char *word, const char *end, bool quoted,
		     const struct type *type, uint8_t *bytes)
{
	bool digit = word < end && *word >= '0' && *word <= '9';
	unsigned __int128 value;
	int ret;

	if (end - word >= 4 && memcmp(word, "hex:", 4) == 0)
		return read_hex(p, word + 4, end, bytes, type->size);
	if (quoted && (type->kind == TYPE_FLOAT || (type->kind == TYPE_NOTATION &&
						    type->notation->json == JSON_NUMBER && digit)))
		return parser_wrong(p, "wants a number, not text");
	switch (type->kind) {
	case TYPE_BYTES:
		return parser_wrong(p, "its type is not known: write hex:0a 00 00 01, or name a "
				       "type");
	case TYPE_TEXT:
		return read_text(p, word, (size_t)(end - word), type, bytes);
	case TYPE_FLOAT:
		return read_float(p, word, end, type->size, bytes);
	case TYPE_NOTATION:
		return read_notation(p, word, (size_t)(end - word), type, bytes);
	case TYPE_OPAQUE:
		return read_opaque(p, word, end);
	case TYPE_STRUCT:
		return parser_wrong(p, "\"%.*s\" is no list of members such as a=1,b=2",
				    shown(word, end), word);
	case TYPE_ARRAY:
		return parser_wrong(p, "wants a list of %u: [...]", type->count);
	default:
		ret = read_scalar(p, word, end, quoted, type, 8 * type->size, &value);
		if (!ret)
			store_scalar(type, bytes, value);
		return ret;
	}
}

/* What nearly every number is: up to 19 decimal digits that fit. Otherwise nothing is done. */
static bool take_small(struct parser *p, const struct type *type, uint32_t bits, uint64_t *out)
{
	const char *at = p->at;
	uint64_t value = 0;

	if (type->kind != TYPE_UNSIGNED && type->kind != TYPE_SIGNED)
		return false;
	while (at < p->end && (unsigned char)(*at - '0') <= 9)
		value = value * 10 + (unsigned char)(*at++ - '0');
	if (at == p->at || at - p->at > 19 || bits > 64 ||
	    value > UINT64_MAX >> (64 - bits) >> (type->kind == TYPE_SIGNED) || !ends_word(p, at))
		return false;
	p->at = at;
	*out = value;
	return true;
}

int parse_word(struct parser *p, const struct type *type, uint8_t *bytes)
{
	struct buf text = { 0 };
	const char *end;
	uint64_t small;
	int ret;

	if (take_small(p, type, 8 * type->size, &small)) {
		store_number(bytes, type->size, small);
		return 0;
	}
	if (p->at < p->end && *p->at == '"') {
		ret = parse_quoted(p, &text);
		ret = ret ?: read_word(p, text.data, text.data + text.length, true, type, bytes);
		buf_free(&text);
		return ret;
	}
	end = word_end(p);
	ret = read_word(p, p->at, end, false, type, bytes);
	p->at = end;
	return ret;
}

int parse_bits(struct parser *p, const struct member *member, uint8_t *bytes)
{
	unsigned __int128 value = 0;
	struct buf text = { 0 };
	const char *end;
	uint64_t small;
	int ret = 0;

	if (take_small(p, member->type, member->bits, &small)) {
		value = small;
	} else if (p->at < p->end && *p->at == '"') {
		ret = parse_quoted(p, &text);
		ret = ret
			      ?: read_scalar(p, text.data, text.data + text.length, true,
					     member->type, member->bits, &value);
		buf_free(&text);
	} else {
		end = word_end(p);
		ret = read_scalar(p, p->at, end, false, member->type, member->bits, &value);
		p->at = end;
	}
	if (!ret)
		store_bits(bytes, member->offset, member->bits, (uint64_t)value);
	return ret;
}
