/* SPDX-License-Identifier: GPL-2.0-only */
/* Random classic programs, and those that are none. */
#include "filter_testing.h"

#include <linux/bpf.h>

#define PROGRAMS 150
#define PACKETS	 100
#define LONGEST	 64
#define WORDS	 4 /* of M[], all written before the rest: bpf_filter() does not clear them */

static struct packet_in packets[PACKETS];

static int make_packets(void **state)
{
	uint32_t seed = 362436069;

	(void)state;
	if (geteuid() != 0)
		print_message("# only root can load programs\n");
	for (unsigned int i = 0; i < PACKETS; i++)
		packet_random(&packets[i], &seed);
	return 0;
}

static uint32_t random_number(uint32_t *seed)
{
	static const uint32_t numbers[] = {
		0,	    1,		2,    3,    5,	    7,		16,	    31,
		32,	    127,	128,  255,  256,    4095,	0xffff,	    0x7fffffff,
		0x80000000, 0x80000001, 1000, 1500, 0xf0f0, 0xfffffffe, 0xffffffff, 0x12345678
	};

	return random_below(seed, 4) ? RANDOM_OF(seed, numbers) : random_next(seed);
}

static uint32_t random_offset(uint32_t *seed)
{
	static const uint32_t edges[] = { 8999,	      9000,	  32766,      32767,
					  32768,      65275,	  65280,      65281,
					  0x7fffffff, 0x80000000, 0xfffff000, 0xffffffff };

	return random_below(seed, 40) ? random_below(seed, 40) : RANDOM_OF(seed, edges);
}

static struct sock_filter random_load(uint32_t *seed)
{
	static const uint16_t codes[] = {
		BPF_LD | BPF_W | BPF_ABS, BPF_LD | BPF_H | BPF_ABS,  BPF_LD | BPF_B | BPF_ABS,
		BPF_LD | BPF_W | BPF_IND, BPF_LD | BPF_H | BPF_IND,  BPF_LD | BPF_B | BPF_IND,
		BPF_LD | BPF_B | BPF_ABS, BPF_LDX | BPF_B | BPF_MSH,
	};

	return (struct sock_filter)BPF_STMT(RANDOM_OF(seed, codes), random_offset(seed));
}

static struct sock_filter random_move(uint32_t *seed)
{
	static const uint16_t codes[] = {
		BPF_MISC | BPF_TAX,
		BPF_MISC | BPF_TXA,
		BPF_LD | BPF_IMM,
		BPF_LDX | BPF_IMM,
		BPF_LD | BPF_MEM,
		BPF_LDX | BPF_MEM,
		BPF_ST,
		BPF_STX,
		BPF_LD | BPF_W | BPF_LEN,
		BPF_LDX | BPF_W | BPF_LEN,
	};
	uint16_t code = RANDOM_OF(seed, codes);
	bool is_number = code == (BPF_LD | BPF_IMM) || code == (BPF_LDX | BPF_IMM);

	return (struct sock_filter)BPF_STMT(code, is_number ? random_number(seed)
							    : random_below(seed, WORDS));
}

static struct sock_filter random_arithmetic(uint32_t *seed)
{
	static const uint16_t operations[] = { BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_MOD, BPF_AND,
					       BPF_OR,	BPF_XOR, BPF_LSH, BPF_RSH, BPF_NEG };
	uint16_t operation = RANDOM_OF(seed, operations);
	uint16_t source = operation != BPF_NEG && random_below(seed, 2) ? BPF_X : BPF_K;
	uint32_t k = source == BPF_K ? random_number(seed) : 0;

	if (operation == BPF_LSH || operation == BPF_RSH)
		k %= 32; /* more has no meaning in C */
	if (operation == BPF_DIV || operation == BPF_MOD)
		k = k ?: 3;
	return (struct sock_filter)BPF_STMT((uint16_t)(BPF_ALU | operation | source), k);
}

/* Where it goes lies within the next `left` instructions. */
static struct sock_filter random_jump(uint32_t *seed, uint32_t left)
{
	static const uint16_t operations[] = { BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET };
	uint16_t source = random_below(seed, 2) ? BPF_X : BPF_K;
	uint32_t most = left < 6 ? left : 6;

