/* SPDX-License-Identifier: GPL-2.0-only */
#include "value.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "value_testing.h"

static int fake_ifindex(void *context, const char *name, ifindex_t *out, struct err *err)
{
	(void)context;
	if (strcmp(name, "eth1") != 0 && strcmp(name, "a,b=c") != 0)
		return err_set(err, ERR_NOT_FOUND, ENODEV, name, "no such interface");
	*out = name[0] == 'e' ? 7 : 8;
	return 0;
}

static bool fake_ifname(void *context, ifindex_t ifindex, char out[static NOTATION_TEXT])
{
	(void)context;
	snprintf(out, NOTATION_TEXT, "%s", ifindex == 7 ? "eth1" : "a,b=c");
	return ifindex == 7 || ifindex == 8;
}

static const struct value_env fake = { .ifindex_of = fake_ifindex, .ifname_of = fake_ifname };

/* Read the text over bytes; 0 or what was said about it. */
static int parse(const struct type *type, const char *text, void *bytes, struct err *err)
{
	char *copy = exactly(text, strlen(text));
	int ret;

	*err = (struct err){ 0 };
	ret = value_parse(type, copy, strlen(text), bytes, &fake, err);
	free(copy);
	return ret;
}

static void check_bytes(const struct type *type, const char *text, const void *bytes)
{
	uint8_t *out = calloc(1, type->size);
	struct buf why = { 0 };
	struct err err;

	assert_non_null(out);
	if (parse(type, text, out, &err))
		fail_msg("\"%s\" is refused: %s: %s", text, err.object, err.message);
	if (memcmp(out, bytes, type->size) != 0)
		fail_msg("\"%s\": other bytes", text);
	if (!round_trips(type, out, &fake, &why))
		fail_msg("\"%s\": %s", text, buf_string(&why));
	free(out);
}

static void check_refused(const struct type *type, const char *text, const char *object,
			  const char *message)
{
	uint8_t *out = calloc(1, type->size ? type->size : 1);
	struct err err;
	int ret;

	assert_non_null(out);
	ret = parse(type, text, out, &err);
	if (!ret || ret != -err.errnum || strcmp(err.object, object) != 0 ||
	    !strstr(err.message, message))
		fail_msg("\"%s\": %d \"%s: %s\"", text, ret, err.object, err.message);
	assert_int_equal(value_parse(type, text, strlen(text), out, &fake, NULL), ret);
	free(out);
}

static void check_print(const struct type *type, const void *bytes, const char *text,
			const char *json)
{
	struct buf out = { 0 }, why = { 0 };

	value_print(type, bytes, VALUE_TEXT, &fake, &out);
	assert_string_equal(buf_string(&out), text);
	buf_clear(&out);
	value_print(type, bytes, VALUE_JSON, &fake, &out);
	assert_string_equal(buf_string(&out), json);
	if (!round_trips(type, bytes, &fake, &why))
		fail_msg("%s", buf_string(&why));
	buf_free(&out);
}

/* ---- numbers */

