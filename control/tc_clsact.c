/* SPDX-License-Identifier: GPL-2.0-only */
#include "tc_clsact.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tc_wire.h"

#define TRIES  8 /* against others who change the hook at the same time */
#define HANDLE 1 /* of our filter: the only one in a priority that was free */

static const char *cause_of(const struct nl *route, int ret)
{
	return route->extack[0] ? route->extack : strerror(-ret);
}

static int make_failed(const struct nl *route, int ret, const struct link *link, const char *what,
		       struct err *err)
{
	enum err_code code = err_code_of(-ret);

	if (ret == -ENODEV)
		return err_set(err, ERR_NOT_FOUND, ENODEV, link->name, "the interface is gone");
	if (ret == -ENOENT) /* of a request that makes something: the kernel has no such kind */
		code = ERR_UNSUPPORTED;
	return err_set(err, code, -ret, link->name, "cannot add %s: %s", what,
		       cause_of(route, ret));
}

/* What is there serves the hook. -EAGAIN: it is gone again. */
static int check_qdisc(struct nl *route, const struct link *link, enum tc_hook hook,
		       struct err *err)
{
	char kind[TC_QDISC_KIND];
	int ret = tc_qdisc_kind(route, link->ifindex, kind);

	if (ret)
		return err_set(err, err_code_of(-ret), -ret, link->name,
			       "cannot read its qdiscs: %s", cause_of(route, ret));
	if (!kind[0])
		return err_set(err, ERR_CONFLICT, EAGAIN, link->name,
			       "its qdisc comes and goes: somebody else is changing it");
	if (strcmp(kind, "clsact") == 0 || (hook == TC_INGRESS && strcmp(kind, "ingress") == 0))
		return 0;
	err_set(err, ERR_CONFLICT, EBUSY, link->name,
		"has a qdisc \"%s\", which has no %s hook and keeps out clsact, which has", kind,
		hook == TC_EGRESS ? "egress" : "ingress");
	return err_hint(err, "replace it with clsact, which has its ingress hook too");
}

static int ensure_qdisc(struct nl *route, const struct link *link, enum tc_hook hook, bool *made,
			struct err *err)
{
	char buffer[NL_REQUEST];
	int ret = nl_talk(route, tc_encode_qdisc_make(link->ifindex, buffer), NULL, NULL);

	if (ret == -EEXIST)
		return check_qdisc(route, link, hook, err);
	if (ret)
		return make_failed(route, ret, link, "the qdisc clsact", err);
	*made = true;
	return 0;
}

/* Between the look and the request somebody may have taken that priority. If his filter has the
 * same handle the kernel refuses ours; else both are in it, which harms neither: ours goes by its
 * handle. */
static int make_filter(struct nl *route, const struct link *link, const struct tc_program *program,
		       struct tc_place *at, struct err *err)
{
	struct tc_filter *filters;
	char buffer[NL_REQUEST];
	unsigned int count;
	int ret = tc_filters(route, at->ifindex, at->hook, &filters, &count);

	if (ret)
		return err_set(err, err_code_of(-ret), -ret, link->name,
			       "cannot read its filters: %s", cause_of(route, ret));
	at->handle = HANDLE;
	at->prio = tc_free_priority(filters, count, at->hook);
	free(filters);
	if (!at->prio)
		return err_set(err, ERR_CONFLICT, ENOSPC, link->name,
			       "filters have taken all priorities of %s", tc_hook_name(at->hook));
	ret = nl_talk(route, tc_encode_filter_make(at, program->fd, program->name, buffer), NULL,
		      NULL);
	if (!ret)
		return 0;
	make_failed(route, ret, link, "a filter of kind bpf", err);
	if (err && ret == -EOPNOTSUPP) /* its filters are a block's that several interfaces share */
		err->code = ERR_CONFLICT;
	return ret;
}

