/* SPDX-License-Identifier: GPL-2.0-only */
#include "dissect_testing.h"

#include "packet_text.h"

#define MANY 200000u

#define V4     "10.1.2.3 > 192.168.77.9: "
#define V4PORT "10.1.2.3.40001 > 192.168.77.9.443: "
#define V6     "2001:db8:102:304:506:708:a01:203 > 2001:db8:908:706:504:302:c0a8:4d09: "
#define V6PORT "2001:db8:102:304:506:708:a01:203.40001 > 2001:db8:908:706:504:302:c0a8:4d09.443: "
#define MACS   "02:11:12:13:14:15 > 06:21:22:23:24:25"
#define TARGET "20010db8000000000000000000000042"

static const struct {
	const char *frame, *patch;
	unsigned int captured; /* 0: all */
	const char *wanted;
} lines[] = {
	/* TCP: seq and ack, flags, window */
	{ "ip4 tcp", "l4+4=0000000100000002 l4+13=12 l4+14=faf0", 0,
	  V4PORT "TCP [S.] seq 1 ack 2 win 64240, 0 bytes" },
	{ "ip4 tcp", "l4+4=ffffffff00000002 l4+13=02 l4+14=0000", 0,
	  V4PORT "TCP [S] seq 4294967295 win 0, 0 bytes" },
	{ "ip6 tcp data:1", "l4+4=0000000100000002 l4+13=19 l4+14=0001", 0,
	  V6PORT "TCP [FP.] seq 1 ack 2 win 1, 1 byte" },
	{ "ip4 tcp", "l4+4=0000000100000002 l4+12=51ff l4+14=0001", 0,
	  V4PORT "TCP [FSRP.UEWe] seq 1 ack 2 win 1, 0 bytes" },
	{ "ip4 tcp", "l4+4=0000000100000002 l4+12=5000 l4+14=0001", 0,
	  V4PORT "TCP [] seq 1 win 1, 0 bytes" },
	{ "ip4 tcp", "l4+4=0000000100000002 l4+12=5004 l4+14=0001", 0,
	  V4PORT "TCP [R] seq 1 win 1, 0 bytes" },
	{ "ip4 tcp data:9", NULL, 53, V4PORT "TCP [cut]" },
	{ "ip4 tcp data:9", NULL, 37, V4 "TCP [cut]" },
	{ "ip4 tcp data:9", "l4+12=40", 0, V4PORT "TCP [malformed]" },
	/* others with ports */
	{ "ip4 udp data:34", NULL, 0, V4PORT "UDP, 34 bytes" },
	{ "ip6 udp data:34", NULL, 62, V6PORT "UDP, 34 bytes" },
	{ "ip6 hop udp data:34", NULL, 60, V6 "IPv6 [cut]" },
	{ "vlan:10 ip4 sctp data:20", NULL, 0, "vlan 10: " V4PORT "SCTP, 20 bytes" },
	{ "ip4 udplite data:3", NULL, 0, V4PORT "UDP-Lite, 3 bytes" },
	{ "ip4 udp data:20", "l4+4=0030", 0, V4PORT "UDP, 20 bytes [malformed]" },
	/* ICMP */
	{ "ip4 icmp data:56", "l4+4=00070001", 0, V4 "ICMP echo request id 7 seq 1, 56 bytes" },
	{ "ip4 icmp:0", "l4+4=ffff0000", 0, V4 "ICMP echo reply id 65535 seq 0, 0 bytes" },
	{ "ip4 icmp:3 data:28", "l4+1=03", 0, V4 "ICMP port unreachable, 28 bytes" },
	{ "ip4 icmp:3 data:28", "l4+1=04 l4+4=ffff0578", 0,
	  V4 "ICMP fragmentation needed mtu 1400, 28 bytes" },
	{ "ip4 icmp:3 data:28", "l4+1=0f", 0, V4 "ICMP unreachable, 28 bytes" },
	{ "ip4 icmp:5 data:28", "l4+4=c0000201", 0, V4 "ICMP redirect to 192.0.2.1, 28 bytes" },
	{ "ip4 icmp:11 data:28", NULL, 0, V4 "ICMP time exceeded on the way, 28 bytes" },
	{ "ip4 icmp:200", "l4+1=09", 0, V4 "ICMP type 200 code 9, 0 bytes" },
	{ "ip4 icmp data:56", NULL, 41, V4 "ICMP echo request [cut]" },
	{ "ip4 icmp data:56", NULL, 35, V4 "ICMP [cut]" },
	{ "ip6 icmp6 data:8", "l4+4=00070001", 0, V6 "ICMP6 echo request id 7 seq 1, 8 bytes" },
	{ "ip6 icmp6:2 data:48", "l4+4=00010000", 0,
	  V6 "ICMP6 packet too big mtu 65536, 48 bytes" },
	{ "ip6 icmp6:1 data:48", "l4+1=04", 0, V6 "ICMP6 port unreachable, 48 bytes" },
	{ "ip6 icmp6:133", NULL, 0, V6 "ICMP6 router solicitation, 0 bytes" },
	{ "ip6 icmp6:135 zeros:16", "l4+8=" TARGET, 0, V6 "ICMP6 who has 2001:db8::42" },
	{ "ip6 icmp6:135 zeros:24", "l4+8=" TARGET " l4+24=0101020000000001", 0,
	  V6 "ICMP6 who has 2001:db8::42 tell 02:00:00:00:00:01" },
	{ "ip6 icmp6:136 zeros:24", "l4+8=" TARGET " l4+24=0201020000000001", 0,
	  V6 "ICMP6 2001:db8::42 is at 02:00:00:00:00:01" },
	{ "ip6 icmp6:136 zeros:16", "l4+8=" TARGET, 0, V6 "ICMP6 2001:db8::42 is here" },
	{ "ip6 icmp6:135 zeros:24", NULL, 77, V6 "ICMP6 neighbour solicitation [cut]" },
	{ "ip6 icmp6:136 zeros:8", NULL, 0, V6 "ICMP6 neighbour advertisement [malformed]" },
	/* other protocols and fragments */
	{ "ip4 esp", NULL, 0, V4 "ESP, 24 bytes" },
	{ "ip4 esp", "ip+9=2f", 0, V4 "GRE, 24 bytes" },
	{ "ip4 esp", "ip+9=c8", 0, V4 "protocol 200, 24 bytes" },
	{ "ip4frag:185 rest:520", "ip+6=00b9", 0, V4 "UDP, 520 bytes, fragment offset 1480" },
	{ "ip4frag:0 udp data:32", NULL, 0,
	  V4PORT "UDP, 32 bytes, fragment offset 0, more follow" },
	{ "ip6 frag:185 rest:24", NULL, 0, V6 "UDP, 24 bytes, fragment offset 1480, more follow" },
	{ "ip6 frag:0 icmp6:135 zeros:8", NULL, 0,
	  V6 "ICMP6 neighbour solicitation, 8 bytes, fragment offset 0, more follow" },
	/* ARP */
	{ "arp zeros:18", "eth+14=00010800060400010211121314150a010203000000000000c0a84d09", 0,
	  "ARP who has 192.168.77.9 tell 10.1.2.3" },
	{ "vlan:10 arp", "eth+18=00010800060400020211121314150a010203062122232425c0a84d09", 0,
	  "vlan 10: ARP 10.1.2.3 is at 02:11:12:13:14:15" },
	{ "arp", "eth+14=00010800060400030211121314150a010203062122232425c0a84d09", 0,
	  "ARP op 3 of 10.1.2.3 to 192.168.77.9" },
	{ "arp", "eth+14=0006", 0, MACS ": ARP" },
	{ "arp", "eth+14=0001080006040001", 41, MACS ": ARP [cut]" },
	/* Ethernet */
	{ "other data:14", "eth+12=88cc", 0, MACS ": type 0x88cc, 60 bytes" },
	{ "qinq:200 vlan:10 other", NULL, 0, "vlan 200.10: " MACS ": type 0x88b5, 46 bytes" },
	{ "llc", "eth+13=26", 0, MACS ": 802.3, 38 bytes" },
	{ "ip4 udp", NULL, 33, MACS ": IPv4 [cut]" },
	{ "ip6 udp", "ip+0=40", 0, MACS ": IPv6 [malformed]" },
	{ "vlan:10 ip4", NULL, 17, "vlan 10: " MACS " [cut]" },
	{ "ip4 udp", NULL, 13, MACS " [cut]" },
	{ "ip4 udp", NULL, 11, "Ethernet [cut]" },
};

