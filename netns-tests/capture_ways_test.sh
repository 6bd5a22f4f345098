#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Directions, several captures on one interface, and what a capture does where other programs are.

# shellcheck disable=SC2016 # programs for jq

# shellcheck source=/dev/null
. "$HERE/capture.sh"
# shellcheck source=/dev/null
. "$HERE/foreign.sh"

# ---- directions

# fields NAME FIELD...: of all packets of that capture, by spaces.
fields() {
	local name=$1 options=() field

	shift
	need tshark
	for field in "$@"; do
		options+=(-e "$field")
	done
	tshark -r "$TMP/$name.cap" -T fields -E separator=' ' "${options[@]}" 2>/dev/null
}

test_capture_ways_out_has_what_leaves() {
	local way

	lab_quiet
	for way in auto tc packet; do
		capture_begins a eth0 --direction out --via "$way"
		xframes box send eth0 --count 300 --sizes 20-1514:5
		send_frames 100 # comes in
		capture_ends a '.received == 300 and .written == 300 and .dropped == 0'
		has_frames a 300 --sizes 20-1514:5
		assert_equal "direction" 300 "$(fields a frame.packet_flags_direction | grep -c 02)"
	done
}

test_capture_ways_out_filters_and_counts() {
	lab_quiet
	capture_begins a eth0 --direction out tcp
	xframes box send eth0 --count 400 --sizes 100 --kind mixed
	capture_ends a '.received == 100 and .filtered == 300'
	assert_equal "TCP" 100 "$(packets "$TMP/a.cap" tcp)"
}

# Requests and replies as one stream.
test_capture_ways_both_is_in_the_order_of_time() {
	local way

	at h1 ip addr add 10.78.1.1/24 dev eth0
	at box ip addr add 10.78.1.9/24 dev eth0
	for way in auto tc packet; do
		capture_begins a eth0 --direction both --via "$way" icmp
		at h1 ping -q -c 30 -i 0.005 -W 2 10.78.1.9
		capture_ends a '.received == 60 and .written == 60'
		fields a icmp.type icmp.seq frame.packet_flags_direction >"$TMP/got"
		for ((n = 1; n <= 30; n++)); do
			printf '8 %d 0x00000001\n0 %d 0x00000002\n' "$n" "$n"
		done >"$TMP/wanted"
		assert_same "requests and replies" "$TMP/wanted" "$TMP/got"
		fields a frame.time_epoch >"$TMP/got"
		sort -n "$TMP/got" >"$TMP/wanted"
		assert_same "times" "$TMP/wanted" "$TMP/got"
	done
}

# push_tags ingress|egress: puts a tag beside each frame, as a device for a VLAN does.
push_tags() {
	clang -O2 -g -Wall -target bpf "-I/usr/include/$(gcc -print-multiarch)" \
		-c "$HERE/vlan_push.c" -o "$TMP/vlan_push.o"
	at box tc qdisc add dev eth0 clsact
	at box tc filter add dev eth0 "$1" bpf da obj "$TMP/vlan_push.o" sec classifier
}

# AF_PACKET is behind that program, TC before it.
test_capture_ways_vlan_tags_that_leave_are_in_the_frame() {
	lab_quiet
	push_tags egress
	for way in tc packet; do
		capture_begins "$way" eth0 --direction out --via "$way"
	done
	capture_begins tagged eth0 --direction out --via packet vlan 10
	xframes box send eth0 --count 100 --sizes 60-1500:20
	capture_ends tc '.received == 100'
	capture_ends packet '.received == 100'
	capture_ends tagged '.received == 100'
	assert_equal "tagged" 0 "$(packets "$TMP/tc.cap" 'vlan.id == 10')"
	assert_equal "tagged" 100 "$(packets "$TMP/packet.cap" 'vlan.id == 10')"
	assert_equal "tagged" 100 "$(packets "$TMP/tagged.cap" 'vlan.id == 10')"
}

# ---- several

test_capture_ways_each_of_several_gets_what_it_asked_for() {
	lab_quiet
	xdpq attach eth0 pass
	capture_begins all eth0
	capture_begins udp eth0 udp
	capture_begins tcp eth0 -s 70 tcp
	capture_begins arp eth0 --format pcap arp
	capture_begins none eth0 icmp6
	capture_begins other eth0 not udp and not tcp
	captures_are eth0 6
	xdp -j status eth0 | assert_json "filters" '[.[0].captures[].filter]
		== ["", "udp", "tcp", "arp", "icmp6", "not udp and not tcp"]'
	refused conflict 'eth0: 6 captures' capture eth0 -w "$TMP/seventh"
	[ -z "$(compgen -G "$TMP/seventh*")" ] || fail "the seventh left a file"
	send_frames 400 --sizes 100-1000:90 --kind mixed
	capture_ends tcp '.written == 100 and .filtered == 300'
	capture_ends none '.written == 0 and .filtered == 400'
	capture_ends all '.written == 400 and .filtered == 0'
	capture_begins again eth0 tcp
	send_frames 100 --sizes 100 --kind tcp
	capture_ends udp '.written == 100 and .filtered == 400'
	capture_ends other '.written == 200 and .filtered == 300'
	capture_ends again '.written == 100 and .filtered == 0'
	capture_ends arp '.written == 100 and .filtered == 400'
	has_frames all 400 --sizes 100-1000:90 --kind mixed
	has_frames again 100 --sizes 100 --kind tcp
	assert_equal "UDP" 100 "$(packets "$TMP/udp.cap" udp)"
	assert_equal "TCP, cut" 100 "$(packets "$TMP/tcp.cap" 'tcp && frame.cap_len == 70')"
	assert_equal "ARP" 100 "$(packets "$TMP/arp.cap" arp)"
	assert_equal "neither" 200 "$(packets "$TMP/other.cap" 'not udp && not tcp')"
	captures_are eth0 0
}

