/* SPDX-License-Identifier: GPL-2.0-only */
/* Where a capture's packets come from: what was asked for, or what the kernel, the device and other
 * programs leave possible. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "capture_part.h"

#define TC_FILTER_NAME TC_NAME_PREFIX "capture"

static int open_rings(struct capture *capture, struct err *err)
{
	if (capture->rings.count)
		return 0;
	return tap_rings_open(capture->options.memory, &capture->rings, err);
}

static struct tap_cfg cfg_of(const struct capture *capture)
{
	struct tap_cfg cfg = { .snaplen = capture->options.snaplen, .direction = CAPTURE_IN };

	snprintf(cfg.text, sizeof(cfg.text), "%s", capture->options.text);
	return cfg;
}

/* ---- AF_XDP sockets */

/* A driver may reset the device for zero-copy, and then packets that are not captured come through
 * our memory, too: only for who takes packets away. */
static int open_sockets(struct capture *capture, struct err *err)
{
	const struct xskfeed_options options = {
		.link = &capture->link,
		.generic = capture->link.xdp[XDP_MODE_SKB] != 0,
		.never_zero_copy = !capture->options.steal,
		.multi_buffer = true,
		.memory = capture->options.memory,
	};

	return xskfeed_open(&options, &capture->xsk, err);
}

static void note_sockets(struct capture *capture)
{
	struct xskfeed_info info;

	xskfeed_describe(capture->xsk, &info);
	if (info.zero_copy < info.queues)
		capture_add_note(capture, "%s: AF_XDP copies packets: %s", capture->link.name,
				 capture->options.steal ? "driver or mode have no zero-copy"
							: "zero-copy might disturb the traffic");
	if (info.max_packet && info.max_packet < capture->link.mtu + 14)
		capture_add_note(capture,
				 "%s: packets longer than %u bytes do not fit into AF_XDP's frames "
				 "and are lost",
				 capture->link.name, info.max_packet);
}

/* ---- a pipeline */

static void note_mode(struct capture *capture)
{
	const struct tap_site *site = &capture->site;

	if (site->refused.code)
		capture_add_note(capture, "%s: not in drv mode: %s: %s", site->link.name,
				 site->refused.object, site->refused.message);
	if (site->cfg.writes && site->cfg.tapped != TAPPED_SAVES)
		capture_add_note(capture,
				 "%s: its pipeline rewrites packets, and they are shown as it "
				 "leaves them: before 5.18 the kernel cannot do otherwise",
				 site->link.name);
}

/* "eth1", or "eth1+eth2" where each gets a copy. */
static void name_ports(struct capture *capture)
{
	const struct pipeline_cfg *cfg = &capture->site.cfg;
	const struct stage *last = stage_by_id(cfg->last);
	struct stage_env env = control_env(capture->net, cfg->ifindex);
	ifindex_t targets[STAGE_TARGETS];
	unsigned int count = last && last->targets ? last->targets(cfg, targets) : 0;
	char name[STAGE_WORD_TEXT];
	size_t at = 0;

	for (unsigned int i = 0; i < count && at < sizeof(capture->ports); i++)
		at += (size_t)snprintf(capture->ports + at, sizeof(capture->ports) - at, "%s%s",
				       i ? "+" : "", env.name_of(env.context, targets[i], name));
}

static int put_program(struct capture *capture, struct err *err)
{
	struct tap_cfg cfg = cfg_of(capture);
	unsigned int queues = capture->xsk ? xskfeed_queues(capture->xsk) : 0;
	int ret = open_rings(capture, err);

	cfg.xsk = capture->xsk != NULL;
	ret = ret
		      ?: tap_load_xdp(&capture->site, &cfg, capture->filter, &capture->rings,
				      queues, &capture->xdp, err);
	if (!ret && capture->xsk)
		ret = xskfeed_enlist(capture->xsk, capture->xdp.xsks, err);
	return ret ?: tap_put(&capture->site, capture->xdp.fd, err);
}

