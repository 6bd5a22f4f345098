/* SPDX-License-Identifier: GPL-2.0-only */
/* The rtnetlink messages of traffic control, as far as tc.h needs them: the qdisc clsact and the
 * filters behind it (kernel: net/sched/sch_api.c, cls_api.c, cls_bpf.c). */
#ifndef XDPCTL_TC_WIRE_H
#define XDPCTL_TC_WIRE_H

#include "nl.h"
#include "tc.h"

#define TC_QDISC_KIND 16

/* Requests, in a buffer of NL_REQUEST bytes. Making fails with EEXIST where something is there. */
struct nlmsghdr *tc_encode_qdisc_make(uint32_t ifindex, void *buffer);
/* Only a clsact is deleted, the kernel compares. All filters on it go with it. */
struct nlmsghdr *tc_encode_qdisc_delete(uint32_t ifindex, void *buffer);
/* A filter of kind bpf in direct-action mode for every protocol. */
struct nlmsghdr *tc_encode_filter_make(const struct tc_place *at, int fd, const char *name,
				       void *buffer);
/* Priority and handle must not be 0, which would be "all": NULL. */
struct nlmsghdr *tc_encode_filter_delete(const struct tc_place *at, void *buffer);

struct tc_filter {
	struct tc_place at;
	uint32_t chain;
	char name[TC_NAME]; /* "" if it is not of kind bpf */
};

/* Read one RTM_NEWTFILTER message, all but ifindex and hook. The kernel lists each priority as a
 * filter with handle 0, followed by its filters. -EBADMSG if it is none or cut short. */
int tc_decode_filter(const struct nlmsghdr *message, struct tc_filter *out);

/* All filters on a hook, whosever and of whatever kind; *out is an array of *count to free(), NULL
 * if there are none. A qdisc `ingress` shows those of its only hook for both. 0 or -errno. */
int tc_filters(struct nl *route, uint32_t ifindex, enum tc_hook hook, struct tc_filter **out,
	       unsigned int *count);

/* The kind of the qdisc that is at clsact's place: "clsact", "ingress"; "" if there is none. */
int tc_qdisc_kind(struct nl *route, uint32_t ifindex, char out[static TC_QDISC_KIND]);

/* The priority for a filter that is to come before those there (ingress) or behind them (egress);
 * where that place is taken, the free one nearest to it. 0: all are taken. */
uint32_t tc_free_priority(const struct tc_filter *filter, unsigned int count, enum tc_hook hook);

#endif
