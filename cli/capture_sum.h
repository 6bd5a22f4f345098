/* SPDX-License-Identifier: GPL-2.0-only */
/* What a capture says of itself on stderr. */
#ifndef XDPCTL_CAPTURE_SUM_H
#define XDPCTL_CAPTURE_SUM_H

#include "app.h"
#include "capture.h"

/* Every packet that matched is received or dropped; every one received is written, not written or
 * unwanted. */
struct capture_sum {
	struct capture_counts counts;
	uint64_t written, not_written;
	uint64_t unwanted; /* behind the last one that was asked for */
	uint64_t dropped;
	double seconds;
};

/* It has begun, and how; with what the user should know of that. */
void capture_tell_begin(const struct app *app, const char *ifname, const struct capture *capture);

/* Not with -q, unless packets are missing. */
void capture_tell_sum(const struct app *app, const struct capture_sum *sum);

#endif
