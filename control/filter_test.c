/* SPDX-License-Identifier: GPL-2.0-only */
#include "filter_testing.h"

#include <linux/bpf.h>

#include "filter_room.h"

#define PACKETS	  800
#define ALL_WAYS  COUNT(ways)
#define LONG_LIST 16384

static struct packet_in packets[PACKETS];

/* Each matches some of the packets and not others. */
static const char *const expressions[] = {
	"host 10.0.0.1",
	"src host 10.0.0.1",
	"dst host 10.0.0.2 or src host 10.0.0.3",
	"ip host 10.0.0.1 and not 10.0.0.2",
	"host 2001:db8::1",
	"src 2001:db8:0:1::2 or dst fe80::1",
	"net 10.0.0.0/8",
	"src net 192.168.1.0/24",
	"dst net 10.0.0.0 mask 255.255.255.252",
	"net 2001:db8::/32",
	"ip6 src net fe80::/10",
	"port 80",
	"src port 53",
	"dst port 443",
	"tcp port 22",
	"udp port 53",
	"sctp port 80",
	"tcp src port 80 and dst port 443",
	"portrange 20-80",
	"tcp dst portrange 440-8080",
	"udp src portrange 1-1023",
	"tcp",
	"udp",
	"icmp",
	"icmp6",
	"igmp",
	"arp",
	"rarp",
	"ip",
	"ip6",
	"ip proto 47",
	"ip proto \\ospf or esp or ah",
	"ip6 proto 17",
	"ip6 proto 44",
	"proto 132",
	"tcp[tcpflags] & tcp-syn != 0",
	"tcp[tcpflags] & (tcp-syn|tcp-fin) != 0",
	"tcp[tcpflags] == tcp-ack or tcp[13] = 2",
	"tcp[tcpflags] & (tcp-rst|tcp-push|tcp-urg|tcp-ece|tcp-cwr) != 0",
	"tcp port 80 and tcp[((tcp[12:1] & 0xf0) >> 2):4] = 0x47455420",
	"tcp port 80 and (((ip[2:2] - ((ip[0]&0xf)<<2)) - ((tcp[12]&0xf0)>>2)) != 0)",
	"icmp[icmptype] == icmp-echo or icmp[icmptype] == icmp-echoreply",
	"icmp[icmptype] != icmp-unreach and icmp[icmpcode] < 2",
	"icmp6[icmp6type] == icmp6-echo",
	"icmp6 and ip6[40] > 130",
	"vlan",
	"vlan 5",
	"vlan 5 and ip",
	"vlan and vlan 5",
	"vlan and tcp port 80 or 443",
	"vlan and (udp or ip6)",
	"vlan 4 or vlan 5",
	"not vlan and ip",
	"mpls",
	"mpls 1024",
	"mpls and net 10.0.0.0/8",
	"mpls and mpls 1024 and ip",
	"pppoes",
	"pppoes 2",
	"pppoes and ip",
	"pppoes and net 10.0.0.0/8",
	"pppoed",
	"ether host 02:11:12:13:14:15",
	"ether src 02:11:12:13:14:15",
	"ether dst ff:ff:ff:ff:ff:ff",
	"ether broadcast",
	"ether multicast",
	"broadcast or multicast",
	"ip multicast",
	"ip6 multicast",
	"ether proto 0x88cc",
	"ether proto \\arp and ether src 06:21:22:23:24:25",
	"ether[0] & 1 = 0 and ip[16] >= 224",
	"llc or stp or ipx or atalk",
	"less 100",
	"greater 100",
	"len > 100",
	"len <= 60 or len >= 1500",
	"len - 14 > 50 and len % 2 = 0",
	"len = 14",
	"ip[8] < 5",
	"ip[8] <= 5 and ip[8] >= 3",
	"ip[6:2] & 0x1fff = 0",
	"ip[0] & 0xf != 5",
	"(ip[0] & 0xf) * 4 > 20",
	"ip[2:2] > 576",
	"ip[12:4] = 0x0a000001 or ip[16:4] = 0x0a000001",
	"ip[1] & 0xfc >> 2 == 0",
	"(ether[20:4] / 7) % 3 = 1",
	"ether[14] * ether[15] + ether[16] - ether[17] > 1000",
	"ether[22] << 3 ^ ether[23] > 255",
	"ether[26:4] / ether[15] > 5",
	"ether[26:4] % ether[15] = 0",
	"ether[26:4] << ether[16] = 0",
	"ether[26:4] >> ether[16] = 0",
	"ether[ether[14]] = 0",
	"ether[ether[14:2]:2] & 1 = 1",
	"ether[len - 1] > 127",
	"ether[len - 4:4] > 0x7fffffff",
	"ether[0:4] > ether[6:4]",
	"ether[0:4] >= ether[6:4]",
	"ether[0:4] = ether[6:4]",
	"ether[30] & ether[31] != 0",
	"ether[30] | ether[31] = 255",
	"- ether[20] < 0xffffff80",
	"ip[8] + ip[9] - 6 = ip[9] + 58",
	"ether[100] > 100",
	"ether[1000:4] != 0",
	"ether[2500] > 200 or ether[4000:2] & 0x8001 != 0",
	"udp[8:4] & 1 = 1",
	"tcp[2:2] - tcp[0:2] > 100",
	"udp[0:2] + udp[2:2] < 200",
	"not ip and not ip6 and not arp",
	"not (tcp or udp)",
	"not (host 10.0.0.1 or host 10.0.0.2 or host 10.0.0.3) and ip",
	"not port 80 and not port 443 and tcp",
	"not not ip",
	"tcp or (udp and not (port 53 or port 67)) or arp",
	"(tcp and port 80) or (udp and port 53) or (icmp and host 10.0.0.1) or (vlan 5 and ip6)",
	"ip and (ip[8] = 64 and (tcp or (udp and (src port 53 or dst port 67))))",
	"host 10.0.0.1 or host 10.0.0.9 or net 10.1.2",
	"ip protochain 6",
	"ip protochain \\udp",
	"ip6 protochain 6",
	"ip6 protochain \\tcp",
	"protochain 17",
	"ip6 protochain 58 and ip6 src net 2001:db8::/64",
	"ip6 protochain 6 or ip protochain 17",
};

