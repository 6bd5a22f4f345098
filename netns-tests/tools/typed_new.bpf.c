// SPDX-License-Identifier: GPL-2.0-only
/* The same as typed.bpf.c, of kinds that older kernels do not have. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

/* Linux 6.2: not in the header of an older libbpf */
#define BPF_MAP_TYPE_CGRP_STORAGE 32

#define STORAGE(map, kind)                            \
	struct {                                      \
		__uint(type, BPF_MAP_TYPE_##kind);    \
		__uint(map_flags, BPF_F_NO_PREALLOC); \
		__type(key, int);                     \
		__type(value, __u64);                 \
	} map SEC(".maps")

STORAGE(t_task, TASK_STORAGE);
STORAGE(t_cgrp, CGRP_STORAGE);

SEC("xdp")
int typed_new(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_PASS;
}

const char LICENSE[] SEC("license") = "GPL";
