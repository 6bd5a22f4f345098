/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "app.h"
#include "atomics.h"
#include "edit.h"
#include "map_use.h"

struct map_increment_args {
	struct map_types types;
	bool subtract;
};

static const struct field map_increment_options[] = {
	{ .type = FIELD_FLAG,
	  .name = "subtract",
	  .offset = offsetof(struct map_increment_args, subtract),
	  .help = "take away instead" },
	MAP_TYPE_FIELDS(struct map_increment_args),
	{ .type = FIELD_END },
};

static int add(struct map_use *use, const char *text, bool subtract, struct err *err)
{
	struct atomics *atomics = NULL;
	int ret;

	if (text)
		ret = value_parse(use->map.value, text, strlen(text), use->values, use->env, err);
	else
		ret = value_parse(use->map.value, "1", 1, use->values, use->env, err);
	if (ret && !err->object[0])
		snprintf(err->object, sizeof(err->object), "value");
	ret = ret ?: atomics_open(&use->map, ATOMICS_ADD, &atomics, err);
	ret = ret ?: atomics_add(atomics, use->key, use->values, subtract, err);
	atomics_close(atomics);
	return ret;
}

static int run_map_increment(struct app *app, const void *args, struct err *err)
{
	const struct map_increment_args *a = args;
	struct map_use use;
	int ret = map_use_open(app, &a->types, &use, err);

	if (ret)
		return ret;
	ret = map_use_key(app, &use, 1, err);
	ret = ret ?: add(&use, app->words > 2 ? app->word[2] : NULL, a->subtract, err);
	memset(use.values, 0, map_room(&use.map));
	ret = ret ?: edit_get(&use.map, use.key, use.values, err);
	ret = ret ?: map_use_show(app, &use, err);
	map_use_close(&use);
	return ret;
}

const struct command command_map_increment = {
	.name = "map increment",
	.words = "MAP KEY [VALUE]",
	.help = "add to the numbers of an element, atomically",
	.text = "Adds VALUE (default 1; of a struct packets=1,bytes=60) while programs may do so too,\n"
		"and shows what is there then. An element that is not there starts at zero. Only\n"
		"numbers of 4 or 8 bytes: the kernel has no such operation for others. With a value\n"
		"for each CPU it is added to one of them.",
	.options = map_increment_options,
	.args_size = sizeof(struct map_increment_args),
	.min_words = 2,
	.max_words = 3,
	.run = run_map_increment,
};
