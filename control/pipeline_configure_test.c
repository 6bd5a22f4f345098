/* SPDX-License-Identifier: GPL-2.0-only */
/* From stages to a configuration and back: nothing here asks the kernel for anything. */
#include "pipeline_testing.h"

enum { OWN = 5 }; /* index of the interface that the pipeline is for */

static int configure(const char *line, struct pipeline_cfg *cfg, struct err *err)
{
	return bench_configure(line, true, OWN, cfg, err);
}

static void test_configure_header_says_whose_it_is(void **state)
{
	struct pipeline_cfg cfg;

	(void)state;
	memset(&cfg, 0xee, sizeof(cfg));
	assert_int_equal(configure("pass", &cfg, NULL), 0);
	assert_int_equal(cfg.magic, PIPELINE_MAGIC);
	assert_int_equal(cfg.abi, PIPELINE_ABI);
	assert_int_equal(cfg.size, sizeof(cfg));
	assert_int_equal(cfg.layout, pipeline_layout());
	assert_int_equal(cfg.role, ROLE_PIPELINE);
	assert_int_equal(cfg.ifindex, OWN);
	assert_true(cfg.cpus >= 1);
	assert_true(cfg.counting);
	assert_int_equal(bench_configure("pass", false, OWN, &cfg, NULL), 0);
	assert_false(cfg.counting);
}

/* Where another version looks for what it must know to leave us alone. */
static void test_configure_first_24_bytes_keep_their_place(void **state)
{
	(void)state;
	assert_int_equal(offsetof(struct pipeline_cfg, magic), 0);
	assert_int_equal(offsetof(struct pipeline_cfg, abi), 8);
	assert_int_equal(offsetof(struct pipeline_cfg, size), 12);
	assert_int_equal(offsetof(struct pipeline_cfg, layout), 16);
	assert_int_equal(offsetof(struct pipeline_cfg, role), 24);
	assert_int_equal(sizeof(struct counter), 16);
	assert_int_equal(sizeof(struct preparation), 20);
}

struct shape {
	const char *line;
	uint8_t inner, last, parse; /* at most one inner stage */
};

