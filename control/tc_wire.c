/* SPDX-License-Identifier: GPL-2.0-only */
#include "tc_wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PRIORITY_MAX 0xffff
#define ATTEMPTS     10 /* of a dump that changes while it is read */

static uint32_t parent_of(enum tc_hook hook)
{
	return TC_H_MAKE(TC_H_CLSACT, hook == TC_INGRESS ? TC_H_MIN_INGRESS : TC_H_MIN_EGRESS);
}

static struct nlmsghdr *request_for(void *buffer, uint16_t type, uint16_t flags, uint32_t ifindex,
				    uint32_t parent)
{
	struct nlmsghdr *request = nl_request(buffer, type, flags);
	struct tcmsg *tc = mnl_nlmsg_put_extra_header(request, sizeof(*tc));

	tc->tcm_family = AF_UNSPEC;
	tc->tcm_ifindex = (int)ifindex;
	tc->tcm_parent = parent;
	return request;
}

static struct nlmsghdr *qdisc_request(void *buffer, uint16_t type, uint16_t flags, uint32_t ifindex)
{
	struct nlmsghdr *request = request_for(buffer, type, flags, ifindex, TC_H_CLSACT);
	struct tcmsg *tc = mnl_nlmsg_get_payload(request);

	tc->tcm_handle = TC_H_MAKE(TC_H_CLSACT, 0);
	mnl_attr_put_strz(request, TCA_KIND, "clsact");
	return request;
}

struct nlmsghdr *tc_encode_qdisc_make(uint32_t ifindex, void *buffer)
{
	return qdisc_request(buffer, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL, ifindex);
}

struct nlmsghdr *tc_encode_qdisc_delete(uint32_t ifindex, void *buffer)
{
	return qdisc_request(buffer, RTM_DELQDISC, 0, ifindex);
}

static struct nlmsghdr *filter_request(void *buffer, uint16_t type, uint16_t flags,
				       const struct tc_place *at)
{
	struct nlmsghdr *request =
		request_for(buffer, type, flags, at->ifindex, parent_of(at->hook));
	struct tcmsg *tc = mnl_nlmsg_get_payload(request);

	tc->tcm_handle = at->handle;
	tc->tcm_info = TC_H_MAKE(at->prio << 16, htons(ETH_P_ALL));
	mnl_attr_put_strz(request, TCA_KIND, "bpf");
	return request;
}

struct nlmsghdr *tc_encode_filter_make(const struct tc_place *at, int fd, const char *name,
				       void *buffer)
{
	struct nlmsghdr *request =
		filter_request(buffer, RTM_NEWTFILTER, NLM_F_CREATE | NLM_F_EXCL, at);
	struct nlattr *nest = mnl_attr_nest_start(request, TCA_OPTIONS);

	mnl_attr_put_u32(request, TCA_BPF_FD, (uint32_t)fd);
	mnl_attr_put_strz(request, TCA_BPF_NAME, name);
	mnl_attr_put_u32(request, TCA_BPF_FLAGS, TCA_BPF_FLAG_ACT_DIRECT);
	mnl_attr_nest_end(request, nest);
	return request;
}

struct nlmsghdr *tc_encode_filter_delete(const struct tc_place *at, void *buffer)
{
	if (!at->prio || at->prio > PRIORITY_MAX || !at->handle)
		return NULL;
	return filter_request(buffer, RTM_DELTFILTER, 0, at);
}

int tc_decode_filter(const struct nlmsghdr *message, struct tc_filter *out)
{
	const struct tcmsg *tc = mnl_nlmsg_get_payload(message);
	const struct nlattr *options;
	const char *text;

	if (message->nlmsg_type != RTM_NEWTFILTER ||
	    mnl_nlmsg_get_payload_len(message) < sizeof(*tc))
		return -EBADMSG;
	*out = (struct tc_filter){ .at.prio = TC_H_MAJ(tc->tcm_info) >> 16,
				   .at.handle = tc->tcm_handle };
	out->chain = nl_u32(nl_find(message, sizeof(*tc), TCA_CHAIN), 0);
	text = nl_string(nl_find(message, sizeof(*tc), TCA_KIND));
	if (!text || strcmp(text, "bpf") != 0)
		return 0;
	options = nl_find(message, sizeof(*tc), TCA_OPTIONS);
	out->at.prog_id = nl_u32(nl_find_nested(options, TCA_BPF_ID), 0);
	text = nl_string(nl_find_nested(options, TCA_BPF_NAME));
	snprintf(out->name, sizeof(out->name), "%s", text ? text : "");
	return 0;
}

