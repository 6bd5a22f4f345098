/* SPDX-License-Identifier: GPL-2.0-only */
/* The two formats byte by byte, as the drafts of the IETF have them. */
#include "pcapformat.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static char room[PCAPFORMAT_HEADER + PCAPFORMAT_OVERHEAD];

/* Expected bytes are written for a little-endian machine. Blanks do not count. */
static void check_hex(const char *wanted, size_t length)
{
	static char got[4 * sizeof(room)], plain[4 * sizeof(room)];
	char *to = plain;

	if (__BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__)
		skip();
	for (size_t i = 0; i < length; i++)
		sprintf(got + 2 * i, "%02x", (unsigned char)room[i]);
	for (; *wanted; wanted++) {
		if (*wanted != ' ')
			*to++ = *wanted;
	}
	*to = '\0';
	assert_string_equal(got, plain);
}

/* Whatever is not written stays visible. */
static void soil(void)
{
	memset(room, 0xee, sizeof(room));
}

static void check_record(const struct pcapformat *format, const struct pcapfile_packet *packet,
			 const char *data, const char *wanted)
{
	size_t size;
	char *to;

	soil();
	to = format->record(room, packet, &size);
	memcpy(to, data, packet->captured);
	check_hex(wanted, size);
}

static void test_pcapng_header_is_section_and_interfaces(void **state)
{
	const struct pcapfile_interface interfaces[] = {
		{ .name = "eth0", .description = "up", .filter = "arp" },
		{ .name = "e" },
	};
	const struct pcapfile_options options = { .hardware = "cpu",
						  .os = "Linux",
						  .application = "xdpctl 1",
						  .comment = "hi",
						  .snaplen = 96,
						  .interfaces = interfaces,
						  .interface_count = 2 };

	(void)state;
	soil();
	check_hex("0a0d0d0a 48000000 4d3c2b1a 0100 0000 ffffffffffffffff"
		  "0200 0300 63707500 0300 0500 4c696e7578000000 0400 0800 7864706374 6c2031"
		  "0100 0200 68690000 0000 0000 48000000"
		  "01000000 44000000 0100 0000 60000000 0200 0400 65746830 0300 0200 75700000"
		  "0900 0100 09000000 0b00 0400 00617270 0c00 0500 4c696e7578000000 0000 0000"
		  "44000000"
		  "01000000 34000000 0100 0000 60000000 0200 0100 65000000 0900 0100 09000000"
		  "0c00 0500 4c696e7578000000 0000 0000 34000000",
		  pcapformat_pcapng.header(room, &options));
}

static void test_pcapng_bare_section_has_no_options(void **state)
{
	const struct pcapfile_interface interface = { 0 };
	const struct pcapfile_options options = { .interfaces = &interface, .interface_count = 1 };

	(void)state;
	soil();
	check_hex("0a0d0d0a 1c000000 4d3c2b1a 0100 0000 ffffffffffffffff 1c000000"
		  "01000000 20000000 0100 0000 00000000 0900 0100 09000000 0000 0000 20000000",
		  pcapformat_pcapng.header(room, &options));
}

static void test_pcapng_packet_is_padded_to_four(void **state)
{
	static const char *const wanted[] = {
		"06000000 20000000 00000000 78563412 efcdab90 00000000 00000000 20000000",
		"06000000 24000000 00000000 78563412 efcdab90 01000000 01000000 61000000 24000000",
		"06000000 24000000 00000000 78563412 efcdab90 02000000 02000000 61620000 24000000",
		"06000000 24000000 00000000 78563412 efcdab90 03000000 03000000 61626300 24000000",
		"06000000 24000000 00000000 78563412 efcdab90 04000000 04000000 61626364 24000000",
		"06000000 28000000 00000000 78563412 efcdab90 05000000 05000000 6162636465000000"
		"28000000",
	};

	(void)state;
	for (uint32_t i = 0; i < COUNT(wanted); i++) {
		const struct pcapfile_packet packet = { .time_ns = 0x1234567890abcdef,
							.length = i,
							.captured = i };

		check_record(&pcapformat_pcapng, &packet, "abcde", wanted[i]);
	}
}

