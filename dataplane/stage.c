/* SPDX-License-Identifier: GPL-2.0-only */
#include "stage.h"

#include <string.h>

#include "layout.gen.h"

const struct stage *const stages[] = {
#define S(name) &stage_##name,
	STAGE_LIST(S)
#undef S
		NULL,
};

const struct stage *stage_by_name(const char *name)
{
	for (const struct stage *const *s = stages; *s; s++) {
		if (strcmp((*s)->name, name) == 0)
			return *s;
	}
	return NULL;
}

const struct stage *stage_by_id(uint8_t id)
{
	for (const struct stage *const *s = stages; *s; s++) {
		if ((*s)->id == id)
			return *s;
	}
	return NULL;
}

unsigned int stage_list(const struct pipeline_cfg *cfg,
			const struct stage *out[static PIPELINE_STAGES])
{
	const struct stage *stage;
	unsigned int n = 0;

	for (unsigned int i = 0; i < PIPELINE_STAGES - 1 && cfg->inner[i]; i++) {
		stage = stage_by_id(cfg->inner[i]);
		if (stage)
			out[n++] = stage;
	}
	stage = stage_by_id(cfg->last);
	if (stage)
		out[n++] = stage;
	return n;
}

uint64_t pipeline_layout(void)
{
	return PIPELINE_LAYOUT;
}

const char *reason_name(unsigned int reason)
{
	static const char *const names[] = {
#define R(name) [REASON_##name] = #name,
		REASON_LIST(R)
#undef R
	};

	return reason < REASONS ? names[reason] : NULL;
}

const char *verdict_name(unsigned int verdict)
{
	static const char *const names[] = {
		[VERDICT_ABORTED] = "aborted",	 [VERDICT_DROP] = "drop",
		[VERDICT_PASS] = "pass",	 [VERDICT_TX] = "tx",
		[VERDICT_REDIRECT] = "redirect",
	};

	return verdict < VERDICTS ? names[verdict] : NULL;
}
