/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <stddef.h>

#include "app.h"
#include "edit.h"
#include "map_use.h"

struct map_push_args {
	struct map_types types;
	bool force;
};

static const struct field map_push_options[] = {
	{ .type = FIELD_FLAG,
	  .name = "force",
	  .offset = offsetof(struct map_push_args, force),
	  .help = "if a queue or stack is full, take out its oldest value" },
	MAP_TYPE_FIELDS(struct map_push_args),
	{ .type = FIELD_END },
};

static int run_map_push(struct app *app, const void *args, struct err *err)
{
	const struct map_push_args *a = args;
	struct map_use use;
	int ret = map_use_open(app, &a->types, &use, err);

	if (ret)
		return ret;
	ret = map_use_values(app, &use, 1, err);
	/* kernel/bpf/queue_stack_maps.c: BPF_EXIST replaces the oldest */
	ret = ret ?: edit_push(&use.map, use.values, a->force ? BPF_EXIST : BPF_ANY, err);
	map_use_close(&use);
	return ret;
}

const struct command command_map_push = {
	.name = "map push",
	.words = "MAP VALUE",
	.help = "append a value to a queue or stack, or add it to a bloom filter",
	.text = "Exit code 1 if it is full, unless --force makes room.",
	.options = map_push_options,
	.args_size = sizeof(struct map_push_args),
	.min_words = 2,
	.max_words = 2,
	.run = run_map_push,
};
