/* SPDX-License-Identifier: GPL-2.0-only */
#include "filter_facts.h"

#include <errno.h>
#include <stdlib.h>

#define MAX_PROGRAM 65536

unsigned int filter_load_size(const struct sock_filter *in)
{
	switch (in->code) {
	case BPF_LD | BPF_W | BPF_ABS:
	case BPF_LD | BPF_W | BPF_IND:
		return 4;
	case BPF_LD | BPF_H | BPF_ABS:
	case BPF_LD | BPF_H | BPF_IND:
		return 2;
	case BPF_LD | BPF_B | BPF_ABS:
	case BPF_LD | BPF_B | BPF_IND:
	case BPF_LDX | BPF_B | BPF_MSH:
		return 1;
	default:
		return 0;
	}
}

bool filter_load_is_fixed(const struct sock_filter *in)
{
	return filter_load_size(in) && BPF_MODE(in->code) != BPF_IND;
}

bool filter_load_fails(const struct sock_filter *in)
{
	return filter_load_size(in) && in->k > FILTER_REACH;
}

static bool is_alu_operation(uint16_t operation)
{
	switch (operation) {
	case BPF_ADD:
	case BPF_SUB:
	case BPF_MUL:
	case BPF_DIV:
	case BPF_MOD:
	case BPF_AND:
	case BPF_OR:
	case BPF_XOR:
	case BPF_LSH:
	case BPF_RSH:
		return true;
	default:
		return false;
	}
}

static bool is_alu(const struct sock_filter *in)
{
	uint16_t operation = BPF_OP(in->code);

	if (in->code == (BPF_ALU | BPF_NEG))
		return true;
	if (in->code & ~0xff || !is_alu_operation(operation))
		return false;
	return BPF_SRC(in->code) == BPF_X || in->k ||
	       (operation != BPF_DIV && operation != BPF_MOD);
}

static bool is_branch(const struct sock_filter *in)
{
	switch (in->code & ~BPF_X) {
	case BPF_JMP | BPF_JEQ:
	case BPF_JMP | BPF_JGT:
	case BPF_JMP | BPF_JGE:
	case BPF_JMP | BPF_JSET:
		return true;
	default:
		return false;
	}
}

static bool is_end(const struct sock_filter *in)
{
	return in->code == (BPF_RET | BPF_K) || in->code == (BPF_RET | BPF_A) ||
	       filter_load_fails(in);
}

static bool is_simple(const struct sock_filter *in)
{
	switch (in->code) {
	case BPF_LD | BPF_IMM:
	case BPF_LDX | BPF_IMM:
	case BPF_LD | BPF_W | BPF_LEN:
	case BPF_LDX | BPF_W | BPF_LEN:
	case BPF_MISC | BPF_TAX:
	case BPF_MISC | BPF_TXA:
	case BPF_JMP | BPF_JA:
		return true;
	case BPF_LD | BPF_MEM:
	case BPF_LDX | BPF_MEM:
	case BPF_ST:
	case BPF_STX:
		return in->k < BPF_MEMWORDS;
	default:
		return false;
	}
}

static bool is_valid(const struct sock_filter *in)
{
	if (BPF_CLASS(in->code) == BPF_ALU)
		return is_alu(in);
	return is_simple(in) || is_branch(in) || is_end(in) || filter_load_size(in);
}

/* Where control may go from instruction i: at most two, the number is returned. */
static unsigned int successors(const struct sock_filter *in, int64_t i, int64_t to[2])
{
	if (is_end(in))
		return 0;
	to[0] = i + 1;
	if (in->code == (BPF_JMP | BPF_JA))
		to[0] = i + 1 + (int32_t)in->k;
	if (!is_branch(in))
		return 1;
	to[0] = i + 1 + in->jt;
	to[1] = i + 1 + in->jf;
	return 2;
}

/* True if that changed what was known of it: by each way there is what was checked on it. */
static bool arrive(struct filter_fact *to, uint32_t checked)
{
	bool is_new = !to->reached || checked < to->checked;

	to->reached = true;
	if (is_new)
		to->checked = checked;
	return is_new;
}

static int follow(const struct filter *filter, unsigned int i, struct filter_facts *facts,
		  bool *changed)
{
	const struct sock_filter *in = &filter->insns[i];
	uint32_t checked = facts->insn[i].checked;
	int64_t to[2];
	unsigned int n = successors(in, i, to);

	if (filter_load_is_fixed(in) && in->k + filter_load_size(in) > checked)
		checked = in->k + filter_load_size(in);
	for (unsigned int s = 0; s < n; s++) {
		if (to[s] < 0 || to[s] >= filter->count)
			return -EINVAL;
		if (arrive(&facts->insn[to[s]], checked))
			*changed = true;
	}
	return 0;
}

/* Once where nothing jumps back; else until nothing changes. */
static int flow(const struct filter *filter, struct filter_facts *facts)
{
	bool changed;
	int ret = 0;

	facts->insn[0].reached = true;
	do {
		changed = false;
		for (unsigned int i = 0; i < filter->count && !ret; i++) {
			if (facts->insn[i].reached)
				ret = follow(filter, i, facts, &changed);
		}
	} while (changed && facts->loops && !ret);
	return ret;
}

static int look(const struct sock_filter *in, struct filter_facts *facts)
{
	if (!is_valid(in))
		return -EINVAL;
	if (in->code == (BPF_LD | BPF_MEM) || in->code == (BPF_LDX | BPF_MEM))
		facts->memory = (uint16_t)(facts->memory | 1U << in->k);
	if (in->code == (BPF_LD | BPF_W | BPF_LEN) || in->code == (BPF_LDX | BPF_W | BPF_LEN))
		facts->length = true;
	if (filter_goes_back(in))
		facts->loops = true;
	return 0;
}

int filter_facts_find(const struct filter *filter, struct filter_facts *out)
{
	int ret = 0;

	*out = (struct filter_facts){ 0 };
	if (!filter->count || filter->count > MAX_PROGRAM)
		return -EINVAL;
	out->insn = calloc(filter->count, sizeof(*out->insn));
	if (!out->insn)
		return -ENOMEM;
	for (unsigned int i = 0; i < filter->count && !ret; i++)
		ret = look(&filter->insns[i], out);
	return ret ?: flow(filter, out);
}

void filter_facts_free(struct filter_facts *facts)
{
	free(facts->insn);
	*facts = (struct filter_facts){ 0 };
}
