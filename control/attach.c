/* SPDX-License-Identifier: GPL-2.0-only */
#include "attach.h"

#include <errno.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "genl.h"
#include "load.h"
#include "prepare.h"
#include "xdp.h"

/* One pipeline of the transaction. */
struct leg {
	struct net *net;
	const struct attach_request *request;
	struct attach_result *result;
	struct program running; /* id 0 if nothing is there */
	struct program loaded;
	struct preparations todo;
	bool swapped;
};

static int env_ifindex(void *context, const char *name, ifindex_t *out, struct err *err)
{
	struct net *net = context;
	struct link link;
	int ret = link_by_name(&net->route, name, &link, err);

	if (!ret)
		*out = link.ifindex;
	return ret;
}

static char *env_name(void *context, ifindex_t ifindex, char out[static STAGE_WORD_TEXT])
{
	struct net *net = context;
	struct link link;

	if (link_by_index(&net->route, ifindex, &link, NULL) == 0)
		snprintf(out, STAGE_WORD_TEXT, "%s", link.name);
	else
		snprintf(out, STAGE_WORD_TEXT, "#%u", ifindex);
	return out;
}

struct stage_env control_env(struct net *net, uint32_t ifindex)
{
	return (struct stage_env){
		.context = net, .ifindex = ifindex, .ifindex_of = env_ifindex, .name_of = env_name
	};
}

/* ---- what is there */

static int conflict(const struct leg *leg, enum xdp_mode mode, struct err *err)
{
	const struct program *running = &leg->running;
	const char *ifname = leg->result->link.name;
	bool ours = running->owner != OWNER_FOREIGN;

	err_set(err, ERR_CONFLICT, EEXIST, ifname, "%s program %u \"%s\" is attached in %s mode",
		ours ? "xdpctl's" : "a foreign", running->id, running->name, xdp_mode_name(mode));
	if (ours)
		return err_hint(err, "attach --replace swaps it without losing a packet");
	return err_hint(err, "attach --replace displaces it; whoever attached it may miss it");
}

/* The mode a running program is in decides: the kernel has no swap across modes. */
static int find_running(struct leg *leg, struct err *err)
{
	const struct attach_request *request = leg->request;
	const struct link *link = &leg->result->link;
	enum xdp_mode mode;
	int ret;

	if (request->mode == XDP_MODE_HW)
		mode = XDP_MODE_HW;
	else
		mode = link->xdp[XDP_MODE_DRV] ? XDP_MODE_DRV : XDP_MODE_SKB;
	leg->running = leg->loaded = (struct program){ .fd = -1 };
	if (!link->xdp[mode])
		return 0;
	ret = program_open(link->xdp[mode], &leg->running, err);
	if (ret)
		return ret;
	leg->result->mode = mode;
	leg->result->replaced = leg->running.id;
	if (leg->running.owner == OWNER_XDPCTL && leg->running.cfg.role == ROLE_RECEIVER)
		leg->result->replaced = 0; /* a preparation, which the new program is as well */
	else if (!request->replace)
		return conflict(leg, mode, err);
	if (request->mode == XDP_MODE_AUTO || request->mode == mode)
		return 0;
	err_set(err, ERR_CONFLICT, EEXIST, link->name,
		"program %u runs in %s mode, and no swap to %s mode is free of loss",
		leg->running.id, xdp_mode_name(mode), xdp_mode_name(request->mode));
	return err_hint(err, "leave --mode out, or detach first");
}

/* ---- which mode */

static int check_device(const struct leg *leg, enum xdp_mode mode, struct err *err)
{
	const struct link *link = &leg->result->link;
	char driver[LINK_KIND];
	uint64_t features;

	if (link->type != ARPHRD_ETHER && link->type != ARPHRD_LOOPBACK) {
		err_set(err, ERR_UNSUPPORTED, EOPNOTSUPP, link->name,
			"not an Ethernet device (type %u)", link->type);
		return err_hint(err, "its packets have no Ethernet header to work on");
	}
	if (mode != XDP_MODE_HW || netdev_xdp_features(&leg->net->genl, link->ifindex, &features))
		return 0;
	if (features & XDP_ACT_HW)
		return 0;
	err_set(err, ERR_UNSUPPORTED, EOPNOTSUPP, link->name,
		"the device cannot run XDP programs itself (driver %s offers no hardware mode)",
		link_driver(link, driver));
	return err_hint(err, "--mode drv runs it in the driver");
}

