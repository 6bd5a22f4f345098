/* SPDX-License-Identifier: GPL-2.0-only */
#include "mapref.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "link.h"
#include "ref.h"

#define NAMES 64 /* interfaces whose names are remembered, by ifindex */

struct mapenv {
	struct value_env env;
	struct net *net;
	struct {
		ifindex_t ifindex;
		bool known;
		char name[NOTATION_TEXT];
	} name[NAMES];
	unsigned int fds;
	int *fd;
};

/* The ids of a program's maps, appended to *ids. */
static int add_maps(uint32_t prog, uint32_t **ids, unsigned int *count)
{
	struct bpf_prog_info info = { 0 };
	__u32 length = sizeof(info), n;
	int fd = bpf_prog_get_fd_by_id(prog), ret;
	uint32_t *all;

	if (fd < 0)
		return fd;
	ret = bpf_obj_get_info_by_fd(fd, &info, &length) ? -errno : 0;
	n = info.nr_map_ids;
	all = ret ? NULL : realloc(*ids, (*count + n + 1) * sizeof(**ids));
	if (!ret && !all)
		ret = -ENOMEM;
	if (!ret) {
		*ids = all;
		info = (struct bpf_prog_info){ .nr_map_ids = n,
					       .map_ids = (uintptr_t)(all + *count) };
		length = sizeof(info);
		ret = bpf_obj_get_info_by_fd(fd, &info, &length) ? -errno : 0;
		*count += ret ? 0 : info.nr_map_ids < n ? info.nr_map_ids : n;
	}
	close(fd);
	return ret;
}

int mapref_list(struct net *net, const char *ifname, uint32_t **ids, unsigned int *count,
		struct err *err)
{
	struct link link;
	unsigned int programs = 0;
	int ret = link_by_name(&net->route, ifname, &link, err);

	*ids = NULL;
	*count = 0;
	if (ret && strchr(ifname, ':'))
		return err_hint(err, "`xdpctl map show %s` shows one map", ifname);
	if (ret)
		return ret;
	for (unsigned int mode = 0; mode < XDP_MODES && !ret; mode++) {
		if (!link.xdp[mode])
			continue;
		programs++;
		ret = add_maps(link.xdp[mode], ids, count);
	}
	if (!ret && programs)
		return 0;
	free(*ids);
	*ids = NULL;
	if (ret)
		return err_set(err, err_code_of(-ret), -ret, ifname,
			       "cannot read the maps of its program: %s", strerror(-ret));
	err_set(err, ERR_NOT_FOUND, ENOENT, ifname, "no program is attached");
	return err_hint(err, "`xdpctl map list` lists all maps");
}

/* The kernel keeps the first 15 characters of a name. */
static bool same_name(const char *kernels, const char *asked)
{
	return strncmp(kernels, asked, BPF_OBJ_NAME_LEN - 1) == 0;
}

/* A section of global data is called after its object: ".bss" finds "pipelin.bss". */
static bool is_section(const char *kernels, const char *asked)
{
	const char *dot = strchr(kernels, '.');

	return asked[0] == '.' && dot && strcmp(dot, asked) == 0;
}

static int open_of_iface(struct net *net, const char *ref, const char *slash, struct err *err)
{
	char ifname[LINK_NAME], list[256] = "";
	unsigned int count;
	uint32_t *ids;
	int ret, found = -1;

	snprintf(ifname, sizeof(ifname), "%.*s", (int)(slash - ref), ref);
	ret = mapref_list(net, ifname, &ids, &count, err);
	if (ret)
		return ret;
	for (unsigned int i = 0; i < count && found < 0; i++) {
		struct bpf_map_info info = { 0 };
		__u32 length = sizeof(info);
		int fd = bpf_map_get_fd_by_id(ids[i]);
		size_t used = strlen(list);

		if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &length)) {
			if (fd >= 0)
				close(fd);
			continue;
		}
		if (same_name(info.name, slash + 1) || is_section(info.name, slash + 1)) {
			found = fd;
			continue;
		}
		snprintf(list + used, sizeof(list) - used, "%s%s", used ? ", " : "", info.name);
		close(fd);
	}
	free(ids);
	if (found >= 0)
		return found;
	err_set(err, ERR_NOT_FOUND, ENOENT, ref, "the program there has no map of that name");
	return err_hint(err, "its maps: %s", list[0] ? list : "none");
}

int mapref_open(struct net *net, const char *ref, struct err *err)
{
	const char *slash = strrchr(ref, '/');

	if (strncmp(ref, "id:", 3) == 0 || strncmp(ref, "pin:", 4) == 0 ||
	    strncmp(ref, "name:", 5) == 0)
		return ref_open(REF_MAP, ref, err);
	if (ref[0] == '/' || ref[0] == '.') {
		err_set(err, ERR_USAGE, EINVAL, ref, "names no map");
		return err_hint(err, "a pinned map is pin:%s", ref);
	}
	if (slash && slash != ref && slash[1] && slash - ref < LINK_NAME)
		return open_of_iface(net, ref, slash, err);
	err_set(err, ERR_USAGE, EINVAL, ref, "names no map");
	return err_hint(err, "write IFACE/NAME, id:N, pin:PATH or name:NAME; "
			     "`xdpctl map list` lists them");
}

static int ifindex_of(void *context, const char *name, ifindex_t *out, struct err *err)
{
	struct mapenv *env = context;
	struct link link;
	int ret = link_by_name(&env->net->route, name, &link, err);

	if (!ret)
		*out = link.ifindex;
	return ret;
}

static bool ifname_of(void *context, ifindex_t ifindex, char out[static NOTATION_TEXT])
{
	struct mapenv *env = context;
	unsigned int at = ifindex % NAMES;
	struct link link;

	if (env->name[at].ifindex != ifindex) {
		env->name[at].ifindex = ifindex;
		env->name[at].known = link_by_index(&env->net->route, ifindex, &link, NULL) == 0;
		if (env->name[at].known)
			memcpy(env->name[at].name, link.name, sizeof(env->name[at].name));
	}
	if (env->name[at].known)
		memcpy(out, env->name[at].name, NOTATION_TEXT);
	return env->name[at].known;
}

static int keep(void *context, int fd)
{
	struct mapenv *env = context;
	int *fds = realloc(env->fd, (env->fds + 1) * sizeof(*fds));

	if (!fds) {
		close(fd);
		return -ENOMEM;
	}
	env->fd = fds;
	env->fd[env->fds++] = fd;
	return 0;
}

struct mapenv *mapenv_new(struct net *net)
{
	struct mapenv *env = calloc(1, sizeof(*env));

	if (env) {
		env->net = net;
		env->env = (struct value_env){ .context = env,
					       .ifindex_of = ifindex_of,
					       .ifname_of = ifname_of,
					       .keep = keep };
	}
	return env;
}

const struct value_env *mapenv_of(const struct mapenv *env)
{
	return &env->env;
}

void mapenv_free(struct mapenv *env)
{
	if (!env)
		return;
	while (env->fds)
		close(env->fd[--env->fds]);
	free(env->fd);
	free(env);
}
