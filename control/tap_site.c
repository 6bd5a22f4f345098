/* SPDX-License-Identifier: GPL-2.0-only */
#include "tap_site_part.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "change.h"
#include "filter_patch.h"
#include "load.h"
#include "percpu.h"
#include "tap_load.h"
#include "tc.h"

#define CLOSING_US 1000000 /* how long somebody may take to take the taps out */

static bool is_pipeline(const struct program *program)
{
	return program->owner == OWNER_XDPCTL;
}

/* ---- what is there */

int tap_open_running(struct tap_site *site, struct program *running, struct err *err)
{
	struct link *link = &site->link;
	int ret = link_by_index(&site->net->route, link->ifindex, link, err);

	*running = (struct program){ .fd = -1 };
	if (ret)
		return ret;
	site->mode = link->xdp[XDP_MODE_DRV] ? XDP_MODE_DRV : XDP_MODE_SKB;
	if (!link->xdp[site->mode])
		return 0;
	ret = program_open(link->xdp[site->mode], running, err);
	return ret == -ENOENT ? -EAGAIN : ret; /* it changed while we looked */
}

uint32_t tap_map_id(const struct program *program, const char *name)
{
	for (unsigned int i = 0; i < program->maps; i++) {
		if (strcmp(program->map[i].name, name) == 0)
			return program->map[i].id;
	}
	return 0;
}

static int check_owner(const struct tap_site *site, const struct program *running, struct err *err)
{
	if (site->link.xdp[XDP_MODE_HW] && !running->id)
		return err_set(err, ERR_UNSUPPORTED, EOPNOTSUPP, site->link.name,
			       "the device runs program %u itself, out of reach of a capture",
			       site->link.xdp[XDP_MODE_HW]);
	if (!running->id || is_pipeline(running))
		return 0;
	return err_set(err, ERR_CONFLICT, EEXIST, site->link.name,
		       "%s program %u \"%s\" is attached in %s mode",
		       running->owner == OWNER_FOREIGN ? "a foreign" : "another xdpctl's",
		       running->id, running->name, xdp_mode_name(site->mode));
}

/* ---- changing it */

/* The same pipeline with another configuration in what is about captures. fresh: with maps for
 * taps of its own. */
int tap_swap(struct tap_site *site, const struct program *running, struct pipeline_cfg *cfg,
	     bool fresh, struct err *err)
{
	struct change change = {
		.net = site->net, .link = &site->link, .mode = site->mode, .running = running
	};
	struct program from = *running, loaded = { .fd = -1 };
	int ret;

	for (unsigned int i = 0; fresh && i < from.maps; i++) {
		if (strncmp(from.map[i].name, "tap", 3) == 0)
			from.map[i].name[0] = '\0';
	}
	ret = pipeline_load(cfg, &from, 0, &loaded, err);
	if (ret)
		return ret;
	change.loaded = &loaded;
	program_prepared(running, &change.record);
	ret = change_apply(&change, err);
	program_close(&loaded);
	return ret;
}

/* Attach a pass, in the best mode that is possible. */
static int attach_guest(struct tap_site *site, struct err *err)
{
	struct attach_request *request = calloc(1, sizeof(*request));
	struct attach_result results[ATTACH_LEGS];
	unsigned int count;
	int ret;

	if (!request)
		return err_set(err, ERR_FAILED, ENOMEM, NULL, "out of memory");
	request->ifname = site->link.name;
	request->uses = 1;
	request->use[0].stage = stage_by_id(STAGE_pass);
	request->mode = XDP_MODE_AUTO;
	request->guest = true;
	ret = attach(site->net, request, results, &count, err);
	free(request);
	if (!ret)
		site->refused = results[0].refused[XDP_MODE_DRV];
	site->came = !ret;
	return ret;
}

/* Sets *again where something was changed: look anew. */
static int make_tapped(struct tap_site *site, const struct program *running, bool *again,
		       struct err *err)
{
	struct pipeline_cfg cfg = running->cfg;
	int ret;

