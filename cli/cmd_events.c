/* SPDX-License-Identifier: GPL-2.0-only */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app.h"
#include "cdecl.h"
#include "events.h"
#include "mapref.h"
#include "stream.h"
#include "value.h"

struct events_args {
	uint64_t count, room;
	double seconds;
	const char *as;
	bool force;
};

static const struct field events_options[] = {
	{ .type = FIELD_COUNT,
	  .name = "count",
	  .value = "N",
	  .offset = offsetof(struct events_args, count),
	  .min = 1,
	  .max = UINT64_MAX,
	  .help = "end after N events" },
	{ .type = FIELD_SECONDS,
	  .name = "for",
	  .value = "SEC",
	  .offset = offsetof(struct events_args, seconds),
	  .max = 1e9,
	  .help = "end after SEC seconds" },
	{ .type = FIELD_TEXT,
	  .name = "as",
	  .value = "TYPE",
	  .offset = offsetof(struct events_args, as),
	  .help = "what an event is: 'struct NAME', 'struct { ip4_be src; u32 n; }'" },
	{ .type = FIELD_COUNT,
	  .name = "buffer",
	  .value = "KIB",
	  .offset = offsetof(struct events_args, room),
	  .min = 4,
	  .max = 1 << 20,
	  .help = "room for each CPU in a perf buffer (4096; less if there are many)" },
	{ .type = FIELD_FLAG,
	  .name = "force",
	  .offset = offsetof(struct events_args, force),
	  .help = "read although another process does" },
	{ .type = FIELD_END },
};

struct show {
	struct stream stream;
	struct bpf_map_info info;
	struct type *type; /* NULL: bytes */
	struct type *hex;  /* of bytes; its size is set for each event */
	struct buf line;
	struct mapenv *holder;
	const struct value_env *env;
};

/* An event taken apart. */
struct parts {
	const struct type *type;
	const uint8_t *rest;
	uint32_t rest_size;
	const char *remark;
};

static struct parts take_apart(struct show *show, const struct event *event)
{
	struct parts parts = { .type = show->type };

	if (!show->type || event->size < show->type->size) {
		show->hex->size = event->size;
		parts.type = show->hex;
		parts.remark = show->type ? "shorter than the type" : NULL;
	} else if (event->size > events_padded(&show->info, show->type->size)) {
		parts.rest = (const uint8_t *)event->bytes + show->type->size;
		parts.rest_size = event->size - show->type->size;
	}
	return parts;
}

static const char *text_of(struct show *show, const struct event *event, const struct parts *parts)
{
	struct buf *out = &show->line;

	buf_clear(out);
	if (event->cpu >= 0)
		buf_format(out, "%3d  ", event->cpu);
	else
		buf_text(out, "  -  ");
	value_print(parts->type, event->bytes, VALUE_TEXT, show->env, out);
	if (parts->rest) {
		buf_text(out, "  and behind it hex:");
		buf_hex(out, parts->rest, parts->rest_size);
	}
	if (parts->remark)
		buf_format(out, "  (%s)", parts->remark);
	return buf_string(out);
}

static void put_number(struct sink *sink, const char *key, bool known, uint64_t value)
{
	if (known)
		sink_u64(sink, key, value, UNIT_NONE);
	else
		sink_null(sink, key);
}

/* An event, or with a NULL one what was lost: the same keys. */
static void put_event(struct show *show, const struct event *event, const struct parts *parts,
		      int cpu, uint64_t lost)
{
	struct sink *sink = show->stream.app->sink;

	if (event && event->time)
		sink_seconds(sink, "time", event->time);
	else
		sink_null(sink, "time");
	put_number(sink, "cpu", cpu >= 0, (uint64_t)cpu);
	put_number(sink, "size", event, event ? event->size : 0);
	if (event)
		sink_value(sink, "value", parts->type, event->bytes, show->env);
	else
		sink_null(sink, "value");
	if (event && parts->rest) {
		show->hex->size = parts->rest_size;
		sink_value(sink, "rest", show->hex, parts->rest, show->env);
	} else {
		sink_null(sink, "rest");
	}
	sink_string(sink, "remark", event ? parts->remark : NULL);
	sink_u64(sink, "lost", lost, UNIT_NONE);
}

static bool on_event(void *context, const struct event *event)
{
	struct show *show = context;
	struct app *app = show->stream.app;
	struct parts parts = take_apart(show, event);

	sink_object(app->sink, NULL, app->json ? NULL : text_of(show, event, &parts));
	if (app->json)
		put_event(show, event, &parts, event->cpu, 0);
	sink_end(app->sink);
	stream_event(&show->stream);
	return !stream_is_full(&show->stream);
}

static void on_lost(void *context, int cpu, uint64_t count)
{
	struct show *show = context;
	struct app *app = show->stream.app;

	stream_lost(&show->stream, count);
	if (app->json) {
		sink_object(app->sink, NULL, NULL);
		put_event(show, NULL, NULL, cpu, count);
		sink_end(app->sink);
		stream_remark(&show->stream);
	} else if (cpu >= 0) {
		app_note(app, "CPU %d: %" PRIu64 " events lost", cpu, count);
	} else {
		app_note(app, "at the end: %" PRIu64 " events lost", count);
	}
}

