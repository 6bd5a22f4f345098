#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# How captures end that do not end well: killed, without their interface, with a full disk or a
# reader that went away. The traffic goes on, the files are readable, and nothing stays for good.

# shellcheck disable=SC2016 # programs for jq

# shellcheck source=/dev/null
. "$HERE/capture.sh"

keeper_of() { # NAME
	pgrep -P "${PID[$1]}" -x xdpctl-keeper
}

# Set KEEPER; the test kills it, or sees it end.
find_keeper() { # NAME
	KEEPER=$(keeper_of "$1")
	[ -n "$KEEPER" ] || fail "the capture $1 has no keeper"
}

killed() { # NAME
	local status=0

	kill -KILL "${PID[$1]}"
	join "$1" 2>/dev/null || status=$?
	assert_equal "exit status of what was killed" 137 "$status"
}

# size_grows FILE BYTES: written out by now
has_bytes() {
	[ "$(stat -c %s "$1")" -ge "$2" ]
}

# Readers take an unfinished file up to its last whole block.
assert_readable_part() { # FILE AT_LEAST OPTION...
	local n

	need tshark
	n=$(tshark -r "$1" -T fields -e frame.number 2>"$TMP/tshark.err" | wc -l)
	[ "$n" -ge "$2" ] || fail "of $1 tshark reads $n packets: $(cat "$TMP/tshark.err")"
	xframes box check "$1" "${@:3}" --subset --in-order || fail "$1 has other packets"
}

test_capture_ends_killed_the_keeper_puts_everything_back() {
	local way

	lab_quiet
	clean_begins
	for way in '' '--steal' '--via tc' '--direction both' '--via packet'; do
		# shellcheck disable=SC2086 # words
		capture_begins a eth0 $way
		find_keeper a
		send_frames 3000 --sizes 1514 --rate 100000
		wait_for 10 has_bytes "$TMP/a.cap.part" 1000000
		killed a
		wait_for 5 process_ended "$KEEPER"
		xdp -j status | assert_json "status" '. == []'
		clean_so_far
		[ ! -e "$TMP/a.cap" ] || fail "an unfinished file has the name of a finished one"
		assert_readable_part "$TMP/a.cap.part" 600 --count 3000 --sizes 1514
	done
	clean_ends
}

test_capture_ends_killed_the_pipeline_goes_on() {
	lab_quiet
	xdpq attach eth0 redirect eth1 --swap-mac
	state_but_programs >"$TMP/before"
	capture_begins a eth0
	capture_begins thief eth0 --steal arp
	capture_begins other eth0
	for name in thief a; do
		find_keeper $name
		killed $name
		wait_for 5 process_ended "$KEEPER"
	done
	captures_are eth0 1
	send_frames 100
	capture_ends other '.received == 100'
	xdp -j status eth0 | assert_json "status" '.[0] | .captures == [] and .packets == 100
		and .warnings == []'
	state_but_programs >"$TMP/now"
	assert_same "state" "$TMP/before" "$TMP/now"
	xdpq detach eth0
}

is_gone() { # IFACE: the status knows that the capture there does not live
	xdp -j status "$1" | jq -e '.[0].captures | length == 1 and .[0].alive == false' >/dev/null
}

# Without its keeper nobody puts anything back; packets pass, and it is said what to do. Maps are not
# looked at: the kernel (6.18) may keep a program array for good that is closed by its last process
# twice in a row, see prog_array_map_clear(), and here each look at the status may do that.
test_capture_ends_killed_with_its_keeper_can_be_cleared() {
	lab_quiet
	clean_begins
	capture_begins a eth0
	send_frames 100
	find_keeper a
	kill -KILL "$KEEPER"
	killed a
	receive box box eth0 50
	frames h1 send eth0 50 dst="$(box_mac 1)"
	received box '.received == 50 and .bad == 0'
	refused conflict 'eth0: .*captur' detach eth0 --taps # it could still live
	wait_for 10 is_gone eth0
	xdp status eth0 | grep -q '(gone)'
	xdpq detach eth0 --taps
	xdp -j status | assert_json "status" '. == []'
	clean_so_far
}

# One that took packets away: they come again.
test_capture_ends_killed_thief_can_be_cleared() {
	lab_quiet
	xdpq attach eth0 redirect eth1
	state_but_programs >"$TMP/before"
	capture_begins a eth0 --steal
	send_frames 100
	find_keeper a
	kill -KILL "$KEEPER"
	killed a
	receive h2 h2 eth0 50
	frames h1 send eth0 50
	received h2 '.received == 50 and .bad == 0'
	wait_for 10 is_gone eth0
	capture_begins b eth0 # which takes the dead one's place
	send_frames 10
	capture_ends b '.received == 10'
	xdp -j status eth0 | assert_json "status" '.[0].captures == []'
	state_but_programs >"$TMP/now"
	assert_same "state" "$TMP/before" "$TMP/now"
}