	if (!random_below(seed, 12))
		return (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, random_below(seed, most));
	return (struct sock_filter)BPF_JUMP(
		(uint16_t)(BPF_JMP | RANDOM_OF(seed, operations) | source), random_number(seed),
		(__u8)random_below(seed, most), (__u8)random_below(seed, most));
}

static struct sock_filter random_insn(uint32_t *seed, uint32_t left)
{
	uint32_t kind = random_below(seed, 20);

	if (kind < 5)
		return random_load(seed);
	if (kind < 9)
		return random_move(seed);
	if (kind < 15)
		return random_arithmetic(seed);
	if (kind < 19 || random_below(seed, 2))
		return random_jump(seed, left);
	return (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, random_number(seed));
}

/* Ends in a mixture of all that it has. */
static struct filter random_program(uint32_t *seed, struct sock_filter insns[static LONGEST])
{
	static const struct sock_filter begin[] = {
		BPF_STMT(BPF_LD | BPF_IMM, 77),
		BPF_STMT(BPF_ST, 0),
		BPF_STMT(BPF_ST, 1),
		BPF_STMT(BPF_STX, 2),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 1),
		BPF_STMT(BPF_ST, 3),
		BPF_STMT(BPF_MISC | BPF_TAX, 0),
	};
	static const struct sock_filter end[] = {
		BPF_STMT(BPF_ALU | BPF_XOR | BPF_X, 0), BPF_STMT(BPF_LDX | BPF_MEM, 0),
		BPF_STMT(BPF_ALU | BPF_ADD | BPF_X, 0), BPF_STMT(BPF_LDX | BPF_MEM, 3),
		BPF_STMT(BPF_ALU | BPF_XOR | BPF_X, 0), BPF_STMT(BPF_RET | BPF_A, 0),
	};
	unsigned int middle = 4 + random_below(seed, LONGEST - COUNT(begin) - COUNT(end) - 4);

	memcpy(insns, begin, sizeof(begin));
	for (unsigned int i = 0; i < middle; i++)
		insns[COUNT(begin) + i] = random_insn(seed, middle - i);
	memcpy(insns + COUNT(begin) + middle, end, sizeof(end));
	return (struct filter){ insns,
				(unsigned int)COUNT(begin) + middle + (unsigned int)COUNT(end) };
}

static void test_filter_random_programs_say_what_libpcap_says(void **state)
{
	unsigned int runs = 0, matches = 0;
	uint32_t seed = 88172645;

	(void)state;
	need_root();
	for (unsigned int n = 0; n < PROGRAMS; n++) {
		struct sock_filter insns[LONGEST];
		struct filter filter = random_program(&seed, insns);
		struct tester t;
		char what[32];

		snprintf(what, sizeof(what), "program %u", n);
		for (unsigned int w = 0; w < COUNT(ways); w++) {
			if (!tester_open(&t, &ways[w], &filter, what))
				continue;
			for (unsigned int i = 0; i < PACKETS; i++)
				tester_compare(&t, &packets[i], what);
			runs += t.runs;
			matches += t.matches;
			tester_close(&t);
		}
	}
	assert_in_range(matches, runs / 4, runs * 9 / 10);
}

