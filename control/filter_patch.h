/* SPDX-License-Identifier: GPL-2.0-only */
/* Putting a filter where dataplane/filter.bpf.h left room for it, while libbpf loads the program.
 *
 *	filter_patch_begin(&patch, "xdp", &filter, FILTER_XDP, &err);
 *	open and load the object
 *	filter_patch_end(&patch);
 *
 * In between every program of that section, in any object, takes the filter; a program that has no
 * room for it is not loaded. libbpf keeps a list for all threads: one thread at a time. */
#ifndef XDPCTL_FILTER_PATCH_H
#define XDPCTL_FILTER_PATCH_H

#include "filter.h"

/* Does not move while it is in use. */
struct filter_patch {
	struct bpf_insn *insns; /* owned */
	unsigned int count;
	int handler;
};

/* The section is "xdp", or "tc" for FILTER_SKB. The errors are those of filter_translate(). */
int filter_patch_begin(struct filter_patch *patch, const char *section, const struct filter *filter,
		       enum filter_reach reach, struct err *err);
void filter_patch_end(struct filter_patch *patch);

#endif