static void test_pcapng_packet_has_its_options(void **state)
{
	const struct pcapfile_packet in = { .length = 1500,
					    .captured = 4,
					    .interface = 1,
					    .queue = 7,
					    .has_queue = true,
					    .verdict = 4,
					    .verdict_of = PCAPFILE_XDP,
					    .direction = PCAPFILE_IN,
					    .reason = "abc",
					    .remark = "abcde" };
	const struct pcapfile_packet out = { .length = 4,
					     .captured = 4,
					     .verdict = -1,
					     .verdict_of = PCAPFILE_TC,
					     .direction = PCAPFILE_OUT };

	(void)state;
	check_record(&pcapformat_pcapng, &in, "abcd",
		     "06000000 5c000000 01000000 00000000 00000000 04000000 dc050000 61626364"
		     "0200 0400 01000000 0600 0400 07000000 0700 0900 020400000000000000 000000"
		     "0100 0300 61626300 0100 0500 6162636465000000 0000 0000 5c000000");
	check_record(&pcapformat_pcapng, &out, "abcd",
		     "06000000 40000000 00000000 00000000 00000000 04000000 04000000 61626364"
		     "0200 0400 02000000 0700 0900 01ffffffffffffffff 000000 0000 0000 40000000");
}

static void test_pcapng_statistics_say_what_is_known(void **state)
{
	const struct pcapformat_total totals[] = {
		{ .start = 0x100000002,
		  .end = 0x300000004,
		  .delivered = 5,
		  .counted = true,
		  .counts = { .received = 10, .dropped = 1, .accepted = 8, .missed = 3 } },
		{ .start = 1, .end = 2 },
	};
	const char *wanted =
		"05000000 70000000 00000000 03000000 04000000 0200 0800 01000000 02000000"
		"0300 0800 03000000 04000000 0400 0800 0a00000000000000 0500 0800 0100000000000000"
		"0600 0800 0800000000000000 0700 0800 0300000000000000 0800 0800 0500000000000000"
		"0000 0000 70000000"
		"05000000 40000000 01000000 00000000 02000000 0200 0800 00000000 01000000"
		"0300 0800 00000000 02000000 0800 0800 0000000000000000 0000 0000 40000000";
	size_t size;

	(void)state;
	soil();
	size = pcapformat_pcapng.trailer(room, totals, 2);
	assert_true(size <= 2 * pcapformat_pcapng.trailer_size);
	check_hex(wanted, size);
}

static void test_pcap_has_nanoseconds(void **state)
{
	const struct pcapfile_options options = { .snaplen = 128 };
	const struct pcapfile_packet packet = {
		.time_ns = 1700000000123456789, .length = 60, .captured = 5, .reason = "not seen"
	};

	(void)state;
	soil();
	check_hex("4d3cb2a1 0200 0400 00000000 00000000 80000000 01000000",
		  pcapformat_pcap.header(room, &options));
	check_record(&pcapformat_pcap, &packet, "abcde",
		     "00f15365 15cd5b07 05000000 3c000000 6162636465");
	assert_int_equal(pcapformat_pcap.trailer(room, NULL, 0), 0);
}

static void test_pcap_without_snap_length_says_the_most(void **state)
{
	const struct pcapfile_options options = { 0 };

	(void)state;
	soil();
	check_hex("4d3cb2a1 0200 0400 00000000 00000000 00000400 01000000",
		  pcapformat_pcap.header(room, &options));
}

/* The length of a comment in a record of 4 bytes with that comment alone. */
static uint16_t comment_length(const char *text, size_t *size)
{
	const struct pcapfile_packet packet = { .length = 4, .captured = 4, .reason = text };
	uint16_t length;

	soil();
	pcapformat_pcapng.record(room, &packet, size);
	memcpy(&length, room + 34, sizeof(length));
	return length;
}

