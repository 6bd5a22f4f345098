/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "app.h"
#include "clock.h"
#include "map_use.h"
#include "snapshot.h"

struct map_watch_args {
	struct map_types types;
	double interval;
	uint64_t count;
};

static const struct field map_watch_options[] = {
	{ .type = FIELD_SECONDS,
	  .name = "interval",
	  .value = "SEC",
	  .offset = offsetof(struct map_watch_args, interval),
	  .max = 86400,
	  .help = "look every SEC seconds (default 1)" },
	{ .type = FIELD_COUNT,
	  .name = "count",
	  .value = "N",
	  .offset = offsetof(struct map_watch_args, count),
	  .min = 1,
	  .max = UINT32_MAX,
	  .help = "end after N looks" },
	MAP_TYPE_FIELDS(struct map_watch_args),
	{ .type = FIELD_END },
};

struct watch {
	struct app *app;
	const struct map_use *use;
	bool screen, colour; /* a terminal: all elements, each time from its top */
	unsigned int rows;   /* of the terminal that are left */
	enum { ALL, CHANGED, UNCHANGED } pass; /* what is shown now */
	uint64_t hidden;		       /* elements for which there was no row */
	double seconds;			       /* since the look before */
	struct buf line;
	void *before, *now; /* room for totals */
};

static const char *const state_words[] = {
	[ELEMENT_SAME] = "same",
	[ELEMENT_NEW] = "new",
	[ELEMENT_CHANGED] = "changed",
	[ELEMENT_GONE] = "gone",
};

/* How fast a number grows; -1 for what is no number or did not grow. */
static double rate_of(const struct watch *watch, const struct type *type, uint32_t offset)
{
	uint64_t before, now;

	if ((type->kind != TYPE_UNSIGNED && type->kind != TYPE_SIGNED) || type->size > 8)
		return -1;
	before = load_unsigned((char *)watch->before + offset, type->size);
	now = load_unsigned((char *)watch->now + offset, type->size);
	return now < before ? -1 : (double)(now - before) / watch->seconds;
}

static void add_rate(struct watch *watch, const char *name, double rate, bool *any)
{
	if (watch->app->sink->style == VALUE_JSON) {
		buf_format(&watch->line, rate < 0 ? "%s\"%s\":null" : "%s\"%s\":%.3f",
			   *any ? "," : "", name, rate);
	} else if (rate > 0) {
		buf_format(&watch->line, "%s%s%s%.*f/s", *any ? ", " : "   ", name,
			   name[0] ? " +" : "+", rate < 10 ? 1 : 0, rate);
	} else {
		return;
	}
	*any = true;
}

/* True if there is one. Of the value itself, under the name "value" in JSON, or of the members of a
 * struct. */
static bool add_rates(struct watch *watch, const void *before, const void *now)
{
	const struct map *map = &watch->use->map;
	const struct type *type = map->value;
	bool any = false, json = watch->app->sink->style == VALUE_JSON;

	if (json)
		buf_text(&watch->line, ",\"rates\":{");
	entry_total(map, before ?: now, watch->before);
	entry_total(map, now ?: before, watch->now);
	if (type->kind == TYPE_STRUCT) {
		for (uint32_t i = 0; i < type->count; i++) {
			if (!type->member[i].bits)
				add_rate(watch, type->member[i].name,
					 before && now ? rate_of(watch, type->member[i].type,
								 type->member[i].offset)
						       : -1,
					 &any);
		}
	} else {
		add_rate(watch, json ? "value" : "", before && now ? rate_of(watch, type, 0) : -1,
			 &any);
	}
	if (json)
		buf_char(&watch->line, '}');
	return any;
}

/* What did not grow is told by what it was. */
static void add_before(struct watch *watch, const void *before)
{
	buf_text(&watch->line, "   was ");
	entry_print_values(&watch->use->map, before, VALUE_TEXT, watch->use->env, &watch->line);
}

static void show_json(struct watch *watch, enum change_state state, const void *key,
		      const void *before, const void *now)
{
	buf_format(&watch->line, "{\"state\":\"%s\",\"element\":", state_words[state]);
	entry_print(&watch->use->map, key, now ?: before, VALUE_JSON, watch->use->env,
		    &watch->line);
	add_rates(watch, before, now);
	buf_char(&watch->line, '}');
}

static void show_text(struct watch *watch, enum change_state state, const void *key,
		      const void *before, const void *now)
{
	static const char *const colour[] = { [ELEMENT_SAME] = "",
					      [ELEMENT_NEW] = "\033[32m",
					      [ELEMENT_CHANGED] = "\033[1m",
					      [ELEMENT_GONE] = "\033[2m" };
	static const char mark[] = { ' ', '+', '~', '-' };

	if (watch->colour)
		buf_text(&watch->line, colour[state]);
	buf_format(&watch->line, "%c ", mark[state]);
	entry_print(&watch->use->map, key, now ?: before, VALUE_TEXT, watch->use->env,
		    &watch->line);
	if (state == ELEMENT_CHANGED && !add_rates(watch, before, now))
		add_before(watch, before);
	if (watch->colour && state != ELEMENT_SAME)
		buf_text(&watch->line, "\033[0m");
	if (watch->screen)
		buf_text(&watch->line, "\033[K");
}

