/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attach.h"
#include "load.h"
#include "prepare.h"
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

/* Somebody still redirects to this interface, whose driver needs a program for that. */
static bool is_needed(struct net *net, const struct link *link)
{
	struct link *links;
	unsigned int count;
	bool needed = false;

	if (link_dump(&net->route, &links, &count, NULL))
		return false;
	for (unsigned int i = 0; i < count && !needed; i++) {
		struct preparations record = { 0 };
		struct program program;
		uint32_t id = link_xdp_software(&links[i]);

		if (!id || links[i].ifindex == link->ifindex || program_open(id, &program, NULL))
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

/* Packets go to the stack first, then what was prepared is undone, then the program goes: killed
 * in between, it is still there with what is left of its record. */
static int wind_down(struct net *net, const struct program *program, struct detach_result *result,
		     struct err *err)
{
	const uint32_t ours[] = { program->id, 0 };
	const struct preparations none = { 0 };
	int ret = program->owner == OWNER_XDPCTL ? program_stop(program, err) : 0;

	if (ret)
		return ret;
	program_prepared(program, &result->undone);
	ret = unprepare_all(net, &result->undone, ours, err);
	if (ret)
		return ret;
	program_set_prepared(program, &none);
	return 0;
}

/* The program could not be taken off. If it is still there, or another pipeline that took over its
 * maps, that goes on as before. */
static void wind_up(struct net *net, const struct detach_result *result,
		    const struct program *program)
{
	struct preparations record = result->undone;
	struct program now;
	struct link link;

	if (link_by_index(&net->route, result->link.ifindex, &link, NULL) ||
	    !link.xdp[result->mode] || program_open(link.xdp[result->mode], &now, NULL))
		return;
	if (now.id == program->id)
		program_set_prepared(&now, &record);
	else
		program_prepared(&now, &record);
	if (now.owner == OWNER_XDPCTL && !prepare_again(net, &record, NULL))
		program_start(&now, NULL);
	program_close(&now);
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
	if (needed && program->owner == OWNER_XDPCTL && program->cfg.role == ROLE_RECEIVER) {
		err_set(err, ERR_CONFLICT, EBUSY, result->link.name,
			"its program only lets it receive what is redirected to it");
		return err_hint(err, "detach the pipeline that redirects here, or use --force");
	}
	return 0;
}

static int detach_one(struct net *net, struct detach_result *result, bool force, struct err *err)
{
	const struct link *link = &result->link;
	struct program program;
	bool needed;
	int ret = program_open(link->xdp[result->mode], &program, err);

	if (ret)
		return ret;
	result->prog_id = program.id;
	result->owner = program.owner;
	snprintf(result->name, sizeof(result->name), "%s", program.name);
	needed = !force && result->mode == XDP_MODE_DRV && is_needed(net, link);
	ret = force ? 0 : check_owner(result, &program, needed, err);
	if (!ret && program.owner != OWNER_FOREIGN)
		ret = wind_down(net, &program, result, err);
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
		wind_up(net, result, &program);
	}
out:
	program_close(&program);
	return ret;
}

int detach(struct net *net, const char *ifname, bool force,
	   struct detach_result results[static XDP_MODES], unsigned int *count, struct err *err)
{
	struct link link;
	int ret = link_by_name(&net->route, ifname, &link, err);

	*count = 0;
	if (ret)
		return ret;
	for (enum xdp_mode mode = XDP_MODE_DRV; mode < XDP_MODES; mode++) {
		if (!link.xdp[mode])
			continue;
		results[*count] = (struct detach_result){ .link = link, .mode = mode };
		ret = detach_one(net, &results[*count], force, err);
		if (ret)
			return ret;
		(*count)++;
	}
	if (!*count) {
		err_set(err, ERR_NOT_FOUND, ENOENT, link.name, "nothing is attached");
		return err_hint(err, "`xdpctl status` lists what is attached");
	}
	return 0;
}
