/* SPDX-License-Identifier: GPL-2.0-only */
#include "cdecl_layout.h"

#include <bpf/btf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_BITS (8ULL * (64u << 20))

int layout_add(struct layout *layout, const struct btf *btf, const char *name, int type,
	       bool is_bits, unsigned int bits)
{
	struct layout_member *all;
	int64_t size = btf__resolve_size(btf, (__u32)type);

	for (unsigned int i = 0; i < layout->count; i++) {
		if (name[0] && strcmp(layout->member[i].name, name) == 0)
			return -EEXIST;
	}
	if (size < 0 || (is_bits && (bits > 8 * size || (bits == 0 && name[0]))))
		return -ERANGE;
	all = realloc(layout->member, (layout->count + 1) * sizeof(*all));
	if (!all)
		return -ENOMEM;
	layout->member = all;
	all[layout->count] =
		(struct layout_member){ .type = type, .is_bits = is_bits, .bits = bits };
	snprintf(all[layout->count].name, sizeof(all[0].name), "%s", name);
	layout->count++;
	return 0;
}

static uint64_t round_up(uint64_t value, uint64_t to)
{
	return (value + to - 1) / to * to;
}

/* The bit at which a member begins, behind those that end at bit "at". System V ABI: a bitfield
 * does not cross a boundary of its declared type. */
static uint64_t begin(const struct layout *layout, const struct layout_member *member, uint64_t at,
		      uint64_t size, uint64_t align)
{
	if (layout->is_union)
		return 0;
	if (!member->is_bits)
		return round_up(at, layout->packed ? 8 : 8 * align);
	if (member->bits == 0)
		return round_up(at, 8 * align);
	if (layout->packed || at / (8 * size) == (at + member->bits - 1) / (8 * size))
		return at;
	return round_up(at, 8 * align);
}

struct place {
	uint64_t offset, end, align; /* bits, bits, bytes */
};

static int find_places(const struct layout *layout, const struct btf *btf, struct place *place,
		       uint64_t *bytes)
{
	uint64_t at = 0, most = 0, align = 1;

	for (unsigned int i = 0; i < layout->count; i++) {
		const struct layout_member *member = &layout->member[i];
		uint64_t size = (uint64_t)btf__resolve_size(btf, (__u32)member->type);
		uint64_t own = (uint64_t)btf__align_of(btf, (__u32)member->type);

		own = own ? own : 1;
		place[i].offset = begin(layout, member, at, size ? size : 1, own);
		at = place[i].offset + (member->is_bits ? member->bits : 8 * size);
		most = at > most ? at : most;
		if (most > MOST_BITS)
			return -EFBIG;
		if (!layout->packed && own > align && (!member->is_bits || member->name[0]))
			align = own;
	}
	*bytes = round_up(most, 8 * align) / 8;
	return 0;
}

int layout_finish(const struct layout *layout, struct btf *btf, const char *name)
{
	struct place *place = calloc(layout->count, sizeof(*place));
	uint64_t bytes = 0;
	int id, ret = place ? find_places(layout, btf, place, &bytes) : -ENOMEM;

	id = ret		? ret
	     : layout->is_union ? btf__add_union(btf, name, (__u32)bytes)
				: btf__add_struct(btf, name, (__u32)bytes);
	for (unsigned int i = 0; i < layout->count && id >= 0; i++) {
		const struct layout_member *member = &layout->member[i];

		if (member->is_bits && !member->name[0])
			continue;
		ret = btf__add_field(btf, member->name[0] ? member->name : NULL, member->type,
				     (__u32)place[i].offset, member->is_bits ? member->bits : 0);
		if (ret)
			id = ret;
	}
	free(place);
	return id;
}

void layout_free(struct layout *layout)
{
	free(layout->member);
	*layout = (struct layout){ 0 };
}
