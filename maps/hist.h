/* SPDX-License-Identifier: GPL-2.0-only */
/* Histograms in the picture that BCC's print_log2_hist() and print_linear_hist() draw. */
#ifndef XDPCTL_HIST_H
#define XDPCTL_HIST_H

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "err.h"
#include "map.h"
#include "notation.h"

#define HIST_LOG2   65	 /* slots: 0 is not used by BCC's programs, i counts 2^(i-1)..2^i-1 */
#define HIST_LINEAR 1025 /* slots at most */

struct hist {
	char *section; /* the rest of the key as text; NULL if the key is the slot alone */
	uint64_t slot[HIST_LINEAR];
	unsigned int used; /* the highest slot that is not zero, + 1 */
};

struct hists {
	bool linear;
	unsigned int count;
	struct hist *hist; /* by section */
	char section[64];  /* name of the sections: the members of the key that are not the slot */
	const struct map *map;
	const struct value_env *env;
};

/* Read a map whose keys are slots, or structs whose last integer is the slot and whose other
 * members are the section, and whose values are counts (with several CPUs, their sum). */
int hists_read(const struct map *map, bool linear, const struct value_env *env, struct hists *out,
	       struct err *err);
void hists_free(struct hists *hists);

/* The bounds of a slot. */
void hist_bounds(bool linear, unsigned int slot, uint64_t *low, uint64_t *high);

/* The picture: label is what the values are ("usecs"). */
void hist_draw(const struct hist *hist, bool linear, const char *label, struct buf *out);

#endif
