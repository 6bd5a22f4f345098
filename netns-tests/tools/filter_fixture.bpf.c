// SPDX-License-Identifier: GPL-2.0-only
/* For control/filter_test.c: run the filter on a packet and return what it says. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "filter.bpf.h"

const volatile struct {
	__u32 on;
	__u32 skip;  /* bytes in front of the packet: a test run has at least 14 */
	__u32 extra; /* say that the packet is longer by this */
	__u32 frags;
} cfg = {};

/* Helper 188; named here because the header of an older libbpf may not have it. */
static __u64 (*const xdp_get_buff_len)(struct xdp_md *) = (void *)188;

SEC("xdp")
int filter_xdp(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	__u32 length = ctx->data_end - ctx->data;

	if (!cfg.on)
		return XDP_PASS;
	if (cfg.frags)
		length = xdp_get_buff_len(ctx);
	return capture_filter(ctx, data + cfg.skip, end, length - cfg.skip + cfg.extra);
}

SEC("tc")
int filter_tc(struct __sk_buff *skb)
{
	if (!cfg.on)
		return 0;
	return capture_filter(skb, (void *)(long)skb->data, (void *)(long)skb->data_end,
			      skb->len + cfg.extra);
}

const char LICENSE[] SEC("license") = "GPL";
