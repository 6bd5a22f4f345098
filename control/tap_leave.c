/* SPDX-License-Identifier: GPL-2.0-only */
/* Leaving a place in a pipeline, and what is left of captures that could not. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "tap_load.h"
#include "tap_site_part.h"
#include "tc.h"

/* Nothing was attached before the captures, or what lets it receive redirected frames: if that is
 * needed (still, or since), it stays or comes. */
static int remove_guest(struct tap_site *site, const struct program *running, struct err *err)
{
	struct detach_result result = { .link = site->link, .mode = site->mode };

	if (site->link.xdp[site->mode] != running->id)
		return -EAGAIN;
	return detach_program(site->net, &result, err);
}

static int put_back(struct tap_site *site, bool last, struct err *err)
{
	struct program running;
	struct pipeline_cfg cfg;
	int ret = tap_open_running(site, &running, err);

	if (ret == -ENODEV)
		return 0;
	if (ret || tap_map_id(&running, "taps") != site->id) /* its taps have gone already */
		goto out;
	cfg = running.cfg;
	cfg.steal = STEAL_NOTHING;
	cfg.tapped = last ? TAPPED_NOT : cfg.tapped;
	if (last && (cfg.guest || cfg.role == ROLE_RECEIVER))
		ret = remove_guest(site, &running, err);
	else
		ret = tap_swap(site, &running, &cfg, false, err);
	if (ret == -EBUSY || ret == -EEXIST)
		ret = -EAGAIN;
out:
	program_close(&running);
	return ret;
}

static int put_back_at_last(struct tap_site *site, bool last, struct err *err)
{
	int ret = -EAGAIN;

	for (unsigned int i = 0; i < TAP_ATTEMPTS && ret == -EAGAIN; i++) {
		ret = put_back(site, last, err);
		if (ret == -EAGAIN)
			usleep(TAP_PAUSE_US);
	}
	if (ret == -EAGAIN)
		err_set(err, ERR_CONFLICT, EBUSY, site->link.name, "its program keeps changing");
	if (ret)
		err_hint(err,
			 "packets pass; `xdpctl detach %s --taps` takes the capture's part out",
			 site->link.name);
	return ret;
}

int tap_leave(struct tap_site *site, struct err *err)
{
	bool last;
	int ret = tap_state_release(site->state, site->taps, site->place, site->beat, &last);

	if (ret == -EOWNERDEAD) /* somebody took us for dead and answers for it now */
		return 0;
	if (!last && !site->steal)
		return 0;
	return put_back_at_last(site, last, err);
}

void tap_close(struct tap_site *site)
{
	int *fds[] = { &site->taps, &site->scratch, &site->xsks, &site->counts };

	for (size_t i = 0; i < sizeof(fds) / sizeof(*fds); i++) {
		if (*fds[i] > 0)
			close(*fds[i]);
		*fds[i] = -1;
	}
	tap_state_unmap(site->state);
	site->state = NULL;
}

/* Where the kernel has no TCX, filters stay when their process is killed. */
static int clear_tc(struct net *net, const struct link *link, bool *done, struct err *err)
{
	struct tc_entry *entries;
	unsigned int count;
	int ret = tc_list(net, link, &entries, &count, err);

	for (unsigned int i = 0; i < count && !ret; i++) {
		if (entries[i].kind != TC_CLSACT || !tap_tc_is_dead(entries[i].at.prog_id))
			continue;
		ret = tc_remove_stale(net, &entries[i], err);
		*done |= !ret;
	}
	free(entries);
	return ret;
}

int tap_clear(struct net *net, const char *ifname, bool *done, struct err *err)
{
	struct tap_site site = { .net = net, .taps = -1, .scratch = -1, .xsks = -1, .counts = -1 };
	struct program running = { .fd = -1 };
	int ret = link_by_name(&net->route, ifname, &site.link, err);

	*done = false;
	ret = ret ?: clear_tc(net, &site.link, done, err);
	ret = ret ?: tap_open_running(&site, &running, err);
	if (ret || running.owner != OWNER_XDPCTL || !running.cfg.tapped)
		goto out;
	ret = tap_take_maps(&site, &running, err);
	if (ret)
		goto out;
	if (!tap_state_close(site.state, site.taps)) {
		err_set(err, ERR_CONFLICT, EBUSY, site.link.name, "a capture is running");
		ret = err_hint(err, "end it; `xdpctl status %s` shows whose it is", site.link.name);
		goto out;
	}
	ret = put_back_at_last(&site, true, err);
	*done |= !ret;
out:
	program_close(&running);
	tap_close(&site);
	return ret;
}
