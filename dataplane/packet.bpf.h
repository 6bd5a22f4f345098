/* SPDX-License-Identifier: GPL-2.0-only */
/* The packet as all stages see it, parsed once. Pointers that are set have been checked against
 * the end of the linear data; a header that is absent, cut short or in a later buffer is NULL. */
#ifndef XDPCTL_PACKET_BPF_H
#define XDPCTL_PACKET_BPF_H

#include <stdbool.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "pipeline.h"

#define VLAN_TAGS    2
#define IPV6_HEADERS 8

/* Numbers that <linux/in.h> does not have; from the IANA registry of protocol numbers. */
#define NEXT_HOP_BY_HOP		  0
#define NEXT_ROUTING		  43
#define NEXT_FRAGMENT		  44
#define NEXT_AUTH		  51
#define NEXT_DESTINATION	  60
#define NEXT_MOBILITY		  135
#define PROTO_ICMPV6		  58
#define ICMP4_ECHO_REQUEST	  8
#define ICMP4_ECHO_REPLY	  0
#define ICMP6_ECHO_REQUEST	  128
#define ICMP6_ROUTER_SOLICITATION 133 /* the first message of neighbour discovery, RFC 4861 */
#define ICMP6_REDIRECT		  137 /* and the last */
#define ICMP6_ECHO_REPLY	  129

struct vlan_tag {
	__be16 tci;
	__be16 ethertype;
};

struct ports {
	__be16 source, dest;
};

/* <linux/icmp.h> pulls in the C library's socket headers */
struct icmp_header {
	__u8 type, code;
	__be16 checksum;
	__be32 rest;
};

struct packet {
	struct xdp_md *ctx;
	const volatile struct pipeline_cfg *cfg;
	void *end;
	struct ethhdr *eth;
	struct iphdr *ip4;
	struct ipv6hdr *ip6;
	void *l4;	 /* not checked for length; NULL in a later fragment */
	__u64 length;	 /* all buffers */
	__u16 ethertype; /* host order, behind VLAN tags */
	__u8 proto;	 /* IP protocol, behind extension headers */
	__u16 target;	 /* redirected: index of the port; steered: the CPU */
	bool multi;	 /* there are bytes behind end, in further buffers */
	bool cut;	 /* a header begins that does not end in the packet, or makes no sense */
	bool fragment;	 /* of an IP datagram, which is more than this packet */
};

static __always_inline void counter_add(struct counter *counter, __u64 length)
{
	counter->packets++;
	counter->bytes += length;
}

static __always_inline bool packet_has_ports(const struct packet *p)
{
	return p->proto == IPPROTO_TCP || p->proto == IPPROTO_UDP || p->proto == IPPROTO_SCTP ||
	       p->proto == IPPROTO_UDPLITE || p->proto == IPPROTO_DCCP;
}

static __always_inline void packet_copy_mac(__u8 *to, const volatile mac_addr *from)
{
	for (int i = 0; i < ETH_ALEN; i++)
		to[i] = from->octet[i];
}

static __always_inline void packet_swap_mac(struct packet *p)
{
	__u8 source[ETH_ALEN];

	__builtin_memcpy(source, p->eth->h_source, ETH_ALEN);
	__builtin_memcpy(p->eth->h_source, p->eth->h_dest, ETH_ALEN);
	__builtin_memcpy(p->eth->h_dest, source, ETH_ALEN);
}

/* 1 if x is 0, else 0, without a branch. The verifier walks every path: a header loop with a few
 * branches in its body has exponentially many, one without has as many as iterations. */
static __always_inline __u64 is_zero(__u32 x)
{
	__u64 wide = x;

	asm volatile("" : "+r"(wide)); /* or the compiler turns it back into a branch */
	return (wide - 1) >> 63;
}

static __always_inline bool is_vlan(__be16 ethertype)
{
	return is_zero(ethertype ^ bpf_htons(ETH_P_8021Q)) |
	       is_zero(ethertype ^ bpf_htons(ETH_P_8021AD));
}

