/* SPDX-License-Identifier: GPL-2.0-only */
#include "env.h"

#include <errno.h>
#include <stdio.h>

#include "percpu.h"

static int env_ifindex(void *context, const char *name, ifindex_t *out, struct err *err)
{
	struct net *net = context;
	struct link link;
	int ret = link_by_name(&net->route, name, &link, err);

	if (!ret)
		*out = link.ifindex;
	return ret;
}

static char *env_name(void *context, ifindex_t ifindex, char out[static STAGE_WORD_TEXT])
{
	struct net *net = context;
	struct link link;

	if (net && link_by_index(&net->route, ifindex, &link, NULL) == 0)
		snprintf(out, STAGE_WORD_TEXT, "%s", link.name);
	else
		snprintf(out, STAGE_WORD_TEXT, "#%u", ifindex);
	return out;
}

/* Where sysfs is not mounted, the kernel's maps tell how many there are. */
static int env_cpus(void *context, struct cpulist *possible, struct cpulist *online)
{
	unsigned int cpus = percpu_cpus();

	(void)context;
	if (cpulist_read("/sys/devices/system/cpu/possible", possible)) {
		*possible = (struct cpulist){ 0 };
		for (unsigned int cpu = 0; cpu < cpus; cpu++)
			cpulist_put(possible, cpu);
	}
	if (cpulist_read("/sys/devices/system/cpu/online", online))
		*online = *possible;
	return cpulist_count(possible) ? 0 : -ENOENT;
}

struct stage_env control_env(struct net *net, uint32_t ifindex)
{
	return (struct stage_env){ .context = net,
				   .ifindex = ifindex,
				   .netns = net->id,
				   .ifindex_of = env_ifindex,
				   .name_of = env_name,
				   .cpus = env_cpus };
}