/* What the kernel said when it refused a program in this mode. */
static int attach_failed(const struct leg *leg, int ret, enum xdp_mode mode, struct err *err)
{
	const struct link *link = &leg->result->link;
	const char *extack = leg->net->route.extack;
	enum err_code code = err_code_of(-ret);
	char driver[LINK_KIND];

	if (ret == -EBUSY || ret == -EEXIST) {
		err_set(err, ERR_CONFLICT, -ret, link->name,
			"another program is there, or came while we attached: %s",
			extack[0] ? extack : strerror(-ret));
		return err_hint(err,
				"`xdpctl status %s` shows it; a bpf_link's program can only be "
				"taken off by its owner",
				link->name);
	}
	if (ret == -ERANGE || ret == -EINVAL || ret == -ENOSPC)
		code = ERR_UNSUPPORTED;
	err_set(err, code, -ret, link->name, "driver %s refuses %s mode: %s",
		link_driver(link, driver), xdp_mode_name(mode),
		extack[0] ? extack : strerror(-ret));
	if (mode == XDP_MODE_DRV && ret == -EOPNOTSUPP)
		return err_hint(err, "try --mode skb");
	if (link->mtu > ONE_BUFFER_MTU && !leg->loaded.cfg.frags)
		return err_hint(err, "without multi-buffer XDP the MTU may be at most about %d",
				ONE_BUFFER_MTU);
	return ret;
}

/* A refusal that another mode may not meet. */
static bool other_mode_may_help(int ret)
{
	return ret == -EOPNOTSUPP || ret == -EINVAL || ret == -ERANGE || ret == -ENOSPC ||
	       ret == -EMSGSIZE;
}

static int plan_mode(struct leg *leg, enum xdp_mode mode, struct err *err)
{
	struct attach_result *result = leg->result;
	struct preflight pre = {
		.net = leg->net, .link = &result->link, .mode = mode, .force = leg->request->force
	};
	int ret;

	ret = check_device(leg, mode, err);
	if (!ret)
		ret = preflight(&pre, &result->cfg, &result->plan, err);
	if (ret)
		return ret;
	result->mode = mode;
	return prepare_plan(leg->net, &result->plan, &leg->running, result->link.ifindex,
			    &result->prepared, &leg->todo, err);
}

static int load(struct leg *leg, enum xdp_mode mode, bool frags, struct err *err)
{
	struct attach_result *result = leg->result;
	int ret;

	result->cfg.frags = frags;
	if (leg->loaded.id && leg->loaded.cfg.frags == frags)
		return 0;
	program_close(&leg->loaded);
	ret = pipeline_load(&result->cfg, leg->running.id ? &leg->running : NULL,
			    mode == XDP_MODE_HW ? result->link.ifindex : 0, &leg->loaded, err);
	if (!ret)
		result->prog_id = leg->loaded.id;
	else if (err && mode == XDP_MODE_HW)
		snprintf(err->object, sizeof(err->object), "%s", result->link.name);
	return ret;
}

/* ---- the change itself */

static int swap(struct leg *leg, int new_fd, int old_fd)
{
	struct xdp_change change = { .ifindex = leg->result->link.ifindex,
				     .mode = leg->result->mode,
				     .new_fd = new_fd,
				     .old_fd = old_fd };

	return xdp_set(&leg->net->route, &change);
}

/* Back to what was there before. */
static void undo(struct leg *leg)
{
	if (leg->swapped) {
		program_stop(&leg->loaded, NULL);
		swap(leg, leg->running.id ? leg->running.fd : -1, leg->loaded.fd);
	}
	leg->swapped = false;
}

/* The name of a device that was prepared and is still lacking is in err. */
static int verify_targets(struct leg *leg, struct err *err)
{
	struct preflight pre = { .net = leg->net,
				 .link = &leg->result->link,
				 .mode = leg->result->mode };

	return leg->request->no_prepare ? 0 : preflight_verify(&pre, &leg->result->cfg, err);
}

static int prepare(struct leg *leg, struct err *err)
{
	int ret = prepare_all(leg->net, &leg->todo, err);

	if (ret)
		return ret;
	ret = verify_targets(leg, err);
	if (ret)
		unprepare_all(leg->net, &leg->todo, leg->result->link.ifindex, NULL);
	return ret;
}

