/* SPDX-License-Identifier: GPL-2.0-only */
/* What fill.bpf.c and fill.c share. */
#ifndef XDPCTL_FILL_H
#define XDPCTL_FILL_H

#include <linux/types.h>

#define FILL_BLOCK 2048 /* elements handed over at once; a multiple of FILL_GROUP */
#define FILL_GROUP 8

/* The program's context. */
struct fill_call {
	__u64 flags; /* BPF_ANY and so on */
	__u32 count; /* elements in the map "staged" */
	__u32 done;  /* how many were written before an error */
	__s32 error; /* -errno of the first that failed, or 0 */
	__u32 reserved;
};

#endif
