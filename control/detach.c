/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attach.h"
#include "load.h"
#include "prepare.h"
#include "signals.h"
#include "tap_site.h"
#include "xdp.h"

static int take_off(struct net *net, const struct link *link, enum xdp_mode mode,
		    const struct program *program, struct err *err)
{
	struct xdp_change change = {
		.ifindex = link->ifindex, .mode = mode, .new_fd = -1, .old_fd = program->fd
	};
	int ret = xdp_set(&net->route, &change);
	const char *why = net->route.extack[0] ? net->route.extack : strerror(-ret);

	if (!ret)
		return 0;
	if (ret == -EBUSY || ret == -EEXIST || strstr(why, "link")) {
		err_set(err, ERR_CONFLICT, -ret, link->name, "program %u cannot be taken off: %s",
			program->id, why);
		return err_hint(err, "a bpf_link's program goes when its owner closes the link");
	}
	return err_set(err, err_code_of(-ret), -ret, link->name,
		       "program %u cannot be taken off: %s", program->id, why);
}

/* The program on the interface, if it is a pipeline of that namespace. */
static bool open_pipeline(const struct net *net, const struct link *link, struct program *out)
{
	uint32_t id = link_xdp_software(link);

	if (!id || program_open(id, out, NULL))
		return false;
	if (out->owner == OWNER_XDPCTL && program_is_from(out, net->id))
		return true;
	program_close(out);
	return false;
}

/* A pipeline in this namespace redirects to this interface, whose driver needs a program for it. */
static bool is_target(struct net *net, const struct link *link)
{
	struct link *links;
	unsigned int count;
	bool needed = false;

	if (link_dump(&net->route, &links, &count, NULL))
		return false;
	for (unsigned int i = 0; i < count && !needed; i++) {
		struct preparations record;
		struct program program;

		if (links[i].ifindex == link->ifindex || !open_pipeline(net, &links[i], &program))
			continue;
		program_prepared(&program, &record);
		for (uint32_t k = 0; k < record.count; k++)
			needed |= record.item[k].kind == PREPARE_RECEIVER &&
				  !record.item[k].at_peer && record.item[k].device == link->ifindex;
		program_close(&program);
	}
	free(links);
	return needed;
}

/* The pipeline at the other end of a veth relies on a program at this one. */
static bool is_peer_of_reflector(struct net *net, const struct link *link)
{
	struct preparations record;
	struct program program;
	struct link peer;
	struct net there;
	bool needed = false;

	if (!link_is_veth(link) || net_open_peer(net, link, &there, &peer))
		return false;
	if (peer.xdp[XDP_MODE_DRV] && open_pipeline(&there, &peer, &program)) {
		program_prepared(&program, &record);
		for (uint32_t k = 0; k < record.count; k++)
			needed |= record.item[k].kind == PREPARE_RECEIVER &&
				  record.item[k].at_peer && record.item[k].port == peer.ifindex;
		program_close(&program);
	}
	net_close(&there);
	return needed;
}

static bool is_needed(struct net *net, const struct link *link)
{
	return is_target(net, link) || is_peer_of_reflector(net, link);
}

/* The program stays: what it had is given back to it. If another pipeline has come that took over
 * its maps, that goes on as before. */
static void wind_up(struct net *net, const struct detach_result *result,
		    const struct program *program, const struct preparations *before)
{
	struct preparations record = *before;
	struct program now;
	struct link link;

	if (link_by_index(&net->route, result->link.ifindex, &link, NULL) ||
	    !link.xdp[result->mode] || program_open(link.xdp[result->mode], &now, NULL))
		return;
	if (now.id == program->id)
		program_set_prepared(&now, &record);
	else
		program_prepared(&now, &record);
	if (program_is_from(&now, net->id))
		prepare_again(net, &record, NULL);
	if (now.owner == OWNER_XDPCTL)
		program_start(&now, NULL);
	program_close(&now);
}

/* Packets go to the stack first, then what was prepared is undone, then the program goes: killed
 * in between, it is still there with what is left of its record. */
static int wind_down(struct net *net, const struct program *program, bool force,
		     struct detach_result *result, struct preparations *before, struct err *err)
{
	const uint32_t ours[] = { program->id, 0 };
	int ret = program->owner == OWNER_XDPCTL ? program_stop(program, err) : 0;

