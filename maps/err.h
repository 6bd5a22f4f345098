/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef XDPCTL_ERR_H
#define XDPCTL_ERR_H

/* What went wrong, for a person and for a script. The values are the exit codes of the
 * command line and do not change. */
enum err_code {
	ERR_NONE = 0,
	ERR_FAILED = 1,	     /* the kernel or the system refused for another reason */
	ERR_USAGE = 2,	     /* bad arguments or bad input, nothing was changed */
	ERR_UNSUPPORTED = 3, /* this kernel, driver or device cannot do it */
	ERR_PERMISSION = 4,  /* a capability is missing, the message names it */
	ERR_CONFLICT = 5,    /* something is there already, or changed under us */
	ERR_NOT_FOUND = 6,   /* no such interface, map, key, program */
};

struct err {
	enum err_code code;
	int errnum;	    /* positive errno, never 0 once set */
	char object[132];   /* what the message is about: "eth0"; may be empty */
	char message[1024]; /* "what is wrong: cause" */
	char hint[512];	    /* "what to do"; may be empty */
};

/* Fill *err (which may be NULL) and return -errnum. The hint starts empty. */
int err_set(struct err *err, enum err_code code, int errnum, const char *object, const char *fmt,
	    ...) __attribute__((format(printf, 5, 6)));

/* Add what to do about it. Returns -errnum of the error, so that it can end a function. */
int err_hint(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The code for an errno that the kernel gave and nobody explained better. */
enum err_code err_code_of(int errnum);

/* The code's word in JSON: "not_found". Never NULL. */
const char *err_code_name(enum err_code code);

#endif
