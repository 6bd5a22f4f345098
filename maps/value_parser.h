/* SPDX-License-Identifier: GPL-2.0-only */
/* Inside of value_parse(): the parser's state, and how single words are read. */
#ifndef XDPCTL_VALUE_PARSER_H
#define XDPCTL_VALUE_PARSER_H

#include "value.h"

struct parser {
	const char *at, *end;
	const struct value_env *env;
	struct err *err; /* never NULL */
	bool nested;	 /* inside brackets: a word ends at , ] } */
};

/* ERR_USAGE without an object. Returns -EINVAL. */
int parser_wrong(struct parser *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

void parser_blanks(struct parser *p);	    /* skip them */
bool parser_take(struct parser *p, char c); /* if it comes next */

/* How much of user's text to put into a message: for "%.*s". */
int shown(const char *from, const char *end);

bool word_is(const char *word, const char *end, const char *text);

/* Of a hexadecimal digit; -1 if it is none. */
int hex_value(char c);

/* The string in quotes at p->at, without them, appended; out->data is not NULL then. */
int parse_quoted(struct parser *p, struct buf *out);

/* Digits in base 10 or, behind 0x, 16; all of them. -EINVAL, or -ERANGE if it is over 128 bits. */
int read_digits(const char *text, const char *end, unsigned __int128 *out);

/* A number of so many bits as its two's complement, or a name that stands for one. */
int read_scalar(struct parser *p, const char *word, const char *end, bool quoted,
		const struct type *type, uint32_t bits, unsigned __int128 *out);

int read_float(struct parser *p, const char *word, const char *end, uint32_t size, uint8_t *bytes);

/* Bytes in hexadecimal, with blanks or colons between them or not; exactly so many. */
int read_hex(struct parser *p, const char *text, const char *end, uint8_t *bytes, size_t size);

/* A value that is one word or one string. */
int parse_word(struct parser *p, const struct type *type, uint8_t *bytes);
int parse_bits(struct parser *p, const struct member *member, uint8_t *bytes);

const struct member *find_member(const struct type *type, const char *name, size_t length);

/* What a path such as a.b[2].c leads to. */
struct place {
	const struct type *type;
	const struct member *bits; /* if it is a bitfield, bytes is its struct */
	uint8_t *bytes;
};

/* From the type and bytes in *place to what the path, which is not empty, leads to. */
int follow_path(struct parser *p, struct place *place, const char *path, const char *end);

#endif
