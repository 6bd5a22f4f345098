/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of a capture share. */
#ifndef XDPCTL_CAPTURE_PART_H
#define XDPCTL_CAPTURE_PART_H

#include "capture.h"
#include "clock.h"
#include "filter.h"
#include "keeper.h"
#include "livefeed.h"
#include "merge.h"
#include "tap_load.h"
#include "tap_site.h"
#include "tc.h"
#include "xskfeed.h"

#define CAPTURE_DIRECTIONS 2

/* What the keeper reports at the end; the counts are exact then. */
struct capture_report {
	struct tap_counts xdp, steal, tc[TC_HOOKS];
};

_Static_assert(sizeof(struct capture_report) <= KEEPER_REPORT, "room for it");

struct capture {
	struct net *net;
	struct capture_options options;
	struct link link;
	const struct filter *filter; /* count 0: all packets */

	bool entered; /* site is in use */
	struct tap_site site;
	struct tap_rings rings;
	struct tap_program xdp, tc[TC_HOOKS];
	struct tc_tap tc_tap[TC_HOOKS];
	struct xskfeed *xsk;
	struct livefeed *live[CAPTURE_DIRECTIONS];

	struct keeper keeper;
	bool ended;
	struct capture_report report; /* once it has ended */

	struct merge merge;
	uint64_t round;	 /* when this one began, CLOCK_MONOTONIC ns */
	uint64_t before; /* what is older than that is read in it */
	struct clock_offset wall;
	uint64_t received;
	uint64_t refused; /* by the filter, where the program could not ask it */
	double pause;

	char ports[CAPTURE_TARGET]; /* where its pipeline redirects to */
	unsigned int notes;
	char note[CAPTURE_NOTES][CAPTURE_NOTE];
	char feed[CAPTURE_NOTE];
};

void capture_add_note(struct capture *capture, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Open what the options ask for, or the next best. */
int capture_open_in(struct capture *capture, struct err *err);
int capture_open_out(struct capture *capture, struct err *err);

/* Have the feeds of everything that is open merged. 0 or -ENOMEM. */
int capture_merge(struct capture *capture);

/* Take out what is in the kernel, and count: the keeper's task. */
int capture_leave(struct capture *capture, struct capture_report *report, struct err *err);

#endif
