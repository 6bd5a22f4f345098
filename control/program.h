/* SPDX-License-Identifier: GPL-2.0-only */
/* A loaded program as the kernel shows it: whose it is and, if it is ours, its configuration and
 * its maps. Nothing of this is kept anywhere else. */
#ifndef XDPCTL_PROGRAM_H
#define XDPCTL_PROGRAM_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"
#include "pipeline.h"
#include "stage.h"

#define PROGRAM_NAME 16
#define PROGRAM_MAPS 16

enum program_owner {
	OWNER_FOREIGN,
	OWNER_XDPCTL,
	OWNER_OTHER_BUILD, /* an xdpctl whose configuration and counters mean something else */
};

struct program {
	uint32_t id;
	int fd;
	char name[PROGRAM_NAME];
	char tag[17]; /* 8 bytes in hexadecimal, as bpftool shows it */
	enum program_owner owner;
	struct pipeline_cfg cfg; /* if OWNER_XDPCTL */
	unsigned int maps;	 /* if not OWNER_FOREIGN */
	struct {
		char name[PROGRAM_NAME];
		uint32_t id;
		int fd;
	} map[PROGRAM_MAPS];
};

/* Open by id. -ENOENT (ERR_NOT_FOUND) if it is gone. The caller closes it. */
int program_open(uint32_t id, struct program *out, struct err *err);
void program_close(struct program *program); /* a zeroed one is fine */

/* File descriptor of a map of the program, which stays the program's; -1 if it has none. */
int program_map(const struct program *program, const char *name);

/* The same as the stages ask for it. */
struct stage_maps program_stage_maps(const struct program *program);

/* It was attached in the namespace of that id, which its ifindexes are of. */
bool program_is_from(const struct program *program, uint64_t netns);

/* All stages are open: nothing interrupted the attach. */
bool program_is_open(const struct program *program);

/* Read or write the record of what was prepared for it; none is count 0. 0 or -errno. */
int program_prepared(const struct program *program, struct preparations *out);
int program_set_prepared(const struct program *program, const struct preparations *prepared);

#endif