static int open_pipeline(struct capture *capture, struct err *err)
{
	const struct capture_options *options = &capture->options;
	struct tap_steal steal = { .filter = capture->filter, .untimed = capture->options.untimed };
	int ret = 0;

	if (options->steal || options->via == CAPTURE_VIA_XSK)
		ret = open_sockets(capture, err);
	if (ret)
		return ret;
	if (capture->xsk)
		steal.queues = xskfeed_queues(capture->xsk);
	ret = tap_enter(capture->net, options->ifname, options->steal ? &steal : NULL,
			&capture->site, err);
	if (ret)
		return ret;
	capture->entered = true;
	if (options->steal)
		ret = xskfeed_enlist(capture->xsk, capture->site.xsks, err);
	else
		ret = put_program(capture, err);
	if (ret)
		return ret;
	note_mode(capture);
	name_ports(capture);
	if (capture->xsk)
		note_sockets(capture);
	snprintf(capture->feed, sizeof(capture->feed), "%s, %s mode",
		 options->steal ? "AF_XDP, taken away from the pipeline"
		 : capture->xsk ? "a BPF ring buffer, and AF_XDP for what is dropped"
				: "a BPF ring buffer",
		 xdp_mode_name(capture->site.mode));
	return 0;
}

/* ---- TC and AF_PACKET */

static int open_tc(struct capture *capture, enum tc_hook hook, struct err *err)
{
	struct tc_program program = { .hook = hook, .name = TC_FILTER_NAME };
	struct tap_cfg cfg = cfg_of(capture);
	int ret = open_rings(capture, err);

	cfg.direction = hook == TC_EGRESS ? CAPTURE_OUT : CAPTURE_IN;
	ret = ret ?: tap_load_tc(&cfg, capture->filter, &capture->rings, &capture->tc[hook], err);
	if (ret)
		return ret;
	program.fd = capture->tc[hook].fd;
	ret = tc_attach(capture->net, &capture->link, &program, &capture->tc_tap[hook], err);
	if (!ret && !capture->feed[0])
		snprintf(capture->feed, sizeof(capture->feed), "a BPF ring buffer, at %s",
			 tc_hook_name(hook));
	return ret;
}

static int open_live(struct capture *capture, enum capture_direction direction, struct err *err)
{
	const struct livefeed_options options = {
		.interface = capture->link.name,
		.direction = direction,
		.snaplen = capture->options.snaplen,
		.filter = capture->filter->count ? capture->filter : NULL,
	};

	if (!capture->feed[0])
		snprintf(capture->feed, sizeof(capture->feed), "AF_PACKET");
	return livefeed_open(&options, &capture->live[direction - CAPTURE_IN], err);
}

/* Not what the user can mend by another command line. */
static bool may_fall_back(const struct capture *capture, int ret, const struct err *err)
{
	return capture->options.via == CAPTURE_VIA_AUTO &&
	       (ret == -EEXIST || err->code == ERR_UNSUPPORTED);
}

static int open_tc_or_live(struct capture *capture, enum tc_hook hook, struct err *err)
{
	int ret;

	if (capture->options.via != CAPTURE_VIA_PACKET) {
		ret = open_tc(capture, hook, err);
		if (!ret || !may_fall_back(capture, ret, err))
			return ret;
		capture_add_note(capture, "%s: not at %s: %s; AF_PACKET takes its place",
				 capture->link.name, tc_hook_name(hook), err->message);
	}
	return open_live(capture, hook == TC_EGRESS ? CAPTURE_OUT : CAPTURE_IN, err);
}

int capture_open_in(struct capture *capture, struct err *err)
{
	enum capture_via via = capture->options.via;
	int ret;

	if (via == CAPTURE_VIA_TC || via == CAPTURE_VIA_PACKET)
		return open_tc_or_live(capture, TC_INGRESS, err);
	ret = open_pipeline(capture, err);
	if (!ret || capture->options.steal || !may_fall_back(capture, ret, err))
		return ret;
	capture_add_note(capture,
			 "%s: %s: no pipeline can be there, so packets are captured behind it, at "
			 "TC: those that it lets through, without a verdict",
			 capture->link.name, err->message);
	return open_tc_or_live(capture, TC_INGRESS, err);
}

int capture_open_out(struct capture *capture, struct err *err)
{
	return open_tc_or_live(capture, TC_EGRESS, err);
}

/* ---- all of them as one */

int capture_merge(struct capture *capture)
{
	struct merge *merge = &capture->merge;
	unsigned int queues = capture->xsk ? xskfeed_queues(capture->xsk) : 0;
	int ret = 0;

	for (unsigned int i = 0; i < capture->rings.count && !ret; i++)
		ret = merge_add(merge, ringfeed_feed(capture->rings.ring[i]));
	for (unsigned int i = 0; i < queues && !ret; i++)
		ret = merge_add(merge, xskfeed_queue(capture->xsk, i));
	for (unsigned int i = 0; i < CAPTURE_DIRECTIONS && !ret; i++)
		ret = capture->live[i] ? merge_add(merge, livefeed_feed(capture->live[i])) : 0;
	return ret;
}
