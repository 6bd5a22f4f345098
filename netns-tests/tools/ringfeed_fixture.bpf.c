// SPDX-License-Identifier: GPL-2.0-only
/* For control/ringfeed_test.c: write records of any length into a ring buffer. */
#include <linux/bpf.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>

#include "capture_head.h"

#define DISCARDED 200 /* bytes of a record that is discarded */

struct record {
	struct capture_head head;
	__u8 data[CAPTURE_SNAPLEN + 1]; /* a power of two */
};

/* What the test changes while it runs, and reads. */
volatile struct {
	__u32 bytes;   /* of the next packet */
	__u32 discard; /* instead */
} wish = {};
volatile __u64 written = 0, failed = 0;

/* The test's own takes its place. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct record);
} source SEC(".maps");

static __always_inline int discard(void)
{
	void *record = bpf_ringbuf_reserve(&ring, DISCARDED, 0);

	if (record)
		bpf_ringbuf_discard(record, BPF_RB_NO_WAKEUP);
	else
		failed++;
	return XDP_DROP;
}

SEC("xdp")
int ringfeed_fill(struct xdp_md *ctx)
{
	__u64 bytes = wish.bytes;
	struct record *record;
	__u32 zero = 0;

	(void)ctx;
	if (wish.discard)
		return discard();
	record = bpf_map_lookup_elem(&source, &zero);
	if (!record)
		return XDP_ABORTED;
	record->head = (struct capture_head){ .time = written + 1,
					      .captured = bytes,
					      .length = bytes + 3,
					      .queue = 17,
					      .outcome = 0x123 };
	asm volatile("" : "+r"(bytes));
	if (bytes > CAPTURE_SNAPLEN)
		return XDP_ABORTED;
	if (bpf_ringbuf_output(&ring, record, sizeof(record->head) + bytes, BPF_RB_NO_WAKEUP))
		failed++;
	else
		written++;
	return XDP_PASS;
}

const char LICENSE[] SEC("license") = "GPL";
