// SPDX-License-Identifier: GPL-2.0-only
/* Adds to the numbers of one element, or takes them out and leaves zero, while other programs add
 * to them too: from user space the kernel has no such operation. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "atomic.h"

const volatile struct atomic_place place[ATOMIC_NUMBERS] = {};
const volatile __u32 places = 0;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64); /* a key of the target; its size is set from it */
} wanted SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct atomic_call);
} call SEC(".maps");

/* The map takes its place. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} target SEC(".maps");

static __always_inline void add(char *at, __u32 size, __u64 *number)
{
	if (size == 8)
		__sync_fetch_and_add((__u64 *)at, *number);
	else
		__sync_fetch_and_add((__u32 *)at, (__u32)*number);
}

static __always_inline void exchange(char *at, __u32 size, __u64 *number)
{
	if (size == 8)
		*number = __sync_lock_test_and_set((__u64 *)at, 0);
	else
		*number = __sync_lock_test_and_set((__u32 *)at, 0);
}

static __always_inline int change(void (*each)(char *, __u32, __u64 *))
{
	__u32 zero = 0;
	void *key = bpf_map_lookup_elem(&wanted, &zero);
	struct atomic_call *c = bpf_map_lookup_elem(&call, &zero);
	char *value;

	if (!key || !c)
		return XDP_ABORTED;
	value = bpf_map_lookup_elem(&target, key);
	c->found = value != NULL;
	if (!value)
		return XDP_PASS;
#pragma unroll
	for (__u32 i = 0; i < ATOMIC_NUMBERS; i++) {
		__u64 number = c->number[i];

		if (i >= places)
			break;
		each(value + place[i].offset, place[i].size, &number);
		c->number[i] = number;
	}
	return XDP_PASS;
}

/* Of the type XDP, never attached: programs that may sleep can use few types of maps only. Two of
 * them, because a kernel before 5.12 refuses an exchange even where it is not reached. */
SEC("xdp")
int xdpctl_add(struct xdp_md *ctx)
{
	(void)ctx;
	return change(add);
}

SEC("xdp")
int xdpctl_exchange(struct xdp_md *ctx)
{
	(void)ctx;
	return change(exchange);
}

const char LICENSE[] SEC("license") = "GPL";
