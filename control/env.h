/* SPDX-License-Identifier: GPL-2.0-only */
/* What stages may ask about the machine: see struct stage_env. */
#ifndef XDPCTL_ENV_H
#define XDPCTL_ENV_H

#include "net.h"
#include "stage.h"

/* An interface's name for messages, "#7" if it is gone; the environment that stages ask. */
struct stage_env control_env(struct net *net, uint32_t ifindex);

#endif
