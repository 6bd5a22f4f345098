#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# `xdpctl map` on hashes, arrays and tries that somebody else made, without BTF and with it.

# shellcheck disable=SC2016 # programs for jq
# shellcheck source=/dev/null
. "$HERE/maps.sh"

# shellcheck disable=SC2034 # read by lib.sh
LAB_PORTS=0

NONE='packets=0,limit=0,flag=0,sign=0,low=0,high=0,colour=RED,name="",nested={a=0,b=[0,0]},rest=0'
FULL='packets=5,limit=7,flag=1,sign=-3,low=9,high=4095,colour=GREEN,name=eth0,nested={a=1,b=[2,3]},rest=0'
FULL_JSON='{"packets":5,"limit":7,"flag":1,"sign":-3,"low":9,"high":4095,"colour":"GREEN",
	"name":"eth0","nested":{"a":1,"b":[2,3]},"rest":0}'
FULL_HEX='05 00 00 00 00 00 00 00 07 00 00 00 01 fd f9 ff 05 00 00 00 65 74 68 30 00 00 00 00 01 00 02 00 03 00 00 00 00 00 00 00'

# Maps without BTF are written in hex, and each operation works on them.
test_map_table_untyped_is_edited_in_hex() {
	local type

	for type in hash lru_hash; do
		new_map "$type" "$type" 4 8 8
		map set "$type" 'hex:01 02 03 04' hex:0500000000000006
		holds "$type" hex:01020304 'hex:05 00 00 00 00 00 00 06' '"hex:01 02 03 04"' \
			'"hex:05 00 00 00 00 00 00 06"' '01 02 03 04' '05 00 00 00 00 00 00 06'
		map set "$type" hex:00000000 hex:0000000000000001
		dumped "$type" 'hex:01 02 03 04 = hex:05 00 00 00 00 00 00 06' \
			'hex:00 00 00 00 = hex:00 00 00 00 00 00 00 01'
		entries "$type" 2
		if takes_elements; then
			assert_equal "what was taken" 'hex:00 00 00 00 00 00 00 01' \
				"$(map take "$type" hex:00000000)"
			map_refused not_found 'not in the map' take "$type" hex:00000000
		else
			map del "$type" hex:00000000
		fi
		map_refused not_found 'not in the map' del "$type" hex:00000000
		map_refused not_found 'not in the map' get "$type" hex:00000000
		map_refused usage 'type is not known' set "$type" 1 2
		map_refused usage '4 bytes' set "$type" hex:00 hex:0000000000000000
		map_refused usage '8 bytes' set "$type" hex:00000000 hex:000000000000000000
		map_refused usage 'hex' set "$type" hex:0000000g hex:0000000000000000
		assert_equal "drained" 'hex:01 02 03 04 = hex:05 00 00 00 00 00 00 06' \
			"$(map drain "$type")"
		entries "$type" 0
		map set "$type" hex:01020304 hex:0500000000000006
		map_json clear "$type" | assert_json "clear" '. == {cleared: 1}'
		dumped "$type"
	done
}

test_map_table_hash_by_its_btf() {
	local key='src=10.0.0.1,dport=443,proto=6,pad=0'
	local key_json='{"src":"10.0.0.1","dport":443,"proto":6,"pad":0}'

	typed_maps
	map set t_hash "$key" \
		'packets=5,limit=7,flag=1,sign=-3,low=9,high=4095,colour=GREEN,name=eth0,nested.a=1,nested.b=[2,3]'
	holds t_hash "$key" "$FULL" "$key_json" "$FULL_JSON" '0a 00 00 01 01 bb 06 00' "$FULL_HEX"
	dumped t_hash "$key = $FULL"
	# as JSON, as hex, and a key that leaves out what is zero
	map del t_hash "$key_json"
	map set t_hash 'dport=443,src=10.0.0.1,proto=6' "$FULL_JSON"
	holds t_hash 'hex:0a00000101bb0600' "$FULL" "$key_json" "$FULL_JSON"
	map set t_hash hex:0a00000101bb0600 "hex:$FULL_HEX"
	holds t_hash "$key" "$FULL" "$key_json" "$FULL_JSON"
	assert_equal "raw" "hex:0a 00 00 01 01 bb 06 00 = hex:$FULL_HEX" "$(map dump t_hash --raw)"
	map_json dump t_hash --raw | assert_json "raw in JSON" \
		'. == [{key: "hex:0a 00 00 01 01 bb 06 00", value: $hex}]' --arg hex "hex:$FULL_HEX"
	map_json show t_hash | assert_json "show" '
		.type == "hash" and .name == "t_hash" and .entries == 1 and .max_entries == 4
		and .btf and (.frozen | not) and .key_size == 8 and .value_size == 40 and .values == 1
		and (.types.key | test("ip4_be src")) and .programs == [] and .flags == []'
}

