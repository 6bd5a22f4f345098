/* SPDX-License-Identifier: GPL-2.0-only */
/* Disks that are full or broken: what is said to be written is there, and whole. */
#include "pcapfile_testing.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/statvfs.h>

/* In the place of libc's, which the writer calls. */
static int fsync_error;

int fsync(int fd)
{
	(void)fd;
	errno = fsync_error;
	return fsync_error ? -1 : 0;
}

/* A file system of its own in this directory, in a mount namespace of this process. */
static void small_disk(const char *options)
{
	need_root();
	if (unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL)) {
		print_message("no mount namespace: %s\n", strerror(errno));
		skip();
	}
	assert_int_equal(mkdir("disk", 0700), 0);
	assert_int_equal(mount("none", "disk", "tmpfs", 0, options), 0);
	assert_int_equal(chdir("disk"), 0);
}

static void leave_disk(void)
{
	assert_int_equal(chdir(".."), 0);
	assert_int_equal(umount2("disk", MNT_DETACH), 0);
	assert_int_equal(rmdir("disk"), 0);
}

static void fill_disk(struct pcapfile_options options)
{
	struct pcapfile_stats stats;
	struct err err = { 0 };
	struct pcapfile *file = must_open(&options);
	uint64_t given = add_until_failure(file, 1000000, &err);

	assert_int_equal(err.errnum, ENOSPC);
	/* one that comes later is lost too, and says the same */
	assert_int_equal(add_numbered(file, given, &err), -ENOSPC);
	close_failed(file, ENOSPC, &stats);
	check_sum(&stats, given + 1);
	assert_true(stats.written > 10000);
	assert_true(stats.lost_write > 1);
	check_capture("cap", 0, stats.written);
	assert_int_equal(stats.bytes, size_of("cap"));
	check_names("cap ");
	assert_int_equal(unlink("cap"), 0);
}

static void test_pcapfile_full_disk_is_counted_to_the_packet(void **state)
{
	struct pcapfile_options options = options_for("cap");

	(void)state;
	small_disk("size=3m");
	fill_disk(options);
	options.preallocate = 2 << 20;
	fill_disk(options);
	options.preallocate = 64 << 20; /* more than there is */
	fill_disk(options);
	options.preallocate = 0;
	options.in_place = true;
	fill_disk(options);
	options.format = PCAPFILE_PCAP;
	fill_disk(options);
	leave_disk();
}

static uint64_t free_here(void)
{
	struct statvfs st;

	assert_int_equal(statvfs(".", &st), 0);
	return st.f_bavail * st.f_bsize;
}

/* Reserved beyond the end, so the file has no zeros in it, and given back. */
static void test_pcapfile_reserves_room_and_gives_it_back(void **state)
{
	struct pcapfile_options options = options_for("cap");
	struct pcapfile *file;
	uint64_t before;

	(void)state;
	small_disk("size=8m");
	before = free_here();
	options.preallocate = 4 << 20;
	file = must_open(&options);
	assert_true(free_here() <= before - (4 << 20));
	assert_true(size_of("cap.part") < 4096);
	assert_int_equal(add_until_failure(file, 10000, NULL), 10000);
	must_close(file, NULL);
	assert_true(free_here() > before - (2 << 20));
	check_capture("cap", 0, 10000);
	leave_disk();
}

/* The ring's next file finds no room: what came before is complete. */
static void test_pcapfile_no_next_file_ends_it(void **state)
{
	struct pcapfile_options options = options_for("cap");
	struct pcapfile_stats stats;
	struct err err = { 0 };
	struct pcapfile *file;
	uint64_t given;

	(void)state;
	small_disk("size=3m,nr_inodes=4"); /* one is the directory's */
	options.max_packets = 100;
	file = must_open(&options);
	given = add_until_failure(file, 1000, &err);
	assert_int_equal(given, 301);
	for (uint64_t i = 301; i < 350; i++)
		assert_int_equal(add_numbered(file, i, NULL), -ENOSPC);
	close_failed(file, ENOSPC, &stats);
	check_sum(&stats, 350);
	assert_int_equal(stats.written, 300);
	assert_int_equal(stats.files, 3);
	check_names("cap cap1 cap2 ");
	check_capture("cap2", 200, 100);
	leave_disk();
}

static void limit_file_size(uint64_t bytes, struct rlimit *before)
{
	struct rlimit limit;

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, before), 0);
	limit = *before;
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* A write that ends at each byte of a record: what is left ends with a whole one. */
static void test_pcapfile_error_inside_a_record_leaves_none_of_it(void **state)
{
	struct pcapfile_options options = options_for("cap");

	(void)state;
	for (int format = PCAPFILE_PCAPNG; format <= PCAPFILE_PCAP; format++) {
		for (uint64_t extra = 0; extra <= RECORD; extra++) {
			struct pcapfile_stats stats;
			struct rlimit before;
			struct pcapfile *file;
			uint64_t given;

			options.format = (enum pcapfile_format)format;
			file = must_open(&options);
			limit_file_size(5000 + extra, &before);
			given = add_until_failure(file, 100, NULL);
			assert_int_equal(pcapfile_flush(file, NULL), -EFBIG);
			close_failed(file, EFBIG, &stats);
			assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
			check_sum(&stats, given);
			assert_true(size_of("cap") <= 5000 + extra);
			assert_true(size_of("cap") + RECORD > 5000);
			check_capture("cap", 0, stats.written);
			assert_int_equal(stats.bytes, size_of("cap"));
		}
	}
}

