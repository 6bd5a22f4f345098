/* SPDX-License-Identifier: GPL-2.0-only */
/* What other people's programs read in our captures. */
#include "pcapfile_testing.h"
#include "reader_testing.h"

#include <signal.h>
#include <sys/wait.h>

#define TEXT 65536
#define TIME 1700000000123456789ull

static void check_output(const char *command, const char *wanted)
{
	static char out[TEXT];

	assert_string_equal(run(out, sizeof(out), command), wanted);
}

static void check_output_has(const char *command, const char *const *wanted, size_t count)
{
	static char out[TEXT];

	run(out, sizeof(out), command);
	for (size_t i = 0; i < count; i++) {
		if (!strstr(out, wanted[i]))
			fail_msg("no \"%s\" in what %s says:\n%s", wanted[i], command, out);
	}
}

/* Two packets: one that came in and was dropped, one that went out by another interface. */
static void write_two(enum pcapfile_format format)
{
	static const struct pcapfile_interface interfaces[] = {
		{ .name = "eth0", .description = "uplink \xc3\xa4", .filter = "tcp port 80" },
		{ .name = "eth1" },
	};
	const struct pcapfile_options options = { .path = "cap",
						  .format = format,
						  .hardware = "a box",
						  .os = "Linux 6.18",
						  .application = "xdpctl 1",
						  .comment = "without checksums",
						  .interfaces = interfaces,
						  .interface_count = 2,
						  .now = TIME };
	const struct pcapfile_packet packets[] = {
		{ .time_ns = TIME,
		  .length = 1500,
		  .captured = 61,
		  .queue = 3,
		  .has_queue = true,
		  .verdict = 1,
		  .verdict_of = PCAPFILE_XDP,
		  .direction = PCAPFILE_IN,
		  .reason = "drop: no route",
		  .remark = "one of two" },
		{ .time_ns = TIME + 1,
		  .length = 64,
		  .captured = 64,
		  .interface = 1,
		  .verdict = 2,
		  .verdict_of = PCAPFILE_TC,
		  .direction = PCAPFILE_OUT },
	};
	const struct pcapfile_counts counts = { 1001, 1002, 1003, 1004 };
	const uint8_t data[64] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0x88, 0xb5, 0xca, 0xfe };
	struct pcapfile *file = must_open(&options);

	for (size_t i = 0; i < COUNT(packets); i++)
		assert_int_equal(pcapfile_add(file, &packets[i], data, NULL), 0);
	pcapfile_count(file, 0, &counts);
	assert_int_equal(pcapfile_close(file, TIME + 9 * SECOND, NULL, NULL), 0);
}

static void test_tshark_shows_what_a_packet_met(void **state)
{
	(void)state;
	need("tshark");
	write_two(PCAPFILE_PCAPNG);
	check_output("tshark -r cap -T fields -E separator=/s -E aggregator=+ -e frame.time_epoch "
		     "-e frame.len -e frame.cap_len -e frame.interface_name "
		     "-e frame.interface_queue -e frame.verdict.ebpf_xdp -e frame.verdict.ebpf_tc "
		     "-e frame.packet_flags_direction -e frame.comment -e data.data 2>/dev/null "
		     "| sed 's/0000*$//'",
		     "1700000000.123456789 1500 61 eth0 3 1  0x00000001 "
		     "drop: no route+one of two cafe\n"
		     "1700000000.123456790 64 64 eth1   2 0x00000002  cafe\n");
}

static void test_tshark_names_verdict_and_interface(void **state)
{
	static const char *const wanted[] = {
		"    Interface queue: 3\n",
		"eBPF XDP: XDP_DROP (1)\n",
		"eBPF TC: TC_ACT_SHOT (2)\n",
		"Interface description: uplink \xc3\xa4\n",
		"Direction: Inbound (0x1)",
		"Direction: Outbound (0x2)",
		"Packet comments\n    drop: no route\n",
		"\n    one of two\n",
	};

	(void)state;
	need("tshark");
	write_two(PCAPFILE_PCAPNG);
	check_output_has("LC_ALL=C.UTF-8 tshark -r cap -V 2>/dev/null", wanted, COUNT(wanted));
}

/* As blocks: tshark shows the statistics in no other way. */
static void test_tshark_shows_statistics(void **state)
{
	static const char *const wanted[] = {
		"Number of Received Packets: 1001\n",
		"Number of Dropped Packets: 1002\n",
		"Number of Accepted by Filter Packets: 1003\n",
		"Number of Dropped Packets by OS: 1004\n",
		"Number of Delivered to the User Packets: 1\n",
		"[Timestamp: Nov 14, 2023 22:13:29.123456789 UTC]",
	};

	(void)state;
	need("tshark");
	write_two(PCAPFILE_PCAPNG);
	check_output_has("TZ=UTC tshark -r cap -X read_format:'MIME Files Format' -V 2>/dev/null",
			 wanted, COUNT(wanted));
}

static void test_tshark_finds_nothing_malformed(void **state)
{
	static char out[TEXT];

	(void)state;
	need("tshark");
	write_two(PCAPFILE_PCAPNG);
	run(out, sizeof(out), "tshark -r cap -X read_format:'MIME Files Format' -V 2>&1");
	assert_null(strstr(out, "alformed"));
	assert_null(strstr(out, "nvalid"));
}