# What is not named keeps its value, and is zero where the key is new.
test_map_table_set_of_some_members_keeps_the_others() {
	typed_maps
	map set t_hash src=10.0.0.1 "$FULL_JSON"
	map set t_hash src=10.0.0.1 packets=6,nested.b[1]=9
	assert_equal "value" "${FULL/packets=5/packets=6}" \
		"$(map get t_hash src=10.0.0.1 | sed 's/b=\[2,9\]/b=[2,3]/')"
	map get t_hash src=10.0.0.1 | grep -q 'b=\[2,9\]' || fail "nested.b"
	map set t_hash src=10.0.0.2 limit=1
	assert_equal "a new one" "${NONE/limit=0/limit=1}" "$(map get t_hash src=10.0.0.2)"
	map set t_array 2 limit=3
	map set t_array 2 packets=4
	assert_equal "of an array" "${NONE/packets=0,limit=0/packets=4,limit=3}" "$(map get t_array 2)"
	map set t_percpu 9 packets=4
	map set t_percpu 9 limit=3
	map_json get t_percpu 9 | assert_json "of each CPU" \
		'all(.values[]; .packets == 4 and .limit == 3) and .total.packets == 4 * (.values | length)'
}

test_map_table_array_has_all_its_elements() {
	local operation

	new_map array array 4 8 4
	map set array 3 hex:0102030405060708
	holds array 3 'hex:01 02 03 04 05 06 07 08' 3 '"hex:01 02 03 04 05 06 07 08"' '03 00 00 00' \
		'01 02 03 04 05 06 07 08'
	for operation in get del take; do
		[ "$operation" = get ] ||
			map_refused unsupported 'there from the beginning' "$operation" array 1
	done
	map_refused not_found 'key 4: the map has 4 entries' get array 4
	map_refused not_found 'key 4: the map has 4 entries' set array 4 hex:0000000000000000
	map_refused not_found 'key 4294967295: the map has 4' get array 4294967295
	map_refused usage 'not in 0..4294967295' get array 4294967296
	map_refused usage 'not in 0' get array -1
	map_refused usage 'no whole number' get array 1x
	map_refused unsupported 'elements of an array' drain array
	map_refused conflict 'in the map already' set array 1 hex:0000000000000000 --noexist
	map set array 1 hex:0000000000000001 --exist
	map_json clear array | assert_json "clear" '.cleared == 4'
	dumped array '0 = hex:00 00 00 00 00 00 00 00' '1 = hex:00 00 00 00 00 00 00 00' \
		'2 = hex:00 00 00 00 00 00 00 00' '3 = hex:00 00 00 00 00 00 00 00'
}

cpus() {
	map_json show t_cpus | jq .values
}

# One value goes to every CPU, a list has one for each.
test_map_table_percpu_takes_one_value_or_a_list() {
	local n list total

	typed_maps
	n=$(cpus)
	list=$(seq -s, "$n")
	total=$((n * (n + 1) / 2))
	map set t_cpus 1 "[$list]"
	holds t_cpus 1 "[$list]" 1 "[$list]" '01 00 00 00' \
		"$(for ((i = 1; i <= n; i++)); do printf '%02x 00 00 00\n' "$i"; done)"
	map_json get t_cpus 1 | assert_json "total" '.total == $n' --argjson n "$total"
	map set t_cpus 1 5
	map_json get t_cpus 1 | assert_json "on all" '.values == [range($n) | 5]' --argjson n "$n"
	map_refused usage "a list of $n" set t_cpus 1 "[$list,1]"
	map_refused usage . set t_cpus 1 '[]'
	[ "$n" = 1 ] || map_refused usage "a list of $n" set t_cpus 1 '[1]'
	map_refused usage 'left over' set t_cpus 1 "[$list] 7"
	map_refused not_found 'the map has 4 entries' get t_cpus 4
	map_refused unsupported 'elements of an array' drain t_cpus
	map_json clear t_cpus | assert_json "clear" '.cleared == 4'
	map_json dump t_cpus | assert_json "cleared" 'length == 4 and all(.[]; .total == 0)'
}

