/* SPDX-License-Identifier: GPL-2.0-only */
/* A BPF ring buffer whose records are packets (struct capture_head and its bytes), read by memory
 * that is shared with the kernel. libbpf's reader calls back for each record and hands each one
 * back at once, so that the CPU that writes has to fetch the reader's position again and again;
 * this one goes at its own pace and hands back many. */
#ifndef XDPCTL_RINGFEED_H
#define XDPCTL_RINGFEED_H

#include <stdint.h>

#include "err.h"
#include "feed.h"

struct ringfeed;

/* Create a ring buffer of that many bytes, a power of two; where there is no memory for it, half of
 * it, and so on to 256 KiB. */
int ringfeed_open(uint32_t bytes, struct ringfeed **out, struct err *err);
void ringfeed_close(struct ringfeed *ring); /* NULL is fine */

struct feed *ringfeed_feed(struct ringfeed *ring);
int ringfeed_fd(const struct ringfeed *ring); /* the map, which stays the ring's */
uint32_t ringfeed_bytes(const struct ringfeed *ring);
uint32_t ringfeed_used(const struct ringfeed *ring); /* bytes that were not handed back yet */

#endif
