/* SPDX-License-Identifier: GPL-2.0-only */
/* What filter_translate() has to know of a classic program before it writes anything. */
#ifndef XDPCTL_FILTER_FACTS_H
#define XDPCTL_FILTER_FACTS_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stdint.h>

#include "filter.h"

struct filter_fact {
	bool reached; /* the verifier refuses instructions that are not */
	/* so many bytes of the packet are there, by all ways to this instruction */
	uint32_t checked;
};

struct filter_facts {
	struct filter_fact *insn; /* owned: one for each instruction */
	uint16_t memory;	  /* the words M[] that are read, a bit each */
	bool length;		  /* the packet's length is read */
	bool loops;		  /* something jumps back */
};

/* -EINVAL for what is not a program, -ENOMEM. */
int filter_facts_find(const struct filter *filter, struct filter_facts *out);
void filter_facts_free(struct filter_facts *facts);

/* Bytes that a load takes from the packet; 0: it is none. */
unsigned int filter_load_size(const struct sock_filter *in);

/* A load at an offset that no packet has: nothing comes behind it. */
bool filter_load_fails(const struct sock_filter *in);

/* At a fixed offset. */
bool filter_load_is_fixed(const struct sock_filter *in);

/* A jump of the given distance goes back. */
static inline bool filter_goes_back(const struct sock_filter *in)
{
	return in->code == (BPF_JMP | BPF_JA) && (int32_t)in->k < 0;
}

#endif
