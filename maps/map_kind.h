/* SPDX-License-Identifier: GPL-2.0-only */
/* What can be done with each type of map, and how its keys and values are written where BTF does
 * not say it: by the type of the map. */
#ifndef XDPCTL_MAP_KIND_H
#define XDPCTL_MAP_KIND_H

#include <stdbool.h>
#include <stdint.h>

#include "ref.h"
#include "type.h"

enum map_trait {
	KIND_PERCPU = 1,  /* an element has a value for each possible CPU */
	KIND_KEYLESS = 2, /* a queue: values only */
	KIND_FIXED = 4,	  /* an array: all elements are there from the beginning, none can go */
	KIND_INDEXED = 8, /* keys are 0..max_entries - 1 */
	KIND_EVENTS = 16, /* a buffer of events */
	KIND_TABLE = 32,  /* plain memory that programs write too: counters, tables */
	KIND_REFERS =
		64, /* a value holds the id of a program or map; it is written as a descriptor */
	KIND_HANDLE = 128, /* a key or value is an open file: can be written, never read back */
};

struct map_kind {
	uint32_t type;	  /* enum bpf_map_type */
	const char *name; /* as in the kernel, in small letters: "percpu_hash" */
	uint32_t traits;  /* enum map_trait */
	/* notations of key and value where BTF has none; NULL: a number or hex, see map.c */
	const char *key, *value;
	/* what user space cannot do, and why; NULL if it can */
	const char *no_walk, *no_get, *no_set, *no_delete;
	/* with KIND_REFERS: what the value refers to, and where in the value (bytes) */
	enum ref_kind refers;
	uint32_t refers_at;
};

/* The row of a type; of one that is not known, a row that says so. Never NULL. */
const struct map_kind *map_kind_of(uint32_t type);
const struct map_kind *map_kind_by_name(const char *name); /* NULL if there is none */

/* All rows in the order of the kernel, ended by a name that is NULL. */
extern const struct map_kind map_kinds[];

/* The value's type as the map's type says it; NULL if it does not, or if there is no memory. */
struct type *map_kind_value(const struct map_kind *kind, uint32_t value_size, uint32_t flags);
struct type *map_kind_key(const struct map_kind *kind, uint32_t key_size);

#endif
