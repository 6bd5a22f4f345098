/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef XBENCH_H
#define XBENCH_H

#include <stdbool.h>
#include <stdint.h>

#define MAX_ROUNDS 1000

struct summary {
	double min, median;
};

struct comparison {
	uint32_t ifindex; /* device the packet seems to have come from */
	uint32_t rounds, repeat;
	int hand_fd, pipeline_fd;
	struct summary hand, pipeline; /* ns per packet */
	struct summary above;	       /* what the pipeline takes more, in the same round */
};

/* Time two XDP programs by BPF_PROG_TEST_RUN, in turns. -errno, also if one of them did not
 * redirect: then it is not the same work. Both must be attached, or neither: the kernel calls
 * attached programs through a chain of comparisons (its BPF dispatcher), to which a test adds its
 * program, so that one that is not attached runs behind a longer chain (5 ns seen). */
int compare(struct comparison *c);

#endif
