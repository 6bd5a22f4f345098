/* SPDX-License-Identifier: GPL-2.0-only */
#include "whole_file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static mode_t usual_mode(void)
{
	mode_t mask = umask(0);

	umask(mask);
	return 0666 & ~mask;
}

static int open_unnamed(const char *path)
{
	char *copy = strdup(path);
	int fd = copy ? open(dirname(copy), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600) : -1;

	free(copy);
	return fd;
}

static int open_beside(struct whole_file *file, const struct stat *old)
{
	int fd = open_unnamed(file->path), size;

	file->unnamed = fd >= 0;
	size = fd >= 0 ? asprintf(&file->part, "%s.%d", file->path, (int)getpid())
		       : asprintf(&file->part, "%s.XXXXXX", file->path);
	if (size < 0)
		file->part = NULL;
	else if (fd < 0) /* the file system has no files without a name */
		fd = mkostemp(file->part, O_CLOEXEC);
	if (fd >= 0 && file->part) {
		if (!old || fchown(fd, old->st_uid, old->st_gid) == 0)
			fchmod(fd, old ? old->st_mode & 07777 : usual_mode());
		file->out = fdopen(fd, "w");
	}
	if (file->out)
		return 0;
	size = errno;
	if (fd >= 0 && !file->unnamed)
		unlink(file->part);
	if (fd >= 0)
		close(fd);
	return -size;
}

int whole_open(struct whole_file *file, const char *path)
{
	struct stat st;
	bool there = stat(path, &st) == 0;
	int ret;

	*file = (struct whole_file){ .path = there ? realpath(path, NULL) : strdup(path) };
	if (!file->path)
		return -errno;
	if (!there || S_ISREG(st.st_mode)) {
		ret = open_beside(file, there ? &st : NULL);
	} else {
		file->out = fopen(path, "we");
		ret = file->out ? 0 : -errno;
	}
	if (ret) {
		free(file->path);
		free(file->part);
		*file = (struct whole_file){ 0 };
	}
	return ret;
}

/* A process with our number that was killed may have left that name. */
static int give_name(struct whole_file *file)
{
	char link[48];

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fileno(file->out));
	unlink(file->part);
	if (linkat(AT_FDCWD, link, AT_FDCWD, file->part, AT_SYMLINK_FOLLOW))
		return -errno;
	file->unnamed = false;
	return 0;
}

int whole_close(struct whole_file *file, bool keep)
{
	int ret = 0;

	if (file->out && (fflush(file->out) || ferror(file->out)))
		ret = errno ? -errno : -EIO;
	keep = keep && file->part;
	if (keep && !ret && fsync(fileno(file->out)))
		ret = -errno;
	if (keep && !ret && file->unnamed)
		ret = give_name(file);
	if (file->out && fclose(file->out) && !ret)
		ret = -errno;
	if (keep && !ret && rename(file->part, file->path))
		ret = -errno;
	if (file->part && !file->unnamed && (!keep || ret))
		unlink(file->part);
	free(file->path);
	free(file->part);
	*file = (struct whole_file){ 0 };
	return ret;
}