/* Nothing is there and other devices have to be changed first: attach the program with its stages
 * closed (packets go to the stack as before), then prepare, then open. So at every moment there is
 * a record of what was prepared, also if we are killed. */
static int attach_then_prepare(struct leg *leg, struct err *err)
{
	int ret = program_set_prepared(&leg->loaded, &leg->result->prepared);

	if (ret)
		return err_set(err, ERR_FAILED, -ret, "pipeline", "cannot write its record: %s",
			       strerror(-ret));
	ret = swap(leg, leg->loaded.fd, leg->running.id ? leg->running.fd : -1);
	if (ret)
		return attach_failed(leg, ret, leg->result->mode, err);
	leg->swapped = true;
	ret = prepare(leg, err);
	return ret ?: program_start(&leg->loaded, err);
}

/* Everything is ready before the program is attached. The record of a running pipeline is shared
 * with its successor, so it can be written first. */
static int prepare_then_attach(struct leg *leg, struct err *err)
{
	struct preparations before, joint;
	bool share = leg->running.owner == OWNER_XDPCTL;
	int ret;

	program_prepared(&leg->loaded, &before); /* the running one's, if it is shared */
	joint = leg->result->prepared;
	for (uint32_t i = 0; share && i < before.count && joint.count < PREPARATIONS; i++)
		joint.item[joint.count++] = before.item[i];
	ret = program_set_prepared(&leg->loaded, &joint);
	if (ret)
		return err_set(err, ERR_FAILED, -ret, "pipeline", "cannot write its record: %s",
			       strerror(-ret));
	ret = prepare(leg, err);
	ret = ret ?: program_start(&leg->loaded, err);
	if (!ret) {
		ret = swap(leg, leg->loaded.fd, leg->running.id ? leg->running.fd : -1);
		if (ret)
			attach_failed(leg, ret, leg->result->mode, err);
		leg->swapped = !ret;
	}
	if (ret && leg->todo.count)
		unprepare_all(leg->net, &leg->todo, leg->result->link.ifindex, NULL);
	if (ret)
		program_set_prepared(&leg->loaded, &before);
	return ret;
}

static int change(struct leg *leg, struct err *err)
{
	bool gap_is_fine = !leg->running.id || leg->running.cfg.role == ROLE_RECEIVER;
	int ret;

	if (leg->todo.count && gap_is_fine)
		ret = attach_then_prepare(leg, err);
	else
		ret = prepare_then_attach(leg, err);
	if (ret && leg->swapped) {
		program_stop(&leg->loaded, NULL);
		unprepare_all(leg->net, &leg->todo, leg->result->link.ifindex, NULL);
		undo(leg);
	}
	return ret;
}

/* Read back that it is ours that runs. */
static int verify(struct leg *leg, struct err *err)
{
	struct attach_result *result = leg->result;
	struct link now;
	int ret = link_by_index(&leg->net->route, result->link.ifindex, &now, err);

	if (ret)
		return ret;
	if (now.xdp[result->mode] != leg->loaded.id)
		return err_set(err, ERR_CONFLICT, EEXIST, result->link.name,
			       "program %u took the place of ours right after the attach",
			       now.xdp[result->mode]);
	result->link = now;
	return 0;
}

/* What the program before needed and this one does not. */
static void forget_needless(struct leg *leg)
{
	struct preparations recorded, needless;

	if (program_prepared(&leg->loaded, &recorded))
		return;
	preparations_without(&recorded, &leg->result->prepared, &needless);
	unprepare_all(leg->net, &needless, leg->result->link.ifindex, NULL);
	program_set_prepared(&leg->loaded, &leg->result->prepared);
}

/* ---- one leg */

static int leg_open(struct leg *leg, const char *ifname, const struct stage_use *use,
		    unsigned int uses, struct err *err)
{
	struct attach_result *result = leg->result;
	struct stage_env env;
	int ret;

	ret = link_by_name(&leg->net->route, ifname, &result->link, err);
	if (ret)
		return ret;
	env = control_env(leg->net, result->link.ifindex);
	ret = pipeline_configure(use, uses, !leg->request->no_count, &env, &result->cfg, err);
	return ret ?: find_running(leg, err);
}

