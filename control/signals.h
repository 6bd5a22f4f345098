/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef XDPCTL_SIGNALS_H
#define XDPCTL_SIGNALS_H

#include <signal.h>

/* Let SIGINT, SIGTERM and SIGHUP wait until a transaction is over. */
void signals_hold(sigset_t *before);
void signals_release(const sigset_t *before);

#endif
