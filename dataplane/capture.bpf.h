/* SPDX-License-Identifier: GPL-2.0-only */
/* Copying a packet into a capture's ring buffer. The including program says how its first bytes are
 * read, of which there are 1 to room: static __always_inline long capture_load(void *ctx, void *to,
 * __u64 bytes, __u32 room). */
#ifndef XDPCTL_CAPTURE_BPF_H
#define XDPCTL_CAPTURE_BPF_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "tap.h"

const volatile struct tap_cfg tap = {};

/* Rings of their own for CPUs that write at the same time. The size is set from the machine. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(
		values, struct {
			__uint(type, BPF_MAP_TYPE_RINGBUF);
			__uint(max_entries, 4096);
		});
} tap_rings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tap_counts);
} tap_counts SEC(".maps");

static __always_inline void *capture_ring(void)
{
	__u32 index = 0;

	if (tap.rings > 1)
		index = bpf_get_smp_processor_id() & (tap.rings - 1);
	return bpf_map_lookup_elem(&tap_rings, &index);
}

/* The reader comes by a timer: waking it for each packet is what a capture costs most. */
static __always_inline long capture_put_sized(void *ctx, void *ring,
					      const struct capture_head *head, __u32 room)
{
	__u64 less = head->captured - 1;
	struct capture_head *record = bpf_ringbuf_reserve(ring, sizeof(*head) + room, 0);
	long ret;

	if (!record)
		return -1;
	*record = *head;
	record->time = bpf_ktime_get_ns();
	asm volatile("" : "+r"(less)); /* one register is checked and used, so it is 1 to room */
	if (less >= room)
		goto discard;
	ret = capture_load(ctx, record + 1, less + 1, room);
	if (ret)
		goto discard;
	bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
	return 0;
discard:
	bpf_ringbuf_discard(record, BPF_RB_NO_WAKEUP);
	return 1;
}

/* The verifier has to know the size of a record, so there are some: 0 done, -1 no room in the ring,
 * 1 the bytes could not be read. */
static __always_inline long capture_put(void *ctx, const struct capture_head *head)
{
	void *ring = capture_ring();

	if (!ring)
		return -1;
#define TRY(room)                     \
	if (head->captured <= (room)) \
		return capture_put_sized(ctx, ring, head, room);
	TRY(64)
	TRY(128)
	TRY(256)
	TRY(512)
	TRY(1024)
	TRY(1536)
	TRY(2048)
	TRY(4096)
	TRY(9216)
	TRY(16384)
	TRY(32768)
	TRY(CAPTURE_SNAPLEN)
#undef TRY
	return 1;
}

#endif
