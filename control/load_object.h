/* SPDX-License-Identifier: GPL-2.0-only */
/* What loading a pipeline for the kernel and for a device have in common. */
#ifndef XDPCTL_LOAD_OBJECT_H
#define XDPCTL_LOAD_OBJECT_H

#include "err.h"
#include "pipeline.h"
#include "program.h"

struct bpf_object;

/* Load the program that the kernel itself runs; see pipeline_load(). */
int load_software(struct pipeline_cfg *cfg, const struct program *running, struct program *out,
		  struct err *err);

/* No map of any stage is created, unless that is said again. 0 or -errno. */
int load_leave_out(struct bpf_object *object);

/* Open what was loaded by its id, as others will. fd stays the caller's. */
int load_read_back(int fd, struct program *out, struct err *err);

/* Fill err for what the kernel returned, and return -errno. */
int load_failed(int ret, struct err *err);

#endif
