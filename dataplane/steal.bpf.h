/* SPDX-License-Identifier: GPL-2.0-only */
/* A capture that takes packets away: they go to its AF_XDP sockets before any stage sees them. */
#ifndef XDPCTL_STEAL_BPF_H
#define XDPCTL_STEAL_BPF_H

#include "filter.bpf.h"
#include "xsk.bpf.h"

/* Key: the queue. The kernel takes a socket out when its process ends: then packets go on to the
 * stages. */
struct {
	__uint(type, BPF_MAP_TYPE_XSKMAP);
	__uint(max_entries, 1); /* set from the machine */
	__type(key, __u32);
	__type(value, __u32);
} steal_xsks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tap_counts);
} steal_counts SEC(".maps");

static __always_inline bool steal(struct xdp_md *ctx)
{
	struct packet p = packet_of(ctx);
	struct capture_head head = {
		.length = p.length,
		.outcome = OUTCOME(VERDICT_REDIRECT, REASON_stolen),
		.queue = ctx->rx_queue_index,
		.direction = CAPTURE_IN,
	};
	struct tap_counts *counts;
	__u32 zero = 0;

	if (!cfg.steal)
		return false;
	counts = bpf_map_lookup_elem(&steal_counts, &zero);
	if (!counts)
		return false;
	counts->seen++;
	if (cfg.steal == STEAL_MATCHES &&
	    !capture_filter(ctx, (void *)(long)ctx->data, p.end, p.length))
		return false;
	if (xsk_send(ctx, &steal_xsks, &head, XDP_PASS, !cfg.untimed) != XDP_REDIRECT)
		return false;
	counts->matched++;
	counts->xsk++;
	account(&p, OUTCOME(VERDICT_REDIRECT, REASON_stolen));
	return true;
}

#endif
