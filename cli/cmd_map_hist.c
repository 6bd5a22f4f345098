/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <stddef.h>

#include "app.h"
#include "hist.h"
#include "map_use.h"

struct map_hist_args {
	struct map_types types;
	bool linear;
	double interval;
	uint64_t count;
	const char *label;
};

static const struct field map_hist_options[] = {
	{ .type = FIELD_FLAG,
	  .name = "linear",
	  .offset = offsetof(struct map_hist_args, linear),
	  .help = "slot N counts the value N, not 2^(N-1) to 2^N - 1" },
	{ .type = FIELD_TEXT,
	  .name = "label",
	  .value = "TEXT",
	  .offset = offsetof(struct map_hist_args, label),
	  .help = "what the values are: usecs (default: value)" },
	{ .type = FIELD_SECONDS,
	  .name = "interval",
	  .value = "SEC",
	  .offset = offsetof(struct map_hist_args, interval),
	  .max = 86400,
	  .help = "show it again every SEC seconds, until a signal" },
	{ .type = FIELD_COUNT,
	  .name = "count",
	  .value = "N",
	  .offset = offsetof(struct map_hist_args, count),
	  .min = 1,
	  .max = UINT32_MAX,
	  .help = "end after N rounds (with --interval)" },
	MAP_TYPE_FIELDS(struct map_hist_args),
	{ .type = FIELD_END },
};

static void show_slots(struct app *app, const struct hists *hists, const struct hist *hist)
{
	sink_object(app->sink, NULL, NULL);
	sink_string(app->sink, "section", hist->section);
	sink_list(app->sink, "slots", NULL);
	for (unsigned int i = 0; i < hist->used; i++) {
		uint64_t low, high;

		hist_bounds(hists->linear, i, &low, &high);
		sink_object(app->sink, NULL, NULL);
		sink_u64(app->sink, "slot", i, UNIT_NONE);
		sink_u64(app->sink, "low", low, UNIT_NONE);
		sink_u64(app->sink, "high", high, UNIT_NONE);
		sink_u64(app->sink, "count", hist->slot[i], UNIT_NONE);
		sink_end(app->sink);
	}
	sink_end(app->sink);
	sink_end(app->sink);
}

/* A picture has no place in the tables of a text sink: it goes in as it is. */
static void draw(struct app *app, const struct hists *hists, const struct hist *hist,
		 const char *label)
{
	struct buf out = { 0 };

	if (hist->section)
		buf_format(&out, "\n%s = %s\n", hists->section, hist->section);
	hist_draw(hist, hists->linear, label ?: "value", &out);
	if (out.length)
		sink_raw(app->sink, out.data, out.length - 1);
	buf_free(&out);
}

static int show_hists(struct app *app, const struct map_hist_args *args, const struct map_use *use,
		      struct err *err)
{
	struct hists hists;
	int ret = hists_read(&use->map, args->linear, use->env, &hists, err);

	if (ret)
		return ret;
	sink_list(app->sink, NULL, NULL);
	for (unsigned int i = 0; i < hists.count; i++) {
		if (app->sink->style == VALUE_JSON)
			show_slots(app, &hists, &hists.hist[i]);
		else
			draw(app, &hists, &hists.hist[i], args->label);
	}
	sink_end(app->sink);
	if (!hists.count)
		app_note(app, "nothing has been counted");
	hists_free(&hists);
	return app_flush(app, err);
}

static int run_map_hist(struct app *app, const void *args, struct err *err)
{
	const struct map_hist_args *a = args;
	struct map_use use;
	uint64_t round = 0;
	int ret;

	if (a->count && a->interval <= 0)
		return err_set(err, ERR_USAGE, EINVAL, "map hist", "--count without --interval");
	ret = map_use_open(app, &a->types, &use, err);
	if (ret)
		return ret;
	do
		ret = show_hists(app, a, &use, err);
	while (!ret && a->interval > 0 && ++round != a->count && !app_wait(app, a->interval));
	map_use_close(&use);
	return ret;
}

const struct command command_map_hist = {
	.name = "map hist",
	.words = "MAP",
	.help = "draw a map as a histogram, as BCC does",
	.text = "Keys are slots and values are counts. If the keys are structs, the last integer of\n"
		"them is the slot, and each combination of the other members has a histogram of its\n"
		"own. Slot 0 is drawn only if something is in it.",
	.options = map_hist_options,
	.args_size = sizeof(struct map_hist_args),
	.min_words = 1,
	.max_words = 1,
	.run = run_map_hist,
};
