/* SPDX-License-Identifier: GPL-2.0-only */
/* Types of keys and values, made from BTF once and then used for every element: what bytes mean,
 * and in which notation a person writes them. */
#ifndef XDPCTL_TYPE_H
#define XDPCTL_TYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

struct btf;
struct notation;

enum type_kind {
	TYPE_BYTES,    /* nothing is known: hex */
	TYPE_UNSIGNED, /* 1, 2, 4, 8 or 16 bytes, or bits of a bitfield */
	TYPE_SIGNED,
	TYPE_POINTER, /* a number shown in hexadecimal */
	TYPE_BOOL,
	TYPE_FLOAT,    /* 4 or 8 bytes */
	TYPE_ENUM,     /* a name, or a number that has none */
	TYPE_TEXT,     /* array of char */
	TYPE_NOTATION, /* see notation.h */
	TYPE_ARRAY,
	TYPE_STRUCT, /* also a union, whose members overlap, and a section of variables */
	TYPE_OPAQUE, /* what the kernel keeps for itself (a spin lock, a timer): not shown */
};

struct type_value {
	char *name;
	uint64_t value; /* sign-extended where the enum is signed */
};

struct member {
	char *name;	 /* unique in its struct: members of anonymous ones count as the outer's */
	uint32_t offset; /* bytes; of a bitfield: bits from the beginning of the struct */
	uint32_t bits;	 /* of a bitfield, else 0 */
	bool overlaps;	 /* with another: it comes from an anonymous union */
	struct type *type;    /* of a bitfield: an integer, a bool or an enum */
	char *label, *quoted; /* "name=" and "\"name\":", ready to print */
	uint32_t label_length, quoted_length;
};

struct type {
	enum type_kind kind;
	bool is_signed;	  /* of an enum */
	bool is_union;	  /* its members overlap */
	bool leads;	  /* a struct that may be written as its first member alone */
	bool has_padding; /* of the outermost type: bytes that belong to no member */
	uint32_t size;	  /* bytes */
	uint32_t count;	  /* of members, elements or names */
	char *name;	  /* as in C: "struct flow", "enum mode"; may be NULL */
	struct type *element;
	struct member *member;
	struct type_value *value; /* names of an enum */
	const struct notation *notation;
	uint8_t *padding; /* if has_padding: size bytes, the bits that belong to no member are 1 */
};

/* The type with that id. *out is for type_free(). -EINVAL if a value of it has no fixed size. */
int type_from_btf(const struct btf *btf, uint32_t id, struct type **out, struct err *err);

/* Types that need no BTF; NULL if there is no memory. */
struct type *type_new(enum type_kind kind, uint32_t size);
struct type *type_noted(const char *notation); /* by the name of the notation */
struct type *type_array(struct type *element, uint32_t count);
struct type *type_struct(const char *name);
/* Append to a struct; takes the member's type, also if it fails. 0 or -ENOMEM. */
int type_add(struct type *type, const char *name, uint32_t offset, struct type *member);

/* Once a type is complete: find its padding. */
int type_finish(struct type *type);

void type_free(struct type *type); /* NULL is fine */

/* "struct flow { ip4_be src; port_be port; __u8 tag[3]; }" on one line, for a person. */
struct buf;
void type_describe(const struct type *type, struct buf *out);

/* A number of 1, 2, 4 or 8 bytes in the machine's byte order, that may be unaligned. */
uint64_t load_unsigned(const void *bytes, uint32_t size);
int64_t load_signed(const void *bytes, uint32_t size);
void store_number(void *bytes, uint32_t size, uint64_t value);

/* Bits of a bitfield: offset bits from the beginning of the struct, at most 64 of them. */
uint64_t load_bits(const void *bytes, uint32_t offset, uint32_t bits);
void store_bits(void *bytes, uint32_t offset, uint32_t bits, uint64_t value);

#endif