static __always_inline void *parse_ethernet(struct packet *p, void *data)
{
	struct ethhdr *eth = data;
	void *next = eth + 1;
	__be16 ethertype;

	if (next > p->end)
		return NULL;
	p->eth = eth;
	ethertype = eth->h_proto;
	for (int i = 0; i < VLAN_TAGS && is_vlan(ethertype); i++) {
		struct vlan_tag *tag = next;

		if ((void *)(tag + 1) > p->end)
			return NULL;
		ethertype = tag->ethertype;
		next = tag + 1;
	}
	p->ethertype = bpf_ntohs(ethertype);
	return next;
}

static __always_inline bool parse_ip4(struct packet *p, void *data)
{
	struct iphdr *ip = data;
	__u32 length;

	if ((void *)(ip + 1) > p->end || ip->version != 4 || ip->ihl < 5)
		return false;
	length = ip->ihl * 4;
	if (data + length > p->end)
		return false;
	p->ip4 = ip;
	p->proto = ip->protocol;
	p->fragment = ip->frag_off & bpf_htons(0x3fff); /* more of them, or an offset */
	if (!(ip->frag_off & bpf_htons(0x1fff)))
		p->l4 = data + length;
	return true;
}

struct ext_header {
	__u8 next, length;
	__be16 fragment; /* NEXT_FRAGMENT: offset in the upper 13 bits, in the lowest "more" */
	__be32 id;
};

static __always_inline bool is_extension(__u8 number)
{
	const __u64 low = 1ULL << NEXT_HOP_BY_HOP | 1ULL << NEXT_ROUTING | 1ULL << NEXT_FRAGMENT |
			  1ULL << NEXT_AUTH | 1ULL << NEXT_DESTINATION;
	__u64 bit = (low >> (number & 63)) & is_zero(number >> 6);

	return bit | is_zero(number ^ NEXT_MOBILITY);
}

/* Bytes of an extension header: units of 8 beyond the first 8, but 8 for a fragment header and
 * units of 4 beyond the first 8 for an authentication header. RFC 8200, RFC 4302 */
static __always_inline __u32 extension_length(const struct ext_header *ext, __u64 fragment,
					      __u64 auth)
{
	__u64 bytes = (ext->length * (1 - fragment) + 1 + auth) * (8 - 4 * auth);

	asm volatile("" : "+r"(bytes)); /* the mask is for the verifier: at most 2048 */
	return bytes & 0xffc;
}

static __always_inline bool parse_ip6(struct packet *p, void *data)
{
	struct ipv6hdr *ip = data;
	void *next = ip + 1;
	__u64 part = 0;	 /* a fragment, and not the only one */
	__u64 later = 0; /* one without the upper header */
	__u8 number;

	if (next > p->end || ip->version != 6)
		return false;
	p->ip6 = ip;
	number = ip->nexthdr;
	for (int i = 0; i < IPV6_HEADERS; i++) {
		struct ext_header *ext = next;
		__u64 fragment = is_zero(number ^ NEXT_FRAGMENT);

		if (!is_extension(number) || later)
			break;
		if ((void *)(ext + 1) > p->end)
			return false;
		part |= fragment & (1 - is_zero(ext->fragment & bpf_htons(0xfff9)));
		later = fragment & (1 - is_zero(ext->fragment & bpf_htons(0xfff8)));
		next += extension_length(ext, fragment, is_zero(number ^ NEXT_AUTH));
		number = ext->next;
	}
	p->proto = number;
	p->fragment = part;
	if (later)
		return true;
	if (is_extension(number) || next > p->end) /* too many, or the last one is cut short */
		return false;
	p->l4 = next;
	return true;
}

static __always_inline void packet_parse(struct packet *p, void *data, __u32 depth)
{
	void *next;

	if (depth < PARSE_L2)
		return;
	next = parse_ethernet(p, data);
	if (!next) {
		p->cut = true;
		return;
	}
	if (depth < PARSE_L3)
		return;
	if (p->ethertype == ETH_P_IP)
		p->cut = !parse_ip4(p, next);
	else if (p->ethertype == ETH_P_IPV6)
		p->cut = !parse_ip6(p, next);
}

#endif
