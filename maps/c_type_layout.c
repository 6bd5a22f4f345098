/* SPDX-License-Identifier: GPL-2.0-only */
/* Where the members of a struct are. */
#include "c_type_reader.h"

#include <stdio.h>
#include <stdlib.h>

struct item {
	char name[NAME]; /* empty: an anonymous struct or union */
	int type;
	uint32_t at, bits;
};

static uint64_t round_up(uint64_t value, uint64_t to)
{
	return (value + to - 1) / to * to;
}

static int add_item(struct reader *r, struct layout *l, const char *name, int type, uint32_t bits)
{
	struct item *all = l->item;

	if (l->count == MOST_ITEMS)
		return c_wrong(r, "too many members");
	if ((l->count & (l->count - 1)) == 0)
		all = realloc(all, (l->count ? 2 * (size_t)l->count : 1) * sizeof(*all));
	if (!all)
		return c_no_memory(r);
	l->item = all;
	all[l->count] = (struct item){ .type = type, .at = (uint32_t)l->bits, .bits = bits };
	snprintf(all[l->count++].name, NAME, "%s", name);
	return 0;
}

static int advance(struct reader *r, struct layout *l, uint64_t bits)
{
	l->bits += bits;
	l->most = l->bits > l->most ? l->bits : l->most;
	if (l->is_union)
		l->bits = 0;
	return l->most > 8ULL * CTYPE_MOST ? c_wrong(r, "is larger than %u bytes", CTYPE_MOST) : 0;
}

int layout_plain(struct reader *r, struct layout *l, const char *name,
		 const struct ctype_part *part)
{
	uint64_t align = l->packed ? 1 : part->align;
	int ret;

	l->bits = round_up(l->bits, 8 * align);
	l->align = align > l->align ? align : l->align;
	ret = add_item(r, l, name, part->id, 0);
	return ret ?: advance(r, l, 8 * part->size);
}

/* System V ABI: a bitfield does not cross a boundary of its type, and one without a name neither
 * has to be anywhere nor aligns the struct. Width 0 goes to the next boundary. */
int layout_bits(struct reader *r, struct layout *l, const char *name, const struct ctype_part *part,
		uint32_t bits)
{
	uint64_t unit = 8 * part->size;
	int ret = 0;

	if (bits == 0 || (!l->packed && l->bits % unit + bits > unit))
		l->bits = round_up(l->bits, 8 * part->align);
	if (name[0]) {
		if (!l->packed && part->align > l->align)
			l->align = part->align;
		ret = add_item(r, l, name, part->id, bits);
	}
	return ret ?: advance(r, l, bits);
}

int layout_add(struct reader *r, const struct layout *l, const char *name, struct ctype_part *out)
{
	int id;

	out->align = l->align;
	out->size = round_up(round_up(l->most, 8) / 8, l->align);
	id = l->is_union ? btf__add_union(r->btf, name, (__u32)out->size)
			 : btf__add_struct(r->btf, name, (__u32)out->size);
	for (uint32_t i = 0; id > 0 && i < l->count; i++) {
		if (btf__add_field(r->btf, l->item[i].name, l->item[i].type, l->item[i].at,
				   l->item[i].bits))
			return c_no_memory(r);
	}
	out->id = id;
	return id > 0 ? 0 : c_no_memory(r);
}
