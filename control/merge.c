/* SPDX-License-Identifier: GPL-2.0-only */
#include "merge.h"

#include <errno.h>
#include <stdlib.h>

int merge_add(struct merge *merge, struct feed *feed)
{
	size_t size = (merge->count + 1) * sizeof(*merge->sources);
	struct merge_source *sources = realloc(merge->sources, size);

	if (!sources)
		return -ENOMEM;
	merge->sources = sources;
	sources[merge->count++] = (struct merge_source){ .feed = feed };
	return 0;
}

void merge_free(struct merge *merge)
{
	free(merge->sources);
	*merge = (struct merge){ 0 };
}

static int fill(struct merge_source *source)
{
	int ret;

	if (source->full)
		return 1;
	ret = source->feed->ops->peek(source->feed, &source->packet);
	source->full = ret > 0;
	return ret;
}

/* Find the source with the oldest packet, and how long that stays so. */
static int choose(struct merge *merge, uint64_t before)
{
	uint64_t first = UINT64_MAX, second = before;
	unsigned int best = merge->count;

	for (unsigned int i = 0; i < merge->count; i++) {
		struct merge_source *source = &merge->sources[i];
		uint64_t time;
		int ret = fill(source);

		if (ret < 0)
			return ret;
		if (!ret)
			continue;
		time = source->packet.head.time;
		if (best == merge->count || time < first) {
			if (best != merge->count && first < second)
				second = first;
			first = time;
			best = i;
		} else if (time < second) {
			second = time;
		}
	}
	merge->limit = second;
	if (best == merge->count || first > before)
		return 0;
	merge->current = best;
	return 1;
}

void merge_begin(struct merge *merge)
{
	merge->limit = 0;
}

int merge_next(struct merge *merge, uint64_t before, struct feed_packet *out)
{
	struct merge_source *source;
	int ret = 1;

	if (!merge->count)
		return 0;
	source = &merge->sources[merge->current];
	if (!merge->limit || fill(source) <= 0 || source->packet.head.time > merge->limit)
		ret = choose(merge, before);
	if (ret <= 0)
		return ret;
	source = &merge->sources[merge->current];
	*out = source->packet;
	source->feed->ops->take(source->feed);
	source->full = false;
	return 1;
}

void merge_release(struct merge *merge)
{
	for (unsigned int i = 0; i < merge->count; i++) {
		/* what was only looked at has to be looked at again: its bytes may move */
		merge->sources[i].full = false;
		merge->sources[i].feed->ops->release(merge->sources[i].feed);
	}
}
