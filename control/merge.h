/* SPDX-License-Identifier: GPL-2.0-only */
/* Several feeds as one, by the times of their packets. */
#ifndef XDPCTL_MERGE_H
#define XDPCTL_MERGE_H

#include <stdbool.h>
#include <stdint.h>

#include "feed.h"

struct merge_source {
	struct feed *feed;
	struct feed_packet packet; /* the next one, if full */
	bool full;
};

/* All 0 is an empty one. */
struct merge {
	struct merge_source *sources; /* owned */
	unsigned int count, current;
	uint64_t limit; /* of the current source: up to there no other one is older */
};

/* The feed stays the caller's. 0 or -ENOMEM. */
int merge_add(struct merge *merge, struct feed *feed);
void merge_free(struct merge *merge);

/* Ahead of each round of merge_next() with another time. */
void merge_begin(struct merge *merge);

/* The oldest packet, not newer than before (CLOCK_MONOTONIC, ns): 1; 0 if there is none; -errno of
 * a feed. It is taken; its bytes are valid until merge_release(). A feed has to have all packets
 * that are older than before by now, or they come late. */
int merge_next(struct merge *merge, uint64_t before, struct feed_packet *out);

/* The kernel may have the room of what was taken. */
void merge_release(struct merge *merge);

#endif
