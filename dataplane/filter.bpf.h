/* SPDX-License-Identifier: GPL-2.0-only */
/* A place in a program where control/filter_patch.c puts a filter expression when the program is
 * loaded. Call it behind a condition on frozen .rodata: where the condition is false, the verifier
 * removes the call and all of the room. */
#ifndef XDPCTL_FILTER_BPF_H
#define XDPCTL_FILTER_BPF_H

#include <linux/types.h>

#include "filter_room.h"

#define FILTER_TEXT(x)	 #x
#define FILTER_NUMBER(x) FILTER_TEXT(x)

/* 0, or how many bytes of the packet to take. data and data_end as the context has them (XDP or
 * TC); length is that of the whole packet, which may go on behind data_end in further buffers. Once
 * in a program, for there is one filter. Unfilled, it takes nothing.
 *
 * The room is full of instructions that run on without effect, not of a jump over it: "unreachable
 * insn" is an error; and not of `goto +0`, which the verifier takes out one by one, moving all
 * others each time. It is no function: calls and returns cost as much as a filter does. So the
 * filter has the program's own stack frame, of which it takes the far end. */
static __always_inline __u64 capture_filter(void *ctx, void *data, void *data_end, __u64 length)
{
	register __u64 taken asm("r0");
	register void *r1 asm("r1") = ctx;
	register void *r2 asm("r2") = data;
	register void *r3 asm("r3") = data_end;
	register __u64 r4 asm("r4") = length;

	asm volatile(
		".rept " FILTER_NUMBER(FILTER_ROOM) "\n"
						    "r0 = " FILTER_NUMBER(FILTER_MARK) "\n"
										       ".endr\n"
										       "r0 = 0\n"
		: "=r"(taken), "+r"(r1), "+r"(r2), "+r"(r3), "+r"(r4)
		:
		: "r5", "r6", "r7", "r8", "r9", "memory");
	return taken;
}

#endif
