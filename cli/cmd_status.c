/* SPDX-License-Identifier: GPL-2.0-only */
#include "app.h"
#include "show.h"
#include "status.h"

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

static int run_status(struct app *app, const void *args, struct err *err)
{
	struct status_row *rows;
	unsigned int count;
	int ret;

	(void)args;
	ret = status_read(&app->net, app->words ? app->word[0] : NULL, &rows, &count, err);
	if (ret)
		return ret;
	sink_list(app->sink, NULL, NULL);
	for (unsigned int i = 0; i < count; i++)
		show_row(app, &rows[i]);
	sink_end(app->sink);
	if (!count && !app->json)
		app_note(app, "nothing is attached%s%s", app->words ? " to " : "",
			 app->words ? app->word[0] : "");
	status_free(rows, count);
	return app_flush(app, err);
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
