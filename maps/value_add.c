/* SPDX-License-Identifier: GPL-2.0-only */
#include "value.h"

#include <string.h>

static void add_number(const struct type *type, uint8_t *sum, const uint8_t *more)
{
	unsigned __int128 a, b;

	if (type->size == 16) {
		memcpy(&a, sum, 16);
		memcpy(&b, more, 16);
		a += b;
		memcpy(sum, &a, 16);
	} else {
		store_number(sum, type->size,
			     load_unsigned(sum, type->size) + load_unsigned(more, type->size));
	}
}

static void add_float(uint32_t size, uint8_t *sum, const uint8_t *more)
{
	double a, b;
	float c, d;

	if (size == 4) {
		memcpy(&c, sum, 4);
		memcpy(&d, more, 4);
		c += d;
		memcpy(sum, &c, 4);
	} else {
		memcpy(&a, sum, 8);
		memcpy(&b, more, 8);
		a += b;
		memcpy(sum, &a, 8);
	}
}

static void add_members(const struct type *type, uint8_t *sum, const uint8_t *more)
{
	for (uint32_t i = 0; i < type->count; i++) {
		const struct member *member = &type->member[i];

		if (member->overlaps)
			continue;
		if (!member->bits)
			value_add(member->type, sum + member->offset, more + member->offset);
		else if (member->type->kind == TYPE_UNSIGNED || member->type->kind == TYPE_SIGNED)
			store_bits(sum, member->offset, member->bits,
				   load_bits(sum, member->offset, member->bits) +
					   load_bits(more, member->offset, member->bits));
	}
}

void value_add(const struct type *type, void *sum, const void *more)
{
	uint8_t *to = sum;
	const uint8_t *from = more;

	switch (type->kind) {
	case TYPE_UNSIGNED:
	case TYPE_SIGNED:
		add_number(type, to, from);
		break;
	case TYPE_FLOAT:
		add_float(type->size, to, from);
		break;
	case TYPE_ARRAY:
		for (size_t i = 0; i < type->count; i++)
			value_add(type->element, to + i * type->element->size,
				  from + i * type->element->size);
		break;
	case TYPE_STRUCT:
		if (!type->is_union)
			add_members(type, to, from);
		break;
	default:
		break;
	}
}

bool value_adds(const struct type *type)
{
	switch (type->kind) {
	case TYPE_UNSIGNED:
	case TYPE_SIGNED:
	case TYPE_FLOAT:
		return true;
	case TYPE_ARRAY:
		return type->count && value_adds(type->element);
	case TYPE_STRUCT:
		for (uint32_t i = 0; i < type->count && !type->is_union; i++) {
			if (!type->member[i].overlaps && value_adds(type->member[i].type))
				return true;
		}
		return false;
	default:
		return false;
	}
}
