/* SPDX-License-Identifier: GPL-2.0-only */
/* What would lose packets once a pipeline runs: found before anything is changed. */
#ifndef XDPCTL_PREFLIGHT_H
#define XDPCTL_PREFLIGHT_H

#include <stdbool.h>

#include "err.h"
#include "link.h"
#include "net.h"
#include "pipeline.h"

/* What fits into one buffer: a page less headroom and the kernel's bookkeeping, see veth_xdp_set()
 * in drivers/net/veth.c. A longer frame needs a program that takes several buffers. */
#define ONE_BUFFER_MTU 3506

#define PLAN_NOTES 16
#define PLAN_NOTE  320

/* What an attach has to know beyond its own program. */
struct plan {
	struct preparations needs; /* an item is satisfied if satisfied[i]; else to be done */
	bool satisfied[PREPARATIONS];
	unsigned int notes; /* what the user should know: "eth1: is down: ..." */
	char note[PLAN_NOTES][PLAN_NOTE];
};

struct preflight {
	struct net *net;
	const struct link *link;	    /* where packets come in */
	enum xdp_mode mode;		    /* not AUTO */
	const struct preparations *running; /* the record, if asked about a pipeline that runs */
	bool force; /* frames that fit through no port may be dropped and counted */
};

/* Check all that cfg sends packets out of; cfg gets a length limit where force allows loss.
 * Refuses with ERR_UNSUPPORTED what cannot work in this mode. */
int preflight(const struct preflight *pre, struct pipeline_cfg *cfg, struct plan *plan,
	      struct err *err);

/* A stage of it cannot send on frames of more than one buffer. */
bool pipeline_one_buffer(const struct pipeline_cfg *cfg);

/* After the preparations: every target takes native frames now. */
int preflight_verify(const struct preflight *pre, const struct pipeline_cfg *cfg, struct err *err);

/* The name of an offload state that a preparation is about: "rx-gro on". */
char *preparation_text(const struct preparation *item, char *out, size_t size);

/* The same thing was prepared, whoever did it. */
bool preparation_same(const struct preparation *a, const struct preparation *b);

#endif
