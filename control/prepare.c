/* SPDX-License-Identifier: GPL-2.0-only */
#include "prepare.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "genl.h"
#include "load.h"
#include "tap_site.h"
#include "xdp.h"

static const struct preparation *find(const struct preparations *list,
				      const struct preparation *key)
{
	for (uint32_t i = 0; i < list->count; i++) {
		if (preparation_same(&list->item[i], key))
			return &list->item[i];
	}
	return NULL;
}

static void add(struct preparations *list, const struct preparation *item)
{
	if (list->count < PREPARATIONS && !find(list, item))
		list->item[list->count++] = *item;
}

void preparations_without(const struct preparations *a, const struct preparations *b,
			  struct preparations *out)
{
	*out = (struct preparations){ 0 };
	for (uint32_t i = 0; i < a->count; i++) {
		if (!find(b, &a->item[i]))
			add(out, &a->item[i]);
	}
}

void preparations_join(struct preparations *to, const struct preparations *more)
{
	for (uint32_t i = 0; i < more->count; i++)
		add(to, &more->item[i]);
}

static bool is_one_of(uint32_t id, const uint32_t *ids)
{
	for (; *ids; ids++) {
		if (*ids == id)
			return true;
	}
	return false;
}

/* The union of the records of all pipelines in the namespace but those of the ids. */
static int others(struct net *net, const uint32_t *ours, struct preparations *out, struct err *err)
{
	struct preparations record;
	struct link *links;
	unsigned int count;
	int ret;

	*out = (struct preparations){ 0 };
	ret = link_dump(&net->route, &links, &count, err);
	if (ret)
		return ret;
	for (unsigned int i = 0; i < count; i++) {
		uint32_t id = link_xdp_software(&links[i]);
		struct program program;

		if (!id || is_one_of(id, ours) || program_open(id, &program, NULL))
			continue;
		program_prepared(&program, &record);
		if (program_is_from(&program, net->id))
			preparations_join(out, &record);
		program_close(&program);
	}
	free(links);
	return 0;
}

/* A generic pipeline that sends packets on needs GRO off on its own device, also where it was off
 * and nothing had to be recorded. */
static bool forwards_generic(const struct link *link)
{
	const struct stage *last;
	struct program program;
	bool forwards;

	if (!link->xdp[XDP_MODE_SKB] || program_open(link->xdp[XDP_MODE_SKB], &program, NULL))
		return false;
	last = program.owner == OWNER_XDPCTL ? stage_by_id(program.cfg.last) : NULL;
	forwards = last && last->targets;
	program_close(&program);
	return forwards;
}

/* A pipeline at the other end of the veth needs the contrary of the same device. */
static bool is_opposed(struct net *net, const struct preparation *item)
{
	const uint32_t none[] = { 0 };
	struct preparations records;
	struct link port, peer;
	struct net there;
	bool opposed = false;

	if ((item->kind != PREPARE_GRO_ON && item->kind != PREPARE_GRO_OFF) ||
	    link_by_index(&net->route, item->port, &port, NULL) || !link_is_veth(&port) ||
	    net_open_peer(net, &port, &there, &peer))
		return false;
	if (item->kind == PREPARE_GRO_ON) {
		opposed = forwards_generic(&peer);
	} else if (others(&there, none, &records, NULL) == 0) {
		for (uint32_t i = 0; i < records.count; i++)
			opposed |= records.item[i].kind == PREPARE_GRO_ON &&
				   records.item[i].at_peer &&
				   records.item[i].device == item->device;
	}
	net_close(&there);
	return opposed;
}

static int check_opposed(struct net *net, const struct preparation *item, struct err *err)
{
	char text[32], object[16];

	if (!is_opposed(net, item))
		return 0;
	snprintf(object, sizeof(object), "#%u", item->port);
	err_set(err, ERR_CONFLICT, EEXIST, object,
		"%s would be needed%s, and a pipeline at the other end needs the contrary",
		preparation_text(item, text, sizeof(text)), item->at_peer ? " at its peer" : "");
	return err_hint(err, "use the same --mode for both, or --no-prepare");
}

