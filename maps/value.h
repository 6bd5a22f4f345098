/* SPDX-License-Identifier: GPL-2.0-only */
/* Values: bytes to text and JSON, and back. The way there and back is exact for every type: what
 * has no notation of its own (padding that is not zero, text that is not UTF-8) is written in hex.
 *
 * One grammar reads both:
 *   number, name, 10.0.0.1, eth0 ...	as the type says
 *   "text"				with the escapes of JSON
 *   a=1,b.c=2,d[3]=4			members of a struct; {...} around it where it is nested
 *   {"a":1,"b":{"c":2}}		the same in JSON
 *   [1,2,3]				all elements of an array
 *   hex:0a 00 00 01			the bytes of anything */
#ifndef XDPCTL_VALUE_H
#define XDPCTL_VALUE_H

#include "buf.h"
#include "err.h"
#include "notation.h"
#include "type.h"

enum value_style { VALUE_TEXT, VALUE_JSON };

/* Append a value of type->size bytes. As text, a struct that is not nested has no braces. */
void value_print(const struct type *type, const void *bytes, enum value_style style,
		 const struct value_env *env, struct buf *out);

/* Read a whole text into type->size bytes. Members that are not named keep what bytes holds, so the
 * caller sets it to zero or to the old value. ERR_USAGE names the member and says what is wrong;
 * bytes may then be half written. */
int value_parse(const struct type *type, const char *text, size_t length, void *bytes,
		const struct value_env *env, struct err *err);

/* The same for a value with more behind it, as in JSON: reads from *at and leaves *at behind the
 * value. A struct needs its braces. */
int value_scan(const struct type *type, const char **at, const char *end, void *bytes,
	       const struct value_env *env, struct err *err);

/* The first of the characters of stop outside of quotes and brackets, or a bracket that closes none
 * of the text's own; else end. */
const char *value_end(const char *text, const char *end, const char *stop);

/* Add two values number by number, as for the total of a per-CPU element. Text, addresses and the
 * like are no numbers: they become zero. */
void value_add(const struct type *type, void *sum, const void *more);

/* The type has a number, so that a total of it says something. */
bool value_adds(const struct type *type);

#endif
