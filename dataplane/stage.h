/* SPDX-License-Identifier: GPL-2.0-only */
/* The user-space half of a stage: one row says all that the rest of the program knows of it.
 *
 * The life of a stage: words and options are parsed into a struct stage_use by the row's tables;
 * configure() turns them into the pipeline's configuration; setup() sizes its maps before the
 * program is loaded; open() fills them, which starts the stage; close() empties them so that
 * packets go to the stack again. recall() turns the configuration of a running program back into
 * words and options. */
#ifndef XDPCTL_STAGE_H
#define XDPCTL_STAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cpulist.h"
#include "err.h"
#include "field.h"
#include "pipeline.h"

struct bpf_object;

#define STAGE_WORDS	32
#define STAGE_WORD_TEXT 128 /* an interface's alternative name has up to 127 characters */
#define STAGE_ARGS	64
#define STAGE_TARGETS	REDIRECT_PORTS

/* One stage as it stands on a command line. */
struct stage_use {
	const struct stage *stage;
	unsigned int words;
	char word[STAGE_WORDS][STAGE_WORD_TEXT];
	_Alignas(8) unsigned char args[STAGE_ARGS]; /* the struct that stage->options describes */
};

/* What a stage may ask about the machine; the control plane answers. */
struct stage_env {
	void *context;
	ifindex_t ifindex; /* of the interface that the pipeline is for */
	uint64_t netns;	   /* of the namespace that it is in, see struct pipeline_cfg */
	int (*ifindex_of)(void *context, const char *name, ifindex_t *out, struct err *err);
	/* the name now, or "#7" if the interface is gone */
	char *(*name_of)(void *context, ifindex_t ifindex, char out[static STAGE_WORD_TEXT]);
	/* the CPUs that this machine can have, and those that run now; 0 or -errno */
	int (*cpus)(void *context, struct cpulist *possible, struct cpulist *online);
};

/* The maps of one pipeline, by name, as file descriptors that the caller owns; -1 if absent. */
struct stage_maps {
	const void *context;
	int (*fd)(const void *context, const char *name);
};

struct stage {
	const char *name;
	const char *help;      /* one line, what it does */
	const char *words;     /* its positional arguments in help: "IFACE [IFACE...]"; "" */
	const char *words_key; /* their name in JSON: "ports"; NULL if it takes none */
	unsigned int min_words, max_words;
	const struct field *options; /* describes args; NULL if none */
	uint8_t id;		     /* enum stage_id */
	bool is_last;		     /* gives the verdict: nothing can follow */
	bool in_hw;		     /* can run on a device */
	const char *map;	     /* its map, or NULL; not created if map_needed says so */
	const char *side_map;	     /* another, or NULL; created if setup() says so */
	/* in native mode the kernel makes new packets of its frames, which know of no offload */
	bool remakes;
	unsigned int skb_since[2]; /* Linux that has it in generic mode; { 0 }: any */

	/* Each may be NULL. Errors: -errno with err filled. */
	int (*configure)(const struct stage_use *use, const struct stage_env *env,
			 struct pipeline_cfg *cfg, struct err *err);
	void (*recall)(const struct pipeline_cfg *cfg, const struct stage_env *env,
		       struct stage_use *use);
	bool (*map_needed)(const struct pipeline_cfg *cfg);
	int (*setup)(struct bpf_object *object, const struct pipeline_cfg *cfg);
	int (*open)(const struct pipeline_cfg *cfg, const struct stage_maps *maps);
	int (*close)(const struct pipeline_cfg *cfg, const struct stage_maps *maps);
	/* open() has been done and nothing was taken away since */
	bool (*is_open)(const struct pipeline_cfg *cfg, const struct stage_maps *maps);
	/* interfaces that it sends packets out of; the number of them */
	unsigned int (*targets)(const struct pipeline_cfg *cfg,
				ifindex_t out[static STAGE_TARGETS]);
	/* the same configuration for this stage, so that a running map may be kept */
	bool (*same)(const struct pipeline_cfg *a, const struct pipeline_cfg *b);
	/* the way back: what to write for the pipeline of the other port; false if there is none */
	bool (*reverse)(const struct stage_use *use, const char *ifname, struct stage_use *back,
			const char **other);
	/* it cannot send frames on that have more than one buffer (jumbo frames) */
	bool (*one_buffer)(const struct pipeline_cfg *cfg);
	/* longest frame with Ethernet header that it may send on; longer ones it counts and drops
	 */
	void (*limit_length)(struct pipeline_cfg *cfg, uint32_t bytes);
};

/* The rows themselves, one in each folder. */
#define S(name) extern const struct stage stage_##name;
STAGE_LIST(S)
#undef S

/* All stages in alphabetical order, ended by NULL; generated from the folders. */
extern const struct stage *const stages[];

const struct stage *stage_by_name(const char *name);
const struct stage *stage_by_id(uint8_t id); /* NULL for 0 and unknown ids */

/* The stages of a configuration in order; returns their number. */
unsigned int stage_list(const struct pipeline_cfg *cfg,
			const struct stage *out[static PIPELINE_STAGES]);

/* What struct pipeline_cfg.layout is in this build. */
uint64_t pipeline_layout(void);

/* Name of an enum pipeline_reason and of an enum pipeline_verdict; NULL outside. */
const char *reason_name(unsigned int reason);
const char *verdict_name(unsigned int verdict);

#endif
