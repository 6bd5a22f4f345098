/* SPDX-License-Identifier: GPL-2.0-only */
#include "capture_session.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "capture_output.h"
#include "capture_sum.h"
#include "clock.h"
#include "filter.h"
#include "privileges.h"
#include "progress.h"

#define MIB	       (1ULL << 20)
#define BUFFER_DEFAULT 64	 /* MiB */
#define BUFFER_XSK     128	 /* frames of 2 KiB, whatever is in them */
#define PREALLOCATE    (2 * MIB) /* half a millisecond's work on tmpfs, here */
#define BATCH	       512	 /* packets until the kernel gets its room back */
#define CHECK_INTERVAL 0.1	 /* seconds */

/* One capture from its beginning to its end. */
struct session {
	struct app *app;
	const struct capture_args *args;
	struct capture *capture;
	struct capture_output out;
	struct pcapfile_interface interface; /* these texts live as long as the file */
	struct buf expression;
	struct filter filter;
	char hardware[128], os[256];
	double begin, end, check;
	uint64_t taken;	 /* packets in all */
	uint64_t wanted; /* those that went to the output */
	struct progress progress;
};

/* ---- what was asked for */

/* The words behind the interface, as one expression. */
static const char *filter_of(struct session *session)
{
	const struct app *app = session->app;

	buf_clear(&session->expression);
	for (unsigned int i = 1; i < app->words; i++)
		buf_format(&session->expression, "%s%s", i > 1 ? " " : "", app->word[i]);
	return buf_string(&session->expression);
}

static uint32_t snaplen_of(const struct session *session)
{
	uint64_t asked = session->args->snaplen;

	return asked ? (uint32_t)asked : CAPTURE_SNAPLEN;
}

/* libpcap may be busy with a long one for minutes: before a signal has to wait for anything. */
static int take_filter(struct session *session, struct err *err)
{
	const char *text = filter_of(session);

	return *text ? filter_compile(text, snaplen_of(session), &session->filter, err) : 0;
}

static int open_capture(struct session *session, struct err *err)
{
	const struct capture_args *args = session->args;
	bool xsk = args->steal || args->via == CAPTURE_VIA_XSK;
	uint64_t megabytes = args->buffer ? args->buffer : xsk ? BUFFER_XSK : BUFFER_DEFAULT;
	const struct capture_options options = {
		.ifname = session->app->word[0],
		.filter = &session->filter,
		.text = filter_of(session),
		.snaplen = snaplen_of(session),
		.memory = megabytes * MIB,
		.in = args->direction != CAPTURE_WAYS_OUT,
		.out = args->direction != CAPTURE_WAYS_IN,
		.steal = args->steal,
		.untimed = args->time != 0,
		.via = (enum capture_via)args->via,
	};

	return capture_open(&session->app->net, &options, &session->capture, err);
}

/* ---- the file */

static bool is_stopping(void *context)
{
	struct session *session = context;

	return app_wait(session->app, 0) || clock_seconds() >= session->end;
}

static void describe(struct session *session)
{
	static const char *const texts[] = { "arriving packets", "leaving packets",
					     "arriving and leaving packets" };
	const char *filter = filter_of(session);
	struct utsname name;

	session->interface = (struct pcapfile_interface){
		.name = session->app->word[0],
		.description = texts[session->args->direction],
		.filter = filter[0] ? filter : NULL,
	};
	if (uname(&name))
		return;
	snprintf(session->hardware, sizeof(session->hardware), "%s", name.machine);
	snprintf(session->os, sizeof(session->os), "%s %s", name.sysname, name.release);
}

/* Whether the user that the process will be can do what it will have to. */
static int check_user(const struct session *session, struct err *err)
{
	const char *user = session->args->user;
	int ret = privileges_borrow(user, err), can;

	if (ret)
		return ret;
	can = pcapfile_check_rights(session->out.file, NULL);
	ret = privileges_return(err);
	if (ret || !can)
		return ret;
	err_set(err, ERR_FAILED, EACCES, user, "may not make and rename files beside %s",
		session->args->file);
	return err_hint(err, "choose a directory in which that user can write");
}

static int open_file(struct session *session, struct err *err)
{
	const struct capture_args *args = session->args;
	struct pcapfile_options options = {
		.path = args->file,
		.format = args->format == CAPTURE_PCAP ? PCAPFILE_PCAP : PCAPFILE_PCAPNG,
		.hardware = session->hardware,
		.os = session->os,
		.application = "xdpctl " XDPCTL_VERSION,
		.comment = "Checksums of packets that a host on this machine sent may be "
			   "unfinished: devices are to do that.",
		.interfaces = &session->interface,
		.interface_count = 1,
		.snaplen = (uint32_t)args->snaplen,
		.now = clock_ns(CLOCK_REALTIME),
		.max_bytes = args->megabytes * 1000000,
		.max_packets = args->packets,
		.seconds = (uint32_t)args->rotate,
		.files = (uint32_t)args->files,
		.preallocate = PREALLOCATE,
		.give = args->user != NULL,
		.stopping = is_stopping,
		.context = session,
	};
	int ret = 0;

	describe(session);
	if (args->user)
		ret = privileges_user(args->user, &options.owner, &options.group, err);
	ret = ret ?: pcapfile_open(&options, &session->out.file, err);
	if (!ret && args->user)
		ret = check_user(session, err);
	return ret;
}

