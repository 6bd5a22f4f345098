// SPDX-License-Identifier: GPL-2.0-only
/* Run on the CPU that a packet was steered to, before its stack. What was steered and never comes
 * here was dropped by the kernel because the CPU's queue was full, which no program sees. */
#include "packet.bpf.h"

const volatile __u32 frags = 0; /* loaded as a multi-buffer program */

/* Those of the pipeline. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, COUNTER_ROOM);
	__type(key, __u32);
	__type(value, struct counter);
} counters SEC(".maps");

/* Helper 188; see pipeline_xdp.bpf.c */
static __u64 (*const xdp_get_buff_len)(struct xdp_md *) = (void *)188;

SEC("xdp/cpumap")
int steer_arrive(struct xdp_md *ctx)
{
	__u32 key = COUNTER_ARRIVED;
	struct counter *counter = bpf_map_lookup_elem(&counters, &key);

	if (counter)
		counter_add(counter, frags ? xdp_get_buff_len(ctx) : ctx->data_end - ctx->data);
	return XDP_PASS;
}

const char LICENSE[] SEC("license") = "GPL";
