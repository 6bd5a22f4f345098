/* SPDX-License-Identifier: GPL-2.0-only */
/* Notations that belong to the name of a typedef or struct: ip4_be is written 10.0.0.1. */
#ifndef XDPCTL_NOTATION_H
#define XDPCTL_NOTATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "err.h"
#include "types.h"

#define NOTATION_TEXT 128 /* an interface's alternative name has up to 127 characters */

/* What a notation may ask about the machine; the control plane answers. */
struct value_env {
	void *context;
	int (*ifindex_of)(void *context, const char *name, ifindex_t *out, struct err *err);
	/* false if there is none by that number */
	bool (*ifname_of)(void *context, ifindex_t ifindex, char out[static NOTATION_TEXT]);
	/* Some values are file descriptors that have to stay open until they are written. NULL: a
	 * value that needs one is refused. Takes the descriptor, also if it fails. */
	int (*keep)(void *context, int fd);
};

/* How it is in JSON. */
enum notation_json {
	JSON_TEXT,   /* a string of what print() says */
	JSON_NUMBER, /* print() gives a number */
	JSON_RAW,    /* the bytes as an unsigned number of this machine */
};

struct notation {
	const char *name;
	uint32_t size;
	enum notation_json json;
	/* Append to out; always possible. */
	void (*print)(const void *bytes, const struct value_env *env, struct buf *out);
	/* The whole text, terminated, or an error: *err filled but for its object. */
	int (*parse)(const char *text, void *bytes, const struct value_env *env, struct err *err);
	/* Where it is not all of the value that counts (a prefix): check it. May be NULL. */
};

/* For a typedef or struct of that name and size; NULL if it has none. */
const struct notation *notation_of(const char *name, uint32_t size);

/* It asks the machine something, by struct value_env. */
bool notation_asks(const struct notation *notation);

/* By name alone, for types that are not from BTF. */
const struct notation *notation_by_name(const char *name);

#endif
