/* SPDX-License-Identifier: GPL-2.0-only */
/* Programs, maps, sockets and other objects as people name them. The notations of values that
 * stand for such objects use the same texts. */
#ifndef XDPCTL_REF_H
#define XDPCTL_REF_H

#include <stdint.h>

#include "buf.h"
#include "err.h"
#include "notation.h"

enum ref_kind { REF_MAP, REF_PROG };

/* Open a map or program by "id:N", "pin:PATH" or "name:NAME" (which has to be unique). Returns a
 * file descriptor, the caller's, or -errno. -EINVAL (ERR_USAGE) if it is none of the three. */
int ref_open(enum ref_kind kind, const char *text, struct err *err);

/* Open by id. -ENOENT (ERR_NOT_FOUND) if there is none. */
int ref_open_id(enum ref_kind kind, uint32_t id, struct err *err);

/* The id of an open map or program; 0 if it cannot be told. */
uint32_t ref_id(enum ref_kind kind, int fd);

/* Values of four bytes. A program or map is an id, 0 ("none") for none. */
void ref_print_prog(const void *bytes, const struct value_env *env, struct buf *out);
int ref_parse_prog(const char *text, void *bytes, const struct value_env *env, struct err *err);
void ref_print_map(const void *bytes, const struct value_env *env, struct buf *out);
int ref_parse_map(const char *text, void *bytes, const struct value_env *env, struct err *err);

/* A socket ("pid:N/fd:M"), a task ("pid:N"), a file or a cgroup (its path): an open file
 * descriptor, which goes to env->keep(). */
void ref_print_fd(const void *bytes, const struct value_env *env, struct buf *out);
int ref_parse_socket(const char *text, void *bytes, const struct value_env *env, struct err *err);
int ref_parse_task(const char *text, void *bytes, const struct value_env *env, struct err *err);
int ref_parse_file(const char *text, void *bytes, const struct value_env *env, struct err *err);
int ref_parse_cgroup(const char *text, void *bytes, const struct value_env *env, struct err *err);

/* A socket in eight bytes: it is read back as its cookie. */
void ref_print_cookie(const void *bytes, const struct value_env *env, struct buf *out);
int ref_parse_socket64(const char *text, void *bytes, const struct value_env *env, struct err *err);

#endif
