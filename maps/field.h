/* SPDX-License-Identifier: GPL-2.0-only */
/* Tables of typed fields: one row says the name, the type, the place in a struct and the help of
 * an option. Parsing, help, completion, status and the man page all read the same table. */
#ifndef XDPCTL_FIELD_H
#define XDPCTL_FIELD_H

#include <stddef.h>
#include <stdint.h>

#include "err.h"

enum field_type {
	FIELD_END = 0, /* ends a table */
	FIELD_FLAG,    /* bool, takes no value */
	FIELD_COUNT,   /* uint64_t, min..max */
	FIELD_SECONDS, /* double, above 0, at most max */
	FIELD_CHOICE,  /* int, index into choices */
	FIELD_MAC,     /* mac_addr, a station's address; all zero is "not given" */
	FIELD_TEXT,    /* const char *, points into the argument */
};

struct field {
	enum field_type type;
	char letter;		    /* short option, or 0 */
	const char *name;	    /* "dst-mac", without dashes */
	const char *value;	    /* what stands for the value in help: "MAC"; NULL for a flag */
	size_t offset;		    /* in the struct that the table describes */
	uint64_t min, max;	    /* FIELD_COUNT, FIELD_SECONDS */
	const char *const *choices; /* FIELD_CHOICE: NULL-terminated */
	const char *help;
};

/* Store the text into base + field->offset. Refuses with ERR_USAGE and names the option. */
int field_parse(const struct field *field, void *base, const char *text, struct err *err);

/* Find by long name (length bytes of it) or by letter; NULL if the table has none. A NULL table
 * is empty. */
const struct field *field_by_name(const struct field *table, const char *name, size_t length);
const struct field *field_by_letter(const struct field *table, char letter);

/* The value as text, "" where it was not given; out is cut at size, always terminated. */
char *field_text(const struct field *field, const void *base, char *out, size_t size);

#endif
