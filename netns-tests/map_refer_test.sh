#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# `xdpctl map` on maps whose values stand for something else: programs, maps, interfaces, CPUs.

# shellcheck disable=SC2016 # programs for jq
# shellcheck source=/dev/null
. "$HERE/maps.sh"

# shellcheck disable=SC2034 # read by lib.sh
LAB_PORTS=2

# A program that only passes; sets PROG to its id. Pinned as $BPFFS/NAME.
new_program() { # NAME SECTION
	[ -n "${BPFFS:-}" ] || bpffs_up
	cat >"$TMP/$1.c" <<-END
		__attribute__((section("$2"), used)) int $1(void *ctx) { return 2; }
		__attribute__((section("license"), used)) char LICENSE[] = "GPL";
	END
	clang -O2 -target bpf -c "$TMP/$1.c" -o "$TMP/$1.o"
	bpftool prog load "$TMP/$1.o" "$BPFFS/$1" 2>/dev/null
	PROG=$(bpftool -j prog show pinned "$BPFFS/$1" | jq .id)
}

le() { # NUMBER: its four bytes
	printf '%02x %02x %02x %02x' $(($1 & 255)) $(($1 >> 8 & 255)) $(($1 >> 16 & 255)) $(($1 >> 24))
}

map_id() { # NAME
	map_json show "$1" | jq .id
}

ifindex() { # NAME
	at box cat "/proc/net/dev_snmp6/$1" 2>/dev/null | awk '$1 == "ifIndex" { print $2 }' |
		grep . || at box ip -j link show "$1" | jq '.[0].ifindex'
}

test_map_refer_prog_array_by_id_pin_and_name() {
	local first

	new_map progs prog_array 4 4 4
	new_program first xdp
	first=$PROG
	new_program second xdp
	map_refused not_found 'not in the map' get progs 0
	map set progs 0 "$first"
	map set progs 1 "pin:$BPFFS/second"
	map set progs 3 name:second
	holds progs 0 "id:$first" 0 "$first" '00 00 00 00' "$(le "$first")"
	dumped progs "0 = id:$first" "1 = id:$PROG" "3 = id:$PROG"
	entries progs 3
	map_refused not_found 'no program has that name' set progs 2 name:third
	map_refused not_found 'none by that id' set progs 2 4000000000
	map_refused usage 'something else than a program' set progs 2 "pin:$BPFFS/progs"
	map_refused usage 'no program' set progs 2 pin:
	map_refused usage 'is no program' set progs 2 none
	map_refused usage . set progs 2 12abc
	map_refused not_found 'the map has 4 entries' set progs 4 "$first"
	new_program filter socket
	map_refused failed 'takes no such value' set progs 2 "$PROG"
	map_refused unsupported 'no such operation' take progs 0
	map_refused unsupported 'cannot drain it: .*in one step' drain progs
	# each is closed again
	for _ in {1..100}; do
		echo "0 = $first"
	done >"$TMP/file"
	(ulimit -n 40 && map load progs "$TMP/file")
	map del progs 0
	map_refused not_found 'not in the map' del progs 0
	map_json clear progs | assert_json "clear" '.cleared == 2'
	dumped progs
}

test_map_refer_maps_of_maps() {
	local name

	new_map inner hash 4 4 8
	new_map other hash 4 4 8
	new_map wrong hash 4 8 8
	bpftool map create "$BPFFS/array" type array_of_maps key 4 value 4 entries 4 name array \
		inner_map pinned "$BPFFS/inner"
	bpftool map create "$BPFFS/hash" type hash_of_maps key 4 value 4 entries 4 name hash \
		inner_map pinned "$BPFFS/inner"
	map set array 0 "$(map_id inner)"
	map set array 2 "pin:$BPFFS/other"
	map set array 3 name:other
	holds array 2 "id:$(map_id other)" 2 "$(map_id other)" '02 00 00 00' "$(le "$(map_id other)")"
	dumped array "0 = id:$(map_id inner)" "2 = id:$(map_id other)" \
		"3 = id:$(map_id other)"
	map set hash hex:01000000 "$(map_id inner)"
	map set hash hex:02000000 name:other
	dumped hash "hex:01 00 00 00 = id:$(map_id inner)" \
		"hex:02 00 00 00 = id:$(map_id other)"
	for name in array hash; do
		map_refused failed 'takes no such value' set "$name" hex:00000000 name:wrong
		map_refused not_found 'none by that id' set "$name" hex:00000000 4000000000
		map_refused usage 'no map' set "$name" hex:00000000 none
	done
	map del array 0
	map_refused not_found 'not in the map' del array 0
	map del hash hex:01000000
	map_refused not_found 'not in the map' get hash hex:01000000
	map_json clear array | assert_json "clear" '.cleared == 2'
	map_json clear hash | assert_json "clear" '.cleared == 1'
	# a map in a map does not stay because of us
	map set array 1 name:inner
	map save array "$TMP/file"
	map clear array
	map load array "$TMP/file"
	dumped array "1 = id:$(map_id inner)"
}

