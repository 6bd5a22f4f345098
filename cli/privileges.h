/* SPDX-License-Identifier: GPL-2.0-only */
/* Giving privileges up for good. */
#ifndef XDPCTL_PRIVILEGES_H
#define XDPCTL_PRIVILEGES_H

#include <sys/types.h>

#include "err.h"

/* The ids of a user by name. ERR_NOT_FOUND. */
int privileges_user(const char *name, uid_t *user, gid_t *group, struct err *err);

/* Have the file system take us for that user, and for ourselves again, but without supplementary
 * groups. */
int privileges_borrow(const char *name, struct err *err);
int privileges_return(struct err *err);

/* Become that user, with its groups, without any capability and with no way back. */
int privileges_become(const char *name, struct err *err);

#endif
