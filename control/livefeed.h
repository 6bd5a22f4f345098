/* SPDX-License-Identifier: GPL-2.0-only */
/* The feed of last resort: a packet socket of libpcap, which takes no program on the interface. It
 * sees what the kernel's network stack sees: not what XDP drops or redirects, and of what is sent
 * also what is segmented or gets its checksum later. */
#ifndef XDPCTL_LIVEFEED_H
#define XDPCTL_LIVEFEED_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"
#include "feed.h"

#define LIVEFEED_SNAPLEN 262144u /* the most that is taken of a packet */

/* A packet waits at most so long for others before it can be read. Each time it has a block of
 * 256 KiB of the ring to itself (libpcap's size), so a slow stream fills the ring too: this default
 * has room for 1.2 s without a reader, libpcap's 2 MiB would for 160 ms. */
#define LIVEFEED_DELAY_MS 20u
#define LIVEFEED_BUFFER	  (16u << 20)

struct filter;
struct livefeed;

struct livefeed_options {
	const char *interface;		  /* its name, not an alternative one */
	enum capture_direction direction; /* one; both are two feeds */
	uint32_t snaplen;		  /* bytes of a packet to take; 0: LIVEFEED_SNAPLEN */
	uint32_t buffer;		  /* bytes of the kernel's ring; 0: LIVEFEED_BUFFER */
	bool promiscuous;
	const struct filter *filter; /* NULL: all packets; only for the call */
};

struct livefeed_counts {
	uint64_t received; /* packets that matched: those read, and the lost ones */
	/* No room in the ring. Where the kernel did not take the filter (too long for
	 * net.core.optmem_max), those are in it too that would not have matched. */
	uint64_t lost;
};

/* Begin to capture in the network namespace of the process. ERR_PERMISSION names CAP_NET_RAW,
 * ERR_NOT_FOUND: no such interface, ERR_UNSUPPORTED: its packets are not Ethernet, -ENETDOWN: it
 * is not up. An interface that goes down later only brings no packets until it is up again. */
int livefeed_open(const struct livefeed_options *options, struct livefeed **out, struct err *err);

/* head.time never goes back, head.outcome is CAPTURE_NO_OUTCOME, tags that the kernel took out of a
 * frame are in it again, for the filter too. peek() does not block; it gives -ENODEV when the
 * interface is gone and what arrived before has been read, -EIO for another failure of libpcap, and
 * 0 also where 768 KiB have been taken without release(). */
struct feed *livefeed_feed(struct livefeed *live);

void livefeed_counts(struct livefeed *live, struct livefeed_counts *counts);

/* NULL is fine. */
/* Nothing new comes in; what has come can be read LIVEFEED_LAST_MS later, when the kernel has
 * handed its last block over. */
#define LIVEFEED_LAST_MS (3 * LIVEFEED_DELAY_MS)
void livefeed_stop(struct livefeed *live);

void livefeed_close(struct livefeed *live);

#endif
