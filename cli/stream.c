/* SPDX-License-Identifier: GPL-2.0-only */
#include "stream.h"

#include "clock.h"

#include <inttypes.h>
#include <math.h>
#include <time.h>

#define MOMENT	    0.1 /* seconds */
#define OUTPUT_SIZE 65536
#define WRITE_OUT   0.1 /* a busy stream is written out this often, an idle one at once */

void stream_begin(struct stream *stream, struct app *app, uint64_t count, double seconds)
{
	*stream = (struct stream){ .app = app, .count = count, .begin = clock_seconds() };
	stream->end = seconds > 0 ? stream->begin + seconds : HUGE_VAL;
	setvbuf(stdout, NULL, _IOFBF, OUTPUT_SIZE);
	app_wait(app, 0);
}

static int write_out(struct stream *stream, double time, struct err *err)
{
	if (!stream->dirty)
		return 0;
	stream->dirty = false;
	stream->next = time + WRITE_OUT;
	return app_write(stream->app, err);
}

int stream_wait(struct stream *stream, int fd, struct err *err)
{
	double time = clock_seconds();
	bool ready = app_wait_for(stream->app, fd, 0);
	int ret = ready && time < stream->next ? 0 : write_out(stream, time, err);

	if (ret)
		return ret;
	if (!ready && time < stream->end && !stream->app->stop && !stream_is_full(stream))
		app_wait_for(stream->app, fd, fmin(MOMENT, stream->end - time));
	return !stream->app->stop && time < stream->end && !stream_is_full(stream);
}

void stream_remark(struct stream *stream)
{
	sink_line(stream->app->sink);
	stream->dirty = true;
}

void stream_event(struct stream *stream)
{
	stream->received++;
	stream_remark(stream);
}

void stream_lost(struct stream *stream, uint64_t count)
{
	stream->lost += count;
	stream->loses_uncounted |= !count;
}

bool stream_is_full(const struct stream *stream)
{
	return stream->count && stream->received >= stream->count;
}

static void put_sum(const struct stream *stream)
{
	struct sink *json = sink_json_new(stderr);

	if (!json)
		return;
	sink_object(json, NULL, NULL);
	sink_u64(json, "received", stream->received, UNIT_NONE);
	if (stream->loses_uncounted)
		sink_null(json, "lost");
	else
		sink_u64(json, "lost", stream->lost, UNIT_NONE);
	sink_real(json, "seconds", clock_seconds() - stream->begin, UNIT_NONE);
	sink_end(json);
	sink_flush(json);
	sink_free(json);
}

static void tell_sum(const struct stream *stream)
{
	char lost[48] = "what was lost is not counted";

	if (!stream->loses_uncounted)
		snprintf(lost, sizeof(lost), "%" PRIu64 " lost", stream->lost);
	else if (stream->lost)
		snprintf(lost, sizeof(lost), "more than %" PRIu64 " lost", stream->lost);
	app_note(stream->app, "%" PRIu64 " events in %.1f s, %s", stream->received,
		 clock_seconds() - stream->begin, lost);
}

int stream_end(struct stream *stream, int ret, struct err *err)
{
	if (!ret)
		ret = app_write(stream->app, err);
	if (ret)
		return ret;
	if (!stream->app->json)
		tell_sum(stream);
	else if (!stream->app->quiet)
		put_sum(stream);
	return 0;
}
