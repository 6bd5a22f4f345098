/* SPDX-License-Identifier: GPL-2.0-only */
/* For tests: random packets of which many match the usual filter expressions, since their numbers
 * come from small pools: 10.0.0.1-4, 192.168.1.x, 2001:db8::x, ports 22, 53, 80, 443, ... */
#ifndef XDPCTL_FILTER_FRAMES_TESTING_H
#define XDPCTL_FILTER_FRAMES_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PACKET_ROOM 9000

struct packet_in {
	uint32_t length;
	uint8_t data[PACKET_ROOM + 256];
};

static inline uint32_t random_next(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

static inline uint32_t random_below(uint32_t *seed, uint32_t limit)
{
	return random_next(seed) % limit;
}

#define RANDOM_OF(seed, array) (array)[random_below(seed, sizeof(array) / sizeof((array)[0]))]

static inline void packet_put(struct packet_in *p, uint64_t value, unsigned int bytes)
{
	while (bytes--)
		p->data[p->length++] = (uint8_t)(value >> 8 * bytes);
}

static inline void packet_noise(struct packet_in *p, uint32_t *seed, uint32_t bytes)
{
	while (bytes-- && p->length < PACKET_ROOM)
		p->data[p->length++] = (uint8_t)random_next(seed);
}

static inline void packet_l4(struct packet_in *p, uint32_t *seed, uint8_t protocol)
{
	static const uint16_t ports[] = { 22, 53, 67, 80, 80, 443, 443, 8080, 40001 };
	static const uint8_t types[] = { 0, 3, 5, 8, 11, 128, 129, 133, 135, 136 };

	if (protocol == 1 || protocol == 58) {
		packet_put(p, RANDOM_OF(seed, types), 1);
		packet_put(p, random_below(seed, 4), 1);
		return;
	}
	packet_put(p, RANDOM_OF(seed, ports), 2);
	packet_put(p, RANDOM_OF(seed, ports), 2);
	if (protocol != 6)
		return;
	packet_put(p, random_next(seed), 4);
	packet_put(p, random_next(seed), 4);
	packet_put(p, random_below(seed, 2) ? 0x50 : random_below(seed, 256), 1);
	packet_put(p, random_below(seed, 2) ? 1U << random_below(seed, 5) : random_next(seed), 1);
	packet_noise(p, seed, 6);
	if (!random_below(seed, 2))
		packet_put(p, 0x47455420, 4); /* "GET " */
}

static inline void packet_ip4(struct packet_in *p, uint32_t *seed)
{
	static const uint8_t protocols[] = { 1, 1, 2, 6, 6, 6, 6, 6, 17, 17, 17, 47, 50, 89, 132 };
	static const uint32_t hosts[] = { 0x0a000001, 0x0a000002, 0x0a000003, 0x0a000004,
					  0x0a010203, 0xc0a80101, 0xc0a80102, 0xe0000001,
					  0xffffffff, 0xac100101 };
	uint8_t protocol = RANDOM_OF(seed, protocols);
	uint32_t words = random_below(seed, 3) ? 5 : random_below(seed, 16);

	packet_put(p, (random_below(seed, 20) ? 0x40 : 0x60) | words, 1);
	packet_put(p, random_below(seed, 2) ? 0 : random_next(seed), 1);
	packet_put(p, random_next(seed), 4);
	packet_put(p, random_below(seed, 6) ? 0x4000 : random_next(seed), 2);
	packet_put(p, random_below(seed, 2) ? 64 : random_below(seed, 10), 1);
	packet_put(p, protocol, 1);
	packet_put(p, random_next(seed), 2);
	packet_put(p, RANDOM_OF(seed, hosts), 4);
	packet_put(p, RANDOM_OF(seed, hosts), 4);
	packet_noise(p, seed, words > 5 ? 4 * words - 20 : 0);
	packet_l4(p, seed, protocol);
}

static inline void packet_address6(struct packet_in *p, uint32_t *seed)
{
	static const uint64_t nets[] = { 0x20010db800000000, 0x20010db800000001, 0xfe80000000000000,
					 0xff02000000000000 };

	packet_put(p, RANDOM_OF(seed, nets), 8);
	packet_put(p, random_below(seed, 4), 8);
}

static inline void packet_ip6(struct packet_in *p, uint32_t *seed)
{
	static const uint8_t protocols[] = { 6, 6, 17, 17, 58, 58, 132, 50, 59 };
	static const uint8_t extensions[] = { 0, 43, 44, 51, 60 };
	uint8_t next = RANDOM_OF(seed, protocols), protocol = next;
	uint32_t headers = random_below(seed, 2) ? 0 : random_below(seed, 6);

	packet_put(p, 0x60000000, 4);
	packet_put(p, random_below(seed, 1500), 2);
	packet_put(p, headers ? next = RANDOM_OF(seed, extensions) : next, 1);
	packet_put(p, random_below(seed, 256), 1);
	packet_address6(p, seed);
	packet_address6(p, seed);
	for (uint32_t i = 1; i <= headers; i++) {
		uint32_t length = next == 44 ? 0 : random_below(seed, 3);
		uint32_t bytes = next == 51 ? 4 * length + 8 : 8 * length + 8;

		next = i == headers ? protocol : RANDOM_OF(seed, extensions);
		packet_put(p, next, 1);
		packet_put(p, length, 1);
		packet_noise(p, seed, bytes - 2);
	}
	packet_l4(p, seed, protocol);
}

static inline void packet_l3(struct packet_in *p, uint32_t *seed, uint16_t type);

static inline void packet_inside(struct packet_in *p, uint32_t *seed, uint16_t type)
{
	static const uint16_t types[] = { 0x0800, 0x0800, 0x86dd, 0x0806, 0x8100 };
	uint16_t inner = RANDOM_OF(seed, types);
	uint32_t labels = random_below(seed, 3);

	if (type == 0x8847) {
		for (uint32_t i = 0; i <= labels; i++)
			packet_put(p,
				   (1023 + random_below(seed, 4)) << 12 | (i == labels ? 256U : 0) |
					   64,
				   4);
		packet_l3(p, seed, random_below(seed, 2) ? 0x0800 : 0x86dd);
	} else if (type == 0x8864) {
		packet_put(p, 0x1100, 2);
		packet_put(p, random_below(seed, 4), 2);
		packet_put(p, random_below(seed, 1500), 2);
		packet_put(p, inner == 0x86dd ? 0x0057 : 0x0021, 2);
		packet_l3(p, seed, inner == 0x86dd ? 0x86dd : 0x0800);
	} else {
		packet_put(p, random_below(seed, 4) << 13 | (4 + random_below(seed, 4)), 2);
		packet_put(p, inner, 2);
		packet_l3(p, seed, inner);
	}
}

static inline void packet_arp(struct packet_in *p, uint32_t *seed)
{
	packet_put(p, 0x000108000604, 6);
	packet_put(p, 1 + random_below(seed, 2), 2);
	packet_noise(p, seed, 6);
	packet_put(p, 0x0a000001 + random_below(seed, 3), 4);
	packet_noise(p, seed, 6);
	packet_put(p, 0x0a000001 + random_below(seed, 3), 4);
}

static inline void packet_l3(struct packet_in *p, uint32_t *seed, uint16_t type)
{
	if (p->length > 200)
		return;
	switch (type) {
	case 0x0800:
		packet_ip4(p, seed);
		break;
	case 0x86dd:
		packet_ip6(p, seed);
		break;
	case 0x0806:
		packet_arp(p, seed);
		break;
	case 0x8100:
	case 0x88a8:
	case 0x9100:
	case 0x8847:
	case 0x8864:
		packet_inside(p, seed, type);
		break;
	default:
		packet_noise(p, seed, 20);
	}
}

/* Up to PACKET_ROOM bytes; a quarter of the packets are cut somewhere, a few are but noise. */
static inline void packet_random(struct packet_in *p, uint32_t *seed)
{
	static const uint16_t types[] = { 0x0800, 0x0800, 0x0800, 0x0800, 0x0800, 0x0800, 0x0800,
					  0x86dd, 0x86dd, 0x86dd, 0x0806, 0x8100, 0x8100, 0x88a8,
					  0x9100, 0x8847, 0x8864, 0x8863, 0x8035, 0x0040, 0x88cc };
	static const uint64_t macs[] = { 0xffffffffffff, 0x021112131415, 0x062122232425,
					 0x01005e000001, 0x333300000001 };
	static const uint32_t sizes[] = { 8, 64, 1400, PACKET_ROOM };
	uint16_t type = RANDOM_OF(seed, types);

	p->length = 0;
	if (!random_below(seed, 24)) {
		packet_noise(p, seed, random_below(seed, RANDOM_OF(seed, sizes)));
		return;
	}
	packet_put(p, RANDOM_OF(seed, macs), 6);
	packet_put(p, RANDOM_OF(seed, macs), 6);
	packet_put(p, type, 2);
	packet_l3(p, seed, type);
	if (!random_below(seed, 4))
		p->length = random_below(seed, p->length + 1);
	else
		packet_noise(p, seed, random_below(seed, RANDOM_OF(seed, sizes)));
}

#endif
