/* SPDX-License-Identifier: GPL-2.0-only */
/* For tests: Ethernet frames from a line such as "vlan ip6 hop:1 udp data:20", and where their
 * headers end. Checksums are computed here from nothing, as RFC 1071 and RFC 9260 say: none of it
 * is shared with the program under test. */
#ifndef XDPCTL_FRAME_TESTING_H
#define XDPCTL_FRAME_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FRAME_ROOM    16384
#define FRAME_TAGS    2 /* VLAN tags that a pipeline looks behind */
#define FRAME_HEADERS 8 /* IPv6 extension headers that it looks behind */

/* Who speaks to whom. */
struct flow {
	uint8_t src_mac[6], dst_mac[6];
	uint8_t src6[16], dst6[16]; /* IPv4 uses the last four bytes */
	uint16_t src_port, dst_port;
	uint16_t echo_id, echo_seq;
	bool answers; /* an echo request is built as its reply */
};

struct frame {
	uint8_t data[FRAME_ROOM];
	size_t length;
	/* where the next header's number goes: 2 bytes (EtherType) or 1 (protocol) */
	size_t next_at;
	bool next_wide;
	/* what a parser has to find */
	unsigned int tags, headers;
	size_t l2_end, ip_at, ip_end, l4_at, l4_need;
	int version; /* of IP; 0: it is not IP */
	uint8_t l4;  /* protocol; 0: none */
	bool bad_ip; /* its header makes no sense */
	bool later;  /* a fragment without the upper header */
	bool discovery;
};

static const struct flow flow_there = {
	.src_mac = { 0x02, 0x11, 0x12, 0x13, 0x14, 0x15 },
	.dst_mac = { 0x06, 0x21, 0x22, 0x23, 0x24, 0x25 },
	.src6 = { 0x20, 0x01, 0x0d, 0xb8, 1, 2, 3, 4, 5, 6, 7, 8, 10, 1, 2, 3 },
	.dst6 = { 0x20, 0x01, 0x0d, 0xb8, 9, 8, 7, 6, 5, 4, 3, 2, 192, 168, 77, 9 },
	.src_port = 40001,
	.dst_port = 443,
	.echo_id = 0x1234,
	.echo_seq = 7,
};

static inline void flow_swap(void *a, void *b, size_t size)
{
	uint8_t kept[16];

	memcpy(kept, a, size);
	memcpy(a, b, size);
	memcpy(b, kept, size);
}

enum { LAYER_MAC = 1, LAYER_IP, LAYER_PORTS };

/* The way back, for all layers up to this one. */
static inline struct flow flow_back(struct flow flow, int layer)
{
	flow_swap(flow.src_mac, flow.dst_mac, 6);
	if (layer >= LAYER_IP)
		flow_swap(flow.src6, flow.dst6, 16);
	if (layer >= LAYER_PORTS) {
		flow_swap(&flow.src_port, &flow.dst_port, 2);
		flow.answers = true;
	}
	return flow;
}

/* ---- bytes */

static inline uint8_t *frame_put(struct frame *f, size_t size)
{
	uint8_t *at = f->data + f->length;

	assert_true(f->length + size <= FRAME_ROOM);
	for (size_t i = 0; i < size; i++)
		at[i] = (uint8_t)(f->length + i * 7 + 3);
	f->length += size;
	return at;
}

static inline void put16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static inline void frame_next(struct frame *f, uint16_t number)
{
	if (f->next_wide)
		put16(f->data + f->next_at, number);
	else
		f->data[f->next_at] = (uint8_t)number;
}

