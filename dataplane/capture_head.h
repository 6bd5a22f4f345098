/* SPDX-License-Identifier: GPL-2.0-only */
/* What the programs that capture packets and their reader share. */
#ifndef XDPCTL_CAPTURE_HEAD_H
#define XDPCTL_CAPTURE_HEAD_H

#include <linux/types.h>

/* In front of each captured packet: in a ring buffer, and as XDP metadata in an AF_XDP frame. The
 * kernel takes metadata in units of 4 bytes, at most 32 (Linux 5.10 to 6.2). */
struct capture_head {
	__u64 time;	/* CLOCK_MONOTONIC in ns */
	__u32 length;	/* of the packet: Ethernet header to the end of all buffers, no FCS */
	__u32 captured; /* bytes of it that follow; as metadata: CAPTURE_MARK */
	__u16 outcome;	/* OUTCOME() of the pipeline, CAPTURE_NO_OUTCOME where none saw it */
	__u16 queue;	/* that it arrived by */
	__u16 target;	/* redirected: index of the port; steered: the CPU; else 0 */
	__u8 direction; /* enum capture_direction */
	__u8 flags;	/* CAPTURE_UNFILTERED */
};

_Static_assert(sizeof(struct capture_head) == 24, "ABI");

enum capture_direction { CAPTURE_IN = 1, CAPTURE_OUT };

/* The program could not ask the filter, for it does not see the packet as it was copied: the reader
 * has to. So many bytes are there for that whatever the snap length is, if the packet has them. */
#define CAPTURE_UNFILTERED   1
#define CAPTURE_FILTER_BYTES 512

#define CAPTURE_NO_OUTCOME 0xffffu

/* Tells metadata of ours from what was in the frame's headroom before. The reader removes it from a
 * frame before it gives that back. */
#define CAPTURE_MARK 0x78637470u

#define CAPTURE_SNAPLEN 65535u /* the most that is taken of a packet */

#endif
