// SPDX-License-Identifier: GPL-2.0-only
/* The XDP pipeline for devices that run the program themselves. They take no global data, so the
 * configuration is the only element of an array; maps are small and shared by all queues. */
#define PIPELINE_HW
#define STAGE_AVAILABLE(name) name##_in_hw
#include "pipeline.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct pipeline_cfg);
} config SEC(".maps");

struct hw_counters {
	struct counter counter[COUNTERS];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct hw_counters);
} counters SEC(".maps");

static __always_inline int account(const struct packet *p, __u32 outcome)
{
	struct hw_counters *all;
	__u32 zero = 0;

	all = bpf_map_lookup_elem(&counters, &zero);
	if (all && outcome < COUNTERS) {
		__sync_fetch_and_add(&all->counter[outcome].packets, 1);
		__sync_fetch_and_add(&all->counter[outcome].bytes, p->length);
	}
	return OUTCOME_VERDICT(outcome);
}

SEC("xdp")
int xdpctl_hw(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	__u32 zero = 0;
	struct packet p = {
		.ctx = ctx,
		.end = (void *)(long)ctx->data_end,
		.length = ctx->data_end - ctx->data,
	};

	p.cfg = bpf_map_lookup_elem(&config, &zero);
	if (!p.cfg)
		return VERDICT_ABORTED;
	packet_parse(&p, data, p.cfg->parse);
	return account(&p, run_stages(&p));
}

const char LICENSE[] SEC("license") = "GPL";
