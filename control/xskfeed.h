/* SPDX-License-Identifier: GPL-2.0-only */
/* Packets that an XDP program redirects to AF_XDP sockets of ours: all queues of an interface, each
 * a feed. The kernel's side is net/xdp/xsk.c.
 *
 * The program gives each queue's packets to the element of an XSKMAP with the queue's number. It
 * may put a struct capture_head with CAPTURE_MARK as metadata right in front of the packet: what it
 * says is believed, but for the bytes that are there. A packet without has time 0, as length what
 * came, CAPTURE_NO_OUTCOME, and the queue of its socket.
 *
 * Call each feed's release() in every round, also where nothing was taken: it wakes a driver that
 * sleeps until we do. */
#ifndef XDPCTL_XSKFEED_H
#define XDPCTL_XSKFEED_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"
#include "feed.h"
#include "link.h"

struct xskfeed_options {
	const struct link *link; /* in the network namespace of the process; not kept */
	bool generic;		 /* the program runs in skb mode: packets are copied */
	bool never_zero_copy;	 /* a driver may reset the device for zero-copy: traffic is lost */
	bool multi_buffer;	 /* wanted: packets longer than a frame (Linux 6.6); with a driver
				    whose zero-copy has none of it, by copying */
	uint64_t memory;	 /* bytes for all queues: rings get shorter, but never shorter
				    than 2048 packets a queue, whatever this says */
};

/* What became of the wishes. */
struct xskfeed_info {
	unsigned int queues;	/* each has a socket */
	unsigned int zero_copy; /* as many of them have it, all others copy */
	bool hugepages;		/* the frames are in such */
	bool multi_buffer;
	uint32_t max_packet; /* bytes, longer ones are lost (rx_dropped); 0: none are */
	uint32_t ring;	     /* packets (parts of multi-buffer ones) that wait for us in a queue */
	uint32_t frames;     /* in a queue, of frame_size bytes */
	uint32_t frame_size;
	uint64_t memory; /* bytes of frames and rings */
};

/* Sums over all queues since they were opened. A packet that finds no socket in the XSKMAP is in
 * none of them, and with zero-copy neither is what the device drops for want of frames: that is in
 * the device's own statistics. */
struct xskfeed_stats {
	uint64_t rx_dropped;   /* packets lost: no free frame, or longer than max_packet */
	uint64_t rx_ring_full; /* packets lost: we did not take them in time */
	uint64_t fill_empty;   /* times that the kernel looked for a free frame in vain: no packets,
				  those that were lost by it are in rx_dropped */
	uint64_t invalid;      /* entries of ours that the kernel refused: no packets */
	uint64_t lost;	       /* packets: rx_dropped + rx_ring_full */
};

struct xskfeed;

/* A socket on each receive queue, which gets nothing before xskfeed_enlist(). ERR_CONFLICT (EBUSY):
 * another AF_XDP socket has one of the queues; ERR_PERMISSION names the capability. xskfeed_close()
 * it. */
int xskfeed_open(const struct xskfeed_options *options, struct xskfeed **out, struct err *err);

/* Close the sockets, which also takes them out of every XSKMAP. What waits in the feeds is lost:
 * xskfeed_withdraw(), drain, close. NULL is fine. */
void xskfeed_close(struct xskfeed *feed);

unsigned int xskfeed_queues(const struct xskfeed *feed);

/* The feed of a queue below xskfeed_queues(), for one thread at a time; it lives as long as the
 * whole. peek() gives -ENETDOWN for a queue whose interface is gone, see xskfeed_check(), when all
 * is taken that came before. */
struct feed *xskfeed_queue(struct xskfeed *feed, unsigned int queue);

/* For poll(): readable when its feed has packets, but never while the interface is down or gone,
 * which poll() does not tell (xsk_poll(), seen with 6.18): wait with a limit, then peek() and
 * xskfeed_check() all the same. Not to be closed. */
int xskfeed_fd(const struct xskfeed *feed, unsigned int queue);

/* Put all sockets into an XSKMAP, or none: -E2BIG if it has fewer elements than there are queues,
 * -EEXIST (ERR_CONFLICT) if another socket is there. What is there already may be put again. */
int xskfeed_enlist(const struct xskfeed *feed, int xskmap_fd, struct err *err);

/* Empty the elements of all our queues. Packets on their way still arrive for a moment. */
int xskfeed_withdraw(const struct xskfeed *feed, int xskmap_fd, struct err *err);

/* Is the interface there still? 0, or -ENETDOWN, and then the same each time. A system call a
 * queue. */
int xskfeed_check(struct xskfeed *feed, struct err *err);

int xskfeed_stats(const struct xskfeed *feed, struct xskfeed_stats *out, struct err *err);

void xskfeed_describe(const struct xskfeed *feed, struct xskfeed_info *out);

#endif
