#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# `xdpctl map create`, types on the command line, and numbers that change atomically.

# shellcheck disable=SC2016,SC2034 # programs for jq; set for lib.sh
# shellcheck source=/dev/null
. "$HERE/maps.sh"

LAB_PORTS=0

create() { # NAME ARGUMENT...
	xdp -q map create "$BPFFS/$1" "${@:2}" >/dev/null
}

test_map_make_create_keeps_types() {
	bpffs_up
	create routes --type lpm_trie --key ip4_prefix --value u32 --entries 10 --name routes
	map set routes 10.0.0.0/8 7
	holds routes 10.0.0.0/8 7 '"10.0.0.0/8"' 7 '08 00 00 00 0a 00 00 00' '07 00 00 00'
	create flows --key 'struct { ip4_be src; port_be port; u16 pad; }' \
		--value 'struct { u64 packets; mac_addr mac; u16 kind : 3; }' --entries 4 --flags no_prealloc
	map set flows src=10.0.0.1,port=443 packets=1,mac=02:00:00:00:00:01,kind=5
	holds flows src=10.0.0.1,port=443 packets=1,mac=02:00:00:00:00:01,kind=5 \
		'{"src":"10.0.0.1","port":443,"pad":0}' \
		'{"packets":1,"mac":"02:00:00:00:00:01","kind":5}' '0a 00 00 01 01 bb 00 00' \
		'01 00 00 00 00 00 00 00 02 00 00 00 00 01 05 00'
	map_json show flows | assert_json "flags" '.flags == ["no_prealloc"] and .btf'
	# bpftool knows the types, too
	bpftool -j map dump pinned "$BPFFS/flows" | assert_json "by bpftool" \
		'.[0].formatted.value.packets == 1'
	create queue --type queue --value 4 --entries 2
	map push queue hex:00000001
	create events --type ringbuf --entries 4096
	create inside --type hash_of_maps --key u32 --entries 2 --inner "pin:$BPFFS/flows"
	map set inside hex:01000000 "pin:$BPFFS/flows"
	map_json dump inside | assert_json "inner" '.[0].value > 0'
}

test_map_make_create_refuses_what_is_wrong() {
	local bad

	bpf_ids >"$TMP/bpf_before"
	bpffs_up
	create there --key u32 --value u32 --entries 1
	refused conflict 'there already' map create "$BPFFS/there" --key u32 --value u32 --entries 1
	refused usage 'BPF file system' map create "$TMP/x" --key u32 --value u32 --entries 1
	for bad in '--type none --key u32' '--key u3' '--key u32 --entries 0' '--key u32 --flags none' \
		'--type queue --key u32' '--key -1' '--key u32 --name a/b' '--key struct{' \
		'--key u32 --entries 4294967296' '--key u32 --flags no_prealloc,mmapable'; do
		# shellcheck disable=SC2086 # several words
		refused usage . map create "$BPFFS/x" --value u32 $bad
		[ ! -e "$BPFFS/x" ] || fail "it was made: $bad"
	done
	umount "$BPFFS"
	assert_no_new_bpf "$TMP/bpf_before"
}

test_map_make_types_on_the_command_line() {
	new_map raw hash 4 8 4
	map set raw 1 5 --key-as u32 --as u64
	assert_equal "bytes" '05 00 00 00 00 00 00 00' "$(bytes raw '01 00 00 00')"
	assert_equal "as u64" '1 = 5' "$(map dump raw --key-as u32 --as u64)"
	assert_equal "as a struct" 'hex:01 00 00 00 = a=5,b=0' \
		"$(map dump raw --as 'struct { u32 a; u32 b; }')"
	map set raw 1 b=7 --key-as u32 --as 'struct { u32 a; u32 b; }'
	assert_equal "the rest is kept" a=5,b=7 \
		"$(map get raw 1 --key-as u32 --as 'struct { u32 a; u32 b; }')"
	map save raw "$TMP/file" --key-as u32 --as 'struct { u32 a; u32 b; }'
	map drain raw >/dev/null
	map load raw "$TMP/file" --key-as u32 --as 'struct { u32 a; u32 b; }'
	assert_equal "again" '1 = a=5,b=7' \
		"$(map dump raw --key-as u32 --as 'struct { u32 a; u32 b; }')"
	! takes_elements || assert_equal "taken" a=5,b=7 "$(map take raw 1 --key-as u32 --as 'struct { u32 a; u32 b; }')"
	map_refused usage 'have 8 bytes, that type has 4' dump raw --as u32
	map_refused usage 'have 4 bytes, that type has 8' dump raw --key-as u64
	map_refused usage 'no type' dump raw --as 'struct nothing'
	map_refused usage . dump raw --as 'struct { u32 a'
	map set raw 2 3 --key-as u32 --as u64
	map hist raw --key-as u32 --as u64 | grep -q '2 -> 3 .* 3 ' || fail "$(map hist raw \
		--key-as u32 --as u64)"
}

