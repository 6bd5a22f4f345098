/* SPDX-License-Identifier: GPL-2.0-only */
/* From a configuration to a loaded program that is attached nowhere yet. */
#ifndef XDPCTL_LOAD_H
#define XDPCTL_LOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"
#include "pipeline.h"
#include "program.h"

/* Turn stages into a configuration for the interface of env. */
int pipeline_configure(const struct stage_use *use, unsigned int uses, bool counting,
		       const struct stage_env *env, struct pipeline_cfg *cfg, struct err *err);

/* Load the program for cfg. Its frags field says whether multi-buffer frames are wanted and is
 * cleared where this kernel has none. Counters and the maps of stages that stay the same are those
 * of running, if it is ours. hw_ifindex: the device to load it for, 0 for the kernel itself. The
 * caller closes *out; stages are not started. */
int pipeline_load(struct pipeline_cfg *cfg, const struct program *running, uint32_t hw_ifindex,
		  struct program *out, struct err *err);

/* Load the bare pass that makes a driver accept redirected frames. */
int receiver_load(uint32_t ifindex, uint64_t netns, struct program *out, struct err *err);

/* Fill the maps of all stages that are not open yet, or empty them so that packets pass. */
int program_start(const struct program *program, struct err *err);
int program_stop(const struct program *program, struct err *err);

/* This kernel has multi-buffer XDP programs (Linux 5.18). */
bool kernel_has_frags(void);

#endif
