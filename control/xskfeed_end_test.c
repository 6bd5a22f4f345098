/* SPDX-License-Identifier: GPL-2.0-only */
/* What is refused, what is lost, and how it ends. */
#include "xskfeed_testing.h"

#include <cap-ng.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#define MIB (1ull << 20)

/* Lines of /proc/self/maps that are of sockets or as large as ours, and descriptors. */
struct held {
	unsigned int maps, fds;
};

static struct held held_now(void)
{
	struct held held = { 0 };
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[512];
	int fd;

	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps)) {
		unsigned long from = 0, to = 0;

		assert_int_equal(sscanf(line, "%lx-%lx", &from, &to), 2);
		if (strstr(line, "socket:") ||
		    (to - from >= 8 * MIB && !strstr(line, "[") && to - from < 1024 * MIB))
			held.maps++;
	}
	fclose(maps);
	for (fd = 0; fd < 1024; fd++)
		held.fds += fcntl(fd, F_GETFD) >= 0;
	return held;
}

static void test_xskfeed_second_reader_is_refused(void **state)
{
	struct xskfeed *second;
	struct held before;
	struct stand s;

	(void)state;
	stand_open(&s, (struct setting){ .queues = 2, .memory = SMALL_MEMORY });
	before = held_now();
	for (unsigned int i = 0; i < 3; i++) {
		assert_int_equal(stand_open_feed(&s, &second), -EBUSY);
		assert_null(second);
		assert_int_equal(s.err.code, ERR_CONFLICT);
		assert_string_equal(s.err.object, "near");
		assert_non_null(strstr(s.err.message, "queue 0"));
		assert_true(s.err.hint[0]);
	}
	assert_int_equal(held_now().maps, before.maps);
	assert_int_equal(held_now().fds, before.fds);
	stand_close(&s);
}

/* At once after it was closed, although the kernel needs a moment. */
static void test_xskfeed_opens_again_and_leaves_nothing(void **state)
{
	struct held before = { 0 };
	struct feed_packet packet;
	struct stand s;

	(void)state;
	stand_open(&s, (struct setting){ .queues = 2, .multi_buffer = kernel_has_multi_buffer() });
	for (unsigned int i = 0; i < 10; i++) {
		struct feed *feed;

		xskfeed_close(s.feed);
		s.feed = NULL;
		if (i == 0)
			before = held_now();
		assert_int_equal(held_now().maps, before.maps);
		assert_int_equal(held_now().fds, before.fds);
		if (stand_open_feed(&s, &s.feed))
			fail_msg("%u: %s", i, s.err.message);
		assert_int_equal(xskfeed_enlist(s.feed, stand_xskmap(&s), &s.err), 0);
		feed = xskfeed_queue(s.feed, 1);
		do {
			stand_send(&s, 1, 70);
			stand_quiet(&s);
		} while (feed->ops->peek(feed, &packet) == 0);
		check_packet(&packet, s.sent - 1, 70);
	}
	stand_close(&s);
}

static void test_xskfeed_withdrawn_gets_nothing(void **state)
{
	struct feed_packet packet;
	struct stand s;
	struct feed *feed;

	(void)state;
	stand_open(&s, (struct setting){ 0 });
	feed = xskfeed_queue(s.feed, 0);
	/* it is in already */
	assert_int_equal(xskfeed_enlist(s.feed, stand_xskmap(&s), &s.err), 0);
	stand_send(&s, 5, 100);
	stand_quiet(&s);
	assert_int_equal(xskfeed_withdraw(s.feed, stand_xskmap(&s), &s.err), 0);
	assert_int_equal(xskfeed_withdraw(s.feed, stand_xskmap(&s), &s.err), 0);
	stand_send(&s, 5, 100);
	for (unsigned int i = 0; i < 5; i++) {
		feed_wait(feed, &packet);
		check_packet(&packet, i, 100);
		feed->ops->take(feed);
	}
	feed_empty(feed);
	assert_int_equal(xskfeed_enlist(s.feed, stand_xskmap(&s), &s.err), 0);
	stand_send(&s, 1, 100);
	feed_wait(feed, &packet);
	check_packet(&packet, 10, 100);
	stand_close(&s);
}

