/* SPDX-License-Identifier: GPL-2.0-only */
#include "capture_output.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "packet_text.h"
#include "stage.h"

#define NS	  1000000000ULL
#define WRITE_OUT (NS / 10) /* busy lines are written out this often */

/* ---- a file */

/* What verdict and target do not tell already; NULL if there is nothing. */
static const char *reason_worth_saying(const struct capture_head *head, const char *target)
{
	unsigned int reason = OUTCOME_REASON(head->outcome);
	const char *name = reason_name(reason);

	if (target[0] || reason == REASON_end_of_pipeline || reason == REASON_stolen ||
	    strcmp(name, verdict_name(OUTCOME_VERDICT(head->outcome))) == 0)
		return NULL;
	return name;
}

static const struct capture_remark *remark_of(struct capture_output *out,
					      const struct capture_head *head)
{
	uint32_t of = (head->outcome + 1u) << 16 | head->target;
	struct capture_remark *remark = &out->remark[(of >> 16 ^ of) % CAPTURE_REMARKS];
	char target[CAPTURE_TARGET];

	if (remark->of == of)
		return remark;
	remark->of = of;
	capture_target(out->capture, head, target);
	remark->reason = reason_worth_saying(head, target);
	snprintf(remark->text, sizeof(remark->text), "%s%s", target[0] ? "to " : "", target);
	return remark;
}

static int write_packet(struct capture_output *out, const struct feed_packet *packet,
			struct err *err)
{
	const struct capture_head *head = &packet->head;
	struct pcapfile_packet record = {
		.time_ns = capture_wall(out->capture, head->time),
		.length = head->length,
		.captured = head->captured,
		.queue = head->queue,
		.has_queue = true,
		.direction = head->direction == CAPTURE_OUT ? PCAPFILE_OUT : PCAPFILE_IN,
	};
	const struct capture_remark *remark;
	uint32_t bytes;
	void *to;

	if (capture_verdict(head) >= 0) {
		remark = remark_of(out, head);
		record.verdict_of = PCAPFILE_XDP;
		record.verdict = capture_verdict(head);
		record.reason = remark->reason;
		record.remark = remark->text[0] ? remark->text : NULL;
	}
	to = pcapfile_reserve(out->file, &record, &bytes, err);
	if (!to)
		return err->errnum ? -err->errnum : -1;
	memcpy(to, packet->data, bytes);
	pcapfile_commit(out->file);
	return 0;
}

/* ---- lines */

static void time_text(uint64_t ns, char out[static 32])
{
	time_t seconds = (time_t)(ns / NS);
	struct tm local;

	localtime_r(&seconds, &local);
	snprintf(out, 32, "%02d:%02d:%02d.%09llu", local.tm_hour, local.tm_min, local.tm_sec,
		 (unsigned long long)(ns % NS));
}

static void verdict_text(const struct capture_output *out, const struct capture_head *head,
			 struct buf *line)
{
	char target[CAPTURE_TARGET];
	int verdict = capture_verdict(head);
	const char *reason;

	if (head->direction == CAPTURE_OUT)
		buf_text(line, "out");
	else if (verdict >= 0 && OUTCOME_REASON(head->outcome) == REASON_stolen)
		buf_text(line, "stolen");
	else if (verdict < 0)
		buf_text(line, "in");
	else
		buf_text(line, verdict_name((unsigned int)verdict));
	if (verdict < 0)
		return;
	if (capture_target(out->capture, head, target)[0])
		buf_format(line, " to %s", target);
	reason = reason_worth_saying(head, target);
	if (reason)
		buf_format(line, " (%s)", reason);
}

static const char *text_of(struct capture_output *out, const struct feed_packet *packet)
{
	char time[32];

	buf_clear(&out->line);
	time_text(capture_wall(out->capture, packet->head.time), time);
	buf_format(&out->line, "%s ", time);
	verdict_text(out, &packet->head, &out->line);
	buf_text(&out->line, "  ");
	packet_text(packet->data, packet->head.captured, packet->head.length, &out->line);
	return buf_string(&out->line);
}

static void put_packet(struct capture_output *out, const struct feed_packet *packet)
{
	const struct capture_head *head = &packet->head;
	struct sink *sink = out->app->sink;
	int verdict = capture_verdict(head);
	char target[CAPTURE_TARGET];
	struct dissected parts;

	sink_seconds(sink, "time", capture_wall(out->capture, head->time));
	sink_string(sink, "direction", head->direction == CAPTURE_OUT ? "out" : "in");
	sink_u64(sink, "queue", head->queue, UNIT_NONE);
	sink_u64(sink, "length", head->length, UNIT_NONE);
	sink_u64(sink, "captured", head->captured, UNIT_NONE);
	sink_string(sink, "verdict", verdict < 0 ? NULL : verdict_name((unsigned int)verdict));
	sink_string(sink, "reason", capture_reason(head));
	capture_target(out->capture, head, target);
	sink_string(sink, "target", target[0] ? target : NULL);
	dissect(packet->data, head->captured, head->length, &parts);
	packet_fields(sink, &parts);
}

static void show_packet(struct capture_output *out, const struct feed_packet *packet)
{
	struct app *app = out->app;

	out->waits++;
	sink_object(app->sink, NULL, app->json ? NULL : text_of(out, packet));
	if (app->json)
		put_packet(out, packet);
	sink_end(app->sink);
	sink_line(app->sink);
}

/* Lines that were written before a failure are counted with those that were not. */
static int write_out(struct capture_output *out, struct err *err)
{
	int ret = out->failed ? 0 : app_write(out->app, err);

	if (ret || out->failed)
		out->lost += out->waits;
	else
		out->shown += out->waits;
	out->waits = 0;
	out->failed |= ret != 0;
	return ret;
}

/* ---- both */

int capture_output_packet(struct capture_output *out, const struct feed_packet *packet,
			  struct err *err)
{
	if (out->file)
		return write_packet(out, packet, err);
	if (out->failed)
		out->lost++;
	else
		show_packet(out, packet);
	return 0;
}

bool capture_output_is_due(const struct capture_output *out)
{
	return out->file || (out->waits && clock_ns(CLOCK_MONOTONIC) >= out->next);
}

int capture_output_tick(struct capture_output *out, struct err *err)
{
	if (out->file)
		return pcapfile_tick(out->file, clock_ns(CLOCK_REALTIME), err);
	out->next = clock_ns(CLOCK_MONOTONIC) + WRITE_OUT;
	return write_out(out, err);
}

int capture_output_close(struct capture_output *out, const struct capture_counts *counts,
			 struct err *err)
{
	uint64_t lost = counts->full + counts->uncopied + counts->xsk + counts->kernel;
	const struct pcapfile_counts at_interface = { .received = counts->seen,
						      .accepted = counts->matched,
						      .missed = lost };

	if (!out->file)
		return write_out(out, err);
	pcapfile_count(out->file, 0, &at_interface);
	return pcapfile_close(out->file, clock_ns(CLOCK_REALTIME), &out->stats, err);
}

uint64_t capture_output_written(const struct capture_output *out)
{
	return out->file ? out->stats.written : out->shown;
}

uint64_t capture_output_lost(const struct capture_output *out)
{
	return out->file ? out->stats.lost_write : out->lost;
}
