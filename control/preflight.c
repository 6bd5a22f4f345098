/* SPDX-License-Identifier: GPL-2.0-only */
#include "preflight.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "genl.h"
#include "stage.h"

#define VLAN_TAG                                                                        \
	4 /* the kernel lets a frame be one tag longer, net/core/xdp.c xdp_ok_fwd_dev() \
	   */

__attribute__((format(printf, 2, 3))) static void note(struct plan *plan, const char *fmt, ...)
{
	va_list args;

	if (plan->notes == PLAN_NOTES)
		return;
	va_start(args, fmt);
	vsnprintf(plan->note[plan->notes++], PLAN_NOTE, fmt, args);
	va_end(args);
}

bool preparation_same(const struct preparation *a, const struct preparation *b)
{
	return a->kind == b->kind && a->port == b->port && a->device == b->device &&
	       a->at_peer == b->at_peer;
}

static void need(struct plan *plan, struct preparation item, bool satisfied)
{
	for (uint32_t i = 0; i < plan->needs.count; i++) {
		if (preparation_same(&plan->needs.item[i], &item))
			return;
	}
	if (plan->needs.count == PREPARATIONS)
		return;
	plan->satisfied[plan->needs.count] = satisfied;
	plan->needs.item[plan->needs.count++] = item;
}

char *preparation_text(const struct preparation *item, char *out, size_t size)
{
	static const char *const what[] = {
		[PREPARE_GRO_ON] = "rx-gro on",		[PREPARE_GRO_OFF] = "rx-gro off",
		[PREPARE_CSUM_OFF] = "tx-checksum off", [PREPARE_TSO_OFF] = "tx-segmentation off",
		[PREPARE_RECEIVER] = "a pass program",	[PREPARE_VLAN_OFF] = "tx-vlan off",
	};

	snprintf(out, size, "%s",
		 item->kind >= PREPARE_GRO_ON && item->kind <= PREPARE_VLAN_OFF ? what[item->kind]
										: "?");
	return out;
}

/* Offloads of the wanted set that are not in the wanted state at the peer of a veth, which has
 * to be reached for that: false if it cannot be. */
static bool need_peer_offloads(const struct preflight *pre, const struct link *port, uint32_t kind,
			       uint32_t mask, struct plan *plan)
{
	struct preparation item = { .kind = kind, .port = port->ifindex, .at_peer = 1 };
	struct link peer;
	struct net there;
	uint32_t now;
	int ret;

	if (net_open_peer(pre->net, port, &there, &peer))
		return false;
	ret = offloads_get(&there.genl, peer.ifindex, &now);
	net_close(&there);
	if (ret)
		return false;
	item.device = peer.ifindex;
	item.offloads = kind == PREPARE_GRO_ON ? mask & ~now : mask & now;
	need(plan, item, item.offloads == 0);
	return true;
}

/* The running pipeline's record answers for it. */
static bool is_recorded(const struct preflight *pre, const struct link *port, uint32_t kind)
{
	for (uint32_t i = 0; pre->running && i < pre->running->count; i++) {
		if (pre->running->item[i].kind == kind && pre->running->item[i].at_peer &&
		    pre->running->item[i].port == port->ifindex)
			return true;
	}
	return false;
}

static void note_unseen_peer(const struct preflight *pre, const struct link *port, uint32_t kind,
			     struct plan *plan)
{
	const struct preparation item = { .kind = kind };
	char text[32];

	if (is_recorded(pre, port, kind))
		return;
	note(plan,
	     "%s: its peer is in a network namespace that cannot be entered from here: make sure of "
	     "%s there (ethtool -K), or packets are lost",
	     port->name, preparation_text(&item, text, sizeof(text)));
}

static void need_own_gro_off(const struct preflight *pre, struct plan *plan)
{
	struct preparation item = { .kind = PREPARE_GRO_OFF,
				    .port = pre->link->ifindex,
				    .device = pre->link->ifindex };
	uint32_t now;

	if (offloads_get(&pre->net->genl, pre->link->ifindex, &now))
		return;
	item.offloads = now & OFFLOAD_BIT(OFFLOAD_GRO);
	need(plan, item, item.offloads == 0);
}

