/* SPDX-License-Identifier: GPL-2.0-only */
/* What xevents and its BPF program share. */
#ifndef XEVENTS_SHARED_H
#define XEVENTS_SHARED_H

#include <linux/types.h>

#include "types.h"

enum event_kind { EVENT_OPENED = 1, EVENT_CLOSED = 2 };

/* 28 bytes: a perf sample of it has no padding, one of struct odd has. */
struct event {
	__u32 number;
	ip4_be from;
	__be16 port;
	__u16 kind_bits;
	enum event_kind kind;
	char name[12];
};

struct odd {
	__u32 number;
	__u8 tail[5];
} __attribute__((packed));

/* Longer than any event: shown as bytes. */
struct large {
	struct event event;
	__u64 more[8];
};

enum { SEND_RING, SEND_PERF, SEND_ODD, SEND_PRINT };

#endif
