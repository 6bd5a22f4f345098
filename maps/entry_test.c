/* SPDX-License-Identifier: GPL-2.0-only */
#include "entry.h"

#include <string.h>

#include "map_testing.h"
#include "percpu.h"

/* A map that is not in the kernel: entry.c looks at its types only. */
static struct map described(const char *kind, const char *key, const char *value)
{
	struct map map = { .fd = -1, .values = 1, .kind = map_kind_by_name(kind), .object = "map" };
	struct err err = { 0 };

	assert_non_null(map.kind);
	if (key && ctype_parse(key, NULL, &map.key, &err))
		fail_msg("%s: %s", key, err.message);
	if (ctype_parse(value, NULL, &map.value, &err))
		fail_msg("%s: %s", value, err.message);
	map.key_size = key ? map.key->size : 0;
	map.value_size = map.value->size;
	map.stride = map.value_size;
	if (map.kind->traits & KIND_PERCPU) {
		map.values = 3;
		map.stride = (map.value_size + 7) / 8 * 8;
	}
	return map;
}

static void forget(struct map *map)
{
	type_free(map->key);
	type_free(map->value);
}

/* Parse the line, print it in both forms, and parse those again. NULL where it has to be refused:
 * then text is what the error says. */
static void check_line(const struct map *map, const char *line, const char *text, const char *json)
{
	char key[64], values[512], key2[64], values2[512];
	struct buf out = { 0 };
	struct err err = { 0 };
	int ret = entry_parse(map, line, strlen(line), key, values, NULL, &err);

	if (!json) {
		char message[1400];

		snprintf(message, sizeof(message), "%s: %s", err.object, err.message);
		if (!ret || !strstr(message, text))
			fail_msg("%s: %d %s, wanted %s", line, ret, message, text);
		assert_int_equal(err.code, ERR_USAGE);
		return;
	}
	if (ret)
		fail_msg("%s: %s: %s", line, err.object, err.message);
	for (enum value_style style = VALUE_TEXT; style <= VALUE_JSON; style++) {
		buf_clear(&out);
		entry_print(map, key, values, style, NULL, &out);
		assert_string_equal(buf_string(&out), style == VALUE_TEXT ? text : json);
		assert_int_equal(entry_parse(map, out.data, out.length, key2, values2, NULL, &err),
				 0);
		assert_memory_equal(key, key2, map->key_size);
		assert_memory_equal(values, values2, map_room(map));
	}
	buf_free(&out);
}

static void test_entry_lines_round_trip(void **state)
{
	struct map map = described("hash", "struct { u16 a; u16 b; }",
				   "struct { u32 x; u8 y[2]; char name[6]; }");

	(void)state;
	check_line(&map, "a=1,b=2 = x=3,y=[4,5],name=x", "a=1,b=2 = x=3,y=[4,5],name=x",
		   "{\"key\":{\"a\":1,\"b\":2},\"value\":{\"x\":3,\"y\":[4,5],\"name\":\"x\"}}");
	check_line(&map, " b=2 =  x=3\r", "a=0,b=2 = x=3,y=[0,0],name=\"\"",
		   "{\"key\":{\"a\":0,\"b\":2},\"value\":{\"x\":3,\"y\":[0,0],\"name\":\"\"}}");
	/* " = " in text */
	check_line(
		&map, "a=1 = name=\"a = b\"", "a=1,b=0 = x=0,y=[0,0],name=\"a = b\"",
		"{\"key\":{\"a\":1,\"b\":0},\"value\":{\"x\":0,\"y\":[0,0],\"name\":\"a = b\"}}");
	check_line(&map, "{\"value\":{\"x\":1}, \"key\" :\n{\"b\":7}}\t,\n",
		   "a=0,b=7 = x=1,y=[0,0],name=\"\"",
		   "{\"key\":{\"a\":0,\"b\":7},\"value\":{\"x\":1,\"y\":[0,0],\"name\":\"\"}}");
	check_line(&map, "{a=1,b=2} = {x=3}", "a=1,b=2 = x=3,y=[0,0],name=\"\"",
		   "{\"key\":{\"a\":1,\"b\":2},\"value\":{\"x\":3,\"y\":[0,0],\"name\":\"\"}}");
	check_line(&map, "hex:01000200 = hex:010000000000000000000000",
		   "a=1,b=2 = x=1,y=[0,0],name=\"\"",
		   "{\"key\":{\"a\":1,\"b\":2},\"value\":{\"x\":1,\"y\":[0,0],\"name\":\"\"}}");
	forget(&map);
}