int prepare_plan(struct net *net, const struct plan *plan, const struct program *running,
		 struct preparations *record, struct preparations *todo, struct err *err)
{
	const uint32_t ours[] = { running->id, 0 };
	struct preparations before, elsewhere;
	int ret;

	*record = *todo = (struct preparations){ 0 };
	if (!plan->needs.count)
		return 0;
	program_prepared(running, &before);
	ret = others(net, ours, &elsewhere, err);
	if (ret)
		return ret;
	for (uint32_t i = 0; i < plan->needs.count; i++) {
		const struct preparation *item = &plan->needs.item[i];
		const struct preparation *known = find(&before, item) ?: find(&elsewhere, item);

		ret = plan->satisfied[i] ? 0 : check_opposed(net, item, err);
		if (ret)
			return ret;
		if (!plan->satisfied[i])
			add(todo, item);
		if (!plan->satisfied[i] && known) { /* somebody undid a part of it meanwhile */
			struct preparation both = *item;

			both.offloads |= known->offloads;
			add(record, &both);
		} else if (!plan->satisfied[i]) {
			add(record, item);
		} else if (known) {
			add(record, known);
		} else if (item->kind == PREPARE_RECEIVER) {
			add(record, item); /* the program that is there now may be detached */
		}
	}
	return 0;
}

int receiver_attach(struct net *net, const struct link *link, int expected_fd, struct err *err)
{
	struct program receiver;
	struct xdp_change change = { .ifindex = link->ifindex,
				     .mode = XDP_MODE_DRV,
				     .old_fd = expected_fd };
	int ret = receiver_load(link->ifindex, net->id, &receiver, err);

	if (ret)
		return ret;
	change.new_fd = receiver.fd;
	ret = xdp_set(&net->route, &change);
	if (ret == -EBUSY && expected_fd < 0)
		ret = 0; /* another program came just before: it does as well */
	if (ret)
		err_set(err, err_code_of(-ret), -ret, link->name,
			"cannot attach the pass program that lets it receive redirected frames: %s",
			net->route.extack[0] ? net->route.extack : strerror(-ret));
	program_close(&receiver);
	return ret;
}

static int set_receiver(struct net *net, const struct link *link, struct err *err)
{
	return link->xdp[XDP_MODE_DRV] ? 0 /* any program will do */
				       : receiver_attach(net, link, -1, err);
}

/* Only the receiver itself is taken off: not a pipeline that somebody put in its place. */
static int unset_receiver(struct net *net, const struct link *link)
{
	struct xdp_change change = { .ifindex = link->ifindex, .mode = XDP_MODE_DRV, .new_fd = -1 };
	struct program program;
	int ret = 0;

	if (!link->xdp[XDP_MODE_DRV] || program_open(link->xdp[XDP_MODE_DRV], &program, NULL))
		return 0;
	change.old_fd = program.fd;
	/* captures that look at it take it off when they are done */
	if (program.owner == OWNER_XDPCTL && program.cfg.role == ROLE_RECEIVER &&
	    !tap_live(&program))
		ret = xdp_set(&net->route, &change);
	program_close(&program);
	return ret;
}

static int set_offloads(struct net *net, const struct preparation *item, const struct link *device,
			bool undo, struct err *err)
{
	bool on = (item->kind == PREPARE_GRO_ON) != undo;
	int ret = offloads_set(&net->genl, device->ifindex, item->offloads, on);
	char text[32];

	if (ret && (!undo || ret != -EOPNOTSUPP))
		return err_set(err, err_code_of(-ret), -ret, device->name, "cannot %s %s%s: %s",
			       undo ? "undo" : "set", preparation_text(item, text, sizeof(text)),
			       item->at_peer ? " at the peer" : "", strerror(-ret));
	/* a feature that another setting keeps off now is restored as far as it can be */
	return ret == -EOPNOTSUPP ? 0 : ret;
}

