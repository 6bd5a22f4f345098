/* SPDX-License-Identifier: GPL-2.0-only */
/* The stages in the order of the configuration. Included by each pipeline program after it has
 * said, by STAGE_AVAILABLE(name), which stages its hook or device can run. */
#ifndef XDPCTL_PIPELINE_BPF_H
#define XDPCTL_PIPELINE_BPF_H

#include "packet.bpf.h"
#include "stages.gen.bpf.h" /* every stages/NAME/NAME.bpf.h */

static __always_inline __u32 run_inner(struct packet *p, __u32 id)
{
#define S(name)                                                             \
	if (STAGE_AVAILABLE(name) && !name##_is_last && id == STAGE_##name) \
		return stage_##name(p);
	STAGE_LIST(S)
#undef S
	return OUTCOME_NEXT;
}

static __always_inline __u32 run_last(struct packet *p, __u32 id)
{
#define S(name)                                                            \
	if (STAGE_AVAILABLE(name) && name##_is_last && id == STAGE_##name) \
		return stage_##name(p);
	STAGE_LIST(S)
#undef S
	return OUTCOME(VERDICT_PASS, REASON_end_of_pipeline);
}

static __always_inline __u32 run_stages(struct packet *p)
{
#pragma unroll
	for (int i = 0; i < PIPELINE_STAGES - 1; i++) {
		__u32 id = p->cfg->inner[i], outcome;

		if (!id)
			break;
		outcome = run_inner(p, id);
		if (outcome != OUTCOME_NEXT)
			return outcome;
	}
	return run_last(p, p->cfg->last);
}

#endif
