/* SPDX-License-Identifier: GPL-2.0-only */
/* A packet socket that cannot be opened, loses packets, or whose interface goes. */
#include "livefeed_testing.h"

#include <linux/capability.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static void check_refused(const char *interface, enum err_code code, int errnum, const char *says)
{
	const struct livefeed_options options = { .interface = interface, .direction = CAPTURE_IN };
	struct err err = { .message = "" };
	struct livefeed *live = (void *)&options;

	if (geteuid() != 0)
		skip();
	assert_int_equal(livefeed_open(&options, &live, &err), -errnum);
	assert_null(live);
	assert_int_equal(err.code, code);
	assert_string_equal(err.object, interface);
	if (!strstr(err.message, says))
		fail_msg("no \"%s\" in: %s", says, err.message);
}

static void test_livefeed_open_no_interface_is_not_found(void **state)
{
	(void)state;
	check_refused("nobody", ERR_NOT_FOUND, ENODEV, "no such interface");
}

static void test_livefeed_open_interface_that_is_down_is_told(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	command("ip link set v0 down");
	check_refused("v0", ERR_FAILED, ENETDOWN, "not up");
}

static void test_livefeed_open_not_ethernet_is_unsupported(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	if (system("ip tuntap add dev t0 mode tun && ip link set t0 up")) {
		print_message("no tun device here\n");
		skip();
	}
	check_refused("t0", ERR_UNSUPPORTED, EOPNOTSUPP, "Raw IP");
	command("ip link del t0");
}

/* In a child, which has no capability then. */
static void test_livefeed_open_without_right_names_the_capability(void **state)
{
	int status;
	pid_t child;

	(void)state;
	if (geteuid() != 0)
		skip();
	child = fork();
	if (!child) {
		struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
		const struct livefeed_options options = { .interface = "v0",
							  .direction = CAPTURE_IN };
		struct __user_cap_data_struct none[2] = { 0 };
		struct livefeed *live;
		struct err err;

		if (syscall(SYS_capset, &head, none))
			_exit(2);
		_exit(livefeed_open(&options, &live, &err) != -EPERM ||
		      err.code != ERR_PERMISSION || !strstr(err.message, "CAP_NET_RAW"));
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void delete_while_reading(void)
{
	struct livefeed *live = must_open(CAPTURE_IN, NULL, 0);
	struct livefeed_counts counts;
	struct feed_packet packet;
	int far = socket_on("v1");

	for (uint32_t i = 0; i < 30; i++)
		put(far, numbered(i, 100, 0), 100);
	command("ip link del v0 &");
	for (uint32_t i = 0; i < 30; i++)
		must_come(live, numbered(i, 100, 0), 100);
	for (int i = 0; i < 3; i++)
		assert_int_equal(next(live, LIMIT_NS, &packet), -ENODEV);
	livefeed_counts(live, &counts);
	assert_int_equal(counts.received, 30);
	assert_int_equal(counts.lost, 0);
	livefeed_close(live);
	close(far);
}

/* What has arrived is read before the end is told, also where the kernel still holds it back when
 * the interface goes. */
static void test_livefeed_interface_deleted_ends_after_its_packets(void **state)
{
	delete_while_reading();
	for (int i = 0; i < 9; i++) {
		assert_int_equal(links_up(state), 0);
		delete_while_reading();
	}
}

static void test_livefeed_interface_deleted_while_idle_ends(void **state)
{
	struct livefeed *live = must_open(CAPTURE_OUT, NULL, 0);
	struct feed_packet packet;

	(void)state;
	nothing_comes(live);
	command("ip link del v1");
	assert_int_equal(next(live, LIMIT_NS, &packet), -ENODEV);
	livefeed_close(live);
}

/* Sent until it comes: the other end's link is up a moment later. */
static void must_come_in_time(struct livefeed *live, uint32_t number)
{
	uint64_t end = now_ns() + LIMIT_NS;
	struct feed_packet packet;
	int ret;

	do {
		put_numbered("v1", number, 1, 100);
		ret = next(live, 2 * LIVEFEED_DELAY_MS * MS, &packet);
	} while (ret == 0 && now_ns() < end);
	assert_int_equal(ret, 1);
	while (next(live, 5 * LIVEFEED_DELAY_MS * MS, &packet) == 1) {
		check_packet(&packet, numbered(number, 100, 0), 100, 100);
		take(live);
		release(live);
	}
}

static void test_livefeed_interface_down_goes_on_when_up(void **state)
{
	struct livefeed *live = must_open(CAPTURE_IN, NULL, 0);

	(void)state;
	for (uint32_t round = 0; round < 3; round++) {
		must_come_in_time(live, round);
		command("ip link set v0 down");
		nothing_comes(live);
		command("ip link set v0 up");
	}
	must_come_in_time(live, 9);
	livefeed_close(live);
}

/* Each packet is read or counted as lost; the other direction is neither. */
static void test_livefeed_full_ring_counts_what_is_lost(void **state)
{
	const struct livefeed_options options = { .interface = "v0",
						  .direction = CAPTURE_IN,
						  .buffer = 512 << 10 };
	const uint32_t sent = 3000;
	struct livefeed_counts counts;
	struct feed_packet packet;
	struct livefeed *live;
	struct err err;
	uint64_t read = 0;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(livefeed_open(&options, &live, &err), 0);
	for (uint32_t i = 0; i < sent; i += 50) {
		put_numbered("v1", i, 50, FRAME);
		put_numbered("v0", i, 50, FRAME);
	}
	while (next(live, 10 * LIVEFEED_DELAY_MS * MS, &packet) == 1) {
		uint32_t number;

		memcpy(&number, (const uint8_t *)packet.data + FRAME - 4, sizeof(number));
		assert_true(number >= read && number < sent);
		check_packet(&packet, numbered(number, FRAME, 0), FRAME, FRAME);
		take(live);
		release(live);
		read++;
	}
	livefeed_counts(live, &counts);
	assert_true(counts.lost > 0 && read > 0);
	assert_int_equal(counts.received, sent);
	assert_int_equal(counts.lost, sent - read);
	livefeed_close(live);
}

static void test_livefeed_close_null_is_fine(void **state)
{
	(void)state;
	livefeed_close(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_LINKS(test_livefeed_open_no_interface_is_not_found),
		ON_LINKS(test_livefeed_open_interface_that_is_down_is_told),
		ON_LINKS(test_livefeed_open_not_ethernet_is_unsupported),
		ON_LINKS(test_livefeed_open_without_right_names_the_capability),
		ON_LINKS(test_livefeed_interface_deleted_ends_after_its_packets),
		ON_LINKS(test_livefeed_interface_deleted_while_idle_ends),
		ON_LINKS(test_livefeed_interface_down_goes_on_when_up),
		ON_LINKS(test_livefeed_full_ring_counts_what_is_lost),
		cmocka_unit_test(test_livefeed_close_null_is_fine),
	};

	return cmocka_run_group_tests_name("livefeed end", tests, own_namespace, NULL);
}
