/* SPDX-License-Identifier: GPL-2.0-only */
/* Which capabilities this process has of those that XDP needs. */
#ifndef XDPCTL_PRIVILEGE_H
#define XDPCTL_PRIVILEGE_H

#include <stdbool.h>

#define PRIVILEGE_TEXT 512

struct privilege {
	const char *name; /* "CAP_BPF" */
	const char *use;  /* what needs it */
	int capability;
};

/* Ended by a NULL name. */
extern const struct privilege privileges[];

bool privilege_has(const struct privilege *privilege);

/* Why something was refused: the missing capabilities by name, or that none is missing. */
char *privilege_explain(char out[static PRIVILEGE_TEXT]);

#endif
