/* SPDX-License-Identifier: GPL-2.0-only */
/* Samples into a user ring buffer, for the program that drains it. Linux 6.1. */
#ifndef XDPCTL_USER_RING_H
#define XDPCTL_USER_RING_H

#include <stddef.h>

#include "err.h"
#include "map.h"

/* -ENOSPC (ERR_FAILED) if there is no room for it until the program has drained some. */
int user_ring_push(const struct map *map, const void *sample, size_t size, struct err *err);

#endif
