/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef XDPCTL_STAGE_DROP_H
#define XDPCTL_STAGE_DROP_H

#include "types.h"

enum { drop_is_last = 1, drop_in_hw = 1 };

#define DROP_REASONS(R) R(drop)

struct drop_cfg {
	__u32 reserved;
};

#endif
