/* SPDX-License-Identifier: GPL-2.0-only */
#include "ref.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <linux/magic.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "text.h"
#include "type.h"

static const char *const kind_name[] = { [REF_MAP] = "map", [REF_PROG] = "program" };

int ref_open_id(enum ref_kind kind, uint32_t id, struct err *err)
{
	int fd = kind == REF_MAP ? bpf_map_get_fd_by_id(id) : bpf_prog_get_fd_by_id(id);
	char object[32];

	if (fd >= 0)
		return fd;
	snprintf(object, sizeof(object), "%s id:%u", kind_name[kind], id);
	if (fd == -ENOENT)
		return err_set(err, ERR_NOT_FOUND, ENOENT, object, "there is none by that id");
	err_set(err, err_code_of(-fd), -fd, object, "cannot open it: %s", strerror(-fd));
	return fd == -EPERM
		       ? err_hint(err, "CAP_SYS_ADMIN is needed to open what is named by id or "
				       "by name")
		       : fd;
}

/* The info of both begins with type and id. */
static bool read_info(enum ref_kind kind, int fd, uint32_t *id, char name[static BPF_OBJ_NAME_LEN])
{
	struct bpf_map_info map = { 0 };
	struct bpf_prog_info prog = { 0 };
	__u32 length = kind == REF_MAP ? sizeof(map) : sizeof(prog);

	if (bpf_obj_get_info_by_fd(fd, kind == REF_MAP ? (void *)&map : (void *)&prog, &length))
		return false;
	*id = kind == REF_MAP ? map.id : prog.id;
	memcpy(name, kind == REF_MAP ? map.name : prog.name, BPF_OBJ_NAME_LEN);
	return true;
}

uint32_t ref_id(enum ref_kind kind, int fd)
{
	char name[BPF_OBJ_NAME_LEN];
	uint32_t id;

	return read_info(kind, fd, &id, name) ? id : 0;
}

static int pin_failed(const char *path, int error, struct err *err)
{
	struct statfs fs;
	bool pinned = statfs(path, &fs) == 0 && (uint32_t)fs.f_type == BPF_FS_MAGIC;

	if (error == ENOENT || error == ENOTDIR)
		return err_set(err, ERR_NOT_FOUND, error, path, "there is no pin");
	if (!pinned && (error == EACCES || error == EPERM || error == EINVAL))
		return err_set(err, ERR_USAGE, EINVAL, path,
			       "is no pin: it is not in a BPF file system");
	err_set(err, err_code_of(error), error, path, "cannot open the pin: %s", strerror(error));
	return error == EACCES ? err_hint(err, "its mode and owner, or those of a folder above it, "
					       "forbid it")
			       : -error;
}

/* A pin that may only be read is opened for that. */
static int get_pin(const char *path)
{
	LIBBPF_OPTS(bpf_obj_get_opts, opts, .file_flags = BPF_F_RDONLY);
	int fd = bpf_obj_get(path);

	return fd < 0 && errno == EACCES ? bpf_obj_get_opts(path, &opts) : fd;
}

static int open_pin(enum ref_kind kind, const char *path, struct err *err)
{
	int fd = get_pin(path);
	char line[64], link[64] = "";
	ssize_t n;

	if (fd < 0)
		return pin_failed(path, errno, err);
	/* what it is, is in the name of the file: anon_inode:bpf-map */
	snprintf(line, sizeof(line), "/proc/self/fd/%d", fd);
	n = readlink(line, link, sizeof(link) - 1);
	if (n > 0 && strstr(link, "bpf-") &&
	    !strstr(link, kind == REF_MAP ? "bpf-map" : "bpf-prog")) {
		close(fd);
		return err_set(err, ERR_USAGE, EINVAL, path,
			       "is the pin of something else than a %s", kind_name[kind]);
	}
	return fd;
}

struct search {
	enum ref_kind kind;
	const char *name;
	int fd; /* the first match, or -1 */
	unsigned int matches;
	char ids[128]; /* of all matches */
};

static void look_at(struct search *search, uint32_t id, int fd)
{
	char name[BPF_OBJ_NAME_LEN];
	size_t used = strlen(search->ids);
	uint32_t same;

	/* the kernel keeps the first 15 characters */
	if (!read_info(search->kind, fd, &same, name) ||
	    strncmp(name, search->name, BPF_OBJ_NAME_LEN - 1) != 0) {
		close(fd);
		return;
	}
	search->matches++;
	snprintf(search->ids + used, sizeof(search->ids) - used, "%s%u", used ? ", " : "", id);
	if (search->fd < 0)
		search->fd = fd;
	else
		close(fd);
}

