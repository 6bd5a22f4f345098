/* SPDX-License-Identifier: GPL-2.0-only */
#include "value.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORD 512 /* longest word that is not hex, text or a number: a path */

struct parser {
	const char *at, *end;
	const struct value_env *env;
	struct err *err;
	bool nested; /* inside brackets: a word ends at , ] } */
};

static int parse(struct parser *p, const struct type *type, uint8_t *bytes);

static int wrong(struct parser *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static int wrong(struct parser *p, const char *fmt, ...)
{
	char message[600];
	va_list args;

	va_start(args, fmt);
	vsnprintf(message, sizeof(message), fmt, args);
	va_end(args);
	return err_set(p->err, ERR_USAGE, EINVAL, NULL, "%s", message);
}

/* An error below belongs to this member. */
static int under(struct parser *p, const char *name, int ret)
{
	struct buf path = { 0 };

	buf_format(&path, "%s%s%s", name, p->err->object[0] && p->err->object[0] != '[' ? "." : "",
		   p->err->object);
	snprintf(p->err->object, sizeof(p->err->object), "%.100s", buf_string(&path));
	buf_free(&path);
	return ret;
}

static void skip_blanks(struct parser *p)
{
	while (p->at < p->end &&
	       (*p->at == ' ' || *p->at == '\t' || *p->at == '\r' || *p->at == '\n'))
		p->at++;
}

static bool starts(const struct parser *p, const char *text)
{
	size_t length = strlen(text);

	return (size_t)(p->end - p->at) >= length && memcmp(p->at, text, length) == 0;
}

static bool take(struct parser *p, char c)
{
	if (p->at == p->end || *p->at != c)
		return false;
	p->at++;
	return true;
}

/* A word without quotes: to the comma or bracket that ends it, without blanks behind it. */
static const char *word_end(const struct parser *p)
{
	const char *end = p->at;

	if (p->nested) {
		while (end < p->end && *end != ',' && *end != ']' && *end != '}')
			end++;
	} else {
		end = p->end;
	}
	while (end > p->at &&
	       (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r' || end[-1] == '\n'))
		end--;
	return end;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static int parse_unicode(struct parser *p, uint32_t *out)
{
	uint32_t value = 0;

	for (int i = 0; i < 4; i++) {
		int digit = p->at < p->end ? hex_value(*p->at++) : -1;

		if (digit < 0)
			return wrong(p, "\\u wants four hexadecimal digits");
		value = value << 4 | (uint32_t)digit;
	}
	*out = value;
	return 0;
}

static void put_utf8(struct buf *out, uint32_t c)
{
	if (c < 0x80) {
		buf_char(out, (char)c);
	} else if (c < 0x800) {
		buf_char(out, (char)(0xc0 | c >> 6));
		buf_char(out, (char)(0x80 | (c & 63)));
	} else if (c < 0x10000) {
		buf_char(out, (char)(0xe0 | c >> 12));
		buf_char(out, (char)(0x80 | (c >> 6 & 63)));
		buf_char(out, (char)(0x80 | (c & 63)));
	} else {
		buf_char(out, (char)(0xf0 | c >> 18));
		buf_char(out, (char)(0x80 | (c >> 12 & 63)));
		buf_char(out, (char)(0x80 | (c >> 6 & 63)));
		buf_char(out, (char)(0x80 | (c & 63)));
	}
}

static int parse_escape(struct parser *p, struct buf *out)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	char c = p->at < p->end ? *p->at++ : '\0';
	const char *known = c ? strchr(from, c) : NULL;
	uint32_t high, low;

	if (known) {
		buf_char(out, to[known - from]);
		return 0;
	}
	if (c != 'u')
		return wrong(p, "\\%c is no escape of JSON", c);
	if (parse_unicode(p, &high))
		return -EINVAL;
	if (high >= 0xd800 && high < 0xdc00 && starts(p, "\\u")) {
		p->at += 2;
		if (parse_unicode(p, &low))
			return -EINVAL;
		if (low < 0xdc00 || low > 0xdfff)
			return wrong(p, "half a surrogate pair");
		high = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
	} else if (high >= 0xd800 && high <= 0xdfff) {
		return wrong(p, "half a surrogate pair");
	}
	put_utf8(out, high);
	return 0;
}

/* A string in quotes, without them. */
static int parse_quoted(struct parser *p, struct buf *out)
{
	p->at++;
	while (p->at < p->end && *p->at != '"') {
		const char *from = p->at;

		while (p->at < p->end && *p->at != '"' && *p->at != '\\')
			p->at++;
		buf_add(out, from, (size_t)(p->at - from));
		if (take(p, '\\') && parse_escape(p, out))
			return -EINVAL;
	}
	if (!take(p, '"'))
		return wrong(p, "a closing quote is missing");
	return out->failed ? wrong(p, "out of memory") : 0;
}

/* Bytes in hexadecimal, with blanks between them or not; exactly so many. */
static int parse_hex(struct parser *p, const char *text, const char *end, uint8_t *bytes,
		     size_t size)
{
	size_t n = 0;

	while (text < end) {
		int high, low;

		if (*text == ' ' || *text == ':') {
			text++;
			continue;
		}
		high = hex_value(*text);
		low = text + 1 < end ? hex_value(text[1]) : -1;
		if (high < 0 || low < 0)
			return wrong(p, "\"%.*s\" is no byte in hexadecimal",
				     end - text > 1 ? 2 : 1, text);
		if (n < size)
			bytes[n] = (uint8_t)(high << 4 | low);
		n++;
		text += 2;
	}
	if (n != size)
		return wrong(p, "%zu bytes in hexadecimal, not %zu", size, n);
	return 0;
}

static int out_of_range(struct parser *p, const char *word, int length, const struct type *type,
			uint32_t bits)
{
	bool is_signed = type->kind == TYPE_SIGNED || (type->kind == TYPE_ENUM && type->is_signed);

	if (bits > 64)
		return wrong(p, "%.*s does not fit 128 bits", length > 60 ? 60 : length, word);
	if (is_signed)
		return wrong(p, "%.*s is not in %" PRId64 "..%" PRId64, length > 60 ? 60 : length,
			     word, (int64_t)(-1ULL << (bits - 1)),
			     (int64_t)((1ULL << (bits - 1)) - 1));
	return wrong(p, "%.*s is not in 0..%" PRIu64, length > 60 ? 60 : length, word,
		     UINT64_MAX >> (64 - bits));
}

/* Digits in base 10 or 16, all of them. -ERANGE if they do not fit. */
static int read_digits(const char *text, const char *end, unsigned __int128 *out)
{
	unsigned int base = 10;
	unsigned __int128 value = 0;
	bool over = false;

	if (end - text > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
		base = 16;
		text += 2;
	}
	if (text == end)
		return -EINVAL;
	for (; text < end; text++) {
		int digit = hex_value(*text);

		if (digit < 0 || (unsigned int)digit >= base)
			return -EINVAL;
		over |= value > (~(unsigned __int128)0 - (unsigned int)digit) / base;
		value = value * base + (unsigned int)digit;
	}
	*out = value;
	return over ? -ERANGE : 0;
}

/* The usual case: up to 19 decimal digits. False if it is anything else. */
static bool read_small(const char *text, const char *end, uint64_t *out)
{
	uint64_t value = 0;

	if (end - text > 19 || text == end)
		return false;
	for (; text < end; text++) {
		unsigned int digit = (unsigned int)(unsigned char)*text - '0';

		if (digit > 9)
			return false;
		value = value * 10 + digit;
	}
	*out = value;
	return true;
}

static bool fits(unsigned __int128 value, bool negative, bool is_signed, uint32_t bits)
{
	unsigned __int128 limit;

	if (!is_signed)
		return !negative && (bits == 128 || value >> bits == 0);
	limit = (unsigned __int128)1 << (bits - 1);
	return negative ? value <= limit : value < limit;
}

/* A whole number of so many bits from a word, as its two's complement. */
static int read_number(struct parser *p, const char *word, const char *end, const struct type *type,
		       uint32_t bits, unsigned __int128 *out)
{
	bool is_signed = type->kind == TYPE_SIGNED || (type->kind == TYPE_ENUM && type->is_signed);
	bool negative = word < end && *word == '-';
	unsigned __int128 value;
	uint64_t small;
	int ret = 0;

	if (read_small(word, end, &small))
		value = small;
	else
		ret = read_digits(word + negative, end, &value);
	if (ret == -EINVAL && word == end)
		return wrong(p, "a number is missing");
	if (ret == -EINVAL)
		return wrong(p, "\"%.*s\" is no whole number",
			     end - word > 60 ? 60 : (int)(end - word), word);
	if (ret || !fits(value, negative, is_signed, bits))
		return out_of_range(p, word, (int)(end - word), type, bits);
	*out = negative ? -value : value;
	return 0;
}

static bool word_is(const char *word, const char *end, const char *text)
{
	size_t length = strlen(text);

	return (size_t)(end - word) == length && memcmp(word, text, length) == 0;
}

/* A number, or a name that stands for one. */
static int read_scalar(struct parser *p, const char *word, const char *end, bool quoted,
		       const struct type *type, uint32_t bits, unsigned __int128 *out)
{
	for (uint32_t i = 0; type->kind == TYPE_ENUM && i < type->count; i++) {
		if (word_is(word, end, type->value[i].name)) {
			*out = type->value[i].value;
			return 0;
		}
	}
	if (quoted && type->kind != TYPE_ENUM)
		return wrong(p, "wants a number, not the text \"%.*s\"",
			     end - word > 60 ? 60 : (int)(end - word), word);
	if (type->kind == TYPE_BOOL &&
	    (word_is(word, end, "true") || word_is(word, end, "false"))) {
		*out = *word == 't';
		return 0;
	}
	if (type->kind == TYPE_ENUM && word < end && hex_value(*word) != *word - '0' &&
	    *word != '-')
		return wrong(p, "\"%.*s\" is none of the names of %s",
			     end - word > 60 ? 60 : (int)(end - word), word,
			     type->name ? type->name : "the enum");
	return read_number(p, word, end, type, bits, out);
}

static void store_scalar(const struct type *type, uint8_t *bytes, unsigned __int128 value)
{
	if (type->size == 16)
		memcpy(bytes, &value, 16);
	else
		store_number(bytes, type->size, (uint64_t)value);
}

static int read_float(struct parser *p, const char *word, const char *end, uint32_t size,
		      uint8_t *bytes)
{
	char text[64], *stop;
	double value;
	float single;

	if (end - word >= (long)sizeof(text))
		return wrong(p, "\"%.60s\" is no number", word);
	snprintf(text, sizeof(text), "%.*s", (int)(end - word), word);
	errno = 0;
	value = strtod(text, &stop);
	single = strtof(text, NULL);
	if (stop == text || *stop || strpbrk(text, "nNiIpP "))
		return wrong(p, "\"%s\" is no number", text);
	if (!isfinite(size == 4 ? (double)single : value))
		return wrong(p, "%s is too large", text);
	memcpy(bytes, size == 4 ? (void *)&single : (void *)&value, size);
	return 0;
}

static int read_text(struct parser *p, const char *word, size_t length, const struct type *type,
		     uint8_t *bytes)
{
	if (length > type->size)
		return wrong(p, "the text has %zu bytes, there is room for %u", length, type->size);
	memcpy(bytes, word, length);
	memset(bytes + length, 0, type->size - length);
	return 0;
}

static int read_notation(struct parser *p, const char *word, size_t length, const struct type *type,
			 uint8_t *bytes)
{
	char text[WORD];

	if (length == 0)
		return wrong(p, "a value is missing");
	if (length >= sizeof(text))
		return wrong(p, "\"%.60s...\" is too long", word);
	memcpy(text, word, length);
	text[length] = '\0';
	if (strlen(text) != length)
		return wrong(p, "a NUL byte in \"%s\"", text);
	return type->notation->parse(text, bytes, p->env, p->err);
}

/* Anything that is one word or one string. */
static int read_word(struct parser *p, const char *word, const char *end, bool quoted,
		     const struct type *type, uint8_t *bytes)
{
	unsigned __int128 value;
	int ret;

	if (end - word >= 4 && memcmp(word, "hex:", 4) == 0)
		return parse_hex(p, word + 4, end, bytes, type->size);
	switch (type->kind) {
	case TYPE_BYTES:
		return wrong(p, "its type is not known: write hex:0a 00 00 01, or name a type");
	case TYPE_TEXT:
		return read_text(p, word, (size_t)(end - word), type, bytes);
	case TYPE_FLOAT:
		if (quoted)
			return wrong(p, "wants a number, not text");
		return read_float(p, word, end, type->size, bytes);
	case TYPE_NOTATION:
		if (quoted && type->notation->is_number && word < end && *word >= '0' &&
		    *word <= '9')
			return wrong(p, "wants a number, not text");
		return read_notation(p, word, (size_t)(end - word), type, bytes);
	case TYPE_OPAQUE:
		return word_is(word, end, "null") || word_is(word, end, "-")
			       ? 0
			       : wrong(p, "belongs to the kernel");
	case TYPE_STRUCT:
		return wrong(p, "\"%.*s\" is no list of members such as a=1,b=2",
			     end - word > 60 ? 60 : (int)(end - word), word);
	case TYPE_ARRAY:
		return wrong(p, "wants a list of %u: [...]", type->count);
	default:
		ret = read_scalar(p, word, end, quoted, type, 8 * type->size, &value);
		if (!ret)
			store_scalar(type, bytes, value);
		return ret;
	}
}

static int parse_word(struct parser *p, const struct type *type, uint8_t *bytes)
{
	struct buf text = { 0 };
	const char *end;
	int ret;

	if (p->at < p->end && *p->at == '"') {
		ret = parse_quoted(p, &text);
		buf_char(&text, '\0'); /* so that data is not NULL */
		if (!ret)
			ret = text.failed ? wrong(p, "out of memory")
					  : read_word(p, text.data, text.data + text.length - 1,
						      true, type, bytes);
		buf_free(&text);
		return ret;
	}
	end = word_end(p);
	ret = read_word(p, p->at, end, false, type, bytes);
	p->at = end;
	return ret;
}

static int parse_bits(struct parser *p, const struct member *member, uint8_t *bytes)
{
	unsigned __int128 value = 0;
	struct buf text = { 0 };
	const char *end;
	int ret = 0;

	if (p->at < p->end && *p->at == '"') {
		ret = parse_quoted(p, &text);
		buf_char(&text, '\0');
		if (!ret)
			ret = read_scalar(p, text.data, text.data + text.length - 1, true,
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

static int parse_array(struct parser *p, const struct type *type, uint8_t *bytes)
{
	bool outer = p->nested;
	uint32_t n = 0;
	char name[24];

	p->at++;
	p->nested = true;
	skip_blanks(p);
	while (p->at < p->end && *p->at != ']') {
		int ret;

		if (n == type->count)
			return wrong(p, "wants %u elements, there are more", type->count);
		ret = parse(p, type->element, bytes + (size_t)n * type->element->size);
		if (ret) {
			snprintf(name, sizeof(name), "[%u]", n);
			return under(p, name, ret);
		}
		n++;
		skip_blanks(p);
		if (!take(p, ','))
			break;
		skip_blanks(p);
		if (p->at < p->end && *p->at == ']')
			return wrong(p, "a comma without an element behind it");
	}
	if (!take(p, ']'))
		return wrong(p, "a closing ] is missing");
	if (n != type->count)
		return wrong(p, "wants %u elements, not %u", type->count, n);
	p->nested = outer;
	return 0;
}

static const struct member *find_member(const struct type *type, const char *name, size_t length,
					uint32_t hint)
{
	for (uint32_t i = 0; i < type->count; i++) {
		/* most of the time they come in order */
		const struct member *member = &type->member[(hint + i) % type->count];

		if (member->label_length == length + 1 && memcmp(member->label, name, length) == 0)
			return member;
	}
	return NULL;
}

static int no_member(struct parser *p, const struct type *type, const char *name, size_t length)
{
	char list[400] = "";
	size_t used = 0;

	for (uint32_t i = 0; i < type->count && used < sizeof(list) - 8; i++)
		used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s", i ? ", " : "",
					 type->member[i].name);
	return wrong(p, "no member \"%.*s\"; there are: %s", length > 60 ? 60 : (int)length, name,
		     list);
}

/* What a path such as a.b[2].c leads to. */
struct place {
	const struct type *type;
	const struct member *bits; /* if it is a bitfield, bytes is its struct */
	uint8_t *bytes;
};

static int follow_index(struct parser *p, struct place *place, const char **path, const char *end)
{
	unsigned __int128 index;
	const char *close = memchr(*path, ']', (size_t)(end - *path));

	if (!close || read_digits(*path + 1, close, &index))
		return wrong(p, "\"%.*s\" is no index such as [2]", (int)(end - *path), *path);
	if (place->type->kind != TYPE_ARRAY || place->bits)
		return wrong(p, "is no array");
	if (index >= place->type->count)
		return wrong(p, "[%.*s]: there are %u elements", (int)(close - *path - 1),
			     *path + 1, place->type->count);
	place->type = place->type->element;
	place->bytes += (size_t)index * place->type->size;
	*path = close + 1;
	return 0;
}

static int follow(struct parser *p, struct place *place, const char *path, const char *end,
		  uint32_t hint)
{
	while (path < end) {
		const struct member *member;
		size_t length = 0;
		int ret;

		if (*path == '[') {
			ret = follow_index(p, place, &path, end);
			if (ret)
				return ret;
			continue;
		}
		path += *path == '.';
		while (path + length < end && path[length] != '.' && path[length] != '[')
			length++;
		member = place->type->kind == TYPE_STRUCT && !place->bits
				 ? find_member(place->type, path, length, hint)
				 : NULL;
		if (!member)
			return place->type->kind == TYPE_STRUCT
				       ? no_member(p, place->type, path, length)
				       : wrong(p, "has no members");
		place->bits = member->bits ? member : NULL;
		place->bytes += member->bits ? 0 : member->offset;
		place->type = member->type;
		path += length;
	}
	return 0;
}

static int parse_place(struct parser *p, const struct place *place)
{
	skip_blanks(p);
	return place->bits ? parse_bits(p, place->bits, place->bytes)
			   : parse(p, place->type, place->bytes);
}

/* The bits of "#padding" are added to what the members say. */
static int parse_padding(struct parser *p, const struct type *type, uint8_t *bytes)
{
	struct type raw = { .kind = TYPE_BYTES, .size = type->size };
	uint8_t *padding = calloc(1, type->size ? type->size : 1);
	int ret = padding ? parse(p, &raw, padding) : wrong(p, "out of memory");

	for (uint32_t i = 0; i < type->size && !ret; i++)
		bytes[i] |= type->padding ? padding[i] & type->padding[i] : 0;
	free(padding);
	return ret;
}

/* name=value or "name":value; the name may be a path. *seen has a bit for each of the first 64
 * members that has been given. */
static int parse_pair(struct parser *p, const struct type *type, uint8_t *bytes, uint32_t hint,
		      uint64_t *seen)
{
	const char *name = p->at, *end;
	struct place place = { .type = type, .bytes = bytes };
	bool quoted = take(p, '"');
	int ret;

	name += quoted;
	while (p->at < p->end && *p->at != (quoted ? '"' : '=') && !strchr(",{}\\", *p->at))
		p->at++;
	end = p->at;
	while (!quoted && end > name && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	if (quoted && take(p, '"'))
		skip_blanks(p);
	if (!take(p, quoted ? ':' : '='))
		return wrong(p, "\"%.*s\" is no member with a value: write %s",
			     end - name > 60 ? 60 : (int)(end - name), name,
			     quoted ? "\"name\":value" : "name=value");
	skip_blanks(p);
	if (word_is(name, end, "#padding"))
		return parse_padding(p, type, bytes);
	if (name == end)
		return wrong(p, "a name is missing");
	ret = follow(p, &place, name, end, hint);
	if (!ret && type->kind == TYPE_STRUCT) {
		const struct member *member = find_member(type, name, (size_t)(end - name), hint);
		uint64_t bit =
			member && member - type->member < 64 ? 1ULL << (member - type->member) : 0;

		if (*seen & bit)
			return wrong(p, "%.*s is given twice", (int)(end - name), name);
		*seen |= bit;
	}
	ret = ret ?: parse_place(p, &place);
	if (ret) {
		char path[80];

		snprintf(path, sizeof(path), "%.*s", end - name > 70 ? 70 : (int)(end - name),
			 name);
		return under(p, path, ret);
	}
	return 0;
}

static int parse_pairs(struct parser *p, const struct type *type, uint8_t *bytes, char close)
{
	uint64_t seen = 0;
	uint32_t n = 0;
	int ret;

	skip_blanks(p);
	while (p->at < p->end && *p->at != close) {
		ret = parse_pair(p, type, bytes, n++, &seen);
		if (ret)
			return ret;
		skip_blanks(p);
		if (!take(p, ','))
			break;
		skip_blanks(p);
		if (p->at == p->end || *p->at == close)
			return wrong(p, "a comma without a member behind it");
	}
	if (close && !take(p, close))
		return wrong(p, "a closing %c is missing", close);
	return 0;
}

static int parse_struct(struct parser *p, const struct type *type, uint8_t *bytes)
{
	bool outer = p->nested;
	int ret;

	p->at++;
	p->nested = true;
	ret = parse_pairs(p, type, bytes, '}');
	p->nested = outer;
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
	skip_blanks(p);
	if (!ret && !outer && take(p, ','))
		ret = parse_pairs(p, type, bytes, '\0');
	p->nested = outer;
	return ret ? under(p, first->name, ret) : 0;
}

static bool names_member(const struct parser *p)
{
	const char *end = value_end(p->at, p->end, ",=");

	return end < p->end && *end == '=';
}

static int parse(struct parser *p, const struct type *type, uint8_t *bytes)
{
	skip_blanks(p);
	if (p->at < p->end && *p->at == '{' && type->kind == TYPE_STRUCT)
		return parse_struct(p, type, bytes);
	if (p->at < p->end && *p->at == '[' && type->kind == TYPE_ARRAY)
		return parse_array(p, type, bytes);
	if (starts(p, "hex:") || (starts(p, "\"hex:") && !p->nested))
		return parse_word(p, type, bytes);
	if (type->leads && type->count && (p->nested || !names_member(p)))
		return parse_led(p, type, bytes);
	return parse_word(p, type, bytes);
}

/* The outermost value may leave out its braces and name parts by a path. */
static int parse_outer(struct parser *p, const struct type *type, uint8_t *bytes)
{
	skip_blanks(p);
	if (p->at == p->end && type->kind != TYPE_TEXT)
		return wrong(p, "a value is missing");
	if ((type->kind == TYPE_STRUCT && *p->at != '{' && *p->at != '"' &&
	     (!type->leads || names_member(p)) && !starts(p, "hex:")) ||
	    (type->kind == TYPE_ARRAY && *p->at == '[' && names_member(p))) {
		p->nested = true;
		return parse_pairs(p, type, bytes, '\0');
	}
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
	skip_blanks(&p);
	if (p.at < p.end)
		return wrong(&p, "\"%.*s\" is left over behind the value",
			     p.end - p.at > 60 ? 60 : (int)(p.end - p.at), p.at);
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
