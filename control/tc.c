/* SPDX-License-Identifier: GPL-2.0-only */
#include "tc.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tc_clsact.h"
#include "tc_wire.h"

#ifndef BPF_F_BEFORE
#define BPF_F_BEFORE (1U << 3) /* without a program to be before: before all */
#endif

#define TCX_PROGRAMS 64 /* on one hook, at most: include/linux/bpf_mprog.h BPF_MPROG_MAX */

/* linux/bpf.h has BPF_TCX_INGRESS and BPF_TCX_EGRESS since Linux 6.6 */
static const enum bpf_attach_type tcx_type[] = { [TC_INGRESS] = 46, [TC_EGRESS] = 47 };

const char *tc_hook_name(enum tc_hook hook)
{
	static const char *const names[] = {
		[TC_INGRESS] = "tc-ingress",
		[TC_EGRESS] = "tc-egress",
	};

	return hook < TC_HOOKS ? names[hook] : NULL;
}

static bool is_ours(const char *name)
{
	return strncmp(name, TC_NAME_PREFIX, strlen(TC_NAME_PREFIX)) == 0;
}

/* ---- TCX */

/* A kernel without it says EINVAL: the number of the hook is unknown to it, or (6.6 without
 * CONFIG_NET_XGRESS) the function is a stub. */
static bool means_no_tcx(int ret)
{
	return ret == -EINVAL || ret == -EOPNOTSUPP;
}

static int attach_tcx(const struct link *link, const struct tc_program *program, struct tc_tap *tap,
		      struct err *err)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts,
		    .flags = program->hook == TC_INGRESS ? BPF_F_BEFORE : 0);
	int fd = bpf_link_create(program->fd, (int)link->ifindex, tcx_type[program->hook], &opts);

	if (fd >= 0) {
		tap->kind = TC_TCX;
		tap->link_fd = fd;
		return 0;
	}
	if (means_no_tcx(fd))
		return fd;
	if (fd == -ENODEV)
		return err_set(err, ERR_NOT_FOUND, ENODEV, link->name, "the interface is gone");
	if (fd == -ERANGE)
		return err_set(err, ERR_CONFLICT, ERANGE, link->name,
			       "%s has as many programs as the kernel takes",
			       tc_hook_name(program->hook));
	return err_set(err, err_code_of(-fd), -fd, link->name,
		       "cannot attach the program to %s: %s", tc_hook_name(program->hook),
		       strerror(-fd));
}

/* Detached explicitly: a process that we forked may have the descriptor too. */
static void detach_tcx(struct tc_tap *tap)
{
	bpf_link_detach(tap->link_fd);
	close(tap->link_fd);
}

/* ---- attach and detach */

static int check_program(const struct tc_program *program, const struct link *link,
			 uint32_t *prog_id, struct err *err)
{
	struct bpf_prog_info info = { 0 };
	__u32 length = sizeof(info);
	int ret = bpf_obj_get_info_by_fd(program->fd, &info, &length);

	if (ret)
		return err_set(err, err_code_of(-ret), -ret, link->name,
			       "cannot read the program to attach: %s", strerror(-ret));
	if (info.type != BPF_PROG_TYPE_SCHED_CLS)
		return err_set(err, ERR_FAILED, EINVAL, link->name,
			       "program %u is not one for traffic control", info.id);
	if (!is_ours(program->name) || strlen(program->name) >= TC_NAME)
		return err_set(err, ERR_FAILED, EINVAL, link->name,
			       "\"%s\": a filter of that name would not be found again",
			       program->name);
	*prog_id = info.id;
	return 0;
}

int tc_attach(struct net *net, const struct link *link, const struct tc_program *program,
	      struct tc_tap *out, struct err *err)
{
	struct tc_tap tap = { .at = { .ifindex = link->ifindex, .hook = program->hook } };
	int ret;

	*out = (struct tc_tap){ 0 };
	ret = check_program(program, link, &tap.at.prog_id, err);
	if (ret)
		return ret;
	ret = program->force_clsact ? -EOPNOTSUPP : attach_tcx(link, program, &tap, err);
	if (means_no_tcx(ret))
		ret = clsact_attach(&net->route, link, program, &tap, err);
	if (!ret)
		*out = tap;
	return ret;
}

