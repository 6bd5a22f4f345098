/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers, and the names that stand for them. */
#include "value_parser.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool is_signed(const struct type *type)
{
	return type->kind == TYPE_SIGNED || (type->kind == TYPE_ENUM && type->is_signed);
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

int read_digits(const char *text, const char *end, unsigned __int128 *out)
{
	int base = 10;
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

		if (digit < 0 || digit >= base)
			return -EINVAL;
		over |= __builtin_mul_overflow(value, (unsigned int)base, &value);
		over |= __builtin_add_overflow(value, (unsigned int)digit, &value);
	}
	*out = value;
	return over ? -ERANGE : 0;
}

static bool fits(unsigned __int128 value, bool negative, bool with_sign, uint32_t bits)
{
	unsigned __int128 limit;

	if (!with_sign)
		return !negative && (bits == 128 || value >> bits == 0);
	limit = (unsigned __int128)1 << (bits - 1);
	return negative ? value <= limit : value < limit;
}

static int out_of_range(struct parser *p, const char *word, const char *end,
			const struct type *type, uint32_t bits)
{
	if (bits > 64)
		return parser_wrong(p, "%.*s does not fit %s128 bits", shown(word, end), word,
				    is_signed(type) ? "" : "unsigned ");
	if (is_signed(type))
		return parser_wrong(p, "%.*s is not in %" PRId64 "..%" PRId64, shown(word, end),
				    word, (int64_t)(-1ULL << (bits - 1)),
				    (int64_t)((1ULL << (bits - 1)) - 1));
	return parser_wrong(p, "%.*s is not in 0..%" PRIu64, shown(word, end), word,
			    UINT64_MAX >> (64 - bits));
}

static int read_number(struct parser *p, const char *word, const char *end, const struct type *type,
		       uint32_t bits, unsigned __int128 *out)
{
	bool negative = word < end && *word == '-';
	unsigned __int128 value = 0;
	int ret = read_digits(word + negative, end, &value);

	if (ret == -EINVAL && word == end)
		return parser_wrong(p, "a number is missing");
	if (ret == -EINVAL)
		return parser_wrong(p, "\"%.*s\" is no whole number", shown(word, end), word);
	if (ret || !fits(value, negative, is_signed(type), bits))
		return out_of_range(p, word, end, type, bits);
	*out = negative ? -value : value;
	return 0;
}

/* A name of an enum. False if there is none such. */
static bool read_name(const char *word, const char *end, const struct type *type,
		      unsigned __int128 *out)
{
	for (uint32_t i = 0; i < type->count; i++) {
		if (!word_is(word, end, type->value[i].name))
			continue;
		*out = type->value[i].value;
		if (type->is_signed && (int64_t)type->value[i].value < 0)
			*out |= ~(unsigned __int128)0 << 64;
		return true;
	}
	return false;
}

/* In a bitfield there may be less room than the enum has. */
static bool name_fits(unsigned __int128 value, const struct type *type, uint32_t bits)
{
	bool negative = type->is_signed && value >> 127;

	return fits(negative ? -value : value, negative, type->is_signed, bits);
}

int read_scalar(struct parser *p, const char *word, const char *end, bool quoted,
		const struct type *type, uint32_t bits, unsigned __int128 *out)
{
	if (type->kind == TYPE_ENUM && read_name(word, end, type, out))
		return name_fits(*out, type, bits) ? 0 : out_of_range(p, word, end, type, bits);
	if (quoted && type->kind != TYPE_ENUM)
		return parser_wrong(p, "wants a number, not the text \"%.*s\"", shown(word, end),
				    word);
	if (type->kind == TYPE_BOOL &&
	    (word_is(word, end, "true") || word_is(word, end, "false"))) {
		*out = *word == 't';
		return 0;
	}
	if (type->kind == TYPE_ENUM && word < end && !is_digit(*word) && *word != '-')
		return parser_wrong(p, "\"%.*s\" is none of the names of %s", shown(word, end),
				    word, type->name ? type->name : "the enum");
	return read_number(p, word, end, type, bits, out);
}

/* What strtod() takes and JSON does not: blanks, a plus sign, hexadecimal, "nan" and "inf". */
static bool is_decimal(const char *text)
{
	const char *first = text + (*text == '-');

	return (is_digit(*first) || *first == '.') && !text[strspn(text, "0123456789.eE+-")];
}

int read_float(struct parser *p, const char *word, const char *end, uint32_t size, uint8_t *bytes)
{
	char text[512] = "", *stop = text;
	size_t length = (size_t)(end - word);
	double value = 0;
	float single = 0;

	if (length < sizeof(text)) {
		memcpy(text, word, length);
		text[length] = '\0';
	}
	if (is_decimal(text)) {
		value = strtod(text, &stop);
		single = strtof(text, NULL);
	}
	if (length == 0 || stop != text + length)
		return parser_wrong(p, "\"%.*s\" is no number", shown(word, end), word);
	if (!isfinite(size == 4 ? (double)single : value))
		return parser_wrong(p, "%.*s is too large", shown(word, end), word);
	memcpy(bytes, size == 4 ? (void *)&single : (void *)&value, size);
	return 0;
}