# Four at once, while the numbers are taken out: nothing is lost.
test_map_make_increment_and_zero_lose_nothing() {
	local i taken

	typed_maps
	for i in 1 2 3 4; do
		spawn "add$i" box bash -c 'for i in {1..50}; do "$1" -q map increment "$2" 1 3; done' - \
			"$XDPCTL" "pin:$BPFFS/t_count"
	done
	for i in {1..10}; do
		map_json drain t_count --zero
	done >"$TMP/taken"
	for i in 1 2 3 4; do
		join "add$i"
	done
	map_json drain t_count --zero >>"$TMP/taken"
	taken=$(jq -s 'add | map(.value) | add' "$TMP/taken")
	assert_equal "taken out" 600 "$taken"
	assert_equal "what is left" 0 "$(map get t_count 1)"
	entries t_count 1
}

test_map_make_increment_refuses_what_is_no_number() {
	typed_maps
	map_refused usage . increment t_count 1 -1
	map_refused usage . increment t_count 1 18446744073709551616
	map_refused usage . increment t_count -1
	map_refused unsupported 'numbers of 4 or 8 bytes' increment t_hash dport=1 flag=1
	map_refused unsupported 'numbers of 4 or 8 bytes' increment t_bytes 1
	map_refused not_found 'the map has 4 entries' increment t_cpus 4
	map_refused unsupported frozen increment typed_rodata 0 limit=1
	map_refused unsupported 'numbers of 4 or 8 bytes' drain t_bytes --zero
	map increment t_count 5 10
	assert_equal "sum" 17 "$(map increment t_count 5 7)"
	assert_equal "difference" 15 "$(map increment t_count 5 2 --subtract)"
	assert_equal "one" 16 "$(map increment t_count 5)"
	map increment t_cpus 1 5
	map_json increment t_cpus 1 | assert_json "of CPUs" '.total == 6'
}

# The operations of a protocol, as the kernel keeps them for a program that has not begun.
test_map_make_struct_ops_is_shown() {
	cat >"$TMP/ops.c" <<-'END'
		#define SEC(name) __attribute__((section(name), used))
		struct tcp_congestion_ops {
			unsigned (*ssthresh)(void *);
			void (*cong_avoid)(void *, unsigned, unsigned);
			unsigned (*undo_cwnd)(void *);
			char name[16];
		};
		SEC("struct_ops/ssthresh") unsigned ssthresh(void *ctx) { return 2; }
		SEC("struct_ops/undo_cwnd") unsigned undo_cwnd(void *ctx) { return 2; }
		SEC("struct_ops/cong_avoid") void cong_avoid(void *ctx) { }
		SEC(".struct_ops") struct tcp_congestion_ops t_ops = { (void *)ssthresh,
			(void *)cong_avoid, (void *)undo_cwnd, "xt_ops" };
		SEC("license") char LICENSE[] = "GPL";
	END
	clang -O2 -g -target bpf -c "$TMP/ops.c" -o "$TMP/ops.o"
	bpffs_up
	mkdir "$BPFFS/p"
	(cd "$TMP" && bpftool prog loadall ops.o bpf/p pinmaps bpf) 2>"$TMP/load.err" ||
		skip "no struct_ops here: $(grep -v '^$' "$TMP/load.err" | tail -n 1)"
	map_json show t_ops | assert_json "show" '.type == "struct_ops" and (.types.value |
		test("tcp_congestion_ops"))'
	map_json get t_ops 0 | assert_json "element" '.value.data | has("ssthresh") and has("name")'
	map_json dump t_ops | assert_json "dump" 'length == 1'
	map_refused unsupported 'loaded and taken away' set t_ops 0 data.name=x
	map_refused unsupported 'loaded and taken away' load t_ops "$TMP/ops.c"
	map_refused unsupported 'no such operation' take t_ops 0
	map_refused unsupported 'cannot drain it: .*in one step' drain t_ops
}
