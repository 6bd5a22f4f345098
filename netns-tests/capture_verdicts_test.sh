#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A capture tells what the pipeline did with each packet, shows it as it came, and the pipeline does
# the same as without it.

# shellcheck disable=SC2016 # programs for jq

export LAB_PORTS=3 # for lib.sh

# shellcheck source=/dev/null
. "$HERE/capture.sh"

FRAMES=(400 --sizes 60-1514:7)

# verdict NUMBER COMMENT [PACKETS]: that of all packets in $TMP/a.cap.
verdict() {
	need tshark
	tshark -r "$TMP/a.cap" -T fields -e frame.verdict.ebpf_xdp -e frame.comment 2>/dev/null |
		sort | uniq -c | tr -s ' \t' ' ' >"$TMP/verdicts"
	assert_equal "verdicts and comments" "${3:-400}${1:+ $1}${2:+ $2}" \
		"$(xargs <"$TMP/verdicts")"
}

test_capture_verdicts_drop_is_seen() {
	local mode

	lab_quiet
	for mode in drv skb; do
		xdpq attach eth0 drop --mode "$mode"
		capture_begins a eth0
		send_frames "${FRAMES[@]}"
		capture_ends a '.written == 400'
		has_frames a "${FRAMES[@]}"
		verdict 1 ''
		assert_equal "dropped" 400 "$(counter eth0 .verdicts.drop.packets)"
		xdpq detach eth0
	done
}

test_capture_verdicts_drop_by_xsk_is_seen() {
	lab_quiet
	xdpq attach eth0 drop
	capture_begins a eth0 --via xsk
	send_frames "${FRAMES[@]}"
	capture_ends a '.written == 400'
	has_frames a "${FRAMES[@]}"
	verdict 1 ''
	assert_equal "dropped" 400 "$(counter eth0 .verdicts.drop.packets)"
}

# The rest comes by the ring, and gets where it goes.
test_capture_verdicts_xsk_leaves_alone_what_is_not_dropped() {
	lab_quiet
	xdpq attach eth0 redirect eth1
	receive h2 h2 eth0 100
	capture_begins a eth0 --via xsk
	frames h1 send eth0 100
	received h2 '.received == 100 and .bad == 0'
	capture_ends a '.written == 100'
	verdict 4 'to eth1' 100
}

# redirected MODE COMMENT PORT...: what h1 sends is in the capture, and h2 gets it as before.
redirected() {
	lab_quiet
	xdpq attach eth0 redirect "${@:3}" --mode "$1"
	receive h2 h2 eth0 300
	capture_begins a eth0
	frames h1 send eth0 200 dst="$(host_mac 2)"
	frames h1 send eth0 100 size=1514 first=200 dst="$(host_mac 2)"
	received h2 '.received == 300 and .unique == 300 and .bad == 0 and .sizes == [1514, 60]'
	capture_ends a '.written == 300'
	verdict 4 "$2" 300
	assert_counts eth0 redirect redirected 300 $((200 * 60 + 100 * 1514))
}

test_capture_verdicts_redirect_is_seen_and_done() {
	redirected drv 'to eth1' eth1
}

test_capture_verdicts_skb_redirect_is_seen_and_done() {
	redirected skb 'to eth1' eth1
}

test_capture_verdicts_redirect_to_several_is_seen_and_done() {
	redirected drv 'to eth1+eth2' eth1 eth2
}

# dump_begins NS FILTER...: tcpdump there; dump_ends PACKETS: so many matched.
dump_begins() {
	rm -f "$TMP/dump.pcap"
	spawn dump "$1" tcpdump -Z root -i eth0 -Q in -B 16384 -U -w "$TMP/dump.pcap" "${@:2}"
	wait_for 5 grep -q 'listening on' "$TMP/dump.err"
}

dump_has() { # PACKETS
	[ "$(tcpdump -nn -r "$TMP/dump.pcap" 2>/dev/null | wc -l)" -ge "$1" ]
}

dump_ends() {
	wait_for 10 dump_has "$1"
	kill -INT "${PID[dump]}"
	join dump
	assert_equal "packets that came out of the box" "$1" \
		"$(tcpdump -nn -r "$TMP/dump.pcap" 2>/dev/null | wc -l)"
}

# The capture has what came; the sender gets back what the stage made of it.
test_capture_verdicts_reflect_is_shown_as_it_came() {
	local mode

	lab_quiet
	for mode in drv skb; do
		xdpq attach eth0 reflect --l3 --l4 --mode "$mode"
		capture_begins a eth0
		dump_begins h1 udp and ether src 02:00:00:00:00:02 and ether dst 02:00:00:00:00:01 \
			and src host 10.99.0.2 and dst host 10.99.0.1 and src port 9
		send_frames "${FRAMES[@]}"
		dump_ends 400
		capture_ends a '.written == 400'
		has_frames a "${FRAMES[@]}"
		verdict 3 reflected
		xdpq detach eth0
	done
}

