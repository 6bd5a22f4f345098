/* SPDX-License-Identifier: GPL-2.0-only */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "keeper.h"

#define PATIENCE_MS 15000

/* What keeper and test share. */
struct shared {
	unsigned int watched, ended; /* calls */
	pid_t keeper;
	int watch_ret, end_ret; /* what the calls are to return */
	bool ready;
};

static struct shared *shared;

/* libc's own, which may wait until this child has exited. */
static pid_t awaited;

ssize_t recv(int fd, void *to, size_t size, int flags)
{
	ssize_t (*real)(int, void *, size_t, int);
	siginfo_t info;

	if (awaited && !(flags & MSG_DONTWAIT))
		waitid(P_PID, (id_t)awaited, &info, WEXITED | WNOWAIT);
	*(void **)&real = dlsym(RTLD_NEXT, "recv");
	return real(fd, to, size, flags);
}

static int setup(void **state)
{
	(void)state;
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	return shared == MAP_FAILED ? -1 : 0;
}

static int teardown(void **state)
{
	(void)state;
	return munmap(shared, sizeof(*shared));
}

static int watch(void *context, struct err *err)
{
	struct shared *s = context;
	int ret = s->watch_ret;

	s->keeper = getpid();
	__atomic_add_fetch(&s->watched, 1, __ATOMIC_SEQ_CST);
	return ret ? err_set(err, ERR_CONFLICT, -ret, "thing", "watched, found %d", ret) : 0;
}

static int end(void *context, void *report, struct err *err)
{
	struct shared *s = context;
	unsigned char *bytes = report;

	s->keeper = getpid();
	for (unsigned int i = 0; i < KEEPER_REPORT; i++)
		bytes[i] = (unsigned char)(i * 7 + 1);
	__atomic_add_fetch(&s->ended, 1, __ATOMIC_SEQ_CST);
	return s->end_ret ? err_set(err, ERR_FAILED, -s->end_ret, "end", "was bad") : 0;
}

static unsigned int number(const unsigned int *word)
{
	return __atomic_load_n(word, __ATOMIC_SEQ_CST);
}

static bool later(unsigned int *waited)
{
	poll(NULL, 0, 10);
	*waited += 10;
	return *waited < PATIENCE_MS;
}

static void wait_for(const unsigned int *word, unsigned int at_least)
{
	unsigned int waited = 0;

	while (number(word) < at_least) {
		if (!later(&waited))
			fail_msg("still %u, not %u", number(word), at_least);
	}
}

