/* SPDX-License-Identifier: GPL-2.0-only */
/* What tshark finds in the same frames. */
#include "dissect_testing.h"
#include "pcapfile_testing.h"
#include "reader_testing.h"

#define FRAMES 600u
#define ROOM   (1u << 20)

/* In the order of print_fields(). */
#define TSHARK                                                                                \
	"tshark -r cap -T fields -E separator=' ' -E aggregator=, -E quote=n "                \
	"-o ip.defragment:FALSE -o ipv6.defragment:FALSE -o tcp.desegment_tcp_streams:FALSE " \
	"-o tcp.relative_sequence_numbers:FALSE -o udp.try_heuristic_first:FALSE "            \
	"-e eth.src -e eth.dst -e vlan.id -e ip.src -e ip.dst -e ip.ttl -e ip.frag_offset "   \
	"-e ip.flags.mf -e ipv6.src -e ipv6.dst -e ipv6.hlim -e ipv6.fraghdr.offset "         \
	"-e ipv6.fraghdr.more -e tcp.srcport -e tcp.dstport -e tcp.seq_raw -e tcp.ack_raw "   \
	"-e tcp.flags -e tcp.window_size_value -e tcp.len -e udp.srcport -e udp.dstport "     \
	"-e udp.length -e icmp.type -e icmp.code -e icmpv6.type -e icmpv6.code "              \
	"-e icmpv6.nd.ns.target_address -e icmpv6.nd.na.target_address -e sctp.srcport "      \
	"-e sctp.dstport -e arp.opcode -e arp.src.proto_ipv4 -e arp.dst.proto_ipv4 "          \
	"-e arp.src.hw_mac -e arp.dst.hw_mac 2>/dev/null | sed 's/$/ /'"

static void put_mac(FILE *out, mac_addr mac)
{
	for (int i = 0; i < 6; i++)
		fprintf(out, "%02x%s", mac.octet[i], i < 5 ? ":" : " ");
}

static void put_ip(FILE *out, bool there, int family, const uint8_t *ip)
{
	char text[INET6_ADDRSTRLEN];

	fprintf(out, "%s ", there ? inet_ntop(family, ip, text, sizeof(text)) : "");
}

static void put_number(FILE *out, bool there, uint32_t value)
{
	if (there)
		fprintf(out, "%u", value);
	putc(' ', out);
}

static void put_link(FILE *out, const struct dissected *d)
{
	put_mac(out, d->src_mac);
	put_mac(out, d->dst_mac);
	for (int i = 0; i < d->vlans; i++)
		fprintf(out, "%s%u", i ? "," : "", d->vlan[i]);
	putc(' ', out);
}

/* d->is_fragment tells of the fragment header of IPv6 here: no frame has an atomic one. */
static void put_network(FILE *out, const struct dissected *d)
{
	bool v4 = d->ip_version == 4, v6 = d->ip_version == 6;

	put_ip(out, v4, AF_INET, d->src);
	put_ip(out, v4, AF_INET, d->dst);
	put_number(out, v4, d->ttl);
	put_number(out, v4, d->fragment_offset / 8);
	put_number(out, v4, d->more_fragments);
	put_ip(out, v6, AF_INET6, d->src);
	put_ip(out, v6, AF_INET6, d->dst);
	put_number(out, v6, d->ttl);
	put_number(out, v6 && d->is_fragment, d->fragment_offset / 8);
	put_number(out, v6 && d->is_fragment, d->more_fragments);
}