/* One operation at a time: all pairs of numbers that are somehow special. */
static void test_filter_arithmetic_says_what_libpcap_says(void **state)
{
	static const uint32_t numbers[] = {
		0, 1, 2, 31, 32, 33, 0x7fffffff, 0x80000000, 0xffffffff
	};
	static const uint16_t codes[] = {
		BPF_ALU | BPF_ADD | BPF_X, BPF_ALU | BPF_SUB | BPF_X, BPF_ALU | BPF_MUL | BPF_X,
		BPF_ALU | BPF_DIV | BPF_X, BPF_ALU | BPF_MOD | BPF_X, BPF_ALU | BPF_AND | BPF_X,
		BPF_ALU | BPF_OR | BPF_X,  BPF_ALU | BPF_XOR | BPF_X, BPF_ALU | BPF_LSH | BPF_X,
		BPF_ALU | BPF_RSH | BPF_X, BPF_ALU | BPF_NEG,	      BPF_JMP | BPF_JEQ | BPF_X,
		BPF_JMP | BPF_JGT | BPF_X, BPF_JMP | BPF_JGE | BPF_X, BPF_JMP | BPF_JSET | BPF_X,
	};

	(void)state;
	need_root();
	for (unsigned int c = 0; c < COUNT(codes); c++) {
		struct sock_filter insns[] = {
			BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 4), BPF_STMT(BPF_MISC | BPF_TAX, 0),
			BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0), BPF_STMT(codes[c], 0),
			BPF_STMT(BPF_RET | BPF_A, 0),	       BPF_STMT(BPF_RET | BPF_K, 12345),
		};
		struct filter filter = { insns, COUNT(insns) };
		struct packet_in p = { .length = 0 };
		struct tester t;

		insns[3].jt = BPF_CLASS(codes[c]) == BPF_JMP ? 1 : 0;
		assert_true(tester_open(&t, &ways[0], &filter, "arithmetic"));
		for (unsigned int i = 0; i < COUNT(numbers) * COUNT(numbers); i++) {
			p.length = 0;
			packet_put(&p, numbers[i / COUNT(numbers)], 4);
			packet_put(&p, numbers[i % COUNT(numbers)], 4);
			tester_compare(&t, &p, "arithmetic");
		}
		assert_int_equal(t.runs, COUNT(numbers) * COUNT(numbers));
		tester_close(&t);
	}
}

/* Around the end of the packet, of what an instruction can hold, and of what the verifier follows.
 */
static void test_filter_load_at_the_edge_says_what_libpcap_says(void **state)
{
	static const uint16_t codes[] = {
		BPF_LD | BPF_W | BPF_ABS, BPF_LD | BPF_H | BPF_ABS, BPF_LD | BPF_B | BPF_ABS,
		BPF_LD | BPF_W | BPF_IND, BPF_LD | BPF_B | BPF_IND, BPF_LDX | BPF_B | BPF_MSH,
	};
	static const uint32_t offsets[] = {
		0,     2,     3,     1996,   1997,   1998,	 1999,	     2000,
		8996,  8999,  9000,  32766,  32767,  32768,	 65279,	     65280,
		65281, 65535, 65536, 131071, 131072, 0x7fffffff, 0x80000000, 0xffffffff,
	};
	static struct packet_in p[] = { { .length = 2000 }, { .length = 9000 }, { .length = 14 } };
	uint32_t seed = 521288629;

	(void)state;
	need_root();
	for (unsigned int i = 0; i < COUNT(p); i++) {
		for (unsigned int at = 0; at < p[i].length; at++)
			p[i].data[at] = (uint8_t)random_next(&seed);
	}
	for (unsigned int i = 0; i < COUNT(codes) * COUNT(offsets); i++) {
		struct sock_filter insns[] = {
			BPF_STMT(BPF_LDX | BPF_IMM, i % 3),
			BPF_STMT(codes[i / COUNT(offsets)], offsets[i % COUNT(offsets)]),
			BPF_STMT(BPF_ALU | BPF_ADD | BPF_X, 0),
			BPF_STMT(BPF_RET | BPF_A, 0),
		};
		struct filter filter = { insns, COUNT(insns) };
		struct tester t;

		for (unsigned int w = 0; w < COUNT(ways); w++) {
			if (!tester_open(&t, &ways[w], &filter, "edge"))
				continue;
			for (unsigned int n = 0; n < COUNT(p); n++)
				tester_compare(&t, &p[n], "edge");
			tester_close(&t);
		}
	}
}

