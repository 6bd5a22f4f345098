/* SPDX-License-Identifier: GPL-2.0-only */
/* Types as a person writes them on the command line, in C:
 *
 *   u32		unsigned long long	char[16]	ip4_be		__be16
 *   struct flow	a struct, union, enum or typedef that the map's BTF knows
 *   struct { ip4_be src; port_be port[2]; char comm[16]; enum { A, B = 5 } e; u8 flags : 3; }
 *
 * Layout is C's: alignment, padding, bitfields; "packed struct {...}", or behind it
 * __attribute__((packed)) and __attribute__((aligned(8))). Notations may be used as types. */
#ifndef XDPCTL_C_TYPE_H
#define XDPCTL_C_TYPE_H

#include <linux/types.h>

#include "type.h"

/* Names are looked for in base, which may be NULL, and then among C's, the kernel's (u32, __u32)
 * and the notations. *out is for type_free(). -EINVAL (ERR_USAGE, without an object) says where it
 * is wrong. */
int ctype_parse(const char *text, const struct btf *base, struct type **out, struct err *err);

/* Add the type to a BTF object, whose names it may use, as for creating a map with it. After an
 * error a part of it may have been added. */
int ctype_btf(const char *text, struct btf *btf, __u32 *id, struct err *err);

#endif