static void test_pcapng_long_text_is_cut_between_characters(void **state)
{
	char text[2 * PCAPFILE_TEXT + 1];
	size_t size;

	(void)state;
	memset(text, 'a', sizeof(text));
	text[PCAPFILE_TEXT] = '\0';
	assert_int_equal(comment_length(text, &size), PCAPFILE_TEXT);
	text[PCAPFILE_TEXT] = 'a';
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(comment_length(text, &size), PCAPFILE_TEXT);
	assert_true(size <= PCAPFORMAT_OVERHEAD);
	memcpy(text + PCAPFILE_TEXT - 1, "\xc3\xa4", 2); /* one character, half of it inside */
	assert_int_equal(comment_length(text, &size), PCAPFILE_TEXT - 1);
}

/* The description of an interface is what somebody wrote with ip link set alias. */
static void test_pcapng_names_become_utf8(void **state)
{
	const struct pcapfile_interface interface = { .name = "\xc3\xa4\xff\x80z" };
	const struct pcapfile_options options = { .interfaces = &interface, .interface_count = 1 };

	(void)state;
	soil();
	pcapformat_pcapng.header(room, &options);
	assert_memory_equal(room + 28 + 16 + 4, "\xc3\xa4??z\0\0", 8);
}

/* The largest header that options can ask for fits. */
static void test_pcapng_header_has_room(void **state)
{
	struct pcapfile_interface interfaces[PCAPFILE_INTERFACES];
	struct pcapfile_options options = { .interfaces = interfaces,
					    .interface_count = PCAPFILE_INTERFACES };
	char text[5000];
	size_t size;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	options.hardware = options.os = options.application = options.comment = text;
	for (uint32_t i = 0; i < PCAPFILE_INTERFACES; i++)
		interfaces[i] = (struct pcapfile_interface){ text, text, text };
	soil();
	size = pcapformat_pcapng.header(room, &options);
	assert_true(size <= PCAPFORMAT_HEADER);
	assert_int_equal((unsigned char)room[size], 0xee);
}

static void check_measure(const struct pcapformat *format)
{
	const struct pcapfile_packet packet = { .length = 9, .captured = 9, .remark = "x" };
	bool is_packet = false;
	size_t size;

	soil();
	format->record(room, &packet, &size);
	for (size_t part = 0; part < size; part++)
		assert_int_equal(format->measure(room, part, &is_packet), 0);
	assert_int_equal(format->measure(room, size, &is_packet), size);
	assert_true(is_packet);
	assert_int_equal(format->measure(room, size + 100, &is_packet), size);
}

static void test_part_of_a_record_is_none(void **state)
{
	struct pcapformat_total total = { 0 };
	bool is_packet = true;
	size_t size;

	(void)state;
	check_measure(&pcapformat_pcapng);
	check_measure(&pcapformat_pcap);
	size = pcapformat_pcapng.trailer(room, &total, 1);
	assert_int_equal(pcapformat_pcapng.measure(room, size, &is_packet), size);
	assert_false(is_packet);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pcapng_header_is_section_and_interfaces),
		cmocka_unit_test(test_pcapng_bare_section_has_no_options),
		cmocka_unit_test(test_pcapng_packet_is_padded_to_four),
		cmocka_unit_test(test_pcapng_packet_has_its_options),
		cmocka_unit_test(test_pcapng_statistics_say_what_is_known),
		cmocka_unit_test(test_pcap_has_nanoseconds),
		cmocka_unit_test(test_pcap_without_snap_length_says_the_most),
		cmocka_unit_test(test_pcapng_long_text_is_cut_between_characters),
		cmocka_unit_test(test_pcapng_names_become_utf8),
		cmocka_unit_test(test_pcapng_header_has_room),
		cmocka_unit_test(test_part_of_a_record_is_none),
	};

	return cmocka_run_group_tests_name("pcapformat", tests, NULL, NULL);
}
