/* SPDX-License-Identifier: GPL-2.0-only */
/* For tests of the capture writer: a directory of its own and a reader of both formats. */
#ifndef XDPCTL_PCAPFILE_TESTING_H
#define XDPCTL_PCAPFILE_TESTING_H

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "pcapfile.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SECOND	     1000000000ull
#define START	     (1700000000ull * SECOND) /* 2023-11-14 22:13:20 UTC */

static const struct pcapfile_interface one_interface = { .name = "eth0", .description = "uplink" };

/* ---- the current directory, empty at the start of each test and removed after it */

static inline int enter_directory(void **state)
{
	char *path = strdup("/tmp/xdpctl-pcap.XXXXXX");

	*state = path;
	return !path || !mkdtemp(path) || chdir(path);
}

static inline int leave_directory(void **state)
{
	struct dirent *entry;
	DIR *dir;

	if (chdir(*state))
		return -1;
	umount2("disk", MNT_DETACH); /* of a test that failed */
	dir = opendir(".");
	while (dir && (entry = readdir(dir))) {
		if (unlinkat(dirfd(dir), entry->d_name, 0))
			unlinkat(dirfd(dir), entry->d_name, AT_REMOVEDIR);
	}
	closedir(dir);
	if (chdir("/") || rmdir(*state))
		return -1;
	free(*state);
	return 0;
}

#define IN_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, enter_directory, leave_directory)

/* Names in it, sorted, each followed by a space. */
static inline const char *names_here(char out[static 4096])
{
	struct dirent **list;
	int n = scandir(".", &list, NULL, alphasort);

	assert_true(n >= 0);
	out[0] = '\0';
	for (int i = 0; i < n; i++) {
		if (list[i]->d_name[0] != '.') {
			strcat(out, list[i]->d_name);
			strcat(out, " ");
		}
		free(list[i]);
	}
	free(list);
	return out;
}

static inline void check_names(const char *wanted)
{
	char names[4096];

	assert_string_equal(names_here(names), wanted);
}

static inline uint64_t size_of(const char *name)
{
	struct stat st;

	if (stat(name, &st))
		fail_msg("%s is not there", name);
	return (uint64_t)st.st_size;
}

/* ---- packets with a number in them */

#define PACKET_BYTES 60
#define RECORD	     116 /* bytes of a numbered packet in pcapng */

/* 60 bytes, of which the first 8 are a number and the rest follows from it. */
static inline void numbered_packet(uint64_t number, uint8_t data[static PACKET_BYTES])
{
	memset(data, (int)(number % 251), PACKET_BYTES);
	memcpy(data, &number, sizeof(number));
}

static inline int add_numbered(struct pcapfile *file, uint64_t number, struct err *err)
{
	struct pcapfile_packet packet = { .time_ns = START + number,
					  .length = PACKET_BYTES,
					  .captured = PACKET_BYTES,
					  .queue = (uint32_t)number % 4,
					  .has_queue = true,
					  .reason = "no route" };
	uint8_t data[PACKET_BYTES];

	numbered_packet(number, data);
	return pcapfile_add(file, &packet, data, err);
}

static inline struct pcapfile_options options_for(const char *path)
{
	return (struct pcapfile_options){
		.path = path, .interfaces = &one_interface, .interface_count = 1, .now = START
	};
}

static inline struct pcapfile *must_open(const struct pcapfile_options *options)
{
	struct err err = { 0 };
	struct pcapfile *file;

	if (pcapfile_open(options, &file, &err))
		fail_msg("%s: %s", err.object, err.message);
	return file;
}

static inline void must_close(struct pcapfile *file, struct pcapfile_stats *stats)
{
	struct err err = { 0 };

	if (pcapfile_close(file, START + SECOND, stats, &err))
		fail_msg("%s: %s", err.object, err.message);
}

static inline void add_many(struct pcapfile *file, uint64_t first, uint64_t count)
{
	for (uint64_t i = first; i < first + count; i++)
		assert_int_equal(add_numbered(file, i, NULL), 0);
}

/* ---- the reader */

struct reading {
	uint64_t packets, first, last; /* numbers in them */
	uint64_t whole;		       /* bytes up to the end of the last whole record */
	uint64_t size;
	unsigned int statistics; /* blocks of them */
};

