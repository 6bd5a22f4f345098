/* SPDX-License-Identifier: GPL-2.0-only */
/* Many elements at once: a whole file into a map, all or nothing as far as reading it goes. */
#ifndef XDPCTL_BULK_H
#define XDPCTL_BULK_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"
#include "map.h"
#include "notation.h"

struct bulk {
	const struct map *map;
	const struct value_env *env;
	bool replace;	/* make the map equal to the file, else only add to it */
	bool may_empty; /* replace also by nothing at all */
	/* called now and then with what is being done and how much of it; may be NULL */
	void (*progress)(void *context, const char *what, uint64_t done, uint64_t total);
	/* called once before the first write: true ends it without one; may be NULL */
	bool (*stop)(void *context);
	void *context;
	/* the result */
	uint64_t read, written, deleted, unchanged;
};

/* Read elements from fd and write them to the map. A line that is wrong is ERR_USAGE with its
 * number, and nothing is written then. Of a key that is there twice, the last counts. If the kernel
 * refuses one later (the map is full), the result tells how far it came. */
int bulk_load(struct bulk *bulk, int fd, struct err *err);

#endif
