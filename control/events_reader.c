/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel keeps no list of readers and refuses to look into a perf_event_array, so this looks at
 * what processes have open, as every library that reads such maps does it. */
#include "events.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct holds {
	bool map, perf_event;
};

/* "map_id:\t12" in the descriptor's fdinfo */
static bool is_map(int process, const char *fd, uint32_t id)
{
	char path[300], text[1024];
	const char *line;
	ssize_t length;
	int info;

	snprintf(path, sizeof(path), "fdinfo/%s", fd);
	info = openat(process, path, O_RDONLY | O_CLOEXEC);
	if (info < 0)
		return false;
	length = read(info, text, sizeof(text) - 1);
	close(info);
	text[length > 0 ? length : 0] = '\0';
	line = strstr(text, "\nmap_id:");
	return line && strtoul(line + strlen("\nmap_id:"), NULL, 10) == id;
}

static struct holds look_at_files(int process, uint32_t id)
{
	int dir_fd = openat(process, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = dir_fd < 0 ? NULL : fdopendir(dir_fd);
	struct holds holds = { 0 };
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		char link[64];
		ssize_t n = readlinkat(dir_fd, entry->d_name, link, sizeof(link) - 1);

		link[n > 0 ? n : 0] = '\0';
		if (strcmp(link, "anon_inode:[perf_event]") == 0)
			holds.perf_event = true;
		else if (strcmp(link, "anon_inode:bpf-map") == 0 && !holds.map)
			holds.map = is_map(process, entry->d_name, id);
	}
	if (dir)
		closedir(dir);
	else if (dir_fd >= 0)
		close(dir_fd);
	return holds;
}

/* A reader of a ring buffer maps the writer's position and twice the data, for reading, from the
 * second page on (Documentation/bpf/ringbuf.rst). */
static bool maps_ring(int process, uint64_t size)
{
	int fd = openat(process, "maps", O_RDONLY | O_CLOEXEC);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), from, to, offset;
	bool found = false;
	char line[512];

	while (file && !found && fgets(line, sizeof(line), file))
		found = strstr(line, "anon_inode:bpf-map") &&
			sscanf(line, "%" SCNx64 "-%" SCNx64 " r--s %" SCNx64, &from, &to,
			       &offset) == 3 &&
			offset == page && to - from == page + 2 * size;
	if (file)
		fclose(file);
	else if (fd >= 0)
		close(fd);
	return found;
}

static bool reads(int process, const struct bpf_map_info *info)
{
	struct holds holds = look_at_files(process, info->id);

	if (!holds.map)
		return false;
	if (info->type == BPF_MAP_TYPE_PERF_EVENT_ARRAY)
		return holds.perf_event;
	return info->type == BPF_MAP_TYPE_RINGBUF && maps_ring(process, info->max_entries);
}

static void read_comm(int process, char comm[static EVENTS_COMM])
{
	int fd = openat(process, "comm", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, comm, EVENTS_COMM - 1);

	comm[n > 0 ? n : 0] = '\0';
	comm[strcspn(comm, "\n")] = '\0';
	if (fd >= 0)
		close(fd);
}

pid_t events_reader(const struct bpf_map_info *info, char comm[static EVENTS_COMM])
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	pid_t pid = 0;

	while (proc && !pid && (entry = readdir(proc))) {
		int process;

		if (!isdigit((unsigned char)entry->d_name[0]) || atoi(entry->d_name) == getpid())
			continue;
		process = openat(dirfd(proc), entry->d_name, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (process < 0)
			continue;
		if (reads(process, info)) {
			pid = atoi(entry->d_name);
			read_comm(process, comm);
		}
		close(process);
	}
	if (proc)
		closedir(proc);
	return pid;
}
