/* SPDX-License-Identifier: GPL-2.0-only */
#include "privileges.h"

#include <cap-ng.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static int find(const char *name, struct passwd *out, char *buffer, size_t size, struct err *err)
{
	struct passwd *found = NULL;
	int error = getpwnam_r(name, out, buffer, size, &found);

	if (found)
		return 0;
	if (error)
		return err_set(err, ERR_FAILED, error, name, "cannot look the user up: %s",
			       strerror(error));
	return err_set(err, ERR_NOT_FOUND, ENOENT, name, "no such user");
}

int privileges_user(const char *name, uid_t *user, gid_t *group, struct err *err)
{
	struct passwd entry;
	char buffer[4096];
	int ret = find(name, &entry, buffer, sizeof(buffer), err);

	if (!ret) {
		*user = entry.pw_uid;
		*group = entry.pw_gid;
	}
	return ret;
}

int privileges_borrow(const char *name, struct err *err)
{
	uid_t user;
	gid_t group;
	int ret = privileges_user(name, &user, &group, err);

	if (ret)
		return ret;
	if (initgroups(name, group) || setegid(group) || seteuid(user))
		return err_set(err, err_code_of(errno), errno, name, "cannot become that user: %s",
			       strerror(errno));
	return 0;
}

int privileges_return(struct err *err)
{
	gid_t group = getgid();

	if (seteuid(getuid()) || setegid(group) || setgroups(1, &group))
		return err_set(err, ERR_FAILED, errno, "-Z", "cannot take privileges back: %s",
			       strerror(errno));
	return 0;
}

int privileges_become(const char *name, struct err *err)
{
	struct passwd entry;
	char buffer[4096];
	int ret = find(name, &entry, buffer, sizeof(buffer), err);

	if (ret)
		return ret;
	if (initgroups(name, entry.pw_gid) || setresgid(entry.pw_gid, entry.pw_gid, entry.pw_gid) ||
	    setresuid(entry.pw_uid, entry.pw_uid, entry.pw_uid))
		return err_set(err, err_code_of(errno), errno, name, "cannot become that user: %s",
			       strerror(errno));
	capng_clear(CAPNG_SELECT_BOTH);
	if (capng_apply(CAPNG_SELECT_CAPS) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return err_set(err, ERR_FAILED, EPERM, name, "cannot give capabilities up");
	return 0;
}
