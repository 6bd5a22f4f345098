/* SPDX-License-Identifier: GPL-2.0-only */
#include "tap_load.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "filter_patch.h"
#include "load.h"
#include "percpu.h"
#include "tap_tc.skel.h"
#include "tap_xdp.skel.h"

#ifndef BPF_F_XDP_HAS_FRAGS
#define BPF_F_XDP_HAS_FRAGS (1U << 5)
#endif

#define RING_LEAST (256u << 10)
#define RING_MOST  (256u << 20)

/* ---- rings */

static unsigned int power_of_two(uint64_t most)
{
	unsigned int n = 1;

	while (n <= most / 2 && n < 1u << 31)
		n *= 2;
	return n;
}

static unsigned int rings_for(unsigned int cpus)
{
	unsigned int n = power_of_two(cpus);

	n = n < cpus ? n * 2 : n;
	return n < TAP_RINGS ? n : TAP_RINGS;
}

static int fill_array(struct tap_rings *rings)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .inner_map_fd = (__u32)ringfeed_fd(rings->ring[0]));
	int ret = 0;

	rings->map = bpf_map_create(BPF_MAP_TYPE_ARRAY_OF_MAPS, "tap_rings", sizeof(__u32),
				    sizeof(__u32), rings->count, &opts);
	if (rings->map < 0)
		return rings->map;
	for (__u32 i = 0; i < rings->count && !ret; i++) {
		int fd = ringfeed_fd(rings->ring[i]);

		ret = bpf_map_update_elem(rings->map, &i, &fd, BPF_ANY);
	}
	return ret;
}

int tap_rings_open(uint64_t memory, struct tap_rings *out, struct err *err)
{
	unsigned int wanted = rings_for(percpu_cpus()), bytes;
	int ret;

	*out = (struct tap_rings){ .map = -1 };
	while (wanted > 1 && memory / wanted < RING_LEAST)
		wanted /= 2;
	bytes = power_of_two(memory / wanted);
	bytes = bytes < RING_LEAST ? RING_LEAST : bytes > RING_MOST ? RING_MOST : bytes;
	for (unsigned int i = 0; i < wanted; i++) {
		ret = ringfeed_open(bytes, &out->ring[i], err);
		if (ret)
			goto fail;
		out->count++;
	}
	ret = fill_array(out);
	if (!ret)
		return 0;
	err_set(err, ERR_FAILED, -ret, "capture", "cannot put ring buffers into an array: %s",
		strerror(-ret));
fail:
	tap_rings_close(out);
	return ret;
}

void tap_rings_close(struct tap_rings *rings)
{
	for (unsigned int i = 0; i < rings->count; i++)
		ringfeed_close(rings->ring[i]);
	if (rings->count && rings->map >= 0)
		close(rings->map);
	*rings = (struct tap_rings){ .map = -1 };
}

/* ---- programs */

static int failed(int ret, const char *what, struct err *err)
{
	if (ret == -EPERM || ret == -EACCES) {
		err_set(err, ERR_PERMISSION, -ret, "capture",
			"the kernel refused to load its program: %s", strerror(-ret));
		return err_hint(err, "CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON are needed");
	}
	err_set(err, ERR_UNSUPPORTED, -ret, "capture",
		"the kernel refused to load its program for %s: %s", what, strerror(-ret));
	return err_hint(err, "-v shows the kernel's log");
}

/* Every object has a map of that name that is not its own. */
static int reuse(struct bpf_object *object, const char *name, int fd)
{
	return bpf_map__reuse_fd(bpf_object__find_map_by_name(object, name), fd);
}

static int keep(struct tap_program *out, struct bpf_program *program, struct bpf_map *counts)
{
	out->fd = fcntl(bpf_program__fd(program), F_DUPFD_CLOEXEC, 3);
	out->counts = fcntl(bpf_map__fd(counts), F_DUPFD_CLOEXEC, 3);
	return out->fd < 0 || out->counts < 0 ? -errno : 0;
}

static void complete(struct tap_cfg *cfg, const struct filter *filter,
		     const struct tap_rings *rings)
{
	cfg->magic = TAP_MAGIC;
	cfg->rings = rings->count;
	cfg->filter = filter->count != 0;
	cfg->load_bytes = kernel_has_frags(); /* both came with 5.18 */
}

