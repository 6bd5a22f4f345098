/* SPDX-License-Identifier: GPL-2.0-only */
/* A number for the flow of a packet, from what packet_parse() found (PARSE_L4). Both directions
 * have the same one. It is the same in every build and on every interface, so that what comes in
 * by one port and its answers that come in by another meet. */
#ifndef XDPCTL_FLOW_BPF_H
#define XDPCTL_FLOW_BPF_H

#include "packet.bpf.h"

/* Every bit depends on every bit: the finaliser of SplitMix64 (Steele, Lea, Flood 2014). */
static __always_inline __u64 flow_mix(__u64 x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
	return x ^ x >> 31;
}

/* One end of a flow. Ends are mixed before they are added: of the addresses themselves, XOR and
 * sum are the same for all flows from host 1 to server 1, 2 to 2, 3 to 3 or from 1 to 3, 2 to 2. */
static __always_inline __u64 flow_end4(__be32 address, __be16 port)
{
	return flow_mix((__u64)address << 16 | port);
}

static __always_inline __u64 flow_end6(const struct in6_addr *address, __be16 port)
{
	const __be32 *word = address->in6_u.u6_addr32;
	__u64 high = (__u64)word[0] << 32 | word[1], low = (__u64)word[2] << 32 | word[3];

	return flow_mix(flow_mix(high + port) + low);
}

static __always_inline __u64 flow_end_mac(const __u8 *mac)
{
	const __u16 *part = (const void *)mac;

	return flow_mix((__u64)part[0] << 32 | (__u64)part[1] << 16 | part[2]);
}

/* The ports, if the packet tells them: both 0 in every fragment, for only the first one has them,
 * and in what has none. */
static __always_inline struct ports flow_ports(const struct packet *p)
{
	const struct ports *ports = p->l4;
	struct ports none = {};

	if (p->fragment || !ports || !packet_has_ports(p) || (void *)(ports + 1) > p->end)
		return none;
	return *ports;
}

/* Of a number that is mixed already or of the sum of two. */
static __always_inline __u32 flow_finish(__u64 sum)
{
	return flow_mix(sum) >> 32;
}

/* Addresses, IP protocol and ports; of a fragment the addresses alone (in IPv6 not even the
 * protocol is the same in all of them, RFC 8200 section 4.5); without an IP header the MAC
 * addresses; 0 without an Ethernet header. */
static __always_inline __u32 flow_hash(const struct packet *p)
{
	struct ports ports = flow_ports(p);
	__u64 proto = p->fragment ? 0 : p->proto;

	if (p->ip4)
		return flow_finish(flow_end4(p->ip4->saddr, ports.source) +
				   flow_end4(p->ip4->daddr, ports.dest) + proto);
	if (p->ip6)
		return flow_finish(flow_end6(&p->ip6->saddr, ports.source) +
				   flow_end6(&p->ip6->daddr, ports.dest) + proto);
	if (p->eth)
		return flow_finish(flow_end_mac(p->eth->h_source) + flow_end_mac(p->eth->h_dest));
	return 0;
}

/* The same of one address alone: IP, else MAC. */
static __always_inline __u32 flow_hash_src(const struct packet *p)
{
	if (p->ip4)
		return flow_finish(flow_end4(p->ip4->saddr, 0));
	if (p->ip6)
		return flow_finish(flow_end6(&p->ip6->saddr, 0));
	return p->eth ? flow_finish(flow_end_mac(p->eth->h_source)) : 0;
}

static __always_inline __u32 flow_hash_dst(const struct packet *p)
{
	if (p->ip4)
		return flow_finish(flow_end4(p->ip4->daddr, 0));
	if (p->ip6)
		return flow_finish(flow_end6(&p->ip6->daddr, 0));
	return p->eth ? flow_finish(flow_end_mac(p->eth->h_dest)) : 0;
}

/* From a hash to one of n, evenly: a multiplication, where a remainder would take a division. */
static __always_inline __u32 flow_pick(__u32 hash, __u32 n)
{
	return (__u64)hash * n >> 32;
}

#endif
