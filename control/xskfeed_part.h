/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the AF_XDP feeds share. */
#ifndef XDPCTL_XSKFEED_PART_H
#define XDPCTL_XSKFEED_PART_H

#include <stddef.h>
#include <xdp/xsk.h>

#include "xskfeed.h"

/* Linux 6.6, not in older headers */
#ifndef XDP_USE_SG
#define XDP_USE_SG (1 << 4)
#endif
#ifndef XDP_PKT_CONTD
#define XDP_PKT_CONTD (1 << 0)
#endif

/* In front of each packet in a frame, XDP_PACKET_HEADROOM in include/uapi/linux/bpf.h. */
#define XSKFEED_HEADROOM 256u

/* What each queue gets. Entries are powers of two. */
struct xskfeed_sizes {
	uint32_t rx;	 /* entries of the receive ring */
	uint32_t frames; /* and of the fill ring: at the start all frames are in there */
	uint32_t frame;	 /* bytes */
};

/* A queue, and its packets. Places in the receive ring count on beyond its end, as the kernel
 * counts: freed <= at <= seen. */
struct xskfeed_queue {
	struct feed feed;
	struct xsk_ring_cons rx;
	struct xsk_ring_prod fill;
	uint32_t freed; /* where what was taken but not released begins */
	uint32_t at;	/* the next packet */
	uint32_t seen;	/* the end of what was fetched from the ring */
	uint32_t parts; /* entries of the packet that peek() found at that place; 0: did not look */
	struct feed_packet now; /* that packet */
	uint8_t *frames;
	uint64_t frame_mask; /* the place within a frame */
	uint8_t *scratch;    /* for packets of several parts, NULL without multi-buffer */
	size_t scratch_used; /* by those that were not released */
	uint16_t number;
	bool gone;			 /* the interface */
	struct xsk_ring_cons completion; /* of transmission: unused, but the kernel wants one */
	struct xsk_umem *umem;
	struct xsk_socket *socket;
};

struct xskfeed {
	char ifname[LINK_NAME];
	bool multi_buffer;
	bool hugepages;
	unsigned int count;
	struct xskfeed_sizes sizes;
	uint8_t *frames; /* of all queues, one behind the other */
	size_t frames_length;
	uint8_t *scratch;
	size_t scratch_length;
	struct xskfeed_queue *queue;
};

/* How many receive queues there are, in the network namespace of the process: at least that many,
 * and at most. */
struct xskfeed_range {
	unsigned int least, most; /* both at least 1 */
};

extern const struct feed_ops xskfeed_ops;

struct xskfeed_range xskfeed_count_queues(const struct link *link);

/* Entries that the device's own ring of a queue may have, 0 if it does not say. */
uint32_t xskfeed_device_ring(const struct link *link);

/* How the memory is shared among so many queues. */
struct xskfeed_sizes xskfeed_plan(const struct xskfeed_options *options, unsigned int queues,
				  bool multi_buffer);

/* Memory of the sizes in the feed for so many queues. -errno */
int xskfeed_map(struct xskfeed *feed, unsigned int queues, struct err *err);
void xskfeed_unmap(struct xskfeed *feed);

/* Open feed->queue[number] with its part of the memory. -EINVAL also where there is no such queue,
 * or the kernel does not know what is wanted. */
int xskfeed_bind(struct xskfeed *feed, unsigned int number, bool copy, struct err *err);
void xskfeed_unbind(struct xskfeed_queue *q);

/* Bytes of frames and rings for a queue. */
uint64_t xskfeed_bytes(const struct xskfeed_sizes *sizes);

#endif
