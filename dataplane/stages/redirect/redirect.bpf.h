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
	__u32 ports = p->cfg->redirect.ports;

	for (__u32 i = 0; i < REDIRECT_PORTS && i < ports; i++) {
		const struct bpf_devmap_val *port;
		__u32 key = i;

		/* counting on the stack looks like an infinite loop to Linux 6.12 */
		asm volatile("" : "+r"(i));
		port = bpf_map_lookup_elem(&redirect, &key);
		if (port && port->ifindex != p->ctx->ingress_ifindex)
			return true;
	}
	return false;
}

static __always_inline void redirect_rewrite(struct packet *p, __u32 rewrite)
{
	const volatile struct redirect_cfg *cfg = &p->cfg->redirect;

	if (rewrite & REWRITE_SWAP)
		packet_swap_mac(p);
	if (rewrite & REWRITE_SRC)
		packet_copy_mac(p->eth->h_source, &cfg->src_mac);
	if (rewrite & REWRITE_DST)
		packet_copy_mac(p->eth->h_dest, &cfg->dst_mac);
}

static __always_inline __u32 stage_redirect(struct packet *p)
{
	const volatile struct redirect_cfg *cfg = &p->cfg->redirect;
	__u32 max_length = cfg->max_length, flood = cfg->flood, rewrite = cfg->rewrite, key = 0;

	if (flood && !redirect_any_port(p))
		return OUTCOME(VERDICT_PASS, REASON_redirect_no_port);
	/* what will be passed must be passed as it came */
	if (!flood && (max_length || rewrite) && !bpf_map_lookup_elem(&redirect, &key))
		return OUTCOME(VERDICT_PASS, REASON_redirect_no_port);
	if (max_length && p->length > max_length)
		return OUTCOME(VERDICT_DROP, REASON_redirect_too_long);
	/* "redirected" and freed without a trace by kernels up to 6.18 at least */
	if (flood && p->multi)
		return OUTCOME(VERDICT_DROP, REASON_redirect_multi_buffer);
	if (rewrite) {
		if (!p->eth)
			return OUTCOME(VERDICT_PASS, REASON_redirect_short);
		redirect_rewrite(p, rewrite);
	}
	if (flood) { /* always succeeds, include/linux/filter.h __bpf_xdp_redirect_map() */
		bpf_redirect_map(&redirect, 0, BPF_F_BROADCAST | BPF_F_EXCLUDE_INGRESS);
		return OUTCOME(VERDICT_REDIRECT, REASON_redirected);
	}
	if (bpf_redirect_map(&redirect, 0, XDP_PASS) == XDP_REDIRECT)
		return OUTCOME(VERDICT_REDIRECT, REASON_redirected);
	return OUTCOME(VERDICT_PASS, REASON_redirect_no_port);
}
