/* SPDX-License-Identifier: GPL-2.0-only */
#include "filter_emit.h"

void emit(struct writer *w, int code, int dst, int src, int off, uint32_t imm)
{
	if (w->at < w->room)
		w->out[w->at] = (struct bpf_insn){ .code = (__u8)code,
						   .dst_reg = (__u8)(dst & 0xf),
						   .src_reg = (__u8)(src & 0xf),
						   .off = (__s16)off,
						   .imm = (__s32)imm };
	w->at++;
}

void emit_copy64(struct writer *w, int dst, int src)
{
	emit(w, ALU64_REG | BPF_MOV, dst, src, 0, 0);
}

void emit_copy32(struct writer *w, int dst, int src)
{
	emit(w, BPF_ALU | BPF_MOV | BPF_X, dst, src, 0, 0);
}

void emit_set32(struct writer *w, int dst, uint32_t value)
{
	emit(w, BPF_ALU | BPF_MOV | BPF_K, dst, 0, 0, value);
}

void emit_add64(struct writer *w, int dst, uint32_t value)
{
	emit(w, ALU64_IMM | BPF_ADD, dst, 0, 0, value);
}

void emit_from_stack(struct writer *w, int dst, int at)
{
	emit(w, BPF_LDX | BPF_MEM | BPF_W, dst, REG_FP, at, 0);
}

void emit_to_stack(struct writer *w, int src, int at)
{
	emit(w, BPF_STX | BPF_MEM | BPF_W, REG_FP, src, at, 0);
}

void emit_jump(struct writer *w, int code, int dst, int src, uint32_t imm, unsigned int to)
{
	emit(w, code, dst, src, (int)(w->start[to] - w->at - 1), imm);
}

void emit_fail_if(struct writer *w, int code, int dst, int src, uint32_t imm)
{
	emit_jump(w, code, dst, src, imm, w->filter->count);
	w->fails = true;
}

int emit_memory_at(uint32_t word)
{
	return AT_MEMORY + 4 * (int)word;
}

void emit_land(struct writer *w, unsigned int at)
{
	if (at < w->room)
		w->out[at].off = (__s16)(w->at - at - 1);
}