static int make_packets(void **state)
{
	uint32_t seed = 2463534242;

	(void)state;
	if (geteuid() != 0)
		print_message("# only root can load programs\n");
	for (unsigned int i = 0; i < PACKETS; i++)
		packet_random(&packets[i], &seed);
	return 0;
}

/* In all ways. True: some packets match, others do not. */
static bool compare(const struct filter *filter, const char *what)
{
	unsigned int matches = 0, runs = 0;

	for (unsigned int w = 0; w < ALL_WAYS; w++) {
		struct tester t;

		if (!tester_open(&t, &ways[w], filter, what))
			continue;
		for (unsigned int i = 0; i < PACKETS; i++)
			tester_compare(&t, &packets[i], what);
		matches += t.matches;
		runs += t.runs;
		if (!ways[w].split && t.runs < PACKETS / 2)
			fail_msg("%s: only %u runs", ways[w].name, t.runs);
		tester_close(&t);
	}
	return matches && matches < runs;
}

static void test_filter_expressions_say_what_libpcap_says(void **state)
{
	unsigned int bad = 0;

	(void)state;
	need_root();
	for (unsigned int i = 0; i < COUNT(expressions); i++) {
		struct filter filter = compile(expressions[i]);

		if (!compare(&filter, expressions[i])) {
			print_error("%s: matches all of the packets or none\n", expressions[i]);
			bad++;
		}
		filter_free(&filter);
	}
	assert_int_equal(bad, 0);
}

/* "ip host 10.0.0.1 or ..." of so many different hosts. */
static void host_list(char text[static LONG_LIST], unsigned int hosts)
{
	size_t at = 0;

	for (unsigned int i = 0; i < hosts; i++)
		at += (size_t)snprintf(text + at, LONG_LIST - at, "%sip host 10.%u.%u.%u",
				       i ? " or " : "", i % 5, i / 5, 1 + i % 3);
	assert_in_range(at, 1, LONG_LIST - 1);
}

