/* SPDX-License-Identifier: GPL-2.0-only */
/* A piece of text that grows. Running out of memory is remembered, so that a writer checks once, at
 * the end. */
#ifndef XDPCTL_BUF_H
#define XDPCTL_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf {
	char *data; /* not terminated; NULL while empty */
	size_t length, room;
	bool failed; /* out of memory: data is incomplete */
};

/* Room for so many bytes at the end, to be counted in length by the caller; NULL if there is no
 * memory. */
char *buf_space(struct buf *buf, size_t bytes);

void buf_add(struct buf *buf, const void *data, size_t length);
void buf_char(struct buf *buf, char c);
void buf_text(struct buf *buf, const char *text);
void buf_format(struct buf *buf, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
#define U64_TEXT 20 /* digits of the largest */

/* Write it in decimal, not terminated. Returns the end. */
char *u64_text(char *to, uint64_t value);

void buf_u64(struct buf *buf, uint64_t value); /* decimal */
void buf_i64(struct buf *buf, int64_t value);
void buf_hex(struct buf *buf, const void *data, size_t length); /* "0a 00 01" */

/* A JSON string with its quotes. What is not UTF-8 becomes U+FFFD. */
void buf_json(struct buf *buf, const char *text, size_t length);

/* Bytes of the first character in UTF-8, of at most length; 0 if it is none. */
size_t utf8_length(const char *text, size_t length);

/* The text, terminated, for as long as nothing is added; "" if there is no memory. */
const char *buf_string(struct buf *buf);

void buf_clear(struct buf *buf); /* empty it and keep the memory */
void buf_free(struct buf *buf);	 /* a zeroed one is fine */

#endif
