/* SPDX-License-Identifier: GPL-2.0-only */
/* How far something has come, on a terminal and only if it takes more than a second. */
#ifndef XDPCTL_PROGRESS_H
#define XDPCTL_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "app.h"

struct progress {
	bool on, shown;
	double start, last; /* CLOCK_MONOTONIC, seconds */
};

void progress_start(struct progress *progress, const struct app *app);

/* Something was done so many times; total 0 if it is not known. context is the struct progress. */
void progress_tell(void *context, const char *what, uint64_t done, uint64_t total);

/* Take the line away again. */
void progress_stop(struct progress *progress);

#endif
