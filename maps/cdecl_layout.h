/* SPDX-License-Identifier: GPL-2.0-only */
/* Where a C compiler puts the members of a struct. Only for cdecl*.c. */
#ifndef XDPCTL_CDECL_LAYOUT_H
#define XDPCTL_CDECL_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

struct btf;

struct layout {
	bool is_union, packed;
	unsigned int count;
	struct layout_member {
		char name[64];
		int type;
		bool is_bits;
		unsigned int bits; /* 0 in an unnamed one: the next begins a new unit */
	} * member;
};

/* Append a member. -EEXIST if the name is taken, -ERANGE if the type has fewer bits, -ENOMEM. */
int layout_add(struct layout *layout, const struct btf *btf, const char *name, int type,
	       bool is_bits, unsigned int bits);

/* Add the struct or union to the BTF: its id, or -errno; -EFBIG if it is too large. */
int layout_finish(const struct layout *layout, struct btf *btf, const char *name);

void layout_free(struct layout *layout);

#endif