static int load_xdp(const struct tap_site *site, const struct tap_cfg *cfg,
		    const struct tap_rings *rings, unsigned int queues, struct tap_program *out)
{
	struct tap_xdp *skeleton = tap_xdp__open();
	int ret;

	if (!skeleton)
		return -errno;
	memcpy((void *)(uintptr_t)&skeleton->rodata->tap, cfg, sizeof(*cfg));
	ret = reuse(skeleton->obj, "tap_rings", rings->map);
	ret = ret ?: reuse(skeleton->obj, "taps", site->taps);
	ret = ret ?: reuse(skeleton->obj, "tap_scratch", site->scratch);
	ret = ret ?: bpf_map__set_autocreate(skeleton->maps.tap_xsks, cfg->xsk);
	if (!ret && cfg->xsk)
		ret = bpf_map__set_max_entries(skeleton->maps.tap_xsks, queues);
	if (!ret && cfg->frags)
		ret = bpf_program__set_flags(skeleton->progs.xdpctl_tap, BPF_F_XDP_HAS_FRAGS);
	ret = ret ?: tap_xdp__load(skeleton);
	ret = ret ?: keep(out, skeleton->progs.xdpctl_tap, skeleton->maps.tap_counts);
	if (!ret && cfg->xsk)
		out->xsks = fcntl(bpf_map__fd(skeleton->maps.tap_xsks), F_DUPFD_CLOEXEC, 3);
	tap_xdp__destroy(skeleton);
	return ret;
}

static int load_tc(const struct tap_cfg *cfg, const struct tap_rings *rings,
		   struct tap_program *out)
{
	struct tap_tc *skeleton = tap_tc__open();
	int ret;

	if (!skeleton)
		return -errno;
	memcpy((void *)(uintptr_t)&skeleton->rodata->tap, cfg, sizeof(*cfg));
	ret = reuse(skeleton->obj, "tap_rings", rings->map);
	ret = ret ?: tap_tc__load(skeleton);
	ret = ret ?: keep(out, skeleton->progs.xdpctl_tap_tc, skeleton->maps.tap_counts);
	ret = ret ?: bpf_prog_bind_map(out->fd, bpf_map__fd(skeleton->maps.tap_beat), NULL);
	if (!ret)
		out->beat = fcntl(bpf_map__fd(skeleton->maps.tap_beat), F_DUPFD_CLOEXEC, 3);
	tap_tc__destroy(skeleton);
	return ret;
}

static int begin(struct filter_patch *patch, const char *section, const struct filter *filter,
		 enum filter_reach reach, struct err *err)
{
	return filter->count ? filter_patch_begin(patch, section, filter, reach, err) : 0;
}

static void end(struct filter_patch *patch, const struct filter *filter)
{
	if (filter->count)
		filter_patch_end(patch);
}

int tap_load_xdp(const struct tap_site *site, struct tap_cfg *cfg, const struct filter *filter,
		 const struct tap_rings *rings, unsigned int queues, struct tap_program *out,
		 struct err *err)
{
	struct filter_patch patch;
	int ret;

	*out = (struct tap_program){ -1, -1, -1, -1 };
	complete(cfg, filter, rings);
	cfg->place = (__u8)site->place;
	cfg->frags = site->frags;
	ret = begin(&patch, "xdp", filter, cfg->frags ? FILTER_XDP : FILTER_LINEAR, err);
	if (ret)
		return ret;
	ret = load_xdp(site, cfg, rings, queues, out);
	end(&patch, filter);
	if (!ret)
		return 0;
	tap_program_close(out);
	return failed(ret, "XDP", err);
}

int tap_load_tc(struct tap_cfg *cfg, const struct filter *filter, const struct tap_rings *rings,
		struct tap_program *out, struct err *err)
{
	struct filter_patch patch;
	int ret;

	*out = (struct tap_program){ -1, -1, -1, -1 };
	complete(cfg, filter, rings);
	ret = begin(&patch, "tc", filter, FILTER_SKB, err);
	if (ret)
		return ret;
	ret = load_tc(cfg, rings, out);
	end(&patch, filter);
	if (!ret)
		return 0;
	tap_program_close(out);
	return failed(ret, "TC", err);
}

void tap_program_close(struct tap_program *program)
{
	int *fds[] = { &program->fd, &program->counts, &program->xsks, &program->beat };

	for (size_t i = 0; i < sizeof(fds) / sizeof(*fds); i++) {
		if (*fds[i] > 0)
			close(*fds[i]);
		*fds[i] = -1;
	}
}

void tap_tc_beat(const struct tap_program *program)
{
	uint64_t now = tap_now();
	__u32 key = 0;

	if (program->beat > 0)
		bpf_map_update_elem(program->beat, &key, &now, BPF_ANY);
}

int tap_sum(int counts, struct tap_counts *out)
{
	unsigned int cpus = percpu_cpus();
	struct tap_counts *each = calloc(cpus ? cpus : 1, sizeof(*each));
	__u32 key = 0;
	int ret = each && cpus ? bpf_map_lookup_elem(counts, &key, each) : -ENOMEM;

	*out = (struct tap_counts){ 0 };
	for (unsigned int i = 0; i < cpus && !ret; i++) {
		out->seen += each[i].seen;
		out->matched += each[i].matched;
		out->full += each[i].full;
		out->uncopied += each[i].uncopied;
		out->xsk += each[i].xsk;
	}
	free(each);
	return ret;
}
