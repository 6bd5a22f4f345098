/* SPDX-License-Identifier: GPL-2.0-only */
/* Changes to the machine that make a pipeline lose nothing, and their undoing. Each is recorded
 * in a map of the pipeline before it is made, so that whatever happens, `detach` finds it. */
#ifndef XDPCTL_PREPARE_H
#define XDPCTL_PREPARE_H

#include "err.h"
#include "net.h"
#include "pipeline.h"
#include "preflight.h"
#include "program.h"

/* What attaching with this plan will leave in the record: what has to be done, what the running
 * program had done and is still needed, and what another pipeline had done and both need now.
 * *todo gets those of them that have to be done. */
int prepare_plan(struct net *net, const struct plan *plan, const struct program *running,
		 struct preparations *record, struct preparations *todo, struct err *err);

/* Do all of them; on an error those that were done are undone. */
int prepare_all(struct net *net, const struct preparations *todo, struct err *err);

/* Do those again that somebody has undone meanwhile; the others stay as they are. Goes on after a
 * failure and returns the first. */
int prepare_again(struct net *net, const struct preparations *done, struct err *err);

/* Put the bare pass on a device, in native mode, in place of the program expected_fd (-1: none). */
int receiver_attach(struct net *net, const struct link *link, int expected_fd, struct err *err);

/* Undo those that no attached pipeline has in its record; the programs in ours (ids, ended by 0) do
 * not count. A device that is gone needs no undoing. Goes on after a failure and returns the first,
 * with its text in err. *undone (NULL: not wanted) gets what was undone, *left what could not be.
 */
int unprepare_all(struct net *net, const struct preparations *done, const uint32_t *ours,
		  struct preparations *undone, struct preparations *left, struct err *err);

/* Add those of more that are not there yet. */
void preparations_join(struct preparations *to, const struct preparations *more);

/* Those of a that are not in b. */
void preparations_without(const struct preparations *a, const struct preparations *b,
			  struct preparations *out);

#endif
