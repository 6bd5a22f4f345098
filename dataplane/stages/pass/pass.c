/* SPDX-License-Identifier: GPL-2.0-only */
#include "stage.h"

const struct stage stage_pass = {
	.name = "pass",
	.help = "let the packet go on to the network stack",
	.words = "",
	.id = STAGE_pass,
	.is_last = pass_is_last,
	.in_hw = pass_in_hw,
};
