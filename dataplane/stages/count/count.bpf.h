/* SPDX-License-Identifier: GPL-2.0-only */
#ifdef PIPELINE_HW

/* A device has no room for a breakdown, and its configuration is not known to the verifier, so that
 * the code for it would stay. */
static __always_inline __u32 stage_count(struct packet *p)
{
	(void)p;
	return OUTCOME_NEXT;
}

#else

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 1); /* set from the configuration */
	__type(key, struct count_key);
	__type(value, struct counter);
} count SEC(".maps");

static __always_inline void count_fill_src(const struct packet *p, struct count_key *key)
{
	if (p->ip4) {
		key->src.octet[10] = key->src.octet[11] = 0xff;
		__builtin_memcpy(&key->src.octet[12], &p->ip4->saddr, 4);
	} else if (p->ip6) {
		__builtin_memcpy(&key->src, &p->ip6->saddr, 16);
	}
}

static __always_inline void count_fill_port(const struct packet *p, struct count_key *key)
{
	const struct ports *ports = p->l4;

	if (ports && packet_has_ports(p) && (void *)(ports + 1) <= p->end)
		key->port = ports->dest;
}

/* The element of the key; a new one if there is room, else the one for all the rest. */
static __always_inline struct counter *count_element(struct count_key *key)
{
	struct counter *element = bpf_map_lookup_elem(&count, key);
	struct counter zero = {};
	struct count_key other = { .other = 1 };

	if (element)
		return element;
	bpf_map_update_elem(&count, key, &zero, BPF_NOEXIST);
	element = bpf_map_lookup_elem(&count, key);
	return element ? element : bpf_map_lookup_elem(&count, &other);
}

static __always_inline __u32 stage_count(struct packet *p)
{
	struct count_key key = {};
	struct counter *element;
	__u32 by = p->cfg->count.by;

	if (by == COUNT_BY_NOTHING)
		return OUTCOME_NEXT;
	key.ethertype = p->ethertype;
	if (by == COUNT_BY_SRC)
		count_fill_src(p, &key);
	else
		key.proto = p->proto;
	if (by == COUNT_BY_PORT)
		count_fill_port(p, &key);
	element = count_element(&key);
	if (element)
		counter_add(element, p->length);
	return OUTCOME_NEXT;
}

#endif
