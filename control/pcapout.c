/* SPDX-License-Identifier: GPL-2.0-only */
#include "pcapout.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define SUFFIX	     ".part"
#define LEFT_OVERS   100	/* files of killed captures */
#define SEND_STEP    (8u << 20) /* bytes */
#define LOOK_MS	     100
#define PATIENCE_MS  2000
#define STANDARD_OUT "standard output"

static bool is_stdout(const char *path)
{
	return strcmp(path, "-") == 0;
}

bool pcapout_is_stream(const char *path)
{
	struct stat st;

	return is_stdout(path) || (stat(path, &st) == 0 && !S_ISREG(st.st_mode));
}

static int failed(const struct pcapout *out, int error, const char *what, struct err *err)
{
	return err_set(err, err_code_of(error), error, out->path, "cannot %s: %s", what,
		       strerror(error));
}

/* A pipe of our own that does not wait, by a second opening: that flag belongs to the opening,
 * which standard output shares with other processes. */
static void stop_waiting(struct pcapout *out)
{
	char path[40];
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", out->fd);
	fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return;
	close(out->fd);
	out->fd = fd;
}

/* A pipe of a name opens when it has a reader, for which one may have to wait. */
static int open_name_of_stream(struct pcapout *out, const char *path)
{
	const struct pcapfile_options *options = out->options;
	const int flags = O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY;

	while ((out->fd = open(path, flags)) < 0 && errno == ENXIO) {
		if (options->stopping && options->stopping(options->context))
			return -EPIPE;
		poll(NULL, 0, LOOK_MS);
	}
	return out->fd < 0 ? -errno : 0;
}

static int open_stream(struct pcapout *out, const char *path, struct err *err)
{
	struct stat st;
	off_t at;
	int ret = 0;

	if (is_stdout(path))
		out->fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	else
		ret = open_name_of_stream(out, path);
	if (ret == -EPIPE)
		return err_set(err, ERR_FAILED, EPIPE, out->path, "nobody opened it for reading");
	if (out->fd < 0 || fstat(out->fd, &st))
		return failed(out, errno, "open it", err);
	if (isatty(out->fd)) {
		err_set(err, ERR_USAGE, EINVAL, out->path, "a terminal cannot show a capture file");
		return err_hint(err, "-w FILE, or -w - with a pipe behind it");
	}
	out->is_file = S_ISREG(st.st_mode);
	out->is_socket = S_ISSOCK(st.st_mode);
	if (S_ISFIFO(st.st_mode))
		stop_waiting(out);
	if (!out->is_file)
		return 0;
	at = (fcntl(out->fd, F_GETFL) & O_APPEND) ? st.st_size : lseek(out->fd, 0, SEEK_CUR);
	out->start = at > 0 ? (uint64_t)at : 0;
	return 0;
}