# Two ways to take packets away cannot be; to look at what is not taken away can.
test_capture_ways_a_second_steal_is_refused() {
	lab_quiet
	xdpq attach eth0 pass
	capture_begins thief eth0 --steal udp
	refused conflict 'eth0: .*another' capture eth0 --steal -w "$TMP/second"
	captures_are eth0 1
	capture_begins tcp eth0
	send_frames 400 --sizes 100 --kind mixed
	capture_ends thief '.written == 100 and .filtered == 300'
	capture_ends tcp '.written == 300'
	assert_equal "stolen" 100 "$(packets "$TMP/thief.cap" udp)"
	assert_equal "not stolen" 300 "$(packets "$TMP/tcp.cap" 'not udp')"
	capture_begins thief eth0 --steal
	capture_ends thief .
}

# What is taken away comes nowhere, the rest goes on.
test_capture_ways_stolen_packets_come_nowhere() {
	lab_quiet
	xdpq attach eth0 redirect eth1
	spawn dump h2 tcpdump -Z root -i eth0 -Q in -U -w "$TMP/dump.pcap"
	wait_for 5 grep -q 'listening on' "$TMP/dump.err"
	capture_begins thief eth0 --steal udp
	send_frames 400 --sizes 100 --kind mixed
	capture_ends thief '.written == 100 and .dropped == 0'
	send_frames 4 --sizes 100 # now it comes again
	wait_for 10 tcpdump_sees 304
	kill -INT "${PID[dump]}"
	join dump
	tcpdump_sees 304
}

tcpdump_sees() { # PACKETS
	[ "$(tcpdump -nn -r "$TMP/dump.pcap" 2>/dev/null | grep -c '^[0-9][0-9]:')" = "$1" ]
}

# ---- where a program of somebody else is

# The foreign program drops all it sees, so nothing comes behind it but what it lets by: what it is
# not asked about, as this is what leaves.
beside_foreign() { # MODE
	local way

	lab_quiet
	foreign_attach eth0 "$1"
	clean_begins
	for way in '' '--direction both'; do
		# shellcheck disable=SC2086 # words
		capture_begins a eth0 $way
		grep -q "warnings.*eth0: .*foreign program $FOREIGN.*at TC" "$TMP/a.err" ||
			fail "no warning: $(cat "$TMP/a.err")"
		send_frames 100
		xframes box send eth0 --count 100
		capture_ends a ".received == ${#way} / 16 * 100 and .dropped == 0"
	done
	has_frames a 100
	refused conflict "eth0: .*foreign program $FOREIGN" capture eth0 --steal -w "$TMP/b"
	refused conflict "eth0: .*foreign program $FOREIGN" capture eth0 --via ring -w "$TMP/b"
	refused conflict "eth0: .*foreign program $FOREIGN" capture eth0 --via xsk -w "$TMP/b"
	send_frames 10
	foreign_saw 210
	clean_ends "$FOREIGN"
	assert_prog eth0 "$FOREIGN"
}

test_capture_ways_beside_a_foreign_program_by_tc() {
	beside_foreign xdpdrv
}

test_capture_ways_beside_a_foreign_skb_program_by_tc() {
	beside_foreign xdpgeneric
}

# A program that lets all pass, and that its owner alone can take off.
test_capture_ways_beside_a_foreign_link_by_tc() {
	lab_quiet
	foreign_link eth0
	capture_begins a eth0
	grep -q 'warnings.*eth0: .*foreign program' "$TMP/a.err"
	send_frames 400 --sizes 60-1514:7
	capture_ends a '.received == 400'
	has_frames a 400 --sizes 60-1514:7
	capture_begins a eth0 vlan 100 # which TC does not find
	send_frames 100 --vlan 100
	send_frames 100 --vlan 101
	send_frames 100
	capture_ends a '.received == 100'
	has_frames a 100 --vlan 100
	assert_prog eth0 "$FOREIGN"
	foreign_unlink
}

# The filters of others are not touched, nor is a clsact that was there.
test_capture_ways_filters_of_traffic_control_stay() {
	lab_quiet
	push_tags ingress
	clean_begins
	capture_begins a eth0 --via tc
	capture_begins b eth0 --via tc tcp
	send_frames 100 --sizes 100 --kind mixed
	capture_ends a '.written == 100'
	capture_ends b '.written == 25'
	clean_ends
}
