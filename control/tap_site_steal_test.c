/* SPDX-License-Identifier: GPL-2.0-only */
/* A capture that takes packets away, beside those that look. */
#include "tap_site_testing.h"

static int enter_stealing(struct tap_site *site, const char *expression, struct err *err)
{
	struct filter filter = tap_filter(expression, CAPTURE_SNAPLEN);
	const struct tap_steal steal = { .filter = &filter, .queues = 3 };
	int ret = tap_enter(&net, INGRESS, &steal, site, err);

	filter_free(&filter);
	return ret;
}

static void check_stealing(const char *expression, enum steal_what what)
{
	struct err err = { .message = "" };
	struct tap_site look, site, other;
	struct bpf_map_info info = { 0 };
	uint32_t length = sizeof(info);

	site_begin();
	attach_line("drop", false);
	enter(&look);
	assert_int_equal(enter_stealing(&site, expression, &err), 0);
	assert_int_equal(cfg_now().steal, what);
	assert_int_equal(cfg_now().queues, 3);
	assert_true(site.xsks >= 0 && site.counts >= 0);
	assert_int_equal(bpf_obj_get_info_by_fd(site.xsks, &info, &length), 0);
	assert_int_equal(info.max_entries, 3);
	assert_int_equal(tap_check(&look, &err), 0);	     /* the others look on */
	assert_int_equal(run_attached("ip4 udp"), XDP_DROP); /* there is no socket yet */
	assert_int_equal(enter_stealing(&other, expression, &err), -EBUSY);
	assert_int_equal(err.code, ERR_CONFLICT);
	assert_int_equal(cfg_now().steal, what);
	leave(&site);
	assert_int_equal(cfg_now().steal, STEAL_NOTHING);
	assert_int_not_equal(cfg_now().tapped, TAPPED_NOT);
	assert_int_equal(tap_beat(&look), 0);
	assert_int_equal(enter_stealing(&site, expression, &err), 0); /* and once more */
	leave(&look);
	assert_int_equal(cfg_now().steal, what);
	leave(&site);
	assert_int_equal(cfg_now().steal, STEAL_NOTHING);
	assert_int_equal(cfg_now().tapped, TAPPED_NOT);
	assert_int_equal(run_attached("ip4 udp"), XDP_DROP);
}

static void test_site_one_takes_packets_away(void **state)
{
	unsigned int fds = count_fds();

	(void)state;
	check_stealing("", STEAL_ALL);
	check_stealing("udp", STEAL_MATCHES);
	assert_int_equal(count_fds(), fds);
}

static void test_site_stealing_of_a_killed_one_is_cleared(void **state)
{
	const struct filter all = { 0 };
	const struct tap_steal steal = { .filter = &all, .queues = 1 };
	struct err err = { .message = "" };
	struct tap_site site;

	(void)state;
	site_begin();
	attach_line("drop", false);
	assert_int_equal(tap_enter(&net, INGRESS, &steal, &site, &err), 0);
	die(&site);
	clear(true);
	assert_int_equal(cfg_now().steal, STEAL_NOTHING);
	assert_int_equal(cfg_now().tapped, TAPPED_NOT);
	tap_close(&site);
}

/* Killed when it had closed the taps: who comes makes them anew, and takes nothing away. */
static void test_site_stealing_goes_with_taps_that_were_closed(void **state)
{
	struct err err = { .message = "" };
	struct tap_site killed, site;

	(void)state;
	site_begin();
	attach_line("drop", false);
	assert_int_equal(enter_stealing(&killed, "", &err), 0);
	killed.state->taken = TAP_CLOSED;
	enter(&site);
	assert_int_not_equal(site.id, killed.id);
	assert_int_equal(cfg_now().steal, STEAL_NOTHING);
	tap_close(&killed);
	leave(&site);
	assert_int_equal(cfg_now().tapped, TAPPED_NOT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_site_one_takes_packets_away),
		cmocka_unit_test(test_site_stealing_of_a_killed_one_is_cleared),
		cmocka_unit_test(test_site_stealing_goes_with_taps_that_were_closed),
	};

	return cmocka_run_group_tests_name("tap_site_steal", tests, site_setup, site_teardown);
}
