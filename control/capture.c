/* SPDX-License-Identifier: GPL-2.0-only */
#include "capture.h"

#include <errno.h>
#include <linux/membarrier.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "capture_part.h"
#include "signals.h"

void capture_add_note(struct capture *capture, const char *fmt, ...)
{
	va_list args;

	if (capture->notes == CAPTURE_NOTES)
		return;
	va_start(args, fmt);
	vsnprintf(capture->note[capture->notes++], CAPTURE_NOTE, fmt, args);
	va_end(args);
}

const char *capture_note(const struct capture *capture, unsigned int number)
{
	return number < capture->notes ? capture->note[number] : NULL;
}

const char *capture_feed_text(const struct capture *capture)
{
	return capture->feed;
}

/* ---- the keeper's task */

static int watch_site(struct capture *capture, struct err *err)
{
	if (tap_beat(&capture->site))
		return err_set(err, ERR_CONFLICT, EOWNERDEAD, capture->link.name,
			       "its tap was taken out: the capture had stood still");
	return tap_check(&capture->site, err);
}

static int watch(void *context, struct err *err)
{
	struct capture *capture = context;
	struct link link;
	int ret;

	for (int hook = 0; hook < TC_HOOKS; hook++)
		tap_tc_beat(&capture->tc[hook]);
	if (capture->entered)
		ret = watch_site(capture, err);
	else
		ret = link_by_index(&capture->net->route, capture->link.ifindex, &link, err);
	if (ret && err->code == ERR_NOT_FOUND)
		return err_set(err, ERR_NOT_FOUND, ENODEV, capture->link.name,
			       "the interface is gone");
	return ret;
}

/* No program that was there before is running any more: synchronize_rcu(), which waits for
 * everything that runs with softirqs off, too. */
static void wait_for_programs(void)
{
	syscall(__NR_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
}

static void read_report(const struct capture *capture, struct capture_report *out)
{
	*out = (struct capture_report){ 0 };
	if (capture->xdp.fd > 0) {
		tap_sum(capture->xdp.counts, &out->xdp);
		out->xdp.seen = tap_seen(&capture->site);
	}
	if (capture->entered && capture->site.counts > 0)
		tap_sum(capture->site.counts, &out->steal);
	for (int hook = 0; hook < TC_HOOKS; hook++) {
		if (capture->tc[hook].fd > 0)
			tap_sum(capture->tc[hook].counts, &out->tc[hook]);
	}
}

int capture_leave(struct capture *capture, struct capture_report *report, struct err *err)
{
	struct err first = { 0 }, next = { 0 };
	int ret = 0, one;

	for (int hook = 0; hook < TC_HOOKS; hook++) {
		one = tc_detach(capture->net, &capture->tc_tap[hook], ret ? &next : &first);
		ret = ret ?: one;
	}
	if (capture->entered) {
		one = tap_leave(&capture->site, ret ? &next : &first);
		ret = ret ?: one;
	}
	wait_for_programs();
	read_report(capture, report);
	if (ret && err)
		*err = first;
	return ret;
}

static int keeper_leave(void *context, void *report, struct err *err)
{
	struct capture_report counts;
	int ret = capture_leave(context, &counts, err);

	memcpy(report, &counts, sizeof(counts));
	return ret;
}

/* ---- open and close */

static int check_options(const struct capture_options *options, struct err *err)
{
	if (options->steal && (options->out || !options->in)) {
		err_set(err, ERR_USAGE, EINVAL, "--steal", "takes packets that arrive, no others");
		return err_hint(err, "leave --direction out");
	}
	if (options->steal && (options->via != CAPTURE_VIA_AUTO && options->via != CAPTURE_VIA_XSK))
		return err_set(err, ERR_USAGE, EINVAL, "--steal", "works by AF_XDP alone");
	return 0;
}

static int prepare(struct capture *capture, struct err *err)
{
	const struct capture_options *options = &capture->options;
	int ret = check_options(options, err);

	ret = ret ?: link_by_name(&capture->net->route, options->ifname, &capture->link, err);
	capture->filter = options->filter;
	return ret;
}

/* The keeper detaches from TC; BPF links go when the last process that holds them closes them. */
static void let_go_of_links(struct capture *capture)
{
	for (int hook = 0; hook < TC_HOOKS; hook++) {
		struct tc_tap *tap = &capture->tc_tap[hook];

		if (tap->kind == TC_TCX)
			close(tap->link_fd);
		*tap = (struct tc_tap){ 0 };
	}
}

static int start(struct capture *capture, struct err *err)
{
	const struct keeper_job job = { .context = capture, .watch = watch, .end = keeper_leave };
	int ret = 0;

	if (capture->options.in)
		ret = capture_open_in(capture, err);
	if (!ret && capture->options.out)
		ret = capture_open_out(capture, err);
	if (!ret && capture_merge(capture))
		ret = err_set(err, ERR_FAILED, ENOMEM, NULL, "out of memory");
	ret = ret ?: keeper_start(&job, &capture->keeper, err);
	if (!ret)
		let_go_of_links(capture);
	return ret;
}

int capture_open(struct net *net, const struct capture_options *options, struct capture **out,
		 struct err *err)
{
	struct capture *capture = calloc(1, sizeof(*capture));
	sigset_t signals;
	int ret;

	*out = NULL;
	if (!capture)
		return err_set(err, ERR_FAILED, ENOMEM, NULL, "out of memory");
	capture->net = net;
	capture->options = *options;
	capture->keeper.fd = -1;
	ret = prepare(capture, err);
	signals_hold(&signals);
	ret = ret ?: start(capture, err);
	if (ret)
		capture_close(capture);
	else
		*out = capture;
	signals_release(&signals);
	return ret;
}

int capture_check(struct capture *capture, struct err *err)
{
	int ret = capture->ended ? 0 : keeper_check(&capture->keeper, err);

	return ret == -ECHILD ? err_set(err, ERR_FAILED, ECHILD, capture->link.name,
					"the process that keeps its tap is gone")
			      : ret;
}

/* Packet sockets are the process's own: it ends them itself. */
static void end_live(struct capture *capture)
{
	bool any = false;

	for (int i = 0; i < CAPTURE_DIRECTIONS; i++) {
		if (!capture->live[i])
			continue;
		livefeed_stop(capture->live[i]);
		any = true;
	}
	if (any)
		usleep(LIVEFEED_LAST_MS * 1000);
}

int capture_end(struct capture *capture, struct err *err)
{
	unsigned char report[KEEPER_REPORT];
	int ret;

	if (capture->ended)
		return 0;
	capture->ended = true;
	end_live(capture);
	ret = keeper_end(&capture->keeper, report, err);
	if (ret == -ECHILD && capture->entered)
		tap_adopt(&capture->site);
	if (ret == -ECHILD)
		return capture_leave(capture, &capture->report, err);
	memcpy(&capture->report, report, sizeof(capture->report));
	return ret;
}

void capture_close(struct capture *capture)
{
	if (!capture)
		return;
	capture_end(capture, NULL);
	merge_free(&capture->merge);
	xskfeed_close(capture->xsk);
	for (int i = 0; i < CAPTURE_DIRECTIONS; i++)
		livefeed_close(capture->live[i]);
	for (int hook = 0; hook < TC_HOOKS; hook++)
		tap_program_close(&capture->tc[hook]);
	tap_program_close(&capture->xdp);
	tap_rings_close(&capture->rings);
	if (capture->entered)
		tap_close(&capture->site);
	free(capture);
}
