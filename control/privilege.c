/* SPDX-License-Identifier: GPL-2.0-only */
#include "privilege.h"

#include <cap-ng.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#ifndef CAP_PERFMON
#define CAP_PERFMON 38
#endif
#ifndef CAP_BPF
#define CAP_BPF 39
#endif

const struct privilege privileges[] = {
	{ "CAP_NET_ADMIN", "attach programs, set offloads", CAP_NET_ADMIN },
	{ "CAP_BPF", "load programs, create maps", CAP_BPF },
	{ "CAP_PERFMON", "packet programs that use pointers freely", CAP_PERFMON },
	{ "CAP_SYS_ADMIN", "open programs and maps by id, enter namespaces", CAP_SYS_ADMIN },
	{ NULL, NULL, 0 },
};

bool privilege_has(const struct privilege *privilege)
{
	capng_get_caps_process();
	return capng_have_capability(CAPNG_EFFECTIVE, (unsigned int)privilege->capability);
}

char *privilege_explain(char out[static PRIVILEGE_TEXT])
{
	out[0] = '\0';
	for (const struct privilege *p = privileges; p->name; p++) {
		size_t used = strlen(out);

		if (!privilege_has(p))
			snprintf(out + used, PRIVILEGE_TEXT - used, "%s%s (%s)",
				 used ? ", " : "missing: ", p->name, p->use);
	}
	if (!out[0])
		snprintf(out, PRIVILEGE_TEXT,
			 "no capability is missing here: are we in a user namespace, or does a "
			 "security module or kernel lockdown forbid it?");
	return out;
}
