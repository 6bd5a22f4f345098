/* SPDX-License-Identifier: GPL-2.0-only */
#include "attach.h"

#include <errno.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "genl.h"
#include "change.h"
#include "load.h"
#include "prepare.h"
#include "signals.h"
#include "tap_site.h"

/* One pipeline of the transaction. */
struct leg {
	struct net *net;
	const struct attach_request *request;
	struct attach_result *result;
	struct program running; /* id 0 if nothing is there */
	struct program loaded;
	struct preparations todo;
	bool changed;
};

/* ---- what is there */

static int conflict(const struct leg *leg, enum xdp_mode mode, struct err *err)
{
	const struct program *running = &leg->running;
	const char *ifname = leg->result->link.name;
	bool ours = running->owner != OWNER_FOREIGN;

	err_set(err, ERR_CONFLICT, EEXIST, ifname, "%s program %u \"%s\" is attached in %s mode",
		ours ? "xdpctl's" : "a foreign", running->id, running->name, xdp_mode_name(mode));
	if (leg->request->mode != XDP_MODE_AUTO && leg->request->mode != mode)
		return err_hint(err, "detach it first: no swap to %s mode is free of loss",
				xdp_mode_name(leg->request->mode));
	if (ours)
		return err_hint(err, "attach --replace swaps it without losing a packet");
	return err_hint(err, "attach --replace displaces it; whoever attached it may miss it");
}

/* A preparation, which the new program is as well, or the pass of a capture, which goes on. */
static bool is_nobodys(const struct program *program)
{
	return program->owner == OWNER_XDPCTL &&
	       (program->cfg.role == ROLE_RECEIVER || program->cfg.guest);
}

/* The mode a running program is in decides: the kernel has no swap across modes. */
static int find_running(struct leg *leg, struct err *err)
{
	const struct attach_request *request = leg->request;
	const struct link *link = &leg->result->link;
	enum xdp_mode mode;
	int ret;

	program_close(&leg->running);
	if (request->mode == XDP_MODE_HW)
		mode = XDP_MODE_HW;
	else
		mode = link->xdp[XDP_MODE_DRV] ? XDP_MODE_DRV : XDP_MODE_SKB;
	if (!link->xdp[mode])
		return 0;
	ret = program_open(link->xdp[mode], &leg->running, err);
	if (ret == -ENOENT)
		return err_set(err, ERR_CONFLICT, EEXIST, link->name,
			       "its program changed while we looked");
	if (ret)
		return ret;
	leg->result->mode = mode;
	leg->result->replaced = leg->running.id;
	if (is_nobodys(&leg->running))
		leg->result->replaced = 0;
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
	struct preparations known;
	int ret;

	ret = check_device(leg, mode, err);
	if (!ret)
		ret = preflight(&pre, &result->cfg, &result->plan, err);
	if (ret)
		return ret;
	result->mode = mode;
	ret = prepare_plan(leg->net, &result->plan, &leg->running, &result->prepared, &leg->todo,
			   err);
	if (!ret && leg->request->no_prepare) {
		preparations_without(&result->prepared, &leg->todo, &known);
		result->prepared = known;
		leg->todo.count = 0;
	}
	return ret;
}

/* Captures of the running pipeline go on in the one that takes its place. */
static int carry_taps(struct leg *leg, bool frags, struct err *err)
{
	const struct program *running = &leg->running;
	struct pipeline_cfg *cfg = &leg->result->cfg;
	const char *ifname = leg->result->link.name;

	cfg->guest = cfg->tapped = leg->request->guest;
	if (running->owner != OWNER_XDPCTL || !tap_live(running))
		return 0;
	if (tap_steals(running)) {
		err_set(err, ERR_CONFLICT, EBUSY, ifname,
			"a capture takes packets away from the pipeline");
		return err_hint(err, "end it first");
	}
	if (running->cfg.frags != frags) {
		err_set(err, ERR_CONFLICT, EBUSY, ifname,
			"a capture is running, and this pipeline would have to take %s",
			frags ? "frames of several buffers" : "frames of one buffer only");
		return err_hint(err, "end the capture first");
	}
	cfg->tapped = TAPPED;
	return 0;
}

static int load(struct leg *leg, enum xdp_mode mode, bool frags, struct err *err)
{
	struct attach_result *result = leg->result;
	int ret = carry_taps(leg, frags, err);

	if (ret)
		return ret;
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

static struct change change_of(const struct leg *leg)
{
	return (struct change){ .net = leg->net,
				.link = &leg->result->link,
				.mode = leg->result->mode,
				.running = &leg->running,
				.loaded = &leg->loaded,
				.record = leg->result->prepared,
				.todo = leg->todo,
				.verify = !leg->request->no_prepare };
}

static int load_and_change(struct leg *leg, enum xdp_mode mode, bool frags, struct err *err)
{
	int ret = load(leg, mode, frags, err);
	struct change change;

	if (ret || leg->request->dry_run)
		return ret;
	change = change_of(leg);
	ret = change_apply(&change, err);
	leg->changed = !ret;
	return ret;
}

static int leg_try(struct leg *leg, enum xdp_mode mode, struct err *err)
{
	bool frags = wants_frags(leg, mode);
	int ret = plan_mode(leg, mode, err);

	if (ret)
		return ret;
	ret = load_and_change(leg, mode, frags, err);
	/* a driver with smaller buffers than most */
	if ((ret == -EINVAL || ret == -ERANGE) && mode == XDP_MODE_DRV && !frags &&
	    kernel_has_frags())
		ret = load_and_change(leg, mode, true, err);
	return ret;
}

static int leg_attach(struct leg *leg, struct err *err)
{
	struct link *link = &leg->result->link;
	enum xdp_mode modes[2];
	unsigned int n;
	int ret;

	/* the leg before may have prepared this interface */
	ret = link_by_index(&leg->net->route, link->ifindex, link, err);
	ret = ret ?: find_running(leg, err);
	if (ret)
		return ret;
	n = candidates(leg, modes);
	for (unsigned int i = 0; i < n; i++) {
		ret = leg_try(leg, modes[i], err);
		if (!ret || !other_mode_may_help(ret) || i + 1 == n)
			break;
		leg->result->refused[modes[i]] = *err;
	}
	return ret;
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
	unsigned int first;
	sigset_t signals;
	int ret;

	if (!back)
		return err_set(err, ERR_FAILED, ENOMEM, NULL, "out of memory");
	*count = reverse(request, back, &other) ? 2 : 1;
	for (unsigned int i = 0; i < *count; i++) {
		results[i] = (struct attach_result){ 0 };
		legs[i] = (struct leg){ .net = net,
					.request = request,
					.result = &results[i],
					.running = { .fd = -1 },
					.loaded = { .fd = -1 } };
	}
	ret = leg_open(&legs[0], request->ifname, request->use, request->uses, err);
	if (!ret && *count == 2)
		ret = leg_open(&legs[1], other, back, request->uses, err);
	signals_hold(&signals); /* half a wire is worse than a late end */
	/* in one order, whichever way round it was asked for: so of two racing one wins */
	first = *count == 2 && results[1].link.ifindex < results[0].link.ifindex;
	for (unsigned int i = 0; i < *count && !ret; i++)
		ret = leg_attach(&legs[i ^ first], err);
	for (unsigned int i = 0; i < *count; i++) {
		struct change change = change_of(&legs[i]);

		if (legs[i].changed && ret)
			change_revert(&change);
		else if (legs[i].changed)
			change_settle(&change);
		leg_close(&legs[i]);
	}
	signals_release(&signals);
	free(back);
	return ret;
}
