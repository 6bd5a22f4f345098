// SPDX-License-Identifier: GPL-2.0-only
/* Writes many elements to a map from within the kernel, which takes half the time of
 * BPF_MAP_UPDATE_BATCH: keys and values are not copied twice, and the lookups of a group beforehand
 * let the misses of its buckets overlap. Elements come in a map whose memory user space shares. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "fill.h"

/* where the value is in an element of "staged"; the key is at its beginning */
const volatile __u32 value_at = 0;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, FILL_BLOCK);
	__type(key, __u32);
	__type(value, __u64); /* its size is set from the target's */
} staged SEC(".maps");

/* The map to fill takes its place. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} target SEC(".maps");

/* Helper 181, Linux 5.17; named here because the header of an older libbpf may not have it. */
static long (*const loop)(__u32, void *, void *, __u64) = (void *)181;

struct state {
	__u64 flags;
	__u32 count, done;
	long error;
};

static __always_inline void look_up(__u32 index)
{
	char *element = bpf_map_lookup_elem(&staged, &index);

	if (element)
		bpf_map_lookup_elem(&target, element);
}

static long fill_group(__u32 group, struct state *state)
{
	__u32 first = group * FILL_GROUP;

	for (__u32 i = 0; i < FILL_GROUP; i++)
		look_up(first + i);
	for (__u32 i = 0; i < FILL_GROUP; i++) {
		__u32 index = first + i;
		char *element = bpf_map_lookup_elem(&staged, &index);

		if (!element || index >= state->count)
			return 1;
		state->error =
			bpf_map_update_elem(&target, element, element + value_at, state->flags);
		if (state->error)
			return 1;
		state->done++;
	}
	return 0;
}

SEC("syscall")
int xdpctl_fill(struct fill_call *call)
{
	struct state state = { .flags = call->flags, .count = call->count };

	loop(FILL_BLOCK / FILL_GROUP, fill_group, &state, 0);
	call->done = state.done;
	call->error = (__s32)state.error;
	return 0;
}

const char LICENSE[] SEC("license") = "GPL";
