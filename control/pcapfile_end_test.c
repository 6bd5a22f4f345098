/* SPDX-License-Identifier: GPL-2.0-only */
/* Captures that end otherwise than planned: readers that go away or sleep, kill -9, and privileges
 * that were given up. */
#include "pcapfile_testing.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

/* ---- readers of pipes */

static bool stop_at_once(void *context)
{
	(void)context;
	return true;
}

static struct pcapfile *open_fifo(struct pcapfile_options *options, int *reader)
{
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(mkfifo("fifo", 0600), 0);
	*reader = open("fifo", O_RDONLY | O_NONBLOCK);
	assert_true(*reader >= 0);
	return must_open(options);
}

static void test_pcapfile_reader_gone_is_counted(void **state)
{
	struct pcapfile_options options = options_for("fifo");
	struct pcapfile_stats stats;
	int reader;
	struct pcapfile *file = open_fifo(&options, &reader);

	(void)state;
	assert_int_equal(add_until_failure(file, 10, NULL), 10);
	assert_int_equal(pcapfile_flush(file, NULL), 0);
	close(reader);
	assert_int_equal(add_until_failure(file, 7, NULL), 7);
	assert_int_equal(pcapfile_tick(file, START, NULL), -EPIPE);
	close_failed(file, EPIPE, &stats);
	check_sum(&stats, 17);
	assert_int_equal(stats.written, 10);
	check_names("fifo ");
}

static void test_pcapfile_reader_that_sleeps_holds_nobody(void **state)
{
	struct pcapfile_options options = options_for("fifo");
	struct timespec from, to;
	struct pcapfile_stats stats;
	struct pcapfile *file;
	uint64_t given;
	int reader;

	(void)state;
	options.stopping = stop_at_once;
	file = open_fifo(&options, &reader);
	clock_gettime(CLOCK_MONOTONIC, &from);
	given = add_until_failure(file, 100000, NULL);
	clock_gettime(CLOCK_MONOTONIC, &to);
	assert_in_range(to.tv_sec - from.tv_sec, 1, 10);
	close_failed(file, ETIMEDOUT, &stats);
	check_sum(&stats, given);
	/* a pipe has room for 64 KiB */
	assert_in_range(stats.written, 1, 65536 / RECORD);
	close(reader);
}

/* The same, where a flag for each call takes the place of a second opening. */
static void test_pcapfile_socket_that_sleeps_holds_nobody(void **state)
{
	struct pcapfile_options options = options_for("-");
	int ends[2], saved = dup(STDOUT_FILENO);
	struct pcapfile_stats stats;
	struct pcapfile *file;
	uint64_t given;

	(void)state;
	options.stopping = stop_at_once;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	assert_int_equal(dup2(ends[1], STDOUT_FILENO), STDOUT_FILENO);
	file = must_open(&options);
	assert_int_equal(dup2(saved, STDOUT_FILENO), STDOUT_FILENO);
	close(saved);
	given = add_until_failure(file, 100000, NULL);
	close_failed(file, ETIMEDOUT, &stats);
	check_sum(&stats, given);
	assert_true(stats.written > 0);
	close(ends[0]);
	close(ends[1]);
}

static void read_slowly(int in)
{
	int out = open("read", O_CREAT | O_WRONLY | O_TRUNC, 0600);
	uint8_t data[50000];
	ssize_t n;

	while ((n = read(in, data, sizeof(data))) > 0) {
		assert_int_equal(write(out, data, (size_t)n), n);
		usleep(100);
	}
	close(out);
}

static void test_pcapfile_slow_reader_gets_all(void **state)
{
	struct pcapfile_options options = options_for("-");
	int ends[2], status, saved = dup(STDOUT_FILENO);
	struct pcapfile_stats stats;
	struct pcapfile *file;
	pid_t child;

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	child = fork();
	if (!child) {
		close(ends[1]);
		read_slowly(ends[0]);
		_exit(0);
	}
	close(ends[0]);
	assert_int_equal(dup2(ends[1], STDOUT_FILENO), STDOUT_FILENO);
	file = must_open(&options);
	assert_int_equal(dup2(saved, STDOUT_FILENO), STDOUT_FILENO);
	/* whoever else writes there is not to find it changed */
	assert_int_equal(fcntl(ends[1], F_GETFL) & O_NONBLOCK, 0);
	close(ends[1]);
	close(saved);
	assert_int_equal(add_until_failure(file, 30000, NULL), 30000);
	must_close(file, &stats);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(stats.written, 30000);
	check_capture("read", 0, 30000);
}

