/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef XDPCTL_STAGE_PASS_H
#define XDPCTL_STAGE_PASS_H

#include "types.h"

enum { pass_is_last = 1, pass_in_hw = 1 };

#define PASS_REASONS(R) R(pass)

struct pass_cfg {
	__u32 reserved;
};

#endif
