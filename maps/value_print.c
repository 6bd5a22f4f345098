/* SPDX-License-Identifier: GPL-2.0-only */
#include "value.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct printer {
	enum value_style style;
	const struct value_env *env;
	struct buf *out;
};

static void print(const struct printer *p, const struct type *type, const uint8_t *bytes);

/* The bytes of anything: as JSON a string. */
static void print_hex(const struct printer *p, const void *bytes, size_t size)
{
	const char *quote = p->style == VALUE_JSON ? "\"" : "";

	buf_text(p->out, quote);
	buf_text(p->out, "hex:");
	buf_hex(p->out, bytes, size);
	buf_text(p->out, quote);
}

static void print_u128(struct buf *out, unsigned __int128 value)
{
	static const uint64_t billion = 1000000000ULL;
	char digits[40];
	int i = sizeof(digits);

	if (value >> 64 == 0) {
		buf_u64(out, (uint64_t)value);
		return;
	}
	while (value) {
		uint64_t low = (uint64_t)(value % billion);

		value /= billion;
		for (int n = 0; n < 9 && (value || low); n++, low /= 10)
			digits[--i] = (char)('0' + low % 10);
	}
	buf_add(out, digits + i, sizeof(digits) - (size_t)i);
}

static void print_int128(const struct printer *p, bool is_signed, const uint8_t *bytes)
{
	unsigned __int128 value;

	memcpy(&value, bytes, sizeof(value));
	if (is_signed && value >> 127) {
		buf_char(p->out, '-');
		value = -value;
	}
	print_u128(p->out, value);
}

static void print_enum(const struct printer *p, const struct type *type, int64_t value)
{
	const char *quote = p->style == VALUE_JSON ? "\"" : "";

	for (uint32_t i = 0; i < type->count; i++) {
		if ((int64_t)type->value[i].value != value)
			continue;
		buf_text(p->out, quote);
		buf_text(p->out, type->value[i].name);
		buf_text(p->out, quote);
		return;
	}
	if (type->is_signed)
		buf_i64(p->out, value);
	else
		buf_u64(p->out, (uint64_t)value);
}

/* An integer, bool or enum whose bits have been loaded. */
static void print_number(const struct printer *p, const struct type *type, uint64_t value)
{
	switch (type->kind) {
	case TYPE_SIGNED:
		buf_i64(p->out, (int64_t)value);
		break;
	case TYPE_ENUM:
		print_enum(p, type, (int64_t)value);
		break;
	case TYPE_BOOL:
		if (value <= 1)
			buf_text(p->out, value ? "true" : "false");
		else
			buf_u64(p->out, value);
		break;
	case TYPE_POINTER:
		if (p->style == VALUE_TEXT) {
			buf_format(p->out, "0x%llx", (unsigned long long)value);
			break;
		}
		/* fallthrough */
	default:
		buf_u64(p->out, value);
	}
}

static void print_bits(const struct printer *p, const struct member *member, const uint8_t *bytes)
{
	bool is_signed = member->type->kind == TYPE_SIGNED ||
			 (member->type->kind == TYPE_ENUM && member->type->is_signed);
	uint64_t value = load_bits(bytes, member->offset, member->bits);
	uint64_t sign = 1ULL << (member->bits - 1);

	if (is_signed)
		value = (value ^ sign) - sign;
	print_number(p, member->type, value);
}

/* The shortest decimal that reads back as the same number. */
static void print_float(const struct printer *p, uint32_t size, const uint8_t *bytes)
{
	char text[40];
	double value;
	float single;
	int digits = size == 4 ? 6 : 15;

	memcpy(size == 4 ? (void *)&single : (void *)&value, bytes, size);
	if (size == 4)
		value = single;
	if (!isfinite(value)) { /* JSON has no number for it, and a NaN has many forms */
		print_hex(p, bytes, size);
		return;
	}
	if (fabs(value) < 1e15 && value == (double)(int64_t)value &&
	    !(value == 0 && signbit(value))) {
		buf_i64(p->out, (int64_t)value); /* the usual one, much faster */
		return;
	}
	do
		snprintf(text, sizeof(text), "%.*g", digits, value);
	while (size == 4 ? strtof(text, NULL) != single && digits++ < 9
			 : strtod(text, NULL) != value && digits++ < 17);
	buf_text(p->out, text);
}

