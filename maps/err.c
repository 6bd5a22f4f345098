/* SPDX-License-Identifier: GPL-2.0-only */
#include "err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

int err_set(struct err *err, enum err_code code, int errnum, const char *object, const char *fmt,
	    ...)
{
	va_list args;

	if (errnum <= 0)
		errnum = EINVAL;
	if (!err)
		return -errnum;
	err->code = code;
	err->errnum = errnum;
	err->hint[0] = '\0';
	snprintf(err->object, sizeof(err->object), "%s", object ? object : "");
	va_start(args, fmt);
	vsnprintf(err->message, sizeof(err->message), fmt, args);
	va_end(args);
	return -errnum;
}

int err_hint(struct err *err, const char *fmt, ...)
{
	va_list args;

	if (!err)
		return -EINVAL;
	va_start(args, fmt);
	vsnprintf(err->hint, sizeof(err->hint), fmt, args);
	va_end(args);
	return -err->errnum;
}

enum err_code err_code_of(int errnum)
{
	switch (errnum) {
	case EPERM:
	case EACCES:
		return ERR_PERMISSION;
	case EBUSY:
	case EEXIST:
		return ERR_CONFLICT;
	case ENODEV:
	case ENOENT:
	case ENXIO:
		return ERR_NOT_FOUND;
	case EOPNOTSUPP:
	case ENOSYS:
		return ERR_UNSUPPORTED;
	default:
		return ERR_FAILED;
	}
}

const char *err_code_name(enum err_code code)
{
	static const char *const names[] = {
		[ERR_NONE] = "none",
		[ERR_FAILED] = "failed",
		[ERR_USAGE] = "usage",
		[ERR_UNSUPPORTED] = "unsupported",
		[ERR_PERMISSION] = "permission",
		[ERR_CONFLICT] = "conflict",
		[ERR_NOT_FOUND] = "not_found",
	};

	return code <= ERR_NOT_FOUND ? names[code] : "failed";
}