static void test_value_integer_bounds_are_exact(void **state)
{
	static const struct {
		enum type_kind kind;
		uint32_t size;
		const char *least, *most, *below, *above;
	} cases[] = {
		{ TYPE_UNSIGNED, 1, "0", "255", "-1", "256" },
		{ TYPE_UNSIGNED, 2, "0", "65535", "-1", "65536" },
		{ TYPE_UNSIGNED, 4, "0", "4294967295", "-1", "4294967296" },
		{ TYPE_UNSIGNED, 8, "0", "18446744073709551615", "-1", "18446744073709551616" },
		{ TYPE_UNSIGNED, 16, "0", "340282366920938463463374607431768211455", "-1",
		  "340282366920938463463374607431768211456" },
		{ TYPE_SIGNED, 1, "-128", "127", "-129", "128" },
		{ TYPE_SIGNED, 2, "-32768", "32767", "-32769", "32768" },
		{ TYPE_SIGNED, 4, "-2147483648", "2147483647", "-2147483649", "2147483648" },
		{ TYPE_SIGNED, 8, "-9223372036854775808", "9223372036854775807",
		  "-9223372036854775809", "9223372036854775808" },
		{ TYPE_SIGNED, 16, "-170141183460469231731687303715884105728",
		  "170141183460469231731687303715884105727",
		  "-170141183460469231731687303715884105729",
		  "170141183460469231731687303715884105728" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct type type = { .kind = cases[i].kind, .size = cases[i].size };
		uint8_t least[16] = { 0 }, most[16];

		memset(most, 0xff, sizeof(most));
		if (type.kind == TYPE_SIGNED) {
			least[type.size - 1] = 0x80;
			most[type.size - 1] = 0x7f;
		}
		check_bytes(&type, cases[i].least, least);
		check_bytes(&type, cases[i].most, most);
		check_print(&type, least, cases[i].least, cases[i].least);
		check_print(&type, most, cases[i].most, cases[i].most);
		check_refused(&type, cases[i].below, "",
			      type.size == 16 ? "does not fit" : "is not in ");
		check_refused(&type, cases[i].above, "",
			      type.size == 16 ? "does not fit" : "is not in ");
	}
}

static void test_value_integer_is_read_whole_or_refused(void **state)
{
	static const char *const refused[] = { "",
					       "12abc",
					       "abc",
					       "1 2",
					       "+1",
					       "1.0",
					       "1e3",
					       "0x",
					       "0xg",
					       "x1",
					       "--1",
					       "-",
					       "1,",
					       "1]",
					       "1}",
					       "{1}",
					       "[1]",
					       "\"1\"",
					       "\"\"",
					       "null",
					       "true",
					       "1\n2",
					       "99999999999999999999999999"
					       "99999999999999999999",
					       "0x100",
					       "\xff",
					       "#1",
					       "hex:",
					       "hex:0",
					       "hex:00 01",
					       "hex:0g" };
	struct type u8 = { .kind = TYPE_UNSIGNED, .size = 1 };
	struct type s8 = { .kind = TYPE_SIGNED, .size = 1 };

	(void)state;
	for (size_t i = 0; i < COUNT(refused); i++) {
		check_refused(&u8, refused[i], "", "");
		check_refused(&s8, refused[i], "", "");
	}
	check_refused(&u8, "-0", "", "is not in 0..255");
	check_bytes(&u8, "  7\t\n", "\7");
	check_bytes(&u8, "0x7f", "\x7f");
	check_bytes(&u8, "0XfF", "\xff");
	check_bytes(&u8, "007", "\7");
	check_bytes(&u8, "00000000000000000000000000000000000000007", "\7");
	check_bytes(&u8, "hex:2a", "\x2a");
	check_bytes(&s8, "-0x80", "\x80");
	check_bytes(&s8, "-1", "\xff");
	check_bytes(&s8, "-0", "\0");
}

static void test_value_bool_is_a_word_or_a_number(void **state)
{
	struct type type = { .kind = TYPE_BOOL, .size = 1 };

	(void)state;
	check_print(&type, "\0", "false", "false");
	check_print(&type, "\1", "true", "true");
	check_print(&type, "\5", "5", "5");
	check_bytes(&type, "1", "\1");
	check_refused(&type, "True", "", "no whole number");
	check_refused(&type, "truee", "", "no whole number");
	check_refused(&type, "\"true\"", "", "wants a number");
	check_refused(&type, "256", "", "0..255");
}

static void check_double(double value, const char *text)
{
	struct type type = { .kind = TYPE_FLOAT, .size = 8 };

	check_print(&type, &value, text, text);
}

static void check_single(float value, const char *text)
{
	struct type type = { .kind = TYPE_FLOAT, .size = 4 };

	check_print(&type, &value, text, text);
}

static void test_value_float_is_the_shortest_that_reads_back(void **state)
{
	static const char *const refused[] = { "",   "nan", "inf",   "-inf", "1e999", "1x",
					       "x",  "0x1", "0x1p3", " + 1", "+1",    "1 2",
					       "1e", "e1",  "\"1\"", "1,5",  "1e5-3", "infinity" };
	struct type type = { .kind = TYPE_FLOAT, .size = 8 },
		    single = { .kind = TYPE_FLOAT, .size = 4 };
	double out;
	struct err err;

	(void)state;
	check_double(0, "0");
	check_double(-0.0, "-0");
	check_double(0.1, "0.1");
	check_double(-1.5e300, "-1.5e+300");
	check_double(5e-324, "4.94065645841247e-324");
	check_double(1.7976931348623157e308, "1.7976931348623157e+308");
	check_double(1.0 / 3, "0.3333333333333333");
	check_single(0.1f, "0.1");
	check_single(1e-45f, "1.4013e-45");
	check_single(16777217.0f, "16777216");
	check_single(3.4028235e38f, "3.4028235e+38");
	for (size_t i = 0; i < COUNT(refused); i++)
		check_refused(&type, refused[i], "", "");
	check_refused(&single, "1e39", "", "too large");
	assert_int_equal(value_parse(&type, "1\0x", 3, &out, NULL, &err), -EINVAL);
	check_bytes(&type, ".5", &(double){ 0.5 });
	check_bytes(&type, "1E+2", &(double){ 100 });
}

static void test_value_float_without_a_number_is_hex(void **state)
{
	struct type type = { .kind = TYPE_FLOAT, .size = 4 };

	(void)state;
	check_print(&type, "\0\0\x80\x7f", "hex:00 00 80 7f", "\"hex:00 00 80 7f\"");
	check_print(&type, "\1\0\xc0\xff", "hex:01 00 c0 ff", "\"hex:01 00 c0 ff\"");
}

/* ---- text */

static void test_value_text_round_trips(void **state)
{
	static const struct {
		const char bytes[8], *text, *json;
	} cases[] = {
		{ "", "\"\"", "\"\"" },
		{ "eth0", "eth0", "\"eth0\"" },
		{ "12345678", "12345678", "\"12345678\"" },
		{ "a b", "\"a b\"", "\"a b\"" },
		{ " a", "\" a\"", "\" a\"" },
		{ "a,b=c", "\"a,b=c\"", "\"a,b=c\"" },
		{ "{a}", "\"{a}\"", "\"{a}\"" },
		{ "\"\\", "\"\\\"\\\\\"", "\"\\\"\\\\\"" },
		{ "a\0b", "\"a\\u0000b\"", "\"a\\u0000b\"" },
		{ "\0\0\0\0\0\0\0a", "\"\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000a\"",
		  "\"\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000\\u0000a\"" },
		{ "\xc3\xa9", "\"\xc3\xa9\"", "\"\xc3\xa9\"" },
		{ "\xff", "hex:ff 00 00 00 00 00 00 00", "\"hex:ff 00 00 00 00 00 00 00\"" },
		{ "hex:00", "hex:68 65 78 3a 30 30 00 00", "\"hex:68 65 78 3a 30 30 00 00\"" },
		{ "hex", "hex", "\"hex\"" },
		{ "-", "\"-\"", "\"-\"" },
		{ "/x", "\"/x\"", "\"/x\"" },
		{ "null", "null", "\"null\"" },
		{ "[1]", "\"[1]\"", "\"[1]\"" },
		{ "\n\x7f", "\"\\u000a\\u007f\"", "\"\\u000a\\u007f\"" },
	};
	struct type type = { .kind = TYPE_TEXT, .size = 8 };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check_print(&type, cases[i].bytes, cases[i].text, cases[i].json);
}

static void test_value_text_escapes_are_those_of_json(void **state)
{
	static const struct {
		const char *text;
		const char bytes[8];
	} cases[] = {
		{ "\"\\b\\f\\n\\r\\t\\/\"", "\b\f\n\r\t/" },
		{ "\"\\u0041\\u00e9\"", "A\xc3\xa9" },
		{ "\"\\u20AC\\uffff\"", "\xe2\x82\xac\xef\xbf\xbf" },
		{ "\"\\ud83d\\ude00\"", "\xf0\x9f\x98\x80" },
		{ "\"\\udbff\\udfff\"", "\xf4\x8f\xbf\xbf" },
		{ "\"\\ud840\\udc00\"", "\xf0\xa0\x80\x80" },
		{ "\"a\\\"b\"", "a\"b" },
		{ "", "" },
		{ "  a b ", "a b" },
	};
	static const char *const refused[] = {
		"\"",
		"\"abc",
		"\"a\\",
		"\"a\\\"",
		"\"\\x41\"",
		"\"\\",
		"\"\\u12\"",
		"\"\\u12g4\"",
		"\"\\ud83d\"",
		"\"\\ude00\"",
		"\"\\ud83d\\u0041\"",
		"\"\\ud83dabc\"",
		"\"\\ud83d\\ud83d\"",
		"\"abc\"d",
		"123456789",
		"\"123456789\"",
		"\"\\u",
		"hex:00",
		"\"hex:00\"",
		"\"a\" \"b\"",
	};
	struct type type = { .kind = TYPE_TEXT, .size = 8 };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check_bytes(&type, cases[i].text, cases[i].bytes);
	for (size_t i = 0; i < COUNT(refused); i++)
		check_refused(&type, refused[i], "", "");
	check_refused(&type, "123456789", "", "has 9 bytes, there is room for 8");
}

static void test_value_unknown_type_is_hex(void **state)
{
	struct type type = { .kind = TYPE_BYTES, .size = 4 };

	(void)state;
	check_print(&type, "\x0a\0\0\xff", "hex:0a 00 00 ff", "\"hex:0a 00 00 ff\"");
	check_bytes(&type, "hex:0a0000FF", "\x0a\0\0\xff");
	check_bytes(&type, "hex: 0a:00:00:ff ", "\x0a\0\0\xff");
	check_bytes(&type, "\"hex:0a 00 00 ff\"", "\x0a\0\0\xff");
	check_refused(&type, "hex:0a 00 00", "", "wants 4 bytes in hexadecimal, not 3");
	check_refused(&type, "hex:0a 00 00 ff 00", "", "wants 4 bytes in hexadecimal, not 5");
	check_refused(&type, "hex:0a 00 00 f", "", "\"f\" is no byte");
	check_refused(&type, "10", "", "type is not known");
}

/* ---- a struct with one of everything */

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

/* ---- enums, arrays, notations, references */

static void test_value_enum_of_every_width(void **state)
{
	struct type_value names[] = { { (char *)(uintptr_t) "LOW", (uint64_t)INT64_MIN },
				      { (char *)(uintptr_t) "ZERO", 0 },
				      { (char *)(uintptr_t) "TOP", (uint64_t)INT64_MAX },
				      { (char *)(uintptr_t) "ALSO_ZERO", 0 } };
	struct type type = {
		.kind = TYPE_ENUM, .is_signed = true, .size = 8, .count = 4, .value = names
	};
	int64_t value = INT64_MIN;

	(void)state;
	check_print(&type, &value, "LOW", "\"LOW\"");
	check_bytes(&type, "-9223372036854775808", &value);
	check_bytes(&type, "\"LOW\"", &value);
	value = 0;
	check_print(&type, &value, "ZERO", "\"ZERO\"");
	check_bytes(&type, "ALSO_ZERO", &value);
	value = -7;
	check_print(&type, &value, "-7", "-7");
	check_refused(&type, "9223372036854775808", "", "is not in");
	check_refused(&type, "zero", "", "none of the names");
	type.is_signed = false;
	names[0].value = UINT64_MAX;
	value = -1;
	check_print(&type, &value, "LOW", "\"LOW\"");
	value = -2;
	check_print(&type, &value, "18446744073709551614", "18446744073709551614");
	check_refused(&type, "-1", "", "is not in 0..");
	type.size = 1; /* a name that is too large for it */
	check_refused(&type, "LOW", "", "LOW is not in 0..255");
}

static void test_value_array_has_elements_or_paths(void **state)
{
	struct type *type = type_array(type_array(type_new(TYPE_UNSIGNED, 1), 2), 2);
	uint8_t bytes[] = { 1, 2, 3, 4 };
	struct err err;

	(void)state;
	assert_non_null(type);
	assert_int_equal(type_finish(type), 0);
	check_print(type, bytes, "[[1,2],[3,4]]", "[[1,2],[3,4]]");
	check_bytes(type, " [ [ 1 , 2 ] , [ 3 , 4 ] ] ", bytes);
	check_bytes(type, "hex:01 02 03 04", bytes);
	assert_int_equal(parse(type, "[1][0]=9,[0]=[7,8]", bytes, &err), 0);
	assert_memory_equal(bytes, "\7\x8\x9\4", 4);
	check_refused(type, "[[1,2],[3,400]]", "[1][1]", "400");
	check_refused(type, "[[1,2],[3]]", "[1]", "wants 2 elements, not 1");
	check_refused(type, "[2]=1", "", "[2]: there are 2 elements");
	check_refused(type, "[[[[[[[[[[", "[0][0]", "no whole number");
	check_refused(type, "a=1", "", "");
	type_free(type);
}

static void test_value_notation_names_are_quoted_where_needed(void **state)
{
	struct type *type = type_noted("ifindex_t");

	(void)state;
	assert_non_null(type);
	check_print(type, &(uint32_t){ 7 }, "eth1", "\"eth1\"");
	check_print(type, &(uint32_t){ 8 }, "\"a,b=c\"", "\"a,b=c\"");
	check_print(type, &(uint32_t){ 9 }, "#9", "\"#9\"");
	check_refused(type, "\"eth1\\u0000\"", "", "NUL byte");
	type_free(type);
	type = type_noted("ip6_addr");
	assert_non_null(type);
	check_print(type, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", "::1", "\"::1\"");
	check_print(type, "\x20\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0", "2001::", "\"2001::\"");
	type_free(type);
	assert_null(type_noted("nothing"));
}

/* As of a devmap: an interface, and perhaps a program. */
static void test_value_leading_member_may_stand_alone(void **state)
{
	struct type *type = type_struct("devmap");
	struct {
		uint32_t ifindex, prog;
	} one = { 7, 0 }, two = { 7, 3 }, comma = { 8, 3 };

	(void)state;
	assert_non_null(type);
	assert_int_equal(type_add(type, "ifindex", 0, type_noted("ifindex_t")), 0);
	assert_int_equal(type_add(type, "prog", 4, type_noted("prog_ref")), 0);
	type->leads = true;
	assert_int_equal(type_finish(type), 0);
	check_print(type, &one, "eth1", "{\"ifindex\":\"eth1\",\"prog\":0}");
	check_print(type, &two, "ifindex=eth1,prog=3", "{\"ifindex\":\"eth1\",\"prog\":3}");
	check_bytes(type, "eth1", &one);
	check_bytes(type, "\"eth1\"", &one);
	check_bytes(type, "eth1,prog=3", &two);
	check_bytes(type, "eth1 , prog = 3", &two);
	check_bytes(type, "{\"ifindex\":\"eth1\",\"prog\":3}", &two);
	check_bytes(type, "{ifindex=eth1,prog=3}", &two);
	check_bytes(type, "\"a,b=c\",prog=3", &comma);
	check_bytes(type, "hex:07 00 00 00 03 00 00 00", &two);
	check_bytes(type, "\"hex:07 00 00 00 03 00 00 00\"", &two);
	check_refused(type, "eth9", "ifindex", "eth9: no such interface");
	check_refused(type, "eth1,prog=x", "prog", "");
	check_refused(type, "eth1,nosuch=1", "", "no member");
	check_refused(type, "eth1,", "", "a comma without a member");
	check_refused(type, "", "", "a value is missing");
	type_free(type);
}

static void test_value_of_the_kernel_alone_is_empty(void **state)
{
	struct type *type = type_struct("locked");

	(void)state;
	assert_non_null(type);
	assert_int_equal(type_add(type, "lock", 0, type_new(TYPE_OPAQUE, 4)), 0);
	assert_int_equal(type_finish(type), 0);
	check_print(type, "\0\0\0\0", "{}", "{}");
	check_print(type->member[0].type, "\0\0\0\0", "-", "null");
	type_free(type);
}

static void test_value_section_variable_may_have_a_dot(void **state)
{
	struct type *type = type_struct(".bss");
	struct type *inner = type_struct("in");
	uint8_t bytes[] = { 1, 2, 3 };

	(void)state;
	assert_true(type && inner);
	assert_int_equal(type_add(inner, "x", 0, type_new(TYPE_UNSIGNED, 1)), 0);
	assert_int_equal(type_add(type, "fn", 0, type_new(TYPE_UNSIGNED, 1)), 0);
	assert_int_equal(type_add(type, "fn.count", 1, type_new(TYPE_UNSIGNED, 1)), 0);
	assert_int_equal(type_add(type, "fn.state", 2, inner), 0);
	assert_int_equal(type_finish(type), 0);
	check_print(type, bytes, "fn=1,fn.count=2,fn.state={x=3}",
		    "{\"fn\":1,\"fn.count\":2,\"fn.state\":{\"x\":3}}");
	check_bytes(type, "fn.state.x=3,fn.count=2,fn=1", bytes);
	check_refused(type, "fn.nosuch=1", "", "has no members");
	type_free(type);
}

static void test_value_duplicate_behind_many_members_is_noticed(void **state)
{
	struct type *type = type_struct("many");
	char name[16], text[4096] = "";
	uint8_t bytes[200];

	(void)state;
	assert_non_null(type);
	for (uint32_t i = 0; i < sizeof(bytes); i++) {
		snprintf(name, sizeof(name), "m%u", i);
		assert_int_equal(type_add(type, name, i, type_new(TYPE_UNSIGNED, 1)), 0);
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%sm%u=%u", i ? "," : "",
			 i, i);
		bytes[i] = (uint8_t)i;
	}
	assert_int_equal(type_finish(type), 0);
	check_bytes(type, text, bytes);
	snprintf(text + strlen(text), sizeof(text) - strlen(text), ",m150=1");
	check_refused(type, text, "m150", "is given twice");
	type_free(type);
}

