/* SPDX-License-Identifier: GPL-2.0-only */
/* What xflow and its two BPF programs share: the frame on the wire, and their state. */
#ifndef XFLOW_SHARED_H
#define XFLOW_SHARED_H

#include <linux/types.h>

#define FLOW_MAGIC 0x776f6c66u

/* The first bytes of a frame. The sender writes all of them each time: live frames are recycled
 * and come back with what the box did to them. */
struct flow_frame {
	__u8 dst_mac[6], src_mac[6];
	__be16 ethertype;
	__u8 version_ihl, tos;
	__be16 ip_length, id, fragment;
	__u8 ttl, protocol;
	__be16 ip_checksum;
	__be32 src_ip, dst_ip;
	__be16 src_port, dst_port, udp_length, udp_checksum;
	__u64 seq;   /* byte order of this machine: it does not leave it */
	__u32 magic; /* how the sink knows our frames, whatever became of the headers */
	__u16 pad;
} __attribute__((packed));

_Static_assert(__builtin_offsetof(struct flow_frame, seq) == 42, "seq is the first of the payload");
_Static_assert(sizeof(struct flow_frame) == 56, "copied in words of 8 bytes");

struct send_cfg {
	struct flow_frame frame;
	__u64 count;	   /* 0: no limit */
	__u64 interval_ns; /* between bursts; 0: flat out */
	__u32 burst;	   /* frames between two looks at the clock */
	__u32 flows;	   /* source ports used in turn */
};

struct send_state {
	__u64 sent;
	__u64 first_ns, last_ns; /* when the first and the last burst began */
	__u64 next_ns;
	__u32 left, flow; /* in this burst; of the next frame */
	__u64 late;	  /* bursts that were given up for lost time */
};

struct sink_count {
	__u64 received; /* ours */
	__u64 beyond;	/* of these, sequence numbers past the end of the array */
	__u64 other;	/* not ours, passed on */
};

#endif