	if (ret)
		return ret;
	result->elsewhere = !program_is_from(program, net->id);
	program_prepared(program, before);
	if (result->elsewhere)
		return 0;
	ret = unprepare_all(net, before, ours, &result->undone, &result->left, err);
	if (!ret || force)
		return program_set_prepared(program, &result->left);
	wind_up(net, result, program, before);
	return err_hint(err, "run it where that can be done, or use --force to leave it so");
}

/* Somebody else has just taken it off, and nothing came in its place: what was wanted. */
static bool is_gone(struct net *net, const struct detach_result *result)
{
	struct link link;

	return link_by_index(&net->route, result->link.ifindex, &link, NULL) == 0 &&
	       !link.xdp[result->mode];
}

/* May it be taken off? */
static int check_owner(const struct detach_result *result, const struct program *program,
		       bool needed, struct err *err)
{
	if (program->owner == OWNER_FOREIGN) {
		err_set(err, ERR_CONFLICT, EEXIST, result->link.name,
			"program %u \"%s\" (%s mode) is not xdpctl's", program->id, program->name,
			xdp_mode_name(result->mode));
		return err_hint(err, "detach --force takes it off all the same");
	}
	if (program->owner == OWNER_XDPCTL && tap_live(program)) {
		err_set(err, ERR_CONFLICT, EBUSY, result->link.name, "a capture is running on it");
		return err_hint(err, "end it first, or --force, which ends it");
	}
	if (needed && program->owner == OWNER_XDPCTL && program->cfg.role == ROLE_RECEIVER) {
		err_set(err, ERR_CONFLICT, EBUSY, result->link.name,
			"its program only lets it receive what is redirected to it");
		return err_hint(err, "detach the pipeline that redirects here, or use --force");
	}
	return 0;
}

/* leaving: what is there is the caller's own, whatever it is for. */
static int detach_one(struct net *net, struct detach_result *result, bool force, bool leaving,
		      struct err *err)
{
	const struct link *link = &result->link;
	struct preparations before = { 0 };
	struct program program;
	bool needed;
	int ret = program_open(link->xdp[result->mode], &program, err);

	if (ret == -ENOENT && !is_gone(net, result))
		return err_set(err, ERR_CONFLICT, EEXIST, link->name,
			       "another program came in its place while we looked");
	if (ret)
		return ret;
	result->prog_id = program.id;
	result->owner = program.owner;
	snprintf(result->name, sizeof(result->name), "%s", program.name);
	needed = !force && result->mode == XDP_MODE_DRV && is_needed(net, link);
	ret = force || leaving ? 0 : check_owner(result, &program, needed, err);
	if (!ret && program.owner != OWNER_FOREIGN)
		ret = wind_down(net, &program, force, result, &before, err);
	if (ret)
		goto out;
	if (needed) /* the driver goes on taking frames for another pipeline */
		ret = receiver_attach(net, link, program.fd, err);
	else
		ret = take_off(net, link, result->mode, &program, err);
	result->receives = needed && !ret;
	if (ret && is_gone(net, result)) {
		ret = err_set(err, ERR_NOT_FOUND, ENOENT, link->name,
			      "program %u was taken off by somebody else meanwhile", program.id);
	} else if (ret && program.owner != OWNER_FOREIGN) {
		wind_up(net, result, &program, &before);
	}
out:
	program_close(&program);
	return ret;
}

int detach_program(struct net *net, struct detach_result *result, struct err *err)
{
	return detach_one(net, result, false, true, err);
}

int detach(struct net *net, const char *ifname, bool force,
	   struct detach_result results[static XDP_MODES], unsigned int *count, struct err *err)
{
	struct link link;
	sigset_t signals;
	int ret = link_by_name(&net->route, ifname, &link, err);

	*count = 0;
	if (ret)
		return ret;
	signals_hold(&signals);
	for (enum xdp_mode mode = XDP_MODE_DRV; mode < XDP_MODES; mode++) {
		if (!link.xdp[mode])
			continue;
		results[*count] = (struct detach_result){ .link = link, .mode = mode };
		ret = detach_one(net, &results[*count], force, false, err);
		if (ret)
			break;
		(*count)++;
	}
	signals_release(&signals);
	if (ret)
		return ret;
	if (!*count) {
		err_set(err, ERR_NOT_FOUND, ENOENT, link.name, "nothing is attached");
		return err_hint(err, "`xdpctl status` lists what is attached");
	}
	return 0;
}
