#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# `xdpctl map` on what has no keys, or no elements that the kernel would list.

# shellcheck disable=SC2016 # programs for jq
# shellcheck source=/dev/null
. "$HERE/maps.sh"

# shellcheck disable=SC2034 # read by lib.sh
LAB_PORTS=0

# Keyed operations on a map without keys are wrong, listing it is not supported.
keyless() { # NAME REASON
	map_refused usage 'has no keys' get "$1" 1
	map_refused usage 'has no keys' del "$1" 1
	map_refused usage 'has no keys' take "$1" 1
	map_refused unsupported "$2" dump "$1"
	map_refused unsupported "$2" save "$1"
	: >"$TMP/empty"
	map_json show "$1" | assert_json "show" '.entries == null and .types.key == null'
}

test_map_queue_and_stack_give_in_their_order() {
	local type i

	for type in queue stack; do
		new_map "$type" "$type" 0 4 3
		keyless "$type" 'it has no keys'
		map_refused usage 'has no keys' set "$type" 1 2
		map_refused usage 'has no keys' load "$type" "$TMP/empty"
		map_refused usage 'has no keys' watch "$type"
		map_refused usage 'has no keys' hist "$type"
		map_refused not_found 'it is empty' peek "$type"
		map_refused not_found 'it is empty' pop "$type"
		for i in 1 2 3; do
			map push "$type" "hex:0000000$i"
		done
		map_refused failed 'full: 3 of 3' push "$type" hex:00000004
		map_refused usage '4 bytes' push "$type" hex:0004
		map_refused usage 'takes no VALUE' peek "$type" hex:00000001
	done
	assert_equal "next" 'hex:00 00 00 01' "$(map peek queue)"
	assert_equal "next" 'hex:00 00 00 03' "$(map peek stack)"
	map_json pop queue | assert_json "popped" '. == {value: "hex:00 00 00 01"}'
	map push queue hex:00000004
	map push queue hex:00000005 --force
	map_json drain queue | assert_json "all" '[.[].value] ==
		["hex:00 00 00 03", "hex:00 00 00 04", "hex:00 00 00 05"]'
	map_json drain queue | assert_json "nothing" '. == []'
	map push queue hex:00000006
	assert_equal "as text" 'hex:00 00 00 06' "$(map drain queue)"
	assert_equal "nothing" '' "$(map drain queue)"
	map push stack hex:00000004 --force
	assert_equal "taken" 'hex:00 00 00 04' "$(map pop stack)"
	map_json clear stack | assert_json "clear" '.cleared == 2'
	map_json clear stack | assert_json "clear" '.cleared == 0'
	map_refused not_found 'it is empty' peek stack
}

test_map_queue_typed_has_a_value() {
	typed_maps
	map push t_queue hex:0a00000101bb0600
	map peek t_queue | grep -q '0a 00 00 01 01 bb 06 00\|10.0.0.1' || fail "$(map peek t_queue)"
	map_refused usage 'has keys' push t_hash packets=1
	map_refused usage 'has keys' pop t_hash
	map_refused usage 'has keys' peek t_hash
}

test_map_queue_bloom_filter_is_asked() {
	new_map bloom bloom_filter 0 4 64
	keyless bloom 'only be asked'
	map_refused not_found 'not in it' peek bloom hex:00000001
	map push bloom hex:00000001
	assert_equal "it has" 'hex:00 00 00 01' "$(map peek bloom hex:00000001)"
	map_refused usage 'asked for a VALUE' peek bloom
	map_refused unsupported 'nothing can be taken out' pop bloom
	map_refused unsupported 'nothing can be taken out' drain bloom
	map_refused unsupported 'nothing can be taken out' clear bloom
	map_refused usage '4 bytes' push bloom hex:01
}

test_map_queue_buffers_of_events_have_no_elements() {
	local type

	for type in ringbuf user_ringbuf; do
		new_map "$type" "$type" 0 0 4096
		keyless "$type" 'buffer of events'
		xdp map get "pin:$BPFFS/$type" 1 2>"$TMP/err" || true
		grep -q "$([ "$type" = ringbuf ] && echo 'xdpctl events' || echo push)" "$TMP/err" ||
			fail "it does not say what works: $(cat "$TMP/err")"
		for operation in clear drain pop peek; do
			map_refused unsupported 'buffer of events' "$operation" "$type"
		done
		map_refused unsupported 'buffer of events' load "$type" "$TMP/empty"
	done
	map_refused unsupported 'buffer of events' push ringbuf hex:00
	map_refused unsupported 'buffer of events' set ringbuf 1 2
	# programs read it, so it can be written
	map_refused usage '--as' push user_ringbuf 7
	map push user_ringbuf 7 --as u32
	map_refused usage . push user_ringbuf 4294967296 --as u32
	new_map perf perf_event_array 4 4 2
	unlisted perf 'does not hand out'
	map_refused unsupported 'does not hand out' get perf 0
	map_refused unsupported 'does not hand out' take perf 0
	map_refused unsupported 'perf events of the program' set perf 0 hex:00000000
	map_refused unsupported 'perf events of the program' set perf 0 1
	map_refused not_found 'not in the map' del perf 0
	map_refused not_found 'the map has 2 entries' del perf 2
}

