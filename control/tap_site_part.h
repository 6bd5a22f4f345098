/* SPDX-License-Identifier: GPL-2.0-only */
/* What entering and leaving a pipeline have in common. */
#ifndef XDPCTL_TAP_SITE_PART_H
#define XDPCTL_TAP_SITE_PART_H

#include "tap_site.h"

#define TAP_ATTEMPTS 100 /* others change it at the same time */
#define TAP_PAUSE_US 20000

/* Read interface and program anew; running->id 0: none is attached. -EAGAIN: it changed meanwhile.
 */
int tap_open_running(struct tap_site *site, struct program *running, struct err *err);

/* Of a map of the program by its name; 0: it has none. */
uint32_t tap_map_id(const struct program *program, const char *name);

/* Put the same pipeline with another configuration in its place. fresh: with taps of its own. */
int tap_swap(struct tap_site *site, const struct program *running, struct pipeline_cfg *cfg,
	     bool fresh, struct err *err);

/* Hold the maps of its taps, instead of those that were held. */
int tap_take_maps(struct tap_site *site, const struct program *running, struct err *err);

#endif
