/* SPDX-License-Identifier: GPL-2.0-only */
/* All elements of a map at one moment, in the order of their keys, and what has changed since
 * another. */
#ifndef XDPCTL_SNAPSHOT_H
#define XDPCTL_SNAPSHOT_H

#include <stdint.h>

#include "err.h"
#include "map.h"

struct snapshot {
	const struct map *map;
	uint64_t count, room;
	size_t element; /* bytes: key, then values */
	char *data;
};

int snapshot_take(const struct map *map, struct snapshot *out, struct err *err);
void snapshot_free(struct snapshot *snapshot); /* a zeroed one is fine */

enum change_state { ELEMENT_SAME, ELEMENT_NEW, ELEMENT_CHANGED, ELEMENT_GONE };

/* Call for each element of either, in order; before is NULL for a new one, now for one that has
 * gone. */
typedef void (*snapshot_fn)(void *context, enum change_state state, const void *key,
			    const void *before, const void *now);
void snapshot_compare(const struct snapshot *before, const struct snapshot *now, snapshot_fn each,
		      void *context);

#endif
