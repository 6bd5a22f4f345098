/* SPDX-License-Identifier: GPL-2.0-only */
static __always_inline __u32 stage_pass(struct packet *p)
{
	(void)p;
	return OUTCOME(VERDICT_PASS, REASON_pass);
}
