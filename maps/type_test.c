/* SPDX-License-Identifier: GPL-2.0-only */
#include "type.h"

#include <bpf/btf.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "buf.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Types that most tests start from. */
struct base {
	struct btf *btf;
	int u8, u16, u32, u64, s32, c, b;
};

static struct base base_new(void)
{
	struct base b = { .btf = btf__new_empty() };

	assert_non_null(b.btf);
	b.u8 = btf__add_int(b.btf, "unsigned char", 1, 0);
	b.u16 = btf__add_int(b.btf, "unsigned short", 2, 0);
	b.u32 = btf__add_int(b.btf, "unsigned int", 4, 0);
	b.u64 = btf__add_int(b.btf, "unsigned long", 8, 0);
	b.s32 = btf__add_int(b.btf, "int", 4, BTF_INT_SIGNED);
	b.c = btf__add_int(b.btf, "char", 1, BTF_INT_SIGNED);
	b.b = btf__add_int(b.btf, "_Bool", 1, BTF_INT_BOOL);
	return b;
}

static void field(struct base *b, const char *name, int type, uint32_t bit, uint32_t bits)
{
	assert_int_equal(btf__add_field(b->btf, name, type, bit, bits), 0);
}

/* The type, described; frees it and the BTF. */
static void check(struct base *b, int id, uint32_t size, const char *expect)
{
	struct err err = { 0 };
	struct buf text = { 0 };
	struct type *type;

	assert_true(id > 0);
	if (type_from_btf(b->btf, (uint32_t)id, &type, &err))
		fail_msg("%s", err.message);
	type_describe(type, &text);
	assert_string_equal(buf_string(&text), expect);
	assert_int_equal(type->size, size);
	buf_free(&text);
	type_free(type);
	btf__free(b->btf);
}

static void check_refused(struct base *b, int id, int ret)
{
	struct err err = { 0 };
	struct type *type = (void *)b;

	assert_true(id > 0);
	assert_int_equal(type_from_btf(b->btf, (uint32_t)id, &type, &err), ret);
	assert_null(type);
	assert_true(err.code && err.message[0]);
	assert_int_equal(type_from_btf(b->btf, (uint32_t)id, &type, NULL), ret);
	btf__free(b->btf);
}