/* ---- scanning and adding */

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

#define CASE(name) cmocka_unit_test(test_value_##name)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(integer_bounds_are_exact),
		CASE(integer_is_read_whole_or_refused),
		CASE(bool_is_a_word_or_a_number),
		CASE(float_is_the_shortest_that_reads_back),
		CASE(float_without_a_number_is_hex),
		CASE(text_round_trips),
		CASE(text_escapes_are_those_of_json),
		CASE(unknown_type_is_hex),
		CASE(struct_has_every_member_by_name),
		CASE(struct_forms_mean_the_same),
		CASE(struct_partial_update_leaves_the_rest),
		CASE(struct_errors_name_the_member),
		CASE(struct_padding_is_kept),
		CASE(enum_of_every_width),
		CASE(array_has_elements_or_paths),
		CASE(notation_names_are_quoted_where_needed),
		CASE(leading_member_may_stand_alone),
		CASE(of_the_kernel_alone_is_empty),
		CASE(section_variable_may_have_a_dot),
		CASE(duplicate_behind_many_members_is_noticed),
		CASE(scan_stops_behind_the_value),
		CASE(end_looks_into_no_quotes_or_brackets),
		CASE(add_sums_numbers_alone),
		CASE(add_knows_every_width),
	};

	return cmocka_run_group_tests_name("value", tests, setup_flow, teardown_flow);
}