static int open_named(enum ref_kind kind, const char *name, struct err *err)
{
	struct search search = { .kind = kind, .name = name, .fd = -1 };
	uint32_t id = 0;
	int ret;

	for (;;) {
		int fd;

		ret = kind == REF_MAP ? bpf_map_get_next_id(id, &id)
				      : bpf_prog_get_next_id(id, &id);
		if (ret)
			break;
		fd = kind == REF_MAP ? bpf_map_get_fd_by_id(id) : bpf_prog_get_fd_by_id(id);
		if (fd >= 0)
			look_at(&search, id, fd);
	}
	if (ret != -ENOENT) {
		if (search.fd >= 0)
			close(search.fd);
		err_set(err, err_code_of(-ret), -ret, name, "cannot list the %ss: %s",
			kind_name[kind], strerror(-ret));
		return ret == -EPERM
			       ? err_hint(err, "CAP_SYS_ADMIN is needed to open what is named "
					       "by id or by name")
			       : ret;
	}
	if (search.matches == 0)
		return err_set(err, ERR_NOT_FOUND, ENOENT, name, "no %s has that name",
			       kind_name[kind]);
	if (search.matches == 1)
		return search.fd;
	close(search.fd);
	err_set(err, ERR_CONFLICT, ENOTUNIQ, name, "%u %ss have that name: %s", search.matches,
		kind_name[kind], search.ids);
	return err_hint(err, "take one by id:N");
}

int ref_open(enum ref_kind kind, const char *text, struct err *err)
{
	uint64_t id;

	if (strncmp(text, "id:", 3) == 0) {
		if (text_to_u64(text + 3, UINT32_MAX, &id))
			return err_set(err, ERR_USAGE, EINVAL, text, "is not id:N");
		return ref_open_id(kind, (uint32_t)id, err);
	}
	if (strncmp(text, "pin:", 4) == 0 && text[4])
		return open_pin(kind, text + 4, err);
	if (strncmp(text, "name:", 5) == 0 && text[5])
		return open_named(kind, text + 5, err);
	err_set(err, ERR_USAGE, EINVAL, text, "names no %s", kind_name[kind]);
	return err_hint(err, "write id:N, pin:PATH or name:NAME");
}

static int parse_id(enum ref_kind kind, const char *text, void *bytes, struct err *err)
{
	uint64_t id;
	int fd;

	if (strcmp(text, "none") == 0) {
		store_number(bytes, 4, 0);
		return 0;
	}
	/* whether there is one by that id is seen when it is written */
	if (text_to_u64(strncmp(text, "id:", 3) == 0 ? text + 3 : text, UINT32_MAX, &id) == 0) {
		store_number(bytes, 4, id);
		return 0;
	}
	fd = ref_open(kind, text, err);
	if (fd < 0)
		return fd;
	store_number(bytes, 4, ref_id(kind, fd));
	close(fd);
	return 0;
}

static void print_id(const void *bytes, struct buf *out)
{
	uint64_t id = load_unsigned(bytes, 4);

	if (id)
		buf_format(out, "id:%u", (unsigned int)id);
	else
		buf_text(out, "none");
}

void ref_print_prog(const void *bytes, const struct value_env *env, struct buf *out)
{
	(void)env;
	print_id(bytes, out);
}

int ref_parse_prog(const char *text, void *bytes, const struct value_env *env, struct err *err)
{
	(void)env;
	return parse_id(REF_PROG, text, bytes, err);
}

void ref_print_map(const void *bytes, const struct value_env *env, struct buf *out)
{
	(void)env;
	print_id(bytes, out);
}

int ref_parse_map(const char *text, void *bytes, const struct value_env *env, struct err *err)
{
	(void)env;
	return parse_id(REF_MAP, text, bytes, err);
}

/* The process that a pidfd stands for; 0 if it is none. */
static unsigned int pid_of(int fd)
{
	char path[48], line[64];
	unsigned int pid = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "Pid:\t%u", &pid) == 1)
			break;
	}
	if (file)
		fclose(file);
	return pid;
}