/* Text that reads back without quotes: no blank and nothing that the grammar uses. */
static bool is_bare(const char *text, size_t length)
{
	enum { INSIDE = 1, ANYWHERE = 3 };
	static const uint8_t allowed[256] = {
		['a' ... 'z'] = ANYWHERE, ['A' ... 'Z'] = ANYWHERE, ['0' ... '9'] = ANYWHERE,
		['_'] = ANYWHERE,	  ['-'] = INSIDE,	    ['.'] = INSIDE,
		[':'] = INSIDE,		  ['/'] = INSIDE,	    ['@'] = INSIDE,
		['%'] = INSIDE,		  ['+'] = INSIDE,	    ['~'] = INSIDE,
	};

	if (length == 0 || allowed[(uint8_t)text[0]] != ANYWHERE)
		return false;
	for (size_t i = 1; i < length; i++) {
		if (!allowed[(uint8_t)text[i]])
			return false;
	}
	return !(length >= 4 && memcmp(text, "hex:", 4) == 0);
}

static bool is_utf8(const char *text, size_t length)
{
	while (length) {
		size_t n = utf8_length(text, length);

		if (n == 0)
			return false;
		text += n;
		length -= n;
	}
	return true;
}

static void print_text(const struct printer *p, const char *text, size_t size)
{
	size_t length = size;

	while (length && text[length - 1] == '\0')
		length--;
	if (!is_utf8(text, length) || (length >= 4 && memcmp(text, "hex:", 4) == 0))
		print_hex(p, text, size);
	else if (p->style == VALUE_TEXT && is_bare(text, length))
		buf_add(p->out, text, length);
	else
		buf_json(p->out, text, length);
}

static void print_notation(const struct printer *p, const struct type *type, const uint8_t *bytes)
{
	size_t from = p->out->length, length;
	char copy[NOTATION_TEXT];

	if (p->style == VALUE_JSON && type->notation->json == JSON_RAW) {
		buf_u64(p->out, load_unsigned(bytes, type->size));
		return;
	}
	type->notation->print(bytes, p->env, p->out);
	if (type->notation->json == JSON_NUMBER || p->out->failed)
		return;
	length = p->out->length - from;
	if (p->style == VALUE_TEXT && is_bare(p->out->data + from, length))
		return;
	if (p->style == VALUE_TEXT && p->out->data[from] == '#' &&
	    is_bare(p->out->data + from + 1, length - 1))
		return;
	if (p->style == VALUE_TEXT && p->out->data[from] == ':' &&
	    (type->size == 16 || type->size == 20))
		return; /* ::1, ::/0 */
	length = length < sizeof(copy) ? length : sizeof(copy);
	memcpy(copy, p->out->data + from, length);
	p->out->length = from;
	buf_json(p->out, copy, length);
}

static void print_array(const struct printer *p, const struct type *type, const uint8_t *bytes)
{
	buf_char(p->out, '[');
	for (uint32_t i = 0; i < type->count; i++) {
		if (i)
			buf_char(p->out, ',');
		print(p, type->element, bytes + (size_t)i * type->element->size);
	}
	buf_char(p->out, ']');
}

static void print_member(const struct printer *p, const struct member *member, const uint8_t *bytes)
{
	if (member->bits)
		print_bits(p, member, bytes);
	else
		print(p, member->type, bytes + member->offset);
}

/* What most members are: an integer, written in one go with what comes before it. */
static bool print_integer(const struct printer *p, const struct member *member,
			  const uint8_t *bytes, bool comma)
{
	bool json = p->style == VALUE_JSON;
	uint32_t length = json ? member->quoted_length : member->label_length;
	const struct type *type = member->type;
	char *to;
	int64_t value;

	if ((type->kind != TYPE_UNSIGNED && type->kind != TYPE_SIGNED) || member->bits ||
	    type->size > 8)
		return false;
	to = buf_space(p->out, length + 2 + U64_TEXT);
	if (!to)
		return true;
	if (comma)
		*to++ = ',';
	memcpy(to, json ? member->quoted : member->label, length);
	to += length;
	value = type->kind == TYPE_SIGNED
			? load_signed(bytes + member->offset, type->size)
			: (int64_t)load_unsigned(bytes + member->offset, type->size);
	if (type->kind == TYPE_SIGNED && value < 0) {
		*to++ = '-';
		value = (int64_t) - (uint64_t)value;
	}
	p->out->length = (size_t)(u64_text(to, (uint64_t)value) - p->out->data);
	return true;
}

