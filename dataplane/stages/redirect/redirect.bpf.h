/* SPDX-License-Identifier: GPL-2.0-only */
/* Key: the port's number in the order of the command line. User space turns it into a
 * DEVMAP_HASH where a packet goes to several ports. */
struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct bpf_devmap_val));
} redirect SEC(".maps");

/* A broadcast to a map without another port is "redirected" and freed by the kernel without a
 * trace (dev_map_enqueue_multi), so look first. */
static __always_inline bool redirect_any_port(const struct packet *p)
{
	for (__u32 key = 0; key < REDIRECT_PORTS; key++) {
		const struct bpf_devmap_val *port;

		if (key >= p->cfg->redirect.ports)
			break;
		port = bpf_map_lookup_elem(&redirect, &key);
		if (port && port->ifindex != p->ctx->ingress_ifindex)
			return true;
	}
	return false;
}

/* False if there is no Ethernet header to write to. */
static __always_inline bool redirect_macs(struct packet *p)
{
	const volatile struct redirect_cfg *cfg = &p->cfg->redirect;

	if (!cfg->swap_mac && !cfg->set_src && !cfg->set_dst)
		return true;
	if (!p->eth)
		return false;
	if (cfg->swap_mac)
		packet_swap_mac(p);
	if (cfg->set_src)
		packet_copy_mac(p->eth->h_source, &cfg->src_mac);
	if (cfg->set_dst)
		packet_copy_mac(p->eth->h_dest, &cfg->dst_mac);
	return true;
}

static __always_inline __u32 redirect_refuse(struct packet *p, __u32 reason, __u32 verdict)
{
	p->reason = reason;
	return verdict;
}

static __always_inline __u32 stage_redirect(struct packet *p)
{
	const volatile struct redirect_cfg *cfg = &p->cfg->redirect;

	if (cfg->max_length && p->length > cfg->max_length)
		return redirect_refuse(p, REASON_redirect_too_long, VERDICT_DROP);
	if (cfg->flood && !redirect_any_port(p))
		return redirect_refuse(p, REASON_redirect_no_port, VERDICT_PASS);
	if (!cfg->flood && (cfg->swap_mac || cfg->set_src || cfg->set_dst)) {
		__u32 key = 0;

		/* a packet that will be passed is passed as it came */
		if (!bpf_map_lookup_elem(&redirect, &key))
			return redirect_refuse(p, REASON_redirect_no_port, VERDICT_PASS);
	}
	if (!redirect_macs(p))
		return redirect_refuse(p, REASON_redirect_short, VERDICT_PASS);
	p->reason = REASON_redirected;
	if (cfg->flood)
		return (__u32)bpf_redirect_map(&redirect, 0,
					       BPF_F_BROADCAST | BPF_F_EXCLUDE_INGRESS);
	if (bpf_redirect_map(&redirect, 0, XDP_PASS) == XDP_REDIRECT)
		return VERDICT_REDIRECT;
	return redirect_refuse(p, REASON_redirect_no_port, VERDICT_PASS);
}