# The keeper alone: the capture sees that, and puts everything back by itself.
test_capture_ends_without_its_keeper() {
	lab_quiet
	clean_begins
	capture_begins a eth0
	send_frames 100
	kill -KILL "$(keeper_of a)"
	capture_ends_with a failed 'keeps its tap is gone'
	has_frames a 100
	clean_ends
}

# Stood still for long it goes on: its keeper did not stand still.
test_capture_ends_not_while_it_stands_still() {
	lab_quiet
	capture_begins a eth0
	kill -STOP "${PID[a]}"
	send_frames 100
	pause 6 # a place is given away after 5 s without a sign of life
	capture_begins b eth0
	send_frames 100
	capture_ends b '.received == 100'
	xdp -j status eth0 | assert_json "status" '.[0].captures | length == 1 and .[0].alive'
	kill -CONT "${PID[a]}"
	capture_ends a '.received == 200 and .dropped == 0'
}

test_capture_ends_when_the_interface_is_deleted() {
	local way

	for way in '' '--via tc' '--via packet' '--steal' '--direction both'; do
		lab_quiet
		# shellcheck disable=SC2086 # words
		capture_begins a eth0 $way
		send_frames 100
		at box ip link del eth0
		capture_ends_with a not_found 'eth0: '
		has_frames a 100
		tail -n 1 "$TMP/a.err" | assert_json "error" '.error.code == "not_found"'
		ip netns del "$LAB-h1"
		lab_host 1
		wait_for 5 lab_links_up
	done
	assert_no_process
}

# ---- output

test_capture_ends_when_the_disk_is_full() {
	local format

	lab_quiet
	for format in pcapng pcap; do
		mkdir -p "$TMP/small"
		mount -t tmpfs -o size=1m none "$TMP/small"
		capture_spawn a eth0 --format $format -w "$TMP/small/a.cap"
		wait_for 10 capture_has_begun a
		xframes h1 send eth0 --count 3000 --sizes 1514 --rate 100000
		capture_ends_with a failed 'No space left|full'
		grep '^{"received"' "$TMP/a.err" >"$TMP/sum"
		assert_json "summary" '.received == .written + .not_written and .not_written > 0
			and .written > 500 and .dropped == 0' <"$TMP/sum"
		ls -l "$TMP/small"
		assert_equal "packets in the file" "$(jq .written "$TMP/sum")" \
			"$(capinfos -TrMc "$TMP"/small/a.cap* | cut -f 2)"
		xframes box check "$TMP"/small/a.cap* --count "$(jq .written "$TMP/sum")" \
			--sizes 1514 --in-order
		umount "$TMP/small"
		assert_prog eth0 ""
	done
}

test_capture_ends_when_the_reader_of_the_pipe_does() {
	local status

	lab_quiet
	xdpq attach eth0 pass
	(
		set +e
		at box "$XDPCTL" -j capture eth0 -w - 2>"$TMP/a.err" | head -c 1000 >"$TMP/head"
		echo "${PIPESTATUS[0]}" >"$TMP/status"
	) &
	wait_for 10 captures_are eth0 1
	xframes h1 send eth0 --count 3000 --sizes 1514
	wait_for 10 test -s "$TMP/status"
	wait
	cat "$TMP/a.err"
	assert_equal "exit code" 1 "$(cat "$TMP/status")"
	grep '^{"received"' "$TMP/a.err" | assert_json "summary" '
		.received == .written + .not_written and .not_written > 0'
	assert_equal "bytes" 1000 "$(stat -c %s "$TMP/head")"
	captures_are eth0 0
}

# A reader that is there and does not read does not keep a capture from ending.
test_capture_ends_when_the_pipe_is_full() {
	local fifo

	lab_quiet
	xdpq attach eth0 pass
	mkfifo "$TMP/pipe"
	exec {fifo}<>"$TMP/pipe"
	(exec nsenter --net="/run/netns/$LAB-box" -- "$XDPCTL" -j capture eth0 -w -) \
		>"$TMP/pipe" 2>"$TMP/a.err" &
	PID[a]=$!
	: >"$TMP/a.out"
	wait_for 10 captures_are eth0 1
	send_frames 3000 --sizes 1514
	kill -INT "${PID[a]}"
	capture_ends_with a failed 'nobody reads'
	grep '^{"received"' "$TMP/a.err" | assert_json "summary" '.received == 3000
		and .written + .not_written == 3000 and .not_written > 1000'
	exec {fifo}>&-
	captures_are eth0 0
}

test_capture_ends_with_what_a_pipe_got() {
	local format

	lab_quiet
	xdpq attach eth0 pass
	for format in pcapng pcap; do
		(at box "$XDPCTL" -j capture eth0 -c 100 --format $format -w - 2>"$TMP/a.err" |
			tcpdump -nn -r - >"$TMP/text" 2>/dev/null) &
		wait_for 10 captures_are eth0 1
		send_frames 100
		wait
		assert_equal "packets for tcpdump" 100 "$(grep -c '^[0-9][0-9]:' "$TMP/text")"
		capture_sum a '.written == 100'
	done
}