static void show_element(void *context, enum change_state state, const void *key,
			 const void *before, const void *now)
{
	struct watch *watch = context;

	if (state == ELEMENT_SAME ? !watch->screen || watch->pass == CHANGED
				  : watch->pass == UNCHANGED)
		return;
	if (watch->screen && watch->rows == 0) {
		watch->hidden++;
		return;
	}
	watch->rows -= watch->screen;
	buf_clear(&watch->line);
	if (watch->app->sink->style == VALUE_JSON)
		show_json(watch, state, key, before, now);
	else
		show_text(watch, state, key, before, now);
	sink_raw(watch->app->sink, watch->line.data, watch->line.length);
}

static void start_screen(struct watch *watch, uint64_t count)
{
	struct winsize size = { .ws_row = 24 };

	if (!watch->screen)
		return;
	ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
	watch->rows = size.ws_row > 4 ? size.ws_row - 3u : 1;
	watch->hidden = 0;
	buf_clear(&watch->line);
	buf_format(&watch->line, "\033[H%s: %llu elements\033[K\n\033[K", watch->app->word[0],
		   (unsigned long long)count);
	sink_raw(watch->app->sink, watch->line.data, watch->line.length);
}

static void end_screen(struct watch *watch)
{
	char more[64] = "\033[J";

	if (!watch->screen)
		return;
	if (watch->hidden)
		snprintf(more, sizeof(more), "... %llu more\033[K\033[J",
			 (unsigned long long)watch->hidden);
	sink_raw(watch->app->sink, more, strlen(more));
}

/* The first look has nothing to compare with but itself. */
static int look(struct watch *watch, struct snapshot *before, struct err *err)
{
	struct snapshot now;
	int ret = snapshot_take(&watch->use->map, &now, err);

	if (ret)
		return ret;
	start_screen(watch, now.count);
	sink_list(watch->app->sink, NULL, NULL);
	/* where there are not enough rows for all, those that changed come first */
	watch->pass = watch->screen && now.count > watch->rows ? CHANGED : ALL;
	snapshot_compare(before->map ? before : &now, &now, show_element, watch);
	if (watch->pass == CHANGED) {
		watch->pass = UNCHANGED;
		snapshot_compare(before->map ? before : &now, &now, show_element, watch);
	}
	sink_end(watch->app->sink);
	end_screen(watch);
	snapshot_free(before);
	*before = now;
	return app_flush(watch->app, err);
}

static int run_looks(struct watch *watch, const struct map_watch_args *args, struct err *err)
{
	double interval = args->interval > 0 ? args->interval : 1, last = clock_seconds(), time;
	struct snapshot before = { 0 };
	uint64_t looks = 0;
	int ret = 0;

	app_wait(watch->app, 0); /* from now on a signal ends it well */
	if (watch->screen)
		printf("\033[2J");
	while (!ret) {
		time = clock_seconds();
		watch->seconds = time > last ? time - last : interval;
		last = time;
		ret = look(watch, &before, err);
		if (++looks == args->count || ret || app_wait(watch->app, interval))
			break;
	}
	snapshot_free(&before);
	return ret;
}

static int run_map_watch(struct app *app, const void *args, struct err *err)
{
	bool screen = isatty(STDOUT_FILENO) && app->sink->style == VALUE_TEXT;
	struct watch watch = { .app = app, .screen = screen };
	struct map_use use;
	int ret = map_use_open(app, &((const struct map_watch_args *)args)->types, &use, err);

	if (ret)
		return ret;
	watch.use = &use;
	watch.colour = screen && !getenv("NO_COLOR");
	watch.before = malloc(use.map.value_size + 1u);
	watch.now = malloc(use.map.value_size + 1u);
	if (!watch.before || !watch.now)
		ret = err_set(err, ERR_FAILED, ENOMEM, NULL, "out of memory");
	else if (!use.map.key)
		ret = err_set(err, ERR_USAGE, EINVAL, use.map.object,
			      "a map of type %s has no keys", use.map.kind->name);
	ret = ret ?: run_looks(&watch, args, err);
	buf_free(&watch.line);
	free(watch.before);
	free(watch.now);
	map_use_close(&use);
	return ret;
}

const struct command command_map_watch = {
	.name = "map watch",
	.words = "MAP",
	.help = "show a map again and again, with what changes and how fast",
	.text = "On a terminal all elements, the changed ones bright; else a line for each element\n"
		"that is new (+), changed (~) or gone (-) since the look before, the first look\n"
		"being what to compare with. With -j a list of such changes for each look.",
	.options = map_watch_options,
	.args_size = sizeof(struct map_watch_args),
	.min_words = 1,
	.max_words = 1,
	.run = run_map_watch,
};