/* ---- kill -9 */

static void capture_for_ever(const struct pcapfile_options *options)
{
	struct pcapfile *file;

	if (pcapfile_open(options, &file, NULL))
		_exit(1);
	for (uint64_t i = 0; !add_numbered(file, i, NULL); i++)
		;
	_exit(1);
}

static void kill_after(const struct pcapfile_options *options, off_t bytes)
{
	pid_t child = fork();
	struct stat st = { 0 };
	int status;

	if (!child)
		capture_for_ever(options);
	for (int i = 0; i < 100000 && st.st_size < bytes; i++) {
		usleep(100);
		(void)stat("cap.part", &st);
	}
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_true(st.st_size >= bytes);
}

static void test_pcapfile_killed_capture_can_be_read(void **state)
{
	(void)state;
	for (int i = 0; i < 10; i++) {
		struct pcapfile_options options = options_for("cap");
		struct reading reading;

		options.format = i % 2 ? PCAPFILE_PCAP : PCAPFILE_PCAPNG;
		options.preallocate = i / 2 % 2 ? 64 << 20 : 0;
		kill_after(&options, (1 + i) * 500000);
		reading = read_capture("cap.part");
		assert_true(reading.packets > 3000);
		assert_int_equal(reading.first, 0);
		/* the kernel may end a write early when the process is killed, but adds nothing */
		assert_true(reading.size - reading.whole < RECORD);
		assert_int_equal(unlink("cap.part"), 0);
	}
}

/* ---- without privileges */

static int child_result(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* What a process that gave up root says: errno of the check, then errno of the end. */
static void check_dropped(const struct pcapfile_options *options, mode_t mode, int check, int end,
			  const char *names)
{
	pid_t child;
	int status;

	need_root();
	assert_int_equal(chmod(".", mode), 0);
	child = fork();
	if (!child) {
		struct pcapfile *file = must_open(options);

		if (setgid(65534) || setuid(65534))
			_exit(1);
		if (pcapfile_check_rights(file, NULL) != -check)
			_exit(2);
		for (uint64_t i = 0; i < 15; i++)
			(void)add_numbered(file, i, NULL);
		_exit(pcapfile_close(file, START, NULL, NULL) == -end ? 0 : 3);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(child_result(status), 0);
	check_names(names);
}

static void test_pcapfile_dropped_privileges_are_checked(void **state)
{
	struct pcapfile_options options = options_for("cap");

	(void)state;
	check_dropped(&options, 0755, EACCES, EACCES, "cap.part ");
	assert_int_equal(unlink("cap.part"), 0);
	check_dropped(&options, 01777, EACCES, EPERM, "cap.part ");
	assert_int_equal(unlink("cap.part"), 0);
	check_dropped(&options, 0777, 0, 0, "cap ");
	assert_int_equal(unlink("cap"), 0);
	options.in_place = true;
	check_dropped(&options, 0755, 0, 0, "cap ");
	options.in_place = false;
	options.give = true;
	options.owner = options.group = 65534;
	assert_int_equal(unlink("cap"), 0);
	check_dropped(&options, 01777, 0, 0, "cap ");
	assert_int_equal(unlink("cap"), 0);
	options.max_packets = 10;
	check_dropped(&options, 0755, EACCES, EACCES, "cap.part ");
	assert_int_equal(unlink("cap.part"), 0);
	check_dropped(&options, 01777, 0, 0, "cap cap1 ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_DIRECTORY(test_pcapfile_reader_gone_is_counted),
		IN_DIRECTORY(test_pcapfile_reader_that_sleeps_holds_nobody),
		IN_DIRECTORY(test_pcapfile_socket_that_sleeps_holds_nobody),
		IN_DIRECTORY(test_pcapfile_slow_reader_gets_all),
		IN_DIRECTORY(test_pcapfile_killed_capture_can_be_read),
		IN_DIRECTORY(test_pcapfile_dropped_privileges_are_checked),
	};

	return cmocka_run_group_tests_name("pcapfile end", tests, NULL, NULL);
}
