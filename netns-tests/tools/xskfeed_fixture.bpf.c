// SPDX-License-Identifier: GPL-2.0-only
/* For control/xskfeed*_test.c: give the test's frames to AF_XDP sockets, with metadata or without.
 */
#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "capture_head.h"

#define SHORT 0x88b5 /* for local experiments; with those of IPv4, all that the test sends */
#define LONG  0x0800

const volatile struct {
	__u32 frags;
} cfg = {};

/* What the test changes while it runs, and reads. */
volatile struct {
	__u32 stamp; /* put metadata in front */
	__u32 cut;   /* to so many bytes, 0: do not */
} wish = {};
volatile __u64 seen = 0;

struct {
	__uint(type, BPF_MAP_TYPE_XSKMAP);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u32);
} sockets SEC(".maps");

/* Helper 188, Linux 5.18. */
static __u64 (*const xdp_get_buff_len)(struct xdp_md *) = (void *)188;

SEC("xdp")
int xskfeed_xdp(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	__u32 length = ctx->data_end - ctx->data, queue = ctx->rx_queue_index;
	struct capture_head *head;
	__u16 type;

	if (data + 14 > end)
		return XDP_DROP;
	type = bpf_ntohs(*(__u16 *)(data + 12));
	if (type != SHORT && type != LONG)
		return XDP_DROP;
	__sync_fetch_and_add(&seen, 1);
	if (cfg.frags)
		length = xdp_get_buff_len(ctx);
	if (wish.cut && length > wish.cut && bpf_xdp_adjust_tail(ctx, (int)wish.cut - (int)length))
		return XDP_ABORTED;
	if (wish.stamp) {
		if (bpf_xdp_adjust_meta(ctx, -(int)sizeof(*head)))
			return XDP_ABORTED;
		head = (void *)(long)ctx->data_meta;
		if ((void *)(head + 1) > (void *)(long)ctx->data)
			return XDP_ABORTED;
		*head = (struct capture_head){ .time = bpf_ktime_get_ns(),
					       .length = length,
					       .captured = CAPTURE_MARK,
					       .outcome = 0x1234,
					       .queue = queue,
					       .target = 77,
					       .direction = CAPTURE_OUT };
	}
	return bpf_redirect_map(&sockets, queue, XDP_ABORTED);
}

const char LICENSE[] SEC("license") = "GPL";
