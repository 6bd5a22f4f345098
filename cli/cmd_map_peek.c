/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <stddef.h>

#include "app.h"
#include "edit.h"
#include "map_use.h"

struct map_peek_args {
	struct map_types types;
};

static const struct field map_peek_options[] = {
	MAP_TYPE_FIELDS(struct map_peek_args),
	{ .type = FIELD_END },
};

static int check_value(struct app *app, const struct map_use *use, struct err *err)
{
	bool asks = use->map.type == BPF_MAP_TYPE_BLOOM_FILTER;

	if (asks && app->words < 2)
		return err_set(err, ERR_USAGE, EINVAL, use->map.object,
			       "a bloom filter is asked for a VALUE");
	if (!asks && app->words > 1)
		return err_set(err, ERR_USAGE, EINVAL, use->map.object,
			       "a %s shows what is next and takes no VALUE", use->map.kind->name);
	return 0;
}

static int run_map_peek(struct app *app, const void *args, struct err *err)
{
	const struct map_peek_args *a = args;
	struct map_use use;
	int ret = map_use_open(app, &a->types, &use, err);

	if (ret)
		return ret;
	ret = check_value(app, &use, err);
	if (!ret && app->words == 2)
		ret = map_use_values(app, &use, 1, err);
	ret = ret ?: edit_peek(&use.map, use.values, err);
	ret = ret ?: map_use_show(app, &use, err);
	map_use_close(&use);
	return ret;
}

const struct command command_map_peek = {
	.name = "map peek",
	.words = "MAP [VALUE]",
	.help = "show the next value of a queue or stack; ask a bloom filter for VALUE",
	.text = "Exit code 6 if the queue is empty, or if the value is not in the bloom filter. A bloom\n"
		"filter may say of a value that it has it although it was never pushed.",
	.options = map_peek_options,
	.args_size = sizeof(struct map_peek_args),
	.min_words = 1,
	.max_words = 2,
	.run = run_map_peek,
};
