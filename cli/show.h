/* SPDX-License-Identifier: GPL-2.0-only */
/* Parts of results that several commands show in the same way. */
#ifndef XDPCTL_SHOW_H
#define XDPCTL_SHOW_H

#include "app.h"
#include "pipeline.h"
#include "preflight.h"
#include "program.h"

/* The stages of a pipeline as a list under the key "stages"; as text one line:
 * "count then redirect eth1 --swap-mac". */
void show_stages(struct app *app, const struct pipeline_cfg *cfg);

/* The captures that look at a program's packets, under the key "captures"; as text nothing if there
 * is none. */
void show_captures(struct app *app, const struct program *program);

/* Refuse a --hook that this version does not have. NULL is fine. */
int show_check_hook(const char *hook, struct err *err);

/* A list of strings under a key. */
void show_notes(struct app *app, const char *key, const struct plan *plan);

/* What was changed on other devices, under a key. */
void show_preparations(struct app *app, const char *key, const struct preparations *list);

#endif
