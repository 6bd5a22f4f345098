/* SPDX-License-Identifier: GPL-2.0-only */
/* What holds for all types and values, tried on random ones. XDPCTL_SEED=N repeats a failure. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "value_testing.h"

#define TYPES	  1500
#define VALUES	  12
#define MUTATIONS 10

static struct type *random_type(uint64_t seed, struct maker *m)
{
	struct err err = { 0 };
	struct type *type;
	struct made made;

	*m = (struct maker){ .dice = { seed }, .btf = btf__new_empty() };
	assert_non_null(m->btf);
	made = below(&m->dice, 2) ? make_struct(m, 0, false) : make_type(m, 0);
	assert_true(made.id > 0);
	if (type_from_btf(m->btf, (uint32_t)made.id, &type, &err))
		fail_msg("seed %llu: %s", (unsigned long long)seed, err.message);
	assert_int_equal(type->size, made.size);
	btf__free(m->btf);
	return type;
}

static void for_seeds(void (*check)(uint64_t seed))
{
	const char *only = getenv("XDPCTL_SEED");

	if (only) {
		check(strtoull(only, NULL, 10));
		return;
	}
	for (uint64_t seed = 1; seed <= TYPES; seed++)
		check(seed);
}

static void check_round_trip(uint64_t seed)
{
	struct maker m;
	struct type *type = random_type(seed, &m);
	uint8_t *bytes = malloc(type->size ? type->size : 1);
	struct buf why = { 0 };

	assert_non_null(bytes);
	for (int i = 0; i < VALUES; i++) {
		make_bytes(&m.dice, bytes, type->size);
		if (!round_trips(type, bytes, NULL, &why))
			fail_msg("seed %llu: %s", (unsigned long long)seed, buf_string(&why));
	}
	free(bytes);
	type_free(type);
}

static void test_value_random_type_text_and_json_give_the_same_bytes(void **state)
{
	(void)state;
	for_seeds(check_round_trip);
}

/* A few changes of the kind that people and broken files make. */
static void mutate(struct dice *dice, struct buf *text)
{
	static const char bits[] = "{}[]\",:=.-#0123456789abcdefx \\u\n";
	char *at;

	for (uint32_t n = 1 + below(dice, 3); n && text->length; n--) {
		at = text->data + below(dice, (uint32_t)text->length);
		switch (below(dice, 4)) {
		case 0:
			*at = bits[below(dice, sizeof(bits) - 1)];
			break;
		case 1:
			*at = (char)roll(dice);
			break;
		case 2: /* take one out */
			memmove(at, at + 1, (size_t)(text->data + --text->length - at));
			break;
		default: /* one more, the same as another */
			buf_char(text, text->data[below(dice, (uint32_t)text->length)]);
		}
	}
}

static void check_mutations(uint64_t seed)
{
	struct maker m;
	struct type *type = random_type(seed, &m);
	uint8_t *bytes = malloc(type->size ? type->size : 1), *read;
	struct buf text = { 0 }, why = { 0 };
	struct err err;

	assert_non_null(bytes);
	for (int i = 0; i < MUTATIONS; i++) {
		make_bytes(&m.dice, bytes, type->size);
		buf_clear(&text);
		value_print(type, bytes, i % 2 ? VALUE_TEXT : VALUE_JSON, NULL, &text);
		mutate(&m.dice, &text);
		err = (struct err){ 0 };
		read = read_back(type, buf_string(&text), text.length, false, NULL, &err);
		if (!read && (!err.code || !err.message[0]))
			fail_msg("seed %llu: no error: %s", (unsigned long long)seed,
				 buf_string(&text));
		if (read && !round_trips(type, read, NULL, &why))
			fail_msg("seed %llu: %s", (unsigned long long)seed, buf_string(&why));
		free(read);
	}
	buf_free(&text);
	free(bytes);
	type_free(type);
}

static void test_value_random_mutation_is_refused_or_round_trips(void **state)
{
	(void)state;
	for_seeds(check_mutations);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_value_random_type_text_and_json_give_the_same_bytes),
		cmocka_unit_test(test_value_random_mutation_is_refused_or_round_trips),
	};

	return cmocka_run_group_tests_name("value_random", tests, NULL, NULL);
}
