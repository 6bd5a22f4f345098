/* SPDX-License-Identifier: GPL-2.0-only */
#include "percpu.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST_CPUS 8192 /* NR_CPUS of the largest kernels */

/* Where sysfs is not mounted: a new element is all zero, and as long as there are CPUs. */
static unsigned int count_values(void)
{
	uint64_t *value = malloc(MOST_CPUS * sizeof(*value));
	uint32_t key = 0;
	unsigned int cpus = 0;
	int fd = bpf_map_create(BPF_MAP_TYPE_PERCPU_ARRAY, "xdpctl_probe", sizeof(key),
				sizeof(*value), 1, NULL);

	if (value && fd >= 0) {
		memset(value, 0xff, MOST_CPUS * sizeof(*value));
		if (bpf_map_lookup_elem(fd, &key, value) == 0) {
			while (cpus < MOST_CPUS && value[cpus] == 0)
				cpus++;
		}
	}
	if (fd >= 0)
		close(fd);
	free(value);
	return cpus;
}

unsigned int percpu_cpus(void)
{
	int cpus = libbpf_num_possible_cpus();

	return cpus > 0 ? (unsigned int)cpus : count_values();
}

int percpu_read(int fd, const void *key, unsigned int cpus, struct tally *out)
{
	if (cpus == 0)
		return -EINVAL;
	return bpf_map_lookup_elem(fd, key, out);
}

void tally_add(struct tally *to, struct tally more)
{
	to->packets += more.packets;
	to->bytes += more.bytes;
}

struct tally tally_sum(const struct tally *value, unsigned int cpus)
{
	struct tally sum = { 0 };

	for (unsigned int i = 0; i < cpus; i++)
		tally_add(&sum, value[i]);
	return sum;
}
