/* SPDX-License-Identifier: GPL-2.0-only */
/* What a pipeline program and user space share. The configuration is frozen read-only data of the
 * loaded program: it is the only record of what was asked for, and the verifier knows its values,
 * so that the code of a stage that is off is removed before the JIT sees it. */
#ifndef XDPCTL_PIPELINE_H
#define XDPCTL_PIPELINE_H

#include <linux/types.h>

#include "types.h"
#include "stages.gen.h" /* every stages/NAME/NAME.h, STAGE_LIST and STAGE_REASONS */

#define PIPELINE_MAGIC	0x6c74637064780a01ULL
#define PIPELINE_ABI	1u
#define PIPELINE_STAGES 8

/* Verdicts have the numbers of enum xdp_action. */
enum pipeline_verdict {
	VERDICT_ABORTED,
	VERDICT_DROP,
	VERDICT_PASS,
	VERDICT_TX,
	VERDICT_REDIRECT,
	VERDICTS,
};

/* Why a packet got its verdict; each packet has one reason. Stages add their own. */
#define REASON_LIST(R)                                          \
	R(end_of_pipeline)                                      \
	R(stolen) /* a capture took it away: no stage saw it */ \
	STAGE_REASONS(R)

enum pipeline_reason {
#define R(name) REASON_##name,
	REASON_LIST(R)
#undef R
		REASONS,
};

enum stage_id {
	STAGE_none,
#define S(name) STAGE_##name,
	STAGE_LIST(S)
#undef S
};

/* How far the parser has to go; each level includes those before it. */
enum pipeline_parse { PARSE_NONE, PARSE_L2, PARSE_L3, PARSE_L4 };

enum pipeline_role {
	ROLE_PIPELINE = 1, /* what a user attached */
	ROLE_RECEIVER =
		2, /* a bare pass: makes the driver accept frames redirected to its device */
};

/* What a pipeline does for captures, see tap.h. */
enum pipeline_tapped {
	TAPPED_NOT,
	TAPPED,	      /* taps see each packet after the stages */
	TAPPED_SAVES, /* and as it came, for a stage writes to it (Linux 5.18) */
};

enum steal_what {
	STEAL_NOTHING,
	STEAL_ALL,     /* packets go to a capture's AF_XDP sockets, if those are there */
	STEAL_MATCHES, /* those that its filter takes */
};

/* The first 24 bytes (magic, abi, size, layout) keep their place in every version. */
struct pipeline_cfg {
	__u64 magic;  /* PIPELINE_MAGIC */
	__u32 abi;    /* PIPELINE_ABI */
	__u32 size;   /* of this struct */
	__u64 layout; /* checksum over the sources of stages and reasons: equal means same meaning
		       */
	__u32 role;   /* enum pipeline_role */
	__u32 cpus;   /* possible CPUs: the number of values in each per-CPU element */
	__u64 netns;  /* cookie of the network namespace that the ifindexes are of, 0: unknown */
	ifindex_t ifindex;		 /* the interface that it was made for */
	__u8 counting;			 /* verdicts and reasons are counted */
	__u8 frags;			 /* loaded as a multi-buffer program */
	__u8 parse;			 /* enum pipeline_parse */
	__u8 last;			 /* enum stage_id of the stage that gives the verdict */
	__u8 inner[PIPELINE_STAGES - 1]; /* enum stage_id of those before it, in order, then 0 */
	__u8 writes;			 /* a stage may change bytes of a packet */
	__u8 tapped;			 /* enum pipeline_tapped */
	__u8 steal;			 /* enum steal_what */
	__u8 guest;			 /* came with a capture and goes with it */
	__u8 untimed;			 /* stolen packets carry no time: their reader has one */
	__u32 queues;			 /* of the interface, with steal; else 0 */
	__u32 reserved2;
#define S(name) struct name##_cfg name;
	STAGE_LIST(S)
#undef S
};

/* One element of a counter: 64 bits never wrap in practice and each CPU has its own. */
struct counter {
	__u64 packets;
	__u64 bytes; /* Ethernet header to end of frame, all fragments, without FCS */
};

/* What was changed on the machine for a pipeline, so that detaching it can change it back: the
 * only value of the map "prepared". Written before the change is made. */
enum preparation_kind {
	PREPARE_GRO_ON = 1, /* a veth takes redirected frames only with NAPI, which GRO gives it */
	PREPARE_GRO_OFF,    /* generic mode sees merged frames, which fit through no port */
	PREPARE_CSUM_OFF,   /* native redirect forgets that a checksum is unfinished */
	PREPARE_TSO_OFF,    /* generic mode cannot redirect a frame longer than the MTU */
	PREPARE_RECEIVER,   /* some drivers take redirected frames only with a program attached */
	PREPARE_VLAN_OFF,   /* native redirect forgets a VLAN tag that is beside the frame */
};

struct preparation {
	__u32 kind;	/* enum preparation_kind */
	ifindex_t port; /* the interface by which the device is found: itself or its peer */
	__u32 device;	/* ifindex of what was changed, in the namespace where it lives */
	__u32 offloads; /* bits of enum offload that were changed */
	__u8 at_peer;
	__u8 reserved[3];
};

#define PREPARATIONS (2 * REDIRECT_PORTS + 4)

struct preparations {
	__u32 count;
	struct preparation item[PREPARATIONS];
};

/* What a stage decides: verdict and reason in one number, which is also the index of the map
 * "counters". Powers of two, so that the program needs no multiplication. */
#define REASON_ROOM		 64
#define OUTCOME(v, r)		 ((__u32)(v)*REASON_ROOM + (__u32)(r))
#define OUTCOME_VERDICT(outcome) ((__u32)(outcome) / REASON_ROOM)
#define OUTCOME_REASON(outcome)	 ((__u32)(outcome) % REASON_ROOM)
#define OUTCOME_NEXT		 0xffffffffu /* the next stage decides */
#define COUNTERS		 (VERDICTS * REASON_ROOM)
/* In "counters", but no outcome: what the queues of the stage steer delivered, on the CPU that it
 * was delivered to. In the same map, so that the two can be compared for as long as either lives.
 */
#define COUNTER_ARRIVED COUNTERS
#define COUNTER_ROOM	(COUNTERS + 1)

_Static_assert(REASONS <= REASON_ROOM, "each reason has its place");

#endif
