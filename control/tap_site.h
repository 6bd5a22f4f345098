/* SPDX-License-Identifier: GPL-2.0-only */
/* The place of a capture in the pipeline of an interface: see dataplane/tap.h for what the programs
 * do. Entering makes the pipeline a tapped one, by an atomic swap for a program that is otherwise
 * the same; where nothing is attached, by attaching a pass. The last one to leave swaps back. */
#ifndef XDPCTL_TAP_SITE_H
#define XDPCTL_TAP_SITE_H

#include <stdbool.h>
#include <stdint.h>

#include "attach.h"
#include "err.h"
#include "filter.h"
#include "net.h"
#include "program.h"
#include "tap_state.h"

struct tap_site {
	struct net *net;
	struct link link;
	enum xdp_mode mode;
	bool came;  /* nothing was attached: the pass is ours */
	bool frags; /* the pipeline takes frames of several buffers */
	bool steal;
	struct pipeline_cfg cfg; /* of the pipeline when it was entered */
	struct err refused;	 /* came: why not in native mode; code ERR_NONE: it is */
	uint32_t id;		 /* of the map "taps" */
	int taps, scratch;	 /* maps of the pipeline, owned */
	int xsks, counts;	 /* with steal: XSKMAP and struct tap_counts, owned; else -1 */
	struct tap_state *state; /* shared with all captures, mapped */
	unsigned int place;
	uint64_t beat; /* the last one that was ours */
	uint64_t seen; /* packets that others saw in this place before */
};

/* What taking packets away needs: NULL for a capture that only looks. */
struct tap_steal {
	const struct filter *filter; /* count 0: all packets */
	unsigned int queues;
	bool untimed; /* packets come without a time, which costs a quarter less */
};

/* Find or make the tapped pipeline and take a place in it. ERR_CONFLICT with -EEXIST: a program is
 * there that is not a pipeline of this build; -EBUSY: no place is free, or somebody else steals.
 * -EOPNOTSUPP: the device runs its pipeline itself, or none can be attached. On success the
 * process lets signals wait until tap_leave() or until it has seen to its being called. */
int tap_enter(struct net *net, const char *ifname, const struct tap_steal *steal,
	      struct tap_site *out, struct err *err);

/* From now on the program sees every packet. */
int tap_put(const struct tap_site *site, int program, struct err *err);

/* Packets that its program has seen. */
uint64_t tap_seen(const struct tap_site *site);

/* Still alive: to be called at least once a second. -EOWNERDEAD: the place was given away. */
int tap_beat(struct tap_site *site);

/* Another process of the same capture has been doing that and is gone: go on for it. */
void tap_adopt(struct tap_site *site);

/* The pipeline on the interface is still one with these taps. ERR_NOT_FOUND if the interface is
 * gone, ERR_CONFLICT if another program is there or none. */
int tap_check(struct tap_site *site, struct err *err);

/* Leave the place, and put back what was there before the first capture if this was the last. The
 * program looks no more after that, but may be running a last time: see capture.c. */
int tap_leave(struct tap_site *site, struct err *err);
void tap_close(struct tap_site *site); /* what the process holds; a zeroed one is fine */

/* The captures of a pipeline, for status: copies its state. 0 or -errno, -ENOENT if not tapped. */
int tap_read(const struct program *program, struct tap_state *out);
unsigned int tap_live(const struct program *program); /* number of captures that live */
bool tap_steals(const struct program *program);	      /* one of them takes packets away */

/* What the tap in this place was made for. -ENOENT if it has no program (any more). */
int tap_read_cfg(const struct program *program, unsigned int place, struct tap_cfg *out);

/* Take what captures left behind that did not end properly out of the pipeline. *done: there was
 * something. ERR_CONFLICT if one lives. */
int tap_clear(struct net *net, const char *ifname, bool *done, struct err *err);

#endif
