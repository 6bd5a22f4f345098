/* SPDX-License-Identifier: GPL-2.0-only */
/* Filter expressions of libpcap, as instructions for a program in the kernel. Usual order:
 * filter_compile(), filter_translate(), then filter_patch.h around the load. */
#ifndef XDPCTL_FILTER_H
#define XDPCTL_FILTER_H

#include <linux/bpf.h>
#include <linux/filter.h>
#include <stdint.h>

#include "err.h"

#define FILTER_SNAPLEN 262144 /* tcpdump's: every packet as a whole */

/* Going back is for `protochain` alone. A packet with more headers than that does not match; for
 * libpcap it may. */
#define FILTER_LOOPS 16

/* Offsets behind that one are behind every packet. The verifier follows offsets up to 0xffff, to
 * which adds what the caller skipped of the frame. */
#define FILTER_REACH 0xff00

/* A classic program. Its return value is 0 or how many bytes of the packet to take. */
struct filter {
	struct sock_filter *insns; /* owned */
	unsigned int count;
};

/* What the program does where a packet goes on in further buffers. */
enum filter_reach {
	FILTER_LINEAR, /* takes the first buffer for all of it; before Linux 5.18 there is no more
			*/
	FILTER_XDP,    /* reads on by bpf_xdp_load_bytes() */
	FILTER_SKB,    /* the same for TC, by bpf_skb_load_bytes() */
};

/* Compile for Ethernet; "" matches all packets. snaplen is what the program returns for a match, 0:
 * FILTER_SNAPLEN. ERR_USAGE with libpcap's message. A name in the expression is looked up, which
 * may take its time. VLAN tags are looked for in the frame: a tag that a device took out (TC sees
 * such) is not found. */
int filter_compile(const char *expression, uint32_t snaplen, struct filter *out, struct err *err);

/* Takes a filter that is all 0. */
void filter_free(struct filter *filter);

/* Write the body of a function (void *ctx, void *data, void *data_end, u32 length) that returns
 * what bpf_filter() returns for the packet: a load behind its end makes that 0, as does a division
 * by 0. *count is the number of instructions needed, also with ERR_USAGE and -E2BIG where that is
 * more than room. -EINVAL: not a program that libpcap would make. */
int filter_translate(const struct filter *filter, enum filter_reach reach, struct bpf_insn *out,
		     unsigned int room, unsigned int *count, struct err *err);

#endif