static void test_configure_stages_are_in_order_and_parsed_as_far_as_needed(void **state)
{
	static const struct shape shapes[] = {
		{ "", 0, 0, PARSE_NONE },
		{ "pass", 0, STAGE_pass, PARSE_NONE },
		{ "drop", 0, STAGE_drop, PARSE_NONE },
		{ "count", STAGE_count, 0, PARSE_NONE },
		{ "count then drop", STAGE_count, STAGE_drop, PARSE_NONE },
		{ "count --by none then drop", STAGE_count, STAGE_drop, PARSE_NONE },
		{ "count --by proto", STAGE_count, 0, PARSE_L3 },
		{ "count --by src then pass", STAGE_count, STAGE_pass, PARSE_L3 },
		{ "count --by port then pass", STAGE_count, STAGE_pass, PARSE_L4 },
		{ "reflect", 0, STAGE_reflect, PARSE_L2 },
		{ "reflect --l3", 0, STAGE_reflect, PARSE_L3 },
		{ "reflect --l4", 0, STAGE_reflect, PARSE_L4 },
		{ "count --by port then reflect", STAGE_count, STAGE_reflect, PARSE_L4 },
		{ "count --by proto then reflect --l4", STAGE_count, STAGE_reflect, PARSE_L4 },
		{ "redirect #7", 0, STAGE_redirect, PARSE_NONE },
		{ "steer 0", 0, STAGE_steer, PARSE_NONE },
		{ "steer 0-3", 0, STAGE_steer, PARSE_L4 },
		{ "steer 0-3 --by src", 0, STAGE_steer, PARSE_L3 },
		{ "steer 0-3 --by round-robin", 0, STAGE_steer, PARSE_NONE },
		{ "count --by proto then steer 0,1", STAGE_count, STAGE_steer, PARSE_L4 },
		{ "redirect #7 #8", 0, STAGE_redirect, PARSE_NONE },
		{ "redirect #7 --swap-mac", 0, STAGE_redirect, PARSE_L2 },
		{ "redirect #7 --dst-mac 2:0:0:0:0:1", 0, STAGE_redirect, PARSE_L2 },
		{ "count --by src then redirect #7 --swap-mac", STAGE_count, STAGE_redirect,
		  PARSE_L3 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(shapes); i++) {
		const struct stage *list[PIPELINE_STAGES];
		const struct shape *want = &shapes[i];
		struct pipeline_cfg cfg;
		unsigned int n;

		assert_int_equal(configure(want->line, &cfg, NULL), 0);
		assert_int_equal(cfg.inner[0], want->inner);
		assert_int_equal(cfg.inner[1], 0);
		assert_int_equal(cfg.last, want->last);
		assert_int_equal(cfg.parse, want->parse);
		n = stage_list(&cfg, list);
		assert_int_equal(n, (want->inner != 0) + (want->last != 0));
		if (want->inner)
			assert_int_equal(list[0]->id, want->inner);
		if (want->last)
			assert_int_equal(list[n - 1]->id, want->last);
	}
}

static void test_configure_senseless_pipeline_is_refused_by_name(void **state)
{
	static const struct {
		const char *line, *object, *word;
	} cases[] = {
		/* a stage that would never see a packet */
		{ "pass then count", "pass", "never see" },
		{ "drop then pass", "drop", "never see" },
		{ "reflect then drop", "reflect", "never see" },
		{ "redirect #7 then count", "redirect", "never see" },
		{ "steer 0 then pass", "steer", "never see" },
		{ "count then drop then count", "drop", "never see" },
		{ "drop then drop", "drop", "never see" },
		/* twice */
		{ "count then count", "count", "twice" },
		{ "count then count then drop", "count", "twice" },
		{ "count --by proto then count --by src then pass", "count", "twice" },
		/* options that do not go together */
		{ "count --entries 10", "count", "--by" },
		{ "count --by none --entries 10", "count", "--by" },
		{ "redirect #5", "redirect", "ingress" },
		{ "redirect #7 #7", "redirect", "twice" },
		{ "redirect #7 #8 #9 #8", "redirect", "twice" },
		{ "redirect #7 #8 --both", "redirect", "--both" },
		{ "redirect #7 --both --src-mac 2:0:0:0:0:1", "redirect", "--both" },
		{ "redirect #7 --both --dst-mac 2:0:0:0:0:1", "redirect", "--both" },
		{ "redirect #7 --swap-mac --src-mac 2:0:0:0:0:1", "redirect", "--swap-mac" },
		{ "redirect #7 --swap-mac --dst-mac 2:0:0:0:0:1", "redirect", "--swap-mac" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct pipeline_cfg cfg;
		struct err err = { .errnum = 0 };

		if (configure(cases[i].line, &cfg, &err) != -EINVAL)
			fail_msg("\"%s\" was taken", cases[i].line);
		assert_int_equal(err.code, ERR_USAGE);
		assert_string_equal(err.object, cases[i].object);
		if (!strstr(err.message, cases[i].word))
			fail_msg("no \"%s\" in: %s", cases[i].word, err.message);
	}
}

static void test_configure_unknown_port_is_not_found(void **state)
{
	struct pipeline_cfg cfg;
	struct err err = { .errnum = 0 };

	(void)state;
	assert_int_equal(configure("redirect nosuchport0", &cfg, &err), -ENODEV);
	assert_int_equal(err.code, ERR_NOT_FOUND);
	assert_string_equal(err.object, "nosuchport0");
}

static void test_configure_redirect_takes_as_many_ports_as_there_is_room(void **state)
{
	char line[512] = "redirect";
	struct pipeline_cfg cfg;

	(void)state;
	for (unsigned int i = 0; i < REDIRECT_PORTS; i++)
		snprintf(line + strlen(line), sizeof(line) - strlen(line), " #%u", 100 + i);
	assert_int_equal(configure(line, &cfg, NULL), 0);
	assert_int_equal(cfg.redirect.ports, REDIRECT_PORTS);
	assert_true(cfg.redirect.flood);
	for (unsigned int i = 0; i < REDIRECT_PORTS; i++)
		assert_int_equal(cfg.redirect.port[i], 100 + i);
	assert_int_equal(stage_redirect.max_words, REDIRECT_PORTS);
	assert_int_equal(stage_redirect.min_words, 1);
}

static void test_configure_targets_are_all_ports_but_the_ingress(void **state)
{
	ifindex_t out[STAGE_TARGETS];
	struct pipeline_cfg cfg;

	(void)state;
	assert_int_equal(configure("redirect #7 #5 #9", &cfg, NULL), 0);
	assert_int_equal(stage_redirect.targets(&cfg, out), 2);
	assert_int_equal(out[0], 7);
	assert_int_equal(out[1], 9);
	assert_int_equal(configure("reflect", &cfg, NULL), 0);
	assert_int_equal(stage_reflect.targets(&cfg, out), 1);
	assert_int_equal(out[0], OWN);
}

/* The configuration of a running program says again what was asked for. */
static void test_configure_recalled_stages_give_the_same(void **state)
{
	static const char *const lines[] = {
		"pass",
		"count",
		"count --by proto then drop",
		"count --by src --entries 77 then reflect --l3",
		"reflect",
		"reflect --l4",
		"redirect #7 --swap-mac --both",
		"steer 0",
		"steer 0-3,7,9 --by src --queue 16384",
		"count then steer 1,3 --by round-robin --queue 1",
		"steer 6,8,10,12,14,16,18,20,22,24,26,28,30,32,34,36,38,40,42,44,46,48,50,52 "
		"100,102,104,106,108,110,112,114,116,118,120,122,124,126,128,130,132,134,136 --by dst",
		"redirect #7 --src-mac 2:0:0:0:0:1",
		"count --by port then redirect #7 #8 #9 --src-mac 2:0:0:0:0:1 --dst-mac 2:0:0:0:0:2",
	};
	struct stage_env env = { .ifindex = OWN,
				 .ifindex_of = name_to_index,
				 .name_of = index_to_name,
				 .cpus = some_cpus };

	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		static struct stage_use use[PIPELINE_STAGES];
		const struct stage *list[PIPELINE_STAGES];
		struct pipeline_cfg cfg, again;
		unsigned int n;

		assert_int_equal(configure(lines[i], &cfg, NULL), 0);
		n = stage_list(&cfg, list);
		memset(use, 0, sizeof(use));
		for (unsigned int k = 0; k < n; k++) {
			use[k].stage = list[k];
			if (list[k]->recall)
				list[k]->recall(&cfg, &env, &use[k]);
		}
		assert_int_equal(pipeline_configure(use, n, true, &env, &again, NULL), 0);
		assert_memory_equal(&cfg, &again, sizeof(cfg));
	}
}

static void test_configure_way_back_is_to_the_ingress(void **state)
{
	static struct stage_use use[BENCH_USES];
	struct stage_use back = { .stage = &stage_redirect };
	const char *other = NULL;

	(void)state;
	take_line("redirect #7 --both", use);
	assert_true(stage_redirect.reverse(&use[0], "eth5", &back, &other));
	assert_string_equal(other, "#7");
	assert_string_equal(back.word[0], "eth5");
	take_line("redirect #7", use);
	assert_false(stage_redirect.reverse(&use[0], "eth5", &back, &other));
}

static void test_stage_names_and_ids_find_each_other(void **state)
{
	(void)state;
	for (const struct stage *const *s = stages; *s; s++) {
		assert_ptr_equal(stage_by_name((*s)->name), *s);
		assert_ptr_equal(stage_by_id((*s)->id), *s);
		assert_true((*s)->id != STAGE_none && (*s)->help && (*s)->words);
		if (s != stages)
			assert_true(strcmp(s[-1]->name, (*s)->name) < 0);
	}
	assert_null(stage_by_name(""));
	assert_null(stage_by_name("Pass"));
	assert_null(stage_by_name("passs"));
	assert_null(stage_by_id(STAGE_none));
	assert_null(stage_by_id(255));
}

static void test_stage_reasons_and_verdicts_have_names(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < REASONS; i++) {
		assert_non_null(reason_name(i));
		for (unsigned int k = 0; k < i; k++)
			assert_string_not_equal(reason_name(i), reason_name(k));
	}
	assert_null(reason_name(REASONS));
	assert_null(reason_name(UINT32_MAX));
	assert_string_equal(verdict_name(0), "aborted");
	assert_string_equal(verdict_name(1), "drop");
	assert_string_equal(verdict_name(2), "pass");
	assert_string_equal(verdict_name(3), "tx");
	assert_string_equal(verdict_name(4), "redirect");
	assert_null(verdict_name(VERDICTS));
	assert_null(verdict_name(UINT32_MAX));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_configure_header_says_whose_it_is),
		cmocka_unit_test(test_configure_first_24_bytes_keep_their_place),
		cmocka_unit_test(test_configure_stages_are_in_order_and_parsed_as_far_as_needed),
		cmocka_unit_test(test_configure_senseless_pipeline_is_refused_by_name),
		cmocka_unit_test(test_configure_unknown_port_is_not_found),
		cmocka_unit_test(test_configure_redirect_takes_as_many_ports_as_there_is_room),
		cmocka_unit_test(test_configure_targets_are_all_ports_but_the_ingress),
		cmocka_unit_test(test_configure_recalled_stages_give_the_same),
		cmocka_unit_test(test_configure_way_back_is_to_the_ingress),
		cmocka_unit_test(test_stage_names_and_ids_find_each_other),
		cmocka_unit_test(test_stage_reasons_and_verdicts_have_names),
	};

	return cmocka_run_group_tests_name("pipeline_configure", tests, NULL, NULL);
}
