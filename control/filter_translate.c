/* SPDX-License-Identifier: GPL-2.0-only */
/* Classic BPF to eBPF. A is R0, X is R9, as 32-bit registers whose upper half is 0; M[] is on the
 * stack. R1 to R5 hold what is used within one classic instruction.
 *
 * All is written two times, the first to learn where every classic instruction begins. */
#include "filter.h"

#include <errno.h>
#include <stdlib.h>

#include "filter_emit.h"

/* ---- arithmetic */

/* What is shifted by 32 or more is 0; an eBPF shift takes the lower 5 bits of the distance. */
static void shift(struct writer *w, const struct sock_filter *in)
{
	if (BPF_SRC(in->code) == BPF_X) {
		emit(w, BPF_JUMP32 | BPF_JLT | BPF_K, REG_X, 0, 1, 32);
		emit_set32(w, REG_A, 0);
		/* also behind the zero: harmless, and one jump less */
		emit(w, in->code, REG_A, REG_X, 0, 0);
	} else if (in->k >= 32) {
		emit_set32(w, REG_A, 0);
	} else {
		emit(w, in->code, REG_A, 0, 0, in->k);
	}
}

/* The numbers of eBPF's operations are those of classic BPF. */
static void arithmetic(struct writer *w, const struct sock_filter *in)
{
	uint16_t operation = BPF_OP(in->code);
	bool by_x = BPF_SRC(in->code) == BPF_X;

	if (operation == BPF_LSH || operation == BPF_RSH) {
		shift(w, in);
		return;
	}
	if (by_x && (operation == BPF_DIV || operation == BPF_MOD))
		emit_fail_if(w, BPF_JUMP32 | BPF_JEQ | BPF_K, REG_X, 0, 0);
	emit(w, in->code, REG_A, by_x ? REG_X : 0, 0, by_x || operation == BPF_NEG ? 0 : in->k);
}

/* ---- jumps */

/* The operation that is true where this one is not; 0: there is none. */
static int opposite(int operation)
{
	switch (operation) {
	case BPF_JEQ:
		return BPF_JNE;
	case BPF_JGT:
		return BPF_JLE;
	case BPF_JGE:
		return BPF_JLT;
	default:
		return 0;
	}
}

static void branch(struct writer *w, const struct sock_filter *in, unsigned int i)
{
	int operation = BPF_OP(in->code), source = BPF_SRC(in->code);
	unsigned int yes = i + 1 + in->jt, no = i + 1 + in->jf;
	int x = source == BPF_X ? REG_X : 0;
	uint32_t k = source == BPF_X ? 0 : in->k;

	if (yes == no) {
		emit_jump(w, BPF_JMP | BPF_JA, 0, 0, 0, yes);
	} else if (!in->jt && opposite(operation)) {
		emit_jump(w, BPF_JUMP32 | opposite(operation) | source, REG_A, x, k, no);
	} else {
		emit_jump(w, BPF_JUMP32 | operation | source, REG_A, x, k, yes);
		if (in->jf)
			emit_jump(w, BPF_JMP | BPF_JA, 0, 0, 0, no);
	}
}

/* The verifier has to see that a loop ends, so it is counted. */
static void go(struct writer *w, const struct sock_filter *in, unsigned int i)
{
	if (filter_goes_back(in)) {
		emit(w, BPF_LDX | BPF_MEM | BPF_DW, BPF_REG_1, REG_FP, AT_LOOPS, 0);
		emit_add64(w, BPF_REG_1, 1);
		emit_fail_if(w, BPF_JMP | BPF_JGT | BPF_K, BPF_REG_1, 0, FILTER_LOOPS);
		emit(w, BPF_STX | BPF_MEM | BPF_DW, REG_FP, BPF_REG_1, AT_LOOPS, 0);
		/* Twice the other way round. The verifier forgets what it knew of X, a different
		 * thing after each way through the loop: for `ip6 protochain`, seconds become
		 * milliseconds. */
		emit(w, BPF_ALU | BPF_END | BPF_TO_BE, REG_X, 0, 0, 32);
		emit(w, BPF_ALU | BPF_END | BPF_TO_BE, REG_X, 0, 0, 32);
	}
	emit_jump(w, BPF_JMP | BPF_JA, 0, 0, 0, i + 1 + in->k);
}

/* ---- instructions */