static void test_type_integers_have_their_width(void **state)
{
	static const struct {
		const char *name;
		size_t size;
		int encoding;
		const char *expect;
	} cases[] = {
		{ "unsigned char", 1, 0, "__u8" },
		{ "short", 2, BTF_INT_SIGNED, "__s16" },
		{ "unsigned int", 4, 0, "__u32" },
		{ "long", 8, BTF_INT_SIGNED, "__s64" },
		{ "__int128", 16, BTF_INT_SIGNED, "__int128" },
		{ "unsigned __int128", 16, 0, "unsigned __int128" },
		{ "_Bool", 1, BTF_INT_BOOL, "bool" },
		{ "char", 1, BTF_INT_SIGNED, "__s8" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct base b = base_new();

		check(&b, btf__add_int(b.btf, cases[i].name, cases[i].size, cases[i].encoding),
		      (uint32_t)cases[i].size, cases[i].expect);
	}
}

static void test_type_arrays_of_char_are_text(void **state)
{
	struct base b = base_new();
	int c = btf__add_typedef(b.btf, "letter", btf__add_const(b.btf, b.c));
	int inner = btf__add_array(b.btf, b.u32, c, 16);

	(void)state;
	check(&b, btf__add_array(b.btf, b.u32, inner, 3), 48, "char[3][16]");
	b = base_new();
	check(&b, btf__add_array(b.btf, b.u32, b.u8, 16), 16, "__u8[16]");
	b = base_new();
	inner = btf__add_array(b.btf, b.u32, b.u16, 3);
	check(&b, btf__add_array(b.btf, b.u32, inner, 2), 12, "__u16[2][3]");
}

static void test_type_typedef_is_a_notation_of_its_size_alone(void **state)
{
	struct base b = base_new();
	int outer;

	(void)state;
	outer = btf__add_typedef(b.btf, "client_t", btf__add_typedef(b.btf, "ip4_be", b.u32));
	check(&b, btf__add_volatile(b.btf, outer), 4, "ip4_be");
	b = base_new();
	check(&b, btf__add_typedef(b.btf, "ip4_be", b.u64), 8, "__u64");
	b = base_new();
	check(&b, btf__add_typedef(b.btf, "prog_ref", b.u32), 4, "__u32");
	b = base_new();
	check(&b, btf__add_struct(b.btf, "in6_addr", 16), 16, "in6_addr");
	b = base_new();
	check(&b, btf__add_enum(b.btf, "xdp_action", 4), 4, "xdp_action");
}

static void test_type_anonymous_members_are_the_outers(void **state)
{
	struct base b = base_new();
	struct err err;
	struct type *type;
	int un, st, id;

	(void)state;
	st = btf__add_struct(b.btf, "", 4);
	field(&b, "x", b.u16, 0, 0);
	field(&b, "f", b.u32, 17, 3);
	un = btf__add_union(b.btf, "", 4);
	field(&b, "word", b.u32, 0, 0);
	field(&b, "", st, 0, 0);
	id = btf__add_struct(b.btf, "outer", 12);
	field(&b, "first", b.u32, 0, 0);
	field(&b, "", un, 64, 0);
	assert_int_equal(type_from_btf(b.btf, (uint32_t)id, &type, &err), 0);
	assert_int_equal(type->count, 4);
	assert_string_equal(type->member[1].name, "word");
	assert_int_equal(type->member[1].offset, 8);
	assert_int_equal(type->member[2].offset, 8);
	assert_int_equal(type->member[3].offset, 64 + 17);
	assert_int_equal(type->member[3].bits, 3);
	assert_false(type->member[0].overlaps);
	assert_true(type->member[1].overlaps && type->member[2].overlaps &&
		    type->member[3].overlaps);
	type_free(type);
	check(&b, id, 12, "struct outer { __u32 first; __u32 word; __u16 x; __u32 f : 3; }");
}

static void test_type_padding_is_what_no_member_covers(void **state)
{
	struct base b = base_new();
	struct err err;
	struct type *type;
	int id, inner;

	(void)state;
	inner = btf__add_struct(b.btf, "inner", 4);
	field(&b, "a", b.u8, 0, 0);
	field(&b, "b", b.u16, 16, 0);
	inner = btf__add_array(b.btf, b.u32, inner, 2);
	id = btf__add_struct(b.btf, "padded", 16);
	field(&b, "x", b.u8, 0, 3);
	field(&b, "y", b.u8, 5, 2);
	field(&b, "in", inner, 32, 0);
	assert_int_equal(type_from_btf(b.btf, (uint32_t)id, &type, &err), 0);
	assert_true(type->has_padding);
	assert_memory_equal(type->padding, "\x98\xff\xff\xff\0\xff\0\0\0\xff\0\0\xff\xff\xff\xff",
			    16);
	type_free(type);
	id = btf__add_struct(b.btf, "full", 8);
	field(&b, "x", b.u32, 0, 0);
	field(&b, "y", b.u32, 32, 0);
	assert_int_equal(type_from_btf(b.btf, (uint32_t)id, &type, &err), 0);
	assert_false(type->has_padding);
	type_free(type);
	btf__free(b.btf);
}

static void test_type_odd_members_are_left_out_or_plain(void **state)
{
	struct base b = base_new();
	int i128 = btf__add_int(b.btf, "__int128", 16, BTF_INT_SIGNED);
	int flexible = btf__add_array(b.btf, b.u32, b.u32, 0);
	int be = btf__add_typedef(b.btf, "__be32", b.u32);
	int lock = btf__add_struct(b.btf, "bpf_spin_lock", 4), id;

	(void)state;
	field(&b, "val", b.u32, 0, 0);
	id = btf__add_struct(b.btf, "odd", 48);
	field(&b, "lock", lock, 0, 0);
	field(&b, "narrow", i128, 32, 40);
	field(&b, "wide", i128, 128, 100);
	field(&b, "be", be, 256, 4);
	field(&b, "", b.u32, 260, 4);
	field(&b, "rest", flexible, 384, 0);
	check(&b, id, 48,
	      "struct odd { struct bpf_spin_lock lock; __s64 narrow : 40; __u64 be : 4; }");
}

/* As compilers wrote it before Linux 5.0: the integer says which of its bits are meant. */
static void test_type_old_bitfield_is_found(void **state)
{
	struct base b = base_new();
	int three = btf__add_int(b.btf, "int", 4, BTF_INT_SIGNED), id;
	struct btf_type *t = (struct btf_type *)(uintptr_t)btf__type_by_id(b.btf, (uint32_t)three);

	(void)state;
	*(__u32 *)(t + 1) = BTF_INT_SIGNED << 24 | 5 << 16 | 3;
	id = btf__add_struct(b.btf, "old", 4);
	field(&b, "low", three, 0, 0);
	field(&b, "high", three, 8, 0);
	{
		struct err err;
		struct type *type;

		assert_int_equal(type_from_btf(b.btf, (uint32_t)id, &type, &err), 0);
		assert_int_equal(type->member[0].offset, 5);
		assert_int_equal(type->member[1].offset, 13);
		type_free(type);
	}
	check(&b, id, 4, "struct old { __s32 low : 3; __s32 high : 3; }");
}

static void test_type_section_has_its_variables(void **state)
{
	struct base b = base_new();
	int x = btf__add_var(b.btf, "x", BTF_VAR_STATIC, b.u32);
	int y = btf__add_var(b.btf, "fn.count", BTF_VAR_STATIC, b.u64);
	int again = btf__add_var(b.btf, "x", BTF_VAR_STATIC, b.u16);
	int id = btf__add_datasec(b.btf, ".bss", 20);

	(void)state;
	btf__add_datasec_var_info(b.btf, x, 0, 4);
	btf__add_datasec_var_info(b.btf, y, 8, 8);
	btf__add_datasec_var_info(b.btf, again, 16, 2);
	check(&b, id, 20, ".bss { __u32 x; __u64 fn.count; __u16 x#2; }");
	b = base_new(); /* an object file that was not loaded does not know the size */
	x = btf__add_var(b.btf, "x", BTF_VAR_STATIC, b.u32);
	id = btf__add_datasec(b.btf, ".data", 0);
	btf__add_datasec_var_info(b.btf, x, 4, 4);
	check(&b, id, 8, ".data { __u32 x; }");
}

static void test_type_without_a_size_is_refused(void **state)
{
	struct base b = base_new();

	(void)state;
	check_refused(&b, btf__add_fwd(b.btf, "later", BTF_FWD_STRUCT), -EINVAL);
	b = base_new();
	check_refused(&b, btf__add_typedef(b.btf, "nothing", 0), -EINVAL);
	b = base_new();
	check_refused(&b, btf__add_func_proto(b.btf, b.u32), -EINVAL);
	b = base_new();
	check_refused(&b, 4711, -EINVAL);
}

static void test_type_broken_or_huge_btf_is_refused(void **state)
{
	struct base b = base_new();
	int id = btf__add_struct(b.btf, "short_one", 4);

	(void)state;
	field(&b, "a", b.u32, 8, 0);
	check_refused(&b, id, -EINVAL);
	b = base_new();
	id = btf__add_struct(b.btf, "short_bits", 4);
	field(&b, "a", b.u32, 24, 9);
	check_refused(&b, id, -EINVAL);
	b = base_new();
	check_refused(&b, btf__add_array(b.btf, b.u32, b.u64, 0x20000000), -EOVERFLOW);
	b = base_new();
	id = b.u32;
	for (int i = 0; i < 40; i++)
		id = btf__add_array(b.btf, b.u32, id, 1);
	check_refused(&b, id, -E2BIG);
	b = base_new();
	id = b.u32;
	for (int i = 0; i < 20; i++) { /* each has the one before twice */
		int inner = id;

		id = btf__add_struct(b.btf, "twice", 8u << i);
		field(&b, "a", inner, 0, 0);
		field(&b, "b", inner, 32u << i, 0);
	}
	check_refused(&b, id, -E2BIG);
	b = base_new(); /* a typedef of itself */
	id = btf__add_typedef(b.btf, "self", b.u32);
	((struct btf_type *)(uintptr_t)btf__type_by_id(b.btf, (uint32_t)id))->type = (__u32)id;
	check_refused(&b, id, -EINVAL);
}

static void test_type_enum_keeps_names_and_sign(void **state)
{
	struct base b = base_new();
	struct err err;
	struct type *type;
	int id = btf__add_enum(b.btf, "mode", 4);

	(void)state;
	btf__add_enum_value(b.btf, "ON", 1);
	btf__add_enum_value(b.btf, "BROKEN", -2);
	assert_int_equal(type_from_btf(b.btf, (uint32_t)id, &type, &err), 0);
	assert_int_equal(type->kind, TYPE_ENUM);
	assert_string_equal(type->name, "enum mode");
	assert_true(type->is_signed);
	assert_int_equal((int64_t)type->value[1].value, -2);
	type_free(type);
	id = btf__add_enum64(b.btf, "", 8, false);
	btf__add_enum64_value(b.btf, "TOP", 1ULL << 63);
	assert_int_equal(type_from_btf(b.btf, (uint32_t)id, &type, &err), 0);
	assert_null(type->name);
	assert_false(type->is_signed);
	assert_true(type->value[0].value == 1ULL << 63);
	type_free(type);
	btf__free(b.btf);
}

/* bit by bit, the way a compiler numbers them on this machine */
static void test_type_bits_are_what_the_compiler_says(void **state)
{
	union {
		struct {
			uint32_t a : 3, b : 11, c : 18;
		};
		uint8_t bytes[4];
	} x;

	(void)state;
	for (uint32_t v = 1; v; v <<= 1) {
		memset(&x, 0xa5, sizeof(x));
		store_bits(x.bytes, 0, 3, v);
		store_bits(x.bytes, 3, 11, v);
		store_bits(x.bytes, 14, 18, v);
		assert_int_equal(x.a, v & 7);
		assert_int_equal(x.b, v & 0x7ff);
		assert_int_equal(x.c, v & 0x3ffff);
		assert_int_equal(load_bits(x.bytes, 0, 3), x.a);
		assert_int_equal(load_bits(x.bytes, 3, 11), x.b);
		assert_int_equal(load_bits(x.bytes, 14, 18), x.c);
	}
}

static void test_type_bits_leave_their_neighbours(void **state)
{
	(void)state;
	for (uint32_t offset = 0; offset < 16; offset++) {
		for (uint32_t bits = 1; bits <= 64; bits++) {
			size_t size = (offset + bits + 7) / 8;
			uint8_t *bytes = malloc(size); /* a sanitizer sees one too many */
			uint64_t all = UINT64_MAX >> (64 - bits), value = 0x9e3779b97f4a7c15 & all;
			uint32_t ones = 0;

			assert_non_null(bytes);
			memset(bytes, 0xff, size);
			store_bits(bytes, offset, bits, value);
			assert_true(load_bits(bytes, offset, bits) == value);
			store_bits(bytes, offset, bits, 0);
			for (size_t i = 0; i < size; i++)
				ones += (uint32_t)__builtin_popcount(bytes[i]);
			assert_int_equal(ones, 8 * size - bits);
			free(bytes);
		}
	}
}

static void test_type_numbers_are_extended_by_their_sign(void **state)
{
	uint8_t bytes[8] = { 0 };

	(void)state;
	for (uint32_t size = 1; size <= 8; size *= 2) {
		uint64_t half = 1ULL << (8 * size - 1);

		store_number(bytes, size, half);
		assert_true(load_unsigned(bytes, size) == half);
		assert_true(load_signed(bytes, size) == (int64_t)(-half));
		store_number(bytes, size, half - 1);
		assert_true(load_signed(bytes, size) == (int64_t)(half - 1));
		store_number(bytes, size, (uint64_t)-1);
		assert_true(load_signed(bytes, size) == -1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_type_integers_have_their_width),
		cmocka_unit_test(test_type_arrays_of_char_are_text),
		cmocka_unit_test(test_type_typedef_is_a_notation_of_its_size_alone),
		cmocka_unit_test(test_type_anonymous_members_are_the_outers),
		cmocka_unit_test(test_type_padding_is_what_no_member_covers),
		cmocka_unit_test(test_type_odd_members_are_left_out_or_plain),
		cmocka_unit_test(test_type_old_bitfield_is_found),
		cmocka_unit_test(test_type_section_has_its_variables),
		cmocka_unit_test(test_type_without_a_size_is_refused),
		cmocka_unit_test(test_type_broken_or_huge_btf_is_refused),
		cmocka_unit_test(test_type_enum_keeps_names_and_sign),
		cmocka_unit_test(test_type_bits_are_what_the_compiler_says),
		cmocka_unit_test(test_type_bits_leave_their_neighbours),
		cmocka_unit_test(test_type_numbers_are_extended_by_their_sign),
	};

	return cmocka_run_group_tests_name("type", tests, NULL, NULL);
}
