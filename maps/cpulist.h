/* SPDX-License-Identifier: GPL-2.0-only */
/* Sets of CPUs as the kernel and people write them: "0-3,5". */
#ifndef XDPCTL_CPULIST_H
#define XDPCTL_CPULIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CPULIST_CPUS 8192 /* NR_CPUS of the largest kernels */

struct cpulist {
	uint64_t bits[CPULIST_CPUS / 64];
};

bool cpulist_has(const struct cpulist *list, unsigned int cpu);
void cpulist_put(struct cpulist *list, unsigned int cpu);
unsigned int cpulist_count(const struct cpulist *list);

/* The lowest CPU that is at least this one; CPULIST_CPUS if there is none. */
unsigned int cpulist_next(const struct cpulist *list, unsigned int cpu);

/* Add what the text names: decimal numbers and ranges upwards, between commas, nothing else. 0;
 * -EINVAL if that is not what it is; -EEXIST if the CPU *at is there already; -ERANGE if a number
 * is too large for any machine. After an error the list has some of them. */
int cpulist_add(struct cpulist *list, const char *text, unsigned int *at);

/* As much of the list from the CPU *from on as fits into size, "" if nothing is left; *from moves
 * behind it. Two CPUs are written "0,1", three "0-2". */
char *cpulist_text(const struct cpulist *list, unsigned int *from, char *out, size_t size);

/* Read the first line of a file of this form. 0 or -errno. */
int cpulist_read(const char *path, struct cpulist *out);

#endif
