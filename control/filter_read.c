/* SPDX-License-Identifier: GPL-2.0-only */
/* Loads from the packet: through a pointer that was compared with the end before, or by a helper.
 * What is not there ends the filter, as in bpf_filter(). */
#include "filter_emit.h"

static int size_code(unsigned int size)
{
	return size == 4 ? BPF_W : size == 2 ? BPF_H : BPF_B;
}

static void read_bytes(struct writer *w, int dst, int base, int off, unsigned int size)
{
	emit(w, BPF_LDX | BPF_MEM | size_code(size), dst, base, off, 0);
	if (size > 1)
		emit(w, BPF_ALU | BPF_END | BPF_TO_BE, dst, 0, 0, 8 * size);
}

/* reg = X + k, or the end. 64 bits wide: as for bpf_filter(), that does not wrap around. */
static void variable_offset(struct writer *w, int reg, uint32_t k)
{
	emit_copy64(w, reg, REG_X);
	if (k)
		emit_add64(w, reg, k);
	emit_fail_if(w, BPF_JMP | BPF_JGT | BPF_K, reg, 0, FILTER_REACH);
}

static void read_fixed(struct writer *w, int dst, uint32_t k, unsigned int size, uint32_t checked)
{
	if (checked < k + size) {
		emit_copy64(w, BPF_REG_1, REG_DATA);
		emit_add64(w, BPF_REG_1, k + size);
		emit_fail_if(w, BPF_JMP | BPF_JGT | BPF_X, BPF_REG_1, REG_END, 0);
	}
	if (k <= INT16_MAX) {
		read_bytes(w, dst, REG_DATA, (int)k, size);
		return;
	}
	emit_copy64(w, BPF_REG_1, REG_DATA);
	emit_add64(w, BPF_REG_1, k);
	read_bytes(w, dst, BPF_REG_1, 0, size);
}

static void read_variable(struct writer *w, int dst, uint32_t k, unsigned int size)
{
	variable_offset(w, BPF_REG_1, k);
	emit(w, ALU64_REG | BPF_ADD, BPF_REG_1, REG_DATA, 0, 0);
	emit_copy64(w, BPF_REG_2, BPF_REG_1);
	emit_add64(w, BPF_REG_2, size);
	emit_fail_if(w, BPF_JMP | BPF_JGT | BPF_X, BPF_REG_2, REG_END, 0);
	read_bytes(w, dst, BPF_REG_1, 0, size);
}

/* The offset is in R2. Afterwards A is as before, unless it is dst. */
static void read_by_helper(struct writer *w, int dst, unsigned int size)
{
	if (dst != REG_A)
		emit_to_stack(w, REG_A, AT_A);
	emit_copy64(w, BPF_REG_1, REG_CTX);
	emit_copy64(w, BPF_REG_3, REG_FP);
	emit_add64(w, BPF_REG_3, (uint32_t)AT_BYTES);
	emit_set32(w, BPF_REG_4, size);
	emit(w, BPF_JMP | BPF_CALL, 0, 0, 0, (uint32_t)w->helper);
	emit_fail_if(w, BPF_JMP | BPF_JNE | BPF_K, BPF_REG_0, 0, 0);
	read_bytes(w, dst, REG_FP, AT_BYTES, size);
	if (dst != REG_A)
		emit_from_stack(w, REG_A, AT_A);
}

/* Through a pointer if it is in the first buffer, which costs a tenth; else by the helper. The
 * helper comes first: it teaches the verifier nothing of the packet, so that what follows is right
 * for the other way too and is looked at once. */
static void read_anywhere(struct writer *w, int dst, const struct sock_filter *in,
			  unsigned int size)
{
	unsigned int within, done;

	if (filter_load_is_fixed(in))
		emit_set32(w, BPF_REG_2, in->k);
	else
		variable_offset(w, BPF_REG_2, in->k);
	emit_copy64(w, BPF_REG_1, BPF_REG_2);
	emit(w, ALU64_REG | BPF_ADD, BPF_REG_1, REG_DATA, 0, 0);
	emit_copy64(w, BPF_REG_3, BPF_REG_1);
	emit_add64(w, BPF_REG_3, size);
	within = w->at;
	emit(w, BPF_JMP | BPF_JLE | BPF_X, BPF_REG_3, REG_END, 0, 0);
	read_by_helper(w, dst, size);
	done = w->at;
	emit(w, BPF_JMP | BPF_JA, 0, 0, 0, 0);
	emit_land(w, within);
	read_bytes(w, dst, BPF_REG_1, 0, size);
	emit_land(w, done);
}

void emit_packet_load(struct writer *w, const struct sock_filter *in, uint32_t checked)
{
	bool is_msh = BPF_MODE(in->code) == BPF_MSH;
	unsigned int size = filter_load_size(in);
	int dst = is_msh ? REG_X : REG_A;

	if (filter_load_fails(in)) {
		emit_fail_if(w, BPF_JMP | BPF_JA, 0, 0, 0);
		return;
	}
	if (w->helper)
		read_anywhere(w, dst, in, size);
	else if (filter_load_is_fixed(in))
		read_fixed(w, dst, in->k, size, checked);
	else
		read_variable(w, dst, in->k, size);
	if (is_msh) {
		emit(w, BPF_ALU | BPF_AND | BPF_K, REG_X, 0, 0, 0xf);
		emit(w, BPF_ALU | BPF_LSH | BPF_K, REG_X, 0, 0, 2);
	}
}
