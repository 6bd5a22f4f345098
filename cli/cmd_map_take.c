/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <stddef.h>

#include "app.h"
#include "edit.h"
#include "map_use.h"

struct map_take_args {
	struct map_types types;
};

static const struct field map_take_options[] = {
	MAP_TYPE_FIELDS(struct map_take_args),
	{ .type = FIELD_END },
};

static int run_map_take(struct app *app, const void *args, struct err *err)
{
	const struct map_take_args *a = args;
	struct map_use use;
	int ret = app_check_output(err) ?: map_use_open(app, &a->types, &use, err);

	if (ret)
		return ret;
	ret = map_use_key(app, &use, 1, err);
	ret = ret ?: edit_take(&use.map, use.key, use.values, err);
	ret = ret ?: map_use_show_taken(app, &use, err);
	map_use_close(&use);
	return ret;
}

const struct command command_map_take = {
	.name = "map take",
	.words = "MAP KEY",
	.help = "show the element of a key and delete it, in one step",
	.text = "Nobody can change it between the two. Exit code 6 if there is none.",
	.options = map_take_options,
	.args_size = sizeof(struct map_take_args),
	.min_words = 2,
	.max_words = 2,
	.run = run_map_take,
};
