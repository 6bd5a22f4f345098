/* SPDX-License-Identifier: GPL-2.0-only */
/* Writing eBPF: what filter_translate.c and filter_read.c share. */
#ifndef XDPCTL_FILTER_EMIT_H
#define XDPCTL_FILTER_EMIT_H

#include <stdbool.h>

#include "filter.h"
#include "filter_facts.h"

#define REG_A	 BPF_REG_0
#define REG_CTX	 BPF_REG_6
#define REG_DATA BPF_REG_7
#define REG_END	 BPF_REG_8
#define REG_X	 BPF_REG_9
#define REG_FP	 BPF_REG_10
/* From the frame pointer. The rest of the 512 bytes is the program's, which needs less. */
#define AT_MEMORY  (-488) /* M[0] */
#define AT_LENGTH  (-492)
#define AT_A	   (-496)
#define AT_BYTES   (-504) /* what a helper read */
#define AT_LOOPS   (-512) /* 8 bytes, or older verifiers forget the value */
#define ALU64_REG  (BPF_ALU64 | BPF_X)
#define ALU64_IMM  (BPF_ALU64 | BPF_K)
#define BPF_JUMP32 0x06 /* BPF_JMP32, which <linux/filter.h> leaves out */

struct writer {
	const struct filter *filter;
	const struct filter_facts *facts;
	struct bpf_insn *out;
	unsigned int room, at;
	unsigned int *start; /* of each classic instruction; behind them the end that returns 0 */
	int helper;	     /* 0: through pointers */
	bool fails;	     /* something goes to that end */
};

void emit(struct writer *w, int code, int dst, int src, int off, uint32_t imm);
void emit_copy64(struct writer *w, int dst, int src);
void emit_copy32(struct writer *w, int dst, int src);
void emit_set32(struct writer *w, int dst, uint32_t value);
void emit_add64(struct writer *w, int dst, uint32_t value);

/* 32 bits, at that offset from the frame pointer. */
void emit_from_stack(struct writer *w, int dst, int at);
void emit_to_stack(struct writer *w, int src, int at);

/* The offset of a word of M[]. */
int emit_memory_at(uint32_t word);

/* To the beginning of a classic instruction; number filter->count is the end that returns 0. */
void emit_jump(struct writer *w, int code, int dst, int src, uint32_t imm, unsigned int to);
void emit_fail_if(struct writer *w, int code, int dst, int src, uint32_t imm);

/* Let the jump at that place go to here. */
void emit_land(struct writer *w, unsigned int at);

/* A load from the packet, of which so many bytes are known to be there. */
void emit_packet_load(struct writer *w, const struct sock_filter *in, uint32_t checked);

#endif
