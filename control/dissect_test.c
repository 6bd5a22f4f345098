/* SPDX-License-Identifier: GPL-2.0-only */
#include "dissect_testing.h"

#include <errno.h>

#define TEXT 600
#define MANY 300000u

#define IP4   "v4 src=10.1.2.3 dst=192.168.77.9 "
#define IP6   "v6 src=2001:db8:102:304:506:708:a01:203 dst=2001:db8:908:706:504:302:c0a8:4d09 "
#define PORTS "ports=40001>443 "

struct summary {
	char text[TEXT];
	size_t used;
};

static void __attribute__((format(printf, 3, 4)))
add(struct summary *s, bool there, const char *fmt, ...)
{
	va_list args;

	if (!there)
		return;
	va_start(args, fmt);
	s->used += (size_t)vsnprintf(s->text + s->used, sizeof(s->text) - s->used, fmt, args);
	va_end(args);
	assert_true(s->used < sizeof(s->text));
}

static void add_address(struct summary *s, const char *name, const uint8_t *address, int size)
{
	char text[INET6_ADDRSTRLEN];

	if (size)
		add(s, true, "%s=%s ", name,
		    inet_ntop(size == 4 ? AF_INET : AF_INET6, address, text, sizeof(text)));
}

static void add_mac(struct summary *s, const char *name, mac_addr mac)
{
	static const mac_addr none;

	if (memcmp(&mac, &none, sizeof(mac)) == 0)
		return;
	add(s, true, "%s=", name);
	for (int i = 0; i < 6; i++)
		add(s, true, "%02x%s", mac.octet[i], i < 5 ? ":" : " ");
}

/* All that is not 0, but addresses of Ethernet and the TTL. */
static const char *summarize(struct summary *s, const struct dissected *d)
{
	static const uint8_t no_target[16];

	*s = (struct summary){ 0 };
	for (int i = 0; i < d->vlans; i++)
		add(s, true, "vlan=%u ", d->vlan[i]);
	add(s, d->depth >= DISSECT_TYPE, "type=%04x ", d->ethertype);
	add(s, d->ip_version, "v%u ", d->ip_version);
	add_address(s, "src", d->src, d->address);
	add_address(s, "dst", d->dst, d->address);
	add(s, d->protocol, "proto=%u ", d->protocol);
	add(s, d->is_fragment, "fragment=%u%s ", d->fragment_offset, d->more_fragments ? "+" : "");
	add(s, d->has_ports, "ports=%u>%u ", d->src_port, d->dst_port);
	add(s, d->tcp_flags || d->tcp_window || d->tcp_seq || d->tcp_ack,
	    "seq=%u ack=%u flags=%03x win=%u ", d->tcp_seq, d->tcp_ack, d->tcp_flags,
	    d->tcp_window);
	add(s, d->udp_length, "udp=%u ", d->udp_length);
	add(s, d->icmp_type || d->icmp_code, "icmp=%u/%u ", d->icmp_type, d->icmp_code);
	add(s, d->icmp_rest, "rest=%08x ", d->icmp_rest);
	if (memcmp(d->nd_target, no_target, 16) != 0)
		add_address(s, "target", d->nd_target, 16);
	if (d->has_nd_mac)
		add_mac(s, "at", d->nd_mac);
	add(s, d->arp_op, "op=%u ", d->arp_op);
	add_mac(s, "from", d->arp_src_mac);
	add_mac(s, "to", d->arp_dst_mac);
	add(s, d->has_payload, "payload=%u ", d->payload);
	add(s, d->cut == DISSECT_SNAPPED, "cut ");
	add(s, d->cut == DISSECT_MALFORMED, "malformed ");
	if (s->used)
		s->text[--s->used] = '\0';
	return s->text;
}

static void check(const void *data, size_t captured, size_t length, const char *name,
		  const char *wanted)
{
	struct summary summary;
	struct edge edge = { 0 };
	struct dissected d;

	dissect(edge_put(&edge, data, captured), (uint32_t)captured, (uint32_t)length, &d);
	edge_free(&edge);
	if (strcmp(summarize(&summary, &d), wanted) != 0)
		fail_msg("%s, %zu of %zu bytes:\n\"%s\", wanted\n\"%s\"", name, captured, length,
			 summary.text, wanted);
}

#define ARP    "eth+14=0001080006040001021112131415 eth+28=0a010203 eth+32=000000000000c0a84d09"
#define TCP    "l4+4=0102030405060708 l4+13=18 l4+14=faf0"
#define TARGET "20010db8000000000000000000000042"

