// SPDX-License-Identifier: GPL-2.0-only
/* Maps of other people with BTF, one of each kind, for the tests of `xdpctl map`. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

typedef __be32 ip4_be;

enum colour { RED, GREEN = 5, BLUE };

struct flow {
	ip4_be src;
	__be16 dport;
	__u8 proto;
	__u8 pad;
};

struct entry {
	__u64 packets;
	__u32 limit;
	__u8 flag;
	__s8 sign;
	__u16 low : 4, high : 12;
	enum colour colour;
	char name[8];
	struct {
		__u16 a;
		__u16 b[2];
	} nested;
	__u16 rest;
};

struct pair {
	__u32 a;
	__u32 b;
};

struct mac_key {
	__u32 prefixlen;
	__u8 mac[6];
	__u16 pad;
};

struct slot {
	__u32 dev;
	__u32 slot;
};

struct lpm4 {
	__u32 prefixlen;
	__u32 addr;
};

struct lpm6 {
	__u32 prefixlen;
	__u8 addr[16];
};

#define TABLE(map, kind, key_type, value_type, size, more) \
	struct {                                           \
		__uint(type, BPF_MAP_TYPE_##kind);         \
		__uint(max_entries, size);                 \
		__uint(map_flags, more);                   \
		__type(key, key_type);                     \
		__type(value, value_type);                 \
	} map SEC(".maps")

TABLE(t_hash, HASH, struct flow, struct entry, 4, 0);
TABLE(t_lazy, HASH, __u32, struct entry, 4, BPF_F_NO_PREALLOC);
TABLE(t_array, ARRAY, __u32, struct entry, 4, 0);
TABLE(t_percpu, PERCPU_HASH, __u32, struct entry, 4, 0);
TABLE(t_cpus, PERCPU_ARRAY, __u32, __u32, 4, 0);
TABLE(t_lru, LRU_HASH, __u64, __u64, 64, 0);
TABLE(t_count, HASH, __u64, __u64, 1100, 0);
TABLE(t_lrucpu, LRU_PERCPU_HASH, __u64, __s64, 64, 0);
TABLE(t_lpm4, LPM_TRIE, struct lpm4, struct entry, 4, BPF_F_NO_PREALLOC);
TABLE(t_lpm6, LPM_TRIE, struct lpm6, __u32, 4, BPF_F_NO_PREALLOC);
TABLE(t_lpmmac, LPM_TRIE, struct mac_key, __u32, 4, BPF_F_NO_PREALLOC);
TABLE(t_log2, HASH, struct slot, __u64, 256, 0);
TABLE(t_linear, PERCPU_ARRAY, __u32, __u64, 16, 0);
TABLE(t_bytes, HASH, __u8, __u8, 256, 0);
TABLE(t_big, HASH, __u32, struct pair, 1000000, BPF_F_NO_PREALLOC);
TABLE(t_copy, HASH, __u32, struct pair, 1000000, BPF_F_NO_PREALLOC);
TABLE(t_wide, ARRAY, __u32, struct pair, 20000, 0);
TABLE(t_sk, SK_STORAGE, int, __u64, 0, BPF_F_NO_PREALLOC);
TABLE(t_inode, INODE_STORAGE, int, __u64, 0, BPF_F_NO_PREALLOC);

struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 3);
	__type(value, struct flow);
} t_queue SEC(".maps");

const volatile __u32 limit = 7;
__u64 seen;

SEC("xdp")
int typed(struct xdp_md *ctx)
{
	(void)ctx;
	seen++;
	return seen > limit ? XDP_DROP : XDP_PASS;
}

const char LICENSE[] SEC("license") = "GPL";