static void put_upper(FILE *out, const struct dissected *d)
{
	bool tcp = d->has_ports && d->protocol == 6, udp = d->has_ports && d->protocol == 17;
	bool sctp = d->has_ports && d->protocol == 132, whole = d->depth == DISSECT_UPPER;
	bool icmp4 = whole && d->protocol == 1, icmp6 = whole && d->protocol == 58;

	put_number(out, tcp, d->src_port);
	put_number(out, tcp, d->dst_port);
	put_number(out, tcp, d->tcp_seq);
	put_number(out, tcp, d->tcp_ack);
	if (tcp)
		fprintf(out, "0x%04x", d->tcp_flags);
	putc(' ', out);
	put_number(out, tcp, d->tcp_window);
	put_number(out, tcp && !d->is_fragment, d->payload); /* it says none then */
	put_number(out, udp, d->src_port);
	put_number(out, udp, d->dst_port);
	put_number(out, udp, d->udp_length);
	put_number(out, icmp4, d->icmp_type);
	put_number(out, icmp4, d->icmp_code);
	put_number(out, icmp6, d->icmp_type);
	put_number(out, icmp6, d->icmp_code);
	put_ip(out, icmp6 && d->icmp_type == 135, AF_INET6, d->nd_target);
	put_ip(out, icmp6 && d->icmp_type == 136, AF_INET6, d->nd_target);
	put_number(out, sctp, d->src_port);
	put_number(out, sctp, d->dst_port);
}

static void print_fields(FILE *out, const struct dissected *d)
{
	put_link(out, d);
	put_network(out, d);
	put_upper(out, d);
	put_number(out, d->arp_op, d->arp_op);
	put_ip(out, d->arp_op, AF_INET, d->src);
	put_ip(out, d->arp_op, AF_INET, d->dst);
	if (d->arp_op) {
		put_mac(out, d->arp_src_mac);
		put_mac(out, d->arp_dst_mac);
	} else {
		fputs("  ", out);
	}
	putc('\n', out);
}

/* ---- frames */

/* Ports that no dissector of tshark's has a claim on, and other fields by chance. */
static struct flow flow_by_chance(uint32_t *seed)
{
	struct flow flow = flow_there;

	for (size_t i = 2; i < 16; i++) {
		flow.src6[i] = (uint8_t)(rnd_below(seed, 3) ? 0 : rnd(seed));
		flow.dst6[i] = (uint8_t)(rnd_below(seed, 3) ? 0 : rnd(seed));
	}
	flow.src6[12] = flow.dst6[12] = 10;
	flow.src_port = (uint16_t)(50000 + rnd_below(seed, 10000));
	flow.dst_port = (uint16_t)(50000 + rnd_below(seed, 10000));
	flow.src_mac[5] = (uint8_t)rnd(seed);
	return flow;
}

static const char *link_by_chance(uint32_t *seed)
{
	static const char *const links[] = { "", "", "vlan:5 ", "vlan:4094 vlan:77 " };

	return links[rnd_below(seed, COUNT(links))];
}

/* Padding for options: tshark takes them apart, and us they do not matter. */
static const struct network {
	const char *line, *patch;
} networks[] = {
	{ "ip4", NULL },
	{ "ip4:8", NULL },
	{ "ip4:15", NULL },
	{ "ip4frag:0", NULL },
	{ "ip6", NULL },
	{ "ip6 hop", "ip+42=000000000000" },
	{ "ip6 dst:1", "ip+42=0000000000000000000000000000" },
	{ "ip6 hop dst", "ip+42=000000000000 ip+50=000000000000" },
	{ "ip6 auth:4", NULL },
	{ "ip6 frag:0", NULL },
	{ "ip6 hop frag:0", "ip+42=000000000000" },
};

static void make_transport(struct frame *f, uint32_t *seed)
{
	static const char *const uppers[] = { "tcp", "tcp", "udp", "sctp", "ICMP" };
	const struct network *network = &networks[rnd_below(seed, COUNT(networks))];
	const char *upper = uppers[rnd_below(seed, 5)];
	char line[200];

	if (strcmp(upper, "ICMP") == 0)
		upper = network->line[2] == '4' ? "icmp" : "icmp6";
	snprintf(line, sizeof(line), "%s%s %s data:%u", link_by_chance(seed), network->line, upper,
		 rnd_below(seed, 40));
	frame_build(f, line, flow_by_chance(seed));
	frame_patch(f, network->patch);
	if (f->l4 == 6) {
		for (int i = 4; i < 16; i++)
			f->data[f->l4_at + (size_t)i] = (uint8_t)rnd(seed);
		f->data[f->l4_at + 12] = (uint8_t)(0x50 | (rnd(seed) & 1));
	}
}

