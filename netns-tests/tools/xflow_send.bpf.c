/* SPDX-License-Identifier: GPL-2.0-only */
/* Run by BPF_PROG_TEST_RUN with live frames: writes a numbered frame and redirects it out of a
 * device, at a pace that it keeps itself, since each call from user space costs 20 ms of idle. */
#include <stdbool.h>
#include <stddef.h>
#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "xflow_shared.h"

#define WAIT_NS	   1000000ULL /* softirqs are off meanwhile */
#define WAIT_STEPS (1u << 20)
#define LATE_NS	   2000000ULL
#define FIRST_PORT 1024

/* Cheaper than bpf_redirect(), which looks the device up for each frame. */
struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} device SEC(".maps");

const volatile struct send_cfg cfg;
struct send_state state;

static long is_time(__u32 step, __u64 *when)
{
	(void)step;
	return bpf_ktime_get_ns() >= *when;
}

/* False: the burst's time is still far off, so this frame is given up and the next one tried. */
static __always_inline bool wait_turn(__u64 now)
{
	__u64 when = state.next_ns;

	if (!when)
		state.next_ns = when = now;
	if (when > now + WAIT_NS) {
		when = now + WAIT_NS;
		bpf_loop(WAIT_STEPS, is_time, &when, 0);
		return false;
	}
	if (now < when)
		bpf_loop(WAIT_STEPS, is_time, &when, 0);
	if (now > when + LATE_NS) { /* do not make up for it with a flood */
		state.next_ns = now;
		state.late++;
	}
	state.next_ns += cfg.interval_ns;
	return true;
}

static __always_inline bool begin_burst(void)
{
	if (cfg.interval_ns && !wait_turn(bpf_ktime_get_ns()))
		return false;
	state.last_ns = bpf_ktime_get_ns();
	if (!state.first_ns)
		state.first_ns = state.last_ns;
	state.left = cfg.burst;
	return true;
}

static __always_inline __be16 next_port(void)
{
	__u32 flow = state.flow;

	state.flow = flow + 1 < cfg.flows ? flow + 1 : 0; /* a division would cost 5 ns */
	return bpf_htons((__u16)(FIRST_PORT + flow));
}

static __always_inline void write_frame(void *data, __u64 seq)
{
	const volatile __u64 *from = (const volatile __u64 *)&cfg.frame;
	__u64 *to = data;

#pragma unroll
	for (unsigned int i = 0; i < sizeof(cfg.frame) / sizeof(*to); i++)
		to[i] = from[i];
	/* by pointers of full width: clang writes a packed field byte by byte */
	*(__be16 *)(data + offsetof(struct flow_frame, src_port)) = next_port();
	*(__u64 *)(data + offsetof(struct flow_frame, seq)) = seq;
}

SEC("xdp")
int xflow_send(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	__u64 seq = state.sent;

	if (data + sizeof(struct flow_frame) > end)
		return XDP_ABORTED;
	if (cfg.count && seq >= cfg.count)
		return XDP_DROP;
	if (!state.left && !begin_burst())
		return XDP_DROP;
	write_frame(data, seq);
	state.left--;
	state.sent = seq + 1;
	return (int)bpf_redirect_map(&device, 0, XDP_DROP);
}

char LICENSE[] SEC("license") = "GPL";