/* ---- the work */

static bool is_full(const struct session *session)
{
	return session->args->count && session->wanted >= session->args->count;
}

/* All that is there. What comes behind the last one that is wanted is counted and dropped. After an
 * error of the output the rest is taken, too, so that all of it is counted. */
static int take_round(struct session *session, bool *broken, struct err *err)
{
	struct err ignored;
	struct feed_packet packet;
	int ret;

	capture_round(session->capture);
	while ((ret = capture_next(session->capture, &packet, *broken ? &ignored : err)) > 0) {
		if (!is_full(session)) {
			session->wanted++;
			if (capture_output_packet(&session->out, &packet, *broken ? &ignored : err))
				*broken = true;
		}
		if (++session->taken % BATCH == 0)
			capture_release(session->capture);
	}
	capture_release(session->capture);
	return ret;
}

/* Of what has come before the end. A feed may hand it out in several rounds. */
static int take_rest(struct session *session, bool *broken, struct err *err)
{
	uint64_t before;
	int ret;

	do {
		before = session->taken;
		ret = take_round(session, broken, err);
	} while (!ret && session->taken > before);
	return ret;
}

static bool is_over(struct session *session)
{
	return is_full(session) || clock_seconds() >= session->end;
}

static int run_capture(struct session *session, bool *broken, struct err *err)
{
	int ret = 0;

	while (!ret && !*broken && !is_over(session)) {
		double left = session->end - clock_seconds(),
		       pause = capture_pause(session->capture);

		if (app_wait(session->app, left < pause ? fmax(left, 0) : pause))
			break;
		ret = take_round(session, broken, err);
		if (!ret && !*broken && capture_output_is_due(&session->out)) {
			if (!session->out.file)
				progress_stop(&session->progress);
			*broken = capture_output_tick(&session->out, err) != 0;
		}
		if (ret || *broken || clock_seconds() < session->check)
			continue;
		session->check = clock_seconds() + CHECK_INTERVAL;
		ret = capture_check(session->capture, err);
		progress_tell(&session->progress, "packets captured", session->wanted, 0);
	}
	return ret;
}

/* ---- the end */

/* A reader of lines that has seen enough. */
static bool is_quiet_end(const struct session *session, const struct err *err)
{
	return !session->out.file && err->errnum == EPIPE;
}

static struct capture_sum sum_of(const struct session *session)
{
	struct capture_sum sum = { .seconds = clock_seconds() - session->begin };

	capture_counts(session->capture, &sum.counts);
	sum.unwanted = sum.counts.received - session->wanted;
	sum.dropped = sum.counts.full + sum.counts.uncopied + sum.counts.xsk + sum.counts.kernel;
	return sum;
}

/* Ends everything, in the order in which nothing is lost. ret and *err are of what ended it; the
 * first error counts. */
static int finish(struct session *session, int ret, bool broken, struct err *err)
{
	struct err next = { 0 };
	struct capture_sum sum;
	int one;

	if (broken && is_quiet_end(session, err))
		*err = (struct err){ 0 };
	else if (broken)
		ret = err->errnum ? -err->errnum : -EIO;
	one = capture_end(session->capture, ret ? &next : err);
	ret = ret ?: one;
	if (take_rest(session, &broken, ret ? &next : err) < 0 && !ret)
		ret = -EIO;
	sum = sum_of(session);
	one = capture_output_close(&session->out, &sum.counts, ret && !broken ? &next : err);
	ret = ret ?: one;
	progress_stop(&session->progress);
	sum.written = capture_output_written(&session->out);
	sum.not_written = capture_output_lost(&session->out);
	capture_tell_sum(session->app, &sum);
	return ret;
}

/* The file first, so that what is wrong with it changes nothing. */
static int open_all(struct session *session, struct err *err)
{
	const struct capture_args *args = session->args;
	int ret = args->file ? open_file(session, err) : 0;

	ret = ret ?: open_capture(session, err);
	if (!ret && args->user)
		ret = privileges_become(args->user, err);
	if (ret) {
		pcapfile_abandon(session->out.file);
		session->out.file = NULL;
	}
	return ret;
}

static int run_session(struct session *session, struct err *err)
{
	const struct capture_args *args = session->args;
	bool broken = false;
	int ret;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	app_wait(session->app, 0); /* from now on a signal ends it well */
	session->end = args->seconds > 0 ? clock_seconds() + args->seconds : HUGE_VAL;
	ret = open_all(session, err);
	if (ret)
		return ret;
	session->out.capture = session->capture;
	session->begin = clock_seconds();
	session->end = args->seconds > 0 ? session->begin + args->seconds : HUGE_VAL;
	capture_tell_begin(session->app, session->app->word[0], session->capture);
	progress_start(&session->progress, session->app);
	ret = run_capture(session, &broken, err);
	return finish(session, ret, broken, err);
}

int capture_session(struct app *app, const struct capture_args *args, struct err *err)
{
	struct session session = { .app = app, .args = args, .out.app = app };
	int ret = take_filter(&session, err);

	if (!ret && (!args->file || strcmp(args->file, "-") == 0))
		ret = app_check_output(err);
	ret = ret ?: run_session(&session, err);
	capture_close(session.capture);
	buf_free(&session.out.line);
	buf_free(&session.expression);
	filter_free(&session.filter);
	return ret;
}
