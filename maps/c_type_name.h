/* SPDX-License-Identifier: GPL-2.0-only */
/* Inside of ctype_parse(): names of types, and what is known of a type while it is laid out. */
#ifndef XDPCTL_C_TYPE_NAME_H
#define XDPCTL_C_TYPE_NAME_H

#include <bpf/btf.h>
#include <stdbool.h>
#include <stdint.h>

/* Types that are added may not be larger. Values of maps are not, and a mask of their padding is
 * made. */
#define CTYPE_MOST (64u << 20)

struct ctype_part {
	int id; /* in the BTF */
	uint64_t size, align;
};

/* "struct", "union" or "enum" and a name, or without a keyword ("") a typedef, a name of C's or the
 * kernel's, a notation, or anything of that name; at last one of the running kernel. False if there
 * is none; id is negative if there is no memory. */
bool ctype_find(struct btf *btf, const char *keyword, const char *name, struct ctype_part *out);

/* Copy a type of the running kernel, with those that it is made of: its id in btf, 0 if there is
 * none of that name, negative if there is no memory. */
int ctype_of_kernel(struct btf *btf, const char *keyword, const char *name);

/* An integer of C; from what was counted of its words. False if they make no type. */
struct ctype_words {
	unsigned int signs, unsigneds, chars, shorts, ints, longs, int128s;
};
bool ctype_integer(struct btf *btf, const struct ctype_words *words, struct ctype_part *out);

/* Bits that a bitfield of that type can have; 0 if it can be none. */
uint32_t ctype_bits(const struct btf *btf, int id);

#endif