/* Where packets come in: what the sender leaves unfinished because it trusts the device. */
static void check_ingress(const struct preflight *pre, struct plan *plan)
{
	bool native = pre->mode == XDP_MODE_DRV, seen;

	if (!native)
		need_own_gro_off(pre, plan);
	if (!link_is_veth(pre->link))
		return;
	if (native)
		seen = need_peer_offloads(pre, pre->link, PREPARE_CSUM_OFF, OFFLOADS_CSUM, plan) &&
		       need_peer_offloads(pre, pre->link, PREPARE_VLAN_OFF, OFFLOADS_VLAN, plan);
	else
		seen = need_peer_offloads(pre, pre->link, PREPARE_TSO_OFF, OFFLOADS_TSO, plan);
	if (!seen)
		note_unseen_peer(pre, pre->link, native ? PREPARE_CSUM_OFF : PREPARE_TSO_OFF, plan);
}

/* Have longer frames counted and dropped; false if cfg did not do so before. */
static bool limit_length(struct pipeline_cfg *cfg, uint32_t bytes)
{
	const struct pipeline_cfg before = *cfg;
	const struct stage *list[PIPELINE_STAGES];
	unsigned int n = stage_list(cfg, list);

	for (unsigned int i = 0; i < n; i++) {
		if (list[i]->limit_length)
			list[i]->limit_length(cfg, bytes);
	}
	return memcmp(&before, cfg, sizeof(before)) == 0;
}

static int check_length(const struct preflight *pre, const struct link *target, const char *which,
			uint32_t mtu, struct pipeline_cfg *cfg, struct plan *plan, struct err *err)
{
	bool counted;

	if (mtu >= pre->link->mtu)
		return 0;
	if (!pre->force && !pre->running) {
		err_set(err, ERR_UNSUPPORTED, EMSGSIZE, target->name,
			"%sMTU %u is below the %u of %s: longer frames would be lost", which, mtu,
			pre->link->mtu, pre->link->name);
		return err_hint(err,
				"ip link set dev %s mtu %u%s, or --force to drop and count them",
				target->name, pre->link->mtu, *which ? " (and its peer)" : "");
	}
	counted = limit_length(cfg, mtu + ETH_HLEN + VLAN_TAG) || !pre->running;
	note(plan, "%s: %sMTU %u: longer frames are %s", target->name, which, mtu,
	     counted ? "dropped and counted" : "lost; attach --replace --force counts them");
	return 0;
}

static int check_peer_length(const struct preflight *pre, const struct link *target,
			     struct pipeline_cfg *cfg, struct plan *plan, struct err *err)
{
	struct link peer;
	struct net there;

	if (!link_is_veth(target) || net_open_peer(pre->net, target, &there, &peer))
		return 0;
	net_close(&there);
	if (!(peer.flags & IFF_UP))
		note(plan, "%s: its peer %s is down: packets sent to it are lost until it is up",
		     target->name, peer.name);
	return check_length(pre, target, "its peer's ", peer.mtu, cfg, plan, err);
}

static int no_native(const struct link *target, const char *why, struct err *err)
{
	err_set(err, ERR_UNSUPPORTED, EOPNOTSUPP, target->name,
		"cannot receive redirected frames in native mode: %s", why);
	return err_hint(err, "--mode skb can send out of any port");
}

static bool kernel_before(unsigned int major, unsigned int minor)
{
	unsigned int have_major, have_minor;
	struct utsname name;

	if (uname(&name) || sscanf(name.release, "%u.%u", &have_major, &have_minor) != 2)
		return false;
	return have_major < major || (have_major == major && have_minor < minor);
}

/* The far end of a veth needs an XDP program of its own. */
static int need_peer_program(const struct preflight *pre, const struct link *target,
			     struct plan *plan, struct err *err)
{
	struct preparation receiver = { .kind = PREPARE_RECEIVER,
					.port = target->ifindex,
					.at_peer = 1 };
	struct link peer;
	struct net there;

	if (net_open_peer(pre->net, target, &there, &peer))
		return is_recorded(pre, target, PREPARE_RECEIVER)
			       ? 0
			       : no_native(
					 target,
					 "its peer needs an XDP program and cannot be reached from here",
					 err);
	net_close(&there);
	receiver.device = peer.ifindex;
	need(plan, receiver, peer.xdp[XDP_MODE_DRV] != 0);
	return 0;
}

