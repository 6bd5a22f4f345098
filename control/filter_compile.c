/* SPDX-License-Identifier: GPL-2.0-only */
/* libpcap's header defines struct bpf_insn as <linux/bpf.h> does.
 * The kernel's name is set aside while filter.h is read. */
#define bpf_insn kernel_bpf_insn
#include "filter.h"
#undef bpf_insn

#include <errno.h>
#include <pcap/pcap.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* `inbound` and the like read what Linux keeps beside the packet of a socket. */
static bool looks_beside(const struct bpf_program *program)
{
	for (unsigned int i = 0; i < program->bf_len; i++) {
		const struct bpf_insn *in = &program->bf_insns[i];

		if (BPF_CLASS(in->code) == BPF_LD && BPF_MODE(in->code) == BPF_ABS &&
		    in->k >= (bpf_u_int32)SKF_AD_OFF)
			return true;
	}
	return false;
}

static int take_program(const struct bpf_program *program, struct filter *out)
{
	out->insns = calloc(program->bf_len, sizeof(*out->insns));
	if (!out->insns)
		return -ENOMEM;
	out->count = program->bf_len;
	for (unsigned int i = 0; i < out->count; i++) {
		const struct bpf_insn *in = &program->bf_insns[i];

		out->insns[i] = (struct sock_filter){ in->code, in->jt, in->jf, in->k };
	}
	return 0;
}

static int out_of_memory(struct err *err)
{
	return err_set(err, ERR_FAILED, ENOMEM, "filter", "out of memory");
}

static int take(const struct bpf_program *program, const char *expression, struct filter *out,
		struct err *err)
{
	if (looks_beside(program))
		return err_set(err, ERR_USAGE, EINVAL, expression,
			       "a filter sees the packet alone, neither direction nor interface");
	return take_program(program, out) ? out_of_memory(err) : 0;
}

int filter_compile(const char *expression, uint32_t snaplen, struct filter *out, struct err *err)
{
	pcap_t *pcap = pcap_open_dead(DLT_EN10MB, (int)(snaplen ?: FILTER_SNAPLEN));
	struct bpf_program program;
	int ret;

	*out = (struct filter){ 0 };
	if (!pcap)
		return out_of_memory(err);
	if (pcap_compile(pcap, &program, expression, 1, PCAP_NETMASK_UNKNOWN)) {
		ret = err_set(err, ERR_USAGE, EINVAL, expression, "%s", pcap_geterr(pcap));
		err_hint(err, "filter expressions are described in pcap-filter(7)");
	} else {
		ret = take(&program, expression, out, err);
		pcap_freecode(&program);
	}
	pcap_close(pcap);
	return ret;
}

void filter_free(struct filter *filter)
{
	free(filter->insns);
	*filter = (struct filter){ 0 };
}
