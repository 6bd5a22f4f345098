/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdio.h>
#include <stdlib.h>

#include "app.h"
#include "show.h"
#include "status.h"
#include "tap_load.h"
#include "tc.h"

static const char *role_name(const struct program *program)
{
	if (program->owner != OWNER_XDPCTL)
		return NULL;
	return program->cfg.role == ROLE_RECEIVER ? "receiver" : "pipeline";
}

static void show_row(struct app *app, const struct status_row *row)
{
	const struct program *program = &row->program;
	bool ours = program->owner == OWNER_XDPCTL;
	struct sink *sink = app->sink;

	sink_object(sink, NULL, NULL);
	sink_string(sink, "ifname", row->link.name);
	sink_u64(sink, "ifindex", row->link.ifindex, UNIT_NONE);
	sink_string(sink, "hook", "xdp");
	sink_string(sink, "mode", xdp_mode_name(row->mode));
	sink_u64(sink, "prog_id", program->id, UNIT_NONE);
	sink_string(sink, "prog_name", program->name);
	sink_string(sink, "tag", program->tag);
	sink_string(sink, "owner", program->owner == OWNER_FOREIGN ? "foreign" : "xdpctl");
	if (app->json)
		sink_string(sink, "role", role_name(program));
	if (app->json)
		sink_bool(sink, "multi_buffer", ours && program->cfg.frags);
	show_stages(app, ours ? &program->cfg : NULL);
	sink_u64(sink, "packets", row->total.packets, UNIT_NONE);
	sink_u64(sink, "bytes", row->total.bytes, UNIT_BYTES);
	show_captures(app, program);
	if (app->json || row->prepared.count)
		show_preparations(app, "prepared", &row->prepared);
	if (app->json || row->health.notes)
		show_notes(app, "warnings", &row->health);
	sink_end(sink);
}

/* The program of a capture on a hook of TC: the same keys. */
static void show_tap(struct app *app, const struct link *link, const struct tc_entry *entry)
{
	struct plan health = { .notes = tap_tc_is_dead(entry->at.prog_id) };
	struct program program = { .fd = -1 };
	struct preparations none = { 0 };
	struct sink *sink = app->sink;

	if (program_open(entry->at.prog_id, &program, NULL))
		return;
	snprintf(
		health.note[0], PLAN_NOTE,
		"%.40s: a capture ended without taking its program off; `xdpctl detach %.40s --taps` "
		"does",
		link->name, link->name);
	sink_object(sink, NULL, NULL);
	sink_string(sink, "ifname", link->name);
	sink_u64(sink, "ifindex", link->ifindex, UNIT_NONE);
	sink_string(sink, "hook", tc_hook_name(entry->at.hook));
	sink_string(sink, "mode", entry->kind == TC_TCX ? "tcx" : "clsact");
	sink_u64(sink, "prog_id", program.id, UNIT_NONE);
	sink_string(sink, "prog_name", program.name);
	sink_string(sink, "tag", program.tag);
	sink_string(sink, "owner", "xdpctl");
	if (app->json) {
		sink_string(sink, "role", "capture");
		sink_bool(sink, "multi_buffer", true);
	}
	show_stages(app, NULL);
	sink_u64(sink, "packets", 0, UNIT_NONE);
	sink_u64(sink, "bytes", 0, UNIT_BYTES);
	if (app->json) {
		sink_list(sink, "captures", NULL);
		sink_end(sink);
		show_preparations(app, "prepared", &none);
	}
	if (app->json || health.notes)
		show_notes(app, "warnings", &health);
	sink_end(sink);
	program_close(&program);
}

static int show_taps(struct app *app, const char *ifname, unsigned int *shown, struct err *err)
{
	struct link one, *links = &one;
	unsigned int count = 1, entries;
	struct tc_entry *entry;
	int ret;

	if (ifname)
		ret = link_by_name(&app->net.route, ifname, &one, err);
	else
		ret = link_dump(&app->net.route, &links, &count, err);
	for (unsigned int i = 0; i < count && !ret; i++) {
		/* what cannot be asked there (a kernel without TC, a device without) has none */
		if (tc_list(&app->net, &links[i], &entry, &entries, NULL))
			continue;
		for (unsigned int k = 0; k < entries; k++)
			show_tap(app, &links[i], &entry[k]);
		*shown += entries;
		free(entry);
	}
	if (!ifname && !ret)
		free(links);
	return ret;
}

static int run_status(struct app *app, const void *args, struct err *err)
{
	struct status_row *rows;
	unsigned int count, shown = 0;
	int ret;

	(void)args;
	ret = status_read(&app->net, app->words ? app->word[0] : NULL, &rows, &count, err);
	if (ret)
		return ret;
	sink_list(app->sink, NULL, NULL);
	for (unsigned int i = 0; i < count; i++)
		show_row(app, &rows[i]);
	ret = show_taps(app, app->words ? app->word[0] : NULL, &shown, err);
	sink_end(app->sink);
	if (!count && !shown && !app->json && !ret)
		app_note(app, "nothing is attached%s%s", app->words ? " to " : "",
			 app->words ? app->word[0] : "");
	status_free(rows, count);
	return ret ?: app_flush(app, err);
}

const struct command command_status = {
	.name = "status",
	.words = "[IFACE]",
	.help = "show what is attached, whose it is and what it does",
	.text = "Everything is read from the kernel. Warnings name what loses packets now: a port\n"
		"that is down or gone, an offload that was switched back.",
	.max_words = 1,
	.run = run_status,
};
