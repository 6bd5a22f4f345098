/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef XDPCTL_BULK_REPLACE_H
#define XDPCTL_BULK_REPLACE_H

#include "bulk.h"
#include "spool.h"

/* Make the map equal to what is in the spool: delete what is not in it, write what differs. Needs
 * 16 bytes of memory for each element of the spool. */
int bulk_replace(struct bulk *bulk, const struct spool *spool, struct err *err);

#endif
