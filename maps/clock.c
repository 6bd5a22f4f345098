/* SPDX-License-Identifier: GPL-2.0-only */
#include "clock.h"

#include <stdlib.h>

#define FIRST_TRIES 5 /* the quickest is the most exact */

uint64_t clock_ns(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return (uint64_t)time.tv_sec * 1000000000ULL + (uint64_t)time.tv_nsec;
}

double clock_seconds(void)
{
	return (double)clock_ns(CLOCK_MONOTONIC) / 1e9;
}

static struct clock_offset measure(uint64_t *now)
{
	uint64_t before = clock_ns(CLOCK_MONOTONIC), wall = clock_ns(CLOCK_REALTIME);
	int64_t doubt;

	*now = clock_ns(CLOCK_MONOTONIC);
	doubt = (int64_t)(*now - before) / 2;
	return (struct clock_offset){ .ns = (int64_t)(wall - before) - doubt,
				      .doubt = doubt,
				      .known = true };
}

uint64_t clock_compare(struct clock_offset *offset)
{
	struct clock_offset measured;
	bool first = !offset->known;
	uint64_t now;

	for (int i = first ? FIRST_TRIES : 1; i > 0; i--) {
		measured = measure(&now);
		if (!offset->known || (first && measured.doubt < offset->doubt) ||
		    llabs(measured.ns - offset->ns) > measured.doubt + offset->doubt)
			*offset = measured;
	}
	return now;
}