/* need: bytes that have to be captured for all of it. pad: bytes behind what IP says. */
static const struct right {
	const char *frame, *patch, *wanted;
	unsigned int need, pad;
} rights[] = {
	/* Ethernet */
	{ "other", NULL, "type=88b5 payload=46", 14, 0 },
	{ "llc", NULL, "type=002e payload=46", 14, 0 },
	{ "llc", "eth+13=0b", "type=000b payload=11", 14, 35 },
	{ "vlan other", "eth+14=fffe", "vlan=4094 type=88b5 payload=46", 18, 0 },
	{ "qinq vlan other", NULL, "vlan=200 vlan=100 type=88b5 payload=46", 22, 0 },
	{ "vlan vlan vlan ip4 udp", NULL, "vlan=100 vlan=100 type=8100 payload=32", 22, 0 },
	/* ARP */
	{ "arp zeros:18", ARP,
	  "type=0806 src=10.1.2.3 dst=192.168.77.9 op=1 from=02:11:12:13:14:15", 42, 0 },
	{ "vlan arp", "eth+18=00010800060400020211121314150a010203062122232425c0a84d09",
	  "vlan=100 type=0806 src=10.1.2.3 dst=192.168.77.9 op=2 from=02:11:12:13:14:15 "
	  "to=06:21:22:23:24:25",
	  46, 0 },
	{ "arp", "eth+14=000608000604", "type=0806", 22, 0 },
	{ "arp", "eth+14=000186dd0610", "type=0806", 22, 0 },
	/* IPv4 */
	{ "ip4 tcp data:6", TCP,
	  "type=0800 " IP4 "proto=6 " PORTS
	  "seq=16909060 ack=84281096 flags=018 win=64240 payload=6",
	  54, 0 },
	{ "ip4:15 tcp data:12", TCP " l4+12=8118",
	  "type=0800 " IP4 "proto=6 " PORTS
	  "seq=16909060 ack=84281096 flags=118 win=64240 payload=0",
	  94, 6 },
	{ "ip4 udp data:2", NULL, "type=0800 " IP4 "proto=17 " PORTS "udp=10 payload=2", 42, 16 },
	{ "ip4 udp data:9", "l4+4=000b", "type=0800 " IP4 "proto=17 " PORTS "udp=11 payload=3", 42,
	  0 },
	{ "ip4:6 udp", NULL, "type=0800 " IP4 "proto=17 " PORTS "udp=8 payload=0", 46, 0 },
	{ "ip4 udp data:30", "ip+2=0000", "type=0800 " IP4 "proto=17 " PORTS "udp=38 payload=30",
	  42, 0 },
	{ "ip4 icmp data:9", NULL, "type=0800 " IP4 "proto=1 icmp=8/0 rest=12340007 payload=9", 42,
	  0 },
	{ "qinq vlan ip4:9 icmp:0", NULL,
	  "vlan=200 vlan=100 type=0800 " IP4 "proto=1 rest=12340007 payload=0", 66, 0 },
	{ "ip4 sctp data:16", NULL, "type=0800 " IP4 "proto=132 " PORTS "payload=16", 46, 0 },
	{ "ip4 udplite data:5", NULL, "type=0800 " IP4 "proto=136 " PORTS "payload=5", 42, 0 },
	{ "ip4 dccp data:5", "l4+4=04", "type=0800 " IP4 "proto=33 " PORTS "payload=5", 46, 0 },
	{ "ip4 esp", NULL, "type=0800 " IP4 "proto=50 payload=24", 34, 0 },
	{ "ip4:7 esp", NULL, "type=0800 " IP4 "proto=50 payload=24", 34, 0 },
	{ "ip4 icmp6", NULL, "type=0800 " IP4 "proto=58 payload=8", 34, 0 },
	{ "ip4frag:0 udp data:8", "l4+4=0800",
	  "type=0800 " IP4 "proto=17 fragment=0+ " PORTS "udp=2048 payload=8", 42, 0 },
	{ "ip4frag:3 rest:24", NULL, "type=0800 " IP4 "proto=17 fragment=24+ payload=24", 34, 0 },
	{ "ip4frag:3 rest:5", "ip+6=1fff", "type=0800 " IP4 "proto=17 fragment=65528 payload=5", 34,
	  21 },
	/* IPv6 */
	{ "ip6 tcp data:6", TCP,
	  "type=86dd " IP6 "proto=6 " PORTS
	  "seq=16909060 ack=84281096 flags=018 win=64240 payload=6",
	  74, 0 },
	{ "ip6 udp data:18", NULL, "type=86dd " IP6 "proto=17 " PORTS "udp=26 payload=18", 62, 4 },
	{ "ip6 hop udp data:18", "ip+4=0000 l4+4=0000",
	  "type=86dd " IP6 "proto=17 " PORTS "payload=18", 70, 0 },
	{ "ip6 icmp6 data:4", NULL, "type=86dd " IP6 "proto=58 icmp=128/0 rest=12340007 payload=4",
	  62, 0 },
	{ "ip6 icmp6:135 zeros:16", "l4+8=" TARGET " l4+4=00000000",
	  "type=86dd " IP6 "proto=58 icmp=135/0 target=2001:db8::42 payload=16", 78, 0 },
	{ "ip6 icmp6:135 zeros:24", "l4+8=" TARGET " l4+24=0101020000000001",
	  "type=86dd " IP6 "proto=58 icmp=135/0 rest=12340007 target=2001:db8::42 "
	  "at=02:00:00:00:00:01 payload=24",
	  86, 0 },
	{ "ip6 icmp6:136 zeros:40", "l4+8=" TARGET " l4+24=0e02 l4+40=0201020000000001",
	  "type=86dd " IP6 "proto=58 icmp=136/0 rest=12340007 target=2001:db8::42 "
	  "at=02:00:00:00:00:01 payload=40",
	  102, 0 },
	{ "ip6 icmp6:136 zeros:32", "l4+8=" TARGET " l4+24=0202020000000001",
	  "type=86dd " IP6 "proto=58 icmp=136/0 rest=12340007 target=2001:db8::42 payload=32", 86,
	  0 },
	{ "ip6 frag:0 icmp6:135 zeros:8", NULL,
	  "type=86dd " IP6 "proto=58 fragment=0+ icmp=135/0 rest=12340007 payload=8", 70, 0 },
	{ "ip6 icmp", NULL, "type=86dd " IP6 "proto=1 payload=8", 54, 0 },
	{ "ip6 none", NULL, "type=86dd " IP6 "proto=59 payload=0", 54, 0 },
	{ "ip6 hop:4 tcp", TCP,
	  "type=86dd " IP6 "proto=6 " PORTS
	  "seq=16909060 ack=84281096 flags=018 win=64240 payload=0",
	  114, 0 },
	{ "ip6 auth:1 udp", NULL, "type=86dd " IP6 "proto=17 " PORTS "udp=8 payload=0", 74, 0 },
	{ "ip6 auth:5 mob route udp", NULL, "type=86dd " IP6 "proto=17 " PORTS "udp=8 payload=0",
	  130, 0 },
	{ "vlan ip6 dst:2 esp", NULL, "vlan=100 type=86dd " IP6 "proto=50 payload=24", 66, 0 },
	{ "ip6 frag:0 udp data:8", "l4+4=0800",
	  "type=86dd " IP6 "proto=17 fragment=0+ " PORTS "udp=2048 payload=8", 70, 0 },
	{ "ip6 hop frag:9 rest:16", NULL, "type=86dd " IP6 "proto=17 fragment=72+ payload=16", 70,
	  0 },
	{ "ip6 frag:9 rest:15", "ip+42=0048", "type=86dd " IP6 "proto=17 fragment=72 payload=15",
	  62, 0 },
	{ "ip6 frag:9 dst udp", NULL, "type=86dd " IP6 "proto=60 fragment=72+ payload=16", 62, 0 },
	{ "ip6 frag:0 udp", "ip+42=0000", "type=86dd " IP6 "proto=17 " PORTS "udp=8 payload=0", 70,
	  0 },
	{ "ip6 hop hop hop hop hop hop hop hop hop udp", NULL,
	  "type=86dd " IP6 "proto=17 " PORTS "udp=8 payload=0", 134, 0 },
};

