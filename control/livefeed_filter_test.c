/* SPDX-License-Identifier: GPL-2.0-only */
/* Which packets a packet socket hands over, and how much of them: filters, tags, the snap length.
 */
#include "livefeed_testing.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

static struct filter compiled(const char *expression, uint32_t snaplen)
{
	struct err err = { .message = "" };
	struct filter filter;

	if (filter_compile(expression, snaplen, &filter, &err))
		fail_msg("%s: %s", expression, err.message);
	return filter;
}

/* Of numbers 0 to 99, those whose last byte but three is even, by a filter that looks there. */
static void check_even(const char *sender, enum capture_direction direction)
{
	struct filter filter = compiled("ether proto 0x88b5 and ether[56] & 1 = 0", 0);
	struct livefeed *live = must_open(direction, &filter, 0);
	struct livefeed_counts counts;

	filter_free(&filter); /* it is the caller's */
	put_numbered(sender, 0, 100, 60);
	for (uint32_t i = 0; i < 100; i += 2)
		must_come(live, numbered(i, 60, 0), 60);
	nothing_comes(live);
	livefeed_counts(live, &counts);
	assert_int_equal(counts.received, 50);
	assert_int_equal(counts.lost, 0);
	livefeed_close(live);
}

static void test_livefeed_filter_takes_what_matches(void **state)
{
	(void)state;
	check_even("v1", CAPTURE_IN);
	check_even("v0", CAPTURE_OUT);
}

static void test_livefeed_filter_that_matches_nothing_gives_nothing(void **state)
{
	struct filter filter = compiled("tcp port 4711", 0);
	struct livefeed *live = must_open(CAPTURE_IN, &filter, 0);
	struct livefeed_counts counts;

	(void)state;
	put_numbered("v1", 0, 50, 60);
	nothing_comes(live);
	livefeed_counts(live, &counts);
	assert_int_equal(counts.received, 0);
	livefeed_close(live);
	filter_free(&filter);
}

static void put_tagged(const char *sender, uint32_t number, uint16_t tag)
{
	int fd = socket_on(sender);

	put(fd, numbered(number, 80, tag), 80);
	close(fd);
}

/* The stack takes the tag out of what arrives, before packet sockets see it. */
static void test_livefeed_tag_is_in_the_frame_again(void **state)
{
	struct livefeed *in = must_open(CAPTURE_IN, NULL, 0);
	struct livefeed *out = must_open(CAPTURE_OUT, NULL, 0);

	(void)state;
	put_tagged("v1", 1, 0x6123);
	put_tagged("v0", 2, 0x6123);
	must_come(in, numbered(1, 80, 0x6123), 80);
	must_come(out, numbered(2, 80, 0x6123), 80);
	livefeed_close(in);
	livefeed_close(out);
}

/* A filter is for the frame with its tag: what `vlan` asks for is there, and what is behind the tag
 * is not where it would be without one. */
static void test_livefeed_filter_sees_the_tag(void **state)
{
	static const struct {
		const char *expression;
		bool tagged, other, plain; /* match */
	} cases[] = {
		{ "vlan", true, true, false },
		{ "vlan 100", true, false, false },
		{ "not vlan", false, false, true },
		{ "ether proto 0x88b5", false, false, true },
		{ "vlan 100 and ether proto 0x88b5", true, false, false },
		{ "ether[12:2] = 0x8100", true, true, false },
	};

	(void)state;
	for (size_t i = 0; i < 2 * COUNT(cases); i++) {
		struct filter filter = compiled(cases[i / 2].expression, 0);
		bool out = i & 1;
		struct livefeed *live = must_open(out ? CAPTURE_OUT : CAPTURE_IN, &filter, 0);
		const char *sender = out ? "v0" : "v1";

		put_tagged(sender, 1, 100);
		put_tagged(sender, 2, 101);
		put_tagged(sender, 3, 0);
		if (cases[i / 2].tagged)
			must_come(live, numbered(1, 80, 100), 80);
		if (cases[i / 2].other)
			must_come(live, numbered(2, 80, 101), 80);
		if (cases[i / 2].plain)
			must_come(live, numbered(3, 80, 0), 80);
		nothing_comes(live);
		livefeed_close(live);
		filter_free(&filter);
	}
}

static void check_cut(struct livefeed *live, uint16_t tag, uint32_t size, uint32_t captured)
{
	struct feed_packet packet;
	int fd = socket_on("v1");

	put(fd, numbered(7, size, tag), size);
	close(fd);
	assert_int_equal(next(live, LIMIT_NS, &packet), 1);
	check_packet(&packet, numbered(7, size, tag), captured, size);
	take(live);
	release(live);
}

