/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <stddef.h>

#include "app.h"
#include "edit.h"
#include "map_use.h"

struct map_del_args {
	struct map_types types;
};

static const struct field map_del_options[] = {
	MAP_TYPE_FIELDS(struct map_del_args),
	{ .type = FIELD_END },
};

static int run_map_del(struct app *app, const void *args, struct err *err)
{
	const struct map_del_args *a = args;
	struct map_use use;
	int ret = map_use_open(app, &a->types, &use, err);

	if (ret)
		return ret;
	ret = map_use_key(app, &use, 1, err);
	ret = ret ?: edit_delete(&use.map, use.key, err);
	map_use_close(&use);
	return ret;
}

const struct command command_map_del = {
	.name = "map del",
	.words = "MAP KEY",
	.help = "delete the element of a key",
	.text = "Exit code 6 if there is none.",
	.options = map_del_options,
	.args_size = sizeof(struct map_del_args),
	.min_words = 2,
	.max_words = 2,
	.run = run_map_del,
};
