/* SPDX-License-Identifier: GPL-2.0-only */
#include "cpulist.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define NUMBER_MAX 99999999u

bool cpulist_has(const struct cpulist *list, unsigned int cpu)
{
	return cpu < CPULIST_CPUS && list->bits[cpu / 64] >> cpu % 64 & 1;
}

void cpulist_put(struct cpulist *list, unsigned int cpu)
{
	if (cpu < CPULIST_CPUS)
		list->bits[cpu / 64] |= 1ULL << cpu % 64;
}

unsigned int cpulist_next(const struct cpulist *list, unsigned int cpu)
{
	while (cpu < CPULIST_CPUS && !cpulist_has(list, cpu))
		cpu++;
	return cpu;
}

unsigned int cpulist_count(const struct cpulist *list)
{
	unsigned int n = 0;

	for (size_t i = 0; i < CPULIST_CPUS / 64; i++)
		n += (unsigned int)__builtin_popcountll(list->bits[i]);
	return n;
}

/* Decimal digits alone; one that is too long for a number is as good as the largest one. */
static bool take_number(const char **text, unsigned int *out)
{
	unsigned int value = 0;

	if (!isdigit((unsigned char)**text))
		return false;
	for (; isdigit((unsigned char)**text); (*text)++)
		value = value > NUMBER_MAX / 10 ? NUMBER_MAX
						: value * 10 + (unsigned int)(**text - '0');
	*out = value;
	return true;
}

static int add_range(struct cpulist *list, unsigned int first, unsigned int last, unsigned int *at)
{
	for (*at = first; *at <= last; (*at)++) {
		if (*at >= CPULIST_CPUS)
			return -ERANGE;
		if (cpulist_has(list, *at))
			return -EEXIST;
		cpulist_put(list, *at);
	}
	return 0;
}

int cpulist_add(struct cpulist *list, const char *text, unsigned int *at)
{
	unsigned int first, last;
	int ret;

	for (;; text++) {
		if (!take_number(&text, &first))
			return -EINVAL;
		last = first;
		if (*text == '-') {
			text++;
			if (!take_number(&text, &last))
				return -EINVAL;
		}
		if (last < first || (*text && *text != ','))
			return -EINVAL;
		ret = add_range(list, first, last, at);
		if (ret || !*text)
			return ret;
	}
}

char *cpulist_text(const struct cpulist *list, unsigned int *from, char *out, size_t size)
{
	size_t used = 0;

	out[0] = '\0';
	for (;;) {
		unsigned int first = cpulist_next(list, *from), last = first;
		char range[32];
		int length;

		if (first == CPULIST_CPUS)
			return out;
		while (cpulist_has(list, last + 1))
			last++;
		if (last == first + 1)
			last = first;
		length = last == first ? snprintf(range, sizeof(range), "%u", first)
				       : snprintf(range, sizeof(range), "%u-%u", first, last);
		if (used + (used != 0) + (size_t)length >= size)
			return out;
		used += (size_t)snprintf(out + used, size - used, "%s%s", used ? "," : "", range);
		*from = last + 1;
	}
}

int cpulist_read(const char *path, struct cpulist *out)
{
	char line[4096];
	unsigned int at;
	FILE *file = fopen(path, "re");
	bool got;

	*out = (struct cpulist){ 0 };
	if (!file)
		return -errno;
	got = fgets(line, sizeof(line), file);
	fclose(file);
	if (!got)
		return -EIO;
	line[strcspn(line, "\n")] = '\0';
	return cpulist_add(out, line, &at);
}