static void test_xskfeed_map_too_short_gets_none(void **state)
{
	struct feed_packet packet;
	struct xskfeed *other;
	struct stand s;
	int map;

	(void)state;
	stand_open(&s, (struct setting){ .queues = 2, .memory = SMALL_MEMORY });
	map = bpf_map_create(BPF_MAP_TYPE_XSKMAP, "short", 4, 4, 1, NULL);
	assert_true(map >= 0);
	assert_int_equal(xskfeed_enlist(s.feed, map, &s.err), -E2BIG);
	assert_non_null(strstr(s.err.message, "no element 1"));
	assert_int_equal(link_by_name(&s.net.route, "far", &s.link, &s.err), 0);
	assert_int_equal(stand_open_feed(&s, &other), 0);
	assert_int_equal(xskfeed_enlist(other, map, &s.err), -E2BIG); /* element 0 is free */
	xskfeed_close(other);
	assert_int_equal(xskfeed_enlist(s.feed, map, &s.err), -E2BIG);
	close(map);
	assert_true(xskfeed_enlist(s.feed, s.sender, &s.err) < 0);
	assert_string_equal(s.err.object, "near");
	assert_true(xskfeed_withdraw(s.feed, s.sender, &s.err) < 0);
	stand_send(&s, 1, 50); /* those that were in another map are in there still */
	stand_quiet(&s);
	assert_int_equal(xskfeed_queue(s.feed, 0)->ops->peek(xskfeed_queue(s.feed, 0), &packet) +
				 xskfeed_queue(s.feed, 1)->ops->peek(xskfeed_queue(s.feed, 1),
								     &packet),
			 1);
	stand_close(&s);
}

/* Another interface's socket is at our place. */
static void test_xskfeed_taken_element_is_a_conflict(void **state)
{
	struct xskfeed *other;
	struct stand s;

	(void)state;
	stand_open(&s, (struct setting){ .memory = SMALL_MEMORY });
	assert_int_equal(link_by_name(&s.net.route, "far", &s.link, &s.err), 0);
	assert_int_equal(stand_open_feed(&s, &other), 0);
	assert_int_equal(xskfeed_enlist(other, stand_xskmap(&s), &s.err), -EEXIST);
	assert_int_equal(s.err.code, ERR_CONFLICT);
	assert_string_equal(s.err.object, "far");
	xskfeed_close(other);
	stand_close(&s);
}

/* Without multi-buffer what is longer than a frame is lost, and counted. */
static void test_xskfeed_too_long_is_counted(void **state)
{
	struct xskfeed_stats stats;
	struct xskfeed_info info;
	struct feed_packet packet;
	struct stand s;
	struct feed *feed;

	(void)state;
	stand_open(&s, (struct setting){ .skb = true, .mtu = 9000, .memory = SMALL_MEMORY });
	feed = xskfeed_queue(s.feed, 0);
	xskfeed_describe(s.feed, &info);
	assert_int_equal(info.frame_size, 4096);
	assert_int_equal(info.max_packet, 4096 - 256);
	assert_false(info.multi_buffer);
	for (unsigned int i = 0; i < 10; i++)
		stand_send(&s, 1, info.max_packet + (i & 1));
	stand_quiet(&s);
	assert_int_equal(xskfeed_stats(s.feed, &stats, &s.err), 0);
	assert_int_equal(stats.rx_dropped, 5);
	assert_int_equal(stats.rx_ring_full, 0);
	assert_int_equal(stats.lost, 5);
	for (unsigned int i = 0; i < 10; i += 2) {
		feed_wait(feed, &packet);
		check_packet(&packet, i, info.max_packet);
		feed->ops->take(feed);
	}
	feed_empty(feed);
	stand_close(&s);
}

