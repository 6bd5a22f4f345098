/* SPDX-License-Identifier: GPL-2.0-only */
#include <bpf/bpf.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "app.h"
#include "edit.h"
#include "map_use.h"

static int run_map_pin(struct app *app, const void *args, struct err *err)
{
	struct map_use use;
	int ret = map_use_open(app, NULL, &use, err);

	(void)args;
	if (ret)
		return ret;
	if (bpf_obj_pin(use.map.fd, app->word[1]))
		ret = map_pin_failed(app->word[1], errno, err);
	map_use_close(&use);
	return ret;
}

const struct command command_map_pin = {
	.name = "map pin",
	.words = "MAP PATH",
	.help = "keep the map under a path of a BPF file system",
	.text = "It stays there when no program uses it any more, until the path is removed (rm).",
	.min_words = 2,
	.max_words = 2,
	.run = run_map_pin,
};
