/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "app.h"
#include "capture.h"
#include "capture_session.h"

static const char *const format_names[] = {
	[CAPTURE_PCAPNG] = "pcapng", [CAPTURE_PCAP] = "pcap", NULL
};
static const char *const direction_names[] = { "in", "out", "both", NULL };
static const char *const via_names[] = { "auto", "ring", "xsk", "tc", "packet", NULL };

static const char *const time_names[] = { "exact", "fast", NULL };

static const struct field capture_options[] = {
	{ .type = FIELD_TEXT,
	  .letter = 'w',
	  .name = "write",
	  .value = "FILE",
	  .offset = offsetof(struct capture_args, file),
	  .help = "write packets to FILE (- is standard output) instead of a line each" },
	{ .type = FIELD_COUNT,
	  .letter = 'c',
	  .name = "count",
	  .value = "N",
	  .offset = offsetof(struct capture_args, count),
	  .min = 1,
	  .max = UINT64_MAX,
	  .help = "end after N packets" },
	{ .type = FIELD_COUNT,
	  .letter = 's',
	  .name = "snaplen",
	  .value = "BYTES",
	  .offset = offsetof(struct capture_args, snaplen),
	  .min = 1,
	  .max = CAPTURE_SNAPLEN,
	  .help = "take at most so many bytes of a packet (65535), which costs less" },
	{ .type = FIELD_SECONDS,
	  .name = "for",
	  .value = "SEC",
	  .offset = offsetof(struct capture_args, seconds),
	  .max = 1e9,
	  .help = "end after SEC seconds" },
	{ .type = FIELD_CHOICE,
	  .name = "format",
	  .value = "pcapng|pcap",
	  .offset = offsetof(struct capture_args, format),
	  .choices = format_names,
	  .help = "pcapng tells queue, verdict, reason and losses too; both have nanoseconds" },
	{ .type = FIELD_COUNT,
	  .letter = 'C',
	  .name = "rotate-size",
	  .value = "MB",
	  .offset = offsetof(struct capture_args, megabytes),
	  .min = 1,
	  .max = 1000000000,
	  .help = "begin a new file before one is longer than MB million bytes" },
	{ .type = FIELD_SECONDS,
	  .letter = 'G',
	  .name = "rotate-time",
	  .value = "SEC",
	  .offset = offsetof(struct capture_args, rotate),
	  .max = 1e9,
	  .help = "begin a new file every SEC seconds; FILE may have strftime(3)'s %" },
	{ .type = FIELD_COUNT,
	  .name = "rotate-count",
	  .value = "N",
	  .offset = offsetof(struct capture_args, packets),
	  .min = 1,
	  .max = UINT64_MAX,
	  .help = "begin a new file after N packets" },
	{ .type = FIELD_COUNT,
	  .letter = 'W',
	  .name = "files",
	  .value = "N",
	  .offset = offsetof(struct capture_args, files),
	  .min = 1,
	  .max = 1000000,
	  .help = "keep the last N files, as a ring" },
	{ .type = FIELD_CHOICE,
	  .name = "direction",
	  .value = "in|out|both",
	  .offset = offsetof(struct capture_args, direction),
	  .choices = direction_names,
	  .help = "packets that arrive (in), leave (out), or both in the order of time" },
	{ .type = FIELD_FLAG,
	  .name = "steal",
	  .offset = offsetof(struct capture_args, steal),
	  .help = "take packets away by AF_XDP: neither pipeline nor stack see them" },
	{ .type = FIELD_CHOICE,
	  .name = "time",
	  .value = "exact|fast",
	  .offset = offsetof(struct capture_args, time),
	  .choices = time_names,
	  .help = "with --steal, fast: that of reading, up to some ms late, for a fifth more packets" },
	{ .type = FIELD_CHOICE,
	  .name = "via",
	  .value = "auto|ring|xsk|tc|packet",
	  .offset = offsetof(struct capture_args, via),
	  .choices = via_names,
	  .help = "how packets come here; auto: ring, with --steal xsk, else the next best" },
	{ .type = FIELD_COUNT,
	  .name = "buffer",
	  .value = "MIB",
	  .offset = offsetof(struct capture_args, buffer),
	  .min = 1,
	  .max = 16384,
	  .help = "memory for packets that wait, in all (64; 128 with AF_XDP)" },
	{ .type = FIELD_TEXT,
	  .letter = 'Z',
	  .name = "user",
	  .value = "USER",
	  .offset = offsetof(struct capture_args, user),
	  .help = "write as USER, without any privilege" },
	{ .type = FIELD_END },
};

static int check_args(const struct capture_args *args, struct err *err)
{
	bool rotates = args->megabytes || args->rotate || args->packets;

	if (!args->file && (rotates || args->files || args->user || args->format))
		return err_set(err, ERR_USAGE, EINVAL, "-w",
			       "is missing: the options are about files");
	if (args->time && !args->steal)
		return err_set(err, ERR_USAGE, EINVAL, "--time", "is for --steal alone");
	if (args->files && !rotates) {
		err_set(err, ERR_USAGE, EINVAL, "-W", "no file ever ends");
		return err_hint(err, "-C MB, -G SEC or --rotate-count N say when one does");
	}
	if (args->file && strcmp(args->file, "-") == 0 && rotates)
		return err_set(err, ERR_USAGE, EINVAL, "-w -", "cannot change files");
	if (args->file && strcmp(args->file, "-") == 0 && isatty(STDOUT_FILENO)) {
		err_set(err, ERR_USAGE, EINVAL, "-w -", "standard output is a terminal");
		return err_hint(err, "-w - | tcpdump -r -, or no -w for lines");
	}
	if (args->rotate && args->rotate != floor(args->rotate))
		return err_set(err, ERR_USAGE, EINVAL, "-G", "takes whole seconds");
	return 0;
}

static int run(struct app *app, const void *args, struct err *err)
{
	return check_args(args, err) ?: capture_session(app, args, err);
}

const struct command command_capture = {
	.name = "capture",
	.words = "IFACE [FILTER EXPRESSION]",
	.help = "write packets of an interface to a pcapng file, or show them",
	.text = "FILTER EXPRESSION is libpcap's (man pcap-filter) and runs in the kernel. Packets flow on\n"
		"as before, unless --steal takes them away. Behind a pipeline of xdpctl each one is\n"
		"shown as it came, with the pipeline's verdict: also what it drops or redirects. Where\n"
		"nothing is attached, a pass pipeline comes and goes with the capture.\n\n"
		"Without -w a packet is a line: time, verdict (in or out where there is none), what it\n"
		"is; with -j an object. It ends after -c packets, --for seconds, by SIGINT or SIGTERM,\n"
		"with a sum on stderr: received + dropped is what matched.",
	.options = capture_options,
	.args_size = sizeof(struct capture_args),
	.min_words = 1,
	.max_words = APP_WORDS,
	.run = run,
};