test_map_table_percpu_hash_works_like_a_hash() {
	local name n

	typed_maps
	n=$(cpus)
	for name in t_percpu t_lrucpu; do
		map set "$name" 7 "$([ "$name" = t_lrucpu ] && echo -9 || echo packets=3)"
		map_json get "$name" 7 | assert_json "element" \
			'.key == 7 and (.values | length) == $n' --argjson n "$n"
		map_refused conflict 'in the map already' set "$name" 7 "$(map get "$name" 7)" --noexist
		if takes_elements; then
			map_json take "$name" 7 | assert_json "taken" '.key == 7'
			map_refused not_found 'not in the map' take "$name" 7
		else
			map del "$name" 7
		fi
		map set "$name" 8 "$([ "$name" = t_lrucpu ] && echo -9 || echo packets=3)"
		map_json drain "$name" | assert_json "drained" 'length == 1 and .[0].key == 8'
		entries "$name" 0
	done
	map set t_lrucpu 1 -9
	map_json get t_lrucpu 1 | assert_json "sum" '.total == -9 * $n' --argjson n "$n"
}

test_map_table_trie_of_addresses() {
	typed_maps
	map set t_lpm6 fd00::/8 5
	holds t_lpm6 fd00::/8 5 '"fd00::/8"' 5 '08 00 00 00 fd 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00' \
		'05 00 00 00'
	map set t_lpm4 10.0.0.0/8 packets=1,limit=9
	# of what covers it, a new prefix keeps nothing
	map set t_lpm4 10.1.0.0/16 packets=2
	dumped t_lpm4 "10.0.0.0/8 = ${NONE/packets=0,limit=0/packets=1,limit=9}" \
		"10.1.0.0/16 = ${NONE/packets=0/packets=2}"
	map set t_lpm4 10.1.0.0/16 limit=3
	map set t_lpm4 10.0.0.0/8 packets=7
	dumped t_lpm4 "10.0.0.0/8 = ${NONE/packets=0,limit=0/packets=7,limit=9}" \
		"10.1.0.0/16 = ${NONE/packets=0,limit=0/packets=2,limit=3}"
	# the longest prefix, and an address is a prefix of all its bits
	assert_equal "of 10.1.2.3" "${NONE/packets=0,limit=0/packets=2,limit=3}" \
		"$(map get t_lpm4 10.1.2.3)"
	map_refused not_found 'not in the map' get t_lpm4 11.0.0.0/8
	map_refused not_found 'not in the map' del t_lpm4 10.1.0.0/17
	map_refused usage 'up to 32 bits' set t_lpm4 10.0.0.0/33 packets=1
	map_refused usage 'prefix' set t_lpm4 10.0.0/8 packets=1
	map_refused unsupported 'cannot drain it: .*in one step' drain t_lpm4
	map_refused unsupported 'no such operation' take t_lpm4 10.1.0.0/16
	map_refused conflict 'in the map already' set t_lpm4 10.1.0.0/16 packets=1 --noexist
	map_refused not_found 'not in the map' set t_lpm4 10.1.2.0/24 packets=1 --exist
	map del t_lpm4 10.1.0.0/16
	entries t_lpm4 1
	map_json clear t_lpm4 | assert_json "clear" '.cleared == 1'
	# without BTF the sizes say it
	new_map v4 lpm_trie 8 4 4 flags 1
	new_map v6 lpm_trie 20 4 4 flags 1
	map set v4 192.168.0.0/16 hex:00000001
	map set v6 fd00::/64 hex:00000002
	dumped v4 '192.168.0.0/16 = hex:00 00 00 01'
	dumped v6 'fd00::/64 = hex:00 00 00 02'
}

test_map_table_trie_of_something_else() {
	local key='prefixlen=24,mac=[0,17,34,0,0,0],pad=0'

	typed_maps
	map set t_lpmmac "${key/0,0,0/51,68,85}" 1 # what is behind the prefix does not count
	dumped t_lpmmac "$key = 1"
	map set t_lpmmac prefixlen=8 2
	assert_equal "longest prefix" 1 "$(map get t_lpmmac "${key/24/48}")"
	map_refused usage 'up to 64 bits' set t_lpmmac "${key/24/65}" 1
	map_refused usage 'up to 64 bits' del t_lpmmac "${key/24/65}"
	map del t_lpmmac "$key"
	entries t_lpmmac 1
	# a key that is no address and has no BTF
	new_map trie lpm_trie 6 1 4 flags 1
	map set trie hex:08000000aa00 hex:01
	dumped trie 'hex:08 00 00 00 aa 00 = hex:01'
	map_refused usage 'up to 16 bits' set trie hex:11000000aa00 hex:01
}

