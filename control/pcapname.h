/* SPDX-License-Identifier: GPL-2.0-only */
/* Names for the files of one capture: see pcapfile.h for what they look like. */
#ifndef XDPCTL_PCAPNAME_H
#define XDPCTL_PCAPNAME_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "err.h"

struct pcapname {
	const char *pattern;
	bool by_time;	     /* strftime() */
	bool changes;	     /* there is more than one file */
	uint32_t ring;	     /* how many to keep, 0: all */
	uint64_t count;	     /* files so far */
	uint64_t again;	     /* how often the same time was used, less 1 */
	char last[PATH_MAX]; /* that time's name */
	char **kept;	     /* by_time: names of the files in the ring, the oldest at next */
	uint32_t next;
};

/* The pattern stays the caller's. seconds: files change by time too. */
int pcapname_start(struct pcapname *names, const char *pattern, bool changes, bool seconds,
		   uint32_t ring, struct err *err);

int pcapname_next(struct pcapname *names, time_t time, char out[static PATH_MAX], struct err *err);

/* A file of that name is complete: remove the oldest if there are too many now. */
int pcapname_keep(struct pcapname *names, const char *name, struct err *err);

void pcapname_stop(struct pcapname *names);

#endif
