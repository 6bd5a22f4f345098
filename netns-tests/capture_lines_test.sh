#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A capture without a file is a line a packet, for people or as JSON. And what all of it leaves.

# shellcheck disable=SC2016 # programs for jq

# shellcheck source=/dev/null
. "$HERE/capture.sh"

KEYS='["time", "direction", "queue", "length", "captured", "verdict", "reason", "target", "src_mac",
	"dst_mac", "vlan", "ethertype", "src", "dst", "proto", "src_port", "dst_port", "tcp_flags",
	"payload", "fragment"]'

# lines_begin NAME GLOBAL_OPTIONS IFACE ARGUMENT...: without -w.
lines_begin() {
	# shellcheck disable=SC2086 # words
	spawn "$1" box "$XDPCTL" $2 capture "${@:3}"
	wait_for 10 captures_are "$3" 1
}

test_capture_lines_json_has_always_the_same_keys() {
	lab_quiet
	xdpq attach eth0 pass
	lines_begin a -j eth0
	send_frames 400 --sizes 14-1500:13 --kind mixed
	send_frames 40 --sizes 64-1500:13 --kind mixed --vlan 7
	capture_ends a '.received == 440 and .written == 440'
	assert_equal "lines" 440 "$(wc -l <"$TMP/a.out")"
	jq -s . "$TMP/a.out" | assert_json "packets" 'length == 440
		and all(.[]; keys_unsorted == $keys and .direction == "in" and .verdict == "pass"
			and .captured == .length and (.time | type) == "number")
		and ([.[] | .time] | . == sort)
		and (map(select(.vlan == [7])) | length) == 40
		and (map(select(.proto == "udp" and .src == "10.99.0.1" and .dst_port == 9))
			| length) > 90' --argjson keys "$KEYS"
}

# They come while it runs, not at the end alone, and through a pipe.
test_capture_lines_come_at_once() {
	lab_quiet
	xdpq attach eth0 pass
	lines_begin a '' eth0 udp
	send_frames 3
	wait_for 5 has_lines a 3
	send_frames 3
	wait_for 5 has_lines a 6
	kill -INT "${PID[a]}"
	join a
	grep -Exqc '[0-9:]{8}\.[0-9]{9} pass  10.99.0.1.[0-9]+ > 10.99.0.2.9: UDP, [0-9]+ bytes' \
		"$TMP/a.out"
	assert_equal "lines" 6 "$(wc -l <"$TMP/a.out")"
}

has_lines() { # NAME LINES
	[ "$(wc -l <"$TMP/$1.out")" -ge "$2" ]
}

test_capture_lines_say_what_was_cut() {
	lab_quiet
	xdpq attach eth0 drop
	lines_begin a -j eth0 -s 20 -c 8
	send_frames 8 --sizes 100 --kind mixed
	capture_over a '.written == 8'
	jq -s . "$TMP/a.out" | assert_json "packets" 'length == 8 and all(.[];
		.length == 100 and .captured == 20 and .verdict == "drop" and .src_port == null)'
	lines_begin b '' eth0 -s 20 -c 1
	send_frames 1 --sizes 100
	join b
	grep -F '[cut]' "$TMP/b.out"
}

test_capture_lines_end_with_their_reader() {
	lab_quiet
	xdpq attach eth0 pass
	(
		set +e
		at box "$XDPCTL" capture eth0 2>"$TMP/a.err" | head -n 1 >"$TMP/head"
		echo "${PIPESTATUS[0]}" >"$TMP/status"
	) &
	wait_for 10 captures_are eth0 1
	xframes h1 send eth0 --count 2000 --rate 1000
	wait_for 10 test -s "$TMP/status"
	wait
	assert_equal "exit code" 1 "$(cat "$TMP/status")"
	assert_equal "lines" 1 "$(wc -l <"$TMP/head")"
	captures_are eth0 0
}

# ---- what is left

open_files() { # of a process
	find "/proc/$1/fd" -mindepth 1 | wc -l
}

test_capture_lines_and_files_leave_nothing() {
	local round options

	lab_quiet
	clean_begins
	mkdir -m 777 "$TMP/open"
	for ((round = 0; round < 2; round++)); do
		for options in '' '--steal' '--via xsk' '--via tc' '--via packet' '--direction out' \
			'--direction both udp' '-Z nobody'; do
			# shellcheck disable=SC2086 # words
			xdpq capture eth0 --for 0.01 --buffer 8 -w "$TMP/open/a.cap" $options
		done
		xdpq capture eth0 --for 0.01
		! xdpq capture eth0 -w /nosuch/a.cap 2>/dev/null || fail "no such directory"
	done
	clean_ends
	xdpq attach eth0 redirect eth1 --swap-mac
	for options in '' '--steal' '--via xsk' '--via tc' '--direction both udp'; do
		# shellcheck disable=SC2086 # words
		xdpq capture eth0 --for 0.01 --buffer 8 -w "$TMP/a.cap" $options
	done
	assert_no_new_bpf "$TMP/clean_bpf" "$(prog_id eth0)"
	xdpq detach eth0
	clean_ends
}

# One that runs for long opens nothing more.
test_capture_lines_rounds_keep_the_number_of_files() {
	lab_quiet
	capture_begins a eth0 --rotate-count 10 -W 3
	send_frames 105
	wait_for 10 last_file_has a 5
	files=$(open_files "${PID[a]}")
	send_frames 500
	wait_for 10 last_file_has a 5
	[ "$(open_files "${PID[a]}")" -le "$files" ] || fail "open: $(ls -l "/proc/${PID[a]}/fd")"
	capture_ends a '.written == 605'
}

last_file_has() { # NAME PACKETS: the ones before are closed
	local part

	part=$(compgen -G "$TMP/$1.cap*.part")
	[ "$(tshark -r "$part" -T fields -e frame.number 2>/dev/null | wc -l)" = "$2" ]
}