static unsigned int count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned int n = 0;

	assert_non_null(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

static void start(struct keeper *keeper)
{
	const struct keeper_job job = { .context = shared, .watch = watch, .end = end };
	struct err err;

	*shared = (struct shared){ 0 };
	assert_int_equal(keeper_start(&job, keeper, &err), 0);
	assert_true(keeper->pid > 0 && keeper->fd >= 0);
}

static void check_report(const unsigned char *report)
{
	for (unsigned int i = 0; i < KEEPER_REPORT; i++)
		assert_int_equal(report[i], (unsigned char)(i * 7 + 1));
}

/* No child is left, dead or alive. */
static void check_nobody(void)
{
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static void test_keeper_ends_when_asked_and_reports(void **state)
{
	unsigned char report[KEEPER_REPORT] = { 0 };
	unsigned int fds = count_fds();
	struct keeper keeper;
	struct err err = { .message = "none" };

	(void)state;
	start(&keeper);
	assert_int_equal(keeper_check(&keeper, &err), 0);
	assert_int_equal(number(&shared->ended), 0);
	assert_int_equal(keeper_end(&keeper, report, &err), 0);
	assert_int_equal(number(&shared->ended), 1);
	assert_true(shared->keeper && shared->keeper != getpid());
	assert_string_equal(err.message, "none");
	check_report(report);
	check_nobody();
	assert_int_equal(count_fds(), fds);
	/* there is none any more */
	assert_int_equal(keeper.pid, 0);
	assert_int_equal(keeper_check(&keeper, &err), -ECHILD);
	assert_int_equal(keeper_end(&keeper, report, &err), -ECHILD);
}

static void test_keeper_error_at_the_end_is_told(void **state)
{
	unsigned char report[KEEPER_REPORT] = { 0 };
	struct keeper keeper;
	struct err err;

	(void)state;
	start(&keeper);
	shared->end_ret = -EBUSY;
	assert_int_equal(keeper_end(&keeper, report, &err), -EBUSY);
	assert_int_equal(err.code, ERR_FAILED);
	assert_string_equal(err.object, "end");
	assert_string_equal(err.message, "was bad");
	check_report(report);
	start(&keeper);
	shared->end_ret = -EBUSY;
	assert_int_equal(keeper_end(&keeper, report, NULL), -EBUSY);
}

static void test_keeper_error_of_the_watch_is_told_once(void **state)
{
	unsigned char report[KEEPER_REPORT];
	unsigned int waited = 0;
	struct keeper keeper;
	struct err err;
	int ret;

	(void)state;
	start(&keeper);
	shared->watch_ret = -EOWNERDEAD;
	while (!(ret = keeper_check(&keeper, &err))) {
		if (!later(&waited))
			fail_msg("no error was told");
	}
	assert_int_equal(ret, -EOWNERDEAD);
	assert_int_equal(err.code, ERR_CONFLICT);
	assert_string_equal(err.object, "thing");
	assert_string_equal(err.message, "watched, found -130");
	wait_for(&shared->watched, number(&shared->watched) + 2);
	assert_int_equal(keeper_check(&keeper, &err), 0);
	assert_int_equal(keeper_end(&keeper, report, &err), 0);
	check_nobody();
}

/* What the watch found and nobody asked for is not taken for the end. */
static void test_keeper_end_is_told_behind_what_was_not_read(void **state)
{
	unsigned char report[KEEPER_REPORT] = { 0 };
	struct keeper keeper;
	struct err err;

	(void)state;
	start(&keeper);
	shared->watch_ret = -EIO;
	wait_for(&shared->watched, 2);
	shared->end_ret = -EBUSY;
	assert_int_equal(keeper_end(&keeper, report, &err), -EBUSY);
	assert_string_equal(err.message, "was bad");
	check_report(report);
	assert_int_equal(number(&shared->ended), 1);
}

/* However late the starter is. */
static void test_keeper_result_is_there_when_it_has_exited(void **state)
{
	unsigned char report[KEEPER_REPORT] = { 0 };
	struct keeper keeper;
	struct err err;

	(void)state;
	start(&keeper);
	shared->end_ret = -EBUSY;
	awaited = keeper.pid;
	assert_int_equal(keeper_end(&keeper, report, &err), -EBUSY);
	awaited = 0;
	assert_string_equal(err.message, "was bad");
	check_report(report);
	check_nobody();
}

static void test_keeper_that_is_killed_is_missed(void **state)
{
	unsigned char report[KEEPER_REPORT];
	unsigned int fds = count_fds(), waited = 0;
	struct keeper keeper;
	struct err err;
	int ret;

	(void)state;
	start(&keeper);
	assert_int_equal(kill(keeper.pid, SIGKILL), 0);
	while (!(ret = keeper_check(&keeper, &err))) {
		if (!later(&waited))
			fail_msg("nobody misses it");
	}
	assert_int_equal(ret, -ECHILD);
	assert_int_equal(keeper_check(&keeper, &err), -ECHILD);
	assert_int_equal(keeper_end(&keeper, report, &err), -ECHILD);
	assert_int_equal(number(&shared->ended), 0);
	check_nobody();
	assert_int_equal(count_fds(), fds);
	assert_int_equal(keeper_end(&keeper, report, &err), -ECHILD);
}

static void test_keeper_hears_no_signal_of_the_terminal(void **state)
{
	static const int signals[] = { SIGINT,	SIGTERM, SIGHUP,  SIGQUIT,
				       SIGPIPE, SIGUSR1, SIGUSR2, SIGTSTP };
	unsigned char report[KEEPER_REPORT] = { 0 };
	struct keeper keeper;
	struct err err;

	(void)state;
	start(&keeper);
	wait_for(&shared->watched, 1);
	assert_int_equal(getsid(keeper.pid), keeper.pid);
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		assert_int_equal(kill(keeper.pid, signals[i]), 0);
	wait_for(&shared->watched, number(&shared->watched) + 1);
	assert_int_equal(number(&shared->ended), 0);
	assert_int_equal(keeper_end(&keeper, report, &err), 0);
	check_report(report);
}

/* ---- the starter dies */

static void be_starter(void)
{
	struct keeper keeper;

	start(&keeper);
	shared->keeper = keeper.pid;
	__atomic_store_n(&shared->ready, true, __ATOMIC_SEQ_CST);
	for (;;)
		pause();
}

/* The keeper becomes the test's own child, so that its end can be waited for. */
static void adopt_orphan(void)
{
	unsigned int waited = 0;
	pid_t pid;
	int status;

	while (!(pid = waitpid(-1, &status, WNOHANG))) {
		if (!later(&waited))
			fail_msg("the keeper does not end");
	}
	assert_int_equal(pid, shared->keeper);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void check_outlives(int signal, bool watched)
{
	unsigned int waited = 0;
	pid_t starter;
	int status;

	shared->ready = false;
	starter = fork();
	assert_true(starter >= 0);
	if (starter == 0)
		be_starter();
	while (!__atomic_load_n(&shared->ready, __ATOMIC_SEQ_CST)) {
		if (!later(&waited))
			fail_msg("no keeper was started");
	}
	if (watched)
		wait_for(&shared->watched, 1);
	assert_int_equal(number(&shared->ended), 0);
	assert_int_equal(kill(starter, signal), 0);
	assert_int_equal(waitpid(starter, &status, 0), starter);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == signal);
	wait_for(&shared->ended, 1);
	adopt_orphan();
	assert_int_equal(number(&shared->ended), 1);
	check_nobody();
}

/* One that did not end does not stay longer than the test. */
static int end_orphan(void **state)
{
	(void)state;
	if (shared->keeper && waitpid(shared->keeper, NULL, WNOHANG) == 0)
		kill(shared->keeper, SIGKILL);
	return prctl(PR_SET_CHILD_SUBREAPER, 0);
}

static void test_keeper_ends_when_the_starter_is_killed(void **state)
{
	(void)state;
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	check_outlives(SIGKILL, true);
	check_outlives(SIGKILL, false);
	check_outlives(SIGTERM, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keeper_ends_when_asked_and_reports),
		cmocka_unit_test(test_keeper_error_at_the_end_is_told),
		cmocka_unit_test(test_keeper_error_of_the_watch_is_told_once),
		cmocka_unit_test(test_keeper_end_is_told_behind_what_was_not_read),
		cmocka_unit_test(test_keeper_result_is_there_when_it_has_exited),
		cmocka_unit_test(test_keeper_that_is_killed_is_missed),
		cmocka_unit_test(test_keeper_hears_no_signal_of_the_terminal),
		cmocka_unit_test_teardown(test_keeper_ends_when_the_starter_is_killed, end_orphan),
	};

	return cmocka_run_group_tests_name("keeper", tests, setup, teardown);
}
