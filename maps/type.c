/* SPDX-License-Identifier: GPL-2.0-only */
#include "type.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "notation.h"

struct type *type_new(enum type_kind kind, uint32_t size)
{
	struct type *type = calloc(1, sizeof(*type));

	if (type) {
		type->kind = kind;
		type->size = size;
	}
	return type;
}

struct type *type_noted(const char *name)
{
	const struct notation *notation = notation_by_name(name);
	struct type *type = notation ? type_new(TYPE_NOTATION, notation->size) : NULL;

	if (type)
		type->notation = notation;
	return type;
}

struct type *type_array(struct type *element, uint32_t count)
{
	struct type *type = element ? type_new(TYPE_ARRAY, element->size * count) : NULL;

	if (!type) {
		type_free(element);
		return NULL;
	}
	type->element = element;
	type->count = count;
	return type;
}

struct type *type_struct(const char *name)
{
	struct type *type = type_new(TYPE_STRUCT, 0);

	if (type && name) {
		type->name = strdup(name);
		if (!type->name) {
			free(type);
			type = NULL;
		}
	}
	return type;
}

static void free_member(struct member *member)
{
	type_free(member->type);
	free(member->name);
	free(member->label);
	free(member->quoted);
}

static bool label_member(struct member *member)
{
	struct buf label = { 0 }, quoted = { 0 };

	buf_format(&label, "%s=", member->name);
	buf_json(&quoted, member->name, strlen(member->name));
	buf_char(&quoted, ':');
	member->label_length = (uint32_t)label.length;
	member->quoted_length = (uint32_t)quoted.length;
	member->label = label.data;
	member->quoted = quoted.data;
	return !label.failed && !quoted.failed;
}

/* The array doubles whenever its length is a power of two. */
static struct member *another_member(struct type *type)
{
	uint32_t n = type->count;
	struct member *all = type->member;

	if ((n & (n - 1)) == 0) {
		all = realloc(all, (n ? 2 * (size_t)n : 1) * sizeof(*all));
		if (!all)
			return NULL;
		type->member = all;
	}
	all[n] = (struct member){ 0 };
	return &all[n];
}

int type_add(struct type *type, const char *name, uint32_t offset, struct type *member)
{
	struct member *to = member ? another_member(type) : NULL;

	if (!to) {
		type_free(member);
		return -ENOMEM;
	}
	*to = (struct member){ .name = strdup(name), .offset = offset, .type = member };
	if (!to->name || !label_member(to)) {
		free_member(to);
		return -ENOMEM;
	}
	type->count++;
	if (offset + member->size > type->size)
		type->size = offset + member->size;
	return 0;
}

/* Clear the bits of the mask that the type covers. */
static void cover(const struct type *type, uint8_t *mask)
{
	if (type->kind == TYPE_ARRAY) {
		for (uint32_t i = 0; i < type->count; i++)
			cover(type->element, mask + (size_t)i * type->element->size);
	} else if (type->kind == TYPE_STRUCT) {
		for (uint32_t i = 0; i < type->count; i++) {
			const struct member *member = &type->member[i];

			if (member->bits)
				store_bits(mask, member->offset, member->bits, 0);
			else
				cover(member->type, mask + member->offset);
		}
	} else {
		memset(mask, 0, type->size);
	}
}

int type_finish(struct type *type)
{
	free(type->padding);
	type->has_padding = false;
	type->padding = malloc(type->size ? type->size : 1);
	if (!type->padding)
		return -ENOMEM;
	memset(type->padding, 0xff, type->size);
	cover(type, type->padding);
	for (uint32_t i = 0; i < type->size; i++)
		type->has_padding |= type->padding[i] != 0;
	return 0;
}

void type_free(struct type *type)
{
	if (!type)
		return;
	for (uint32_t i = 0; i < type->count; i++) {
		if (type->member)
			free_member(&type->member[i]);
		if (type->value)
			free(type->value[i].name);
	}
	type_free(type->element);
	free(type->member);
	free(type->value);
	free(type->padding);
	free(type->name);
	free(type);
}

static void describe_number(const struct type *type, struct buf *out)
{
	if (type->size == 16)
		buf_format(out, "%s__int128", type->kind == TYPE_UNSIGNED ? "unsigned " : "");
	else
		buf_format(out, "__%c%u", type->kind == TYPE_UNSIGNED ? 'u' : 's', type->size * 8);
}

static void describe_members(const struct type *type, struct buf *out)
{
	buf_format(out, "%s { ", type->name ? type->name : type->is_union ? "union" : "struct");
	for (uint32_t i = 0; i < type->count; i++) {
		const struct member *member = &type->member[i];
		const struct type *inner = member->type;

		while (inner->kind == TYPE_ARRAY)
			inner = inner->element;
		if (inner->kind == TYPE_TEXT)
			buf_text(out, "char");
		else
			type_describe(inner, out);
		buf_format(out, " %s", member->name);
		for (inner = member->type; inner->kind == TYPE_ARRAY; inner = inner->element)
			buf_format(out, "[%u]", inner->count);
		if (inner->kind == TYPE_TEXT)
			buf_format(out, "[%u]", inner->size);
		if (member->bits)
			buf_format(out, " : %u", member->bits);
		buf_text(out, "; ");
	}
	buf_char(out, '}');
}

