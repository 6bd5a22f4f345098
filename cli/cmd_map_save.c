/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "app.h"
#include "map_use.h"
#include "progress.h"
#include "walk.h"
#include "whole_file.h"

struct map_save_args {
	struct map_types types;
};

static const struct field map_save_options[] = {
	MAP_TYPE_FIELDS(struct map_save_args),
	{ .type = FIELD_END },
};

struct saving {
	const struct map_use *use;
	enum value_style style;
	const char *path; /* NULL: standard output */
	struct whole_file file;
	FILE *out;
	struct buf text;
	struct progress progress;
	uint64_t count;
};

static int failed(const struct saving *saving, const char *what, int error, struct err *err)
{
	return err_set(err, error == ENOENT ? ERR_NOT_FOUND : ERR_FAILED, error,
		       saving->path ?: "output", "cannot %s: %s", what, strerror(error));
}

static int open_output(struct saving *saving, const char *path, struct err *err)
{
	int ret;

	saving->out = stdout;
	if (strcmp(path, "-") == 0)
		return 0;
	saving->path = path;
	ret = whole_open(&saving->file, path);
	saving->out = saving->file.out;
	return ret ? failed(saving, "write a file there", -ret, err) : 0;
}

static int close_output(struct saving *saving, int ret, struct err *err)
{
	int error = 0;

	if (saving->path)
		error = whole_close(&saving->file, !ret);
	else if (fflush(saving->out) || ferror(saving->out))
		error = errno ? -errno : -EIO;
	return ret ?: error ? failed(saving, "write it", -error, err) : 0;
}

static int save_block(void *context, const void *keys, const void *values, uint32_t count,
		      struct err *err)
{
	struct saving *saving = context;
	const struct map *map = &saving->use->map;

	buf_clear(&saving->text);
	for (uint32_t i = 0; i < count; i++) {
		entry_print(map, (const char *)keys + (size_t)i * map->key_size,
			    (const char *)values + i * map_room(map), saving->style,
			    saving->use->env, &saving->text);
		buf_char(&saving->text, '\n');
	}
	if (saving->text.failed)
		return failed(saving, "format it", ENOMEM, err);
	errno = 0;
	if (fwrite_unlocked(saving->text.data, 1, saving->text.length, saving->out) !=
	    saving->text.length)
		return failed(saving, "write it", errno ? errno : EIO, err);
	saving->count += count;
	progress_tell(&saving->progress, "saved", saving->count, 0);
	return 0;
}

static int run_map_save(struct app *app, const void *args, struct err *err)
{
	const struct map_save_args *a = args;
	struct saving saving = { .style = app->sink->style };
	struct map_use use;
	int ret = map_use_open(app, &a->types, &use, err);

	if (ret)
		return ret;
	saving.use = &use;
	progress_start(&saving.progress, app);
	ret = open_output(&saving, app->words > 1 ? app->word[1] : "-", err);
	ret = ret ?: map_walk(&use.map, WALK_READ, save_block, &saving, err);
	progress_stop(&saving.progress);
	ret = close_output(&saving, ret, err);
	buf_free(&saving.text);
	map_use_close(&use);
	return ret;
}

const struct command command_map_save = {
	.name = "map save",
	.words = "MAP [FILE|-]",
	.help = "write all elements to a file, one a line",
	.text = "KEY = VALUE, or with -j {\"key\":...,\"value\":...}; `map load` reads both. A file is\n"
		"written beside its name and gets it once it is whole and on the disk.",
	.options = map_save_options,
	.args_size = sizeof(struct map_save_args),
	.min_words = 1,
	.max_words = 2,
	.run = run_map_save,
};
