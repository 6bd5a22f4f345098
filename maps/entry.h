/* SPDX-License-Identifier: GPL-2.0-only */
/* Elements of a map as text and JSON: "KEY = VALUE" (of a queue the value alone) and
 * {"key":...,"value":...}; with a value for each CPU "KEY = [V,V]" and
 * {"key":...,"values":[...],"total":...}. */
#ifndef XDPCTL_ENTRY_H
#define XDPCTL_ENTRY_H

#include "buf.h"
#include "err.h"
#include "map.h"
#include "value.h"

/* Append an element, without a newline. values are map_room() bytes. */
void entry_print(const struct map *map, const void *key, const void *values, enum value_style style,
		 const struct value_env *env, struct buf *out);

/* Append the values alone: one, or as text a list of them. */
void entry_print_values(const struct map *map, const void *values, enum value_style style,
			const struct value_env *env, struct buf *out);

/* Sum of the values of an element, of map->value_size bytes. */
void entry_total(const struct map *map, const void *values, void *total);

/* Read one line in either form, whole. key gets map->key_size bytes, values map_room(); what the
 * line does not say is zero. Errors as of value_parse(), under "key" or "value". */
int entry_parse(const struct map *map, const char *line, size_t length, void *key, void *values,
		const struct value_env *env, struct err *err);

/* Read one value, which counts for every CPU, or a list with one for each. What is not named keeps
 * what values holds. */
int entry_parse_values(const struct map *map, const char *text, size_t length, void *values,
		       const struct value_env *env, struct err *err);

/* Keys that the kernel takes for the same become the same: the bits behind a prefix become zero. */
void entry_normal_key(const struct map *map, void *key);

/* The key alone. */
int entry_parse_key(const struct map *map, const char *text, size_t length, void *key,
		    const struct value_env *env, struct err *err);

/* "key 7" for messages; cut to what err.object takes. */
char *entry_key_text(const struct map *map, const void *key, const struct value_env *env,
		     char out[static 128]);

#endif
