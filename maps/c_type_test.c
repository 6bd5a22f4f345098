/* SPDX-License-Identifier: GPL-2.0-only */
#include "c_type.h"

#include <bpf/btf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/in6.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "buf.h"
#include "types.h"
#include "value.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

typedef __u64 nsec_t;
typedef __u32 verdict_t;

static struct type *read_from(const struct btf *base, const char *text)
{
	struct err err = { 0 };
	struct type *type;

	if (ctype_parse(text, base, &type, &err))
		fail_msg("%s: %s", text, err.message);
	return type;
}

static void check(const char *text, uint32_t size, const char *expect)
{
	struct type *type = read_from(NULL, text);
	struct buf out = { 0 };

	type_describe(type, &out);
	if (type->size != size || strcmp(buf_string(&out), expect) != 0)
		fail_msg("%s: %u bytes, %s", text, type->size, buf_string(&out));
	buf_free(&out);
	type_free(type);
}

static void check_refused(const struct btf *base, const char *text, const char *message)
{
	struct err err = { 0 };
	struct type *type = (void *)&err;

	if (ctype_parse(text, base, &type, &err) != -EINVAL || err.code != ERR_USAGE ||
	    err.object[0] || type || !strstr(err.message, message))
		fail_msg("%s: \"%s: %s\"", text, err.object, err.message);
	assert_int_equal(ctype_parse(text, base, &type, NULL), -EINVAL);
}

