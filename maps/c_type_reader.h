/* SPDX-License-Identifier: GPL-2.0-only */
/* Inside of ctype_parse(): reading words, laying out structs, enums. */
#ifndef XDPCTL_C_TYPE_READER_H
#define XDPCTL_C_TYPE_READER_H

#include <stdbool.h>
#include <stdint.h>

#include "c_type_name.h"
#include "err.h"

#define NAME	   64
#define MOST_ITEMS 10000 /* members of a struct, values of an enum */

struct reader {
	const char *at;	 /* no blanks come next */
	char last[NAME]; /* what was read before, for messages */
	struct btf *btf;
	struct err *err;
	int depth;
};

/* ERR_USAGE without an object; all three return -errno. */
int c_wrong(struct reader *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int c_expected(struct reader *r, const char *what);
int c_no_memory(struct reader *r);

void c_skip_blanks(struct reader *r);
size_t c_word_length(const struct reader *r);	 /* of what comes next; 0 if it is none */
bool c_take(struct reader *r, const char *word); /* a word or a sign */
bool c_take_any(struct reader *r, const char *const *words);
int c_want(struct reader *r, const char *sign);
int c_name(struct reader *r, char out[static NAME]);
int c_number(struct reader *r, uint64_t max, uint64_t *out);

struct item;

/* A struct or union that is being laid out. */
struct layout {
	bool is_union, packed;
	uint64_t bits, align; /* so far */
	uint64_t most;	      /* bits that it has to have */
	struct item *item;    /* for free() */
	uint32_t count;
};

/* Place the next member; an empty name is an anonymous struct or union, or bits that fill up. */
int layout_plain(struct reader *r, struct layout *l, const char *name,
		 const struct ctype_part *part);
int layout_bits(struct reader *r, struct layout *l, const char *name, const struct ctype_part *part,
		uint32_t bits);

/* Add the struct to the BTF. */
int layout_add(struct reader *r, const struct layout *l, const char *name, struct ctype_part *out);

/* What comes behind "enum". */
int c_enum(struct reader *r, struct ctype_part *out);

#endif
