/* SPDX-License-Identifier: GPL-2.0-only */
/* Names of types. Only for cdecl*.c. */
#ifndef XDPCTL_CDECL_NAME_H
#define XDPCTL_CDECL_NAME_H

#include <stdbool.h>

struct btf;

/* How often each of C's own words has been said. */
struct cdecl_words {
	unsigned int count, is_unsigned, is_signed, is_char, is_short, is_int, is_long;
	unsigned int is_int128, is_float, is_double, is_bool;
};

/* Take the word if it is one of them. */
bool cdecl_word(struct cdecl_words *words, const char *word);

/* The name under which cdecl_named() knows that combination; NULL if it makes no sense. */
const char *cdecl_integer(const struct cdecl_words *words);

/* A name that everybody knows ("__u32", "u8", "size_t", "ip4_be"), added to btf: its id, or
 * -ENOENT. */
int cdecl_named(struct btf *btf, const char *name);

/* Copy the type of that name, with those that it is made of: its id in btf, or -ENOENT. */
int cdecl_copy(struct btf *btf, const struct btf *from, const char *name, unsigned int kind);

/* A struct, union, enum or typedef of btf itself, of base (may be NULL), or of the kernel, which
 * are added to btf: its id, or -ENOENT. */
int cdecl_known(struct btf *btf, const struct btf *base, const char *name, unsigned int kind);

#endif
