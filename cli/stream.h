/* SPDX-License-Identifier: GPL-2.0-only */
/* What commands that show events as they come have in common: when to end, when to write out, and
 * the sum at the end. */
#ifndef XDPCTL_STREAM_H
#define XDPCTL_STREAM_H

#include "app.h"

struct stream {
	struct app *app;
	uint64_t count;	  /* end after so many; 0: without end */
	double end, next; /* CLOCK_MONOTONIC in seconds: of the stream, of writing out */
	double begin;
	uint64_t received, lost;
	bool loses_uncounted; /* nobody can tell how many were lost */
	bool dirty;	      /* something waits to be written out */
};

/* From now on a signal ends it well. seconds 0: no limit. */
void stream_begin(struct stream *stream, struct app *app, uint64_t count, double seconds);

/* Wait for fd, at most a moment: some events come without waking a reader. 1, or 0 if it is time
 * to end; -errno if what is complete cannot be written out. */
int stream_wait(struct stream *stream, int fd, struct err *err);

/* A line is complete in the sink; an event of the count or a remark. */
void stream_event(struct stream *stream);
void stream_remark(struct stream *stream);

/* So many were lost, of one CPU. */
void stream_lost(struct stream *stream, uint64_t count);

bool stream_is_full(const struct stream *stream);

/* Write out the rest and tell the sum on stderr. ret and *err are of the reading: if that failed
 * it stays so. */
int stream_end(struct stream *stream, int ret, struct err *err);

#endif