static void test_entry_bad_lines_say_what_is_wrong(void **state)
{
	struct map map = described("hash", "u32", "struct { u32 x; u8 y[2]; u16 z; }");

	(void)state;
	check_line(&map, "", "wants KEY = VALUE", NULL);
	check_line(&map, "1", "wants KEY = VALUE", NULL);
	check_line(&map, "1=x=1", "wants KEY = VALUE", NULL);
	check_line(&map, "1 =x=1", "wants KEY = VALUE", NULL);
	check_line(&map, "\"1 = x=1", "wants KEY = VALUE", NULL);
	check_line(&map, "a = x=1", "key: ", NULL);
	check_line(&map, "1 = x=-1", "value.x: -1 is not in", NULL);
	check_line(&map, "1 = y[2]=1", "value: [2]: there are 2 elements", NULL);
	check_line(&map, "4294967296 = x=1", "key: 4294967296 is not in", NULL);
	check_line(&map, "{\"key\":1}", "\"value\" is missing", NULL);
	check_line(&map, "{\"value\":{}}", "\"key\" is missing", NULL);
	check_line(&map, "{\"key\":1,\"value\":{}", "closing }", NULL);
	check_line(&map, "{\"key\":1,\"value\":{}} {", "left over", NULL);
	check_line(&map, "{\"key\":1,\"value\":{}},,", "left over", NULL);
	check_line(&map, "{\"key\":1,\"key\":1,\"value\":{}}", "wants {", NULL);
	check_line(&map, "{\"keys\":1,\"value\":{}}", "wants {", NULL);
	check_line(&map, "{\"key\" 1,\"value\":{}}", "wants {", NULL);
	check_line(&map, "{\"key\":1,\"value\":{\"x\":256,\"y\":[256,1]}}", "value.y[0]: 256",
		   NULL);
	check_line(&map, "{\"key\":1,\"value\":{\"q\":1}}", "\"q\"", NULL);
	check_line(&map, "{\"key\":", "key", NULL);
	check_line(&map, "{\"key\"", "wants {", NULL);
	forget(&map);
}

static void test_entry_percpu_has_a_value_for_each(void **state)
{
	struct map map = described("percpu_hash", "u32", "u32");

	(void)state;
	check_line(&map, "1 = [1,2,3]", "1 = [1,2,3]",
		   "{\"key\":1,\"values\":[1,2,3],\"total\":6}");
	check_line(&map, "1 = [ 1 ,\t2 , 3 ] ", "1 = [1,2,3]",
		   "{\"key\":1,\"values\":[1,2,3],\"total\":6}");
	check_line(&map, "1 = 5", "1 = [5,5,5]", "{\"key\":1,\"values\":[5,5,5],\"total\":15}");
	check_line(&map, "{\"key\":1,\"value\":5}", "1 = [5,5,5]",
		   "{\"key\":1,\"values\":[5,5,5],\"total\":15}");
	check_line(&map, "{\"total\":\"}\",\"key\":1,\"values\":[\n1,2,\n3\n]}", "1 = [1,2,3]",
		   "{\"key\":1,\"values\":[1,2,3],\"total\":6}");
	check_line(&map, "1 = [1,2]", "a list of 3", NULL);
	check_line(&map, "1 = [1,2,3,4]", "a list of 3", NULL);
	check_line(&map, "1 = [1,2,3", "a list of 3", NULL);
	check_line(&map, "1 = [1,2,3] 4", "left over", NULL);
	check_line(&map, "1 = [1,2,4294967296]", "value", NULL);
	check_line(&map, "{\"key\":1,\"values\":5}", "a list", NULL);
	check_line(&map, "{\"key\":1,\"values\":[1,2]}", "a list of 3", NULL);
	forget(&map);
}

