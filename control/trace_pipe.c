/* SPDX-License-Identifier: GPL-2.0-only */
#include "trace.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#define READ_SIZE 65536

/* A file of a kernel file system that nobody has mounted, through a mount that has no place in any
 * mount namespace and goes with its descriptor. A descriptor or -errno. */
static int open_unmounted(const char *filesystem, const char *path, int flags)
{
	int fs = fsopen(filesystem, FSOPEN_CLOEXEC), mount = -1, fd = -1, error;

	if (fs >= 0 && fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
		mount = fsmount(fs, FSMOUNT_CLOEXEC, 0);
	if (mount >= 0)
		fd = openat(mount, path, flags | O_CLOEXEC);
	error = errno;
	if (mount >= 0)
		close(mount);
	if (fs >= 0)
		close(fs);
	return fd >= 0 ? fd : -error;
}

static int open_tracefs(const char *name, int flags)
{
	static const char *const places[] = { "/sys/kernel/tracing", "/sys/kernel/debug/tracing" };

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		int dir = open(places[i], O_PATH | O_DIRECTORY | O_CLOEXEC), fd, error;

		if (dir < 0)
			continue;
		fd = openat(dir, name, flags | O_CLOEXEC);
		error = errno;
		close(dir);
		if (fd >= 0)
			return fd;
		if (error != ENOENT) /* it is mounted here, and this is the answer */
			return -error;
	}
	return open_unmounted("tracefs", name, flags);
}

/* "confidentiality" is the level that forbids tracing (LOCKDOWN_TRACEFS in security.h). */
static bool is_locked_down(void)
{
	int fd = open("/sys/kernel/security/lockdown", O_RDONLY | O_CLOEXEC);
	char line[80] = "";

	if (fd < 0)
		fd = open_unmounted("securityfs", "lockdown", O_RDONLY);
	if (fd < 0)
		return false;
	if (read(fd, line, sizeof(line) - 1) < 0)
		line[0] = '\0';
	close(fd);
	return strstr(line, "[confidentiality]") != NULL;
}

static int refuse(int error, struct err *err)
{
	static const char object[] = "trace_pipe";

	if ((error == EPERM || error == EACCES || error == ENOENT) && is_locked_down()) {
		err_set(err, ERR_UNSUPPORTED, error, object,
			"kernel lockdown (confidentiality) forbids tracing");
		return err_hint(err, "boot with lockdown=integrity or none; events that a program "
				     "sends through a buffer can be read: xdpctl events");
	}
	if (error == ENOENT || error == ENODEV) {
		err_set(err, ERR_UNSUPPORTED, error, object, "this kernel has no tracing: %s",
			strerror(error));
		return err_hint(err, "it takes CONFIG_FTRACE and CONFIG_BPF_EVENTS");
	}
	if (error == EBUSY) {
		err_set(err, ERR_CONFLICT, error, object,
			"another process reads it, and one at a time can");
		return err_hint(err, "`fuser -v /sys/kernel/tracing/trace_pipe` tells which");
	}
	return err_set(err, err_code_of(error), error, object, "cannot open it: %s",
		       strerror(error));
}

int trace_open(struct trace *trace, struct err *err)
{
	*trace = (struct trace){ .fd = open_tracefs("trace_pipe", O_RDONLY | O_NONBLOCK) };
	return trace->fd < 0 ? refuse(-trace->fd, err) : 0;
}

void trace_close(struct trace *trace)
{
	if (trace->fd >= 0)
		close(trace->fd);
	buf_free(&trace->text);
	trace->fd = -1;
}

bool trace_is_off(void)
{
	int fd = open_tracefs("tracing_on", O_RDONLY);
	char answer = '1';

	if (fd < 0)
		return false;
	if (read(fd, &answer, 1) != 1)
		answer = '1';
	close(fd);
	return answer == '0';
}

/* Whole lines; what is behind the last one stays for the next time. */
static void split(struct trace *trace, bool (*line)(void *, const struct trace_line *),
		  void *context)
{
	struct buf *text = &trace->text;
	const char *at = text->data, *stop = text->data + text->length, *end;
	bool more = true;

	while (more && (end = memchr(at, '\n', (size_t)(stop - at)))) {
		struct trace_line parsed;

		trace_parse(at, (size_t)(end - at), &parsed);
		/* since 5.9 a message that ends its line itself is followed by an empty one */
		if (end > at)
			more = line(context, &parsed);
		at = end + 1;
	}
	text->length = (size_t)(stop - at);
	memmove(text->data, at, text->length);
}

int trace_read(struct trace *trace, bool (*line)(void *context, const struct trace_line *line),
	       void *context, struct err *err)
{
	char *room = buf_space(&trace->text, READ_SIZE);
	ssize_t got;

	if (!room)
		return err_set(err, ERR_FAILED, ENOMEM, "trace_pipe", "out of memory");
	got = read(trace->fd, room, READ_SIZE);
	if (got < 0 && errno != EAGAIN && errno != EINTR)
		return err_set(err, err_code_of(errno), errno, "trace_pipe", "cannot read: %s",
			       strerror(errno));
	if (got <= 0)
		return 0;
	trace->text.length += (size_t)got;
	split(trace, line, context);
	return 0;
}