	*again = true;
	if (!running->id) {
		ret = attach_guest(site, err);
	} else if (!running->cfg.tapped) {
		cfg.tapped = TAPPED;
		ret = tap_swap(site, running, &cfg, false, err);
	} else {
		*again = false;
		return 0;
	}
	return ret == -EBUSY || ret == -EEXIST ? -EAGAIN : ret;
}

/* ---- taking a place */

int tap_take_maps(struct tap_site *site, const struct program *running, struct err *err)
{
	int state = program_map(running, "tap_state");
	int ret;

	tap_close(site);
	site->taps = fcntl(program_map(running, "taps"), F_DUPFD_CLOEXEC, 3);
	site->scratch = fcntl(program_map(running, "tap_scratch"), F_DUPFD_CLOEXEC, 3);
	ret = site->taps < 0 || site->scratch < 0 ? -EBADF : tap_state_map(state, &site->state);
	if (ret)
		return err_set(err, ERR_FAILED, -ret, site->link.name,
			       "cannot open the maps of its taps: %s", strerror(-ret));
	site->id = tap_map_id(running, "taps");
	site->frags = running->cfg.frags;
	site->cfg = running->cfg;
	return 0;
}

static int no_place(const struct tap_site *site, struct err *err)
{
	err_set(err, ERR_CONFLICT, EBUSY, site->link.name, "%d captures look at it already", TAPS);
	return err_hint(err, "end one; `xdpctl status %s` lists them", site->link.name);
}

static int other_steals(const struct tap_site *site, struct err *err)
{
	err_set(err, ERR_CONFLICT, EBUSY, site->link.name,
		"another capture takes packets away already");
	return err_hint(err, "a packet can be taken away once: end it, or leave --steal out");
}

/* Whoever is closing it should be quick; if it died, make new taps. */
static int wait_for_closing(struct tap_site *site, const struct program *running,
			    unsigned int waited, struct err *err)
{
	struct pipeline_cfg cfg = running->cfg;
	int ret;

	if (waited * TAP_PAUSE_US < CLOSING_US)
		return -EAGAIN;
	cfg.steal = STEAL_NOTHING;
	ret = tap_swap(site, running, &cfg, true, err);
	return ret && ret != -EBUSY && ret != -EEXIST ? ret : -EAGAIN;
}

static int claim(struct tap_site *site, const struct program *running, bool steal,
		 unsigned int waited, struct err *err)
{
	int ret = tap_take_maps(site, running, err);

	if (ret)
		return ret;
	ret = tap_state_claim(site->state, site->taps, steal, &site->place, &site->beat);
	if (ret == -EBUSY)
		return no_place(site, err);
	if (ret == -ESHUTDOWN)
		return wait_for_closing(site, running, waited, err);
	site->steal = steal && !tap_state_steals(site->state, site->place);
	site->seen = 0;
	site->seen = tap_seen(site);
	if (steal && !site->steal) {
		tap_leave(site, NULL); /* the other one goes on */
		return other_steals(site, err);
	}
	return ret;
}

/* ---- taking packets away */

static int swap_stealing(struct tap_site *site, const struct program *running,
			 const struct tap_steal *steal, struct err *err)
{
	bool matches = steal->filter->count != 0;
	struct pipeline_cfg cfg = running->cfg;
	struct filter_patch patch;
	int ret = 0;

	cfg.steal = matches ? STEAL_MATCHES : STEAL_ALL;
	cfg.queues = steal->queues;
	cfg.untimed = steal->untimed;
	if (matches)
		ret = filter_patch_begin(&patch, "xdp", steal->filter,
					 cfg.frags ? FILTER_XDP : FILTER_LINEAR, err);
	if (ret)
		return ret;
	ret = tap_swap(site, running, &cfg, false, err);
	if (matches)
		filter_patch_end(&patch);
	return ret == -EBUSY || ret == -EEXIST ? -EAGAIN : ret;
}

