/* SPDX-License-Identifier: GPL-2.0-only */
#include <bpf/bpf.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "app.h"
#include "edit.h"
#include "map_use.h"

static int run_map_freeze(struct app *app, const void *args, struct err *err)
{
	struct map_use use;
	int ret = map_use_open(app, NULL, &use, err);

	(void)args;
	if (ret)
		return ret;
	if (map_is_frozen(&use.map))
		ret = err_set(err, ERR_CONFLICT, EBUSY, use.map.object, "it is frozen already");
	else if (bpf_map_freeze(use.map.fd))
		ret = err_set(err, err_code_of(errno), errno, use.map.object,
			      "cannot freeze it: %s", strerror(errno));
	map_use_close(&use);
	return ret;
}

const struct command command_map_freeze = {
	.name = "map freeze",
	.words = "MAP",
	.help = "let nobody in user space write the map any more",
	.text = "This cannot be undone. Programs can still write it.",
	.min_words = 1,
	.max_words = 1,
	.run = run_map_freeze,
};