/* The filter looks behind the cut. */
static void test_livefeed_snaplen_cuts_and_keeps_the_length(void **state)
{
	struct filter filter = compiled("vlan or ether[1000] != 255", 0);

	(void)state;
	for (unsigned int with = 0; with < 2; with++) {
		struct livefeed *live = must_open(CAPTURE_IN, with ? &filter : NULL, 40);

		check_cut(live, 0, FRAME, 40);
		check_cut(live, 100, FRAME, 40);
		check_cut(live, 100, 41, 40);
		check_cut(live, 100, 40, 40);
		check_cut(live, 100, 39, 39);
		if (!with)
			check_cut(live, 0, 39, 39);
		livefeed_close(live);
	}
	filter_free(&filter);
}

/* So does what a filter returns that was compiled for less. */
static void test_livefeed_filters_own_snaplen_cuts(void **state)
{
	struct filter filter = compiled("", 30);
	struct livefeed *live = must_open(CAPTURE_IN, &filter, 0);

	(void)state;
	check_cut(live, 0, 100, 30);
	check_cut(live, 100, 100, 30);
	livefeed_close(live);
	filter_free(&filter);
}

/* The longest program that there is, with what we put in front of it too long for the kernel: it is
 * run here, with the same result. */
static void test_livefeed_filter_that_the_kernel_refuses_still_works(void **state)
{
	struct filter filter = { .count = BPF_MAXINSNS };
	struct livefeed *live;

	(void)state;
	filter.insns = calloc(filter.count, sizeof(*filter.insns));
	for (unsigned int i = 0; i < filter.count; i++) /* A = the number, again and again */
		filter.insns[i] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 56);
	filter.insns[filter.count - 2] = (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 1);
	filter.insns[filter.count - 1] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_A, 0);
	live = must_open(CAPTURE_IN, &filter, 0);
	put_numbered("v0", 0, 20, 60); /* the other direction */
	put_numbered("v1", 0, 20, 60);
	for (uint32_t i = 1; i < 20; i += 2) {
		struct feed_packet packet;

		assert_int_equal(next(live, LIMIT_NS, &packet), 1);
		check_packet(&packet, numbered(i, 60, 0), 1, 60); /* A is 1 */
		assert_int_equal(*(const uint8_t *)packet.data, numbered(i, 60, 0)[0]);
		take(live);
		release(live);
	}
	nothing_comes(live);
	livefeed_close(live);
	filter_free(&filter);
}

/* A child that sends on both ends until it is killed, 50000 packets a second at most. What a queue
 * has no room for does not matter. */
static pid_t flood(void)
{
	const uint8_t *frame = numbered(0, 60, 0);
	int ends[] = { socket_on("v0"), socket_on("v1") };
	pid_t child = fork();

	if (!child)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (!child) {
		for (unsigned int i = 0; i < 10; i++)
			(void)!send(ends[i & 1], frame, 60, 0);
		usleep(200);
	}
	close(ends[0]);
	close(ends[1]);
	return child;
}

/* Between the opening of a socket and its filter everything comes in. */
static void test_livefeed_open_amid_packets_takes_none_that_do_not_match(void **state)
{
	struct filter filter = compiled("tcp port 4711", 0);
	pid_t child;

	(void)state;
	if (geteuid() != 0)
		skip();
	child = flood();
	assert_true(child > 0);
	for (int i = 0; i < 40; i++) {
		struct livefeed *live = must_open(i & 1 ? CAPTURE_OUT : CAPTURE_IN, &filter, 0);
		struct feed_packet packet;

		assert_int_equal(next(live, 2 * LIVEFEED_DELAY_MS * MS, &packet), 0);
		livefeed_close(live);
	}
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	filter_free(&filter);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_LINKS(test_livefeed_filter_takes_what_matches),
		ON_LINKS(test_livefeed_filter_that_matches_nothing_gives_nothing),
		ON_LINKS(test_livefeed_tag_is_in_the_frame_again),
		ON_LINKS(test_livefeed_filter_sees_the_tag),
		ON_LINKS(test_livefeed_snaplen_cuts_and_keeps_the_length),
		ON_LINKS(test_livefeed_filters_own_snaplen_cuts),
		ON_LINKS(test_livefeed_filter_that_the_kernel_refuses_still_works),
		ON_LINKS(test_livefeed_open_amid_packets_takes_none_that_do_not_match),
	};

	return cmocka_run_group_tests_name("livefeed filter", tests, own_namespace, NULL);
}