static int take_steal_maps(struct tap_site *site, struct err *err)
{
	struct program running;
	int ret = tap_open_running(site, &running, err);

	if (ret)
		return ret;
	if (tap_map_id(&running, "taps") != site->id || !running.cfg.steal)
		ret = -EAGAIN;
	else
		site->xsks = fcntl(program_map(&running, "steal_xsks"), F_DUPFD_CLOEXEC, 3);
	if (!ret)
		site->counts = fcntl(program_map(&running, "steal_counts"), F_DUPFD_CLOEXEC, 3);
	program_close(&running);
	return ret;
}

/* ---- entering */

static int try_enter(struct tap_site *site, const struct tap_steal *steal, unsigned int waited,
		     struct err *err)
{
	struct program running;
	bool again = true;
	int ret = tap_open_running(site, &running, err);

	ret = ret ?: check_owner(site, &running, err);
	ret = ret ?: make_tapped(site, &running, &again, err);
	if (ret || again)
		goto out;
	ret = claim(site, &running, steal != NULL, waited, err);
	if (!ret && steal) {
		ret = swap_stealing(site, &running, steal, err);
		ret = ret ?: take_steal_maps(site, err);
		if (ret)
			tap_leave(site, NULL);
	}
out:
	program_close(&running);
	return ret ?: again ? -EAGAIN : 0;
}

int tap_enter(struct net *net, const char *ifname, const struct tap_steal *steal,
	      struct tap_site *out, struct err *err)
{
	int ret;

	*out = (struct tap_site){ .net = net, .taps = -1, .scratch = -1, .xsks = -1, .counts = -1 };
	ret = link_by_name(&net->route, ifname, &out->link, err);
	if (ret)
		return ret;
	for (unsigned int i = 0; i < TAP_ATTEMPTS; i++) {
		ret = try_enter(out, steal, i, err);
		if (ret != -EAGAIN)
			break;
		if (i > 2) /* the first times it was we who changed it */
			usleep(TAP_PAUSE_US);
	}
	if (ret == -EAGAIN)
		ret = err_set(err, ERR_CONFLICT, EBUSY, out->link.name,
			      "its program keeps changing");
	if (ret)
		tap_close(out);
	return ret;
}

int tap_put(const struct tap_site *site, int program, struct err *err)
{
	uint32_t key = site->place;
	int ret = bpf_map_update_elem(site->taps, &key, &program, BPF_ANY);

	return ret ? err_set(err, ERR_FAILED, -ret, site->link.name,
			     "cannot put the capture's program into its pipeline: %s",
			     strerror(-ret))
		   : 0;
}

uint64_t tap_seen(const struct tap_site *site)
{
	unsigned int cpus = percpu_cpus();
	struct tap_scratch *each = calloc(cpus ? cpus : 1, sizeof(*each));
	uint64_t seen = 0;
	__u32 key = 0;

	if (each && cpus && bpf_map_lookup_elem(site->scratch, &key, each) == 0) {
		for (unsigned int i = 0; i < cpus; i++)
			seen += each[i].seen[site->place];
	}
	free(each);
	return seen - site->seen;
}

int tap_beat(struct tap_site *site)
{
	return tap_state_beat(site->state, site->place, &site->beat);
}

void tap_adopt(struct tap_site *site)
{
	tap_state_adopt(site->state, site->place, &site->beat);
}

int tap_check(struct tap_site *site, struct err *err)
{
	struct program running;
	int ret = tap_open_running(site, &running, err);

	if (ret == -EAGAIN)
		return 0;
	if (ret)
		return ret;
	if (!running.id)
		ret = err_set(err, ERR_CONFLICT, ESTALE, site->link.name,
			      "its pipeline was detached");
	else if (tap_map_id(&running, "taps") != site->id)
		ret = err_set(err, ERR_CONFLICT, ESTALE, site->link.name,
			      "program %u \"%s\" took the place of its pipeline", running.id,
			      running.name);
	program_close(&running);
	return ret;
}
