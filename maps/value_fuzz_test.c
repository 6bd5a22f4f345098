/* SPDX-License-Identifier: GPL-2.0-only */
/* The fuzz target over its committed corpus: what was found once stays mended. */
#include "value_fuzz.c"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* beside this file, which the compiler names from the root of the sources */
static DIR *open_corpus(char path[static 256])
{
	const char *slash = strrchr(__FILE__, '/');
	DIR *dir;

	snprintf(path, 256, "%.*s/value_fuzz.corpus", slash ? (int)(slash - __FILE__) : 0,
		 __FILE__);
	dir = opendir(path);
	if (!dir)
		fail_msg("%s: run it from the root of the sources", path);
	return dir;
}

static size_t read_file(const char *dir, const char *name, uint8_t *out, size_t size)
{
	char path[600];
	FILE *file;
	size_t n;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "rb");
	assert_non_null(file);
	n = fread(out, 1, size, file);
	fclose(file);
	return n;
}

static void for_corpus(void (*check)(const uint8_t *data, size_t size))
{
	char path[256];
	DIR *dir = open_corpus(path);
	unsigned int files = 0;
	struct dirent *entry;
	uint8_t data[4096];

	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		check(data, read_file(path, entry->d_name, data, sizeof(data)));
		files++;
	}
	closedir(dir);
	assert_true(files >= 24);
}

static void run_exactly(const uint8_t *data, size_t size)
{
	uint8_t *copy = exactly(data, size);

	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

static void test_value_fuzz_corpus_holds(void **state)
{
	(void)state;
	for_corpus(run_exactly);
}

static void cut_and_change(const uint8_t *data, size_t size)
{
	struct dice dice = { size };
	uint8_t *copy = exactly(data, size);

	for (size_t length = 2; length < size; length++)
		run_exactly(data, length);
	for (int i = 0; i < 200 && size > 2; i++) {
		memcpy(copy, data, size);
		copy[2 + below(&dice, (uint32_t)size - 2)] = (uint8_t)roll(&dice);
		copy[2 + below(&dice, (uint32_t)size - 2)] =
			(uint8_t) "{}[]\",:=0-#"[below(&dice, 11)];
		run_exactly(copy, size);
	}
	free(copy);
}

static void test_value_fuzz_corpus_cut_and_changed_holds(void **state)
{
	(void)state;
	for_corpus(cut_and_change);
}

/* Every type of the table and many random ones, of which some bytes are a text. */
static void test_value_fuzz_every_type_reads_its_own_text(void **state)
{
	struct dice dice = { 1 };
	uint8_t bytes[8192];

	(void)state;
	for (unsigned int number = 0; number < SEEDS; number += number < 64 ? 1 : 37) {
		const struct type *type = type_number(number);
		struct buf text = { 0 };

		assert_true(type->size <= sizeof(bytes));
		make_bytes(&dice, bytes, type->size);
		buf_char(&text, (char)number);
		buf_char(&text, (char)(number >> 8));
		value_print(type, bytes, number % 2 ? VALUE_JSON : VALUE_TEXT, &env, &text);
		run_exactly((const uint8_t *)buf_string(&text), text.length);
		buf_free(&text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_value_fuzz_corpus_holds),
		cmocka_unit_test(test_value_fuzz_corpus_cut_and_changed_holds),
		cmocka_unit_test(test_value_fuzz_every_type_reads_its_own_text),
	};

	return cmocka_run_group_tests_name("value_fuzz", tests, NULL, NULL);
}
