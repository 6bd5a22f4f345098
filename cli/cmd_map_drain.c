/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "app.h"
#include "atomics.h"
#include "edit.h"
#include "map_use.h"
#include "walk.h"

struct map_drain_args {
	struct map_types types;
	bool zero;
};

static const struct field map_drain_options[] = {
	{ .type = FIELD_FLAG,
	  .name = "zero",
	  .offset = offsetof(struct map_drain_args, zero),
	  .help = "set the numbers to zero instead of deleting, without losing a count" },
	MAP_TYPE_FIELDS(struct map_drain_args),
	{ .type = FIELD_END },
};

/* Of a queue or stack: what is next, until it is empty. */
static int drain_queue(struct map_use *use, struct map_rows *rows, struct err *err)
{
	int ret = 0;

	/* as many as it can hold: others may go on filling it */
	while (!ret && rows->count < use->map.max_entries) {
		ret = edit_take(&use->map, NULL, use->values, err);
		ret = ret ?: map_rows_put(rows, NULL, use->values, 1, err);
	}
	if (ret == -ENOENT) {
		*err = (struct err){ 0 };
		return 0;
	}
	return ret;
}

/* Elements in which nothing was counted are left out. */
struct zeroing {
	struct map_rows *rows;
	struct atomics *atomics;
};

static int zero_block(void *context, const void *keys, const void *values, uint32_t count,
		      struct err *err)
{
	struct zeroing *zeroing = context;
	const struct map *map = &zeroing->rows->use->map;
	size_t room = map_room(map);
	char *taken = malloc(count * room), *zero = calloc(1, room);
	int ret = taken && zero ? 0 : err_set(err, ERR_FAILED, ENOMEM, NULL, "out of memory");

	if (!ret) {
		memcpy(taken, values, count * room);
		ret = atomics_exchange(zeroing->atomics, keys, taken, count, err);
	}
	for (uint32_t i = 0; i < count && !ret; i++) {
		if (memcmp(taken + i * room, zero, room) != 0)
			ret = map_rows_put(zeroing->rows, (const char *)keys + i * map->key_size,
					   taken + i * room, 1, err);
	}
	free(taken);
	free(zero);
	return ret;
}

static int drain_numbers(struct map_use *use, struct map_rows *rows, struct err *err)
{
	struct zeroing zeroing = { .rows = rows };
	int ret = atomics_open(&use->map, ATOMICS_EXCHANGE, &zeroing.atomics, err);

	ret = ret ?: map_walk(&use->map, WALK_READ, zero_block, &zeroing, err);
	atomics_close(zeroing.atomics);
	return ret;
}

static int run_map_drain(struct app *app, const void *args, struct err *err)
{
	const struct map_drain_args *a = args;
	struct map_rows rows = { .app = app, .takes = true };
	struct map_use use;
	int ret = app_check_output(err) ?: map_use_open(app, &a->types, &use, err);

	if (ret)
		return ret;
	rows.use = &use;
	app_wait(app, 0); /* from now on a signal waits for the end of a block */
	if (a->zero)
		ret = drain_numbers(&use, &rows, err);
	else if (use.map.kind->traits & KIND_KEYLESS && !use.map.kind->no_get)
		ret = drain_queue(&use, &rows, err);
	else
		ret = map_walk(&use.map, WALK_DRAIN, map_rows_put, &rows, err);
	map_rows_end(&rows, ret);
	if (ret && rows.begun)
		sink_flush(app->sink);
	else if (!ret)
		ret = app_flush(app, err);
	if (ret && rows.count)
		err_hint(err, "%llu elements have been taken out of the map already",
			 (unsigned long long)rows.count);
	map_use_close(&use);
	return ret;
}

const struct command command_map_drain = {
	.name = "map drain",
	.words = "MAP",
	.help = "show all elements and delete them, each in one step",
	.text = "Nothing that is written to the map from user space is lost between reading and deleting.\n"
		"A program that adds to an element through a pointer may do so just after it was read: for\n"
		"counters that programs count up use --zero, which exchanges the numbers with zero and\n"
		"leaves the keys.",
	.options = map_drain_options,
	.args_size = sizeof(struct map_drain_args),
	.min_words = 1,
	.max_words = 1,
	.run = run_map_drain,
};
