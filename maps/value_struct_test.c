/* SPDX-License-Identifier: GPL-2.0-only */
#include "value_checks_testing.h"

/* One of everything. */

enum mode { OFF, ON = 5, BROKEN = -2 };

struct in {
	uint16_t b;
	uint8_t c[2];
};

struct flow {
	uint32_t src;  /* ip4_be */
	uint16_t port; /* port_be */
	uint8_t tag[3];
	int32_t n;
	struct in in[2];
	union {
		uint32_t word;
		uint16_t half[2];
	};
	int32_t mode;
	int32_t small : 3;
	uint32_t wide : 11; /* crosses bytes */
	uint32_t flag : 1;
	int32_t narrow : 4; /* enum mode */
	char name[8];
	uint32_t lock;
	uint32_t ifindex;
};

static struct btf *flow_btf;
static struct type *flow;

static void field(const char *name, int type, size_t bit, uint32_t bits)
{
	assert_int_equal(btf__add_field(flow_btf, name, type, (__u32)bit, bits), 0);
}

static int setup_flow(void **state)
{
	struct btf *b = flow_btf = btf__new_empty();
	int u8 = btf__add_int(b, "unsigned char", 1, 0), u16 = btf__add_int(b, "u16", 2, 0);
	int u32 = btf__add_int(b, "u32", 4, 0), s32 = btf__add_int(b, "int", 4, BTF_INT_SIGNED);
	int c = btf__add_int(b, "char", 1, BTF_INT_SIGNED), boolean;
	int ip = btf__add_typedef(b, "ip4_be", u32), port = btf__add_typedef(b, "port_be", u16);
	int ifindex = btf__add_typedef(b, "ifindex_t", u32);
	int in, un, lock, mode, u8s = btf__add_array(b, u32, u8, 2), id;
	struct err err;

	(void)state;
	boolean = btf__add_int(b, "_Bool", 1, BTF_INT_BOOL);
	in = btf__add_struct(b, "in", 4);
	field("b", u16, 0, 0);
	field("c", u8s, 16, 0);
	in = btf__add_array(b, u32, in, 2);
	u16 = btf__add_array(b, u32, u16, 2);
	un = btf__add_union(b, "", 4);
	field("word", u32, 0, 0);
	field("half", u16, 0, 0);
	lock = btf__add_struct(b, "bpf_spin_lock", 4);
	field("val", u32, 0, 0);
	mode = btf__add_enum(b, "mode", 4);
	btf__add_enum_value(b, "OFF", OFF);
	btf__add_enum_value(b, "ON", ON);
	btf__add_enum_value(b, "BROKEN", BROKEN);
	btf__add_enum_value(b, "LARGE", 100);
	u8s = btf__add_array(b, u32, u8, 3);
	c = btf__add_array(b, u32, c, 8);
	id = btf__add_struct(b, "flow", sizeof(struct flow));
	field("src", ip, 8 * offsetof(struct flow, src), 0);
	field("port", port, 8 * offsetof(struct flow, port), 0);
	field("tag", u8s, 8 * offsetof(struct flow, tag), 0);
	field("n", s32, 8 * offsetof(struct flow, n), 0);
	field("in", in, 8 * offsetof(struct flow, in), 0);
	field("", un, 8 * offsetof(struct flow, word), 0);
	field("mode", mode, 8 * offsetof(struct flow, mode), 0);
	field("small", s32, 8 * (offsetof(struct flow, mode) + 4), 3);
	field("wide", u32, 8 * (offsetof(struct flow, mode) + 4) + 3, 11);
	field("flag", boolean, 8 * (offsetof(struct flow, mode) + 4) + 14, 1);
	field("narrow", mode, 8 * (offsetof(struct flow, mode) + 4) + 15, 4);
	field("name", c, 8 * offsetof(struct flow, name), 0);
	field("lock", lock, 8 * offsetof(struct flow, lock), 0);
	field("ifindex", ifindex, 8 * offsetof(struct flow, ifindex), 0);
	return type_from_btf(b, (__u32)id, &flow, &err);
}