static void leave(struct writer *w, const struct sock_filter *in)
{
	if (BPF_RVAL(in->code) == BPF_K)
		emit_set32(w, BPF_REG_0, in->k);
	emit(w, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

static void load_other(struct writer *w, const struct sock_filter *in)
{
	int dst = BPF_CLASS(in->code) == BPF_LD ? REG_A : REG_X;

	if (BPF_MODE(in->code) == BPF_IMM)
		emit_set32(w, dst, in->k);
	else
		emit_from_stack(w, dst,
				BPF_MODE(in->code) == BPF_MEM ? emit_memory_at(in->k) : AT_LENGTH);
}

static void translate(struct writer *w, unsigned int i)
{
	const struct sock_filter *in = &w->filter->insns[i];

	switch (BPF_CLASS(in->code)) {
	case BPF_LD:
	case BPF_LDX:
		if (filter_load_size(in))
			emit_packet_load(w, in, w->facts->insn[i].checked);
		else
			load_other(w, in);
		break;
	case BPF_ST:
	case BPF_STX:
		emit_to_stack(w, BPF_CLASS(in->code) == BPF_ST ? REG_A : REG_X,
			      emit_memory_at(in->k));
		break;
	case BPF_ALU:
		arithmetic(w, in);
		break;
	case BPF_JMP:
		if (BPF_OP(in->code) == BPF_JA)
			go(w, in, i);
		else
			branch(w, in, i);
		break;
	case BPF_RET:
		leave(w, in);
		break;
	default: /* BPF_MISC */
		if (BPF_MISCOP(in->code) == BPF_TAX)
			emit_copy32(w, REG_X, REG_A);
		else
			emit_copy32(w, REG_A, REG_X);
	}
}

static void prologue(struct writer *w)
{
	emit_copy64(w, REG_CTX, BPF_REG_1);
	emit_copy64(w, REG_DATA, BPF_REG_2);
	emit_copy64(w, REG_END, BPF_REG_3);
	emit_set32(w, REG_A, 0);
	emit_set32(w, REG_X, 0);
	for (unsigned int i = 0; i < BPF_MEMWORDS; i++) {
		if (w->facts->memory & 1U << i)
			emit_to_stack(w, REG_A, emit_memory_at(i));
	}
	if (w->facts->length)
		emit_to_stack(w, BPF_REG_4, AT_LENGTH);
	if (w->facts->loops)
		emit(w, BPF_STX | BPF_MEM | BPF_DW, REG_FP, REG_A, AT_LOOPS, 0);
}

static void write_all(struct writer *w)
{
	for (int pass = 0; pass < 2; pass++) {
		w->at = 0;
		prologue(w);
		for (unsigned int i = 0; i < w->filter->count; i++) {
			w->start[i] = w->at;
			if (w->facts->insn[i].reached)
				translate(w, i);
		}
		w->start[w->filter->count] = w->at;
		if (!w->fails)
			continue;
		emit_set32(w, BPF_REG_0, 0);
		emit(w, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	}
}

static int helper_of(enum filter_reach reach)
{
	switch (reach) {
	case FILTER_XDP:
		return 189; /* bpf_xdp_load_bytes(), Linux 5.18 */
	case FILTER_SKB:
		return 26; /* bpf_skb_load_bytes() */
	default:
		return 0;
	}
}

static int too_long(const struct writer *w, struct err *err)
{
	err_set(err, ERR_USAGE, E2BIG, "filter", "takes %u instructions, there is room for %u",
		w->at, w->room);
	err_hint(err, "use fewer alternatives: `net` for hosts, `portrange` for ports");
	return -E2BIG; /* also without an err */
}

int filter_translate(const struct filter *filter, enum filter_reach reach, struct bpf_insn *out,
		     unsigned int room, unsigned int *count, struct err *err)
{
	struct writer w = {
		.filter = filter, .out = out, .room = room, .helper = helper_of(reach)
	};
	struct filter_facts facts;
	int ret = filter_facts_find(filter, &facts);

	w.facts = &facts;
	w.start = calloc(filter->count + 1, sizeof(*w.start));
	if (ret == -EINVAL) {
		err_set(err, ERR_FAILED, EINVAL, "filter", "not a classic BPF program");
	} else if (ret || !w.start) {
		ret = err_set(err, ERR_FAILED, ENOMEM, "filter", "out of memory");
	} else {
		write_all(&w);
		*count = w.at;
		ret = w.at > room ? too_long(&w, err) : 0;
	}
	free(w.start);
	filter_facts_free(&facts);
	return ret;
}