static void build_right(struct frame *f, const struct right *right)
{
	frame_build(f, right->frame, flow_there);
	frame_put(f, right->pad);
	frame_patch(f, right->patch);
}

static void test_dissect_right_frame_gives_fields(void **state)
{
	static struct frame f;

	(void)state;
	for (size_t i = 0; i < COUNT(rights); i++) {
		build_right(&f, &rights[i]);
		check(f.data, f.length, f.length, rights[i].frame, rights[i].wanted);
	}
}

static void test_dissect_link_and_hop_limit_are_read(void **state)
{
	static struct frame f;
	struct dissected d;

	(void)state;
	frame_build(&f, "vlan ip4 udp", flow_there);
	frame_patch(&f, "ip+8=40");
	dissect(f.data, (uint32_t)f.length, (uint32_t)f.length, &d);
	assert_memory_equal(&d.src_mac, flow_there.src_mac, 6);
	assert_memory_equal(&d.dst_mac, flow_there.dst_mac, 6);
	assert_int_equal(d.ttl, 64);
	frame_build(&f, "ip6 hop udp", flow_there);
	frame_patch(&f, "ip+7=fe");
	dissect(f.data, (uint32_t)f.length, (uint32_t)f.length, &d);
	assert_int_equal(d.ttl, 254);
}