static void describe_array(const struct type *type, struct buf *out)
{
	const struct type *inner = type;

	while (inner->kind == TYPE_ARRAY)
		inner = inner->element;
	if (inner->kind == TYPE_TEXT)
		buf_text(out, "char");
	else
		type_describe(inner, out);
	for (; type->kind == TYPE_ARRAY; type = type->element)
		buf_format(out, "[%u]", type->count);
	if (inner->kind == TYPE_TEXT)
		buf_format(out, "[%u]", inner->size);
}

void type_describe(const struct type *type, struct buf *out)
{
	switch (type->kind) {
	case TYPE_BYTES:
		buf_format(out, "%u bytes", type->size);
		break;
	case TYPE_UNSIGNED:
	case TYPE_SIGNED:
		describe_number(type, out);
		break;
	case TYPE_POINTER:
		buf_text(out, "void *");
		break;
	case TYPE_BOOL:
		buf_text(out, "bool");
		break;
	case TYPE_FLOAT:
		buf_text(out, type->size == 4 ? "float" : "double");
		break;
	case TYPE_TEXT:
		buf_format(out, "char[%u]", type->size);
		break;
	case TYPE_NOTATION:
		buf_text(out, type->notation->name);
		break;
	case TYPE_ENUM:
	case TYPE_OPAQUE:
		buf_text(out, type->name ? type->name : "enum");
		break;
	case TYPE_ARRAY:
		describe_array(type, out);
		break;
	case TYPE_STRUCT:
		describe_members(type, out);
		break;
	}
}

uint64_t load_unsigned(const void *bytes, uint32_t size)
{
	uint64_t u64;
	uint32_t u32;
	uint16_t u16;

	switch (size) {
	case 1:
		return *(const uint8_t *)bytes;
	case 2:
		memcpy(&u16, bytes, 2);
		return u16;
	case 4:
		memcpy(&u32, bytes, 4);
		return u32;
	default:
		memcpy(&u64, bytes, 8);
		return u64;
	}
}

int64_t load_signed(const void *bytes, uint32_t size)
{
	uint64_t value = load_unsigned(bytes, size);
	uint64_t sign = size < 8 ? 1ULL << (8 * size - 1) : 0;

	return (int64_t)((value ^ sign) - sign);
}

void store_number(void *bytes, uint32_t size, uint64_t value)
{
	uint32_t u32 = (uint32_t)value;
	uint16_t u16 = (uint16_t)value;
	uint8_t u8 = (uint8_t)value;

	switch (size) {
	case 1:
		memcpy(bytes, &u8, 1);
		break;
	case 2:
		memcpy(bytes, &u16, 2);
		break;
	case 4:
		memcpy(bytes, &u32, 4);
		break;
	default:
		memcpy(bytes, &value, 8);
	}
}

/* The bytes that a bitfield touches, at most 9, as one number; its lowest bit is *shift up. */
static unsigned __int128 load_around(const uint8_t *bytes, uint32_t offset, uint32_t bits,
				     uint32_t *shift)
{
	uint32_t first = offset / 8, n = (offset % 8 + bits + 7) / 8;
	unsigned __int128 value = 0;

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	*shift = offset % 8;
	for (uint32_t i = n; i-- > 0;)
		value = value << 8 | bytes[first + i];
#else
	*shift = 8 * n - offset % 8 - bits;
	for (uint32_t i = 0; i < n; i++)
		value = value << 8 | bytes[first + i];
#endif
	return value;
}

static uint64_t lowest_bits(uint32_t bits)
{
	return bits ? UINT64_MAX >> (64 - bits) : 0;
}

uint64_t load_bits(const void *bytes, uint32_t offset, uint32_t bits)
{
	uint32_t shift;
	unsigned __int128 around = load_around(bytes, offset, bits, &shift);

	return (uint64_t)(around >> shift) & lowest_bits(bits);
}

void store_bits(void *bytes, uint32_t offset, uint32_t bits, uint64_t value)
{
	uint32_t shift, n = (offset % 8 + bits + 7) / 8;
	unsigned __int128 around = load_around(bytes, offset, bits, &shift);
	uint8_t *to = (uint8_t *)bytes + offset / 8;

	around &= ~((unsigned __int128)lowest_bits(bits) << shift);
	around |= (unsigned __int128)(value & lowest_bits(bits)) << shift;
	for (uint32_t i = 0; i < n; i++, around >>= 8) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
		to[i] = (uint8_t)around;
#else
		to[n - 1 - i] = (uint8_t)around;
#endif
	}
}
