// SPDX-License-Identifier: GPL-2.0-only
/* The XDP pipeline for native and generic mode, specialised by its frozen configuration. */
#define STAGE_AVAILABLE(name) 1
#include "pipeline.bpf.h"
#include "tap.bpf.h"

const volatile struct pipeline_cfg cfg = {};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, COUNTER_ROOM);
	__type(key, __u32);
	__type(value, struct counter);
} counters SEC(".maps");

/* For user space alone; bound to the program so that they can be found from it. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct preparations);
} prepared SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct tap_state);
} tap_state SEC(".maps");

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

/* Keep the first bytes as they came, if a tap will want to see them. */
static __always_inline void tap_save(struct xdp_md *ctx)
{
	__u64 bytes = ctx->data_end - ctx->data, less;
	struct tap_scratch *scratch;
	__u32 zero = 0;

	scratch = bpf_map_lookup_elem(&tap_scratch, &zero);
	if (!scratch)
		return;
	less = (bytes < TAP_SAVED ? bytes : TAP_SAVED) - 1;
	asm volatile("" : "+r"(less)); /* one register is checked and used */
	scratch->saved = 0;
	if (less < TAP_SAVED && !xdp_load_bytes(ctx, 0, scratch->came, less + 1))
		scratch->saved = less + 1;
}

/* The taps' turn. What they return is the verdict. If there is none (any more), this returns and
 * the packet is as the stages left it. */
static __always_inline void tap_run(struct xdp_md *ctx, const struct packet *p, __u32 outcome)
{
	struct tap_scratch *scratch;
	__u32 zero = 0;
	__u64 less;

	scratch = bpf_map_lookup_elem(&tap_scratch, &zero);
	if (!scratch)
		return;
	scratch->outcome = outcome;
	scratch->length = p->length;
	scratch->target = p->target;
	scratch->in_xsk = 0;
	if (cfg.tapped == TAPPED_SAVES) {
		less = scratch->saved - 1;
		asm volatile("" : "+r"(less));
		if (less < TAP_SAVED && !xdp_load_bytes(ctx, 0, scratch->left, less + 1))
			tap_put_back(ctx, scratch, scratch->came);
		else
			scratch->saved = 0;
	} else {
		scratch->saved = 0; /* a pipeline before this one may have left it */
	}
#pragma unroll
	for (__u32 i = 0; i < TAPS; i++)
		bpf_tail_call(ctx, &taps, i);
	if (cfg.tapped == TAPPED_SAVES)
		tap_put_back(ctx, scratch, scratch->left);
}

static __always_inline int finish(struct xdp_md *ctx, const struct packet *p, __u32 outcome)
{
	int verdict = account(p, outcome);

	if (cfg.tapped)
		tap_run(ctx, p, outcome);
	return verdict;
}

static __always_inline int run_unparsed(struct xdp_md *ctx)
{
	struct packet p = packet_of(ctx);

	return finish(ctx, &p, run_stages(&p));
}

static __always_inline int run_parsed(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	struct packet p = packet_of(ctx);

	packet_parse(&p, data, cfg.parse);
	return finish(ctx, &p, run_stages(&p));
}

#ifdef PIPELINE_STEAL
#include "steal.bpf.h"
#endif

/* Multi-buffer where it is needed: the flag is set at load, see control/load.c. A pipeline that
 * looks at no header is compiled by itself: a third of the instructions. */
SEC("xdp")
int xdpctl_xdp(struct xdp_md *ctx)
{
#ifdef PIPELINE_STEAL
	if (steal(ctx))
		return XDP_REDIRECT;
#endif
	if (cfg.tapped == TAPPED_SAVES)
		tap_save(ctx);
	if (cfg.parse == PARSE_NONE)
		return run_unparsed(ctx);
	return run_parsed(ctx);
}

const char LICENSE[] SEC("license") = "GPL";
