/* SPDX-License-Identifier: GPL-2.0-only */
static __always_inline __u32 stage_drop(struct packet *p)
{
	(void)p;
	return OUTCOME(VERDICT_DROP, REASON_drop);
}