/* The far end of a veth takes redirected frames only with NAPI, which a program gives it and, from
 * 5.13 on, GRO. XDP_TX wakes it only if it has a program, still in 6.18.
 * drivers/net/veth.c veth_xdp_xmit(), veth_xdp_flush() */
static int check_native_veth(const struct preflight *pre, const struct link *target,
			     struct plan *plan, struct err *err)
{
	uint64_t features;

	if (target->ifindex == pre->link->ifindex || kernel_before(5, 13))
		return need_peer_program(pre, target, plan, err);
	if (need_peer_offloads(pre, target, PREPARE_GRO_ON, OFFLOAD_BIT(OFFLOAD_GRO), plan))
		return 0;
	if (netdev_xdp_features(&pre->net->genl, target->ifindex, &features)) {
		note_unseen_peer(pre, target, PREPARE_GRO_ON, plan);
		return 0;
	}
	if (!(features & XDP_ACT_NDO_XMIT))
		return no_native(target,
				 "its peer has no NAPI (rx-gro is off) and cannot be reached", err);
	return 0;
}

/* A native redirect calls the target driver's ndo_xdp_xmit. */
static int check_native(const struct preflight *pre, const struct link *target, struct plan *plan,
			struct err *err)
{
	struct preparation receiver = { .kind = PREPARE_RECEIVER,
					.port = target->ifindex,
					.device = target->ifindex };
	uint64_t features;
	int ret;

	if (target->ifindex == pre->link->ifindex)
		return 0; /* XDP_TX is the driver's own affair */
	ret = netdev_xdp_features(&pre->net->genl, target->ifindex, &features);
	if (ret == -EOPNOTSUPP) {
		/* the kernel does not tell (before 6.3): with a program every driver takes them */
		need(plan, receiver, target->xdp[XDP_MODE_DRV] != 0);
		return 0;
	}
	if (ret)
		return err_set(err, err_code_of(-ret), -ret, target->name,
			       "cannot read its XDP features: %s", strerror(-ret));
	if (!(features & XDP_ACT_BASIC))
		return no_native(target, "its driver has no native XDP", err);
	if (!(features & XDP_ACT_NDO_XMIT) || target->xdp[XDP_MODE_DRV])
		need(plan, receiver, features & XDP_ACT_NDO_XMIT);
	if (pre->link->mtu > ONE_BUFFER_MTU && !(features & XDP_ACT_NDO_XMIT_SG))
		note(plan, "%s: its driver takes no multi-buffer frames: jumbo frames are lost",
		     target->name);
	return 0;
}

static int check_target(const struct preflight *pre, uint32_t ifindex, struct pipeline_cfg *cfg,
			struct plan *plan, struct err *err)
{
	struct link target;
	int ret;

	ret = link_by_index(&pre->net->route, ifindex, &target, err);
	if (ret)
		return ret;
	if (target.type != ARPHRD_ETHER) {
		err_set(err, ERR_UNSUPPORTED, EOPNOTSUPP, target.name,
			"not an Ethernet device (type %u)", target.type);
		return err_hint(err, "frames can only go out of Ethernet ports");
	}
	if (!(target.flags & IFF_UP))
		note(plan, "%s: is down: packets sent to it are lost until it is up", target.name);
	else if (!(target.flags & IFF_RUNNING))
		note(plan, "%s: has no carrier: packets sent to it are lost until it has",
		     target.name);
	if (link_is_veth(&target) && target.peer == pre->link->ifindex && target.peer_nsid < 0 &&
	    !pre->force && !pre->running) {
		err_set(err, ERR_USAGE, ELOOP, target.name,
			"is the other end of %s: every frame would come back for ever",
			pre->link->name);
		return err_hint(err, "redirect to another port, or --force");
	}
	ret = check_length(pre, &target, "", target.mtu, cfg, plan, err);
	if (!ret)
		ret = check_peer_length(pre, &target, cfg, plan, err);
	if (!ret && pre->mode == XDP_MODE_DRV)
		ret = link_is_veth(&target) ? check_native_veth(pre, &target, plan, err)
					    : check_native(pre, &target, plan, err);
	return ret;
}

