/* SPDX-License-Identifier: GPL-2.0-only */
/* A process that outlives the one that started it, to put back what that has changed. */
#ifndef XDPCTL_KEEPER_H
#define XDPCTL_KEEPER_H

#include <stddef.h>
#include <sys/types.h>

#include "err.h"

#define KEEPER_PERIOD_MS 500
#define KEEPER_REPORT	 256

/* What the keeper does, in its own process; the context is its copy of the starter's. */
struct keeper_job {
	void *context;
	/* Once in each period: an error is told to the starter, once. */
	int (*watch)(void *context, struct err *err);
	/* At the end, however that comes. report, of KEEPER_REPORT bytes, is for the starter. */
	int (*end)(void *context, void *report, struct err *err);
};

struct keeper {
	pid_t pid; /* 0: there is none */
	int fd;
};

/* Start it. It has the starter's descriptors and privileges, no terminal, and hears no signal that
 * can be ignored. */
int keeper_start(const struct keeper_job *job, struct keeper *out, struct err *err);

/* What watch() found: its -errno with err; 0: nothing (yet). -ECHILD: the keeper is gone. Does not
 * wait. */
int keeper_check(struct keeper *keeper, struct err *err);

/* Have it do end() and wait for that: its result, err and report. -ECHILD: it is gone, and did not
 * do it. */
int keeper_end(struct keeper *keeper, void *report, struct err *err);

#endif