/* The modes to try, best first. */
static unsigned int candidates(const struct leg *leg, enum xdp_mode out[static 2])
{
	out[0] = leg->running.id ? leg->result->mode : leg->request->mode;
	if (out[0] != XDP_MODE_AUTO)
		return 1;
	out[0] = XDP_MODE_DRV;
	out[1] = XDP_MODE_SKB;
	return 2;
}

/* Whether the program has to take frames of several buffers, which costs it a call of a helper. In
 * generic mode the kernel makes one buffer of every packet. A successor takes what the program
 * before it took: some drivers have let a larger MTU be set since. */
static bool wants_frags(const struct leg *leg, enum xdp_mode mode)
{
	if (mode != XDP_MODE_DRV)
		return false;
	return leg->request->jumbo || leg->result->link.mtu > ONE_BUFFER_MTU ||
	       (leg->running.owner == OWNER_XDPCTL && leg->running.cfg.frags);
}

static int load_and_change(struct leg *leg, enum xdp_mode mode, bool frags, struct err *err)
{
	int ret = load(leg, mode, frags, err);

	if (ret || leg->request->dry_run)
		return ret;
	return change(leg, err);
}

static int leg_try(struct leg *leg, enum xdp_mode mode, struct err *err)
{
	bool frags = wants_frags(leg, mode);
	int ret = plan_mode(leg, mode, err);

	if (ret)
		return ret;
	if (leg->request->no_prepare) {
		leg->todo.count = 0;
		leg->result->prepared.count = 0;
	}
	ret = load_and_change(leg, mode, frags, err);
	/* a driver with smaller buffers than most */
	if ((ret == -EINVAL || ret == -ERANGE) && mode == XDP_MODE_DRV && !frags &&
	    kernel_has_frags())
		ret = load_and_change(leg, mode, true, err);
	return ret;
}

static int leg_attach(struct leg *leg, struct err *err)
{
	enum xdp_mode modes[2];
	unsigned int n = candidates(leg, modes);
	int ret = -EINVAL;

	for (unsigned int i = 0; i < n; i++) {
		ret = leg_try(leg, modes[i], err);
		if (!ret || !other_mode_may_help(ret) || i + 1 == n)
			break;
		leg->result->refused[modes[i]] = *err;
	}
	if (ret || leg->request->dry_run)
		return ret;
	return verify(leg, err);
}

static void leg_close(struct leg *leg)
{
	program_close(&leg->running);
	program_close(&leg->loaded);
}

/* The way back of a wire: the same stages on the other port, its target turned round. */
static bool reverse(const struct attach_request *request, struct stage_use *use, const char **other)
{
	bool found = false;

	memcpy(use, request->use, sizeof(request->use));
	for (unsigned int i = 0; i < request->uses; i++) {
		if (use[i].stage->reverse)
			found |= use[i].stage->reverse(&request->use[i], request->ifname, &use[i],
						       other);
	}
	return found;
}

int attach(struct net *net, const struct attach_request *request,
	   struct attach_result results[static ATTACH_LEGS], unsigned int *count, struct err *err)
{
	struct leg legs[ATTACH_LEGS] = { 0 };
	struct stage_use *back = calloc(PIPELINE_STAGES, sizeof(*back));
	const char *other = NULL;
	unsigned int done = 0;
	int ret;

	if (!back)
		return err_set(err, ERR_FAILED, ENOMEM, NULL, "out of memory");
	*count = reverse(request, back, &other) ? 2 : 1;
	for (unsigned int i = 0; i < *count; i++) {
		results[i] = (struct attach_result){ 0 };
		legs[i] = (struct leg){ .net = net, .request = request, .result = &results[i] };
	}
	ret = leg_open(&legs[0], request->ifname, request->use, request->uses, err);
	if (!ret && *count == 2)
		ret = leg_open(&legs[1], other, back, request->uses, err);
	for (; !ret && done < *count; done++)
		ret = leg_attach(&legs[done], err);
	if (ret && done == 2) {
		unprepare_all(net, &legs[0].todo, results[0].link.ifindex, NULL);
		undo(&legs[0]);
	}
	for (unsigned int i = 0; i < *count; i++) {
		if (!ret && !request->dry_run)
			forget_needless(&legs[i]);
		leg_close(&legs[i]);
	}
	free(back);
	return ret;
}