/* On the device itself, in the namespace where it lives. */
static int apply_at(struct net *net, const struct preparation *item, const struct link *device,
		    bool undo, struct err *err)
{
	if (device->ifindex != item->device) /* another one has come in its place */
		return undo ? 0
			    : err_set(err, ERR_CONFLICT, EEXIST, device->name,
				      "is not the device that was looked at before");
	if (item->kind != PREPARE_RECEIVER)
		return set_offloads(net, item, device, undo, err);
	return undo ? unset_receiver(net, device) : set_receiver(net, device, err);
}

static int apply(struct net *net, const struct preparation *item, bool undo, struct err *err)
{
	struct link port, peer;
	struct net there;
	int ret = link_by_index(&net->route, item->port, &port, err);

	if (ret)
		return undo ? 0 : ret; /* a device that is gone needs no undoing */
	if (!item->at_peer)
		return apply_at(net, item, &port, undo, err);
	if (!port.peer)
		return undo ? 0
			    : err_set(err, ERR_NOT_FOUND, ENODEV, port.name, "its peer is gone");
	if (net_open_peer(net, &port, &there, &peer)) {
		ret = link_by_index(&net->route, item->port, &port, err);
		if (ret) /* gone while we looked */
			return undo ? 0 : ret;
		return err_set(err, ERR_FAILED, EHOSTUNREACH, port.name,
			       "its peer's network namespace cannot be entered from here");
	}
	ret = apply_at(&there, item, &peer, undo, err);
	net_close(&there);
	return ret;
}

int prepare_all(struct net *net, const struct preparations *todo, struct err *err)
{
	uint32_t done;
	int ret = 0;

	for (done = 0; done < todo->count && !ret; done++)
		ret = apply(net, &todo->item[done], false, err);
	while (ret && done--)
		apply(net, &todo->item[done], true, NULL);
	return ret;
}

int prepare_again(struct net *net, const struct preparations *done, struct err *err)
{
	int first = 0;

	for (uint32_t i = 0; i < done->count; i++) {
		int ret = apply(net, &done->item[i], false, first ? NULL : err);

		first = first ?: ret;
	}
	return first;
}

/* Who wanted it again may have gone since, and have undone it before we did it. */
static void undo_unwanted(struct net *net, const struct preparations *done, const uint32_t *ours)
{
	struct preparations elsewhere;

	if (others(net, ours, &elsewhere, NULL))
		return;
	for (uint32_t i = done->count; i-- > 0;) {
		if (!find(&elsewhere, &done->item[i]))
			apply(net, &done->item[i], true, NULL);
	}
}

int unprepare_all(struct net *net, const struct preparations *done, const uint32_t *ours,
		  struct preparations *undone, struct preparations *left, struct err *err)
{
	enum { KEPT, UNDONE, FAILED } outcome[PREPARATIONS] = { KEPT };
	struct preparations elsewhere, unwanted;
	unsigned int again = 0;
	int ret, first;

	undone = undone ?: &unwanted;
	left = left ?: &unwanted;
	*undone = *left = (struct preparations){ 0 };
	if (!done->count)
		return 0;
	first = others(net, ours, &elsewhere, err);
	if (first)
		return first;
	for (uint32_t i = done->count; i-- > 0;) {
		if (find(&elsewhere, &done->item[i]))
			continue;
		ret = apply(net, &done->item[i], true, first ? NULL : err);
		outcome[i] = ret ? FAILED : UNDONE;
		first = first ?: ret;
	}
	/* who attached meanwhile and found it done has it on record by now, or will do it again */
	if (others(net, ours, &elsewhere, NULL))
		elsewhere.count = 0;
	for (uint32_t i = 0; i < done->count; i++) {
		const struct preparation *wanted = find(&elsewhere, &done->item[i]);

		if (outcome[i] == UNDONE && wanted)
			again += apply(net, wanted, false, NULL) == 0;
		else if (outcome[i])
			add(outcome[i] == FAILED ? left : undone, &done->item[i]);
	}
	if (again)
		undo_unwanted(net, done, ours);
	return first;
}
