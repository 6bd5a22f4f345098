// SPDX-License-Identifier: GPL-2.0-only
/* The XDP pipeline for native and generic mode, specialised by its frozen configuration. */
#define STAGE_AVAILABLE(name) 1
#include "pipeline.bpf.h"

const volatile struct pipeline_cfg cfg = {};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, COUNTER_ROOM);
	__type(key, __u32);
	__type(value, struct counter);
} counters SEC(".maps");

/* For user space alone; bound to the program so that it can be found from it. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct preparations);
} prepared SEC(".maps");

/* Helper 188; named here because the header of an older libbpf may not have it. */
static __u64 (*const xdp_get_buff_len)(struct xdp_md *) = (void *)188;

static __always_inline int account(const struct packet *p, __u32 outcome)
{
	struct counter *counter;

	if (cfg.counting) {
		counter = bpf_map_lookup_elem(&counters, &outcome);
		if (counter)
			counter_add(counter, p->length);
	}
	return OUTCOME_VERDICT(outcome);
}

static __always_inline struct packet packet_of(struct xdp_md *ctx)
{
	struct packet p = {
		.ctx = ctx,
		.cfg = &cfg,
		.end = (void *)(long)ctx->data_end,
		.length = ctx->data_end - ctx->data,
	};

	if (cfg.frags) {
		__u64 linear = p.length;

		p.length = xdp_get_buff_len(ctx);
		p.multi = p.length != linear;
	}
	return p;
}

static __always_inline int run_unparsed(struct xdp_md *ctx)
{
	struct packet p = packet_of(ctx);

	return account(&p, run_stages(&p));
}

static __always_inline int run_parsed(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	struct packet p = packet_of(ctx);

	packet_parse(&p, data, cfg.parse);
	return account(&p, run_stages(&p));
}

/* Multi-buffer where it is needed: the flag is set at load, see control/load.c. A pipeline that
 * looks at no header is compiled by itself: a third of the instructions. */
SEC("xdp")
int xdpctl_xdp(struct xdp_md *ctx)
{
	if (cfg.parse == PARSE_NONE)
		return run_unparsed(ctx);
	return run_parsed(ctx);
}

const char LICENSE[] SEC("license") = "GPL";