/* As it was written, where that can be told: by the path, or by the process. */
void ref_print_fd(const void *bytes, const struct value_env *env, struct buf *out)
{
	int fd = (int)load_signed(bytes, 4);
	char path[48], target[NOTATION_TEXT];
	unsigned int pid;
	ssize_t n;

	(void)env;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = readlink(path, target, sizeof(target));
	pid = n > 0 && target[0] != '/' ? pid_of(fd) : 0;
	if (pid)
		buf_format(out, "pid:%u", pid);
	else if (n > 0 && (size_t)n < sizeof(target) && target[0] == '/')
		buf_add(out, target, (size_t)n);
	else
		buf_format(out, "fd:%d", fd);
}

/* The value takes the descriptor over, which has to live until it is written. */
static int keep(int fd, void *bytes, const struct value_env *env, struct err *err)
{
	int ret;

	if (!env || !env->keep) {
		close(fd);
		return err_set(err, ERR_USAGE, EINVAL, NULL, "can only be used at once");
	}
	ret = env->keep(env->context, fd);
	if (ret)
		return err_set(err, ERR_FAILED, -ret, NULL, "cannot keep it open: %s",
			       strerror(-ret));
	store_number(bytes, 4, (uint32_t)fd);
	return 0;
}

/* "pid:N", and behind it the rest */
static int open_pid(const char *text, uint64_t *rest, struct err *err)
{
	char number[16];
	const char *slash = strchrnul(text, '/');
	size_t length = (size_t)(slash - text);
	uint64_t pid;
	int fd;

	if (strncmp(text, "pid:", 4) != 0 || length - 4 >= sizeof(number) ||
	    (rest ? strncmp(slash, "/fd:", 4) != 0 || text_to_u64(slash + 4, INT32_MAX, rest)
		  : *slash != '\0'))
		return err_set(err, ERR_USAGE, EINVAL, NULL, "\"%.60s\" is not %s", text,
			       rest ? "pid:N/fd:M" : "pid:N");
	snprintf(number, sizeof(number), "%.*s", (int)(length - 4), text + 4);
	if (text_to_u64(number, INT32_MAX, &pid))
		return err_set(err, ERR_USAGE, EINVAL, NULL, "\"%.60s\": no process number", text);
	fd = (int)syscall(SYS_pidfd_open, (int)pid, 0);
	if (fd < 0)
		return err_set(err, errno == ESRCH ? ERR_NOT_FOUND : err_code_of(errno), errno,
			       NULL, "process %llu: %s", (unsigned long long)pid, strerror(errno));
	return fd;
}

int ref_parse_task(const char *text, void *bytes, const struct value_env *env, struct err *err)
{
	int fd = open_pid(text, NULL, err);

	return fd < 0 ? fd : keep(fd, bytes, env, err);
}

int ref_parse_socket(const char *text, void *bytes, const struct value_env *env, struct err *err)
{
	uint64_t number = 0;
	int pid = open_pid(text, &number, err), fd, error;

	if (pid < 0)
		return pid;
	fd = (int)syscall(SYS_pidfd_getfd, pid, (int)number, 0);
	error = errno;
	close(pid);
	if (fd < 0)
		return err_set(err, error == EBADF ? ERR_NOT_FOUND : err_code_of(error), error,
			       NULL, "\"%.60s\": cannot get it: %s", text, strerror(error));
	return keep(fd, bytes, env, err);
}

static int open_path(const char *text, int flags, void *bytes, const struct value_env *env,
		     struct err *err)
{
	int fd = open(text, flags | O_CLOEXEC);

	if (fd < 0)
		return err_set(err, err_code_of(errno), errno, NULL, "%.100s: %s", text,
			       strerror(errno));
	return keep(fd, bytes, env, err);
}

int ref_parse_file(const char *text, void *bytes, const struct value_env *env, struct err *err)
{
	return open_path(text, O_RDONLY | O_NONBLOCK, bytes, env, err);
}

int ref_parse_cgroup(const char *text, void *bytes, const struct value_env *env, struct err *err)
{
	return open_path(text, O_RDONLY | O_DIRECTORY, bytes, env, err);
}

void ref_print_cookie(const void *bytes, const struct value_env *env, struct buf *out)
{
	(void)env;
	buf_format(out, "cookie:%llu", (unsigned long long)load_unsigned(bytes, 8));
}

int ref_parse_socket64(const char *text, void *bytes, const struct value_env *env, struct err *err)
{
	uint32_t fd;
	int ret = ref_parse_socket(text, &fd, env, err);

	if (!ret)
		store_number(bytes, 8, fd);
	return ret;
}
