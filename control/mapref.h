/* SPDX-License-Identifier: GPL-2.0-only */
/* Maps as people name them, with the interfaces of a network namespace: IFACE/NAME, and what values
 * may ask about interfaces. */
#ifndef XDPCTL_MAPREF_H
#define XDPCTL_MAPREF_H

#include "err.h"
#include "net.h"
#include "notation.h"

/* Open a map: "IFACE/NAME" (of a program on that interface), "id:N", "pin:PATH", "name:NAME".
 * Returns a file descriptor, the caller's. */
int mapref_open(struct net *net, const char *ref, struct err *err);

/* The ids of the maps of all programs on an interface; *ids is to free(). */
int mapref_list(struct net *net, const char *ifname, uint32_t **ids, unsigned int *count,
		struct err *err);

/* What the notations of values need; names that were asked for are remembered. */
struct mapenv;
struct mapenv *mapenv_new(struct net *net); /* NULL if there is no memory */
const struct value_env *mapenv_of(const struct mapenv *env);
void mapenv_free(struct mapenv *env); /* closes what values kept open; NULL is fine */

#endif
