/* SPDX-License-Identifier: GPL-2.0-only */
/* Making a map whose keys and values have types. */
#ifndef XDPCTL_CREATE_H
#define XDPCTL_CREATE_H

#include <stdint.h>

#include "err.h"
#include "map_kind.h"

struct create {
	const struct map_kind *kind;
	const char *name;	 /* NULL: none */
	const char *key, *value; /* C types, or sizes in bytes; NULL: what the kind of map has */
	uint32_t entries, flags;
	int inner; /* descriptor of a map like those that it will hold, or -1 */
};

/* Returns a descriptor, the caller's; the map lives as long as that or a pin. */
int map_create(const struct create *create, struct err *err);

#endif
