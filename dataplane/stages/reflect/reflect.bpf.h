/* SPDX-License-Identifier: GPL-2.0-only */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct reflect_gate);
} reflect SEC(".maps");

/* Swapping addresses and ports leaves every Internet checksum as it was: the sum does not depend
 * on the order of its terms (RFC 1071, section 2). */
static __always_inline void reflect_ip(struct packet *p)
{
	if (p->ip4) {
		__be32 source = p->ip4->saddr;

		p->ip4->saddr = p->ip4->daddr;
		p->ip4->daddr = source;
	} else if (p->ip6) {
		struct in6_addr source = p->ip6->saddr;

		p->ip6->saddr = p->ip6->daddr;
		p->ip6->daddr = source;
	}
}

/* An echo request becomes its reply. Only the type byte changes, so the checksum is updated by
 * the difference of that 16-bit word (RFC 1624, equation 3). */
static __always_inline void reflect_echo(struct icmp_header *icmp, __u8 request, __u8 reply)
{
	__u32 sum;

	if (icmp->type != request || icmp->code != 0)
		return;
	sum = (__u16)~bpf_ntohs(icmp->checksum);
	sum += (__u16) ~((__u32)request << 8) + ((__u32)reply << 8);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	/* of zeros alone it is 0xffff, and 0xffff is as right wherever 0 is */
	icmp->checksum = sum == 0xffff ? 0xffff : bpf_htons((__u16)~sum);
	icmp->type = reply;
}

/* False if the header is cut short. Protocols without ports are left as they are. */
static __always_inline bool reflect_l4(struct packet *p)
{
	if (!p->l4) /* a later fragment: it follows its first one by the addresses alone */
		return true;
	/* SCTP's CRC-32c depends on the order of the ports */
	if (packet_has_ports(p) && p->proto != IPPROTO_SCTP) {
		struct ports *ports = p->l4;
		__be16 source;

		if ((void *)(ports + 1) > p->end)
			return false;
		source = ports->source;
		ports->source = ports->dest;
		ports->dest = source;
		return true;
	}
	if (p->proto == IPPROTO_ICMP || p->proto == PROTO_ICMPV6) {
		struct icmp_header *icmp = p->l4;

		if ((void *)(icmp + 1) > p->end)
			return false;
		if (p->ip4 && p->proto == IPPROTO_ICMP)
			reflect_echo(icmp, ICMP4_ECHO_REQUEST, ICMP4_ECHO_REPLY);
		else if (p->ip6 && p->proto == PROTO_ICMPV6)
			reflect_echo(icmp, ICMP6_ECHO_REQUEST, ICMP6_ECHO_REPLY);
	}
	return true;
}

static __always_inline bool reflect_is_neighbour(const struct packet *p)
{
	const struct icmp_header *icmp = p->l4;

	return p->ip6 && icmp && p->proto == PROTO_ICMPV6 && (void *)(icmp + 1) <= p->end &&
	       icmp->type >= ICMP6_ROUTER_SOLICITATION && icmp->type <= ICMP6_REDIRECT;
}

static __always_inline __u32 stage_reflect(struct packet *p)
{
	__u32 zero = 0, level = p->cfg->reflect.level;
	struct reflect_gate *gate = bpf_map_lookup_elem(&reflect, &zero);

	if (!gate || !gate->open)
		return OUTCOME(VERDICT_PASS, REASON_reflect_closed);
	if (!p->eth)
		return OUTCOME(VERDICT_PASS, REASON_reflect_short);
	if (p->eth->h_dest[0] & 1)
		return OUTCOME(VERDICT_PASS, REASON_reflect_group);
	if (level >= PARSE_L3 && !p->ip4 && !p->ip6)
		return p->cut ? OUTCOME(VERDICT_PASS, REASON_reflect_short)
			      : OUTCOME(VERDICT_PASS, REASON_reflect_not_ip);
	if (level >= PARSE_L3 && reflect_is_neighbour(p))
		return OUTCOME(VERDICT_PASS, REASON_reflect_neighbour);
	if (level >= PARSE_L4 && (p->cut || !reflect_l4(p)))
		return OUTCOME(VERDICT_PASS, REASON_reflect_short);
	if (level >= PARSE_L3)
		reflect_ip(p);
	packet_swap_mac(p);
	return OUTCOME(VERDICT_TX, REASON_reflected);
}