static int teardown_flow(void **state)
{
	(void)state;
	type_free(flow);
	btf__free(flow_btf);
	return 0;
}

static const struct flow sample = {
	.src = 0x0100000a,
	.port = 0xbb01,
	.tag = { 1, 2, 3 },
	.n = -5,
	.in = { { 7, { 8, 9 } }, { 10, { 11, 12 } } },
	.word = 0x00010002,
	.mode = BROKEN,
	.small = -3,
	.wide = 0x5a5,
	.flag = 1,
	.narrow = ON,
	.name = "x y",
	.ifindex = 7,
};

static void test_value_struct_has_every_member_by_name(void **state)
{
	(void)state;
	check_print(
		flow, &sample,
		"src=10.0.0.1,port=443,tag=[1,2,3],n=-5,in=[{b=7,c=[8,9]},{b=10,c=[11,12]}],"
		"word=65538,half=[2,1],mode=BROKEN,small=-3,wide=1445,flag=true,narrow=ON,"
		"name=\"x y\",ifindex=eth1",
		"{\"src\":\"10.0.0.1\",\"port\":443,\"tag\":[1,2,3],\"n\":-5,\"in\":[{\"b\":7,"
		"\"c\":[8,9]},{\"b\":10,\"c\":[11,12]}],\"word\":65538,\"half\":[2,1],\"mode\":"
		"\"BROKEN\",\"small\":-3,\"wide\":1445,\"flag\":true,\"narrow\":\"ON\",\"name\":"
		"\"x y\",\"ifindex\":\"eth1\"}");
}

static void test_value_struct_forms_mean_the_same(void **state)
{
	static const char *const texts[] = {
		"n=1,in=[{b=2,c=[3,4]},{b=0,c=[0,0]}],name=ab",
		"{n=1,in=[{b=2,c=[3,4]},{b=0,c=[0,0]}],name=ab}",
		"{\"n\":1,\"in\":[{\"b\":2,\"c\":[3,4]},{\"b\":0,\"c\":[0,0]}],\"name\":\"ab\"}",
		" { \"n\" : 1 , \"in\" : [ { \"b\" : 2 , \"c\" : [ 3 , 4 ] } , { } ] , \"name\" : \"ab\" } ",
		"name = ab , in[0] = { c = [ 3 , 4 ] , b = 2 } , n = 0x1",
		"n=1,in[0].b=2,in[0].c[0]=3,in[0].c[1]=4,name=\"ab\"",
		"{n=1,\"in[0].b\":2,in[0].c=[3,4],\"name\":\"\\u0061b\"}",
		"in[0]={c[1]=4,c[0]=3,b=2},n=1,name=ab",
		"{\n\t\"name\": \"ab\",\r\n\t\"n\": 1,\n\t\"in\": [{\"b\":2,\"c\":[3,4]},{}]\n}\n",
	};
	struct flow expect = { .n = 1, .in = { { 2, { 3, 4 } } }, .name = "ab" };

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++)
		check_bytes(flow, texts[i], &expect);
}

static void test_value_struct_partial_update_leaves_the_rest(void **state)
{
	struct flow expect = sample, got = sample;
	struct err err;

	(void)state;
	expect.n = 9;
	expect.in[1].c[0] = 42;
	expect.wide = 7;
	expect.half[1] = 5;
	memset(expect.name, 0, 8);
	expect.name[0] = 'z';
	assert_int_equal(parse(flow, "n=9,in[1].c[0]=42,wide=7,half[1]=5,name=z", &got, &err), 0);
	assert_memory_equal(&got, &expect, sizeof(got));
	assert_int_equal(parse(flow, "{}", &got, &err), 0);
	assert_memory_equal(&got, &expect, sizeof(got));
	/* the kernel's own stays as it is, whatever is written for it */
	got.lock = expect.lock = 77;
	assert_int_equal(parse(flow, "lock=-,port=1", &got, &err), 0);
	assert_int_equal(parse(flow, "{\"lock\":null,\"port\":443}", &got, &err), 0);
	assert_memory_equal(&got, &expect, sizeof(got));
}