/* A list of lists is one for each CPU; a plain list is the value. */
static void test_entry_percpu_lists_are_told_apart(void **state)
{
	struct map map = described("percpu_array", "u32", "u8[2]");

	(void)state;
	check_line(&map, "1 = [1,2]", "1 = [[1,2],[1,2],[1,2]]",
		   "{\"key\":1,\"values\":[[1,2],[1,2],[1,2]],\"total\":[3,6]}");
	check_line(&map, "1 = [[1,2],[3,4],[5,6]]", "1 = [[1,2],[3,4],[5,6]]",
		   "{\"key\":1,\"values\":[[1,2],[3,4],[5,6]],\"total\":[9,12]}");
	forget(&map);
	map = described("percpu_array", "u32", "struct { u16 a; char t[2]; }");
	check_line(&map, "1 = [{a=1},{a=2,t=x},{}]", "1 = [{a=1,t=\"\"},{a=2,t=x},{a=0,t=\"\"}]",
		   "{\"key\":1,\"values\":[{\"a\":1,\"t\":\"\"},{\"a\":2,\"t\":\"x\"},"
		   "{\"a\":0,\"t\":\"\"}],\"total\":{\"a\":3,\"t\":\"\"}}");
	forget(&map);
}

/* What is not named keeps what every CPU had. */
static void test_entry_parse_values_keeps_the_rest(void **state)
{
	struct map map = described("percpu_hash", "u32", "struct { u32 a; u32 b; }");
	uint32_t values[3][2] = { { 1, 2 }, { 3, 4 }, { 5, 6 } };

	(void)state;
	assert_int_equal(entry_parse_values(&map, "b=9", 3, values, NULL, NULL), 0);
	for (uint32_t i = 0; i < 3; i++) {
		assert_int_equal(values[i][0], 2 * i + 1);
		assert_int_equal(values[i][1], 9);
	}
	forget(&map);
}

/* A queue has no keys: the value alone. */
static void test_entry_print_without_a_key(void **state)
{
	struct map map = described("queue", NULL, "u32");
	uint32_t value = 7;
	struct buf out = { 0 };
	char text[128];

	(void)state;
	entry_print(&map, NULL, &value, VALUE_TEXT, NULL, &out);
	assert_string_equal(buf_string(&out), "7");
	buf_clear(&out);
	entry_print(&map, NULL, &value, VALUE_JSON, NULL, &out);
	assert_string_equal(buf_string(&out), "{\"value\":7}");
	assert_string_equal(entry_key_text(&map, NULL, NULL, text), "key ");
	buf_free(&out);
	forget(&map);
}

static void test_entry_key_text_is_cut(void **state)
{
	struct map map = described("hash", "u8[400]", "u32");
	uint8_t key[400];
	char text[128];

	(void)state;
	memset(key, 255, sizeof(key));
	assert_int_equal(strlen(entry_key_text(&map, key, NULL, text)), 127);
	assert_memory_equal(text, "key [255,255,", 13);
	forget(&map);
}

/* Every end of a line, exactly allocated for the sanitizer. */
static void test_entry_cut_lines_are_refused_or_whole(void **state)
{
	static const char *const lines[] = {
		"{\"key\":1,\"values\":[1,2,3],\"total\":6}",
		"1 = [1,2,3]",
		"{ \"value\" : \"hex:00 00 00 00\" , \"key\" : 1 } , ",
	};
	struct map map = described("percpu_hash", "u32", "u32");
	char key[4], values[24];

	(void)state;
	for (unsigned int i = 0; i < COUNT(lines); i++) {
		for (size_t length = 0; length < strlen(lines[i]); length++) {
			char *copy = malloc(length ? length : 1);
			struct err err = { 0 };

			memcpy(copy, lines[i], length);
			if (entry_parse(&map, copy, length, key, values, NULL, &err))
				assert_int_equal(err.code, ERR_USAGE);
			free(copy);
		}
	}
	forget(&map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_entry_lines_round_trip),
		cmocka_unit_test(test_entry_bad_lines_say_what_is_wrong),
		cmocka_unit_test(test_entry_percpu_has_a_value_for_each),
		cmocka_unit_test(test_entry_percpu_lists_are_told_apart),
		cmocka_unit_test(test_entry_parse_values_keeps_the_rest),
		cmocka_unit_test(test_entry_print_without_a_key),
		cmocka_unit_test(test_entry_key_text_is_cut),
		cmocka_unit_test(test_entry_cut_lines_are_refused_or_whole),
	};

	return cmocka_run_group_tests_name("entry", tests, NULL, NULL);
}