test_map_queue_stack_traces_are_read() {
	new_map traces stack_trace 4 32 8
	map_refused not_found 'not in the map' get traces 1
	map_refused not_found 'not in the map' del traces 1
	map_refused not_found 'the map has 8 entries' get traces 8
	map_refused unsupported 'kernel alone writes' set traces 1 '[1,2,3,4]'
	dumped traces
	map_json clear traces | assert_json "clear" '.cleared == 0'
	map_json show traces | assert_json "types" '.types.value | test("4")'
}

# A child of the second hierarchy; lab_down removes it.
cgroup_up() {
	local root

	root=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/self/mounts)
	[ -n "$root" ] || skip "no cgroup2 is mounted"
	CGROUP=$root/$LAB
	mkdir "$CGROUP"
}

test_map_queue_cgroups_by_their_path() {
	cgroup_up
	new_map cgroups cgroup_array 4 4 2
	map set cgroups 0 "$CGROUP"
	unlisted cgroups 'does not hand out'
	map_refused unsupported 'does not hand out' get cgroups 0
	map_refused not_found 'No such file' set cgroups 1 "$CGROUP/none"
	map_refused usage . set cgroups 1 "$TMP"
	map_refused not_found 'the map has 2 entries' set cgroups 2 "$CGROUP"
	map del cgroups 0
	map_refused not_found 'not in the map' del cgroups 0
}

test_map_queue_storage_of_cgroups() {
	cgroup_up
	typed_maps typed_new
	map_refused not_found 'not in the map' get t_cgrp "$CGROUP"
	map set t_cgrp "$CGROUP" 77
	holds t_cgrp "$CGROUP" 77 "\"$CGROUP\"" 77
	map_refused conflict 'already' set t_cgrp "$CGROUP" 78 --noexist
	map_refused usage 'no object of the kind' get t_cgrp "$TMP"
	unlisted t_cgrp 'lists no elements'
	map_refused unsupported 'no such operation' take t_cgrp "$CGROUP"
	map del t_cgrp "$CGROUP"
	map_refused not_found 'not in the map' del t_cgrp "$CGROUP"
}

# What the kernel keeps for each cgroup that a program is attached to.
test_map_queue_cgroup_storage_is_not_ours_to_delete() {
	local type key=hex:01000000000000000000000000000000

	for type in cgroup_storage percpu_cgroup_storage; do
		new_map "$type" "$type" 16 8 0
		dumped "$type"
		map_refused not_found 'not in the map' get "$type" "$key"
		map_refused not_found . set "$type" "$key" hex:0000000000000000
		for operation in del take; do
			map_refused unsupported 'come and go with' "$operation" "$type" "$key"
		done
		map_refused unsupported 'come and go with' clear "$type"
		map_refused unsupported 'come and go with' drain "$type"
	done
}

test_map_queue_storage_of_tasks() {
	local self=$$

	typed_maps typed_new
	map_refused not_found 'not in the map' get t_task "pid:$self"
	map set t_task "pid:$self" 77
	holds t_task "pid:$self" 77 "\"pid:$self\"" 77
	map_refused not_found 'No such process' get t_task pid:4194305
	map_refused usage 'pid:N' get t_task "$self"
	map_refused usage . set t_task "pid:$self" -1
	unlisted t_task 'lists no elements'
	echo "pid:$self = 78" | map load t_task -
	assert_equal "loaded" 78 "$(map get t_task "pid:$self")"
	map_refused unsupported 'lists no elements' load t_task /dev/null --replace
	map del t_task "pid:$self"
	map_refused not_found 'not in the map' del t_task "pid:$self"
}

