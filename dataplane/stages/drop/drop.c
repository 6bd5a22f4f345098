/* SPDX-License-Identifier: GPL-2.0-only */
#include "stage.h"

const struct stage stage_drop = {
	.name = "drop",
	.help = "drop the packet",
	.words = "",
	.id = STAGE_drop,
	.is_last = drop_is_last,
	.in_hw = drop_in_hw,
};
