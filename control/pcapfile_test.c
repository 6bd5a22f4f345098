/* SPDX-License-Identifier: GPL-2.0-only */
#include "pcapfile_testing.h"

#include <errno.h>
#include <poll.h>

static void test_pcapfile_takes_its_name_when_complete(void **state)
{
	struct pcapfile_options options = options_for("cap");
	struct pcapfile_stats stats;
	struct pcapfile *file = must_open(&options);

	(void)state;
	check_names("cap.part ");
	add_many(file, 0, 100);
	must_close(file, &stats);
	check_names("cap ");
	check_capture("cap", 0, 100);
	assert_int_equal(stats.received, 100);
	assert_int_equal(stats.written, 100);
	assert_int_equal(stats.lost_write, 0);
	assert_int_equal(stats.unsure, 0);
	assert_int_equal(stats.files, 1);
	assert_int_equal(stats.bytes, size_of("cap"));
	assert_int_equal(read_capture("cap").statistics, 1);
}

static void test_pcapfile_larger_than_the_buffer(void **state)
{
	(void)state;
	for (int format = PCAPFILE_PCAPNG; format <= PCAPFILE_PCAP; format++) {
		struct pcapfile_options options = options_for("cap");
		struct pcapfile_stats stats;
		struct pcapfile *file;

		options.format = (enum pcapfile_format)format;
		file = must_open(&options);
		add_many(file, 0, 100000);
		must_close(file, &stats);
		check_capture("cap", 0, 100000);
		assert_int_equal(stats.written, 100000);
		assert_int_equal(stats.bytes, size_of("cap"));
	}
}

static void test_pcapfile_leaves_what_a_killed_capture_left(void **state)
{
	struct pcapfile_options options = options_for("cap");
	struct pcapfile *first = must_open(&options), *second = must_open(&options);

	(void)state;
	check_names("cap.part cap.part1 ");
	add_many(first, 0, 5);
	add_many(second, 10, 6);
	must_close(first, NULL);
	check_names("cap cap.part1 ");
	check_capture("cap", 0, 5);
	must_close(second, NULL);
	check_names("cap ");
	check_capture("cap", 10, 6);
}

static void test_pcapfile_too_many_left_overs_are_named(void **state)
{
	struct pcapfile_options options = options_for("cap");
	struct pcapfile *file;
	struct err err = { 0 };
	char name[40];

	(void)state;
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), i ? "cap.part%d" : "cap.part", i);
		close(open(name, O_CREAT | O_WRONLY, 0600));
	}
	assert_int_equal(pcapfile_open(&options, &file, &err), -EEXIST);
	assert_int_equal(err.code, ERR_CONFLICT);
	assert_non_null(strstr(err.hint, "cap.part*"));
	assert_null(file);
}

static void test_pcapfile_link_stands_for_its_file(void **state)
{
	struct pcapfile_options options = options_for("link");
	struct stat st;

	(void)state;
	close(open("target", O_CREAT | O_WRONLY, 0600));
	assert_int_equal(symlink("target", "link"), 0);
	must_close(must_open(&options), NULL);
	check_names("link target ");
	check_capture("target", 0, 0);
	assert_int_equal(lstat("link", &st), 0);
	assert_true(S_ISLNK(st.st_mode));
}

static void test_pcapfile_in_place_has_its_name_at_once(void **state)
{
	struct pcapfile_options options = options_for("cap");
	struct pcapfile *file;

	(void)state;
	options.in_place = true;
	file = must_open(&options);
	check_names("cap ");
	add_many(file, 0, 3);
	must_close(file, NULL);
	check_names("cap ");
	check_capture("cap", 0, 3);
}

