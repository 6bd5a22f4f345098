// SPDX-License-Identifier: GPL-2.0-only
/* The XDP pipeline with room for a capture that takes packets away. */
#define PIPELINE_STEAL
#include "pipeline_xdp.bpf.c"
