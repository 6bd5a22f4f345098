/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef XDPCTL_STAGE_STEER_H
#define XDPCTL_STAGE_STEER_H

#include "types.h"

enum { steer_is_last = 1, steer_in_hw = 0 };

#define STEER_CPUS 128 /* in a list; a power of two, which the program masks an index with */

#define STEER_REASONS(R) \
	R(steered)       \
	R(steer_no_cpu) /* the map holds no queue for its CPU: passed to the stack */

enum steer_by { STEER_BY_FLOW, STEER_BY_SRC, STEER_BY_DST, STEER_BY_ROUND_ROBIN };

struct steer_cfg {
	__u32 cpus;  /* in use of cpu[], at least 1 */
	__u32 queue; /* packets that wait for each CPU at most */
	__u32 by;    /* enum steer_by */
	__u32 reserved;
	__u16 cpu[STEER_CPUS]; /* ascending */
};

#endif