static void test_ctype_names_of_integers(void **state)
{
	static const struct {
		const char *text;
		uint32_t size;
		const char *expect;
	} cases[] = {
		{ "u8", 1, "__u8" },
		{ "__u16", 2, "__u16" },
		{ "uint32_t", 4, "__u32" },
		{ "__s64", 8, "__s64" },
		{ "s32", 4, "__s32" },
		{ "int", 4, "__s32" },
		{ "unsigned", 4, "__u32" },
		{ "signed", 4, "__s32" },
		{ "unsigned int", 4, "__u32" },
		{ "short", 2, "__s16" },
		{ "short unsigned int", 2, "__u16" },
		{ "long", sizeof(long), "__s64" },
		{ "unsigned long long", 8, "__u64" },
		{ "long int unsigned long", 8, "__u64" },
		{ "unsigned char", 1, "__u8" },
		{ "signed char", 1, "__s8" },
		{ "char", 1, (char)-1 < 0 ? "__s8" : "__u8" },
		{ "const volatile u32 const", 4, "__u32" },
		{ "__int128", 16, "__int128" },
		{ "unsigned __int128", 16, "unsigned __int128" },
		{ "size_t", sizeof(size_t), "__u64" },
		{ "ssize_t", sizeof(size_t), "__s64" },
		{ "bool", 1, "bool" },
		{ "_Bool", 1, "bool" },
		{ "float", 4, "float" },
		{ "double", 8, "double" },
		{ "void *", sizeof(void *), "void *" },
		{ "const void * const", sizeof(void *), "void *" },
		{ "u32 *", sizeof(void *), "void *" },
		{ "char[16]", 16, "char[16]" },
		{ " char [ 0x10 ] ; ", 16, "char[16]" },
		{ "u16[2][3]", 12, "__u16[2][3]" },
		{ "u32 *[2]", 2 * sizeof(void *), "void *[2]" },
		{ "ip4_be", 4, "ip4_be" },
		{ "ip6_addr", 16, "ip6_addr" },
		{ "in6_addr", 16, "in6_addr" },
		{ "struct in6_addr", 16, "in6_addr" },
		{ "struct in_addr", 4, "in_addr" },
		{ "mac_addr", 6, "mac_addr" },
		{ "port_be", 2, "port_be" },
		{ "__be16", 2, "__be16" },
		{ "__be32[2]", 8, "__be32[2]" },
		{ "be64", 8, "be64" },
		{ "nsec_t", 8, "nsec_t" },
		{ "ifindex_t", 4, "ifindex_t" },
		{ "verdict_t", 4, "verdict_t" },
		{ "enum xdp_action", 4, "xdp_action" },
		{ "struct bpf_spin_lock", 4, "struct bpf_spin_lock" },
		{ "struct bpf_timer", 16, "struct bpf_timer" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		check(cases[i].text, cases[i].size, cases[i].expect);
	}
}

/* ---- layout: the same text for this compiler and for ctype_parse() */

/* Set the members of the compiler's struct one at a time to all ones, and see which bits they are.
 */
struct place {
	const char *name;
	const uint8_t *ones;
};

static void check_layout(const char *text, uint32_t size, const struct place *places, size_t count)
{
	struct type *type = read_from(NULL, text);
	uint8_t *covered = malloc(size);

	assert_non_null(covered);
	if (type->size != size)
		fail_msg("%s: %u bytes, the compiler says %u", text, type->size, size);
	assert_int_equal(type->count, count);
	for (size_t i = 0; i < count; i++) {
		const struct member *member = &type->member[i];

		assert_string_equal(member->name, places[i].name);
		memset(covered, 0, size);
		if (member->bits)
			store_bits(covered, member->offset, member->bits, UINT64_MAX);
		else
			memset(covered + member->offset, 0xff, member->type->size);
		if (memcmp(covered, places[i].ones, size) != 0)
			fail_msg("%s: %s is somewhere else", text, member->name);
	}
	free(covered);
	type_free(type);
}

/* all ones do not fit by intention */
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Woverflow"

#define TEXT(...) #__VA_ARGS__

/* The type for the compiler and its text. */
#define LAYOUT(tag, ...)                \
	typedef __VA_ARGS__ tag##_type; \
	static const char tag##_text[] = TEXT(__VA_ARGS__);

#define ONES(tag, member)                                           \
	({                                                          \
		static tag##_type value;                            \
		memset(&value, 0, sizeof(value));                   \
		value.member = (__typeof__(value.member))-1;        \
		(struct place){ #member, (const uint8_t *)&value }; \
	})
#define BITS(tag, member, width)                                    \
	({                                                          \
		static tag##_type value;                            \
		memset(&value, 0, sizeof(value));                   \
		value.member = (1ULL << (width)) - 1;               \
		(struct place){ #member, (const uint8_t *)&value }; \
	})
#define WHOLE(tag, member)                                          \
	({                                                          \
		static tag##_type value;                            \
		memset(&value, 0, sizeof(value));                   \
		memset(&value.member, 0xff, sizeof(value.member));  \
		(struct place){ #member, (const uint8_t *)&value }; \
	})
#define CHECK(tag, ...)                                                              \
	do {                                                                         \
		struct place places[] = { __VA_ARGS__ };                             \
		check_layout(tag##_text, sizeof(tag##_type), places, COUNT(places)); \
	} while (0)

/* clang-format off */
LAYOUT(plain, struct { __u8 a; __u32 b; __u16 c; __u64 d; char e[3]; })
LAYOUT(wide, struct { __u8 a; __int128 b; __u8 c; })
LAYOUT(noted, struct { __u8 a; ip4_be src; port_be ports[2]; mac_addr mac; ip6_addr six; nsec_t t; verdict_t v; __be32 x; struct in6_addr in6; bool b; })
LAYOUT(nested, struct { __u8 a; struct { __u16 b; __u8 c; } in[3]; union { __u64 d; __u8 e; } un; enum { NESTED_A, NESTED_B = 5 } en; })
LAYOUT(anonymous, struct { __u8 a; struct { __u32 b; __u8 c; }; union { __u16 d; __u64 e; struct { __u8 f; __u16 g; }; }; __u8 h; })
LAYOUT(tight, struct { __u8 a; __u32 b; __u64 c; __u8 d; } __attribute__((packed)))
LAYOUT(half, struct { __u8 a; struct { __u8 b; __u32 c; } __attribute__((packed)) in; __u16 d; })
LAYOUT(spaced, struct { __u8 a; __u32 b; } __attribute__((aligned(16))))
LAYOUT(both, struct { __u8 a; __u32 b; __u8 c; } __attribute__((packed, aligned(4))))
LAYOUT(bits, struct { __u8 a; __u32 b : 3; __u32 c : 11; __u32 d : 18; __u32 e : 1; __u8 f : 5; __u8 g : 4; __u64 h : 40; __u64 i : 30; __u16 j; })
LAYOUT(signs, struct { int a : 3; int b : 7; bool c : 1; unsigned long long d : 63; __s16 e : 9; })
LAYOUT(unnamed, struct { __u32 a : 3; __u32 : 5; __u32 b : 4; __u32 : 0; __u8 c : 2; __u16 : 0; __u8 d : 1; })
LAYOUT(few, struct { __u8 a : 4, b : 3; __u8 c; })
LAYOUT(loose, struct { __u8 a; __u32 : 7; __u8 b; })
LAYOUT(tightbits, struct { __u8 a : 4; __u32 b : 13; __u64 c : 50; __u16 d; } __attribute__((packed)))
LAYOUT(un, union { __u8 a[5]; __u32 b; __u64 c : 33; })
LAYOUT(pointers, struct { __u8 a; void *b; __u8 c, *d, e[2]; })
LAYOUT(enums, struct { __u8 a; enum { E_BIG = 0x1ffffffff } b; enum { E_NEG = -1 } c; __u8 d; })
/* clang-format on */

static void test_ctype_layout_is_the_compilers(void **state)
{
	(void)state;
	CHECK(plain, ONES(plain, a), ONES(plain, b), ONES(plain, c), ONES(plain, d),
	      WHOLE(plain, e));
	CHECK(wide, ONES(wide, a), ONES(wide, b), ONES(wide, c));
	CHECK(noted, ONES(noted, a), ONES(noted, src), WHOLE(noted, ports), WHOLE(noted, mac),
	      WHOLE(noted, six), ONES(noted, t), ONES(noted, v), ONES(noted, x), WHOLE(noted, in6),
	      WHOLE(noted, b));
	CHECK(nested, ONES(nested, a), WHOLE(nested, in), WHOLE(nested, un), WHOLE(nested, en));
	CHECK(anonymous, ONES(anonymous, a), ONES(anonymous, b), ONES(anonymous, c),
	      ONES(anonymous, d), ONES(anonymous, e), ONES(anonymous, f), ONES(anonymous, g),
	      ONES(anonymous, h));
	CHECK(tight, ONES(tight, a), ONES(tight, b), ONES(tight, c), ONES(tight, d));
	CHECK(half, ONES(half, a), WHOLE(half, in), ONES(half, d));
	CHECK(spaced, ONES(spaced, a), ONES(spaced, b));
	CHECK(both, ONES(both, a), ONES(both, b), ONES(both, c));
	CHECK(pointers, ONES(pointers, a), WHOLE(pointers, b), ONES(pointers, c),
	      WHOLE(pointers, d), WHOLE(pointers, e));
	CHECK(enums, ONES(enums, a), WHOLE(enums, b), WHOLE(enums, c), ONES(enums, d));
}

static void test_ctype_layout_of_bitfields_is_the_compilers(void **state)
{
	(void)state;
	CHECK(bits, ONES(bits, a), BITS(bits, b, 3), BITS(bits, c, 11), BITS(bits, d, 18),
	      BITS(bits, e, 1), BITS(bits, f, 5), BITS(bits, g, 4), BITS(bits, h, 40),
	      BITS(bits, i, 30), ONES(bits, j));
	CHECK(signs, BITS(signs, a, 3), BITS(signs, b, 7), BITS(signs, c, 1), BITS(signs, d, 63),
	      BITS(signs, e, 9));
	CHECK(few, BITS(few, a, 4), BITS(few, b, 3), ONES(few, c));
	CHECK(un, WHOLE(un, a), ONES(un, b), BITS(un, c, 33));
	CHECK(tightbits, BITS(tightbits, a, 4), BITS(tightbits, b, 13), BITS(tightbits, c, 50),
	      ONES(tightbits, d));
#ifdef __x86_64__ /* AAPCS aligns for the type of a bitfield without a name, too */
	CHECK(unnamed, BITS(unnamed, a, 3), BITS(unnamed, b, 4), BITS(unnamed, c, 2),
	      BITS(unnamed, d, 1));
	CHECK(loose, ONES(loose, a), ONES(loose, b));
#endif
}

static void test_ctype_keeps_signs_and_names(void **state)
{
	(void)state;
	check("struct flow { ip4_be src; port_be port[2]; char comm[16]; int a : 3; u8 flags : 3; }",
	      28,
	      "struct flow { ip4_be src; port_be port[2]; char comm[16]; __s32 a : 3; "
	      "__u8 flags : 3; }");
	check("packed struct { u8 a; u32 b; }", 5, "struct { __u8 a; __u32 b; }");
	check("__packed struct { u8 a; u32 b; }", 5, "struct { __u8 a; __u32 b; }");
	check("struct __attribute__((packed)) x { u8 a; u32 b; }", 5,
	      "struct x { __u8 a; __u32 b; }");
	check("struct { u8 a; u32 b; } __packed", 5, "struct { __u8 a; __u32 b; }");
	check("struct { struct { u8 a; u32 b; } __attribute__((packed)) in; u8 c; u32 d; }", 12,
	      "struct { struct { __u8 a; __u32 b; } in; __u8 c; __u32 d; }");
	check("struct { u8 a; }[3]", 3, "struct { __u8 a; }[3]");
	check("struct { u32 a; } *", sizeof(void *), "void *");
	check("enum { A, B = 5, C, }", 4, "enum");
	check("struct { enum mode { OFF, ON } m; enum mode n; }", 8,
	      "struct { enum mode m; enum mode n; }");
	check("struct { struct in { u8 x; } a; struct in b[2]; }", 3,
	      "struct { struct in { __u8 x; } a; struct in { __u8 x; } b[2]; }");
	check("struct{u8 a;u8 b;}", 2, "struct { __u8 a; __u8 b; }");
}

static void test_ctype_enum_values_go_on(void **state)
{
	static const struct {
		const char *text, *value;
		int64_t expect;
	} cases[] = {
		{ "enum { A, B = 5, C }", "A", 0 },
		{ "enum { A, B = 5, C }", "C", 6 },
		{ "enum { A = -2, B, C, D }", "D", 1 },
		{ "enum { A = -2, B, C, D }", "A", -2 },
		{ "enum { A = 0xffffffff }", "A", UINT32_MAX },
	};
	int32_t value;
	int64_t wide;
	struct err err;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct type *type = read_from(NULL, cases[i].text);

		assert_int_equal(value_parse(type, cases[i].value, 1, &value, NULL, &err), 0);
		assert_int_equal(value, (int32_t)cases[i].expect);
		type_free(type);
	}
	{
		struct type *type = read_from(NULL, "enum { A = 0x7fffffffffffffff, B = -1 }");

		assert_int_equal(type->size, 8);
		assert_int_equal(value_parse(type, "A", 1, &wide, NULL, &err), 0);
		assert_true(wide == INT64_MAX);
		type_free(type);
	}
}

static struct btf *base_btf(void)
{
	struct btf *btf = btf__new_empty();
	int u8 = btf__add_int(btf, "unsigned char", 1, 0);
	int u32 = btf__add_int(btf, "unsigned int", 4, 0);
	int st;

	st = btf__add_struct(btf, "flow", 8);
	btf__add_field(btf, "a", u8, 0, 0);
	btf__add_field(btf, "b", u32, 32, 0);
	btf__add_typedef(btf, "flow_t", st);
	btf__add_typedef(btf, "u16", u32); /* the map's own meaning counts */
	btf__add_struct(btf, "tight", 5);
	btf__add_field(btf, "a", u8, 0, 0);
	btf__add_field(btf, "b", u32, 8, 0);
	btf__add_struct(btf, "odd", 5);
	btf__add_field(btf, "a", u32, 0, 0);
	btf__add_field(btf, "b", u8, 32, 0);
	btf__add_fwd(btf, "later", BTF_FWD_STRUCT);
	btf__add_enum(btf, "mode", 4);
	btf__add_enum_value(btf, "ON", 1);
	return btf;
}

static void test_ctype_names_of_the_map_are_found(void **state)
{
	static const char *const texts[][2] = {
		{ "struct flow", "struct flow { __u8 a; __u32 b; }" },
		{ "flow_t", "struct flow { __u8 a; __u32 b; }" },
		{ "flow", "struct flow { __u8 a; __u32 b; }" },
		{ "u16", "__u32" },
		{ "u8", "__u8" },
		{ "enum mode", "enum mode" },
		{ "struct { u8 x; struct flow f; }",
		  "struct { __u8 x; struct flow { __u8 a; __u32 b; } f; }" },
	};
	struct btf *base = base_btf();
	uint32_t types = btf__type_cnt(base);
	struct buf out = { 0 };
	struct type *type;

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		type = read_from(base, texts[i][0]);
		buf_clear(&out);
		type_describe(type, &out);
		assert_string_equal(buf_string(&out), texts[i][1]);
		type_free(type);
	}
	type = read_from(base, "struct { u8 x; struct flow f; struct tight t; u8 y; }");
	assert_int_equal(type->member[1].offset, 4);
	assert_int_equal(type->member[2].offset, 12);
	assert_int_equal(type->size, 20); /* tight is packed: it aligns nothing */
	type_free(type);
	type = read_from(base, "struct { u8 x; struct odd f; }");
	assert_int_equal(type->size, 6); /* nor does one whose size says that it is packed */
	type_free(type);
	check_refused(base, "struct later", "no type \"struct later\"");
	check_refused(base, "struct flow_t", "no type \"struct flow_t\"");
	check_refused(base, "union flow", "no type \"union flow\"");
	assert_int_equal(btf__type_cnt(base), types);
	buf_free(&out);
	btf__free(base);
}

static void test_ctype_errors_say_where(void **state)
{
	static const char *const cases[][2] = {
		{ "", "expected a type" },
		{ "foo", "no type \"foo\"" },
		{ "struct foo", "no type \"struct foo\"" },
		{ "struct { u8 a u8 b; }", "expected ; after \"a\", not \"u8 b; }\"" },
		{ "struct { u8 a }", "expected ; after \"a\"" },
		{ "struct { u8 a;", "expected } after \";\"" },
		{ "struct { u8 a; } x", "\"x\" is left over" },
		{ "u32 x", "\"x\" is left over" },
		{ "u32;;", "\";\" is left over" },
		{ "struct { u8; }", "expected a name after \"u8\"" },
		{ "struct { foo a; }", "no type \"foo\"" },
		{ "struct { struct in { u8 a; }; }", "expected a name" },
		{ "struct { enum { A }; }", "expected a name" },
		{ "struct", "expected a name or {" },
		{ "struct {}", "at least one member" },
		{ "struct { u8 : 3; }", "at least one member" },
		{ "enum {}", "expected a name" },
		{ "enum { A, A }", "\"A\" is given twice" },
		{ "enum { A = }", "expected a number" },
		{ "enum { A = x }", "expected a number" },
		{ "enum { A = 0x7fffffffffffffff, B }", "too large" },
		{ "enum { A = 9223372036854775808 }", "too large" },
		{ "enum { A = -9223372036854775809 }", "too large" },
		{ "struct { u8 a; u16 a; }", "\"a\" is given twice" },
		{ "struct { u8 a; union { u8 b; u8 a; }; }", "\"a\" is given twice" },
		{ "struct { struct { u8 a; u16 a; } in[2]; }", "\"a\" is given twice" },
		{ "char[0]", "at least one element" },
		{ "char[]", "expected a number" },
		{ "char[-1]", "expected a number" },
		{ "char[1", "expected ]" },
		{ "char[1x]", "expected a number" },
		{ "char[4294967295]", "too large" },
		{ "char[99999999999999999999999]", "too large" },
		{ "u64[60000000]", "larger than" },
		{ "u8[65536][65536]", "larger than" },
		{ "struct { u8 a[60000000]; u8 b[60000000]; }", "larger than" },
		{ "u8[1][1][1][1][1][1][1][1][1][1][1][1][1][1][1][1][1]", "dimensions" },
		{ "struct { u8 a : 9; }", "\"a\" has 8 bits, not 9" },
		{ "struct { bool a : 2; }", "\"a\" has 1 bits, not 2" },
		{ "struct { u8 a : 0; }", "\"a\" has no bits" },
		{ "struct { u8 a : -1; }", "expected a number" },
		{ "struct { float a : 3; }", "a bitfield is of an integer" },
		{ "struct { __int128 a : 3; }", "a bitfield is of an integer" },
		{ "struct { u8 *a : 3; }", "a bitfield is of an integer" },
		{ "struct { u8 a; } __attribute__((weird))", "expected packed or aligned(N)" },
		{ "struct { u8 a; } __attribute__((aligned(3)))", "no power of two" },
		{ "struct { u8 a; } __attribute__((aligned(0)))", "no power of two" },
		{ "struct { u8 a; } __attribute__((aligned(8)", "expected )" },
		{ "packed u8", "expected struct" },
		{ "unsigned signed", "expected an integer type" },
		{ "long long long", "expected an integer type" },
		{ "short char", "expected an integer type" },
		{ "unsigned u32", "left over" },
		{ "void", "expected *" },
		{ "struct { void a; }", "expected *" },
		{ "prog_ref", "no type" },
		{ "struct { u8 \xff; }", "expected a name" },
		{ "{", "expected a type" },
		{ "struct { u8 a, ; }", "expected a name" },
		{ "struct { u8 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; }",
		  "is too long" },
		{ "struct{struct{struct{struct{struct{struct{struct{struct{struct{struct{struct{"
		  "struct{struct{struct{struct{struct{struct{struct{struct{struct{struct{struct{",
		  "nested too deep" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		check_refused(NULL, cases[i][0], cases[i][1]);
}

static void test_ctype_cut_text_is_refused_or_read(void **state)
{
	static const char text[] =
		"struct s { __u32 a, b[2]; ip4_be src; enum { A, B = -5 } e; union { u8 c; "
		"unsigned long long d : 3; }; } __attribute__((packed, aligned(8)))[2]";
	char copy[sizeof(text)];
	struct type *type;
	struct err err;

	(void)state;
	for (size_t n = 0; n < sizeof(text); n++) {
		char *cut = strndup(text, n);

		if (ctype_parse(cut, NULL, &type, &err) == 0)
			type_free(type);
		free(cut);
	}
	for (size_t n = 0; n < sizeof(text) - 1; n++) {
		for (const char *c = "{}[];:,=*(9a "; *c; c++) {
			memcpy(copy, text, sizeof(text));
			copy[n] = *c;
			if (ctype_parse(copy, NULL, &type, &err) == 0)
				type_free(type);
			else
				assert_true(err.message[0]);
		}
	}
}

/* The kernel takes what is made, where it lets us ask. */
static void test_ctype_btf_is_good_for_the_kernel(void **state)
{
	struct btf *btf = btf__new_empty();
	struct err err;
	__u32 id = 0, again = 0;

	(void)state;
	assert_int_equal(ctype_btf("struct flow { ip4_be src; u8 f : 3; mac_addr m; char n[4]; "
				   "enum { X, Y } e; union { u8 u; u32 v; }; void *p; }",
				   btf, &id, &err),
			 0);
	assert_int_equal(ctype_btf("struct { struct flow f[2]; u32 x; }", btf, &again, &err), 0);
	assert_true(again > id);
	assert_string_equal(btf__name_by_offset(btf, btf__type_by_id(btf, id)->name_off), "flow");
	if (btf__load_into_kernel(btf)) {
		btf__free(btf);
		skip();
	}
	btf__free(btf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ctype_names_of_integers),
		cmocka_unit_test(test_ctype_layout_is_the_compilers),
		cmocka_unit_test(test_ctype_layout_of_bitfields_is_the_compilers),
		cmocka_unit_test(test_ctype_keeps_signs_and_names),
		cmocka_unit_test(test_ctype_enum_values_go_on),
		cmocka_unit_test(test_ctype_names_of_the_map_are_found),
		cmocka_unit_test(test_ctype_errors_say_where),
		cmocka_unit_test(test_ctype_cut_text_is_refused_or_read),
		cmocka_unit_test(test_ctype_btf_is_good_for_the_kernel),
	};

	return cmocka_run_group_tests_name("ctype", tests, NULL, NULL);
}
