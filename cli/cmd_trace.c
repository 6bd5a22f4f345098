/* SPDX-License-Identifier: GPL-2.0-only */
#include <ctype.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "app.h"
#include "stream.h"
#include "trace.h"

struct trace_args {
	uint64_t count, pid;
	double seconds;
	const char *task;
};

static const struct field trace_options[] = {
	{ .type = FIELD_COUNT,
	  .name = "count",
	  .value = "N",
	  .offset = offsetof(struct trace_args, count),
	  .min = 1,
	  .max = UINT64_MAX,
	  .help = "end after N messages" },
	{ .type = FIELD_SECONDS,
	  .name = "for",
	  .value = "SEC",
	  .offset = offsetof(struct trace_args, seconds),
	  .max = 1e9,
	  .help = "end after SEC seconds" },
	{ .type = FIELD_COUNT,
	  .name = "pid",
	  .value = "N",
	  .offset = offsetof(struct trace_args, pid),
	  .min = 1,
	  .max = INT32_MAX,
	  .help = "only messages of this task (a thread's number)" },
	{ .type = FIELD_TEXT,
	  .name = "task",
	  .value = "GLOB",
	  .offset = offsetof(struct trace_args, task),
	  .help = "only messages of tasks with such a name: 'kworker*'" },
	{ .type = FIELD_END },
};

struct show {
	const struct trace_args *args;
	struct stream stream;
	struct buf line, text;
	bool wanted; /* the message before was shown, so what continues it is */
};

static bool is_wanted(const struct trace_args *args, const struct trace_line *line)
{
	return (!args->pid || args->pid == line->pid) &&
	       (!args->task || fnmatch(args->task, line->task, 0) == 0);
}

static bool is_printk(const struct trace_line *line)
{
	static const char name[] = "bpf_trace_printk";

	return line->event_length == sizeof(name) - 1 &&
	       memcmp(line->event, name, sizeof(name) - 1) == 0;
}

/* For a terminal: without characters that would move its cursor. */
static const char *text_of(struct show *show, const struct trace_line *line)
{
	struct buf *out = &show->line;

	buf_clear(out);
	if (line->kind == TRACE_MESSAGE)
		buf_format(out, "%-16s %7" PRIu32 " %3" PRIu32 " %-5s %13.6f  ", line->task,
			   line->pid, line->cpu, line->flags, line->time);
	else
		buf_format(out, "%50s", "");
	if (line->event_length && !is_printk(line))
		buf_format(out, "%.*s: ", (int)line->event_length, line->event);
	buf_add(out, line->message, line->message_length);
	for (size_t i = 0; i < out->length; i++) {
		if (iscntrl((unsigned char)out->data[i]) && out->data[i] != '\t')
			out->data[i] = '?';
	}
	return buf_string(out);
}

static void put_text(struct show *show, const char *key, const char *text, size_t length)
{
	buf_clear(&show->text);
	buf_add(&show->text, text, length);
	sink_string(show->stream.app->sink, key, buf_string(&show->text));
}

static void put_number(struct sink *sink, const char *key, bool known, uint64_t value)
{
	if (known)
		sink_u64(sink, key, value, UNIT_NONE);
	else
		sink_null(sink, key);
}

static void put_line(struct show *show, const struct trace_line *line)
{
	struct sink *sink = show->stream.app->sink;
	bool message = line->kind == TRACE_MESSAGE;

	sink_string(sink, "task", message ? line->task : NULL);
	put_number(sink, "pid", message, line->pid);
	put_number(sink, "cpu", line->kind != TRACE_OTHER, line->cpu);
	sink_string(sink, "flags", message ? line->flags : NULL);
	sink_real(sink, "time", message ? line->time : NAN, UNIT_NONE);
	if (line->event_length)
		put_text(show, "event", line->event, line->event_length);
	else
		sink_null(sink, "event");
	if (line->kind != TRACE_LOST)
		put_text(show, "message", line->message, line->message_length);
	else
		sink_null(sink, "message");
	put_number(sink, "lost", line->kind != TRACE_LOST || line->lost, line->lost);
}

static void show_line(struct show *show, const struct trace_line *line)
{
	struct app *app = show->stream.app;

	sink_object(app->sink, NULL, app->json ? NULL : text_of(show, line));
	if (app->json)
		put_line(show, line);
	sink_end(app->sink);
}

static void show_lost(struct show *show, const struct trace_line *line)
{
	stream_lost(&show->stream, line->lost);
	if (show->stream.app->json) {
		show_line(show, line);
		stream_remark(&show->stream);
	} else if (line->lost) {
		app_note(show->stream.app, "CPU %" PRIu32 ": %" PRIu64 " events lost", line->cpu,
			 line->lost);
	} else {
		app_note(show->stream.app, "CPU %" PRIu32 ": events lost", line->cpu);
	}
}

static bool on_line(void *context, const struct trace_line *line)
{
	struct show *show = context;

	if (line->kind == TRACE_LOST) {
		show_lost(show, line);
		return true;
	}
	if (line->kind == TRACE_MESSAGE)
		show->wanted = is_wanted(show->args, line);
	if (!show->wanted)
		return true;
	/* what continues the last message of the count belongs to it */
	if (stream_is_full(&show->stream) && line->kind == TRACE_MESSAGE)
		return false;
	show_line(show, line);
	if (line->kind == TRACE_MESSAGE)
		stream_event(&show->stream);
	else
		stream_remark(&show->stream);
	return true;
}

static int run_trace(struct app *app, const void *args, struct err *err)
{
	const struct trace_args *a = args;
	struct show show = { .args = a, .wanted = !a->pid && !a->task };
	struct trace trace;
	int ret = trace_open(&trace, err), more = 1;

	if (ret)
		return ret;
	stream_begin(&show.stream, app, a->count, a->seconds);
	if (trace_is_off())
		app_note(app, "tracing is switched off, so nothing will come: "
			      "echo 1 >/sys/kernel/tracing/tracing_on");
	while (!ret && more > 0) {
		more = stream_wait(&show.stream, trace.fd, err);
		ret = more < 0 ? more : 0;
		if (!ret && !stream_is_full(&show.stream))
			ret = trace_read(&trace, on_line, &show, err);
	}
	trace_close(&trace);
	ret = stream_end(&show.stream, ret, err);
	buf_free(&show.line);
	buf_free(&show.text);
	return ret;
}

const struct command command_trace = {
	.name = "trace",
	.words = "",
	.help = "show what BPF programs print with bpf_trace_printk()",
	.text = "Reads the kernel's trace_pipe. A line has task, its number, CPU, flags, time since\n"
		"boot in seconds, and message; other events of the trace are shown with their name.\n"
		"What is shown is taken out of the trace, and one process at a time can read it. It\n"
		"need not be mounted. Lost events are told on stderr, and at the end the sum.",
	.options = trace_options,
	.args_size = sizeof(struct trace_args),
	.offline = true,
	.run = run_trace,
};
