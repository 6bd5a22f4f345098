/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "app.h"
#include "attach.h"
#include "show.h"

struct attach_args {
	struct attach_request request;
	int mode; /* index into the choices */
	const char *hook;
	bool jumbo, no_count, no_prepare, replace, force, dry_run;
};

_Static_assert(sizeof(struct attach_args) <= APP_ARGS, "room for the arguments");

static const char *const mode_names[] = { "auto", "drv", "skb", "hw", NULL };

static const struct field attach_options[] = {
	{ .type = FIELD_CHOICE,
	  .name = "mode",
	  .value = "auto|drv|skb|hw",
	  .offset = offsetof(struct attach_args, mode),
	  .choices = mode_names,
	  .help = "where it runs: driver, generic, device; auto: drv if it can, else skb" },
	{ .type = FIELD_FLAG,
	  .name = "replace",
	  .offset = offsetof(struct attach_args, replace),
	  .help = "displace what is attached, atomically; keeps an xdpctl's maps" },
	{ .type = FIELD_FLAG,
	  .name = "dry-run",
	  .offset = offsetof(struct attach_args, dry_run),
	  .help = "check, load and say what would be done, but change nothing" },
	{ .type = FIELD_FLAG,
	  .name = "jumbo",
	  .offset = offsetof(struct attach_args, jumbo),
	  .help = "take frames of several buffers even if the MTU needs none now" },
	{ .type = FIELD_FLAG,
	  .name = "no-count",
	  .offset = offsetof(struct attach_args, no_count),
	  .help = "leave the counters out" },
	{ .type = FIELD_FLAG,
	  .name = "no-prepare",
	  .offset = offsetof(struct attach_args, no_prepare),
	  .help = "change no other device and no offload, even if packets are lost" },
	{ .type = FIELD_FLAG,
	  .name = "force",
	  .offset = offsetof(struct attach_args, force),
	  .help = "attach though frames may be too long for a port; they are counted" },
	{ .type = FIELD_TEXT,
	  .name = "hook",
	  .value = "xdp",
	  .offset = offsetof(struct attach_args, hook),
	  .help = "where packets are seen; this version has xdp" },
	{ .type = FIELD_END },
};

static int start_stage(struct attach_request *request, const char *name, struct err *err)
{
	const struct stage *stage = stage_by_name(name);

	if (!stage) {
		err_set(err, ERR_USAGE, EINVAL, name, "no such stage");
		return err_hint(err, "`xdpctl help attach` lists them");
	}
	if (request->uses == PIPELINE_STAGES)
		return err_set(err, ERR_USAGE, E2BIG, name, "a pipeline has at most %d stages",
			       PIPELINE_STAGES);
	request->use[request->uses++].stage = stage;
	return 0;
}

static int add_word(struct stage_use *use, const char *word, struct err *err)
{
	const struct stage *stage = use->stage;

	if (use->words == stage->max_words) {
		err_set(err, ERR_USAGE, E2BIG, stage->name,
			"\"%s\" is one argument too many, it takes at most %u", word,
			stage->max_words);
		return err_hint(err, "usage: %s %s; `then` starts the next stage", stage->name,
				stage->words);
	}
	if (strlen(word) >= STAGE_WORD_TEXT)
		return err_set(err, ERR_USAGE, E2BIG, stage->name, "\"%.40s...\" is too long",
			       word);
	snprintf(use->word[use->words++], STAGE_WORD_TEXT, "%s", word);
	return 0;
}

static int end_stage(const struct attach_request *request, struct err *err)
{
	const struct stage_use *use = &request->use[request->uses - 1];

	if (use->words >= use->stage->min_words)
		return 0;
	err_set(err, ERR_USAGE, EINVAL, use->stage->name, "an argument is missing");
	return err_hint(err, "usage: %s %s", use->stage->name, use->stage->words);
}

static int take_word(struct attach_request *request, const char *word, bool *then, struct err *err)
{
	int ret;

	if (!request->ifname) {
		request->ifname = word;
		return 0;
	}
	if (*then) {
		*then = false;
		return start_stage(request, word, err);
	}
	if (strcmp(word, "then") != 0)
		return add_word(&request->use[request->uses - 1], word, err);
	ret = end_stage(request, err);
	*then = true;
	return ret;
}

/* IFACE STAGE [ARG...] [then STAGE [ARG...]]...: an option belongs to the stage it follows if that
 * has it, else to the command. */
static int parse_attach(struct app *app, void *args, int argc, char **argv, struct err *err)
{
	struct attach_args *a = args;
	struct attach_request *request = &a->request;
	bool then = true, ended = false;
	int ret;

	for (int i = 0; i < argc; i++) {
		struct stage_use *use = request->uses ? &request->use[request->uses - 1] : NULL;
		const struct option_scope scopes[] = {
			{ use && !then ? use->stage->options : NULL, use ? use->args : NULL },
			{ attach_options, a },
			{ global_options, app },
		};

		ret = ended ? 0 : option_take(scopes, 3, argc, argv, &i, err);
		if (ret == 0 && !ended && strcmp(argv[i], "--") == 0) {
			ended = true;
			continue;
		}
		if (ret == 0)
			ret = take_word(request, argv[i], &then, err);
		if (ret < 0)
			return ret;
	}
	if (!request->ifname || then) {
		err_set(err, ERR_USAGE, EINVAL, "attach", "%s is missing",
			request->ifname ? "a stage" : "an interface");
		return err_hint(err, "usage: xdpctl attach %s", command_attach.words);
	}
	return end_stage(request, err);
}

