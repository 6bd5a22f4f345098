/* SPDX-License-Identifier: GPL-2.0-only */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app.h"
#include "map_use.h"
#include "ref.h"
#include "walk.h"

#define MOST_MAPS 4096 /* of one program that are looked at */

static void show_types(struct app *app, const struct map *map)
{
	struct buf text = { 0 };

	sink_object(app->sink, "types", NULL);
	if (map->key)
		type_describe(map->key, &text);
	sink_string(app->sink, "key", map->key ? buf_string(&text) : NULL);
	buf_clear(&text);
	type_describe(map->value, &text);
	sink_string(app->sink, "value", buf_string(&text));
	sink_end(app->sink);
	buf_free(&text);
}

/* ids has room for MOST_MAPS */
static bool uses(int fd, uint32_t map, uint32_t *ids, struct bpf_prog_info *info)
{
	__u32 length = sizeof(*info);

	*info = (struct bpf_prog_info){ .nr_map_ids = MOST_MAPS, .map_ids = (uintptr_t)ids };
	if (bpf_obj_get_info_by_fd(fd, info, &length))
		return false;
	for (uint32_t i = 0; i < info->nr_map_ids && i < MOST_MAPS; i++) {
		if (ids[i] == map)
			return true;
	}
	return false;
}

static void show_programs(struct app *app, uint32_t map)
{
	uint32_t *ids = calloc(MOST_MAPS, sizeof(*ids)), id = 0;
	struct bpf_prog_info info;

	sink_list(app->sink, "programs", NULL);
	while (ids && bpf_prog_get_next_id(id, &id) == 0) {
		int fd = bpf_prog_get_fd_by_id(id);

		if (fd < 0)
			continue;
		if (uses(fd, map, ids, &info)) {
			sink_object(app->sink, NULL, NULL);
			sink_u64(app->sink, "prog_id", info.id, UNIT_NONE);
			sink_string(app->sink, "prog_name", info.name);
			sink_end(app->sink);
		}
		close(fd);
	}
	sink_end(app->sink);
	free(ids);
}

/* null where the kernel lists no elements */
static void show_count(struct app *app, const struct map *map)
{
	int64_t count = map_count(map, NULL);

	if (count < 0)
		sink_string(app->sink, "entries", NULL);
	else
		sink_u64(app->sink, "entries", (uint64_t)count, UNIT_NONE);
}

static int run_map_show(struct app *app, const void *args, struct err *err)
{
	struct map_use use;
	int ret = map_use_open(app, NULL, &use, err);

	(void)args;
	if (ret)
		return ret;
	sink_object(app->sink, NULL, NULL);
	sink_u64(app->sink, "id", use.map.id, UNIT_NONE);
	sink_string(app->sink, "name", use.map.name);
	sink_string(app->sink, "type", use.map.kind->name);
	sink_u64(app->sink, "key_size", use.map.key_size, UNIT_NONE);
	sink_u64(app->sink, "value_size", use.map.value_size, UNIT_NONE);
	show_count(app, &use.map);
	sink_u64(app->sink, "max_entries", use.map.max_entries, UNIT_NONE);
	sink_u64(app->sink, "values", use.map.values, UNIT_NONE);
	sink_bool(app->sink, "btf", use.map.btf_id != 0);
	sink_bool(app->sink, "frozen", map_is_frozen(&use.map));
	map_show_flags(app, use.map.flags);
	show_types(app, &use.map);
	show_programs(app, use.map.id);
	sink_end(app->sink);
	map_use_close(&use);
	return app_flush(app, err);
}

const struct command command_map_show = {
	.name = "map show",
	.words = "MAP",
	.help = "show what a map is: types, size, elements, programs that use it",
	.text = "\"values\" is how many an element has: one, or one for each possible CPU.",
	.min_words = 1,
	.max_words = 1,
	.run = run_map_show,
};
