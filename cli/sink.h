/* SPDX-License-Identifier: GPL-2.0-only */
/* Where commands put their results: once, typed, in order. A sink makes text or JSON of it.
 *
 * Inside a list, keys are NULL. A summary is what a person sees in place of the whole container;
 * without one the text shows its contents as a block of its own. The summary of an outermost
 * container is a line of its own, printed at once: what streams are made of. */
#ifndef XDPCTL_SINK_H
#define XDPCTL_SINK_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "value.h"

enum sink_unit {
	UNIT_NONE,
	UNIT_BYTES, /* text: 1.2 MB */
	UNIT_PPS,   /* text: 1.2 Mpps */
	UNIT_BPS,   /* text: 1.2 Gbit/s */
	UNIT_COUNT, /* text: a counter, not shown in a block of counters if it is 0 */
};

struct sink;

struct sink_ops {
	void (*begin)(struct sink *sink, const char *key, bool list, const char *summary);
	void (*end)(struct sink *sink);
	void (*string)(struct sink *sink, const char *key, const char *value); /* NULL: null */
	void (*number)(struct sink *sink, const char *key, uint64_t value, enum sink_unit unit);
	void (*real)(struct sink *sink, const char *key, double value, enum sink_unit unit);
	void (*seconds)(struct sink *sink, const char *key, uint64_t ns);
	void (*boolean)(struct sink *sink, const char *key, bool value);
	void (*value)(struct sink *sink, const char *key, const struct type *type,
		      const void *bytes, const struct value_env *env);
	void (*raw)(struct sink *sink, const char *data, size_t length);
	void (*flush)(struct sink *sink);
	void (*free)(struct sink *sink);
};

struct sink {
	const struct sink_ops *ops;
	FILE *out;
	enum value_style style; /* in which values are written */
};

/* NULL if out of memory. The stream stays the caller's. */
struct sink *sink_json_new(FILE *out);
struct sink *sink_text_new(FILE *out, bool colour);

void sink_list(struct sink *sink, const char *key, const char *summary);
void sink_object(struct sink *sink, const char *key, const char *summary);
void sink_end(struct sink *sink);
void sink_string(struct sink *sink, const char *key, const char *value);
void sink_u64(struct sink *sink, const char *key, uint64_t value, enum sink_unit unit);
void sink_real(struct sink *sink, const char *key, double value, enum sink_unit unit);
void sink_seconds(struct sink *sink, const char *key, uint64_t ns); /* a number, exact */
void sink_null(struct sink *sink, const char *key);
void sink_bool(struct sink *sink, const char *key, bool value);

/* A value of type->size bytes in its notation. */
void sink_value(struct sink *sink, const char *key, const struct type *type, const void *bytes,
		const struct value_env *env);

/* An element of a list that has been written in sink->style already: in JSON an object, as text a
 * line, which is printed at once. For lists that have no end. */
void sink_raw(struct sink *sink, const char *data, size_t length);

/* A document, or one line of a stream, is complete: write it out. -errno if it could not be
 * written (disk full, broken pipe). */
int sink_flush(struct sink *sink);

/* The same in two steps, for streams of many lines: a line is complete; write out what is. */
void sink_line(struct sink *sink);
int sink_write(struct sink *sink);
void sink_free(struct sink *sink); /* NULL is fine */

/* "1.2 MB"; out has room for it. */
#define SINK_UNIT_TEXT 32
char *sink_unit_text(char out[static SINK_UNIT_TEXT], double value, enum sink_unit unit);

#endif