static int open_map(struct app *app, struct bpf_map_info *info, struct err *err)
{
	__u32 length = sizeof(*info);
	int fd = mapref_open(&app->net, app->word[0], err), error;

	if (fd < 0 || bpf_obj_get_info_by_fd(fd, info, &length) == 0)
		return fd;
	error = errno;
	close(fd);
	return err_set(err, err_code_of(error), error, app->word[0], "cannot read it: %s",
		       strerror(error));
}

static int choose_type(struct show *show, const char *as, struct err *err)
{
	struct btf *btf;
	int ret;

	show->hex = type_new(TYPE_BYTES, 0);
	show->holder = mapenv_new(&show->stream.app->net);
	if (!show->hex || !show->holder)
		return err_set(err, ERR_FAILED, ENOMEM, NULL, "out of memory");
	show->env = mapenv_of(show->holder);
	if (!as)
		return 0;
	btf = events_btf(&show->info);
	ret = cdecl_parse(as, btf, &show->type, err);
	btf__free(btf);
	if (ret && !err->object[0])
		snprintf(err->object, sizeof(err->object), "--as");
	return ret;
}

static int check_alone(const struct show *show, const struct events_args *args, struct err *err)
{
	char comm[EVENTS_COMM];
	pid_t pid = args->force ? 0 : events_reader(&show->info, comm);

	if (!pid)
		return 0;
	err_set(err, ERR_CONFLICT, EBUSY, NULL,
		"process %d (%s) reads it, and each event goes to "
		"one reader",
		(int)pid, comm);
	return err_hint(err, show->info.type == BPF_MAP_TYPE_RINGBUF
				     ? "end it, or --force: it then misses what is shown here"
				     : "end it, or --force: it then gets nothing any more");
}

static int show_events(struct show *show, struct events *events, struct err *err)
{
	struct stream *stream = &show->stream;
	int ret = 0, more = 1;

	while (!ret && more > 0) {
		more = stream_wait(stream, events_fd(events), err);
		ret = more < 0 ? more : events_read(events, err);
	}
	if (!ret)
		events_settle(events);
	return ret;
}

static int run_with(struct show *show, struct app *app, const struct events_args *args, int fd,
		    struct err *err)
{
	const struct events_to to = { .context = show, .event = on_event, .lost = on_lost };
	struct events *events = NULL;
	int ret = events_check(&show->info, err);

	ret = ret ?: choose_type(show, args->as, err);
	ret = ret ?: check_alone(show, args, err);
	ret = ret ?: events_open(fd, &show->info, args->room * 1024, &to, &events, err);
	if (ret)
		return ret;
	stream_begin(&show->stream, app, args->count, args->seconds);
	show->stream.loses_uncounted = !events_counts_lost(&show->info);
	if (!args->as)
		app_note(app, "no type: bytes are shown; --as 'struct NAME' takes them apart");
	ret = show_events(show, events, err);
	events_close(events);
	ret = stream_end(&show->stream, ret, err);
	if (!ret && show->stream.loses_uncounted && !app->json)
		app_note(app, "the kernel does not count what a full ring buffer refused");
	return ret;
}

static int run_events(struct app *app, const void *args, struct err *err)
{
	struct show show = { .stream.app = app };
	int fd = open_map(app, &show.info, err), ret;

	if (fd < 0)
		return fd;
	ret = run_with(&show, app, args, fd, err);
	if (ret && !err->object[0])
		snprintf(err->object, sizeof(err->object), "%s", app->word[0]);
	mapenv_free(show.holder);
	type_free(show.type);
	type_free(show.hex);
	buf_free(&show.line);
	close(fd);
	return ret;
}

const struct command command_events = {
	.name = "events",
	.words = "REF",
	.help = "show what programs send through a ring buffer or perf buffer",
	.text = "REF is a map: IFACE/NAME, id:N, pin:PATH or name:NAME. A line is the CPU (a ring\n"
		"buffer does not tell it) and the event, taken apart by the type of --as, else its\n"
		"bytes. A type without a body is looked up in the BTF of the map or of a program that\n"
		"uses it, and in the kernel's.\n\n"
		"Each event goes to one reader. Another one is found if it runs in this PID namespace\n"
		"and has the map open: then nothing is read without --force. Of a ring buffer two\n"
		"readers take events from each other; a perf buffer's reader gets nothing any more\n"
		"once its slots of the map are taken, and has to be started again. Slots that were\n"
		"taken are empty when xdpctl ends. What a perf buffer lost is told on stderr and in\n"
		"the sum; a ring buffer does not count it. Bytes that the kernel adds behind a perf\n"
		"event, at most seven, are not told from the event's own.",
	.options = events_options,
	.args_size = sizeof(struct events_args),
	.min_words = 1,
	.max_words = 1,
	.run = run_events,
};
