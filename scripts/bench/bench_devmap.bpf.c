/* SPDX-License-Identifier: GPL-2.0-only */
/* What one would write by hand: count and forward to the other port. The yardstick. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct count {
	__u64 packets, bytes;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct count);
} counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} port SEC(".maps");

SEC("xdp")
int bench_devmap(struct xdp_md *ctx)
{
	__u32 key = 0;
	struct count *count = bpf_map_lookup_elem(&counts, &key);

	if (count) {
		count->packets++;
		count->bytes += ctx->data_end - ctx->data;
	}
	return (int)bpf_redirect_map(&port, 0, XDP_PASS);
}

char LICENSE[] SEC("license") = "GPL";