static void test_capinfos_knows_where_it_comes_from(void **state)
{
	static const char *const wanted[] = {
		"nanoseconds (9)",
		"Number of packets:   2\n",
		"Capture hardware:    a box\n",
		"Capture oper-sys:    Linux 6.18\n",
		"Capture application: xdpctl 1\n",
		"Capture comment:     without checksums\n",
		"Name = eth0\n",
		"Description = uplink ",
		"Filter string = tcp port 80\n",
		"Number of stat entries = 1\n",
		"Name = eth1\n",
		"Strict time order:   True\n",
	};

	(void)state;
	need("capinfos");
	write_two(PCAPFILE_PCAPNG);
	check_output_has("LC_ALL=C.UTF-8 capinfos cap", wanted, COUNT(wanted));
}

static void check_tcpdump(void)
{
	check_output("TZ=UTC tcpdump -r cap -nn -tttt --nano -e -q 2>/dev/null | cut -d, -f1,2",
		     "2023-11-14 22:13:20.123456789 07:08:09:0a:0b:0c > 01:02:03:04:05:06, "
		     "Unknown Ethertype (0x88b5)\n"
		     "2023-11-14 22:13:20.123456790 07:08:09:0a:0b:0c > 01:02:03:04:05:06, "
		     "Unknown Ethertype (0x88b5)\n");
}

static void test_tcpdump_reads_both_formats(void **state)
{
	(void)state;
	need("tcpdump");
	write_two(PCAPFILE_PCAPNG);
	check_tcpdump();
	write_two(PCAPFILE_PCAP);
	check_tcpdump();
}

static void test_tshark_reads_pcap(void **state)
{
	(void)state;
	need("tshark");
	write_two(PCAPFILE_PCAP);
	check_output("tshark -r cap -T fields -e frame.time_epoch -e frame.len -e frame.cap_len "
		     "2>/dev/null",
		     "1700000000.123456789\t1500\t61\n1700000000.123456790\t64\t64\n");
}

static void test_readers_count_all_of_many(void **state)
{
	struct pcapfile_options options = options_for("cap");
	struct pcapfile *file;

	(void)state;
	need("tcpdump");
	need("capinfos");
	for (int format = PCAPFILE_PCAPNG; format <= PCAPFILE_PCAP; format++) {
		options.format = (enum pcapfile_format)format;
		file = must_open(&options);
		add_many(file, 0, 30000);
		must_close(file, NULL);
		check_output("tcpdump -r cap -w - 2>/dev/null | tcpdump -r - -nn -tt 2>/dev/null "
			     "| grep -c ^17",
			     "30000\n");
		check_output("capinfos -TrcM cap | cut -f2", "30000\n");
	}
}

/* While the capture runs: the line is there before the next packet is. */
static void test_tcpdump_shows_a_live_pipe(void **state)
{
	struct pcapfile_options options = options_for("fifo");
	struct pcapfile *file;
	char line[300];
	FILE *lines;

	(void)state;
	need("tcpdump");
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(mkfifo("fifo", 0600), 0);
	lines = popen("exec tcpdump -l -nn -tt --nano -r - <fifo 2>/dev/null", "r");
	file = must_open(&options);
	for (uint64_t i = 0; i < 20; i++) {
		char wanted[40];

		assert_int_equal(add_numbered(file, i, NULL), 0);
		assert_int_equal(pcapfile_tick(file, START + i, NULL), 0);
		do
			assert_non_null(fgets(line, sizeof(line), lines));
		while (strncmp(line, "17", 2) != 0); /* a packet's bytes come in more lines */
		snprintf(wanted, sizeof(wanted), "1700000000.%09u ", (unsigned int)i);
		assert_memory_equal(line, wanted, strlen(wanted));
	}
	must_close(file, NULL);
	while (fgets(line, sizeof(line), lines))
		;
	assert_int_equal(pclose(lines), 0);
}

static void kill_in_the_middle(void)
{
	struct pcapfile_options options = options_for("cap");
	pid_t child = fork();
	int status;

	if (!child) {
		struct pcapfile *file = must_open(&options);

		add_many(file, 0, 20000);
		raise(SIGKILL);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
}

static void test_readers_take_what_a_killed_capture_left(void **state)
{
	char wanted[40];

	(void)state;
	need("tcpdump");
	need("capinfos");
	kill_in_the_middle();
	snprintf(wanted, sizeof(wanted), "%llu\n",
		 (unsigned long long)read_capture("cap.part").packets);
	check_output("tcpdump -r cap.part -nn -tt 2>/dev/null | grep -c ^17", wanted);
	check_output("capinfos -TrcM cap.part | cut -f2", wanted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_DIRECTORY(test_tshark_shows_what_a_packet_met),
		IN_DIRECTORY(test_tshark_names_verdict_and_interface),
		IN_DIRECTORY(test_tshark_shows_statistics),
		IN_DIRECTORY(test_tshark_finds_nothing_malformed),
		IN_DIRECTORY(test_capinfos_knows_where_it_comes_from),
		IN_DIRECTORY(test_tcpdump_reads_both_formats),
		IN_DIRECTORY(test_tshark_reads_pcap),
		IN_DIRECTORY(test_readers_count_all_of_many),
		IN_DIRECTORY(test_tcpdump_shows_a_live_pipe),
		IN_DIRECTORY(test_readers_take_what_a_killed_capture_left),
	};

	return cmocka_run_group_tests_name("pcapfile readers", tests, NULL, NULL);
}
