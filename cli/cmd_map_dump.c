/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <stddef.h>

#include "app.h"
#include "map_use.h"
#include "walk.h"

struct map_dump_args {
	struct map_types types;
	bool raw, keys, values;
};

static const struct field map_dump_options[] = {
	{ .type = FIELD_FLAG,
	  .name = "raw",
	  .offset = offsetof(struct map_dump_args, raw),
	  .help = "show the bytes of keys and values in hex" },
	{ .type = FIELD_FLAG,
	  .name = "keys",
	  .offset = offsetof(struct map_dump_args, keys),
	  .help = "show the keys alone" },
	{ .type = FIELD_FLAG,
	  .name = "values",
	  .offset = offsetof(struct map_dump_args, values),
	  .help = "show the values alone" },
	MAP_TYPE_FIELDS(struct map_dump_args),
	{ .type = FIELD_END },
};

static int make_raw(struct map *map, struct err *err)
{
	struct type *key = map->key ? type_new(TYPE_BYTES, map->key_size) : NULL;
	struct type *value = type_new(TYPE_BYTES, map->value_size);
	int ret = 0;

	if (!value || (map->key && !key)) {
		type_free(key);
		type_free(value);
		return err_set(err, ERR_FAILED, ENOMEM, NULL, "out of memory");
	}
	if (key)
		ret = map_retype(map, true, key, err);
	return map_retype(map, false, value, err) ?: ret;
}

static int run_map_dump(struct app *app, const void *args, struct err *err)
{
	const struct map_dump_args *a = args;
	struct map_rows rows = { .app = app, .keys_only = a->keys, .values_only = a->values };
	struct map_use use;
	int ret;

	if (a->keys && a->values)
		return err_set(err, ERR_USAGE, EINVAL, "map dump",
			       "--keys and --values exclude each other");
	ret = map_use_open(app, &a->types, &use, err);
	if (ret)
		return ret;
	rows.use = &use;
	if (a->raw)
		ret = make_raw(&use.map, err);
	ret = ret ?: map_walk(&use.map, WALK_READ, map_rows_put, &rows, err);
	map_rows_end(&rows, ret);
	ret = ret ?: app_flush(app, err);
	map_use_close(&use);
	return ret;
}

const struct command command_map_dump = {
	.name = "map dump",
	.words = "MAP",
	.help = "show all elements of a map, KEY = VALUE",
	.text = "Keys and values are written as their BTF types say. What is printed can be read\n"
		"again by `map load`. With -j: [{\"key\":...,\"value\":...}], and for a map with a\n"
		"value for each CPU {\"key\",\"values\":[...],\"total\"}.",
	.options = map_dump_options,
	.args_size = sizeof(struct map_dump_args),
	.min_words = 1,
	.max_words = 1,
	.run = run_map_dump,
};
