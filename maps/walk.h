/* SPDX-License-Identifier: GPL-2.0-only */
/* Every element of a map, in blocks: by the kernel's batch operations where it has them for that
 * type, else key by key. Memory does not grow with the map. */
#ifndef XDPCTL_WALK_H
#define XDPCTL_WALK_H

#include <stdint.h>

#include "err.h"
#include "map.h"

enum walk_mode {
	WALK_READ,
	WALK_DRAIN, /* read and delete in one step, element by element: nothing is lost between */
};

/* Some elements: count keys of map->key_size bytes, and for each map_room() bytes of values. 0 to
 * go on, else it ends and map_walk() returns that. */
typedef int (*walk_fn)(void *context, const void *keys, const void *values, uint32_t count,
		       struct err *err);

/* A map that changes meanwhile may show an element twice or not at all, but the walk ends: after
 * twice as many elements as the map can have, it is -EAGAIN (ERR_CONFLICT). */
int map_walk(const struct map *map, enum walk_mode mode, walk_fn each, void *context,
	     struct err *err);

/* The number of elements now; -errno with err filled. */
int64_t map_count(const struct map *map, struct err *err);

#endif