# Two captures see the same, whatever the first one was shown.
test_capture_verdicts_swapped_macs_are_shown_as_they_came() {
	local mode

	lab_quiet
	for mode in drv skb; do
		xdpq attach eth0 redirect eth1 --swap-mac --mode "$mode"
		capture_begins a eth0
		capture_begins b eth0 udp
		dump_begins h2 ether src 02:00:00:00:00:02 and ether dst 02:00:00:00:00:01
		send_frames "${FRAMES[@]}"
		dump_ends 400
		capture_ends a '.written == 400'
		capture_ends b '.written == 400'
		has_frames a "${FRAMES[@]}"
		has_frames b "${FRAMES[@]}"
		verdict 4 'to eth1'
		xdpq detach eth0
	done
}

# Also what a rewriting pipeline does with jumbo frames, in several buffers.
test_capture_verdicts_rewritten_jumbo_frames_are_shown_as_they_came() {
	local host

	lab_quiet
	for host in 1 2; do
		at "h$host" ip link set eth0 mtu 9000
		at box ip link set "eth$((host - 1))" mtu 9000
	done
	xdpq attach eth0 redirect eth1 --swap-mac
	capture_begins a eth0
	dump_begins h2 ether src 02:00:00:00:00:02 and ether dst 02:00:00:00:00:01
	send_frames 60 --sizes 9000-9014,60,3000-6000:500
	dump_ends 60
	capture_ends a '.written == 60'
	has_frames a 60 --sizes 9000-9014,60,3000-6000:500
}

test_capture_verdicts_count_then_pass_is_seen_and_done() {
	lab_quiet
	xdpq attach eth0 count --by proto "then" pass
	capture_begins a eth0
	receive box box eth0 50
	frames h1 send eth0 50 dst="$(box_mac 1)"
	received box '.received == 50 and .bad == 0'
	capture_ends a '.written == 50'
	verdict 2 '' 50
	assert_counts eth0 pass pass 50 3000
}

test_capture_verdicts_steer_is_seen_and_done() {
	lab_quiet
	xdpq attach eth0 steer 1
	capture_begins a eth0
	receive box box eth0 50
	frames h1 send eth0 50 dst="$(box_mac 1)"
	received box '.received == 50 and .bad == 0'
	capture_ends a '.written == 50'
	verdict 4 'to CPU 1' 50
}

# As -j and as text.
test_capture_verdicts_are_told_in_lines() {
	lab_quiet
	xdpq attach eth0 redirect eth1
	spawn a box "$XDPCTL" capture eth0 -c 5
	wait_for 10 captures_are eth0 1
	send_frames 5
	join a
	assert_equal "lines" 5 "$(grep -c ' redirect to eth1  10.99.0.1' "$TMP/a.out")"
	capture_spawn b eth0 -c 5
	wait_for 10 captures_are eth0 1
	send_frames 5
	join b
	jq -s . "$TMP/b.out" | assert_json "packets" 'length == 5 and all(.[];
		.verdict == "redirect" and .reason == "redirected" and .target == "eth1")'
}

# Where nothing is attached there is a pass for the time of the capture, and no trace behind it.
test_capture_verdicts_without_a_pipeline_a_pass_comes_and_goes() {
	local way

	lab_quiet
	clean_begins
	for way in '' '--steal' '--via tc' '--via packet' '--direction both'; do
		# shellcheck disable=SC2086 # words
		capture_begins a eth0 $way
		send_frames "${FRAMES[@]}"
		capture_ends a '.written == 400 and .dropped == 0'
		has_frames a "${FRAMES[@]}"
		case $way in
		'' | *both) verdict 2 '' ;;
		--steal) verdict 4 '' ;;
		*) verdict '' '' ;;
		esac
		xdp -j status | assert_json "status" '. == []'
		clean_so_far
	done
	clean_ends
}

# A pipeline that was there stays as it was, with its counts, whatever looked at it.
test_capture_verdicts_the_pipeline_is_the_same_afterwards() {
	local way

	lab_quiet
	xdpq attach eth0 count --by src "then" redirect eth1 --swap-mac
	xdp -j status eth0 | jq '.[0] | del(.prog_id, .tag, .packets, .bytes)' >"$TMP/status"
	state_but_programs >"$TMP/before"
	for way in '' '--steal' '--via tc' '--direction out'; do
		# shellcheck disable=SC2086 # words
		capture_begins a eth0 $way
		send_frames 10
		capture_ends a .
		xdp -j status eth0 | jq '.[0] | del(.prog_id, .tag, .packets, .bytes)' >"$TMP/now"
		assert_same "status" "$TMP/status" "$TMP/now"
		state_but_programs >"$TMP/now"
		assert_same "state" "$TMP/before" "$TMP/now"
	done
	assert_equal "packets" 40 "$(counter eth0 .packets)"
	assert_equal "maps of captures" "" "$(prog_maps "$(prog_id eth0)" | cut -d' ' -f2 |
		while read -r id; do bpftool -j map show id "$id"; done | jq -r .name | grep ^tap)"
}
