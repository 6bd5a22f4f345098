/* SPDX-License-Identifier: GPL-2.0-only */
#include "percpu.h"

#include <bpf/bpf.h>
#include <errno.h>

int percpu_read(int fd, const void *key, unsigned int cpus, struct tally *out)
{
	/* the kernel writes a value for each possible CPU, as many as were counted at attach */
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