static void test_filter_long_list_is_taken_and_a_longer_refused(void **state)
{
	static struct bpf_insn out[FILTER_ROOM];
	char text[LONG_LIST];
	struct err err = { .message = "" };
	struct filter_patch patch;
	struct filter filter;
	unsigned int count;

	(void)state;
	need_root();
	host_list(text, 400);
	filter = compile(text);
	assert_true(compare(&filter, "400 hosts"));
	/* exactly its room, and one less */
	assert_int_equal(filter_translate(&filter, FILTER_XDP, out, FILTER_ROOM, &count, &err), 0);
	assert_int_equal(filter_translate(&filter, FILTER_XDP, out, count, &count, &err), 0);
	assert_int_equal(filter_translate(&filter, FILTER_XDP, out, count - 1, &count, &err),
			 -E2BIG);
	filter_free(&filter);

	filter = (struct filter){ calloc(FILTER_ROOM, sizeof(*filter.insns)), FILTER_ROOM };
	assert_non_null(filter.insns);
	filter.insns[FILTER_ROOM - 1].code = BPF_RET | BPF_A;
	assert_int_equal(filter_patch_begin(&patch, "xdp", &filter, FILTER_LINEAR, &err), -E2BIG);
	assert_int_equal(err.code, ERR_USAGE);
	assert_non_null(strstr(err.message, "there is room for"));
	filter_free(&filter);
}

static void test_filter_wrong_expression_is_named(void **state)
{
	static const struct {
		const char *expression, *word;
	} cases[] = {
		{ "tcp prot 80", "syntax error" },
		{ "port 99999", "99999" },
		{ "ip and ip6 and", "syntax error" },
		{ "ip and arp", "rejects all packets" },
		{ "len / 0 = 1", "" },
		{ "inbound", "direction" },
		{ "ip and not outbound", "direction" },
		{ "ether[1000000000000]", "" },
		{ "src net 10.0.0.1/8", "" },
		{ "vlan 5000", "5000" },
		{ "(tcp", "syntax error" },
		{ "ip broadcast", "netmask" },
	};

	(void)state;
	for (unsigned int i = 0; i < COUNT(cases); i++) {
		struct err err = { .message = "" };
		struct filter filter;

		if (filter_compile(cases[i].expression, 0, &filter, &err) != -EINVAL)
			fail_msg("%s is taken", cases[i].expression);
		assert_int_equal(err.code, ERR_USAGE);
		assert_string_equal(err.object, cases[i].expression);
		if (!err.message[0] || !strstr(err.message, cases[i].word))
			fail_msg("%s: \"%s\"", cases[i].expression, err.message);
		assert_null(filter.insns);
		filter_free(&filter);
	}
}

static void test_filter_match_is_the_snap_length(void **state)
{
	static const uint32_t lengths[][2] = {
		{ 0, FILTER_SNAPLEN }, { 1, 1 }, { 96, 96 }, { 0x7fffffff, 0x7fffffff }
	};

	(void)state;
	need_root();
	for (unsigned int i = 0; i < COUNT(lengths); i++) {
		struct packet_in p = { .length = 60 };
		struct filter filter;
		struct tester t;
		uint32_t got;

		assert_int_equal(filter_compile("", lengths[i][0], &filter, NULL), 0);
		assert_true(tester_open(&t, &ways[0], &filter, "all packets"));
		assert_int_equal(tester_ask(&t, &p, &got), 0);
		assert_int_equal(got, lengths[i][1]);
		tester_close(&t);
		filter_free(&filter);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_filter_expressions_say_what_libpcap_says),
		cmocka_unit_test(test_filter_long_list_is_taken_and_a_longer_refused),
		cmocka_unit_test(test_filter_wrong_expression_is_named),
		cmocka_unit_test(test_filter_match_is_the_snap_length),
	};

	return cmocka_run_group_tests_name("filter", tests, make_packets, NULL);
}