static void test_packet_text_is_one_readable_line(void **state)
{
	static struct frame f;
	struct buf out = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		frame_build(&f, lines[i].frame, flow_there);
		frame_patch(&f, lines[i].patch);
		buf_clear(&out);
		packet_text(f.data, lines[i].captured ? lines[i].captured : (uint32_t)f.length,
			    (uint32_t)f.length, &out);
		if (strcmp(buf_string(&out), lines[i].wanted) != 0)
			fail_msg("%s: \"%s\", wanted \"%s\"", lines[i].frame, buf_string(&out),
				 lines[i].wanted);
	}
	buf_free(&out);
}

static bool ends_in(const char *text, const char *end)
{
	size_t a = strlen(text), b = strlen(end);

	return a >= b && strcmp(text + a - b, end) == 0;
}

static void check_line(const char *line, const struct dissected *d)
{
	assert_true(*line);
	assert_in_range(strlen(line), 1, 250);
	for (const char *at = line; *at; at++) {
		if (*at < ' ' || *at > '~')
			fail_msg("not printable: \"%s\"", line);
	}
	assert_int_equal(ends_in(line, " [cut]"), d->cut == DISSECT_SNAPPED);
	assert_int_equal(ends_in(line, " [malformed]"), d->cut == DISSECT_MALFORMED);
	assert_null(strstr(line, "  "));
}

