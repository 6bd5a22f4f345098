/* SPDX-License-Identifier: GPL-2.0-only */
/* Attach and detach as transactions: what fails half-way leaves the machine as it was, and what is
 * killed half-way leaves a program whose record lets `detach` put everything back. */
#ifndef XDPCTL_ATTACH_H
#define XDPCTL_ATTACH_H

#include <stdbool.h>

#include "env.h"
#include "err.h"
#include "net.h"
#include "pipeline.h"
#include "preflight.h"
#include "program.h"
#include "stage.h"

#define ATTACH_LEGS 2 /* a wire is two pipelines */

struct attach_request {
	const char *ifname;
	unsigned int uses;
	struct stage_use use[PIPELINE_STAGES];
	enum xdp_mode mode;
	bool replace; /* displace what is there, if it still is what was seen */
	bool force;   /* frames too long for a port may be dropped and counted */
	bool jumbo;   /* multi-buffer frames even if the MTU needs none yet */
	bool no_count;
	bool no_prepare; /* leave other devices alone; what they lack is said */
	bool guest;	 /* for a capture: tapped, and not the user's own */
	bool dry_run;	 /* do all but change anything outside of the program */
};

/* One pipeline that was (or, dry, would be) attached. */
struct attach_result {
	struct link link;
	enum xdp_mode mode;
	uint32_t prog_id;
	uint32_t replaced; /* program id, 0 if nothing was there */
	struct pipeline_cfg cfg;
	struct preparations prepared; /* now in its record */
	struct plan plan;
	struct err refused[XDP_MODES]; /* auto: why a mode before this one was not taken */
};

/* Attach one pipeline or, with redirect --both, two. results has the first *count filled on
 * success. */
int attach(struct net *net, const struct attach_request *request,
	   struct attach_result results[static ATTACH_LEGS], unsigned int *count, struct err *err);

struct detach_result {
	struct link link;
	enum xdp_mode mode;
	uint32_t prog_id;
	char name[PROGRAM_NAME];
	enum program_owner owner;
	bool receives;	/* a bare pass took its place: another pipeline redirects here */
	bool elsewhere; /* attached in another namespace: what was prepared there stays */
	struct preparations undone;
	struct preparations left; /* could not be undone (force) */
};

/* Take off what is on the interface, in every mode. Without force only what is ours. results has
 * room for each mode. */
int detach(struct net *net, const char *ifname, bool force,
	   struct detach_result results[static XDP_MODES], unsigned int *count, struct err *err);

/* The same for the program in one mode of results->link, if it is still the one there. */
int detach_program(struct net *net, struct detach_result *result, struct err *err);

#endif