struct filter_array {
	struct tc_filter *filter;
	unsigned int count, room;
};

static int take_filter(const struct nlmsghdr *message, void *context)
{
	struct filter_array *array = context;

	if (array->count == array->room) {
		unsigned int room = array->room ? array->room * 2 : 16;
		struct tc_filter *grown = realloc(array->filter, room * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		array->filter = grown;
		array->room = room;
	}
	/* left out, a filter that we cannot read would make its place look free */
	return tc_decode_filter(message, &array->filter[array->count++]);
}

int tc_filters(struct nl *route, uint32_t ifindex, enum tc_hook hook, struct tc_filter **out,
	       unsigned int *count)
{
	struct filter_array array = { 0 };
	char buffer[NL_REQUEST];
	int ret = -EINTR;

	*out = NULL;
	*count = 0;
	for (int attempt = 0; ret == -EINTR && attempt < ATTEMPTS; attempt++) {
		array.count = 0;
		ret = nl_talk(route,
			      request_for(buffer, RTM_GETTFILTER, NLM_F_DUMP, ifindex,
					  parent_of(hook)),
			      take_filter, &array);
	}
	if (ret || !array.count) {
		free(array.filter);
		return ret;
	}
	for (unsigned int i = 0; i < array.count; i++) {
		array.filter[i].at.ifindex = ifindex;
		array.filter[i].at.hook = hook;
	}
	*out = array.filter;
	*count = array.count;
	return 0;
}

struct qdisc_search {
	uint32_t ifindex;
	char *kind;
};

static int take_qdisc(const struct nlmsghdr *message, void *context)
{
	const struct tcmsg *tc = mnl_nlmsg_get_payload(message);
	const struct qdisc_search *search = context;
	const char *kind;

	if (message->nlmsg_type != RTM_NEWQDISC || mnl_nlmsg_get_payload_len(message) < sizeof(*tc))
		return -EBADMSG;
	if ((uint32_t)tc->tcm_ifindex != search->ifindex || tc->tcm_parent != TC_H_CLSACT)
		return 0;
	kind = nl_string(nl_find(message, sizeof(*tc), TCA_KIND));
	if (!kind)
		return -EBADMSG;
	snprintf(search->kind, TC_QDISC_KIND, "%s", kind);
	return 0;
}

/* The kernel dumps the qdiscs of all interfaces, whichever is asked for. */
int tc_qdisc_kind(struct nl *route, uint32_t ifindex, char out[static TC_QDISC_KIND])
{
	struct qdisc_search search = { .ifindex = ifindex, .kind = out };
	char buffer[NL_REQUEST];
	int ret = -EINTR;

	for (int attempt = 0; ret == -EINTR && attempt < ATTEMPTS; attempt++) {
		out[0] = '\0';
		ret = nl_talk(route, request_for(buffer, RTM_GETQDISC, NLM_F_DUMP, 0, 0),
			      take_qdisc, &search);
	}
	return ret;
}

/* Where nobody is: far enough from the first for who wants to be first (Cilium and others take 1),
 * and behind those that the kernel chooses, which go down from 49152 (cls_api.c tcf_auto_prio()).
 */
static const uint32_t preferred[] = { [TC_INGRESS] = 100, [TC_EGRESS] = 65000 };

uint32_t tc_free_priority(const struct tc_filter *filter, unsigned int count, enum tc_hook hook)
{
	uint8_t used[PRIORITY_MAX / 8 + 1] = { 0 };
	uint32_t prio = preferred[hook], end = hook == TC_INGRESS ? 1 : PRIORITY_MAX;

	for (unsigned int i = 0; i < count; i++) {
		uint32_t there = filter[i].at.prio & PRIORITY_MAX;

		used[there / 8] |= (uint8_t)(1 << there % 8);
		if (hook == TC_INGRESS && there <= prio)
			prio = there ? there - 1 : 0;
		else if (hook == TC_EGRESS && there >= prio)
			prio = there + 1;
	}
	if (prio >= 1 && prio <= PRIORITY_MAX)
		return prio;
	for (uint32_t i = 0; i < PRIORITY_MAX; i++) {
		prio = hook == TC_INGRESS ? end + i : end - i;
		if (!(used[prio / 8] & 1 << prio % 8))
			return prio;
	}
	return 0;
}
