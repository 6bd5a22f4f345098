#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The numbers of a capture: each packet that was sent is received, dropped or filtered out, and
# counted there once. And the ways in which it ends.

# shellcheck disable=SC2016 # programs for jq

# shellcheck source=/dev/null
. "$HERE/capture.sh"

test_capture_counts_what_does_not_match_is_filtered() {
	local how

	lab_quiet
	for how in '' '--steal' '--via tc'; do
		# shellcheck disable=SC2086 # words
		capture_begins a eth0 $how tcp
		send_frames 400 --sizes 100-900:40 --kind mixed
		capture_ends a '.received == 100 and .written == 100 and .dropped == 0
			and .filtered == 300'
		assert_equal "packets in the file" 100 "$(packets "$TMP/a.cap" tcp)"
		assert_equal "packets in the file" 100 "$(packets "$TMP/a.cap")"
	done
	# the kernel does not say what a socket's filter let go
	capture_begins a eth0 --via packet tcp
	send_frames 400 --sizes 100-900:40 --kind mixed
	capture_ends a '.received == 100 and .written == 100 and .filtered == null'
}

# What comes behind the last one is told apart, and the file has exactly so many.
test_capture_counts_c_ends_after_exactly_so_many() {
	local n

	lab_quiet
	for n in 1 10 300; do
		capture_begins a eth0 -c "$n"
		send_frames 1000
		capture_over a '.written == $n and .received == .written + .unwanted
			and .received <= 1000' --argjson n "$n"
		has_frames a "$n"
	done
	capture_begins a eth0 -c 11
	send_frames 10
	capture_ends a '.written == 10 and .unwanted == 0'
}

test_capture_counts_for_ends_by_itself() {
	lab_quiet
	capture_begins a eth0 --for 0.5
	send_frames 100
	capture_over a '.written == 100 and .seconds >= 0.5'
	has_frames a 100
	captures_are eth0 0
	assert_prog eth0 ""
}

# An end by a signal is a good one, with everything written that had come: here that was all of it
# before the capture looks for the first time.
test_capture_counts_signals_end_it_well() {
	local signal

	lab_quiet
	xdpq attach eth0 pass
	for signal in INT TERM HUP; do
		capture_begins a eth0
		kill -STOP "${PID[a]}"
		xframes h1 send eth0 --count 5000 --rate 0
		wait_for 10 counter_is eth0 .packets 5000
		kill -"$signal" "${PID[a]}"
		kill -CONT "${PID[a]}"
		capture_over a '.received == 5000 and .written == 5000'
		has_frames a 5000
		[ ! -e "$TMP/a.cap.part" ] || fail "the unfinished file is left"
		xdpq detach eth0
		xdpq attach eth0 pass
	done
}

# The kernel hands packets of AF_PACKET over in blocks, the last one some time after its packets.
test_capture_counts_the_last_block_of_af_packet_is_read() {
	local n

	lab_quiet
	for n in 1 2 3; do
		capture_begins a eth0 --via packet --direction out
		at box sh -c '"$0" send eth0 --count 20 && kill -INT "$1"' "$TOOLS/xframes" "${PID[a]}"
		capture_over a '.received == 20 and .dropped == 0'
		has_frames a 20
	done
}

# Once more as people see it.
test_capture_counts_are_told_in_words() {
	lab_quiet
	spawn a box "$XDPCTL" capture eth0 -w "$TMP/a.cap" udp
	wait_for 10 capture_has_begun a
	send_frames 40 --sizes 100 --kind mixed
	kill -INT "${PID[a]}"
	join a
	grep -Exq '10 packets received in [0-9.]+ s, 10 written, 0 dropped, 30 filtered out' \
		"$TMP/a.err" || fail "it says: $(cat "$TMP/a.err")"
	[ ! -s "$TMP/a.out" ] || fail "something on stdout"
	spawn a box "$XDPCTL" -q capture eth0 -w "$TMP/a.cap" --for 0.1
	join a
	[ ! -s "$TMP/a.err" ] || fail "-q says: $(cat "$TMP/a.err")"
}

# overloaded PIPELINE DROPPED_BY CAPTURE_OPTION...: the capture stands still while more comes than
# its buffer takes; then it goes on. Each packet is received or dropped, and the box's pipeline did
# with each what it does.
overloaded() {
	local pipeline=$1 by=$2

	shift 2
	lab_quiet
	# shellcheck disable=SC2086 # words
	xdpq attach eth0 $pipeline
	capture_begins a eth0 --buffer 1 "$@"
	kill -STOP "${PID[a]}"
	send_flow --seconds 5 --count 40000 # 2.4 MB; the keeper is not stopped
	assert_equal "frames sent" 40000 "$SENT"
	wait_for 10 counter_is eth0 .packets 40000
	kill -CONT "${PID[a]}"
	capture_ends a '.received + .dropped == 40000 and .filtered == 0
		and .received == .written and .dropped == .dropped_by[$by]
		and .received > 100 and .dropped > 1000' --arg by "$by"
	tail -n 1 "$TMP/a.err"
	assert_equal "packets in the file" "$(tail -n 1 "$TMP/a.err" | jq .written)" \
		"$(capinfos -TrMc "$TMP/a.cap" | cut -f 2)"
}

test_capture_counts_overload_of_the_ring_is_exact() {
	need capinfos
	overloaded pass ring_full
}

test_capture_counts_overload_of_the_ring_behind_redirect_is_exact() {
	need capinfos
	overloaded 'redirect eth1' ring_full
}

test_capture_counts_overload_by_tc_is_exact() {
	need capinfos
	overloaded pass ring_full --via tc
}

test_capture_counts_overload_of_steal_is_exact() {
	need capinfos
	overloaded pass af_xdp --steal
}

test_capture_counts_overload_of_xsk_behind_drop_is_exact() {
	need capinfos
	overloaded drop af_xdp --via xsk
}

# flat_out PIPELINE CAPTURE_OPTION...: as fast as it goes, with nothing standing still.
flat_out() {
	local pipeline=$1

	lab_quiet
	# shellcheck disable=SC2086 # words
	xdpq attach eth0 $pipeline
	capture_begins a eth0 --buffer 1 "${@:2}"
	send_flow --seconds 0.5
	capture_ends a '.received + .dropped == $sent and .received == .written' \
		--argjson sent "$SENT"
	tail -n 1 "$TMP/a.err"
	assert_equal "packets of the pipeline" "$SENT" "$(counter eth0 .packets)"
}

test_capture_counts_flat_out_are_exact_by_the_ring() {
	flat_out 'redirect eth1'
}

test_capture_counts_flat_out_are_exact_when_stolen() {
	flat_out 'redirect eth1' --steal
}

test_capture_counts_flat_out_are_exact_by_xsk() {
	flat_out drop --via xsk
}

test_capture_counts_flat_out_are_exact_by_tc() {
	flat_out pass --via tc
}

test_capture_counts_flat_out_are_exact_by_af_packet() {
	flat_out pass --via packet
}

# Half of the flow matches: what the filter lets go is in no other number.
test_capture_counts_flat_out_with_a_filter_add_up() {
	lab_quiet
	capture_begins a eth0 --buffer 1 'udp[0:2] < 1056' # xflow: ports from 1024 to 1087
	send_flow --seconds 0.5 --count 320000
	capture_ends a '.received + .dropped == $sent / 2 and .filtered == $sent / 2
		and .received == .written' --argjson sent "$((SENT / 64 * 64))" ||
		fail "of $SENT"
}