static unsigned int all_targets(const struct pipeline_cfg *cfg, ifindex_t out[static STAGE_TARGETS])
{
	const struct stage *last = stage_by_id(cfg->last);

	return last && last->targets ? last->targets(cfg, out) : 0;
}

bool pipeline_one_buffer(const struct pipeline_cfg *cfg)
{
	const struct stage *last = stage_by_id(cfg->last);

	return last && last->one_buffer && last->one_buffer(cfg);
}

static int check_buffers(const struct preflight *pre, const struct pipeline_cfg *cfg,
			 struct plan *plan, struct err *err)
{
	if (pre->mode != XDP_MODE_DRV || pre->link->mtu <= ONE_BUFFER_MTU ||
	    !pipeline_one_buffer(cfg))
		return 0;
	if (pre->force || pre->running) {
		note(plan, "%s: frames of more than one buffer (MTU %u) are dropped and counted",
		     pre->link->name, pre->link->mtu);
		return 0;
	}
	err_set(err, ERR_UNSUPPORTED, EMSGSIZE, pre->link->name,
		"MTU %u: the kernel cannot copy frames of more than one buffer to several ports",
		pre->link->mtu);
	return err_hint(err,
			"--mode skb can; or an MTU up to %d, or --force to drop and count them",
			ONE_BUFFER_MTU);
}

/* Before, the kernel drops in generic mode what such a stage sends on, and says nothing. */
static int check_generic(const struct preflight *pre, const struct pipeline_cfg *cfg,
			 struct err *err)
{
	const struct stage *last = stage_by_id(cfg->last);

	if (pre->mode != XDP_MODE_SKB || !last ||
	    !kernel_before(last->skb_since[0], last->skb_since[1]))
		return 0;
	err_set(err, ERR_UNSUPPORTED, EOPNOTSUPP, last->name, "skb mode has it since Linux %u.%u",
		last->skb_since[0], last->skb_since[1]);
	return err_hint(err, "--mode drv, if the driver can");
}

static bool remakes(const struct pipeline_cfg *cfg)
{
	const struct stage *last = stage_by_id(cfg->last);

	return last && last->remakes;
}

int preflight(const struct preflight *pre, struct pipeline_cfg *cfg, struct plan *plan,
	      struct err *err)
{
	ifindex_t targets[STAGE_TARGETS];
	unsigned int n = all_targets(cfg, targets);
	int ret;

	*plan = (struct plan){ 0 };
	ret = check_generic(pre, cfg, err);
	ret = ret ?: check_buffers(pre, cfg, plan, err);
	if (ret)
		return ret;
	for (unsigned int i = 0; i < n; i++) {
		ret = check_target(pre, targets[i], cfg, plan, err);
		if (ret)
			return ret;
	}
	if (n || (pre->mode == XDP_MODE_DRV && remakes(cfg)))
		check_ingress(pre, plan);
	return 0;
}

/* A veth without carrier: what its peer can do shows only once that is up. */
static bool peer_is_down(const struct preflight *pre, const struct link *target)
{
	struct link peer;
	struct net there;

	if (!link_is_veth(target) || net_open_peer(pre->net, target, &there, &peer))
		return false;
	net_close(&there);
	return !(peer.flags & IFF_UP) || !(target->flags & IFF_UP);
}

int preflight_verify(const struct preflight *pre, const struct pipeline_cfg *cfg, struct err *err)
{
	ifindex_t targets[STAGE_TARGETS];
	unsigned int n = pre->mode == XDP_MODE_DRV ? all_targets(cfg, targets) : 0;

	for (unsigned int i = 0; i < n; i++) {
		struct link target;
		uint64_t features;
		int ret = link_by_index(&pre->net->route, targets[i], &target, err);

		if (ret)
			return ret;
		if (netdev_xdp_features(&pre->net->genl, targets[i], &features) ||
		    peer_is_down(pre, &target) ||
		    (targets[i] == pre->link->ifindex && !link_is_veth(&target)))
			continue; /* unknown is not no; XDP_TX is the driver's own affair */
		if (!(features & XDP_ACT_NDO_XMIT))
			return no_native(
				&target,
				link_is_veth(&target)
					? "its peer has no NAPI (GRO is off there), or more "
					  "transmit queues than this end can receive from"
					: "its driver does not transmit XDP frames now",
				err);
	}
	return 0;
}
