/* SPDX-License-Identifier: GPL-2.0-only */
#include "show.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "attach.h"
#include "genl.h"
#include "stage.h"
#include "text.h"

#define LINE 512

static void append(char line[static LINE], const char *before, const char *text)
{
	size_t used = strlen(line);

	snprintf(line + used, LINE - used, "%s%s", used ? before : "", text);
}

/* An option as it stands on a command line, if it was given. */
static void append_option(char line[static LINE], const struct field *field, const void *args)
{
	char value[128], option[192];

	field_text(field, args, value, sizeof(value));
	if (!value[0] || strcmp(value, "false") == 0 || strcmp(value, "0") == 0 ||
	    (field->type == FIELD_CHOICE && strcmp(value, field->choices[0]) == 0))
		return;
	snprintf(option, sizeof(option), "--%s%s%s", field->name, field->value ? " " : "",
		 field->value ? value : "");
	append(line, " ", option);
}

static void recall(struct app *app, const struct pipeline_cfg *cfg, const struct stage *stage,
		   struct stage_use *use)
{
	struct stage_env env = control_env(&app->net, cfg->ifindex);

	if (cfg->netns && app->net.id && cfg->netns != app->net.id)
		env.context = NULL; /* its numbers mean other interfaces here */
	memset(use, 0, sizeof(*use));
	use->stage = stage;
	if (stage->recall)
		stage->recall(cfg, &env, use);
}

static void describe(struct app *app, const struct pipeline_cfg *cfg, const struct stage **list,
		     unsigned int n, char line[static LINE])
{
	struct stage_use use;

	line[0] = '\0';
	for (unsigned int i = 0; i < n; i++) {
		recall(app, cfg, list[i], &use);
		append(line, " then ", list[i]->name);
		for (unsigned int w = 0; w < use.words; w++)
			append(line, " ", use.word[w]);
		for (const struct field *f = list[i]->options; f && f->type != FIELD_END; f++)
			append_option(line, f, use.args);
	}
}

static void show_option(struct sink *sink, const struct field *field, const void *args)
{
	const void *place = (const char *)args + field->offset;
	char key[64], text[128];

	snprintf(key, sizeof(key), "%s", field->name);
	for (char *c = key; *c; c++)
		*c = *c == '-' ? '_' : *c;
	field_text(field, args, text, sizeof(text));
	if (field->type == FIELD_FLAG)
		sink_bool(sink, key, *(const bool *)place);
	else if (field->type == FIELD_COUNT)
		sink_u64(sink, key, *(const uint64_t *)place, UNIT_NONE);
	else
		sink_string(sink, key, text[0] ? text : NULL);
}

static void show_stage(struct app *app, const struct pipeline_cfg *cfg, const struct stage *stage)
{
	struct stage_use use;

	recall(app, cfg, stage, &use);
	sink_object(app->sink, NULL, NULL);
	sink_string(app->sink, "name", stage->name);
	sink_object(app->sink, "args", NULL);
	if (stage->words_key) {
		sink_list(app->sink, stage->words_key, NULL);
		for (unsigned int w = 0; w < use.words; w++)
			sink_string(app->sink, NULL, use.word[w]);
		sink_end(app->sink);
	}
	for (const struct field *f = stage->options; f && f->type != FIELD_END; f++)
		show_option(app->sink, f, use.args);
	sink_end(app->sink);
	sink_end(app->sink);
}

void show_stages(struct app *app, const struct pipeline_cfg *cfg)
{
	const struct stage *list[PIPELINE_STAGES];
	unsigned int n = cfg ? stage_list(cfg, list) : 0;
	char line[LINE] = "";

	if (cfg)
		describe(app, cfg, list, n, line);
	sink_list(app->sink, "stages", line[0] ? line : "-");
	for (unsigned int i = 0; i < n; i++)
		show_stage(app, cfg, list[i]);
	sink_end(app->sink);
}

void show_notes(struct app *app, const char *key, const struct plan *plan)
{
	sink_list(app->sink, key, plan->notes ? NULL : "-");
	for (unsigned int i = 0; i < plan->notes; i++)
		sink_string(app->sink, NULL, plan->note[i]);
	sink_end(app->sink);
}

static void show_preparation(struct app *app, const struct preparation *item)
{
	struct stage_env env = control_env(&app->net, 0);
	char text[64], port[STAGE_WORD_TEXT];

	sink_object(app->sink, NULL, NULL);
	sink_string(app->sink, "port", env.name_of(env.context, item->port, port));
	sink_bool(app->sink, "at_peer", item->at_peer);
	sink_u64(app->sink, "device", item->device, UNIT_NONE);
	sink_string(app->sink, "change", preparation_text(item, text, sizeof(text)));
	sink_list(app->sink, "features", "");
	for (enum offload o = 0; o < OFFLOADS; o++) {
		if (item->offloads & OFFLOAD_BIT(o))
			sink_string(app->sink, NULL, offload_name(o));
	}
	sink_end(app->sink);
	sink_end(app->sink);
}

static void preparations_line(struct app *app, const struct preparations *list,
			      char line[static LINE])
{
	struct stage_env env = control_env(&app->net, 0);
	char text[64], port[STAGE_WORD_TEXT], item[256];

	line[0] = '\0';
	for (uint32_t i = 0; i < list->count; i++) {
		snprintf(item, sizeof(item), "%s%s: %s",
			 env.name_of(env.context, list->item[i].port, port),
			 list->item[i].at_peer ? "'s peer" : "",
			 preparation_text(&list->item[i], text, sizeof(text)));
		append(line, ", ", item);
	}
	if (!list->count)
		append(line, "", "-");
}

void show_preparations(struct app *app, const char *key, const struct preparations *list)
{
	char line[LINE];

	preparations_line(app, list, line);
	sink_list(app->sink, key, line);
	for (uint32_t i = 0; i < list->count; i++)
		show_preparation(app, &list->item[i]);
	sink_end(app->sink);
}

/* The other hooks have their names already, so that they are told from a slip of the pen. */
int show_check_hook(const char *hook, struct err *err)
{
	bool later = hook && (strcmp(hook, "tc-ingress") == 0 || strcmp(hook, "tc-egress") == 0);

	if (!hook || strcmp(hook, "xdp") == 0)
		return 0;
	err_set(err, later ? ERR_UNSUPPORTED : ERR_USAGE, later ? EOPNOTSUPP : EINVAL, hook,
		later ? "this version of xdpctl does not have this hook" : "no such hook");
	return err_hint(err, "leave --hook out to attach at xdp");
}