int tc_detach(struct net *net, struct tc_tap *tap, struct err *err)
{
	int ret;

	if (tap->kind == TC_TCX)
		detach_tcx(tap);
	if (tap->kind == TC_CLSACT) {
		ret = clsact_detach(&net->route, tap, err);
		if (ret)
			return ret;
	}
	*tap = (struct tc_tap){ 0 };
	return 0;
}

/* ---- what is there */

struct entry_array {
	struct tc_entry *entry;
	unsigned int count;
};

static int add_entry(struct entry_array *array, enum tc_kind kind, const struct tc_place *at,
		     const char *name)
{
	struct tc_entry *grown = realloc(array->entry, (array->count + 1) * sizeof(*array->entry));

	if (!grown)
		return -ENOMEM;
	array->entry = grown;
	grown[array->count] = (struct tc_entry){ .kind = kind, .at = *at };
	snprintf(grown[array->count++].name, TC_NAME, "%s", name);
	return 0;
}

/* 1 if the program is called ours, 0 if not or if it is gone by now, or -errno. */
static int program_name(uint32_t id, char out[static TC_NAME])
{
	struct bpf_prog_info info = { 0 };
	__u32 length = sizeof(info);
	int fd = bpf_prog_get_fd_by_id(id), ret;

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	ret = bpf_obj_get_info_by_fd(fd, &info, &length);
	close(fd);
	snprintf(out, TC_NAME, "%.*s", (int)sizeof(info.name), info.name);
	return ret ?: is_ours(out);
}

static int list_tcx(const struct link *link, enum tc_hook hook, struct entry_array *array)
{
	struct tc_place at = { .ifindex = link->ifindex, .hook = hook };
	__u32 ids[TCX_PROGRAMS], count = TCX_PROGRAMS;
	char name[TC_NAME];
	int ret = bpf_prog_query((int)link->ifindex, tcx_type[hook], 0, NULL, ids, &count);

	if (means_no_tcx(ret) || ret == -ENODEV)
		return 0;
	for (__u32 i = 0; !ret && i < count; i++) {
		at.prog_id = ids[i];
		ret = program_name(ids[i], name);
		if (ret > 0)
			ret = add_entry(array, TC_TCX, &at, name);
	}
	return ret;
}

static int list_clsact(struct nl *route, const struct link *link, enum tc_hook hook,
		       struct entry_array *array)
{
	struct tc_filter *filters;
	unsigned int count;
	int ret = tc_filters(route, link->ifindex, hook, &filters, &count);

	for (unsigned int i = 0; !ret && i < count; i++) {
		if (filters[i].at.handle && !filters[i].chain && is_ours(filters[i].name))
			ret = add_entry(array, TC_CLSACT, &filters[i].at, filters[i].name);
	}
	free(filters);
	return ret;
}

int tc_list(struct net *net, const struct link *link, struct tc_entry **out, unsigned int *count,
	    struct err *err)
{
	struct entry_array array = { 0 };
	char kind[TC_QDISC_KIND];
	int ret = tc_qdisc_kind(&net->route, link->ifindex, kind);

	*out = NULL;
	*count = 0;
	for (enum tc_hook hook = TC_INGRESS; !ret && hook < TC_HOOKS; hook++) {
		/* the qdisc ingress shows the filters of its hook for the other one too */
		bool filters = kind[0] && (hook == TC_INGRESS || strcmp(kind, "ingress") != 0);

		ret = list_tcx(link, hook, &array);
		if (!ret && filters)
			ret = list_clsact(&net->route, link, hook, &array);
	}
	if (ret) {
		free(array.entry);
		return err_set(err, err_code_of(-ret), -ret, link->name,
			       "cannot read what is on its hooks of traffic control: %s",
			       strerror(-ret));
	}
	*out = array.entry;
	*count = array.count;
	return 0;
}

int tc_remove_stale(struct net *net, const struct tc_entry *entry, struct err *err)
{
	char object[16];

	if (entry->kind == TC_CLSACT)
		return clsact_remove(&net->route, &entry->at, err);
	snprintf(object, sizeof(object), "#%u", entry->at.ifindex);
	return err_set(err, ERR_CONFLICT, EBUSY, object,
		       "program %u on %s goes with the process that holds it, or with its pin",
		       entry->at.prog_id, tc_hook_name(entry->at.hook));
}
