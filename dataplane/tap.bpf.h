/* SPDX-License-Identifier: GPL-2.0-only */
/* Where a pipeline and its taps meet: see tap.h. */
#ifndef XDPCTL_TAP_BPF_H
#define XDPCTL_TAP_BPF_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "tap.h"

/* Helpers 189 and 190 (Linux 5.18); the header of an older libbpf may not have them. */
static long (*const xdp_load_bytes)(struct xdp_md *, __u32, void *, __u32) = (void *)189;
static long (*const xdp_store_bytes)(struct xdp_md *, __u32, void *, __u32) = (void *)190;

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, TAPS);
	__type(key, __u32);
	__type(value, __u32);
} taps SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tap_scratch);
} tap_scratch SEC(".maps");

/* The first bytes as they were at one time: in both directions a copy in the packet. */
static __always_inline void tap_put_back(struct xdp_md *ctx, const struct tap_scratch *scratch,
					 __u8 *bytes)
{
	__u64 less = scratch->saved - 1;

	asm volatile("" : "+r"(less)); /* one register is checked and used */
	if (less < TAP_SAVED)
		xdp_store_bytes(ctx, 0, bytes, less + 1);
}

#endif
