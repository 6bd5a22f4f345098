/* SPDX-License-Identifier: GPL-2.0-only */
/* Who has which place in the taps of a pipeline: decided by compare-and-swap in memory that all
 * captures of an interface share, the map "tap_state". taps is the program array. */
#ifndef XDPCTL_TAP_STATE_H
#define XDPCTL_TAP_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "tap.h"

#define TAP_DEAD_AFTER 5000000000ULL /* ns without a beat */

uint64_t tap_now(void); /* CLOCK_MONOTONIC in ns */

/* Whoever gave that sign of life gave no other for long; 0 is nobody's. */
bool tap_is_dead(uint64_t beat);

/* 0 or -errno. */
int tap_state_map(int fd, struct tap_state **out);
void tap_state_unmap(struct tap_state *state); /* NULL is fine */

/* Take a free place, or that of a dead one. -EBUSY: there is none. -ESHUTDOWN: the last one is
 * leaving and takes the taps out of the pipeline. */
int tap_state_claim(struct tap_state *state, int taps, bool steal, unsigned int *place,
		    uint64_t *beat);

/* Sign of life; *beat is the one before and becomes this one. -EOWNERDEAD: the place is another's
 * now. */
int tap_state_beat(struct tap_state *state, unsigned int place, uint64_t *beat);

/* Another process of ours gave the beats and is gone: go on from its last one. If the place is
 * another's by now, the next call says so. */
void tap_state_adopt(const struct tap_state *state, unsigned int place, uint64_t *beat);

/* Remove the program and give the place up. *last: nobody is left, and nobody can come any more. */
int tap_state_release(struct tap_state *state, int taps, unsigned int place, uint64_t beat,
		      bool *last);

/* Nobody lives here, and nobody can come any more: true. */
bool tap_state_close(struct tap_state *state, int taps);

/* That one was alive when the state was read. */
bool tap_is_live(const struct tap_state *state, unsigned int place);

/* Another than this one takes packets away. */
bool tap_state_steals(const struct tap_state *state, unsigned int but);

#endif
