/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "app.h"
#include "bulk.h"
#include "map_use.h"
#include "progress.h"

struct map_load_args {
	struct map_types types;
	bool replace, force;
};

static const struct field map_load_options[] = {
	{ .type = FIELD_FLAG,
	  .name = "replace",
	  .offset = offsetof(struct map_load_args, replace),
	  .help = "make the map equal to the file, changing only what differs" },
	{ .type = FIELD_FLAG,
	  .name = "force",
	  .offset = offsetof(struct map_load_args, force),
	  .help = "with --replace: also if the file has no elements" },
	MAP_TYPE_FIELDS(struct map_load_args),
	{ .type = FIELD_END },
};

static int open_input(const struct app *app, struct err *err)
{
	const char *path = app->words > 1 ? app->word[1] : "-";
	int fd = strcmp(path, "-") == 0 ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return err_set(err, errno == ENOENT ? ERR_NOT_FOUND : err_code_of(errno), errno,
			       path, "cannot open it: %s", strerror(errno));
	return fd;
}

static int show_result(struct app *app, const struct bulk *bulk, struct err *err)
{
	app_tell(app, "%llu element%s read, %llu written, %llu deleted, %llu the same already",
		 (unsigned long long)bulk->read, bulk->read == 1 ? "" : "s",
		 (unsigned long long)bulk->written, (unsigned long long)bulk->deleted,
		 (unsigned long long)bulk->unchanged);
	if (!app->json)
		return 0;
	sink_object(app->sink, NULL, NULL);
	sink_u64(app->sink, "read", bulk->read, UNIT_NONE);
	sink_u64(app->sink, "written", bulk->written, UNIT_NONE);
	sink_u64(app->sink, "deleted", bulk->deleted, UNIT_NONE);
	sink_u64(app->sink, "unchanged", bulk->unchanged, UNIT_NONE);
	sink_end(app->sink);
	return app_flush_done(app, err);
}

/* "line 3" becomes "routes.txt line 3". */
static void name_file(const struct app *app, struct err *err)
{
	const char *path = app->words > 1 && strcmp(app->word[1], "-") != 0 ? app->word[1] : NULL;
	bool place =
		strncmp(err->object, "line ", 5) == 0 || strncmp(err->object, "element ", 8) == 0;
	char object[sizeof(err->object)];

	if (!path || (!place && strcmp(err->object, "input") != 0))
		return;
	snprintf(object, sizeof(object), "%.90s%s%.38s", path, place ? " " : "",
		 place ? err->object : "");
	memcpy(err->object, object, sizeof(object));
}

struct loading {
	struct progress progress;
	struct app *app;
};

static void tell(void *context, const char *what, uint64_t done, uint64_t total)
{
	struct loading *loading = context;

	progress_tell(&loading->progress, what, done, total);
}

/* From the first write on a signal waits for the last one. */
static bool stop(void *context)
{
	struct loading *loading = context;

	return app_wait(loading->app, 0);
}

static int run_map_load(struct app *app, const void *args, struct err *err)
{
	const struct map_load_args *a = args;
	struct loading loading = { .app = app };
	struct map_use use;
	struct bulk bulk = { .replace = a->replace,
			     .may_empty = a->force,
			     .progress = tell,
			     .stop = stop,
			     .context = &loading };
	int fd, ret = map_use_open(app, &a->types, &use, err);

	if (ret)
		return ret;
	progress_start(&loading.progress, app);
	bulk.map = &use.map;
	bulk.env = use.env;
	fd = open_input(app, err);
	ret = fd < 0 ? fd : bulk_load(&bulk, fd, err);
	if (ret && fd >= 0)
		name_file(app, err);
	progress_stop(&loading.progress);
	if (fd >= 0)
		close(fd);
	if (ret && bulk.written + bulk.deleted)
		err_hint(err, "%llu of %llu elements were written and %llu deleted before that",
			 (unsigned long long)bulk.written, (unsigned long long)bulk.read,
			 (unsigned long long)bulk.deleted);
	map_use_close(&use);
	return ret ?: show_result(app, &bulk, err);
}

const struct command command_map_load = {
	.name = "map load",
	.words = "MAP [FILE|-]",
	.help = "write the elements of a file to a map, all of them or none",
	.text = "The file has lines KEY = VALUE, or JSON lines {\"key\":...,\"value\":...}, or is what\n"
		"`map dump -j` prints. Lines that begin with \"# \" are comments. If a line is wrong,\n"
		"its number is told and nothing is written. Of a key that is there twice the last\n"
		"counts.",
	.options = map_load_options,
	.args_size = sizeof(struct map_load_args),
	.min_words = 1,
	.max_words = 2,
	.run = run_map_load,
};
