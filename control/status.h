/* SPDX-License-Identifier: GPL-2.0-only */
/* What is attached and what it counted, read from the kernel alone. */
#ifndef XDPCTL_STATUS_H
#define XDPCTL_STATUS_H

#include <stdbool.h>

#include "err.h"
#include "net.h"
#include "percpu.h"
#include "preflight.h"
#include "program.h"

struct status_row {
	struct link link;
	enum xdp_mode mode;
	struct program program;	      /* closed by status_free */
	struct preparations prepared; /* what was changed for it */
	struct tally total;	      /* zero if nothing is counted */
	struct plan health;	      /* notes: why packets may be lost now */
};

/* One row for each program on the interface, or on all of them (ifname NULL), by ifindex and
 * mode. *rows is for status_free(). */
int status_read(struct net *net, const char *ifname, struct status_row **rows, unsigned int *count,
		struct err *err);
void status_free(struct status_row *rows, unsigned int count);

/* The counters of one pipeline. */
struct stats {
	unsigned int cpus;
	struct tally total;
	struct tally verdict[VERDICTS];
	uint64_t reason[REASONS]; /* packets */
	struct tally *cpu;	  /* cpus values */
	unsigned int parts;	  /* of the breakdown, most packets first */
	struct stats_part {
		struct count_key key;
		struct tally sum;
	} * part;
	struct tally *arrived; /* cpus values: what steer's queues delivered to each CPU */
	bool arrivals_known;   /* every queue counts; else lost means nothing */
	uint64_t lost;	       /* steered, but not arrived (yet) */
};

/* Read the counters of a program that counts (cfg.counting). The caller frees it. */
int stats_read(const struct program *program, struct stats *out, struct err *err);
void stats_free(struct stats *stats);

#endif
