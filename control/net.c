/* SPDX-License-Identifier: GPL-2.0-only */
#include "net.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/net_namespace.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "text.h"

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

#define NETNS_DIR "/run/netns" /* where iproute2 keeps named namespaces */

static uint64_t namespace_id(const struct net *net)
{
	uint64_t cookie;
	socklen_t length = sizeof(cookie);
	struct stat st;

	if (getsockopt(mnl_socket_get_fd(net->route.socket), SOL_SOCKET, SO_NETNS_COOKIE, &cookie,
		       &length) == 0)
		return cookie;
	return stat("/proc/thread-self/ns/net", &st) ? 0 : st.st_ino;
}

int net_open(struct net *net, struct err *err)
{
	int ret;

	*net = (struct net){ 0 };
	ret = nl_open(&net->route, NETLINK_ROUTE) ?: nl_open(&net->genl, NETLINK_GENERIC);
	if (ret) {
		net_close(net);
		return err_set(err, err_code_of(-ret), -ret, "netlink", "cannot open a socket: %s",
			       strerror(-ret));
	}
	net->id = namespace_id(net);
	return 0;
}

void net_close(struct net *net)
{
	nl_close(&net->route);
	nl_close(&net->genl);
}

static int namespace_path(const char *spec, char path[static PATH_MAX], struct err *err)
{
	uint64_t pid;

	if (strncmp(spec, "pid:", 4) == 0) {
		if (text_to_u64(spec + 4, INT_MAX, &pid) || pid == 0)
			return err_set(err, ERR_USAGE, EINVAL, spec,
				       "not a process id: use pid:NUMBER");
		snprintf(path, PATH_MAX, "/proc/%d/ns/net", (int)pid);
	} else if (strchr(spec, '/')) {
		snprintf(path, PATH_MAX, "%s", spec);
	} else {
		snprintf(path, PATH_MAX, NETNS_DIR "/%s", spec);
	}
	return 0;
}

int net_enter(const char *spec, struct err *err)
{
	char path[PATH_MAX];
	int fd, ret;

	ret = namespace_path(spec, path, err);
	if (ret)
		return ret;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		ret = errno;
		err_set(err, ret == EACCES ? ERR_PERMISSION : ERR_NOT_FOUND, ret, spec,
			"no such network namespace: %s: %s", path, strerror(ret));
		return err_hint(err,
				"`ip netns list` shows the named ones; pid:N takes a process's");
	}
	ret = setns(fd, CLONE_NEWNET) ? errno : 0;
	close(fd);
	if (ret == EINVAL)
		return err_set(err, ERR_USAGE, ret, spec, "not a network namespace: %s", path);
	if (ret)
		return err_set(err, err_code_of(ret), ret, spec,
			       "cannot enter the network namespace: %s", strerror(ret));
	return 0;
}

static int take_nsid(const struct nlmsghdr *message, void *context)
{
	*(int32_t *)context = nl_s32(nl_find(message, sizeof(struct rtgenmsg), NETNSA_NSID), -1);
	return 0;
}

/* The number that the namespace of the socket has for the namespace behind fd; -1 if none. */
static int32_t nsid_of(struct nl *route, int fd)
{
	char buffer[NL_REQUEST];
	struct nlmsghdr *request = nl_request(buffer, RTM_GETNSID, 0);
	int32_t nsid = -1;

	mnl_nlmsg_put_extra_header(request, sizeof(struct rtgenmsg));
	mnl_attr_put_u32(request, NETNSA_FD, (uint32_t)fd);
	if (nl_talk(route, request, take_nsid, &nsid))
		return -1;
	return nsid;
}

/* Open path if it is the namespace with that number. */
static int open_if_nsid(struct nl *route, const char *path, int32_t nsid)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	if (nsid_of(route, fd) == nsid)
		return fd;
	close(fd);
	return -1;
}

static int search_named(struct nl *route, int32_t nsid)
{
	DIR *dir = opendir(NETNS_DIR);
	struct dirent *entry;
	char path[PATH_MAX];
	int fd = -1;

	while (dir && fd < 0 && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), NETNS_DIR "/%s", entry->d_name);
		fd = open_if_nsid(route, path, nsid);
	}
	if (dir)
		closedir(dir);
	return fd;
}

/* Processes of one namespace mostly follow each other: asking once for each run of equal inodes
 * keeps this to a stat a process. */
static int search_processes(struct nl *route, int32_t nsid)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	char path[PATH_MAX];
	ino_t last = 0;
	int fd = -1;

	while (dir && fd < 0 && (entry = readdir(dir))) {
		struct stat st;

		if (entry->d_name[0] < '0' || entry->d_name[0] > '9')
			continue;
		snprintf(path, sizeof(path), "/proc/%s/ns/net", entry->d_name);
		if (stat(path, &st) || st.st_ino == last)
			continue;
		last = st.st_ino;
		fd = open_if_nsid(route, path, nsid);
	}
	if (dir)
		closedir(dir);
	return fd;
}

/* Sockets keep the namespace they were opened in, so the visit is short. The process has one
 * thread; not coming back would be fatal, so it is. */
static int open_in_namespace(int fd, struct net *there)
{
	int home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC), ret;

	if (home < 0)
		return -errno;
	if (setns(fd, CLONE_NEWNET)) {
		ret = -errno;
		close(home);
		return ret;
	}
	ret = net_open(there, NULL);
	if (setns(home, CLONE_NEWNET))
		abort();
	close(home);
	return ret;
}

int net_open_peer(struct net *here, const struct link *link, struct net *there, struct link *peer)
{
	int fd, ret;

	*there = (struct net){ 0 };
	if (!link->peer)
		return 1;
	if (link->peer_nsid < 0) {
		ret = net_open(there, NULL);
	} else {
		fd = search_named(&here->route, link->peer_nsid);
		if (fd < 0)
			fd = search_processes(&here->route, link->peer_nsid);
		if (fd < 0)
			return 1;
		ret = open_in_namespace(fd, there);
		close(fd);
	}
	if (!ret && link_by_index(&there->route, link->peer, peer, NULL) == 0)
		return 0;
	net_close(there);
	return 1;
}
