/* SPDX-License-Identifier: GPL-2.0-only */
/* The part of tc.h for kernels without TCX: filters of kind bpf behind the qdisc clsact. */
#ifndef XDPCTL_TC_CLSACT_H
#define XDPCTL_TC_CLSACT_H

#include "nl.h"
#include "tc.h"

/* tap->at has interface, hook and program id; the rest of it is filled in. On failure nothing is
 * left. Errors as of tc_attach(). */
int clsact_attach(struct nl *route, const struct link *link, const struct tc_program *program,
		  struct tc_tap *tap, struct err *err);

/* Remove the filter, then the qdisc if it was made for it and nobody else has a filter on it. */
int clsact_detach(struct nl *route, const struct tc_tap *tap, struct err *err);

/* Remove the filter, but only with that program in it, so that what somebody put at its place stays
 * (unless he does so between our look and the request). One that is gone is fine. */
int clsact_remove(struct nl *route, const struct tc_place *at, struct err *err);

#endif
