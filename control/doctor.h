/* SPDX-License-Identifier: GPL-2.0-only */
/* What this kernel, this user and these interfaces can do, found by trying. */
#ifndef XDPCTL_DOCTOR_H
#define XDPCTL_DOCTOR_H

#include "err.h"
#include "net.h"

enum answer { ANSWER_NO, ANSWER_YES, ANSWER_UNKNOWN };

struct check {
	char subject[LINK_NAME]; /* "kernel", "user", or an interface */
	const char *name;	 /* "native XDP" */
	enum answer answer;
	char detail[160];
	char mend[240]; /* what to do about it; "" if nothing has to be done */
};

/* All checks of kernel and user and of the interface, or of every Ethernet interface if ifname is
 * NULL. *checks is an array of *count to free(). */
int doctor(struct net *net, const char *ifname, struct check **checks, unsigned int *count,
	   struct err *err);

#endif
