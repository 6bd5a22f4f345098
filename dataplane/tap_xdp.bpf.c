// SPDX-License-Identifier: GPL-2.0-only
/* A capture's look at the packets of a pipeline: the pipeline or the tap before it calls this by
 * tail call, see tap.h. The packet is as it came; nothing here changes what becomes of it. */
#include <linux/bpf.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>

#include "pipeline.h"
#include "filter.bpf.h"

#include "tap.bpf.h"

static __always_inline long capture_load(void *ctx, void *to, __u64 bytes, __u32 room);

#include "capture.bpf.h"

/* Helper 113; the header of an older libbpf may not have it. */
static long (*const probe_read_kernel)(void *, __u32, const void *) = (void *)113;

/* Key: the queue. For packets that the pipeline drops, with tap.xsk. */
struct {
	__uint(type, BPF_MAP_TYPE_XSKMAP);
	__uint(max_entries, 1); /* set from the machine */
	__type(key, __u32);
	__type(value, __u32);
} tap_xsks SEC(".maps");

/* Whole words, aligned or not: clang would copy what has no type byte by byte. */
static __always_inline void copy_words(__u64 *to, const __u64 *from, __u32 bytes)
{
#pragma unroll
	for (__u32 i = 0; i < bytes / sizeof(*to); i++)
		to[i] = from[i];
}

/* half to 2 * half bytes: the first half and the last half, which may overlap. A third of what a
 * call of a helper costs. */
static __always_inline bool copy_short(struct xdp_md *ctx, void *to, __u64 bytes, __u32 half)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	__u64 rest = bytes - half;

	asm volatile("" : "+r"(rest));
	if (rest > half || data + half > end || data + rest + half > end)
		return false;
	copy_words(to, data, half);
	copy_words(to + rest, data + rest, half);
	return true;
}

static __always_inline long capture_load(void *ctx, void *to, __u64 bytes, __u32 room)
{
	struct xdp_md *xdp = ctx;

	if (room == 64 && copy_short(xdp, to, bytes, 32))
		return 0;
	if (room == 128 && copy_short(xdp, to, bytes, 64))
		return 0;
	if (tap.load_bytes)
		return xdp_load_bytes(xdp, 0, to, bytes);
	/* checked against the packet's length; before 5.18 there are no further buffers */
	return probe_read_kernel(to, bytes, (void *)(long)xdp->data);
}

static __always_inline struct capture_head head_of(struct xdp_md *ctx,
						   const struct tap_scratch *scratch)
{
	return (struct capture_head){
		.length = scratch->length,
		.outcome = scratch->outcome,
		.queue = ctx->rx_queue_index,
		.target = scratch->target,
		.direction = CAPTURE_IN,
	};
}

#include "xsk.bpf.h"

/* A packet on its way to nowhere can as well go to the capture. */
static __always_inline bool send_dropped(struct xdp_md *ctx, struct tap_scratch *scratch,
					 struct capture_head *head)
{
	if (OUTCOME_VERDICT(scratch->outcome) != XDP_DROP || scratch->in_xsk)
		return false;
	scratch->in_xsk = xsk_send(ctx, &tap_xsks, head, XDP_DROP, true) == XDP_REDIRECT;
	return scratch->in_xsk;
}

static __always_inline void look(struct xdp_md *ctx, struct tap_scratch *scratch)
{
	__u32 zero = 0, length = scratch->length;
	struct tap_counts *counts;
	struct capture_head head;
	__u64 take = tap.snaplen;
	long ret;

	scratch->seen[tap.place]++;
	if (tap.filter) {
		take = capture_filter(ctx, (void *)(long)ctx->data, (void *)(long)ctx->data_end,
				      length);
		if (!take)
			return;
	}
	counts = bpf_map_lookup_elem(&tap_counts, &zero);
	if (!counts)
		return;
	counts->matched++;
	head = head_of(ctx, scratch);
	if (tap.xsk && send_dropped(ctx, scratch, &head)) {
		counts->xsk++;
		return;
	}
	head.captured = take < length ? take : length;
	ret = capture_put(ctx, &head);
	if (ret < 0)
		counts->full++;
	else if (ret > 0)
		counts->uncopied++;
}

/* Nobody is behind this one: the packet becomes what the stages made of it. */
static __always_inline int finish(struct xdp_md *ctx, struct tap_scratch *scratch)
{
	if (scratch->in_xsk)
		return XDP_REDIRECT;
	if (tap.load_bytes)
		tap_put_back(ctx, scratch, scratch->left);
	return OUTCOME_VERDICT(scratch->outcome);
}

SEC("xdp")
int xdpctl_tap(struct xdp_md *ctx)
{
	struct tap_scratch *scratch;
	__u32 zero = 0;

	scratch = bpf_map_lookup_elem(&tap_scratch, &zero);
	if (!scratch)
		return XDP_ABORTED;
	look(ctx, scratch);
#pragma unroll
	for (__u32 i = 1; i < TAPS; i++) {
		if (tap.place < i)
			bpf_tail_call(ctx, &taps, i);
	}
	return finish(ctx, scratch);
}

const char LICENSE[] SEC("license") = "GPL";
