/* SPDX-License-Identifier: GPL-2.0-only */
/* The part of an attach that changes the machine, with its undoing. */
#ifndef XDPCTL_CHANGE_H
#define XDPCTL_CHANGE_H

#include <stdbool.h>

#include "err.h"
#include "net.h"
#include "pipeline.h"
#include "program.h"

struct change {
	struct net *net;
	const struct link *link;
	enum xdp_mode mode;
	const struct program *running; /* what is there now; id 0 if nothing */
	const struct program *loaded;  /* what is to take its place */
	struct preparations record;    /* what the new pipeline will answer for */
	struct preparations todo;      /* what of it has to be done */
	bool verify;		       /* refuse if a target takes no frames after that */
};

/* Prepare, open the stages, swap the program in, read back that it runs. On an error everything is
 * as it was before. If the process is killed half-way, a program is attached whose record has all
 * that was prepared, so that detach() puts it back. */
int change_apply(const struct change *change, struct err *err);

/* Back to what was there, after change_apply() has succeeded. */
void change_revert(const struct change *change);

/* Undo what the program before needed and the new one does not: the change is final. */
void change_settle(const struct change *change);

#endif