/* Remove the qdisc that we made, if it is not somebody's by now. The kernel cannot be asked to
 * compare: a filter that is added between our look and the request goes with the qdisc, and so does
 * a qdisc clsact without filters that replaced ours. Where taps overlap, the one that made the
 * qdisc leaves it to the others, who do not know and leave it too: an empty one has no effect. */
static int leave_qdisc(struct nl *route, uint32_t ifindex)
{
	char buffer[NL_REQUEST];
	int ret;

	for (enum tc_hook hook = TC_INGRESS; hook < TC_HOOKS; hook++) {
		struct tc_filter *filters;
		unsigned int count;

		ret = tc_filters(route, ifindex, hook, &filters, &count);
		free(filters);
		if (ret || count)
			return ret;
	}
	ret = nl_talk(route, tc_encode_qdisc_delete(ifindex, buffer), NULL, NULL);
	/* no such qdisc, another kind, no such interface: it is gone */
	return ret == -ENOENT || ret == -EINVAL || ret == -ENODEV ? 0 : ret;
}

int clsact_attach(struct nl *route, const struct link *link, const struct tc_program *program,
		  struct tc_tap *tap, struct err *err)
{
	int ret = -EAGAIN;

	/* EEXIST: somebody was faster. EINVAL: so he was, with another kind of filter, or the qdisc
	 * is gone again. */
	for (int try = 0; try < TRIES && (ret == -EAGAIN || ret == -EEXIST || ret == -EINVAL);
	     try++) {
		ret = ensure_qdisc(route, link, program->hook, &tap->made_qdisc, err);
		if (!ret)
			ret = make_filter(route, link, program, &tap->at, err);
	}
	if (!ret)
		tap->kind = TC_CLSACT;
	else if (tap->made_qdisc)
		leave_qdisc(route, link->ifindex);
	return ret;
}

static bool is_at(const struct tc_filter *filter, const struct tc_place *at)
{
	return filter->chain == 0 && filter->at.prio == at->prio &&
	       filter->at.handle == at->handle && filter->at.prog_id == at->prog_id;
}

/* 1 if our filter is there, 0 if not, or -errno. */
static int find_filter(struct nl *route, const struct tc_place *at)
{
	struct tc_filter *filters;
	unsigned int count;
	int ret = tc_filters(route, at->ifindex, at->hook, &filters, &count);

	for (unsigned int i = 0; i < count && !ret; i++)
		ret = is_at(&filters[i], at);
	free(filters);
	return ret;
}

static int failed(uint32_t ifindex, int ret, const char *what, const char *cause, struct err *err)
{
	char object[16];

	snprintf(object, sizeof(object), "#%u", ifindex);
	return err_set(err, err_code_of(-ret), -ret, object, "cannot remove %s: %s", what, cause);
}

int clsact_remove(struct nl *route, const struct tc_place *at, struct err *err)
{
	char buffer[NL_REQUEST], cause[NL_EXTACK], what[64];
	struct nlmsghdr *request = tc_encode_filter_delete(at, buffer);
	int ret = request ? find_filter(route, at) : -EINVAL;

	if (ret > 0)
		ret = nl_talk(route, request, NULL, NULL);
	if (!ret)
		return 0;
	snprintf(cause, sizeof(cause), "%s", cause_of(route, ret));
	if (find_filter(route, at) == 0)
		return 0; /* it went, or its qdisc did, before the request came */
	snprintf(what, sizeof(what), "the filter of priority %u from %s", at->prio,
		 tc_hook_name(at->hook));
	return failed(at->ifindex, ret, what, cause, err);
}

int clsact_detach(struct nl *route, const struct tc_tap *tap, struct err *err)
{
	int ret = clsact_remove(route, &tap->at, err);

	if (ret || !tap->made_qdisc)
		return ret;
	ret = leave_qdisc(route, tap->at.ifindex);
	if (!ret)
		return 0;
	return failed(tap->at.ifindex, ret, "the qdisc clsact that was added", cause_of(route, ret),
		      err);
}