static void make_other(struct frame *f, uint32_t *seed)
{
	static const char *const rests[] = { "ip4frag:20 rest:31", "ip6 frag:90 rest:24",
					     "ip6 auth:4 frag:7 rest:8", "ip4 esp", "ip6 none" };
	char line[200], patch[200];

	if (rnd_below(seed, 3) == 0) {
		snprintf(line, sizeof(line), "%sarp", link_by_chance(seed));
		frame_build(f, line, flow_by_chance(seed));
		snprintf(patch, sizeof(patch), "eth+%zu=000108000604%04x", f->l2_end,
			 1 + rnd_below(seed, 2));
		frame_patch(f, patch);
		return;
	}
	if (rnd_below(seed, 3) == 0) {
		snprintf(line, sizeof(line), "%sip6 icmp6:%u zeros:24", link_by_chance(seed),
			 135 + rnd_below(seed, 2));
		frame_build(f, line, flow_by_chance(seed));
		snprintf(patch, sizeof(patch), "ip+7=ff l4+8=fe80 l4+20=%08x l4+24=0201",
			 rnd(seed));
		frame_patch(f, patch);
		return;
	}
	snprintf(line, sizeof(line), "%s%s", link_by_chance(seed), rests[rnd_below(seed, 5)]);
	frame_build(f, line, flow_by_chance(seed));
}

static void add_frame(struct pcapfile *file, struct frame *f, FILE *ours)
{
	struct pcapfile_packet packet = { .time_ns = START };
	struct dissected d;

	if (f->length < 60) /* as a card does */
		memset(frame_put(f, 60 - f->length), 0, 60 - f->length);
	packet.length = packet.captured = (uint32_t)f->length;
	assert_int_equal(pcapfile_add(file, &packet, f->data, NULL), 0);
	dissect(f->data, packet.captured, packet.length, &d);
	print_fields(ours, &d);
}

static void compare(const char *ours, const char *theirs)
{
	for (unsigned int frame = 1; *ours || *theirs; frame++) {
		size_t a = strcspn(ours, "\n"), b = strcspn(theirs, "\n");

		if (a != b || memcmp(ours, theirs, a) != 0)
			fail_msg("frame %u:\n%.*s, tshark:\n%.*s", frame, (int)a, ours, (int)b,
				 theirs);
		ours += a + (ours[a] == '\n');
		theirs += b + (theirs[b] == '\n');
	}
}

static void test_dissect_finds_what_tshark_finds(void **state)
{
	struct pcapfile_options options = options_for("cap");
	static struct frame f;
	static char theirs[ROOM];
	uint32_t seed = 88172645;
	struct pcapfile *file;
	size_t length;
	FILE *stream;
	char *ours;

	(void)state;
	need("tshark");
	options.format = PCAPFILE_PCAP;
	file = must_open(&options);
	stream = open_memstream(&ours, &length);
	assert_non_null(stream);
	for (unsigned int i = 0; i < FRAMES; i++) {
		if (rnd_below(&seed, 3))
			make_transport(&f, &seed);
		else
			make_other(&f, &seed);
		add_frame(file, &f, stream);
	}
	must_close(file, NULL);
	fclose(stream);
	compare(ours, run(theirs, sizeof(theirs), TSHARK));
	free(ours);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_DIRECTORY(test_dissect_finds_what_tshark_finds),
	};

	return cmocka_run_group_tests_name("dissect readers", tests, NULL, NULL);
}