static inline uint8_t *read_all(const char *name, uint64_t *size)
{
	int fd = open(name, O_RDONLY);
	uint8_t *bytes;

	assert_true(fd >= 0);
	*size = size_of(name);
	bytes = malloc(*size + 1);
	assert_non_null(bytes);
	assert_int_equal(read(fd, bytes, *size), (ssize_t)*size);
	close(fd);
	return bytes;
}

static inline uint32_t u32_at(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static inline void take_packet(struct reading *reading, const uint8_t *data, uint32_t captured)
{
	uint8_t wanted[PACKET_BYTES];
	uint64_t number;

	assert_int_equal(captured, PACKET_BYTES);
	memcpy(&number, data, sizeof(number));
	numbered_packet(number, wanted);
	assert_memory_equal(data, wanted, PACKET_BYTES);
	if (reading->packets)
		assert_int_equal(number, reading->last + 1);
	else
		reading->first = number;
	reading->last = number;
	reading->packets++;
}

static inline void take_blocks(struct reading *r, const uint8_t *bytes)
{
	while (r->whole + 12 <= r->size) {
		const uint8_t *block = bytes + r->whole;
		uint32_t type = u32_at(block), length = u32_at(block + 4);

		assert_int_equal(length % 4, 0);
		assert_true(length >= 12);
		if (r->whole + length > r->size)
			return;
		assert_int_equal(u32_at(block + length - 4), length);
		if (type == 6)
			take_packet(r, block + 28, u32_at(block + 20));
		else
			assert_true(type == 5 || type == 1 || type == 0x0a0d0d0a);
		r->statistics += type == 5;
		r->whole += length;
	}
}

static inline void take_records(struct reading *r, const uint8_t *bytes)
{
	for (r->whole = 24; r->whole + 16 <= r->size;) {
		const uint8_t *record = bytes + r->whole;
		uint32_t captured = u32_at(record + 8);

		if (r->whole + 16 + captured > r->size)
			return;
		take_packet(r, record + 16, captured);
		r->whole += 16 + captured;
	}
}

/* Numbered packets of a file; they follow each other without a gap, and each has its bytes. */
static inline struct reading read_capture(const char *name)
{
	struct reading reading = { 0 };
	uint8_t *bytes = read_all(name, &reading.size);

	if (reading.size >= 24 && u32_at(bytes) == 0x0a0d0d0a)
		take_blocks(&reading, bytes);
	else if (reading.size >= 24 && u32_at(bytes) == 0xa1b23c4d)
		take_records(&reading, bytes);
	else if (reading.size)
		fail_msg("%s is no capture file", name);
	free(bytes);
	return reading;
}

/* It is whole and has these packets. */
static inline void check_capture(const char *name, uint64_t first, uint64_t packets)
{
	struct reading reading = read_capture(name);

	assert_int_equal(reading.packets, packets);
	assert_int_equal(reading.whole, reading.size);
	if (packets)
		assert_int_equal(reading.first, first);
}

/* ---- errors */

/* Until an error. Returns how many were handed over; *error is what the last one said. */
static inline uint64_t add_until_failure(struct pcapfile *file, uint64_t most, struct err *err)
{
	uint64_t n = 0;

	while (n < most && !add_numbered(file, n, err))
		n++;
	return n < most ? n + 1 : n;
}

static inline void check_sum(const struct pcapfile_stats *stats, uint64_t received)
{
	assert_int_equal(stats->received, received);
	assert_int_equal(stats->written + stats->lost_write, received);
}

/* The message of a capture that failed has the exact number. */
static inline void close_failed(struct pcapfile *file, int error, struct pcapfile_stats *stats)
{
	struct err err = { 0 };
	char number[60];

	assert_int_equal(pcapfile_close(file, START + SECOND, stats, &err), -error);
	assert_int_equal(err.errnum, error);
	snprintf(number, sizeof(number), "; %llu packets are lost",
		 (unsigned long long)stats->lost_write);
	if (!strstr(err.message, number))
		fail_msg("\"%s\" does not say \"%s\"", err.message, number);
}

static inline void need_root(void)
{
	if (getuid() == 0)
		return;
	print_message("needs root to mount\n");
	skip();
}

#endif
