/* SPDX-License-Identifier: GPL-2.0-only */
/* Where captured packets come from: a queue of packets in the order of time. One kind of feed is
 * one file; a capture merges several by the times of their first packets. */
#ifndef XDPCTL_FEED_H
#define XDPCTL_FEED_H

#include <stdint.h>

#include "capture_head.h"

/* Valid until the feed's release(). */
struct feed_packet {
	struct capture_head head; /* head.captured bytes at data, at least 1 */
	const void *data;
};

struct feed;

struct feed_ops {
	/* The oldest packet that was not taken yet: 1; 0 if there is none (now); -errno. */
	int (*peek)(struct feed *feed, struct feed_packet *out);
	void (*take)(struct feed *feed); /* after peek() returned 1: go on behind that one */
	/* The kernel may have the room of all that was taken. Cheap if nothing was. */
	void (*release)(struct feed *feed);
};

/* The first member of each kind. */
struct feed {
	const struct feed_ops *ops;
};

#endif