test_map_refer_devmap_by_interface_name() {
	local index

	new_map dev devmap 4 4 4
	index=$(ifindex eth1)
	map set dev 1 eth1
	holds dev 1 eth1 1 '{"port":"eth1"}' '01 00 00 00' "$(le "$index")"
	dumped dev "1 = eth1"
	map_refused not_found 'no such interface' set dev 2 eth9
	map_refused not_found 'the map has 4 entries' set dev 4 eth0
	map_refused not_found 'not in the map' del dev 2
	map_refused not_found 'not in the map' get dev 2
	map_refused unsupported 'cannot drain it: .*in one step' drain dev
	map set dev 2 "port=eth0"
	map del dev 1
	map_refused not_found 'not in the map' get dev 1
	map_json clear dev | assert_json "clear" '.cleared == 1'
	dumped dev
}

test_map_refer_devmap_with_a_program() {
	local name key index

	index=$(ifindex eth0)
	new_program egress xdp/devmap
	new_program plain xdp
	new_map dev devmap 4 8 4
	new_map devhash devmap_hash 4 8 4
	for name in dev devhash; do
		key=$([ "$name" = dev ] && echo 1 || echo hex:01000000)
		map set "$name" "$key" "port=eth0,prog=name:egress"
		assert_equal "bytes" "$(le "$index") $(le "$(bpftool -j prog show pinned \
			"$BPFFS/egress" | jq .id)")" "$(bytes "$name" '01 00 00 00')"
		map_json get "$name" "$key" | assert_json "element" \
			'.value.port == "eth0" and .value.prog == $id' \
			--argjson id "$(bpftool -j prog show pinned "$BPFFS/egress" | jq .id)"
		# the port alone leaves the program
		map set "$name" "$key" eth1
		map_json get "$name" "$key" | assert_json "element" \
			'.value.port == "eth1" and .value.prog > 0'
		map set "$name" "$key" port=eth0,prog=none
		map_json get "$name" "$key" | assert_json "element" '.value == {port: "eth0", prog: 0}'
		map_refused failed 'takes no such value' set "$name" "$key" "port=eth0,prog=name:plain"
		map save "$name" "$TMP/file"
		map_json load "$name" "$TMP/file" --replace | assert_json "load" '.unchanged == 1'
		map clear "$name"
		map load "$name" "$TMP/file"
		map_json get "$name" "$key" | assert_json "element" '.value == {port: "eth0", prog: 0}'
		map_refused unsupported 'cannot drain it: .*in one step' drain "$name"
		map del "$name" "$key"
		map_refused not_found 'not in the map' del "$name" "$key"
	done
}

test_map_refer_cpumap_by_queue_size() {
	local cpus

	new_program steered xdp/cpumap
	new_map cpu cpumap 4 8 2
	new_map small cpumap 4 4 2
	map set cpu 0 qsize=64
	holds cpu 0 qsize=64,prog=none 0 '{"qsize":64,"prog":0}' '00 00 00 00' '40 00 00 00 00 00 00 00'
	map set cpu 0 prog=name:steered
	map_json get cpu 0 | assert_json "element" '.value == {qsize: 64, prog: $id}' \
		--argjson id "$PROG"
	map set small 1 qsize=2048
	holds small 1 qsize=2048 1 '{"qsize":2048}' '01 00 00 00' '00 08 00 00'
	new_program plain xdp
	map_refused failed 'no program for a cpumap' set cpu 0 prog=name:plain
	cpus=$(getconf _NPROCESSORS_CONF)
	new_map more cpumap 4 4 $((cpus + 1))
	map_refused not_found 'there is no such CPU' set more "$cpus" qsize=1
	map_refused usage '1 to 16384' set cpu 0 qsize=16385
	map_refused not_found 'the map has 2 entries' set cpu 2 qsize=1
	map_refused usage . set cpu 0 64
	map_refused not_found 'not in the map' del cpu 1
	map del cpu 0
	map_refused not_found 'not in the map' get cpu 0
	map_refused unsupported 'cannot drain it: .*in one step' drain small
	map_json clear small | assert_json "clear" '.cleared == 1'
}

# The kernel tells nothing of an xskmap but takes and deletes.
test_map_refer_xskmap_is_not_read() {
	new_map xsk xskmap 4 4 4
	unlisted xsk 'does not hand out'
	map_refused unsupported 'does not hand out' get xsk 0
	map_refused unsupported 'does not hand out' take xsk 0
	map_refused usage 'pid:N/fd:M' set xsk 0 1
	map_refused not_found 'process' set xsk 0 pid:4194305/fd:0
	map del xsk 0
}

