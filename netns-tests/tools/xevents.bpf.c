/* SPDX-License-Identifier: GPL-2.0-only */
/* Sends numbered events into a ring buffer, a perf buffer or the trace, one each run. */
#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "xevents_shared.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4 << 20);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, 4);
	__uint(value_size, 4);
} perf SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct large);
} table SEC(".maps");

__u32 what, number;
struct odd odd = { .tail = { 1, 2, 3, 4, 5 } };
__u64 refused;

static __always_inline void fill(struct event *event, __u32 n)
{
	*event = (struct event){
		.number = n,
		.from = bpf_htonl(0x0a000000 + (n & 0xffff)),
		.port = bpf_htons((__u16)n),
		.kind_bits = (__u16)n,
		.kind = n % 2 ? EVENT_OPENED : EVENT_CLOSED,
		.name = "event",
	};
}

static __always_inline long send_ring(__u32 n)
{
	struct event *event = bpf_ringbuf_reserve(&ring, sizeof(*event), 0);

	if (!event)
		return -1;
	fill(event, n);
	bpf_ringbuf_submit(event, 0);
	return 0;
}

SEC("xdp")
int xevents(struct xdp_md *ctx)
{
	__u32 n = number++;
	long ret = 0;

	if (what == SEND_RING) {
		ret = send_ring(n);
	} else if (what == SEND_PERF) {
		struct event event;

		fill(&event, n);
		ret = bpf_perf_event_output(ctx, &perf, BPF_F_CURRENT_CPU, &event, sizeof(event));
	} else if (what == SEND_ODD) {
		odd.number = n;
		ret = bpf_perf_event_output(ctx, &perf, BPF_F_CURRENT_CPU, &odd, sizeof(odd));
	} else {
		static const char format[] = "number %d: it - is [0] 1.0: so";

		bpf_trace_printk(format, sizeof(format), n);
	}
	if (ret)
		refused++;
	return XDP_DROP;
}

char _license[] SEC("license") = "GPL";
