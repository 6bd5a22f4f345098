/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers in a map that programs count up meanwhile: adding to them, and taking them out, without
 * losing a count; see atomic.bpf.c. */
#ifndef XDPCTL_ATOMICS_H
#define XDPCTL_ATOMICS_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"
#include "map.h"

struct atomics;

enum atomics_mode { ATOMICS_ADD, ATOMICS_EXCHANGE };

/* ERR_UNSUPPORTED with the reason if the numbers of such values cannot be changed atomically, or
 * only some of them, or if this kernel has no such programs (to exchange, before 5.12). */
int atomics_open(const struct map *map, enum atomics_mode mode, struct atomics **out,
		 struct err *err);
void atomics_close(struct atomics *atomics); /* NULL is fine */

/* Add (or subtract) the numbers of delta, a value of the map that is zero elsewhere, to an element;
 * one that is not there is made first. With a value for each CPU, to one of them. ERR_UNSUPPORTED
 * if delta has something else than numbers that can be added. */
int atomics_add(struct atomics *atomics, const void *key, const void *delta, bool subtract,
		struct err *err);

/* Exchange the numbers of some elements with zero; values, which have been read before, get what
 * was there. An element that has gone meanwhile gets zeros. */
int atomics_exchange(struct atomics *atomics, const void *keys, void *values, uint32_t count,
		     struct err *err);

#endif