static void test_packet_text_of_random_bytes_is_one_line(void **state)
{
	static struct random_packet p;
	uint32_t seed = 123456789;
	struct edge edge = { 0 };
	struct buf out = { 0 };
	struct dissected d;

	(void)state;
	for (uint32_t i = 0; i < MANY; i++) {
		const uint8_t *data;

		packet_by_chance(&p, &seed);
		data = edge_put(&edge, p.frame.data, p.captured);
		dissect(data, p.captured, p.length, &d);
		buf_clear(&out);
		packet_text(data, p.captured, p.length, &out);
		check_line(buf_string(&out), &d);
	}
	edge_free(&edge);
	buf_free(&out);
}

/* ---- fields */

static void print_json(const struct dissected *d, char out[static 1000])
{
	FILE *stream = fmemopen(out, 1000, "w");
	struct sink *sink = sink_json_new(stream);

	assert_non_null(sink);
	sink_object(sink, NULL, NULL);
	packet_fields(sink, d);
	sink_end(sink);
	assert_int_equal(sink_flush(sink), 0);
	sink_free(sink);
	fclose(stream);
	out[strcspn(out, "\n")] = '\0';
}

#define JSON_MACS "\"src_mac\":\"02:11:12:13:14:15\",\"dst_mac\":\"06:21:22:23:24:25\","
#define JSON_V4	  "\"src\":\"10.1.2.3\",\"dst\":\"192.168.77.9\","
#define JSON_PORT "\"src_port\":40001,\"dst_port\":443,"
#define NO_PORT	  "\"src_port\":null,\"dst_port\":null,"

