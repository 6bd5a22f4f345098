/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef XDPCTL_CLOCK_H
#define XDPCTL_CLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* Nanoseconds of a clock of clock_gettime(2). */
uint64_t clock_ns(clockid_t clock);

/* CLOCK_MONOTONIC in seconds. */
double clock_seconds(void);

/* How far CLOCK_REALTIME is ahead of CLOCK_MONOTONIC, and how much of that may be the measuring's
 * fault; ns. All 0: not measured yet. */
struct clock_offset {
	int64_t ns, doubt;
	bool known;
};

/* Measure again, and return CLOCK_MONOTONIC in ns. Slewing moves both clocks alike, so the offset
 * changes only when somebody sets the time: a difference within the doubt of two measurements
 * changes nothing, and times do not jitter. */
uint64_t clock_compare(struct clock_offset *offset);

#endif
