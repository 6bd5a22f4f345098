/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading per-CPU map elements and folding them. */
#ifndef XDPCTL_PERCPU_H
#define XDPCTL_PERCPU_H

#include <stdint.h>

/* Packets and bytes, laid out as the BPF programs write them. */
struct tally {
	uint64_t packets;
	uint64_t bytes;
};

/* Possible CPUs of this machine: how many values a per-CPU element has. 0 if it cannot be told. */
unsigned int percpu_cpus(void);

/* Read the element of a per-CPU map (or, with cpus 1, of a plain one) whose values are tallies.
 * out has room for cpus values. 0 or -errno. */
int percpu_read(int fd, const void *key, unsigned int cpus, struct tally *out);

/* The sum over all CPUs. */
struct tally tally_sum(const struct tally *value, unsigned int cpus);
void tally_add(struct tally *to, struct tally more);

#endif
