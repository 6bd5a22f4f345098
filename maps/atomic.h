/* SPDX-License-Identifier: GPL-2.0-only */
/* What atomic.bpf.c and atomics.c share. */
#ifndef XDPCTL_ATOMIC_H
#define XDPCTL_ATOMIC_H

#include <linux/types.h>

#define ATOMIC_NUMBERS 32 /* in one value at most */

/* A number in a value. */
struct atomic_place {
	__u32 offset; /* bytes, a multiple of size */
	__u32 size;   /* 4 or 8 */
};

/* The only element of the map "call". */
struct atomic_call {
	__u64 number[ATOMIC_NUMBERS]; /* to add; what was there, if they are exchanged with 0 */
	__u32 found;		      /* the element is there */
	__u32 reserved;
};

#endif
