/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "capture_part.h"
#include "clock.h"

#define MS 1000000ULL

/* How late a packet may come into its feed after its time was taken: a program that runs, a batch
 * that the kernel flushes; libpcap's block. */
#define LATE_NS	     (1 * MS)
#define LATE_LIVE_NS (2 * LIVEFEED_DELAY_MS * MS)

#define PAUSE_MOST     0.005 /* seconds */
#define PAUSE_MOST_XSK 0.001 /* its rings are shorter: 16384 packets */
#define PAUSE_LEAST    0.0001

uint64_t capture_wall(const struct capture *capture, uint64_t time)
{
	return time + (uint64_t)capture->wall.ns;
}

/* ---- rounds */

static bool is_live(const struct capture *capture)
{
	return capture->live[0] || capture->live[1];
}

/* The fuller a ring is, the sooner the next round. */
static void adapt(struct capture *capture)
{
	double most = capture->xsk ? PAUSE_MOST_XSK : PAUSE_MOST, fullest = 0;

	for (unsigned int i = 0; i < capture->rings.count; i++) {
		struct ringfeed *ring = capture->rings.ring[i];
		double full = (double)ringfeed_used(ring) / ringfeed_bytes(ring);

		fullest = full > fullest ? full : fullest;
	}
	if (!capture->pause || capture->pause > most)
		capture->pause = most;
	if (fullest > 1.0 / 8)
		capture->pause /= 2;
	else if (fullest < 1.0 / 32)
		capture->pause *= 1.25;
	if (capture->pause > most)
		capture->pause = most;
	if (capture->pause < PAUSE_LEAST)
		capture->pause = PAUSE_LEAST;
}

double capture_pause(const struct capture *capture)
{
	return capture->pause;
}

void capture_round(struct capture *capture)
{
	uint64_t late = is_live(capture) ? LATE_LIVE_NS : LATE_NS;

	capture->round = clock_compare(&capture->wall);
	capture->before = UINT64_MAX;
	if (capture->merge.count > 1 && !capture->ended)
		capture->before = capture->round - late;
	adapt(capture);
	merge_begin(&capture->merge);
}

/* libpcap's, whose header cannot be here: it defines struct bpf_insn again. */
unsigned int bpf_filter(const void *insns, const unsigned char *packet, unsigned int wire_length,
			unsigned int length);

/* What the program left to us. */
static bool is_wanted(struct capture *capture, struct feed_packet *packet)
{
	struct capture_head *head = &packet->head;

	if (!(head->flags & CAPTURE_UNFILTERED))
		return true;
	if (!bpf_filter(capture->filter->insns, packet->data, head->length, head->captured)) {
		capture->refused++;
		return false;
	}
	if (head->captured > capture->options.snaplen)
		head->captured = capture->options.snaplen;
	return true;
}

int capture_next(struct capture *capture, struct feed_packet *out, struct err *err)
{
	int ret;

	do
		ret = merge_next(&capture->merge, capture->before, out);
	while (ret > 0 && !is_wanted(capture, out));
	if (ret > 0) {
		capture->received++;
		if (!out->head.time) /* not newer than what other feeds have in this round */
			out->head.time = capture->round;
		return ret;
	}
	if (ret == -ENODEV || ret == -ENETDOWN)
		return err_set(err, ERR_NOT_FOUND, -ret, capture->link.name,
			       "the interface is gone or was set down");
	if (ret)
		err_set(err, err_code_of(-ret), -ret, capture->link.name, "cannot read on: %s",
			strerror(-ret));
	return ret;
}

void capture_release(struct capture *capture)
{
	merge_release(&capture->merge);
}

/* ---- numbers */

static void add(struct capture_counts *out, const struct tap_counts *counts)
{
	out->seen += counts->seen;
	out->matched += counts->matched;
	out->full += counts->full;
	out->uncopied += counts->uncopied;
}

void capture_counts(const struct capture *capture, struct capture_counts *out)
{
	const struct capture_report *report = &capture->report;
	uint64_t sent = report->xdp.xsk + report->steal.xsk, lost;

	*out = (struct capture_counts){ .received = capture->received };
	add(out, &report->xdp);
	add(out, &report->steal);
	for (int hook = 0; hook < TC_HOOKS; hook++)
		add(out, &report->tc[hook]);
	out->matched -= capture->refused;
	for (int i = 0; i < CAPTURE_DIRECTIONS; i++) {
		struct livefeed_counts live;

		if (!capture->live[i])
			continue;
		livefeed_counts(capture->live[i], &live);
		out->matched += live.received;
		out->seen += live.received;
		out->kernel += live.lost;
		out->unseen = true;
	}
	/* what was sent to a socket and did not come: all else that matched is known */
	lost = out->matched - out->full - out->uncopied - out->kernel - out->received;
	out->xsk = sent && out->matched >= out->received ? lost : 0;
}

/* ---- verdicts */

int capture_verdict(const struct capture_head *head)
{
	if (head->outcome >= COUNTERS)
		return -1;
	return (int)OUTCOME_VERDICT(head->outcome);
}

const char *capture_reason(const struct capture_head *head)
{
	return head->outcome < COUNTERS ? reason_name(OUTCOME_REASON(head->outcome)) : NULL;
}

char *capture_target(const struct capture *capture, const struct capture_head *head,
		     char out[static CAPTURE_TARGET])
{
	unsigned int reason = OUTCOME_REASON(head->outcome);

	out[0] = '\0';
	if (head->outcome >= COUNTERS)
		return out;
	if (reason == REASON_steered)
		snprintf(out, CAPTURE_TARGET, "CPU %u", head->target);
	else if (reason == REASON_redirected)
		snprintf(out, CAPTURE_TARGET, "%s", capture->ports);
	return out;
}
