/* SPDX-License-Identifier: GPL-2.0-only */
/* The programs with which a capture looks at packets, and what they write to. */
#ifndef XDPCTL_TAP_LOAD_H
#define XDPCTL_TAP_LOAD_H

#include "err.h"
#include "filter.h"
#include "ringfeed.h"
#include "tap_site.h"

#define TAP_RINGS 32

/* Ring buffers, one for each CPU or, where there are many, for several. All 0 is none. */
struct tap_rings {
	unsigned int count;
	struct ringfeed *ring[TAP_RINGS];
	int map; /* the array that holds them */
};

/* memory: bytes of all of them; how many they got is in the rings. */
int tap_rings_open(uint64_t memory, struct tap_rings *out, struct err *err);
void tap_rings_close(struct tap_rings *rings);

/* A loaded program; the caller closes both. */
struct tap_program {
	int fd, counts; /* the program; its per-CPU struct tap_counts */
	int xsks;	/* XSKMAP, with cfg->xsk; else -1 */
	int beat;	/* of TC: for tap_tc_beat(); else -1 */
};

/* Load the program for the place of site; cfg says what for (magic and rings are filled in, and
 * what depends on site and kernel). queues: of the interface, with cfg->xsk. */
int tap_load_xdp(const struct tap_site *site, struct tap_cfg *cfg, const struct filter *filter,
		 const struct tap_rings *rings, unsigned int queues, struct tap_program *out,
		 struct err *err);

/* The same for TC. */
int tap_load_tc(struct tap_cfg *cfg, const struct filter *filter, const struct tap_rings *rings,
		struct tap_program *out, struct err *err);

/* Sign of life of a program at TC: to be called at least once a second. */
void tap_tc_beat(const struct tap_program *program);

/* Whether the capture behind such a program has given none for long. False too if it cannot be
 * told. */
bool tap_tc_is_dead(uint32_t prog_id);

void tap_program_close(struct tap_program *program); /* all 0 is fine */

/* The sum over all CPUs. 0 or -errno. */
int tap_sum(int counts, struct tap_counts *out);

#endif
