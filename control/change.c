/* SPDX-License-Identifier: GPL-2.0-only */
#include "change.h"

#include <errno.h>
#include <string.h>

#include "load.h"
#include "preflight.h"
#include "prepare.h"
#include "xdp.h"

#define RETRIES 3

static int set_program(const struct change *c, const struct program *program,
		       const struct program *expected)
{
	struct xdp_change change = { .ifindex = c->link->ifindex,
				     .mode = c->mode,
				     .new_fd = program->id ? program->fd : -1,
				     .old_fd = expected->id ? expected->fd : -1 };

	return xdp_set(&c->net->route, &change);
}

/* What the kernel or the driver said when it refused. */
static int explain(const struct change *c, int ret, struct err *err)
{
	const char *extack = c->net->route.extack[0] ? c->net->route.extack : strerror(-ret);
	const struct link *link = c->link;
	enum err_code code = err_code_of(-ret);
	char driver[LINK_KIND];

	if (ret == -EBUSY || ret == -EEXIST) {
		err_set(err, ERR_CONFLICT, -ret, link->name,
			"another program is there, or came while we attached: %s", extack);
		return err_hint(err,
				"`xdpctl status %s` shows it; a bpf_link's program can only be "
				"taken off by its owner",
				link->name);
	}
	if (ret == -ERANGE || ret == -EINVAL || ret == -ENOSPC)
		code = ERR_UNSUPPORTED;
	err_set(err, code, -ret, link->name, "driver %s refuses %s mode: %s",
		link_driver(link, driver), xdp_mode_name(c->mode), extack);
	if (c->mode == XDP_MODE_DRV && ret == -EOPNOTSUPP)
		return err_hint(err, "try --mode skb");
	if (link->mtu > ONE_BUFFER_MTU && !c->loaded->cfg.frags)
		return err_hint(err, "without multi-buffer XDP the MTU may be at most about %d",
				ONE_BUFFER_MTU);
	return ret;
}

static int swap_in(const struct change *c, struct err *err)
{
	int ret = set_program(c, c->loaded, c->running);

	return ret ? explain(c, ret, err) : 0;
}

static bool runs_pipeline(const struct change *c)
{
	return c->running->owner == OWNER_XDPCTL && c->running->cfg.role == ROLE_PIPELINE;
}

static int set_record(const struct program *program, const struct preparations *record,
		      struct err *err)
{
	int ret = program_set_prepared(program, record);

	if (ret)
		err_set(err, ERR_FAILED, -ret, "pipeline", "cannot write its record: %s",
			strerror(-ret));
	return ret;
}

static void unprepare(const struct change *c)
{
	const uint32_t ours[] = { c->loaded->id, c->running->id, 0 };

	/* what had been done for another one is on our record too, and may have become ours to undo
	 */
	unprepare_all(c->net, runs_pipeline(c) ? &c->todo : &c->record, ours, NULL, NULL, NULL);
}

static int prepare(const struct change *c, struct err *err)
{
	struct preflight pre = { .net = c->net, .link = c->link, .mode = c->mode };
	int ret = prepare_all(c->net, &c->todo, err);

	if (ret || !c->verify)
		return ret;
	ret = preflight_verify(&pre, &c->loaded->cfg, err);
	/* another one that was being detached may have undone it just now */
	for (int i = 0; ret && i < RETRIES && c->record.count; i++) {
		prepare_again(c->net, &c->record, NULL);
		ret = preflight_verify(&pre, &c->loaded->cfg, err);
	}
	if (ret)
		unprepare(c);
	return ret;
}

/* Read back that it is ours that runs. From now on its record is seen by others; what one of them
 * undid just before is done again. */
static int verify(const struct change *c, struct err *err)
{
	struct link now;
	int ret = link_by_index(&c->net->route, c->link->ifindex, &now, err);

	if (ret)
		return ret;
	if (now.xdp[c->mode] == c->loaded->id)
		return prepare_again(c->net, &c->record, err);
	return err_set(err, ERR_CONFLICT, EEXIST, c->link->name,
		       "program %u took the place of ours right after the attach",
		       now.xdp[c->mode]);
}

/* No pipeline of ours is running and other devices have to be changed: attach with the stages
 * closed, so that packets go to the stack as before, then prepare, then open. So there is an
 * attached record of every change, also if we are killed. */
static int attach_then_prepare(const struct change *c, struct err *err)
{
	int ret = swap_in(c, err);

	if (ret)
		return ret;
	ret = prepare(c, err);
	ret = ret ?: program_start(c->loaded, err);
	ret = ret ?: verify(c, err);
	if (ret)
		change_revert(c);
	return ret;
}

/* Everything is ready before the program goes in. What is about to be prepared is added to the
 * running pipeline's record meanwhile. */
static int prepare_then_attach(const struct change *c, struct err *err)
{
	struct preparations before = { 0 }, both;
	int ret = 0;

	if (runs_pipeline(c)) {
		program_prepared(c->running, &before);
		both = before;
		preparations_join(&both, &c->todo);
		ret = set_record(c->running, &both, err);
		if (!ret) { /* what the new one does not need is undone in change_settle() */
			both = c->record;
			preparations_join(&both, &before);
			ret = set_record(c->loaded, &both, err);
		}
	}
	ret = ret ?: prepare(c, err);
	if (ret)
		goto forget;
	ret = program_start(c->loaded, err);
	ret = ret ?: swap_in(c, err);
	if (ret)
		goto undo;
	ret = verify(c, err);
	if (!ret)
		return 0;
undo:
	unprepare(c);
forget:
	if (runs_pipeline(c))
		program_set_prepared(c->running, &before);
	return ret;
}

int change_apply(const struct change *c, struct err *err)
{
	int ret = set_record(c->loaded, &c->record, err);

	if (ret)
		return ret;
	return c->todo.count && !runs_pipeline(c) ? attach_then_prepare(c, err)
						  : prepare_then_attach(c, err);
}

void change_revert(const struct change *c)
{
	/* maps that a running pipeline shares with ours stay as they are */
	if (!runs_pipeline(c))
		program_stop(c->loaded, NULL);
	unprepare(c);
	set_program(c, c->running, c->loaded);
	/* one that was being detached may have seen our record and done for us what it had undone
	 */
	if (!runs_pipeline(c))
		unprepare(c);
}

void change_settle(const struct change *c)
{
	const uint32_t ours[] = { c->loaded->id, 0 };
	struct preparations recorded, needless, left, record = c->record;

	if (program_prepared(c->loaded, &recorded))
		return;
	preparations_without(&recorded, &c->record, &needless);
	/* what cannot be undone from here now is kept for a later detach */
	unprepare_all(c->net, &needless, ours, NULL, &left, NULL);
	preparations_join(&record, &left);
	program_set_prepared(c->loaded, &record);
	/* one that lost against us may have done such a thing since, and left it to our record */
	unprepare_all(c->net, &needless, ours, NULL, NULL, NULL);
}
