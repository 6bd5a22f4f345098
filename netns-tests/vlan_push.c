// SPDX-License-Identifier: GPL-2.0-only
/* Puts a VLAN tag beside each frame that leaves, as a VLAN device does. */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

SEC("classifier")
int vlan_push(struct __sk_buff *skb)
{
	bpf_skb_vlan_push(skb, bpf_htons(0x8100), 10);
	return TC_ACT_OK;
}

char license_text[] SEC("license") = "GPL";