static bool print_members(const struct printer *p, const struct type *type, const uint8_t *bytes)
{
	bool any = false;

	for (uint32_t i = 0; i < type->count; i++) {
		const struct member *member = &type->member[i];

		if (member->type->kind == TYPE_OPAQUE)
			continue;
		if (print_integer(p, member, bytes, any)) {
			any = true;
			continue;
		}
		if (any)
			buf_char(p->out, ',');
		any = true;
		if (p->style == VALUE_JSON)
			buf_add(p->out, member->quoted, member->quoted_length);
		else
			buf_add(p->out, member->label, member->label_length);
		print_member(p, member, bytes);
	}
	return any;
}

static void print_struct(const struct printer *p, const struct type *type, const uint8_t *bytes)
{
	buf_char(p->out, '{');
	print_members(p, type, bytes);
	buf_char(p->out, '}');
}

/* Without braces, unless nothing is in them. */
static void print_bare(const struct printer *p, const struct type *type, const uint8_t *bytes)
{
	if (!print_members(p, type, bytes))
		buf_text(p->out, "{}");
}

static bool is_zero(const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (bytes[i])
			return false;
	}
	return true;
}

static void print(const struct printer *p, const struct type *type, const uint8_t *bytes)
{
	switch (type->kind) {
	case TYPE_BYTES:
		print_hex(p, bytes, type->size);
		break;
	case TYPE_SIGNED:
	case TYPE_UNSIGNED:
	case TYPE_POINTER:
	case TYPE_BOOL:
		if (type->size == 16)
			print_int128(p, type->kind == TYPE_SIGNED, bytes);
		else
			print_number(p, type,
				     type->kind == TYPE_SIGNED
					     ? (uint64_t)load_signed(bytes, type->size)
					     : load_unsigned(bytes, type->size));
		break;
	case TYPE_ENUM:
		print_number(p, type,
			     type->is_signed ? (uint64_t)load_signed(bytes, type->size)
					     : load_unsigned(bytes, type->size));
		break;
	case TYPE_FLOAT:
		print_float(p, type->size, bytes);
		break;
	case TYPE_TEXT:
		print_text(p, (const char *)bytes, type->size);
		break;
	case TYPE_NOTATION:
		print_notation(p, type, bytes);
		break;
	case TYPE_ARRAY:
		print_array(p, type, bytes);
		break;
	case TYPE_STRUCT:
		print_struct(p, type, bytes);
		break;
	case TYPE_OPAQUE:
		buf_text(p->out, p->style == VALUE_JSON ? "null" : "-");
		break;
	}
}

/* The bits of the padding that are not zero, or NULL: most of the time there are none. */
static uint8_t *padding_of(const struct type *type, const uint8_t *bytes)
{
	uint8_t *padding = NULL;

	for (uint32_t i = 0; i < type->size; i++) {
		if (!(bytes[i] & type->padding[i]))
			continue;
		if (!padding)
			padding = calloc(1, type->size);
		if (!padding)
			return NULL;
		padding[i] = bytes[i] & type->padding[i];
	}
	return padding;
}

/* A struct with a member "#padding" more; something else as nothing but bytes. */
static void print_padded(const struct printer *p, const struct type *type, const uint8_t *bytes,
			 const uint8_t *padding)
{
	if (type->kind != TYPE_STRUCT) {
		print_hex(p, bytes, type->size);
		return;
	}
	if (p->style == VALUE_JSON)
		buf_char(p->out, '{');
	if (print_members(p, type, bytes))
		buf_char(p->out, ',');
	buf_text(p->out, p->style == VALUE_JSON ? "\"#padding\":" : "#padding=");
	print_hex(p, padding, type->size);
	if (p->style == VALUE_JSON)
		buf_char(p->out, '}');
}

void value_print(const struct type *type, const void *bytes, enum value_style style,
		 const struct value_env *env, struct buf *out)
{
	struct printer p = { .style = style, .env = env, .out = out };
	uint8_t *padding = type->has_padding ? padding_of(type, bytes) : NULL;

	if (padding)
		print_padded(&p, type, bytes, padding);
	else if (type->leads && style == VALUE_TEXT && type->count &&
		 is_zero((const uint8_t *)bytes + type->member[0].type->size,
			 type->size - type->member[0].type->size))
		print(&p, type->member[0].type, bytes);
	else if (type->kind == TYPE_STRUCT && style == VALUE_TEXT)
		print_bare(&p, type, bytes);
	else
		print(&p, type, bytes);
	free(padding);
}
