/* SPDX-License-Identifier: GPL-2.0-only */
/* What becomes of captured packets: a file, or a line each. */
#ifndef XDPCTL_CAPTURE_OUTPUT_H
#define XDPCTL_CAPTURE_OUTPUT_H

#include "app.h"
#include "buf.h"
#include "capture.h"
#include "pcapfile.h"

/* What is said of a verdict; most packets have the same few. */
struct capture_remark {
	uint32_t of; /* outcome + 1 and target; 0: unused */
	const char *reason;
	char text[CAPTURE_TARGET + 4]; /* "to eth1"; "" */
};

#define CAPTURE_REMARKS 16 /* a power of two */

struct capture_output {
	struct app *app;
	struct capture *capture;
	struct pcapfile *file; /* NULL: lines */
	struct buf line;
	uint64_t next;	/* when to write lines out, CLOCK_MONOTONIC ns */
	uint64_t shown; /* lines that were written out */
	uint64_t waits; /* and that were not yet */
	uint64_t lost;	/* and that could not be */
	bool failed;
	struct capture_remark remark[CAPTURE_REMARKS];
	struct pcapfile_stats stats; /* of the file, once it is closed */
};

/* One packet. The -errno of an output that failed; each further one is counted as lost. */
int capture_output_packet(struct capture_output *out, const struct feed_packet *packet,
			  struct err *err);

/* There is something to be done between rounds: what waits goes out, files change. */
bool capture_output_is_due(const struct capture_output *out);
int capture_output_tick(struct capture_output *out, struct err *err);

/* The end: counts go into the file. */
int capture_output_close(struct capture_output *out, const struct capture_counts *counts,
			 struct err *err);

/* Packets that reached the file or were shown; and that did not because of an error. */
uint64_t capture_output_written(const struct capture_output *out);
uint64_t capture_output_lost(const struct capture_output *out);

#endif
