/* SPDX-License-Identifier: GPL-2.0-only */
#include "hist.h"

#include "map_testing.h"

static void test_hist_bounds_cover_all_numbers(void **state)
{
	uint64_t low, high, next = 0;

	(void)state;
	for (unsigned int slot = 1; slot < HIST_LOG2; slot++) {
		hist_bounds(false, slot, &low, &high);
		assert_int_equal(low, next);
		assert_true(high >= low);
		next = high + 1;
	}
	assert_int_equal(next, 0);
	hist_bounds(false, 0, &low, &high);
	assert_int_equal(low, 0);
	assert_int_equal(high, 0);
	hist_bounds(true, 1024, &low, &high);
	assert_int_equal(low, 1024);
	assert_int_equal(high, 1024);
}

static void assert_drawn(const struct hist *hist, bool linear, const char *wanted)
{
	struct buf out = { 0 };

	hist_draw(hist, linear, "usecs", &out);
	assert_string_equal(buf_string(&out), wanted);
	buf_free(&out);
}

static void test_hist_draw_is_bccs_picture(void **state)
{
	struct hist hist = { .slot = { 0, 1, 0, 10, 20 }, .used = 5 };

	(void)state;
	assert_drawn(
		&hist, false,
		"     usecs               : count     distribution\n"
		"         0 -> 1          : 1        |**                                      |\n"
		"         2 -> 3          : 0        |                                        |\n"
		"         4 -> 7          : 10       |********************                    |\n"
		"         8 -> 15         : 20       |****************************************|\n");
	assert_drawn(&hist, true,
		     "     usecs         : count     distribution\n"
		     "        0          : 0        |                                        |\n"
		     "        1          : 1        |**                                      |\n"
		     "        2          : 0        |                                        |\n"
		     "        3          : 10       |********************                    |\n"
		     "        4          : 20       |****************************************|\n");
}

/* Stars are whole ones: 39 of 40 at one below the most. */
static void test_hist_draw_rounds_stars_down(void **state)
{
	static const uint64_t most[] = { 1, 3, 40, 41, 1000003, 1ULL << 40 };

	(void)state;
	for (unsigned int i = 0; i < COUNT(most); i++) {
		struct hist hist = { .slot = { 0, most[i], most[i] - 1 }, .used = 3 };
		struct buf out = { 0 };
		unsigned int stars = 0;

		hist_draw(&hist, false, "x", &out);
		for (const char *c = buf_string(&out); *c; c++)
			stars += *c == '*';
		assert_int_equal(stars, 40 + 40 * (most[i] - 1) / most[i]);
		buf_free(&out);
	}
}

static void test_hist_reads_sections_and_cpus(void **state)
{
	struct map map = new_map(BPF_MAP_TYPE_PERCPU_HASH, 12, 8, 16, 0);
	struct hists hists;
	struct err err = { 0 };
	uint64_t *values = calloc(map.values, 8);

	(void)state;
	set_type(&map, true, "struct { u32 dev; u32 cpu; u32 slot; }");
	set_type(&map, false, "u64");
	for (unsigned int i = 0; i < map.values; i++)
		values[i] = i + 1;
	for (uint32_t slot = 1; slot < 4; slot++) {
		uint32_t key[3] = { 7, slot / 3, slot };

		assert_int_equal(bpf_map_update_elem(map.fd, key, values, BPF_ANY), 0);
	}
	assert_int_equal(hists_read(&map, false, NULL, &hists, &err), 0);
	assert_int_equal(hists.count, 2);
	assert_string_equal(hists.section, "dev,cpu");
	assert_string_equal(hists.hist[0].section, "dev=7,cpu=0");
	assert_int_equal(hists.hist[0].slot[2], map.values * (map.values + 1) / 2);
	assert_int_equal(hists.hist[0].used, 3);
	assert_string_equal(hists.hist[1].section, "dev=7,cpu=1");
	assert_int_equal(hists.hist[1].used, 4);
	hists_free(&hists);
	free(values);
	map_close(&map);
}

/* Bitfields tell sections apart, too. */
static void test_hist_sections_by_bitfields(void **state)
{
	struct map map = new_map(BPF_MAP_TYPE_HASH, 8, 8, 16, 0);
	struct hists hists;
	struct err err = { 0 };

	(void)state;
	set_type(&map, true, "struct { u32 cpu : 5; s32 nice : 6; u32 slot; }");
	set_type(&map, false, "u64");
	for (uint32_t cpu = 0; cpu < 3; cpu++) {
		uint32_t key[2] = { cpu | 0x3fu << 5, 2 };
		uint64_t count = cpu + 1;

		assert_int_equal(bpf_map_update_elem(map.fd, key, &count, BPF_ANY), 0);
	}
	assert_int_equal(hists_read(&map, false, NULL, &hists, &err), 0);
	assert_int_equal(hists.count, 3);
	assert_string_equal(hists.section, "cpu,nice");
	assert_string_equal(hists.hist[1].section, "cpu=1,nice=-1");
	assert_int_equal(hists.hist[1].slot[2], 2);
	hists_free(&hists);
	map_close(&map);
}

static void test_hist_refuses_what_is_no_slot(void **state)
{
	struct map map = new_numbers(BPF_MAP_TYPE_HASH, 16, 0);
	struct hists hists;
	struct err err = { 0 };

	(void)state;
	put(&map, 65, 1);
	assert_true(hists_read(&map, false, NULL, &hists, &err) < 0);
	assert_int_equal(err.code, ERR_USAGE);
	assert_non_null(strstr(err.hint, "--linear"));
	assert_int_equal(hists_read(&map, true, NULL, &hists, &err), 0);
	assert_int_equal(hists.count, 1);
	assert_null(hists.hist[0].section);
	assert_int_equal(hists.hist[0].used, 66);
	hists_free(&hists);
	put(&map, 65, 0); /* nothing counted: no slot */
	assert_int_equal(hists_read(&map, false, NULL, &hists, &err), 0);
	assert_int_equal(hists.count, 0);
	hists_free(&hists);
	put(&map, 1025, 1);
	assert_true(hists_read(&map, true, NULL, &hists, &err) < 0);
	map_close(&map);
	map = new_map(BPF_MAP_TYPE_HASH, 4, 4, 4, 0);
	assert_true(hists_read(&map, false, NULL, &hists, &err) < 0);
	assert_non_null(strstr(err.hint, "--key-as"));
	map_close(&map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hist_bounds_cover_all_numbers),
		cmocka_unit_test(test_hist_draw_is_bccs_picture),
		cmocka_unit_test(test_hist_draw_rounds_stars_down),
		cmocka_unit_test(test_hist_reads_sections_and_cpus),
		cmocka_unit_test(test_hist_sections_by_bitfields),
		cmocka_unit_test(test_hist_refuses_what_is_no_slot),
	};

	return cmocka_run_group_tests_name("hist", tests, NULL, NULL);
}