/* Nobody reads: what has no place in the ring is counted, and nothing else is missing. */
static void test_xskfeed_sleeping_reader_counts_what_is_lost(void **state)
{
	struct xskfeed_stats stats;
	struct feed_packet packet;
	uint32_t got = 0;
	struct stand s;
	struct feed *feed;

	(void)state;
	stand_open(&s, (struct setting){ .memory = SMALL_MEMORY });
	feed = xskfeed_queue(s.feed, 0);
	stand_send(&s, SHORTEST + 1000, 60);
	stand_quiet(&s);
	assert_int_equal(xskfeed_stats(s.feed, &stats, &s.err), 0);
	assert_int_equal(stats.rx_ring_full, 1000);
	assert_int_equal(stats.rx_dropped, 0);
	while (feed->ops->peek(feed, &packet)) {
		check_packet(&packet, got++, 60);
		feed->ops->take(feed);
	}
	feed->ops->release(feed);
	assert_int_equal(got + stats.lost, s.sent);
	stand_send(&s, 10, 61); /* it goes on */
	for (unsigned int i = 0; i < 10; i++) {
		feed_wait(feed, &packet);
		check_packet(&packet, SHORTEST + 1000 + i, 61);
		feed->ops->take(feed);
	}
	assert_int_equal(xskfeed_stats(s.feed, &stats, &s.err), 0);
	assert_int_equal(stats.lost, 1000);
	stand_close(&s);
}

/* A process that sends as fast as it can, also what veth has no room for. */
static pid_t start_sender(struct stand *s, unsigned int count)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid)
		return pid;
	while (count--)
		stand_send_one(s, 60 + s->sent % 1400);
	_exit(0);
}

/* The reader takes what comes meanwhile, and rests now and then. */
static void test_xskfeed_busy_sender_loses_nothing_uncounted(void **state)
{
	struct xskfeed_stats stats;
	struct feed_packet packet;
	uint32_t got = 0, next = 0;
	int status = -1;
	struct stand s;
	struct feed *feed;
	pid_t pid;

	(void)state;
	stand_open(&s, (struct setting){ .memory = SMALL_MEMORY });
	feed = xskfeed_queue(s.feed, 0);
	pid = start_sender(&s, 60000);
	for (bool ended = false; !ended || feed->ops->peek(feed, &packet);) {
		while (feed->ops->peek(feed, &packet)) {
			uint32_t number = frame_number(packet.data);

			assert_true(number >= next);
			next = number + 1;
			check_packet(&packet, number, 60 + number % 1400);
			feed->ops->take(feed);
			if (++got % 8192 == 0)
				usleep(20000);
			if (got % 64 == 0)
				feed->ops->release(feed);
		}
		feed->ops->release(feed);
		ended = ended || waitpid(pid, &status, WNOHANG) == pid;
	}
	assert_int_equal(status, 0);
	stand_quiet(&s);
	while (feed->ops->peek(feed, &packet)) {
		got++;
		feed->ops->take(feed);
	}
	assert_int_equal(xskfeed_stats(s.feed, &stats, &s.err), 0);
	assert_int_equal(got + stats.lost, stand_seen(&s));
	assert_true(got > FEWEST);
	print_message("# %u of %u read, %u counted as lost\n", got, (unsigned int)stand_seen(&s),
		      (unsigned int)stats.lost);
	stand_close(&s);
}

/* The interface goes while packets wait and while one is looked at. */
static void test_xskfeed_removed_interface_ends_it(void **state)
{
	struct xskfeed_stats stats;
	struct feed_packet packet;
	struct stand s;
	struct feed *feed;

	(void)state;
	stand_open(&s, (struct setting){ .memory = SMALL_MEMORY });
	feed = xskfeed_queue(s.feed, 0);
	assert_int_equal(xskfeed_check(s.feed, &s.err), 0);
	stand_send(&s, 300, 300);
	stand_quiet(&s);
	assert_int_equal(feed->ops->peek(feed, &packet), 1);
	run("ip link del near");
	for (unsigned int i = 0; i < 2; i++) {
		assert_int_equal(xskfeed_check(s.feed, &s.err), -ENETDOWN);
		assert_int_equal(s.err.code, ERR_NOT_FOUND);
		assert_string_equal(s.err.object, "near");
	}
	for (unsigned int i = 0; i < 300; i++) {
		assert_int_equal(feed->ops->peek(feed, &packet), 1);
		check_packet(&packet, i, 300);
		feed->ops->take(feed);
		feed->ops->release(feed);
	}
	assert_int_equal(feed->ops->peek(feed, &packet), -ENETDOWN);
	feed->ops->release(feed);
	assert_int_equal(xskfeed_stats(s.feed, &stats, &s.err), 0);
	assert_int_equal(stats.lost, 0);
	assert_int_equal(xskfeed_withdraw(s.feed, stand_xskmap(&s), &s.err), 0);
	stand_close(&s);
}