test_map_queue_storage_of_files() {
	typed_maps
	: >"$TMP/file"
	map set t_inode "$TMP/file" 5
	holds t_inode "$TMP/file" 5 "\"$TMP/file\"" 5
	map set t_inode "$TMP/file" 6 --exist
	map_refused not_found 'No such file' get t_inode "$TMP/none"
	unlisted t_inode 'lists no elements'
	map del t_inode "$TMP/file"
	map_refused not_found 'not in the map' get t_inode "$TMP/file"
}

# ---- sockets

# A process in the box with both ends of an established TCP connection and one that listens:
# SOCKETS is its pid; fd 3 listens, 4 and 5 are connected.
sockets_up() {
	# shellcheck disable=SC2016 # python
	spawn tcp box "$PYTHON" -Ic 'import os, socket, sys, time
listening = socket.socket()
listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
listening.bind(("127.0.0.1", 0))
listening.listen()
client = socket.create_connection(listening.getsockname())
server = listening.accept()[0]
for fd, wanted in ((listening, 53), (client, 54), (server, 55)):
    os.dup2(fd.fileno(), wanted)
open(sys.argv[1], "w").close()
time.sleep(300)' "$TMP/tcp.ready"
	wait_for 5 test -e "$TMP/tcp.ready"
	SOCKETS=pid:${PID[tcp]}
}

test_map_queue_sockets_of_a_process() {
	local name key

	sockets_up
	new_map sockmap sockmap 4 8 4
	new_map sockhash sockhash 4 8 4
	for name in sockmap sockhash; do
		key=$([ "$name" = sockmap ] && echo 1 || echo hex:01000000)
		dumped "$name"
		map_refused not_found 'not in the map' get "$name" "$key"
		map_refused not_found 'not in the map' del "$name" "$key"
		map set "$name" "$key" "$SOCKETS/fd:54"
		map get "$name" "$key" | grep -Eq '^cookie:[0-9]+$' || fail "$(map get "$name" "$key")"
		map_json dump "$name" | assert_json "dump" \
			'length == 1 and (.[0].value | test("^cookie:[0-9]+$"))'
		entries "$name" 1
		map_refused not_found 'Bad file descriptor' set "$name" "$key" "$SOCKETS/fd:99"
		map_refused not_found 'No such process' set "$name" "$key" pid:4194305/fd:1
		map_refused usage 'pid:N/fd:M' set "$name" "$key" "$SOCKETS"
		map_refused usage . set "$name" "$key" "$SOCKETS/fd:1"
		map_refused unsupported 'no such operation' take "$name" "$key"
		map_refused unsupported 'cannot drain it: .*in one step' drain "$name"
		map del "$name" "$key"
		map_refused not_found 'not in the map' del "$name" "$key"
		map set "$name" "$key" "$SOCKETS/fd:55"
		map_json clear "$name" | assert_json "clear" '.cleared == 1'
	done
	map_refused not_found 'the map has 4 entries' set sockmap 4 "$SOCKETS/fd:54"
	map_refused not_found 'the map has 4 entries' del sockmap 4
	# before 5.x values had four bytes: then they are never read
	new_map narrow sockmap 4 4 4
	map set narrow 1 "$SOCKETS/fd:54"
	map_refused unsupported 'values have 4 bytes' get narrow 1
	map_refused unsupported 'values have 4 bytes' dump narrow
	map del narrow 1
}

test_map_queue_reuseport_group() {
	sockets_up
	new_map group reuseport_sockarray 4 8 4
	map set group 2 "$SOCKETS/fd:53"
	map_json dump group | assert_json "dump" \
		'length == 1 and .[0].key == 2 and (.[0].value | test("^cookie:"))'
	map_refused usage . set group 1 "$SOCKETS/fd:54"
	map_refused not_found 'the map has 4 entries' set group 4 "$SOCKETS/fd:53"
	map_refused unsupported 'cannot drain it: .*in one step' drain group
	map del group 2
	map_refused not_found 'not in the map' del group 2
}

test_map_queue_storage_of_sockets() {
	sockets_up
	typed_maps
	map_refused not_found 'not in the map' get t_sk "$SOCKETS/fd:54"
	map set t_sk "$SOCKETS/fd:54" 9
	assert_equal "value" 9 "$(map get t_sk "$SOCKETS/fd:54")"
	map_refused not_found 'not in the map' get t_sk "$SOCKETS/fd:55"
	map_refused usage . get t_sk "$SOCKETS/fd:0"
	unlisted t_sk 'lists no elements'
	map del t_sk "$SOCKETS/fd:54"
	map_refused not_found 'not in the map' del t_sk "$SOCKETS/fd:54"
}
