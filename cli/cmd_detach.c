/* SPDX-License-Identifier: GPL-2.0-only */
#include "app.h"
#include "attach.h"
#include "show.h"
#include "tap_site.h"

struct detach_args {
	bool force, taps;
	const char *hook;
};

static const struct field detach_options[] = {
	{ .type = FIELD_FLAG,
	  .name = "force",
	  .offset = offsetof(struct detach_args, force),
	  .help = "take off what is not xdpctl's too, and leave what cannot be undone" },
	{ .type = FIELD_FLAG,
	  .name = "taps",
	  .offset = offsetof(struct detach_args, taps),
	  .help = "leave the pipeline; take out what captures that were killed left in it" },
	{ .type = FIELD_TEXT,
	  .name = "hook",
	  .value = "xdp",
	  .offset = offsetof(struct detach_args, hook),
	  .help = "where it was attached; this version has xdp" },
	{ .type = FIELD_END },
};

static void show_result(struct app *app, const struct detach_result *result)
{
	sink_object(app->sink, NULL, NULL);
	sink_string(app->sink, "ifname", result->link.name);
	sink_u64(app->sink, "ifindex", result->link.ifindex, UNIT_NONE);
	sink_string(app->sink, "hook", "xdp");
	sink_string(app->sink, "mode", xdp_mode_name(result->mode));
	sink_u64(app->sink, "prog_id", result->prog_id, UNIT_NONE);
	sink_string(app->sink, "owner", result->owner == OWNER_FOREIGN ? "foreign" : "xdpctl");
	sink_bool(app->sink, "receives", result->receives);
	sink_bool(app->sink, "elsewhere", result->elsewhere);
	show_preparations(app, "undone", &result->undone);
	show_preparations(app, "left", &result->left);
	sink_end(app->sink);
}

static void warn_left(const struct app *app, const struct detach_result *result)
{
	if (result->elsewhere)
		app_note(
			app,
			"xdpctl: warning: %s: it was attached in another network namespace: what was "
			"prepared for it there stays",
			result->link.name);
	if (result->left.count)
		app_note(app, "xdpctl: warning: %s: what was prepared for it could not be undone",
			 result->link.name);
}

static int clear_taps(struct app *app, struct err *err)
{
	const char *ifname = app->word[0];
	bool done;
	int ret = tap_clear(&app->net, ifname, &done, err);

	if (ret)
		return ret;
	app_tell(app, "%s: %s", ifname,
		 done ? "the taps of captures that are gone were taken out"
		      : "no capture left anything");
	if (!app->json)
		return 0;
	sink_object(app->sink, NULL, NULL);
	sink_string(app->sink, "ifname", ifname);
	sink_bool(app->sink, "taps_cleared", done);
	sink_end(app->sink);
	return app_flush_done(app, err);
}

static int run_detach(struct app *app, const void *args, struct err *err)
{
	const struct detach_args *a = args;
	struct detach_result results[XDP_MODES];
	unsigned int count;
	int ret = show_check_hook(a->hook, err);

	if (!ret && a->taps)
		return clear_taps(app, err);
	ret = ret ?: detach(&app->net, app->word[0], a->force, results, &count, err);
	if (ret)
		return ret;
	for (unsigned int i = 0; i < count; i++)
		app_tell(app, "%s: program %u \"%s\" taken off (%s mode)%s%s", results[i].link.name,
			 results[i].prog_id, results[i].name, xdp_mode_name(results[i].mode),
			 results[i].undone.count ? ", preparations undone" : "",
			 results[i].receives ? "; a pass program stays for what is redirected to it"
					     : "");
	for (unsigned int i = 0; i < count; i++)
		warn_left(app, &results[i]);
	if (!app->json)
		return 0;
	sink_list(app->sink, NULL, NULL);
	for (unsigned int i = 0; i < count; i++)
		show_result(app, &results[i]);
	sink_end(app->sink);
	return app_flush_done(app, err);
}

const struct command command_detach = {
	.name = "detach",
	.words = "IFACE",
	.help = "take the pipeline off an interface and undo what was prepared for it",
	.options = detach_options,
	.args_size = sizeof(struct detach_args),
	.min_words = 1,
	.max_words = 1,
	.run = run_detach,
};
