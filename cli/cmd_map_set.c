/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "app.h"
#include "edit.h"
#include "map_use.h"

struct map_set_args {
	struct map_types types;
	bool noexist, exist;
};

static const struct field map_set_options[] = {
	{ .type = FIELD_FLAG,
	  .name = "noexist",
	  .offset = offsetof(struct map_set_args, noexist),
	  .help = "only if the key is not there yet (else exit 5)" },
	{ .type = FIELD_FLAG,
	  .name = "exist",
	  .offset = offsetof(struct map_set_args, exist),
	  .help = "only if the key is there (else exit 6)" },
	MAP_TYPE_FIELDS(struct map_set_args),
	{ .type = FIELD_END },
};

/* What is not named keeps its value; where it cannot be read, there is nothing to keep. */
static void read_old(struct map_use *use)
{
	struct err ignored;

	if (use->map.kind->no_get || use->map.kind->traits & KIND_HANDLE ||
	    edit_get_exact(&use->map, use->key, use->values, &ignored))
		memset(use->values, 0, map_room(&use->map));
}

static int run_map_set(struct app *app, const void *args, struct err *err)
{
	const struct map_set_args *a = args;
	uint64_t flags = a->noexist ? BPF_NOEXIST : a->exist ? BPF_EXIST : BPF_ANY;
	struct map_use use;
	int ret;

	if (a->noexist && a->exist)
		return err_set(err, ERR_USAGE, EINVAL, "map set",
			       "--noexist and --exist exclude each other");
	ret = map_use_open(app, &a->types, &use, err);
	if (ret)
		return ret;
	ret = map_use_key(app, &use, 1, err);
	if (!ret && !a->noexist)
		read_old(&use);
	ret = ret ?: map_use_values(app, &use, 2, err);
	ret = ret ?: edit_set(&use.map, use.key, use.values, flags, err);
	map_use_close(&use);
	return ret;
}

const struct command command_map_set = {
	.name = "map set",
	.words = "MAP KEY VALUE",
	.help = "write an element",
	.text = "Of a struct, what VALUE does not name (field=value, or JSON) keeps what the map holds\n"
		"for that key, and is zero for a new one. Of a map with a value for each CPU, VALUE goes to\n"
		"every CPU, or [V,V,...] has one for each.",
	.options = map_set_options,
	.args_size = sizeof(struct map_set_args),
	.min_words = 3,
	.max_words = 3,
	.run = run_map_set,
};
