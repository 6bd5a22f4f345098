/* SPDX-License-Identifier: GPL-2.0-only */
/* Taps: how captures look at a pipeline's packets.
 *
 * A pipeline that is tapped has three maps more, which belong to no one capture. When the stages
 * have decided, it leaves the outcome in "tap_scratch" and tail-calls the first program in "taps".
 * Each capture has one of its own there, with its filter and its ring buffers; it looks, tail-calls
 * the next one, and the last one returns the verdict. Empty places cost nothing: the index is a
 * constant, so the kernel's JIT makes the call a jump that it patches in and out. If all programs
 * disappear at any moment, the pipeline's verdict stands.
 *
 * The kernel empties a program array when the last process that holds it is gone. Who may use which
 * place is decided by compare-and-swap in "tap_state", memory that all captures share. */
#ifndef XDPCTL_TAP_H
#define XDPCTL_TAP_H

#include <linux/types.h>

#include "capture_head.h"

#define TAPS 6 /* captures of one interface at a time */

/* Element of tap_scratch, one for each CPU. What each packet needs is in the first 64 bytes. */
struct tap_scratch {
	__u32 outcome; /* OUTCOME() of the pipeline */
	__u32 length;  /* of the packet, all buffers */
	__u16 target;  /* see struct capture_head */
	__u16 saved;   /* bytes in use of came and left; 0: the packet is as it came */
	__u8 in_xsk;   /* one tap has sent it to an AF_XDP socket */
	__u8 reserved[3];
	__u64 seen[TAPS]; /* packets, by place; it goes on counting for the next in that place */
/* Stages write to headers. The parser takes 8 IPv6 extension headers; ports behind more than this
 * are shown as the stage left them. */
#define TAP_SAVED 256
	__u8 came[TAP_SAVED]; /* the packet's first bytes as they came */
	__u8 left[TAP_SAVED]; /* and as the stages left them */
};

/* The only element of tap_state; user space alone. Times are CLOCK_MONOTONIC in ns. */
#define TAP_CLOSED (1ULL << 63) /* the last one is about to take the taps out */

struct tap_state {
	__u64 taken; /* bit i: place i is somebody's; or TAP_CLOSED */
	struct tap_place {
		__u64 beat;  /* when its owner was last seen alive */
		__u32 pid;   /* of the owner in its PID namespace: for people */
		__u32 steal; /* it has no program in taps: it takes packets away */
	} place[TAPS];
};

/* What a tap's program was made for: frozen .rodata, as struct pipeline_cfg is for a pipeline. */
struct tap_cfg {
	__u64 magic;
	__u32 snaplen;	 /* most bytes of a packet, at most CAPTURE_SNAPLEN */
	__u32 rings;	 /* in tap_rings: a power of two; a CPU takes its number modulo that */
	__u8 filter;	 /* there is one: else all packets match */
	__u8 place;	 /* index in taps */
	__u8 load_bytes; /* this kernel has bpf_xdp_load_bytes() (Linux 5.18) */
	__u8 xsk;	 /* packets that the pipeline drops go to the sockets in tap_xsks */
	__u8 frags;	 /* packets of several buffers may come */
	__u8 direction;	 /* enum capture_direction: for TC */
	__u8 reserved[2];
	char text[96]; /* the filter expression, cut */
};

#define TAP_MAGIC 0x7061742d6c747864ULL /* "dxtl-tap" */

/* Element of tap_counts, one for each CPU. */
struct tap_counts {
	__u64 seen; /* of taps in a pipeline: in tap_scratch */
	__u64 matched;
	__u64 full;	/* matched, but the ring buffer had no room */
	__u64 uncopied; /* matched, but could not be copied */
	__u64 xsk;	/* matched, and sent to a socket: it may still be lost on the way */
};

#endif