static const struct {
	const char *frame, *patch;
	unsigned int captured; /* 0: all */
	const char *wanted;
} objects[] = {
	{ "vlan:10 ip4 tcp data:7", "l4+13=12", 0,
	  "{" JSON_MACS "\"vlan\":[10],\"ethertype\":2048," JSON_V4 "\"proto\":\"tcp\"," JSON_PORT
	  "\"tcp_flags\":\"S.\",\"payload\":7,\"fragment\":false}" },
	{ "ip4 tcp", "l4+13=00", 0,
	  "{" JSON_MACS "\"vlan\":[],\"ethertype\":2048," JSON_V4 "\"proto\":\"tcp\"," JSON_PORT
	  "\"tcp_flags\":\"\",\"payload\":0,\"fragment\":false}" },
	{ "ip4 tcp", NULL, 50,
	  "{" JSON_MACS "\"vlan\":[],\"ethertype\":2048," JSON_V4 "\"proto\":\"tcp\"," JSON_PORT
	  "\"tcp_flags\":null,\"payload\":null,\"fragment\":false}" },
	{ "qinq:200 vlan:10 ip4frag:3 rest:24", NULL, 0,
	  "{" JSON_MACS "\"vlan\":[200,10],\"ethertype\":2048," JSON_V4 "\"proto\":\"udp\"," NO_PORT
	  "\"tcp_flags\":null,\"payload\":24,\"fragment\":true}" },
	{ "ip4 icmp data:56", NULL, 0,
	  "{" JSON_MACS "\"vlan\":[],\"ethertype\":2048," JSON_V4 "\"proto\":\"icmp\"," NO_PORT
	  "\"tcp_flags\":null,\"payload\":56,\"fragment\":false}" },
	{ "ip4 esp", "ip+9=2f", 0,
	  "{" JSON_MACS "\"vlan\":[],\"ethertype\":2048," JSON_V4 "\"proto\":\"ip-47\"," NO_PORT
	  "\"tcp_flags\":null,\"payload\":24,\"fragment\":false}" },
	{ "ip4 esp", "ip+9=ff", 0,
	  "{" JSON_MACS "\"vlan\":[],\"ethertype\":2048," JSON_V4 "\"proto\":\"ip-255\"," NO_PORT
	  "\"tcp_flags\":null,\"payload\":24,\"fragment\":false}" },
	{ "ip6 hop icmp6", NULL, 0,
	  "{" JSON_MACS "\"vlan\":[],\"ethertype\":34525,"
	  "\"src\":\"2001:db8:102:304:506:708:a01:203\","
	  "\"dst\":\"2001:db8:908:706:504:302:c0a8:4d09\",\"proto\":\"icmp6\"," NO_PORT
	  "\"tcp_flags\":null,\"payload\":0,\"fragment\":false}" },
	{ "ip6 hop icmp6", NULL, 56,
	  "{" JSON_MACS "\"vlan\":[],\"ethertype\":34525,"
	  "\"src\":\"2001:db8:102:304:506:708:a01:203\","
	  "\"dst\":\"2001:db8:908:706:504:302:c0a8:4d09\",\"proto\":null," NO_PORT
	  "\"tcp_flags\":null,\"payload\":null,\"fragment\":null}" },
	{ "arp", "eth+14=00010800060400020211121314150a010203062122232425c0a84d09", 0,
	  "{" JSON_MACS "\"vlan\":[],\"ethertype\":2054," JSON_V4 "\"proto\":\"arp\"," NO_PORT
	  "\"tcp_flags\":null,\"payload\":null,\"fragment\":null}" },
	{ "llc", NULL, 0,
	  "{" JSON_MACS "\"vlan\":[],\"ethertype\":null,\"src\":null,\"dst\":null,"
	  "\"proto\":null," NO_PORT "\"tcp_flags\":null,\"payload\":46,\"fragment\":null}" },
	{ "other", NULL, 5,
	  "{\"src_mac\":null,\"dst_mac\":null,\"vlan\":[],\"ethertype\":null,\"src\":null,"
	  "\"dst\":null,\"proto\":null," NO_PORT "\"tcp_flags\":null,\"payload\":null,"
	  "\"fragment\":null}" },
};

static void test_packet_fields_are_typed(void **state)
{
	static struct frame f;
	struct dissected d;
	char json[1000];

	(void)state;
	for (size_t i = 0; i < COUNT(objects); i++) {
		frame_build(&f, objects[i].frame, flow_there);
		frame_patch(&f, objects[i].patch);
		dissect(f.data, objects[i].captured ? objects[i].captured : (uint32_t)f.length,
			(uint32_t)f.length, &d);
		print_json(&d, json);
		if (strcmp(json, objects[i].wanted) != 0)
			fail_msg("%s: %s, wanted %s", objects[i].frame, json, objects[i].wanted);
	}
}

/* Texts and numbers are what stands behind the colons; no text has a quote or a colon and quote. */
static void keys_of(const char *json, char out[static 1000])
{
	size_t used = 0;

	while ((json = strchr(json, '"'))) {
		size_t length = strcspn(json + 1, "\"");

		if (json[length + 2] == ':')
			used += (size_t)snprintf(out + used, 1000 - used, "%.*s ", (int)length,
						 json + 1);
		json += length + 2;
	}
}

static void test_packet_fields_have_the_same_keys_always(void **state)
{
	static struct random_packet p;
	uint32_t seed = 362436069;
	char json[1000], keys[1000];
	struct dissected d;

	(void)state;
	for (uint32_t i = 0; i < MANY / 10; i++) {
		packet_by_chance(&p, &seed);
		dissect(p.frame.data, p.captured, p.length, &d);
		print_json(&d, json);
		keys_of(json, keys);
		assert_string_equal(keys, "src_mac dst_mac vlan ethertype src dst proto src_port "
					  "dst_port tcp_flags payload fragment ");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_packet_text_is_one_readable_line),
		cmocka_unit_test(test_packet_text_of_random_bytes_is_one_line),
		cmocka_unit_test(test_packet_fields_are_typed),
		cmocka_unit_test(test_packet_fields_have_the_same_keys_always),
	};

	return cmocka_run_group_tests_name("packet_text", tests, NULL, NULL);
}
