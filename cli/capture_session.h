/* SPDX-License-Identifier: GPL-2.0-only */
/* One capture from its beginning to its end, as the command line asks for it. */
#ifndef XDPCTL_CAPTURE_SESSION_H
#define XDPCTL_CAPTURE_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "app.h"

/* What is not given is 0. The interface and the filter's words are those of the app. */
struct capture_args {
	const char *file, *user;
	uint64_t count, snaplen, megabytes, files, packets, buffer;
	double seconds, rotate;
	int format, direction, via, time;
	bool steal;
};

enum capture_format { CAPTURE_PCAPNG, CAPTURE_PCAP };
enum capture_ways { CAPTURE_WAYS_IN, CAPTURE_WAYS_OUT, CAPTURE_WAYS_BOTH };

int capture_session(struct app *app, const struct capture_args *args, struct err *err);

#endif
