/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "app.h"
#include "edit.h"
#include "map_use.h"

struct map_get_args {
	struct map_types types;
	const char * or ;
};

static const struct field map_get_options[] = {
	{ .type = FIELD_TEXT,
	  .name = "or",
	  .value = "VALUE",
	  .offset = offsetof(struct map_get_args, or),
	  .help = "if the key is not there, set it to VALUE first" },
	MAP_TYPE_FIELDS(struct map_get_args),
	{ .type = FIELD_END },
};

/* Somebody else may set it first: then theirs is shown. */
static int get_or_set(struct map_use *use, const char *text, struct err *err)
{
	int ret = edit_get_exact(&use->map, use->key, use->values, err);

	if (ret != -ENOENT)
		return ret;
	memset(use->values, 0, map_room(&use->map));
	*err = (struct err){ 0 };
	ret = entry_parse_values(&use->map, text, strlen(text), use->values, use->env, err);
	ret = ret ?: edit_set(&use->map, use->key, use->values, BPF_NOEXIST, err);
	if (ret && ret != -EEXIST)
		return ret;
	*err = (struct err){ 0 };
	return edit_get(&use->map, use->key, use->values, err);
}

static int run_map_get(struct app *app, const void *args, struct err *err)
{
	const struct map_get_args *a = args;
	struct map_use use;
	int ret = map_use_open(app, &a->types, &use, err);

	if (ret)
		return ret;
	ret = map_use_key(app, &use, 1, err);
	if (!ret && a->or)
		ret = get_or_set(&use, a->or, err);
	else
		ret = ret ?: edit_get(&use.map, use.key, use.values, err);
	ret = ret ?: map_use_show(app, &use, err);
	map_use_close(&use);
	return ret;
}

const struct command command_map_get = {
	.name = "map get",
	.words = "MAP KEY",
	.help = "show the element of a key",
	.text = "Exit code 6 if there is none. In an LPM trie that is the longest prefix that the\n"
		"key is in.",
	.options = map_get_options,
	.args_size = sizeof(struct map_get_args),
	.min_words = 2,
	.max_words = 2,
	.run = run_map_get,
};
