/* SPDX-License-Identifier: GPL-2.0-only */
/* Elements that wait in an unnamed temporary file until all of them are known to be good. In
 * blocks, each with its keys and then its values, as the kernel's batch operations take them. */
#ifndef XDPCTL_SPOOL_H
#define XDPCTL_SPOOL_H

#include <stddef.h>
#include <stdint.h>

#include "err.h"

struct spool {
	int fd;
	size_t key_size, value_size; /* bytes of one element's key, and of all its values */
	uint32_t block;		     /* elements in each block but the last */
	size_t block_bytes;
	uint64_t count;
	char *buffer;  /* the block that is being filled */
	char *mapping; /* the whole file, once it is complete */
	size_t mapped;
};

/* In TMPDIR or /tmp, or in memory if there is no such place. */
int spool_start(struct spool *spool, size_t key_size, size_t value_size, struct err *err);

/* Room for the next element: fill both, then spool_add(). */
void *spool_key(struct spool *spool);
void *spool_value(struct spool *spool);
int spool_add(struct spool *spool, struct err *err);

/* All are in: from now on they can be read. */
int spool_finish(struct spool *spool, struct err *err);

uint64_t spool_blocks(const struct spool *spool);
/* Keys and values of a block; returns how many. */
uint32_t spool_read(const struct spool *spool, uint64_t block, const char **keys,
		    const char **values);

void spool_stop(struct spool *spool); /* a zeroed one is fine */

#endif
