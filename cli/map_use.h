/* SPDX-License-Identifier: GPL-2.0-only */
/* What the commands on one map have in common: opening it by its reference, its types, and the
 * element that the command line names. */
#ifndef XDPCTL_MAP_USE_H
#define XDPCTL_MAP_USE_H

#include "app.h"
#include "entry.h"
#include "map.h"
#include "mapref.h"

/* --as and --key-as, for maps that do not say their types. */
struct map_types {
	const char *value, *key;
};

/* The two rows of an options table whose struct has a member "types". */
#define MAP_TYPE_FIELDS(args)                                                    \
	{ .type = FIELD_TEXT,                                                    \
	  .name = "as",                                                          \
	  .value = "TYPE",                                                       \
	  .offset = offsetof(args, types.value),                                 \
	  .help = "read and write values as this C type: 'struct { u32 a; }'" }, \
	{                                                                        \
		.type = FIELD_TEXT, .name = "key-as", .value = "TYPE",           \
		.offset = offsetof(args, types.key), .help = "the same for keys" \
	}

struct map_use {
	struct map map;
	struct mapenv *holder;
	const struct value_env *env;
	void *key;    /* map.key_size bytes, zero */
	void *values; /* map_room() bytes, zero */
};

/* Open the map that the first word names. types may be NULL. On an error nothing is to close. */
int map_use_open(struct app *app, const struct map_types *types, struct map_use *out,
		 struct err *err);
void map_use_close(struct map_use *use);

/* Read the word with that number as the key. */
int map_use_key(struct app *app, struct map_use *use, unsigned int word, struct err *err);

/* Read the word as values, over what use->values holds. */
int map_use_values(struct app *app, struct map_use *use, unsigned int word, struct err *err);

/* Show the element: as text its values alone, in JSON also its key. */
int map_use_show(struct app *app, const struct map_use *use, struct err *err);

/* The same for one that is no longer in the map: an error says what it was. */
int map_use_show_taken(struct app *app, const struct map_use *use, struct err *err);

/* An open-ended list of elements in the sink; map_rows_put() is for map_walk(), and map_rows_end()
 * comes last, with what that returned. If it was refused, nothing is put out. */
struct map_rows {
	struct app *app;
	const struct map_use *use;
	struct buf line;
	bool keys_only, values_only;
	bool takes; /* what is put out is gone from the map: end well at a signal */
	uint64_t count;
	bool begun;
};
int map_rows_put(void *context, const void *keys, const void *values, uint32_t count,
		 struct err *err);
void map_rows_end(struct map_rows *rows, int ret);

/* The names of the flags under the key "flags". */
void map_show_flags(struct app *app, uint32_t flags);

/* Why the path could not be pinned to; returns -error. */
int map_pin_failed(const char *path, int error, struct err *err);

/* The reader of our output has gone or the disk is full. */
int map_check_output(struct app *app, struct err *err);

#endif
