/* SPDX-License-Identifier: GPL-2.0-only */
#include "filter_patch.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "filter_room.h"

#define GUARD 2

_Static_assert(FILTER_ROOM <= INT16_MAX, "a jump has to reach the end of the room");

static bool is_mark(const struct bpf_insn *insn)
{
	return insn->code == (BPF_ALU64 | BPF_MOV | BPF_K) && insn->dst_reg == BPF_REG_0 &&
	       insn->imm == FILTER_MARK;
}

/* Where the room begins; -1: there is none, or none that is whole. */
static ssize_t find_room(const struct bpf_insn *insns, size_t count)
{
	size_t begin = 0, length = 0;

	while (begin < count && !is_mark(&insns[begin]))
		begin++;
	while (begin + length < count && is_mark(&insns[begin + length]))
		length++;
	for (size_t i = begin + length; i < count; i++) {
		if (is_mark(&insns[i])) /* the compiler made two of it */
			return -1;
	}
	return length == FILTER_ROOM ? (ssize_t)begin : -1;
}

/* What is left of the room is reached, for the verifier's first look, from a branch that is never
 * taken; it then removes the rest in one piece. */
static void fill(struct bpf_insn *room, const struct filter_patch *patch)
{
	room[0] = (struct bpf_insn){ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 };
	room[1] = (struct bpf_insn){ .code = BPF_JMP | BPF_JNE | BPF_K,
				     .dst_reg = BPF_REG_0,
				     .off = (__s16)patch->count };
	for (unsigned int i = 0; i < patch->count; i++) {
		struct bpf_insn insn = patch->insns[i];

		if (insn.code == (BPF_JMP | BPF_EXIT)) { /* behind the room's own end */
			insn.code = BPF_JMP | BPF_JA;
			insn.off = (__s16)(FILTER_ROOM - (GUARD + i));
		}
		room[GUARD + i] = insn;
	}
}

/* libbpf calls that when all relocations are done, before the program goes to the kernel. */
static int before_load(struct bpf_program *program, struct bpf_prog_load_opts *opts, long cookie)
{
	const struct filter_patch *patch = (const struct filter_patch *)cookie;
	size_t count = bpf_program__insn_cnt(program);
	ssize_t at = find_room(bpf_program__insns(program), count);
	struct bpf_insn *copy;
	int ret;

	(void)opts;
	if (at < 0)
		return -ENOENT;
	copy = calloc(count, sizeof(*copy));
	if (!copy)
		return -ENOMEM;
	memcpy(copy, bpf_program__insns(program), count * sizeof(*copy));
	fill(copy + at, patch);
	ret = bpf_program__set_insns(program, copy, count);
	free(copy);
	return ret;
}

/* libbpf before 1.3 frees its list with the last handler, and then goes on to use it. */
static void keep_list(void)
{
	libbpf_register_prog_handler("xdpctl/none", BPF_PROG_TYPE_XDP, BPF_XDP, NULL);
}

static int register_handler(struct filter_patch *patch, const char *section, bool is_xdp)
{
	LIBBPF_OPTS(libbpf_prog_handler_opts, opts, .cookie = (long)patch,
		    .prog_prepare_load_fn = before_load);
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, keep_list);
	return libbpf_register_prog_handler(section,
					    is_xdp ? BPF_PROG_TYPE_XDP : BPF_PROG_TYPE_SCHED_CLS,
					    is_xdp ? BPF_XDP : 0, &opts);
}

int filter_patch_begin(struct filter_patch *patch, const char *section, const struct filter *filter,
		       enum filter_reach reach, struct err *err)
{
	unsigned int room = FILTER_ROOM - GUARD;
	int ret;

	*patch = (struct filter_patch){ .handler = -1 };
	patch->insns = calloc(room, sizeof(*patch->insns));
	if (!patch->insns)
		return err_set(err, ERR_FAILED, ENOMEM, "filter", "out of memory");
	ret = filter_translate(filter, reach, patch->insns, room, &patch->count, err);
	if (!ret) {
		patch->handler = register_handler(patch, section, reach != FILTER_SKB);
		if (patch->handler < 0)
			ret = err_set(err, ERR_FAILED, -patch->handler, "filter",
				      "libbpf takes no handler: %s", strerror(-patch->handler));
	}
	if (ret)
		filter_patch_end(patch);
	return ret;
}

void filter_patch_end(struct filter_patch *patch)
{
	if (patch->handler >= 0)
		libbpf_unregister_prog_handler(patch->handler);
	free(patch->insns);
	*patch = (struct filter_patch){ .handler = -1 };
}
