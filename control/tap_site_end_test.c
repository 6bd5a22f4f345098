/* SPDX-License-Identifier: GPL-2.0-only */
/* Captures that end otherwise than they should. */
#include "tap_site_testing.h"

/* ---- a capture is killed */

static void test_site_what_a_killed_one_left_is_cleared(void **state)
{
	static const char *const lines[] = { NULL, "count --by proto then drop", "reflect --l4" };

	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		unsigned int fds = count_fds();
		struct pipeline_cfg before = { 0 }, after;
		struct tap_site site, other;

		site_begin();
		clear(false);
		if (lines[i]) {
			attach_line(lines[i], false);
			before = cfg_now();
			clear(false);
			assert_int_equal(run_attached("ip4 udp"), i == 1 ? XDP_DROP : XDP_TX);
		}
		enter(&site);
		enter(&other);
		die(&site);
		die(&other);
		clear(true);
		clear(false);
		if (lines[i]) {
			after = cfg_now();
			assert_memory_equal(&after, &before, sizeof(after));
			assert_int_equal(packets_counted(), 1);
		} else {
			check_nothing_attached();
		}
		/* the killed ones, had they only been slow */
		assert_int_equal(tap_beat(&site), -EOWNERDEAD);
		leave(&site);
		leave(&other);
		assert_int_equal(count_fds(), fds);
	}
}

static void test_site_of_one_that_lives_is_not_cleared(void **state)
{
	struct tap_site site, dead;
	struct err err;
	bool done;

	(void)state;
	site_begin();
	enter(&dead);
	enter(&site);
	die(&dead);
	assert_int_equal(tap_clear(&net, INGRESS, &done, &err), -EBUSY);
	assert_int_equal(err.code, ERR_CONFLICT);
	assert_false(done);
	assert_int_equal(tap_beat(&site), 0);
	assert_int_not_equal(cfg_now().tapped, TAPPED_NOT);
	leave(&dead);
	assert_int_not_equal(cfg_now().tapped, TAPPED_NOT);
	leave(&site);
	check_nothing_attached();
}

static void test_site_place_of_a_killed_one_is_taken_over(void **state)
{
	struct tap_site first, second;
	struct err err;

	(void)state;
	site_begin();
	enter(&first);
	die(&first);
	enter(&second);
	assert_int_equal(second.place, first.place);
	assert_int_equal(second.id, first.id);
	assert_int_equal(tap_beat(&first), -EOWNERDEAD);
	assert_int_equal(tap_leave(&first, &err), 0);
	tap_close(&first);
	assert_int_equal(tap_beat(&second), 0);
	assert_int_equal(tap_check(&second, &err), 0);
	leave(&second);
	check_nothing_attached();
}

/* Killed after it had closed the taps, before it took them out. */
static void test_site_taps_that_somebody_closed_and_left_are_made_anew(void **state)
{
	static const char *const lines[] = { NULL, "count --by proto then drop" };

	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		unsigned int fds = count_fds();
		struct tap_site killed, site;
		struct err err;

		site_begin();
		if (lines[i])
			attach_line(lines[i], false);
		enter(&killed);
		run_attached("ip4 udp");
		assert_true(tap_state_release(killed.state, killed.taps, killed.place, killed.beat,
					      &(bool){ false }) == 0);
		assert_int_equal(killed.state->taken, TAP_CLOSED);
		enter(&site);
		assert_int_not_equal(site.id, killed.id);
		assert_int_equal(tap_check(&killed, &err), -ESTALE);
		tap_close(&killed);
		if (lines[i])
			assert_int_equal(packets_counted(), 1);
		leave(&site);
		if (lines[i])
			assert_int_equal(cfg_now().tapped, TAPPED_NOT);
		else
			check_nothing_attached();
		/* the same, and nobody comes: what is closed is cleared */
		enter(&killed);
		killed.state->taken = TAP_CLOSED;
		clear(true);
		tap_close(&killed);
		assert_int_equal(count_fds(), fds);
	}
}

/* The keeper gives the beats in a process of its own; when it is gone, the capture goes on. */
static void test_site_is_adopted_from_who_beat_for_it(void **state)
{
	struct tap_site site, keeper;

	(void)state;
	site_begin();
	enter(&site);
	keeper = site;
	assert_int_equal(tap_beat(&keeper), 0);
	assert_int_equal(tap_beat(&site), -EOWNERDEAD);
	tap_adopt(&site);
	assert_int_equal(tap_beat(&site), 0);
	leave(&site);
	check_nothing_attached();
}

/* ---- the interface or its pipeline goes */

static void test_site_interface_that_is_deleted_is_told(void **state)
{
	static const char *const lines[] = { NULL, "drop" };

	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		unsigned int fds = count_fds();
		struct tap_site site;
		struct err err;
		bool done;

		site_begin();
		if (lines[i])
			attach_line(lines[i], false);
		enter(&site);
		assert_int_equal(system("ip link del t0"), 0);
		assert_int_equal(tap_check(&site, &err), -ENODEV);
		assert_int_equal(err.code, ERR_NOT_FOUND);
		assert_int_equal(tap_beat(&site), 0);
		leave(&site);
		assert_int_equal(count_fds(), fds);
		assert_int_equal(tap_clear(&net, INGRESS, &done, &err), -ENODEV);
	}
}

static void test_site_pipeline_that_is_detached_is_told(void **state)
{
	struct detach_result results[XDP_MODES];
	struct tap_site site;
	unsigned int count;
	struct err err;

	(void)state;
	site_begin();
	attach_line("drop", false);
	enter(&site);
	assert_int_equal(detach(&net, INGRESS, false, results, &count, &err), -EBUSY);
	assert_int_equal(detach(&net, INGRESS, true, results, &count, &err), 0);
	assert_int_equal(tap_check(&site, &err), -ESTALE);
	assert_int_equal(err.code, ERR_CONFLICT);
	leave(&site);
	check_nothing_attached();
}

static void test_site_program_that_came_instead_stays(void **state)
{
	struct program running;
	struct tap_site site;
	struct err err;
	int foreign;
	uint32_t id;

	(void)state;
	site_begin();
	enter(&site);
	running = running_now();
	foreign = foreign_load();
	put_on(foreign, running.fd);
	program_close(&running);
	id = id_now();
	assert_int_equal(tap_check(&site, &err), -ESTALE);
	assert_non_null(strstr(err.message, "foreign"));
	leave(&site);
	assert_int_equal(id_now(), id);
	close(foreign);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_site_what_a_killed_one_left_is_cleared),
		cmocka_unit_test(test_site_of_one_that_lives_is_not_cleared),
		cmocka_unit_test(test_site_place_of_a_killed_one_is_taken_over),
		cmocka_unit_test(test_site_taps_that_somebody_closed_and_left_are_made_anew),
		cmocka_unit_test(test_site_is_adopted_from_who_beat_for_it),
		cmocka_unit_test(test_site_interface_that_is_deleted_is_told),
		cmocka_unit_test(test_site_pipeline_that_is_detached_is_told),
		cmocka_unit_test(test_site_program_that_came_instead_stays),
	};

	return cmocka_run_group_tests_name("tap_site_end", tests, site_setup, site_teardown);
}