/* Every word of the one is one of the other: less is known, and nothing else. A later header's
 * number is known only behind it all. */
static void check_part(const char *part, const char *whole, const struct right *right, size_t n)
{
	char text[TEXT], *rest = NULL;

	snprintf(text, sizeof(text), "%s", part);
	for (char *word = strtok_r(text, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
		if (strcmp(word, "cut") != 0 && !strstr(whole, word))
			fail_msg("%s, %zu bytes: \"%s\" is not in \"%s\"", right->frame, n, word,
				 whole);
	}
}

static void check_snapped(const struct right *right, struct edge *edge)
{
	static struct frame f;
	struct summary summary;
	struct dissected d;

	build_right(&f, right);
	for (uint32_t n = 0; n <= f.length; n++) {
		dissect(edge_put(edge, f.data, n), n, (uint32_t)f.length, &d);
		summarize(&summary, &d);
		if (d.cut != (n < right->need ? DISSECT_SNAPPED : DISSECT_WHOLE))
			fail_msg("%s, %u of %zu bytes: \"%s\"", right->frame, n, f.length,
				 summary.text);
		if (n >= right->need)
			assert_string_equal(summary.text, right->wanted);
		else
			check_part(summary.text, right->wanted, right, n);
	}
}

static void test_dissect_snapped_anywhere_is_cut_only_if_needed(void **state)
{
	struct edge edge = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(rights); i++)
		check_snapped(&rights[i], &edge);
	edge_free(&edge);
}

static bool says_length(const struct right *right)
{
	const char *patch = right->patch ? right->patch : "";

	return strstr(right->wanted, " src=") && !strstr(right->wanted, "type=0806") &&
	       !strstr(patch, "ip+2=0000") && !strstr(patch, "ip+4=0000");
}

/* Frames that end on the wire before they should. */
static void test_dissect_too_short_a_frame_is_malformed(void **state)
{
	static struct frame f;
	struct edge edge = { 0 };
	struct dissected d;

	(void)state;
	for (size_t i = 0; i < COUNT(rights); i++) {
		size_t whole = rights[i].need;

		build_right(&f, &rights[i]);
		if (says_length(&rights[i]))
			whole = f.length - rights[i].pad;
		for (uint32_t n = 0; n <= f.length; n++) {
			dissect(edge_put(&edge, f.data, n), n, n, &d);
			if (n < whole && d.cut != DISSECT_MALFORMED)
				fail_msg("%s of %u bytes is not malformed", rights[i].frame, n);
			assert_true(n < f.length || d.cut == DISSECT_WHOLE);
			assert_true(!d.has_payload || d.payload <= n);
		}
	}
	edge_free(&edge);
}

static const struct {
	const char *frame, *patch, *wanted;
} wrongs[] = {
	{ "llc", "eth+13=2f", "type=002f payload=46 malformed" },
	{ "ip4 udp", "ip+0=65", "type=0800 malformed" },
	{ "ip4 udp", "ip+0=44", "type=0800 malformed" },
	{ "ip6 udp", "ip+0=40", "type=86dd malformed" },
	{ "ip4 udp", "ip+2=0013", "type=0800 " IP4 "proto=17 malformed" },
	{ "ip4 udp data:8", "ip+0=48 ip+2=001f", "type=0800 " IP4 "proto=17 malformed" },
	{ "ip4 udp data:8", "ip+2=001b", "type=0800 " IP4 "proto=17 " PORTS "malformed" },
	{ "ip4 udp data:8", "ip+2=0025",
	  "type=0800 " IP4 "proto=17 " PORTS "udp=16 payload=8 malformed" },
	{ "ip4 udp data:8", "l4+4=0011",
	  "type=0800 " IP4 "proto=17 " PORTS "udp=17 payload=8 malformed" },
	{ "ip4 udp data:8", "l4+4=0007", "type=0800 " IP4 "proto=17 " PORTS "malformed" },
	{ "ip4 udp data:8", "l4+4=0000", "type=0800 " IP4 "proto=17 " PORTS "malformed" },
	{ "ip4 tcp data:8", "l4+12=40", "type=0800 " IP4 "proto=6 " PORTS "malformed" },
	{ "ip4 tcp data:8", "l4+12=80", "type=0800 " IP4 "proto=6 " PORTS "malformed" },
	{ "ip4 dccp data:8", "l4+4=02", "type=0800 " IP4 "proto=33 " PORTS "malformed" },
	{ "ip4 icmp", "ip+2=001b", "type=0800 " IP4 "proto=1 icmp=8/0 malformed" },
	{ "ip6 udp", "ip+4=0000", "type=86dd " IP6 "proto=17 malformed" },
	{ "ip6 hop udp", "ip+41=02", "type=86dd " IP6 "malformed" },
	{ "ip6 hop udp", "ip+40=3c ip+42=00000000 l4+1=ff", "type=86dd " IP6 "malformed" },
	{ "ip6 icmp6:135 zeros:8", "l4+4=00000000",
	  "type=86dd " IP6 "proto=58 icmp=135/0 malformed" },
	{ "ip6 icmp6:136 zeros:24", "l4+4=00000000 l4+24=0200",
	  "type=86dd " IP6 "proto=58 icmp=136/0 malformed" },
	{ "ip6 icmp6:136 zeros:24", "l4+4=00000000 l4+24=0202",
	  "type=86dd " IP6 "proto=58 icmp=136/0 malformed" },
};