/* Bytes and file mode are nobody else's business. */
static void test_pcapfile_is_for_its_owner_alone(void **state)
{
	struct pcapfile_options options = options_for("cap");
	struct stat st;

	(void)state;
	options.give = true;
	options.owner = 65534;
	options.group = 65533;
	if (getuid()) {
		options.owner = getuid();
		options.group = getgid();
	}
	must_close(must_open(&options), NULL);
	assert_int_equal(stat("cap", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(st.st_uid, options.owner);
	assert_int_equal(st.st_gid, options.group);
}

/* ---- packets */

static void test_pcapfile_cuts_at_the_snap_length(void **state)
{
	struct pcapfile_options options = options_for("cap");
	uint8_t data[300000] = { 0 }, *bytes;
	const struct pcapfile_packet packets[] = {
		{ .length = 60, .captured = 60 },
		{ .length = 60, .captured = 30 },
		{ .length = 10, .captured = 20 }, /* nonsense: it is at least what is there */
	};
	static const uint32_t wanted[COUNT(packets)][2] = { { 40, 60 }, { 30, 60 }, { 20, 20 } };
	struct pcapfile *file;
	uint64_t size, at = 24;

	(void)state;
	options.format = PCAPFILE_PCAP;
	options.snaplen = 40;
	file = must_open(&options);
	for (size_t i = 0; i < COUNT(packets); i++)
		assert_int_equal(pcapfile_add(file, &packets[i], data, NULL), 0);
	must_close(file, NULL);
	bytes = read_all("cap", &size);
	for (size_t i = 0; i < COUNT(packets); i++) {
		assert_int_equal(u32_at(bytes + at + 8), wanted[i][0]);
		assert_int_equal(u32_at(bytes + at + 12), wanted[i][1]);
		at += 16 + wanted[i][0];
	}
	assert_int_equal(at, size);
	free(bytes);
}

static void test_pcapfile_cuts_what_readers_refuse(void **state)
{
	struct pcapfile_options options = options_for("cap");
	static uint8_t data[300000];
	struct pcapfile_packet packet = { .length = sizeof(data), .captured = sizeof(data) };
	struct pcapfile *file;
	uint64_t size;
	uint8_t *bytes;

	(void)state;
	memset(data, 0xaa, sizeof(data));
	options.snaplen = sizeof(data);
	options.format = PCAPFILE_PCAP;
	file = must_open(&options);
	for (int i = 0; i < 20; i++)
		assert_int_equal(pcapfile_add(file, &packet, data, NULL), 0);
	must_close(file, NULL);
	bytes = read_all("cap", &size);
	assert_int_equal(u32_at(bytes + 16), PCAPFILE_SNAPLEN);
	assert_int_equal(size, 24 + 20 * (16 + PCAPFILE_SNAPLEN));
	assert_int_equal(u32_at(bytes + 24 + 8), PCAPFILE_SNAPLEN);
	assert_int_equal(u32_at(bytes + 24 + 12), sizeof(data));
	free(bytes);
}

static void test_pcapfile_reserved_packet_counts_when_committed(void **state)
{
	struct pcapfile_options options = options_for("cap");
	struct pcapfile_packet packet = { .length = PACKET_BYTES, .captured = PACKET_BYTES };
	struct pcapfile *file = must_open(&options);
	struct pcapfile_stats stats;

	(void)state;
	for (uint64_t i = 0; i < 50000; i++) {
		uint32_t length;
		uint8_t *data = pcapfile_reserve(file, &packet, &length, NULL);

		assert_non_null(data);
		assert_int_equal(length, PACKET_BYTES);
		if (i % 3 == 0) {
			memset(data, 0xee, length); /* and given up */
			data = pcapfile_reserve(file, &packet, &length, NULL);
		}
		numbered_packet(i, data);
		pcapfile_commit(file);
	}
	must_close(file, &stats);
	assert_int_equal(stats.received, 50000);
	check_capture("cap", 0, 50000);
}

/* ---- what waits */

static void test_pcapfile_writes_after_a_second(void **state)
{
	struct pcapfile_options options = options_for("cap");
	struct pcapfile *file = must_open(&options);
	uint64_t header = size_of("cap.part");

	(void)state;
	assert_true(header > 0);
	add_many(file, 0, 3);
	assert_int_equal(pcapfile_tick(file, START + SECOND / 2, NULL), 0);
	assert_int_equal(size_of("cap.part"), header);
	assert_int_equal(pcapfile_tick(file, START + SECOND * 3 / 2, NULL), 0);
	assert_int_equal(size_of("cap.part"), header + 3 * RECORD);
	add_many(file, 3, 2);
	assert_int_equal(pcapfile_tick(file, START + SECOND * 5 / 3, NULL), 0);
	assert_int_equal(size_of("cap.part"), header + 3 * RECORD);
	assert_int_equal(pcapfile_flush(file, NULL), 0);
	assert_int_equal(size_of("cap.part"), header + 5 * RECORD);
	must_close(file, NULL);
}

static ssize_t read_now(int fd, void *data, size_t size)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

	return poll(&poll_fd, 1, 0) == 1 ? read(fd, data, size) : 0;
}

static void test_pcapfile_pipe_is_live(void **state)
{
	struct pcapfile_options options = options_for("fifo");
	struct pcapfile *file;
	uint8_t data[4096];
	int reader;

	(void)state;
	assert_int_equal(mkfifo("fifo", 0600), 0);
	reader = open("fifo", O_RDONLY | O_NONBLOCK);
	file = must_open(&options);
	assert_true(read_now(reader, data, sizeof(data)) >= 60);
	assert_int_equal(u32_at(data), 0x0a0d0d0a);
	add_many(file, 0, 2);
	assert_int_equal(read_now(reader, data, sizeof(data)), 0);
	assert_int_equal(pcapfile_tick(file, START + 1, NULL), 0);
	assert_int_equal(read_now(reader, data, sizeof(data)), 2 * RECORD);
	must_close(file, NULL);
	assert_true(read_now(reader, data, sizeof(data)) > 0); /* statistics */
	assert_int_equal(u32_at(data), 5);
	close(reader);
	check_names("fifo ");
}

static void check_refused(const struct pcapfile_options *options, enum err_code code,
			  const char *message)
{
	struct err err = { 0 };
	struct pcapfile *file;

	assert_true(pcapfile_open(options, &file, &err) < 0);
	assert_int_equal(err.code, code);
	if (!strstr(err.message, message))
		fail_msg("\"%s\" is not \"%s\"", err.message, message);
	assert_null(file);
}

static void test_pcapfile_refuses_what_cannot_be(void **state)
{
	struct pcapfile_options options = options_for("-");
	char path[5000];

	(void)state;
	options.max_bytes = 1000;
	check_refused(&options, ERR_USAGE, "no next file");
	options.path = "/dev/null";
	check_refused(&options, ERR_USAGE, "no next file");
	options = options_for("cap");
	options.files = 3;
	check_refused(&options, ERR_USAGE, "no ring");
	options = options_for("no/such/file");
	check_refused(&options, ERR_NOT_FOUND, "directory: No such file");
	options = options_for(".");
	check_refused(&options, ERR_FAILED, "Is a directory");
	options = options_for("");
	check_refused(&options, ERR_USAGE, "no file");
	options = options_for("/dev/ptmx"); /* a terminal */
	check_refused(&options, ERR_USAGE, "terminal");
	memset(path, 'x', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	options = options_for(path);
	check_refused(&options, ERR_USAGE, "too long");
	path[300] = '\0';
	check_refused(&options, ERR_FAILED, "too long");
	path[253] = '\0'; /* a name that would fit, but not with .part */
	check_refused(&options, ERR_FAILED, "too long");
	options = options_for("cap");
	options.interface_count = 0;
	check_refused(&options, ERR_USAGE, "interfaces");
	options.interface_count = PCAPFILE_INTERFACES + 1;
	check_refused(&options, ERR_USAGE, "interfaces");
	check_names("");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_DIRECTORY(test_pcapfile_takes_its_name_when_complete),
		IN_DIRECTORY(test_pcapfile_larger_than_the_buffer),
		IN_DIRECTORY(test_pcapfile_leaves_what_a_killed_capture_left),
		IN_DIRECTORY(test_pcapfile_too_many_left_overs_are_named),
		IN_DIRECTORY(test_pcapfile_link_stands_for_its_file),
		IN_DIRECTORY(test_pcapfile_in_place_has_its_name_at_once),
		IN_DIRECTORY(test_pcapfile_is_for_its_owner_alone),
		IN_DIRECTORY(test_pcapfile_cuts_at_the_snap_length),
		IN_DIRECTORY(test_pcapfile_cuts_what_readers_refuse),
		IN_DIRECTORY(test_pcapfile_reserved_packet_counts_when_committed),
		IN_DIRECTORY(test_pcapfile_writes_after_a_second),
		IN_DIRECTORY(test_pcapfile_pipe_is_live),
		IN_DIRECTORY(test_pcapfile_refuses_what_cannot_be),
	};

	return cmocka_run_group_tests_name("pcapfile", tests, NULL, NULL);
}
