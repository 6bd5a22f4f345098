// SPDX-License-Identifier: GPL-2.0-only
/* A capture's look at packets where TC sees them: those that leave, or those that arrive where
 * no pipeline can be. */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "filter.bpf.h"

#define MACS 12 /* bytes of an Ethernet header before the type, and before a VLAN tag */
#define TAG  4

/* For user space alone: when the capture was last seen alive, CLOCK_MONOTONIC in ns. Where the
 * kernel has no TCX, this program stays when its process is killed. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, __u64);
} tap_beat SEC(".maps");

static __always_inline long capture_load(void *ctx, void *to, __u64 bytes, __u32 room);

#include "capture.bpf.h"

/* A VLAN tag that is beside the frame goes where it is on the wire. */
static __always_inline long load_tagged(struct __sk_buff *skb, void *to, __u64 bytes, __u32 room)
{
	__u16 tag[2] = { skb->vlan_proto, bpf_htons(skb->vlan_tci) };
	__u64 less = bytes - MACS - TAG - 1;
	long ret;

	if (bytes <= MACS)
		return bpf_skb_load_bytes(skb, 0, to, bytes);
	ret = bpf_skb_load_bytes(skb, 0, to, MACS);
	__builtin_memcpy(to + MACS, tag, TAG); /* a record has more room than that */
	if (bytes <= MACS + TAG)
		return ret;
	asm volatile("" : "+r"(less)); /* one register is checked and used */
	if (ret || less >= room - MACS - TAG)
		return -1;
	return bpf_skb_load_bytes(skb, MACS, to + MACS + TAG, less + 1);
}

static __always_inline long capture_load(void *ctx, void *to, __u64 bytes, __u32 room)
{
	struct __sk_buff *skb = ctx;

	if (skb->vlan_present)
		return load_tagged(skb, to, bytes, room);
	return bpf_skb_load_bytes(skb, 0, to, bytes);
}

/* include/linux/skbuff.h skb_get_rx_queue(): 0 is "not recorded" */
static __always_inline __u16 queue_of(struct __sk_buff *skb)
{
	__u32 queue = skb->queue_mapping;

	return tap.direction == CAPTURE_IN && queue ? queue - 1 : queue;
}

static __always_inline void look(struct __sk_buff *skb, struct tap_counts *counts)
{
	struct capture_head head = {
		.length = skb->len + (skb->vlan_present ? TAG : 0),
		.outcome = CAPTURE_NO_OUTCOME,
		.queue = queue_of(skb),
		.direction = tap.direction,
	};
	__u64 take = tap.snaplen;
	long ret;

	if (tap.filter && skb->vlan_present) {
		head.flags = CAPTURE_UNFILTERED;
		if (take < CAPTURE_FILTER_BYTES)
			take = CAPTURE_FILTER_BYTES;
	} else if (tap.filter) {
		take = capture_filter(skb, (void *)(long)skb->data, (void *)(long)skb->data_end,
				      skb->len);
		if (!take)
			return;
	}
	counts->matched++;
	head.captured = take < head.length ? take : head.length;
	ret = capture_put(skb, &head);
	if (ret < 0)
		counts->full++;
	else if (ret > 0)
		counts->uncopied++;
}

SEC("tc")
int xdpctl_tap_tc(struct __sk_buff *skb)
{
	struct tap_counts *counts;
	__u32 zero = 0;

	counts = bpf_map_lookup_elem(&tap_counts, &zero);
	if (counts) {
		counts->seen++;
		look(skb, counts);
	}
	return TC_ACT_UNSPEC; /* the next program, or as if there were none */
}

const char LICENSE[] SEC("license") = "GPL";
