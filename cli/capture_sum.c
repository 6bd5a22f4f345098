/* SPDX-License-Identifier: GPL-2.0-only */
#include "capture_sum.h"

#include <inttypes.h>
#include <stdio.h>

#include "buf.h"

static void put_begin(const char *ifname, const struct capture *capture)
{
	struct sink *json = sink_json_new(stderr);
	const char *note;

	if (!json)
		return;
	sink_object(json, NULL, NULL);
	sink_string(json, "capturing", ifname);
	sink_string(json, "feed", capture_feed_text(capture));
	sink_list(json, "warnings", NULL);
	for (unsigned int i = 0; (note = capture_note(capture, i)); i++)
		sink_string(json, NULL, note);
	sink_end(json);
	sink_end(json);
	sink_flush(json);
	sink_free(json);
}

void capture_tell_begin(const struct app *app, const char *ifname, const struct capture *capture)
{
	const char *note;

	if (app->json && !app->quiet) {
		put_begin(ifname, capture);
		return;
	}
	for (unsigned int i = 0; (note = capture_note(capture, i)); i++)
		app_note(app, "xdpctl: warning: %s", note);
	app_note(app, "capturing on %s: %s", ifname, capture_feed_text(capture));
}

static void put_sum(const struct capture_sum *sum)
{
	const struct capture_counts *counts = &sum->counts;
	struct sink *json = sink_json_new(stderr);

	if (!json)
		return;
	sink_object(json, NULL, NULL);
	sink_u64(json, "received", counts->received, UNIT_NONE);
	sink_u64(json, "written", sum->written, UNIT_NONE);
	sink_u64(json, "dropped", sum->dropped, UNIT_NONE);
	if (counts->unseen)
		sink_null(json, "filtered");
	else
		sink_u64(json, "filtered", counts->seen - counts->matched, UNIT_NONE);
	sink_real(json, "seconds", sum->seconds, UNIT_NONE);
	sink_u64(json, "not_written", sum->not_written, UNIT_NONE);
	sink_u64(json, "unwanted", sum->unwanted, UNIT_NONE);
	sink_object(json, "dropped_by", NULL);
	sink_u64(json, "ring_full", counts->full, UNIT_NONE);
	sink_u64(json, "not_copied", counts->uncopied, UNIT_NONE);
	sink_u64(json, "af_xdp", counts->xsk, UNIT_NONE);
	sink_u64(json, "af_packet", counts->kernel, UNIT_NONE);
	sink_end(json);
	sink_end(json);
	sink_flush(json);
	sink_free(json);
}

static void add_part(struct buf *line, uint64_t count, const char *what)
{
	if (count)
		buf_format(line, ", %" PRIu64 " %s", count, what);
}

static void print_sum(const struct capture_sum *sum)
{
	const struct capture_counts *counts = &sum->counts;
	struct buf line = { 0 };

	buf_format(&line, "%" PRIu64 " packet%s received in %.1f s, %" PRIu64 " written",
		   counts->received, counts->received == 1 ? "" : "s", sum->seconds, sum->written);
	add_part(&line, sum->not_written, "not written");
	add_part(&line, sum->unwanted, "more than wanted");
	buf_format(&line, ", %" PRIu64 " dropped", sum->dropped);
	add_part(&line, counts->full, "because the ring buffer was full");
	add_part(&line, counts->uncopied, "because they could not be copied");
	add_part(&line, counts->xsk, "on the way to AF_XDP sockets");
	add_part(&line, counts->kernel, "by the kernel's AF_PACKET buffer");
	if (!counts->unseen)
		buf_format(&line, ", %" PRIu64 " filtered out", counts->seen - counts->matched);
	fprintf(stderr, "%s\n", buf_string(&line));
	buf_free(&line);
}

void capture_tell_sum(const struct app *app, const struct capture_sum *sum)
{
	if (app->quiet && !sum->dropped && !sum->not_written)
		return;
	if (app->json)
		put_sum(sum);
	else
		print_sum(sum);
}