static void show_refused(struct app *app, const struct attach_result *result)
{
	bool any = false;

	for (enum xdp_mode mode = 0; mode < XDP_MODES; mode++)
		any |= result->refused[mode].code != ERR_NONE;
	sink_list(app->sink, "refused", any ? NULL : "-");
	for (enum xdp_mode mode = 0; mode < XDP_MODES; mode++) {
		const struct err *err = &result->refused[mode];

		if (err->code == ERR_NONE)
			continue;
		sink_object(app->sink, NULL, NULL);
		sink_string(app->sink, "mode", xdp_mode_name(mode));
		sink_string(app->sink, "object", err->object);
		sink_string(app->sink, "message", err->message);
		sink_end(app->sink);
	}
	sink_end(app->sink);
}

static void show_result(struct app *app, const struct attach_result *result, bool dry_run)
{
	struct sink *sink = app->sink;

	sink_object(sink, NULL, NULL);
	sink_string(sink, "ifname", result->link.name);
	sink_u64(sink, "ifindex", result->link.ifindex, UNIT_NONE);
	sink_string(sink, "hook", "xdp");
	sink_string(sink, "mode", xdp_mode_name(result->mode));
	sink_u64(sink, "prog_id", result->prog_id, UNIT_NONE);
	if (result->replaced)
		sink_u64(sink, "replaced", result->replaced, UNIT_NONE);
	else
		sink_string(sink, "replaced", NULL);
	sink_bool(sink, "dry_run", dry_run);
	show_stages(app, &result->cfg);
	show_preparations(app, "prepared", &result->prepared);
	show_notes(app, "warnings", &result->plan);
	show_refused(app, result);
	sink_end(sink);
}

/* For a person: sentences instead of a table. */
static void tell_result(struct app *app, const struct attach_result *result, bool dry_run)
{
	const char *name = result->link.name;
	char text[64], port[STAGE_WORD_TEXT];
	struct stage_env env = control_env(&app->net, 0);

	for (enum xdp_mode mode = 0; mode < XDP_MODES; mode++) {
		if (result->refused[mode].code)
			app_tell(app, "%s: not in %s mode: %s: %s", name, xdp_mode_name(mode),
				 result->refused[mode].object, result->refused[mode].message);
	}
	app_tell(app, "%s: %s in %s mode, program %u%s", name,
		 dry_run ? "would be attached" : "attached", xdp_mode_name(result->mode),
		 result->prog_id, dry_run ? " (loaded, then dropped)" : "");
	for (uint32_t i = 0; i < result->prepared.count; i++) {
		const struct preparation *item = &result->prepared.item[i];

		app_tell(app, "%s%s: %s %s, until detach",
			 env.name_of(env.context, item->port, port), item->at_peer ? "'s peer" : "",
			 dry_run ? "would get" : "has now",
			 preparation_text(item, text, sizeof(text)));
	}
	for (unsigned int i = 0; i < result->plan.notes; i++)
		app_note(app, "xdpctl: warning: %s", result->plan.note[i]);
}

static int run_attach(struct app *app, const void *args, struct err *err)
{
	const struct attach_args *a = args;
	struct attach_result results[ATTACH_LEGS];
	struct attach_request request = a->request;
	unsigned int count;
	int ret;

	ret = show_check_hook(a->hook, err);
	if (ret)
		return ret;
	request.mode = (enum xdp_mode)a->mode;
	request.replace = a->replace;
	request.force = a->force;
	request.jumbo = a->jumbo;
	request.no_count = a->no_count;
	request.no_prepare = a->no_prepare;
	request.dry_run = a->dry_run;
	ret = attach(&app->net, &request, results, &count, err);
	if (ret)
		return ret;
	for (unsigned int i = 0; i < count && !app->json; i++)
		tell_result(app, &results[i], request.dry_run);
	if (!app->json)
		return 0;
	sink_list(app->sink, NULL, NULL);
	for (unsigned int i = 0; i < count; i++)
		show_result(app, &results[i], request.dry_run);
	sink_end(app->sink);
	return app_flush_done(app, err);
}

const struct command command_attach = {
	.name = "attach",
	.words = "IFACE STAGE [ARG...] [then STAGE [ARG...]]...",
	.help = "put a packet pipeline on an interface",
	.text = "Packets that arrive at IFACE go through the stages from left to right; the last one\n"
		"gives the verdict, pass if none does. Without --replace a program that is there\n"
		"is never displaced. Other devices are prepared so that no packet is lost (offloads\n"
		"of a veth's peer, a pass program where a driver needs one); detach undoes it.",
	.options = attach_options,
	.args_size = sizeof(struct attach_args),
	.parse = parse_attach,
	.run = run_attach,
};
