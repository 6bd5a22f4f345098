/* SPDX-License-Identifier: GPL-2.0-only */
/* A BPF program (BPF_PROG_TYPE_SCHED_CLS) on one of the two hooks of traffic control, beside
 * whatever others have there.
 *
 * Where the kernel has TCX (Linux 6.6) it is a BPF link and goes with the process that holds it.
 * Elsewhere it is a filter behind the qdisc `clsact`, which a killed process leaves behind:
 * tc_list() finds it again, tc_remove_stale() takes it off.
 *
 * On ingress the program is put before those that are there, on egress behind them. All are asked
 * in turn for as long as each answers TC_ACT_UNSPEC (-1): any other answer of one that comes before
 * is final, and then the program does not see that packet. Programs of TCX come before all filters
 * of clsact, on both hooks (kernel: net/core/dev.c sch_handle_ingress(), sch_handle_egress()).
 * Those that come to the hook later choose their own place. */
#ifndef XDPCTL_TC_H
#define XDPCTL_TC_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"
#include "link.h"
#include "net.h"

#define TC_NAME	       64
#define TC_NAME_PREFIX "xdpctl_" /* of all that tc_list() finds */

enum tc_hook { TC_INGRESS, TC_EGRESS, TC_HOOKS };
enum tc_kind { TC_NOTHING, TC_TCX, TC_CLSACT };

/* "tc-ingress", "tc-egress"; NULL outside. */
const char *tc_hook_name(enum tc_hook hook);

/* Where a program is. Interface numbers mean something in one network namespace only. */
struct tc_place {
	uint32_t ifindex;
	enum tc_hook hook;
	uint32_t prog_id;
	uint32_t prio;	 /* clsact: 1 to 65535, the lowest is asked first; TCX: 0 */
	uint32_t handle; /* clsact: of the filter within its priority; TCX: 0 */
};

/* What tc_detach() has to undo; a zeroed one is nothing. */
struct tc_tap {
	enum tc_kind kind;
	struct tc_place at;
	int link_fd;	 /* TC_TCX: the BPF link, close-on-exec */
	bool made_qdisc; /* TC_CLSACT: the qdisc was not there before */
};

struct tc_program {
	enum tc_hook hook;
	int fd;		   /* stays the caller's, who may close it once it is attached */
	const char *name;  /* of the filter of clsact: TC_NAME_PREFIX and more, under TC_NAME bytes;
			    * TCX shows the name that the program was loaded with */
	bool force_clsact; /* for tests: as on a kernel without TCX */
};

/* Attach. Nothing that is there is replaced. TCX goes by the network namespace of the process, so
 * net has to be that one. On failure nothing of it is left, *out is zeroed, and the code is
 *   ERR_CONFLICT     the qdisc there has no such hook, or no place is free
 *   ERR_UNSUPPORTED  neither TCX nor clsact, or a kernel without filters of kind bpf
 *   ERR_NOT_FOUND    the interface is gone
 *   ERR_PERMISSION   CAP_NET_ADMIN is missing. */
int tc_attach(struct net *net, const struct link *link, const struct tc_program *program,
	      struct tc_tap *out, struct err *err);

/* Take it off and zero *tap. Nothing to do is fine: a zeroed tap, an interface that is gone, a
 * filter that somebody else removed. The qdisc goes too if we made it and nobody has a filter on
 * either hook. On failure *tap stays what it was, to try again. */
int tc_detach(struct net *net, struct tc_tap *tap, struct err *err);

struct tc_entry {
	enum tc_kind kind;
	struct tc_place at;
	char name[TC_NAME];
};

/* All that is called TC_NAME_PREFIX...: ingress before egress, in the order in which the kernel
 * asks them. Whether an entry of clsact is stale is the caller's to know: a capture that runs has
 * one too. *out is an array of *count to free(), NULL if there are none. */
int tc_list(struct net *net, const struct link *link, struct tc_entry **out, unsigned int *count,
	    struct err *err);

/* Take off the filter that a killed process left; one that is gone already is fine. The qdisc
 * stays: who made it is not known any more. -EBUSY (ERR_CONFLICT) for an entry of TCX: a process
 * that lives, or a pin, holds it. */
int tc_remove_stale(struct net *net, const struct tc_entry *entry, struct err *err);

#endif