test_map_table_full_is_told_with_numbers() {
	local i

	typed_maps
	for i in 1 2 3 4; do
		map set t_hash "dport=$i" "packets=$i"
		map set t_lpm4 "10.$i.0.0/16" packets=1
	done
	map_refused failed 'full: 4 of 4' set t_hash dport=5 packets=1
	map_refused failed 'full: 4 of 4' set t_lpm4 11.0.0.0/8 packets=1
	map set t_hash dport=4 packets=9
	map_json get t_hash dport=4 | assert_json "changed" '.value.packets == 9'
}

test_map_table_flags_of_set() {
	typed_maps
	map_refused not_found 'not in the map' set t_hash dport=1 packets=1 --exist
	map set t_hash dport=1 packets=1 --noexist
	map_refused conflict 'in the map already' set t_hash dport=1 packets=2 --noexist
	map set t_hash dport=1 packets=2 --exist
	map_refused usage 'exclude each other' set t_hash dport=1 packets=2 --exist --noexist
	assert_equal "kept" 2 "$(map_json get t_hash dport=1 | jq .value.packets)"
	assert_equal "or" 2 "$(map_json get t_hash dport=1 --or packets=7 | jq .value.packets)"
	assert_equal "or" 7 "$(map_json get t_hash dport=2 --or packets=7 | jq .value.packets)"
	entries t_hash 2
}

# Too wide, negative, trailing letters: nothing of it is written.
test_map_table_wrong_widths_are_refused() {
	local bad

	typed_maps
	map set t_hash dport=1 "$FULL_JSON"
	map set t_bytes 255 255
	holds t_bytes 255 255 255 255 ff ff
	for bad in 256 -1 12abc 18446744073709551616 1.5 '""' '[1]' 0x100 ' ' 1e2; do
		map_refused usage . set t_bytes 0 "$bad"
		map_refused usage . set t_bytes "$bad" 0
	done
	for bad in flag=256 sign=128 sign=-129 low=16 high=4096 packets=-1 nested.a=65536 limit= \
		packets=18446744073709551616 colour=PINK colour=4294967296 name=123456789 none=1 \
		'nested.b=[1,2,3]' nested=5 'packets=1,packets=2' 'packets=1,flag=256' '{"packets":1'; do
		map_refused usage . set t_hash dport=1 "$bad"
	done
	holds t_hash dport=1 "$FULL" '{"src":"0.0.0.0","dport":1,"proto":0,"pad":0}' "$FULL_JSON"
	map set t_hash dport=1 packets=18446744073709551615,sign=-128,low=15
	map_json get t_hash dport=1 | jq -r .value >"$TMP/out"
	grep -q 18446744073709551615 <(map_json get t_hash dport=1) || fail "$(cat "$TMP/out")"
}

# Global data: .bss can be written, .rodata is frozen.
test_map_table_sections_of_global_data() {
	local operation

	typed_maps
	assert_equal ".rodata" '0 = limit=7' "$(map dump typed_rodata)"
	map set typed_bss 0 seen=5
	holds typed_bss 0 seen=5 0 '{"seen":5}' '00 00 00 00' '05 00 00 00 00 00 00 00'
	map_json show typed_rodata | assert_json "show" '
		.frozen and .btf and ([.programs[].prog_name] | index("typed") != null)
		and (.flags | index("rdonly_prog") != null)'
	map_refused unsupported 'frozen' set typed_rodata 0 limit=8
	map_refused unsupported 'frozen' clear typed_rodata
	echo '0 = limit=8' >"$TMP/file"
	for operation in '' --replace; do
		# shellcheck disable=SC2086 # none or one word
		map_refused unsupported 'frozen' load typed_rodata "$TMP/file" $operation
		! grep -q 'were written' "$TMP/err" || fail "nothing was written"
	done
}

test_map_table_freeze_is_for_ever() {
	typed_maps
	map set t_hash dport=1 packets=1
	map freeze t_hash
	map_json show t_hash | assert_json "show" .frozen
	map_refused conflict 'frozen already' freeze t_hash
	map_refused unsupported 'frozen' set t_hash dport=1 packets=2
	map_refused unsupported 'frozen' del t_hash dport=1
	map_refused unsupported 'frozen' take t_hash dport=1
	map_refused unsupported 'frozen' clear t_hash
	map_refused unsupported 'frozen' drain t_hash
	assert_equal "it can be read" 1 "$(map_json get t_hash dport=1 | jq .value.packets)"
}