# A pipeline's own maps, by the interface.
test_map_refer_pipeline_by_interface() {
	xdpq attach eth0 redirect eth1
	bpf_ids >"$TMP/bpf_before"
	xdp -j map list eth0 | assert_json "list" \
		'[.[].name] | contains(["counters", "redirect"])'
	xdp -j map dump eth0/counters | assert_json "counters" \
		'length > 0 and all(.[]; (.values | length) > 0 and (.total | has("packets")))'
	assert_equal "port" eth1 "$(xdp -j map dump eth0/redirect | jq -r '.[0].value.port')"
	refused not_found 'no map of that name' map dump eth0/nothing
	grep -q 'its maps: .*redirect' "$TMP/err" || fail "it does not name them"
	refused not_found 'no program is attached' map dump eth1/counters
	refused not_found 'no program is attached' map list eth1
	refused not_found . map list eth9
	refused not_found . map dump eth9/counters
	refused unsupported 'frozen' map set eth0/.rodata 0 '{}'
	# from outside of the namespace
	"$XDPCTL" -n "$LAB-box" map dump eth0/counters >/dev/null
	assert_equal "the same" "$(xdp map dump eth0/redirect)" \
		"$("$XDPCTL" -n "$LAB-box" map dump eth0/redirect)"
	assert_no_new_bpf "$TMP/bpf_before"
}

# Of a program that is not ours.
test_map_refer_foreign_program_by_interface() {
	# shellcheck source=/dev/null
	. "$HERE/foreign.sh"
	foreign_attach eth0
	xdp -j map list eth0 | assert_json "list" 'length == 1 and (.[0].name | endswith(".bss"))'
	xdp -j map dump eth0/.bss | assert_json "dump" '.[0].value.seen >= 0'
	xdp map set eth0/.bss 0 seen=1000000
	xdp -j map get eth0/.bss 0 | assert_json "seen" '.value.seen >= 1000000'
}

test_map_refer_names_of_maps() {
	local a b

	bpf_ids >"$TMP/bpf_before"
	new_map once hash 4 4 4
	new_map twin hash 4 4 4
	mv "$BPFFS/twin" "$BPFFS/twin1"
	new_map twin hash 4 4 4
	a=$(map_id twin) b=$(map_id twin1)
	assert_equal "by name" "$(map_id once)" "$(xdp -j map show name:once | jq .id)"
	assert_equal "by id" "$(map_id once)" "$(xdp -j map show "id:$(map_id once)" | jq .id)"
	refused conflict "$b.*$a|$a.*$b" map dump name:twin
	grep -q 'id:N' "$TMP/err" || fail "no way out is named"
	refused not_found 'no map has that name' map dump name:nobody
	refused not_found 'none by that id' map dump id:4294967295
	refused not_found 'there is no pin' map dump "pin:$BPFFS/nobody"
	for bad in '' nothing id: id:x id:-1 id:1x id:4294967296 name: pin: / /x x/ "id: 1"; do
		refused usage . map dump "$bad"
	done
	new_program some xdp
	refused usage 'something else than a map' map dump "pin:$BPFFS/some"
	xdp -j map list | assert_json "list" '[.[] | select(.name == "twin") | .id] | sort == [$a, $b]' \
		--argjson a "$b" --argjson b "$a"
	map pin once "$BPFFS/again"
	assert_equal "pinned" "$(map_id once)" "$(map_id again)"
	refused conflict 'there already' map pin "pin:$BPFFS/once" "$BPFFS/again"
	refused usage 'BPF file system' map pin "pin:$BPFFS/once" "$TMP/again"
	umount "$BPFFS"
	assert_no_new_bpf "$TMP/bpf_before"
}

# Whatever a map is, the keys are the same, and lists are lists.
test_map_refer_keys_never_change_with_the_data() {
	local name

	typed_maps
	new_map plain queue 0 4 4
	xdp -j map list | assert_json "list" '
		([.[] | keys] | unique | length) == 1 and all(.[]; (.flags | type) == "array"
			and (.id, .key_size, .max_entries | type) == "number")'
	for name in t_hash t_lpm4 t_sk t_percpu typed_rodata plain; do
		map_json show "$name" | jq -c '[keys, (.types | keys), (.flags, .programs | type)]'
	done | sort -u >"$TMP/kinds"
	assert_equal "kinds of answers" 1 "$(wc -l <"$TMP/kinds")"
}

# Without the rights, it says which are missing.
test_map_refer_without_capability_is_refused() {
	local status=0

	new_map hash hash 4 4 4
	map set hash hex:00000000 hex:00000000
	setpriv --bounding-set=-all --inh-caps=-all --reuid=65534 --regid=65534 --clear-groups \
		"$XDPCTL" -j map list >"$TMP/out" 2>"$TMP/err" || status=$?
	refused_as permission 'CAP_' "$status" 'map list'
	status=0
	setpriv --bounding-set=-all --inh-caps=-all --reuid=65534 --regid=65534 --clear-groups \
		"$XDPCTL" -j map dump "id:$(map_id hash)" >"$TMP/out" 2>"$TMP/err" || status=$?
	refused_as permission 'CAP_' "$status" 'map dump'
}
