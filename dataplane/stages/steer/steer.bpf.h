/* SPDX-License-Identifier: GPL-2.0-only */
#include "flow.bpf.h"

/* Key: the CPU's number. */
struct {
	__uint(type, BPF_MAP_TYPE_CPUMAP);
	__uint(max_entries, 1); /* set from the machine */
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct bpf_cpumap_val));
} steer SEC(".maps");

/* Whose turn it is: an index below the number of CPUs. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} steer_turn SEC(".maps");

static __always_inline __u32 steer_next_turn(__u32 cpus)
{
	__u32 zero = 0, *turn = bpf_map_lookup_elem(&steer_turn, &zero), now;

	if (!turn)
		return 0;
	now = *turn;
	*turn = now + 1 < cpus ? now + 1 : 0;
	return now;
}

static __always_inline __u32 steer_index(const struct packet *p, __u32 by, __u32 cpus)
{
	if (cpus == 1)
		return 0;
	if (by == STEER_BY_ROUND_ROBIN)
		return steer_next_turn(cpus);
	if (by == STEER_BY_SRC)
		return flow_pick(flow_hash_src(p), cpus);
	if (by == STEER_BY_DST)
		return flow_pick(flow_hash_dst(p), cpus);
	return flow_pick(flow_hash(p), cpus);
}

static __always_inline __u32 stage_steer(struct packet *p)
{
	const volatile struct steer_cfg *cfg = &p->cfg->steer;
	__u32 index = steer_index(p, cfg->by, cfg->cpus);
	__u32 cpu = cfg->cpu[index & (STEER_CPUS - 1)];

	p->target = cpu;
	if (bpf_redirect_map(&steer, cpu, XDP_PASS) == XDP_REDIRECT)
		return OUTCOME(VERDICT_REDIRECT, REASON_steered);
	return OUTCOME(VERDICT_PASS, REASON_steer_no_cpu);
}
