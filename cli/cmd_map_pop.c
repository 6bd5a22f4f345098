/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <stddef.h>

#include "app.h"
#include "edit.h"
#include "map_use.h"

struct map_pop_args {
	struct map_types types;
};

static const struct field map_pop_options[] = {
	MAP_TYPE_FIELDS(struct map_pop_args),
	{ .type = FIELD_END },
};

static int run_map_pop(struct app *app, const void *args, struct err *err)
{
	const struct map_pop_args *a = args;
	struct map_use use;
	int ret = app_check_output(err) ?: map_use_open(app, &a->types, &use, err);

	if (ret)
		return ret;
	if (use.map.key)
		ret = edit_peek(&use.map, use.values, err);
	ret = ret ?: edit_take(&use.map, NULL, use.values, err);
	ret = ret ?: map_use_show_taken(app, &use, err);
	map_use_close(&use);
	return ret;
}

const struct command command_map_pop = {
	.name = "map pop",
	.words = "MAP",
	.help = "take the next value out of a queue or stack",
	.text = "Exit code 6 if it is empty.",
	.options = map_pop_options,
	.args_size = sizeof(struct map_pop_args),
	.min_words = 1,
	.max_words = 1,
	.run = run_map_pop,
};