/* To where nothing else leads, and into a loop from its side. */
static void test_filter_going_back_says_what_libpcap_says(void **state)
{
	struct sock_filter back[] = {
		BPF_STMT(BPF_JMP | BPF_JA, 2),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 20),
		BPF_STMT(BPF_RET | BPF_A, 0),
		BPF_STMT(BPF_JMP | BPF_JA, (__u32)-3),
	};
	struct sock_filter aside[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JSET, 1, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 40),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 38), /* is known to be there, but for the loop */
		BPF_STMT(BPF_RET | BPF_A, 0),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 1),
		BPF_STMT(BPF_JMP | BPF_JA, (__u32)-4),
	};
	struct filter filters[] = { { back, COUNT(back) }, { aside, COUNT(aside) } };
	struct tester t;

	(void)state;
	need_root();
	for (unsigned int n = 0; n < COUNT(filters); n++) {
		assert_true(tester_open(&t, &ways[0], &filters[n], "back"));
		for (unsigned int i = 0; i < PACKETS; i++)
			tester_compare(&t, &packets[i], "back");
		assert_in_range(t.matches, 1, t.runs - 1);
		tester_close(&t);
	}
}

/* What libpcap would not make. */
static void test_filter_no_program_is_refused(void **state)
{
	static const struct {
		struct sock_filter insn[2];
		unsigned int count;
	} cases[] = {
		{ { BPF_STMT(BPF_LD | BPF_IMM, 0) }, 1 }, /* runs off its end */
		{ { BPF_STMT(BPF_JMP | BPF_JA, 1), BPF_STMT(BPF_RET | BPF_K, 0) }, 2 },
		{ { BPF_STMT(BPF_JMP | BPF_JA, 0xfffffffe), BPF_STMT(BPF_RET | BPF_K, 0) }, 2 },
		{ { BPF_JUMP(BPF_JMP | BPF_JEQ, 0, 0, 1), BPF_STMT(BPF_RET | BPF_K, 0) }, 2 },
		{ { BPF_STMT(BPF_ALU | BPF_DIV, 0), BPF_STMT(BPF_RET | BPF_K, 0) }, 2 },
		{ { BPF_STMT(BPF_ALU | BPF_MOD, 0), BPF_STMT(BPF_RET | BPF_K, 0) }, 2 },
		{ { BPF_STMT(BPF_ALU | 0xb0, 0), BPF_STMT(BPF_RET | BPF_K, 0) }, 2 },
		{ { BPF_STMT(BPF_ST, BPF_MEMWORDS), BPF_STMT(BPF_RET | BPF_K, 0) }, 2 },
		{ { BPF_STMT(BPF_LDX | BPF_MEM, 16), BPF_STMT(BPF_RET | BPF_K, 0) }, 2 },
		{ { BPF_STMT(BPF_LDX | BPF_W | BPF_ABS, 0), BPF_STMT(BPF_RET | BPF_K, 0) }, 2 },
		{ { BPF_STMT(0x18 | BPF_LD, 0), BPF_STMT(BPF_RET | BPF_K, 0) }, 2 },
		{ { BPF_STMT(BPF_RET | BPF_X, 0) }, 1 },
		{ { BPF_STMT(BPF_JMP | 0x50, 0), BPF_STMT(BPF_RET | BPF_K, 0) }, 2 },
		{ { BPF_STMT(0x100, 0), BPF_STMT(BPF_RET | BPF_K, 0) }, 2 },
		{ { BPF_STMT(BPF_MISC | 0x40, 0), BPF_STMT(BPF_RET | BPF_K, 0) }, 2 },
		{ { BPF_STMT(BPF_RET | BPF_K, 0) }, 0 },
	};

	(void)state;
	for (unsigned int i = 0; i < COUNT(cases); i++) {
		struct sock_filter insns[2] = { cases[i].insn[0], cases[i].insn[1] };
		struct filter filter = { insns, cases[i].count };
		struct bpf_insn out[128];
		unsigned int count;
		struct err err = { .message = "" };

		if (filter_translate(&filter, FILTER_XDP, out, 128, &count, &err) != -EINVAL)
			fail_msg("case %u is a program", i);
		assert_int_equal(err.code, ERR_FAILED);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_filter_random_programs_say_what_libpcap_says),
		cmocka_unit_test(test_filter_arithmetic_says_what_libpcap_says),
		cmocka_unit_test(test_filter_load_at_the_edge_says_what_libpcap_says),
		cmocka_unit_test(test_filter_going_back_says_what_libpcap_says),
		cmocka_unit_test(test_filter_no_program_is_refused),
	};

	return cmocka_run_group_tests_name("filter_random", tests, make_packets, NULL);
}