static void test_xskfeed_absent_interface_is_not_found(void **state)
{
	struct xskfeed *feed;
	struct stand s;

	(void)state;
	stand_open(&s, (struct setting){ .memory = SMALL_MEMORY });
	snprintf(s.link.name, sizeof(s.link.name), "absent");
	assert_int_equal(stand_open_feed(&s, &feed), -ENODEV);
	assert_int_equal(s.err.code, ERR_NOT_FOUND);
	assert_string_equal(s.err.object, "absent");
	snprintf(s.link.name, sizeof(s.link.name), "far"); /* as if near had been renamed */
	assert_int_equal(stand_open_feed(&s, &feed), -ENODEV);
	assert_int_equal(s.err.code, ERR_CONFLICT);
	stand_close(&s);
}

/* Open it in a process of its own, without a capability and with so much memory to lock. */
static void open_without(struct stand *s, unsigned int capability, const struct rlimit *limit,
			 int error, const char *text)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		struct xskfeed *feed;

		setrlimit(RLIMIT_MEMLOCK, limit);
		capng_get_caps_process();
		capng_updatev(CAPNG_DROP, CAPNG_EFFECTIVE | CAPNG_PERMITTED, capability,
			      CAP_SYS_RESOURCE, -1);
		if (capng_apply(CAPNG_SELECT_CAPS))
			_exit(99);
		if (stand_open_feed(s, &feed) != -error)
			_exit(1);
		_exit(error && (s->err.code != ERR_PERMISSION || !strstr(s->err.message, text)));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_xskfeed_refusal_names_the_capability(void **state)
{
	const struct rlimit little = { 65536, 65536 };
	struct rlimit raisable;
	struct stand s;

	(void)state;
	stand_open(&s, (struct setting){ .memory = SMALL_MEMORY });
	assert_int_equal(link_by_name(&s.net.route, "far", &s.link, &s.err), 0);
	open_without(&s, CAP_NET_RAW, &little, EPERM, "CAP_NET_RAW");
	open_without(&s, CAP_IPC_LOCK, &little, ENOBUFS, "CAP_IPC_LOCK");
	assert_int_equal(getrlimit(RLIMIT_MEMLOCK, &raisable), 0);
	raisable.rlim_cur = 65536;
	if (raisable.rlim_max >= 8 * MIB)
		open_without(&s, CAP_IPC_LOCK, &raisable, 0, "");
	stand_close(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_xskfeed_second_reader_is_refused),
		cmocka_unit_test(test_xskfeed_opens_again_and_leaves_nothing),
		cmocka_unit_test(test_xskfeed_withdrawn_gets_nothing),
		cmocka_unit_test(test_xskfeed_map_too_short_gets_none),
		cmocka_unit_test(test_xskfeed_taken_element_is_a_conflict),
		cmocka_unit_test(test_xskfeed_too_long_is_counted),
		cmocka_unit_test(test_xskfeed_sleeping_reader_counts_what_is_lost),
		cmocka_unit_test(test_xskfeed_busy_sender_loses_nothing_uncounted),
		cmocka_unit_test(test_xskfeed_removed_interface_ends_it),
		cmocka_unit_test(test_xskfeed_absent_interface_is_not_found),
		cmocka_unit_test(test_xskfeed_refusal_names_the_capability),
	};

	return cmocka_run_group_tests_name("xskfeed_end", tests, stand_namespace, NULL);
}
