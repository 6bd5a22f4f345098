/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <stddef.h>

#include "app.h"
#include "edit.h"
#include "map_use.h"
#include "user_ring.h"

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

static int push_value(struct app *app, struct map_use *use, bool force, struct err *err)
{
	int ret = edit_check(&use->map, EDIT_PUSH, err);

	ret = ret ?: map_use_values(app, use, 1, err);
	/* kernel/bpf/queue_stack_maps.c: BPF_EXIST replaces the oldest */
	return ret ?: edit_push(&use->map, use->values, force ? BPF_EXIST : BPF_ANY, err);
}

static int push_sample(struct app *app, struct map_use *use, struct err *err)
{
	int ret;

	if (!use->map.typed_value)
		return err_set(err, ERR_USAGE, EINVAL, use->map.object,
			       "what a sample is has to be said by --as");
	ret = map_use_values(app, use, 1, err);
	return ret ?: user_ring_push(&use->map, use->values, use->map.value_size, err);
}

static int run_map_push(struct app *app, const void *args, struct err *err)
{
	const struct map_push_args *a = args;
	struct map_use use;
	int ret = map_use_open(app, &a->types, &use, err);

	if (ret)
		return ret;
	if (use.map.type == BPF_MAP_TYPE_USER_RINGBUF)
		ret = push_sample(app, &use, err);
	else
		ret = push_value(app, &use, a->force, err);
	map_use_close(&use);
	return ret;
}

const struct command command_map_push = {
	.name = "map push",
	.words = "MAP VALUE",
	.help = "append a value to a queue, stack or user ring buffer, or add it to a bloom filter",
	.text = "Exit code 1 if it is full, unless --force makes room. A sample for a user ring buffer needs\n"
		"its type, --as.",
	.options = map_push_options,
	.args_size = sizeof(struct map_push_args),
	.min_words = 2,
	.max_words = 2,
	.run = run_map_push,
};