static inline uint32_t sum_bytes(uint32_t sum, const uint8_t *at, size_t size)
{
	for (size_t i = 0; i < size; i++)
		sum += i & 1 ? at[i] : (uint32_t)at[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static inline uint32_t crc32c(const uint8_t *at, size_t size)
{
	uint32_t crc = 0xffffffff;

	for (size_t i = 0; i < size; i++) {
		crc ^= at[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
	}
	return ~crc;
}

/* ---- layers: number is the layer's own, n the text behind its colon */

struct layer {
	const char *name;
	void (*add)(struct frame *f, const struct flow *flow, uint8_t number, unsigned int n);
	uint16_t number;
	unsigned int n; /* if the text has none */
};

static inline void add_tag(struct frame *f, const struct flow *flow, uint8_t number, unsigned int n)
{
	uint8_t *at = frame_put(f, 4);

	(void)flow;
	(void)number;
	put16(at, (uint16_t)n);
	f->next_at = f->length - 2;
	if (++f->tags <= FRAME_TAGS)
		f->l2_end = f->length;
}

static inline void add_ip4(struct frame *f, const struct flow *flow, uint8_t number, unsigned int n)
{
	uint8_t *at = frame_put(f, n > 5 ? n * 4 : 20);

	(void)number;
	at[0] = (uint8_t)(0x40 | n);
	at[6] = 0x40; /* not to be fragmented */
	at[7] = 0;
	memcpy(at + 12, flow->src6 + 12, 4);
	memcpy(at + 16, flow->dst6 + 12, 4);
	memset(at + 20, 1, n > 5 ? n * 4 - 20 : 0); /* options: "no operation" */
	f->version = f->tags <= FRAME_TAGS ? 4 : 0;
	f->bad_ip = n < 5;
	f->ip_at = (size_t)(at - f->data);
	f->ip_end = f->l4_at = f->length;
	f->next_at = f->ip_at + 9;
	f->next_wide = false;
}

/* A fragment that begins n units of 8 bytes behind the first one. */
static inline void add_fragment4(struct frame *f, const struct flow *flow, uint8_t number,
				 unsigned int n)
{
	add_ip4(f, flow, number, 5);
	put16(f->data + f->ip_at + 6, (uint16_t)(0x2000 | n));
	f->later = n > 0;
}

static inline void add_ip6(struct frame *f, const struct flow *flow, uint8_t number, unsigned int n)
{
	uint8_t *at = frame_put(f, 40);

	(void)number;
	at[0] = (uint8_t)(n << 4);
	memcpy(at + 8, flow->src6, 16);
	memcpy(at + 24, flow->dst6, 16);
	f->version = f->tags <= FRAME_TAGS ? 6 : 0;
	f->bad_ip = n != 6;
	f->ip_at = (size_t)(at - f->data);
	f->ip_end = f->l4_at = f->length;
	f->next_at = f->ip_at + 6;
	f->next_wide = false;
}

/* An extension header with the length field n. */
static inline void add_extension(struct frame *f, const struct flow *flow, uint8_t number,
				 unsigned int n)
{
	uint8_t *at = frame_put(f, number == 51 ? (n + 2) * 4 : (n + 1) * 8);

	(void)flow;
	at[1] = (uint8_t)n;
	at[3] = 0; /* a routing header without segments left */
	f->next_at = (size_t)(at - f->data);
	f->l4_at = f->length;
	f->headers++;
}

static inline void add_fragment6(struct frame *f, const struct flow *flow, uint8_t number,
				 unsigned int n)
{
	uint8_t *at = frame_put(f, 8);

	(void)flow;
	(void)number;
	at[1] = 0xff; /* reserved, ignored: it is no length */
	put16(at + 2, (uint16_t)(n << 3 | 1));
	f->next_at = (size_t)(at - f->data);
	f->l4_at = f->length;
	f->headers++;
	f->later |= n > 0;
}

static inline void add_ports(struct frame *f, const struct flow *flow, uint8_t number,
			     unsigned int n)
{
	uint8_t *at = frame_put(f, n);

	put16(at, flow->src_port);
	put16(at + 2, flow->dst_port);
	if (number == 6)
		at[12] = 0x50;
	f->l4 = number;
	f->l4_need = 4;
}

static inline void add_icmp(struct frame *f, const struct flow *flow, uint8_t number,
			    unsigned int n)
{
	uint8_t *at = frame_put(f, 8);
	unsigned int request = number == 1 ? 8 : 128, reply = number == 1 ? 0 : 129;

	at[0] = (uint8_t)(n == request && flow->answers ? reply : n);
	at[1] = 0;
	put16(at + 4, flow->echo_id);
	put16(at + 6, flow->echo_seq);
	f->l4 = number;
	f->l4_need = 8;
	f->discovery = number == 58 && n >= 133 && n <= 137;
}

static inline void add_data(struct frame *f, const struct flow *flow, uint8_t number,
			    unsigned int n)
{
	(void)flow;
	(void)number;
	frame_put(f, n);
}

static inline void add_zeros(struct frame *f, const struct flow *flow, uint8_t number,
			     unsigned int n)
{
	(void)flow;
	(void)number;
	memset(frame_put(f, n), 0, n);
}

static const struct layer layers[] = {
	{ "vlan", add_tag, 0x8100, 100 },
	{ "qinq", add_tag, 0x88a8, 200 },
	{ "arp", add_data, 0x0806, 28 },
	{ "other", add_data, 0x88b5, 46 },
	{ "llc", add_data, 46, 46 },
	{ "ip4", add_ip4, 0x0800, 5 },
	{ "ip4frag", add_fragment4, 0x0800, 0 },
	{ "ip6", add_ip6, 0x86dd, 6 },
	{ "hop", add_extension, 0, 0 },
	{ "route", add_extension, 43, 2 },
	{ "dst", add_extension, 60, 0 },
	{ "mob", add_extension, 135, 1 },
	{ "auth", add_extension, 51, 4 },
	{ "frag", add_fragment6, 44, 0 },
	{ "udp", add_ports, 17, 8 },
	{ "tcp", add_ports, 6, 20 },
	{ "sctp", add_ports, 132, 12 },
	{ "udplite", add_ports, 136, 8 },
	{ "dccp", add_ports, 33, 16 },
	{ "icmp", add_icmp, 1, 8 },
	{ "icmp6", add_icmp, 58, 128 },
	{ "esp", add_data, 50, 24 },
	{ "none", add_data, 59, 0 },
	{ "rest", add_data, 17, 24 }, /* of a UDP packet */
};

static inline void frame_layer(struct frame *f, const struct flow *flow, const char *text)
{
	size_t length = strcspn(text, ":");
	unsigned int n = (unsigned int)strtoul(text + length + (text[length] != 0), NULL, 0);

	for (size_t i = 0; i < sizeof(layers) / sizeof(layers[0]); i++) {
		const struct layer *layer = &layers[i];

		if (strlen(layer->name) != length || memcmp(layer->name, text, length) != 0)
			continue;
		frame_next(f, layer->number);
		layer->add(f, flow, (uint8_t)layer->number, text[length] ? n : layer->n);
		return;
	}
	if (strncmp(text, "data", length) == 0)
		add_data(f, flow, 0, n);
	else if (strncmp(text, "zeros", length) == 0)
		add_zeros(f, flow, 0, n);
	else
		fail_msg("no layer \"%s\"", text);
}

/* The pseudo header's sum, without the lengths of extension headers. */
static inline uint32_t pseudo_sum(const struct frame *f)
{
	size_t size = f->length - f->l4_at;
	uint8_t rest[4] = { 0, f->l4, (uint8_t)(size >> 8), (uint8_t)size };
	uint32_t sum = sum_bytes(0, rest, sizeof(rest));

	if (f->version == 4)
		return sum_bytes(sum, f->data + f->ip_at + 12, 8);
	return sum_bytes(sum, f->data + f->ip_at + 8, 32);
}

/* The sum over all that the checksum of UDP, TCP or ICMP covers: 0xffff in a whole packet. */
static inline uint32_t l4_sum(const struct frame *f)
{
	uint32_t sum = f->l4 == 1 ? 0 : pseudo_sum(f);

	return sum_bytes(sum, f->data + f->l4_at, f->length - f->l4_at);
}

static inline void finish_l4(struct frame *f)
{
	uint8_t *at = f->data + f->l4_at;
	size_t size = f->length - f->l4_at, sum_at = f->l4 == 6 ? 16 : f->l4 == 17 ? 6 : 2;
	uint32_t crc;

	if (f->l4 == 132) {
		memset(at + 8, 0, 4);
		crc = crc32c(at, size);
		for (int i = 0; i < 4; i++)
			at[8 + i] = (uint8_t)(crc >> 8 * i);
	} else if (f->l4 == 6 || f->l4 == 17 || f->l4 == 1 || f->l4 == 58) {
		if (f->l4 == 17)
			put16(at + 4, (uint16_t)size);
		put16(at + sum_at, 0);
		put16(at + sum_at, (uint16_t)~l4_sum(f));
		if (f->l4 == 17 && !at[6] && !at[7]) /* 0 would be "none" */
			put16(at + 6, 0xffff);
	}
}

static inline void finish_ip(struct frame *f)
{
	uint8_t *at = f->data + f->ip_at;
	size_t size = f->length - f->ip_at;

	if (f->version == 6) {
		put16(at + 4, (uint16_t)(size - 40));
	} else if (f->version == 4) {
		put16(at + 2, (uint16_t)size);
		put16(at + 10, 0);
		put16(at + 10, (uint16_t)~sum_bytes(0, at, f->ip_end - f->ip_at));
	}
}

static inline void frame_build(struct frame *f, const char *line, struct flow flow)
{
	char text[256], *rest = NULL;
	uint8_t *eth;

	memset(f, 0, sizeof(*f));
	eth = frame_put(f, 14);
	memcpy(eth, flow.dst_mac, 6);
	memcpy(eth + 6, flow.src_mac, 6);
	f->next_at = 12;
	f->next_wide = true;
	f->l2_end = 14;
	snprintf(text, sizeof(text), "%s", line);
	for (char *at = strtok_r(text, " ", &rest); at; at = strtok_r(NULL, " ", &rest))
		frame_layer(f, &flow, at);
	finish_ip(f);
	finish_l4(f);
}

#endif
