/* SPDX-License-Identifier: GPL-2.0-only */
/* C types as people write them on a command line: "u32", "struct { ip4_be src; char name[16]; }",
 * "struct flow" where BTF knows it. */
#ifndef XDPCTL_CDECL_H
#define XDPCTL_CDECL_H

#include <linux/types.h>

#include "err.h"
#include "type.h"

struct btf;

/* A type without a body ("struct flow", "my_typedef") is looked for in base (may be NULL), among
 * the usual names of C and the notations, and in the kernel's BTF. ERR_USAGE says where the text is
 * wrong; its object is left empty. *out is for type_free(). */
int cdecl_parse(const char *text, const struct btf *base, struct type **out, struct err *err);

/* Add the type, and those that it is made of, to btf, as a C compiler would lay them out. */
int cdecl_btf(const char *text, struct btf *btf, __u32 *id, struct err *err);

#endif