/* Take the path apart. A name that is a link stands for the file it leads to. */
static int open_directory(struct pcapout *out, const char *path, struct err *err)
{
	char real[PATH_MAX], *slash;

	if (!realpath(path, real) && snprintf(real, sizeof(real), "%s", path) >= PATH_MAX)
		return failed(out, ENAMETOOLONG, "open it", err);
	slash = strrchr(real, '/');
	if (snprintf(out->name, sizeof(out->name), "%s", slash ? slash + 1 : real) > NAME_MAX)
		return failed(out, ENAMETOOLONG, "open it", err);
	if (!out->name[0])
		return failed(out, EISDIR, "open it", err);
	if (slash)
		slash[slash == real] = '\0';
	out->dir = open(slash ? real : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (out->dir < 0 && errno == EACCES)
		out->dir = open(slash ? real : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return out->dir < 0 ? failed(out, errno, "open its directory", err) : 0;
}

static int open_name(struct pcapout *out, struct err *err)
{
	const int flags = O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW;
	int error;

	if (out->options->in_place) {
		out->fd = openat(out->dir, out->name, flags | O_TRUNC, 0600);
		return out->fd < 0 ? failed(out, errno, "open it", err) : 0;
	}
	for (int i = 0; i < LEFT_OVERS; i++) {
		char number[12] = "";
		int n;

		if (i)
			snprintf(number, sizeof(number), "%d", i);
		n = snprintf(out->temporary, sizeof(out->temporary), "%s" SUFFIX "%s", out->name,
			     number);
		errno = ENAMETOOLONG;
		out->fd =
			n > NAME_MAX ? -1 : openat(out->dir, out->temporary, flags | O_EXCL, 0600);
		if (out->fd >= 0)
			return 0;
		if (errno != EEXIST)
			break;
	}
	error = errno;
	out->temporary[0] = '\0';
	failed(out, error, "make its temporary file", err);
	if (error == EEXIST)
		err_hint(err, "captures that were killed left %s" SUFFIX "*: move them away",
			 out->name);
	return -error;
}

/* Have room for so many bytes before they are written, in steps: much less work than page by page.
 * It is beyond the end, so that a reader of a killed capture's file sees no zeros. Where it cannot
 * be had there may be room for what comes. */
static void reserve(struct pcapout *out, uint64_t end)
{
	uint64_t step = out->options->preallocate, most = out->options->max_bytes;

	if (!step || out->dir < 0 || end <= out->reserved)
		return;
	if (most && most < out->reserved + step)
		step = most > out->reserved ? most - out->reserved : 0;
	if (!step || fallocate(out->fd, FALLOC_FL_KEEP_SIZE, (off_t)out->reserved, (off_t)step))
		out->reserved = UINT64_MAX;
	else
		out->reserved += step;
}

static int open_file(struct pcapout *out, const char *path, struct err *err)
{
	int ret = open_directory(out, path, err);

	if (!ret)
		ret = open_name(out, err);
	if (ret)
		return ret;
	out->is_file = true;
	if (out->options->give && fchown(out->fd, out->options->owner, out->options->group))
		return failed(out, errno, "give it to its owner", err);
	reserve(out, 1);
	return 0;
}

int pcapout_open(struct pcapout *out, const struct pcapfile_options *options, const char *path,
		 struct err *err)
{
	int ret;

	*out = (struct pcapout){ .options = options, .fd = -1, .dir = -1 };
	snprintf(out->path, sizeof(out->path), "%s", is_stdout(path) ? STANDARD_OUT : path);
	ret = pcapout_is_stream(path) ? open_stream(out, path, err) : open_file(out, path, err);
	if (ret)
		pcapout_abandon(out);
	return ret;
}

/* Until the reader has made room. Whoever ends the capture does not wait for it for long. */
static int wait_for_reader(const struct pcapout *out)
{
	const struct pcapfile_options *options = out->options;
	struct pollfd poll_fd = { .fd = out->fd, .events = POLLOUT };
	int waited = 0;

	while (poll(&poll_fd, 1, LOOK_MS) <= 0) {
		if (!options->stopping || !options->stopping(options->context))
			waited = 0;
		else if ((waited += LOOK_MS) >= PATIENCE_MS)
			return -ETIMEDOUT;
	}
	return 0;
}

/* Begin early what the sync at the end would wait for. */
static void send_to_disk(struct pcapout *out, uint64_t end)
{
	if (!out->is_file || end - out->sent < SEND_STEP)
		return;
	(void)sync_file_range(out->fd, (off_t)(out->start + out->sent), (off_t)(end - out->sent),
			      SYNC_FILE_RANGE_WRITE);
	out->sent = end;
}

static ssize_t write_some(const struct pcapout *out, const char *data, size_t length)
{
	return out->is_socket ? send(out->fd, data, length, MSG_DONTWAIT | MSG_NOSIGNAL)
			      : write(out->fd, data, length);
}

int pcapout_write(struct pcapout *out, const char *data, size_t length, size_t *done)
{
	*done = 0;
	reserve(out, out->size + length);
	while (*done < length) {
		ssize_t n = write_some(out, data + *done, length - *done);
		int ret = n > 0 ? 0 : n == 0 ? -ENOSPC : -errno;

		if (ret == -EAGAIN || ret == -EINTR)
			ret = out->is_file ? 0 : wait_for_reader(out);
		if (ret)
			return ret;
		*done += n > 0 ? (size_t)n : 0;
	}
	out->size += length;
	send_to_disk(out, out->size);
	return 0;
}

void pcapout_cut(struct pcapout *out, size_t length)
{
	out->size += length;
	if (!out->is_file || ftruncate(out->fd, (off_t)(out->start + out->size)))
		return;
	(void)lseek(out->fd, (off_t)(out->start + out->size), SEEK_SET);
}

/* The file is as good as it gets, but under its temporary name. */
static int not_complete(const struct pcapout *out, const char *what, struct err *err)
{
	int error = errno;

	failed(out, error, what, err);
	if (out->temporary[0])
		err_hint(err, "the file is beside it, as %s", out->temporary);
	return -error;
}

static int complete(struct pcapout *out, bool *synced, struct err *err)
{
	/* a file of ours may have room reserved beyond its end */
	if ((out->dir >= 0 && ftruncate(out->fd, (off_t)out->size)) || fsync(out->fd))
		return not_complete(out, "sync it", err);
	*synced = true;
	if (!out->temporary[0])
		return 0;
	if (renameat(out->dir, out->temporary, out->dir, out->name))
		return not_complete(out, "give the complete file its name", err);
	(void)fsync(out->dir);
	return 0;
}

static int close_all(struct pcapout *out)
{
	int ret = out->fd < 0 || close(out->fd) == 0 ? 0 : -errno;

	if (out->dir >= 0)
		close(out->dir);
	out->fd = out->dir = -1;
	out->temporary[0] = '\0';
	return ret;
}

int pcapout_finish(struct pcapout *out, bool *synced, struct err *err)
{
	int ret = 0, closed;

	*synced = !out->is_file;
	if (out->is_file)
		ret = complete(out, synced, err);
	closed = close_all(out);
	if (!closed || ret)
		return ret;
	*synced = false;
	return failed(out, -closed, "close it", err);
}

void pcapout_abandon(struct pcapout *out)
{
	if (out->temporary[0])
		unlinkat(out->dir, out->temporary, 0);
	close_all(out);
}

/* In a directory like /tmp only the owner of a file, or of the directory, may rename it. */
int pcapout_check_rights(const struct pcapout *out, struct err *err)
{
	struct stat dir, file;

	if (out->dir < 0)
		return 0;
	if (faccessat(out->dir, ".", W_OK | X_OK, AT_EACCESS))
		return failed(out, errno, "make or rename files in its directory", err);
	if (fstat(out->dir, &dir) || fstat(out->fd, &file))
		return failed(out, errno, "look at it", err);
	if (!(dir.st_mode & S_ISVTX) || geteuid() == 0 || geteuid() == dir.st_uid ||
	    geteuid() == file.st_uid)
		return 0;
	failed(out, EACCES, "rename another user's file there", err);
	err_hint(err, "the capture file has to belong to who ends the capture");
	return -EACCES;
}
