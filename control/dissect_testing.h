/* SPDX-License-Identifier: GPL-2.0-only */
/* For tests of what is said of a packet: frames of all kinds, and bytes behind which nothing may be
 * read. */
#ifndef XDPCTL_DISSECT_TESTING_H
#define XDPCTL_DISSECT_TESTING_H

#include "frame_testing.h"

#include <arpa/inet.h>
#include <sys/mman.h>

#include "dissect.h"

#ifndef COUNT
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#endif

/* Frames that are right, as frame_build() takes them. */
static const char *const right_frames[] = {
	"other",
	"llc",
	"vlan other",
	"qinq vlan other",
	"ip4 tcp data:6",
	"ip4 udp data:18",
	"ip4 icmp data:9",
	"ip4 icmp:0 data:56",
	"ip4 icmp:3 data:28",
	"ip4 sctp data:16",
	"ip4 udplite data:5",
	"ip4 esp",
	"ip4:6 udp",
	"ip4:15 tcp data:2",
	"ip4frag:0 udp data:8",
	"ip4frag:3 rest:24",
	"vlan ip4 udp",
	"qinq vlan ip4:9 icmp",
	"ip6 tcp data:100",
	"ip6 udp data:18",
	"ip6 icmp6 data:4",
	"ip6 icmp6:133",
	"ip6 none",
	"ip6 hop udp",
	"ip6 hop:4 tcp",
	"ip6 route:4 udp",
	"ip6 dst:2 icmp6",
	"ip6 mob tcp",
	"ip6 auth:1 udp",
	"ip6 frag:0 tcp",
	"ip6 frag:9 rest:16",
	"ip6 hop frag:9 rest:16",
	"ip6 hop route dst frag:0 auth dst:3 mob hop udp",
	"qinq vlan ip6 dst:1 tcp",
	"vlan ip6 hop:2 esp",
};

/* ---- bytes set by hand: "l4+13=12 ip+8=40"; from eth, ip or l4 on, in hexadecimal */

static inline size_t hex_bytes(const char *text, uint8_t *out)
{
	size_t n = 0;

	while (sscanf(text + 2 * n, "%2hhx", &out[n]) == 1)
		n++;
	return n;
}

static inline void frame_patch(struct frame *f, const char *patch)
{
	char text[400], *rest = NULL;

	snprintf(text, sizeof(text), "%s", patch ? patch : "");
	for (char *at = strtok_r(text, " ", &rest); at; at = strtok_r(NULL, " ", &rest)) {
		char base[4], bytes[200];
		unsigned int offset;
		size_t from;

		if (sscanf(at, "%3[a-z0-9]+%u=%199[0-9a-f]", base, &offset, bytes) != 3)
			fail_msg("patch \"%s\"?", at);
		from = strcmp(base, "l4") == 0 ? f->l4_at : strcmp(base, "ip") == 0 ? f->ip_at : 0;
		hex_bytes(bytes, f->data + from + offset);
	}
}

/* ---- memory that ends where the captured bytes do: under ASan an allocation, else a page behind
 * which there is none */

struct edge {
	uint8_t *page;
	size_t room;
};

static inline uint8_t *edge_put(struct edge *edge, const void *data, size_t length)
{
	uint8_t *at;

#ifdef __SANITIZE_ADDRESS__
	free(edge->page);
	at = edge->page = malloc(length ? length : 1);
	assert_non_null(at);
	at += length ? 0 : 1;
#else
	if (!edge->page) {
		edge->room = 1 << 16;
		edge->page = mmap(NULL, edge->room + 4096, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		assert_ptr_not_equal(edge->page, MAP_FAILED);
		assert_int_equal(mprotect(edge->page + edge->room, 4096, PROT_NONE), 0);
	}
	assert_true(length <= edge->room);
	at = edge->page + edge->room - length;
#endif
	memcpy(at, data, length);
	return at;
}

static inline void edge_free(struct edge *edge)
{
#ifdef __SANITIZE_ADDRESS__
	free(edge->page);
#else
	if (edge->page)
		munmap(edge->page, edge->room + 4096);
#endif
	*edge = (struct edge){ 0 };
}

/* ---- random packets */

/* xorshift32, Marsaglia 2003 */
static inline uint32_t rnd(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

static inline uint32_t rnd_below(uint32_t *seed, uint32_t limit)
{
	return rnd(seed) % limit;
}

struct random_packet {
	struct frame frame;
	uint32_t captured, length;
};

/* Bytes by chance, or a right frame of which some were changed, mostly those that tell kinds and
 * lengths; captured and length often do not fit together. */
static inline void packet_by_chance(struct random_packet *p, uint32_t *seed)
{
	static const uint8_t numbers[] = { 0,  1,  2,  6,   8,	 17,  44,  43,	51,  58,
					   59, 60, 69, 129, 132, 135, 136, 255, 0x81 };
	struct frame *f = &p->frame;
	uint32_t changes = rnd_below(seed, 4);

	if (rnd_below(seed, 8) == 0) {
		f->length = rnd_below(seed, 200);
		for (size_t i = 0; i < f->length; i++)
			f->data[i] = (uint8_t)rnd(seed);
		changes = 0;
	} else {
		frame_build(f, right_frames[rnd_below(seed, COUNT(right_frames))], flow_there);
	}
	while (changes--) {
		size_t at = rnd_below(seed, 2) ? rnd_below(seed, (uint32_t)f->length)
					       : 12 + rnd_below(seed, 60);

		f->data[at] = rnd_below(seed, 2) ? (uint8_t)rnd(seed)
						 : numbers[rnd_below(seed, COUNT(numbers))];
	}
	p->captured = p->length = (uint32_t)f->length;
	if (rnd_below(seed, 2))
		p->captured = rnd_below(seed, p->captured + 1);
	if (rnd_below(seed, 4) == 0)
		p->length = rnd_below(seed, 3) ? rnd_below(seed, 300) : rnd(seed);
}

#endif