static void test_dissect_wrong_frame_is_malformed(void **state)
{
	static struct frame f;

	(void)state;
	for (size_t i = 0; i < COUNT(wrongs); i++) {
		frame_build(&f, wrongs[i].frame, flow_there);
		frame_patch(&f, wrongs[i].patch);
		check(f.data, f.length, f.length, wrongs[i].patch, wrongs[i].wanted);
	}
}

static void test_dissect_length_below_others_is_malformed(void **state)
{
	static struct frame f;

	(void)state;
	frame_build(&f, "ip4 udp data:18", flow_there);
	check(f.data, f.length, 40, "short", "type=0800 " IP4 "proto=17 " PORTS "malformed");
	check(f.data, 40, 48, "short and snapped", "type=0800 " IP4 "proto=17 " PORTS "malformed");
	check(f.data, f.length, 0, "nothing", "malformed");
	check(f.data, 0, f.length, "nothing captured", "cut");
}

static void check_sense(const struct dissected *d, const struct random_packet *p)
{
	assert_in_range(d->depth, DISSECT_NOTHING, DISSECT_UPPER);
	assert_in_range(d->cut, DISSECT_WHOLE, DISSECT_MALFORMED);
	assert_in_range(d->vlans, 0, DISSECT_TAGS);
	assert_true(d->address == 0 || d->address == 4 || d->address == 16);
	assert_true(!d->has_payload || d->payload <= p->length);
	assert_true(d->cut != DISSECT_SNAPPED || p->captured < p->length);
	assert_true(d->cut != DISSECT_SNAPPED || !d->has_payload);
	assert_true(d->cut != DISSECT_WHOLE || d->has_payload || d->ethertype == 0x0806);
	assert_true(d->depth < DISSECT_ADDRESSES || d->address);
}

static void test_dissect_random_bytes_are_read_within_bounds(void **state)
{
	static struct random_packet p;
	uint64_t seen[DISSECT_UPPER + 1][DISSECT_MALFORMED + 1] = { 0 };
	uint32_t seed = 2463534242;
	struct edge edge = { 0 };
	struct dissected d;

	(void)state;
	for (uint32_t i = 0; i < MANY; i++) {
		packet_by_chance(&p, &seed);
		memset(&d, 0xa5, sizeof(d));
		dissect(edge_put(&edge, p.frame.data, p.captured), p.captured, p.length, &d);
		check_sense(&d, &p);
		seen[d.depth][d.cut]++;
	}
	edge_free(&edge);
	for (int depth = DISSECT_NOTHING; depth <= DISSECT_UPPER; depth++) {
		for (int cut = DISSECT_SNAPPED; cut <= DISSECT_MALFORMED; cut++)
			assert_true(seen[depth][cut] || depth == DISSECT_UPPER);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dissect_right_frame_gives_fields),
		cmocka_unit_test(test_dissect_link_and_hop_limit_are_read),
		cmocka_unit_test(test_dissect_snapped_anywhere_is_cut_only_if_needed),
		cmocka_unit_test(test_dissect_too_short_a_frame_is_malformed),
		cmocka_unit_test(test_dissect_wrong_frame_is_malformed),
		cmocka_unit_test(test_dissect_length_below_others_is_malformed),
		cmocka_unit_test(test_dissect_random_bytes_are_read_within_bounds),
	};

	return cmocka_run_group_tests_name("dissect", tests, NULL, NULL);
}