/* As in { echo before; xdpctl capture -w -; } >FILE: what stood there before stays, and also here
 * nothing stays of a record, or of the statistics, that is not whole. */
static void test_pcapfile_standard_output_in_a_file(void **state)
{
	struct pcapfile_options options = options_for("-");

	(void)state;
	for (uint64_t limit = 5000; limit < 5300; limit++) {
		int saved = dup(STDOUT_FILENO), out = open("out", O_CREAT | O_RDWR | O_TRUNC, 0600);
		struct pcapfile_stats stats;
		struct pcapfile *file;
		struct rlimit before;
		uint64_t size;
		uint8_t *bytes;

		assert_int_equal(write(out, "before", 6), 6);
		assert_int_equal(dup2(out, STDOUT_FILENO), STDOUT_FILENO);
		file = must_open(&options);
		assert_int_equal(dup2(saved, STDOUT_FILENO), STDOUT_FILENO);
		close(saved);
		close(out);
		limit_file_size(limit, &before);
		add_until_failure(file, 42, NULL);
		(void)pcapfile_close(file, START, &stats, NULL);
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
		check_sum(&stats, 42);
		bytes = read_all("out", &size);
		assert_memory_equal(bytes, "before\n\r\r\n", 10);
		assert_int_equal(size, 6 + stats.bytes);
		free(bytes);
	}
}

/* Not even its header. */
static void test_pcapfile_that_cannot_begin_leaves_nothing(void **state)
{
	struct pcapfile_options options = options_for("cap");
	struct pcapfile *file;
	struct rlimit before;
	struct err err = { 0 };
	int ret;

	(void)state;
	limit_file_size(10, &before);
	ret = pcapfile_open(&options, &file, &err);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(ret, -EFBIG);
	assert_string_equal(err.object, "cap");
	check_names("");
}

static void test_pcapfile_disk_that_does_not_sync_is_told(void **state)
{
	struct pcapfile_options options = options_for("cap");
	struct pcapfile *file = must_open(&options);
	struct pcapfile_stats stats;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(add_until_failure(file, 100, NULL), 100);
	fsync_error = EIO;
	assert_int_equal(pcapfile_close(file, START, &stats, &err), -EIO);
	fsync_error = 0;
	assert_non_null(strstr(err.message, "cannot sync"));
	assert_non_null(strstr(err.hint, "cap.part"));
	assert_int_equal(stats.unsure, 100);
	assert_int_equal(stats.lost_write, 0);
	check_names("cap.part ");
}

static void test_pcapfile_name_taken_by_a_directory(void **state)
{
	struct pcapfile_options options = options_for("cap");
	struct pcapfile *file = must_open(&options);
	struct pcapfile_stats stats;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(mkdir("cap", 0700), 0);
	assert_int_equal(add_until_failure(file, 10, NULL), 10);
	assert_int_equal(pcapfile_close(file, START, &stats, &err), -EISDIR);
	assert_non_null(strstr(err.hint, "cap.part"));
	assert_int_equal(stats.written, 10);
	assert_int_equal(stats.unsure, 0);
	check_capture("cap.part", 0, 10);
	assert_int_equal(rmdir("cap"), 0);
}

static void test_pcapfile_device_without_room(void **state)
{
	struct pcapfile_options options = options_for("/dev/full");
	struct pcapfile *file;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(pcapfile_open(&options, &file, &err), -ENOSPC);
	assert_string_equal(err.object, "/dev/full");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_DIRECTORY(test_pcapfile_full_disk_is_counted_to_the_packet),
		IN_DIRECTORY(test_pcapfile_reserves_room_and_gives_it_back),
		IN_DIRECTORY(test_pcapfile_no_next_file_ends_it),
		IN_DIRECTORY(test_pcapfile_error_inside_a_record_leaves_none_of_it),
		IN_DIRECTORY(test_pcapfile_standard_output_in_a_file),
		IN_DIRECTORY(test_pcapfile_that_cannot_begin_leaves_nothing),
		IN_DIRECTORY(test_pcapfile_disk_that_does_not_sync_is_told),
		IN_DIRECTORY(test_pcapfile_name_taken_by_a_directory),
		IN_DIRECTORY(test_pcapfile_device_without_room),
	};

	return cmocka_run_group_tests_name("pcapfile fail", tests, NULL, NULL);
}
