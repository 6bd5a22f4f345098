/* SPDX-License-Identifier: GPL-2.0-only */
/* Takes the sender's frames off the wire and marks each number; all else goes up the stack. */
#include <stddef.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "xflow_shared.h"

/* How often each sequence number came; read by user space through mmap. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} seen SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct sink_count);
} counts SEC(".maps");

const volatile __u32 max; /* 0: only count */

static __always_inline void mark(struct sink_count *count, __u64 seq)
{
	__u32 key = (__u32)seq;
	__u64 *times = seq < max ? bpf_map_lookup_elem(&seen, &key) : NULL;

	if (times)
		__sync_fetch_and_add(times, 1); /* two CPUs may receive copies at once */
	else
		count->beyond++;
}

SEC("xdp")
int xflow_sink(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct sink_count *count;
	__u32 key = 0;

	count = bpf_map_lookup_elem(&counts, &key);
	if (!count)
		return XDP_ABORTED;
	/* by pointers of full width: clang reads a packed field byte by byte */
	if (data + sizeof(struct flow_frame) > end ||
	    *(__u32 *)(data + offsetof(struct flow_frame, magic)) != FLOW_MAGIC) {
		count->other++;
		return XDP_PASS;
	}
	count->received++;
	if (max)
		mark(count, *(__u64 *)(data + offsetof(struct flow_frame, seq)));
	return XDP_DROP;
}

char LICENSE[] SEC("license") = "GPL";