static void test_value_struct_errors_name_the_member(void **state)
{
	static const struct {
		const char *text, *object, *message;
	} cases[] = {
		{ "n=x", "n", "\"x\" is no whole number" },
		{ "in[1].c[0]=256", "in[1].c[0]", "256 is not in 0..255" },
		{ "in=[{b=1,c=[1,2]},{b=70000}]", "in[1].b", "70000 is not in 0..65535" },
		{ "in=[{b=1,c=[1,x]}]", "in[0].c[1]", "\"x\" is no whole number" },
		{ "{\"in\":[{\"b\":1,\"c\":[1,-2]}]}", "in[0].c[1]", "-2 is not in 0..255" },
		{ "in[0]={c[1]=300}", "in[0].c[1]", "300" },
		{ "src=10.0.0", "src", "IPv4 address" },
		{ "port=65536", "port", "0..65535" },
		{ "{\"port\":\"443\"}", "port", "wants a number, not text" },
		{ "ifindex=eth9", "ifindex", "eth9: no such interface" },
		{ "small=4", "small", "4 is not in -4..3" },
		{ "small=-5", "small", "-5 is not in -4..3" },
		{ "wide=2048", "wide", "2048 is not in 0..2047" },
		{ "wide=\"1\"", "wide", "wants a number" },
		{ "flag=2", "flag", "2 is not in 0..1" },
		{ "narrow=LARGE", "narrow", "LARGE is not in -8..7" },
		{ "mode=NONE", "mode", "\"NONE\" is none of the names of enum mode" },
		{ "mode=\"\"", "mode", "a number is missing" },
		{ "mode=2147483648", "mode", "is not in -2147483648..2147483647" },
		{ "name=123456789", "name", "room for 8" },
		{ "lock=1", "lock", "belongs to the kernel" },
		{ "nosuch=1", "", "no member \"nosuch\"; there are: src, port, tag" },
		{ "in[0].nosuch=1", "", "no member \"nosuch\"; there are: b, c" },
		{ "in[2]=1", "", "[2]: there are 2 elements" },
		{ "in[-1]=1", "", "no index such as [2]" },
		{ "in[]=1", "", "no index such as [2]" },
		{ "in[0=1", "", "no index such as [2]" },
		{ "in[99999999999999999999999999999999999999999]=1", "", "no index" },
		{ "in[0]b=1", "", "no path such as a.b[2].c" },
		{ "in[0].=1", "", "no path such as a.b[2].c" },
		{ "in[0].[1]=1", "", "no path such as a.b[2].c" },
		{ "in..b=1", "", "has no members" },
		{ ".n=1", "", "no member" },
		{ "n.x=1", "", "has no members" },
		{ "n[0]=1", "", "is no array" },
		{ "wide.x=1", "", "has no members" },
		{ "in.b=1", "", "has no members" },
		{ "n=1,n=2", "n", "is given twice" },
		{ "n=1,port=2,n=1", "n", "is given twice" },
		{ "{\"n\":1,\"n\":2}", "n", "is given twice" },
		{ "n=1,", "", "a comma without a member" },
		{ "{n=1,}", "", "a comma without a member" },
		{ "tag=[1,2,3,]", "tag", "a comma without an element" },
		{ "tag=[1,2]", "tag", "wants 3 elements, not 2" },
		{ "tag=[1,2,3,4]", "tag", "wants 3 elements, there are more" },
		{ "tag=[]", "tag", "wants 3 elements, not 0" },
		{ "tag=[1,2,3", "tag", "a closing ] is missing" },
		{ "tag=[1 2 3]", "tag[0]", "\"1 2 3\" is no whole number" },
		{ "tag=1", "tag", "wants a list of 3" },
		{ "in=[1,2]", "in[0]", "no list of members" },
		{ "{n=1", "", "a closing } is missing" },
		{ "{\"n\":1", "", "a closing } is missing" },
		{ "{\"n\" 1}", "", "\"n\" is no member with a value" },
		{ "{\"n\":}", "n", "a number is missing" },
		{ "{\"n", "", "no member with a value" },
		{ "{", "", "a closing } is missing" },
		{ "{n=1}x", "", "\"x\" is left over" },
		{ "{n=1}}", "", "\"}\" is left over" },
		{ "n=1}", "", "\"}\" is left over" },
		{ "n", "", "\"n\" is no member with a value: write name=value" },
		{ "=1", "", "a name is missing" },
		{ "{\"\":1}", "", "a name is missing" },
		{ "n=", "n", "a number is missing" },
		{ "src=", "src", "a value is missing" },
		{ "", "", "a value is missing" },
		{ " ", "", "a value is missing" },
		{ "[1]", "", "" },
		{ "\"x\"", "", "no list of members" },
		{ "hex:00", "", "wants 52 bytes" },
		{ "name=\"abc", "name", "a closing quote is missing" },
		{ "\x01", "", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check_refused(flow, cases[i].text, cases[i].object, cases[i].message);
}

static void test_value_struct_padding_is_kept(void **state)
{
	struct flow value = sample, zero = { 0 };
	struct buf text = { 0 }, why = { 0 };
	struct err err;

	(void)state;
	((uint8_t *)&value)[9] = 0x11; /* behind tag */
	((uint8_t *)&value)[offsetof(struct flow, name) - 1] |= 0x80;
	value_print(flow, &value, VALUE_TEXT, &fake, &text);
	assert_non_null(
		strstr(buf_string(&text), ",#padding=hex:00 00 00 00 00 00 00 00 00 11 00"));
	assert_true(round_trips(flow, &value, &fake, &why));
	/* what is given replaces what was there, and touches no member */
	buf_clear(&text);
	value_print(flow, &zero, VALUE_TEXT, &fake, &text);
	assert_null(strstr(buf_string(&text), "#padding"));
	buf_clear(&text);
	buf_text(&text, "#padding=hex:");
	buf_hex(&text, &zero, sizeof(zero));
	assert_int_equal(parse(flow, buf_string(&text), &value, &err), 0);
	assert_memory_equal(&value, &sample, sizeof(value));
	text.data[strlen("#padding=hex:")] = 'f';
	check_refused(flow, buf_string(&text), "#padding", "byte 0 belongs to a member");
	check_refused(flow, "#padding=1", "#padding", "type is not known");
	check_refused(flow, "in[0]={#padding=hex:00 00 00 00}", "in[0].#padding",
		      "outermost struct alone");
	buf_free(&text);
}

static void test_value_scan_stops_behind_the_value(void **state)
{
	static const struct {
		const char *text;
		size_t used;
	} cases[] = {
		{ "7", 1 }, { "7,8", 1 }, { "7}", 1 }, { " 7 ]x", 2 }, { "7\n", 1 },
	};
	struct type type = { .kind = TYPE_UNSIGNED, .size = 4 };
	const char *line = "{\"n\":1,\"name\":\"}\"},\"more\":2}", *at = line;
	uint32_t value;
	struct flow out = { 0 };
	struct err err;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		at = cases[i].text;
		assert_int_equal(value_scan(&type, &at, at + strlen(at), &value, NULL, &err), 0);
		assert_int_equal(value, 7);
		assert_int_equal(at - cases[i].text, cases[i].used);
	}
	at = line;
	assert_int_equal(value_scan(flow, &at, line + strlen(line), &out, NULL, &err), 0);
	assert_string_equal(at, ",\"more\":2}");
	assert_int_equal(out.n, 1);
	assert_string_equal(out.name, "}");
	at = "n=1";
	assert_int_equal(value_scan(flow, &at, at + 3, &out, NULL, &err), -EINVAL);
}

static void test_value_end_looks_into_no_quotes_or_brackets(void **state)
{
	static const struct {
		const char *text, *stop;
		size_t at;
	} cases[] = {
		{ "", "=", 0 },		  { "a=b", "=", 1 },	 { "abc", "=", 3 },
		{ "\"a=\"=b", "=", 4 },	  { "{a=1}=b", "=", 5 }, { "[1,2],3", ",", 5 },
		{ "\"\\\"=\"=", "=", 5 }, { "a}b=", "=", 1 },	 { "[a]]", "=", 3 },
		{ "\"a=", "=", 3 },	  { "\"a\\", "=", 3 },	 { "{{a=}", "=", 5 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		size_t length = strlen(cases[i].text);
		char *text = exactly(cases[i].text, length);

		assert_int_equal(value_end(text, text + length, cases[i].stop) - text, cases[i].at);
		free(text);
	}
	assert_int_equal(value_end("a\0=", "a\0=" + 3, "=") - "a\0=", 2);
}

static void test_value_add_sums_numbers_alone(void **state)
{
	struct flow sum = sample, zero = { 0 };

	(void)state;
	value_add(flow, &zero, &sample);
	value_add(flow, &zero, &sample);
	assert_int_equal(zero.n, -10);
	assert_int_equal(zero.in[1].c[1], 24);
	assert_int_equal(zero.small, 2); /* -6 in three bits */
	assert_int_equal(zero.wide, (2 * 0x5a5) & 0x7ff);
	assert_int_equal(zero.word, 0); /* of a union nobody knows which one counts */
	assert_int_equal(zero.src, 0);
	assert_int_equal(zero.mode, 0);
	assert_int_equal(zero.name[0], 0);
	assert_true(value_adds(flow));
	(void)sum;
}

static void test_value_add_knows_every_width(void **state)
{
	struct type type = { .kind = TYPE_UNSIGNED };
	double d = 0.5, e = 0.25;
	float f = 0.5f, g = 0.25f;

	(void)state;
	for (type.size = 1; type.size <= 16; type.size *= 2) {
		unsigned __int128 a = 200, b = 55;

		value_add(&type, &a, &b);
		assert_true(a == 255);
		memset(&b, 0xff, sizeof(b)); /* -1 */
		value_add(&type, &a, &b);
		assert_true(a == 254);
	}
	type = (struct type){ .kind = TYPE_FLOAT, .size = 8 };
	value_add(&type, &d, &e);
	assert_true(d > 0.74 && d < 0.76);
	type.size = 4;
	value_add(&type, &f, &g);
	assert_true(f > 0.74f && f < 0.76f);
	assert_true(value_adds(&type));
	type.kind = TYPE_TEXT;
	assert_false(value_adds(&type));
	type.kind = TYPE_ENUM;
	assert_false(value_adds(&type));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_value_struct_has_every_member_by_name),
		cmocka_unit_test(test_value_struct_forms_mean_the_same),
		cmocka_unit_test(test_value_struct_partial_update_leaves_the_rest),
		cmocka_unit_test(test_value_struct_errors_name_the_member),
		cmocka_unit_test(test_value_struct_padding_is_kept),
		cmocka_unit_test(test_value_scan_stops_behind_the_value),
		cmocka_unit_test(test_value_end_looks_into_no_quotes_or_brackets),
		cmocka_unit_test(test_value_add_sums_numbers_alone),
		cmocka_unit_test(test_value_add_knows_every_width),
	};

	return cmocka_run_group_tests_name("value_struct", tests, setup_flow, teardown_flow);
}
