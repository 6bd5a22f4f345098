/* SPDX-License-Identifier: GPL-2.0-only */
/* Fast writing of many elements, by a program in the kernel; see fill.bpf.c. */
#ifndef XDPCTL_FILLER_H
#define XDPCTL_FILLER_H

#include <stdint.h>

#include "err.h"
#include "map.h"

struct filler;

/* NULL if this kernel or this type of map cannot: then edit_set_many() does it. */
struct filler *filler_new(const struct map *map);
void filler_free(struct filler *filler); /* NULL is fine */

/* Put an element on the way; when enough wait, they are written. */
int filler_add(struct filler *filler, const void *key, const void *value, struct err *err);

/* Write those that wait. */
int filler_flush(struct filler *filler, struct err *err);

/* How many have been written. */
uint64_t filler_written(const struct filler *filler);

#endif
