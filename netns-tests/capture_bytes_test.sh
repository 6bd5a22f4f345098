#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A capture has every byte of every packet, whatever its size and mode, and others can read it.

# shellcheck disable=SC2016 # programs for jq

# shellcheck source=/dev/null
. "$HERE/capture.sh"

ALL=(3002 --sizes 14-1514 --kind mixed)

# each_size CAPTURE_OPTION...: everything arrives in the file as it was sent.
each_size() {
	lab_quiet
	capture_begins all eth0 "$@"
	send_frames "${ALL[@]}"
	capture_ends all '.received == 3002 and .written == 3002 and .dropped == 0 and .filtered == 0'
	has_frames all "${ALL[@]}"
}

test_capture_bytes_each_size_is_equal_in_drv_mode() {
	xdpq attach eth0 pass --mode drv
	each_size
}

test_capture_bytes_each_size_is_equal_in_skb_mode() {
	xdpq attach eth0 pass --mode skb
	each_size
	xdp -j status eth0 | assert_json "status" '.[0].mode == "skb"'
}

test_capture_bytes_each_size_is_equal_as_pcap() {
	each_size --format pcap
	# magic number of little-endian files with nanoseconds
	assert_equal "magic number" 4d3cb2a1 "$(xxd -p -l 4 "$TMP/all.cap")"
}

test_capture_bytes_each_size_is_equal_by_tc() {
	each_size --via tc
}

test_capture_bytes_each_size_is_equal_by_af_packet() {
	lab_quiet
	capture_begins all eth0 --via packet
	send_frames "${ALL[@]}"
	capture_ends all '.received == 3002 and .written == 3002 and .filtered == null'
	has_frames all "${ALL[@]}"
}

test_capture_bytes_each_size_is_equal_when_stolen() {
	each_size --steal
}

# What a drop would have thrown away comes by AF_XDP; also in skb mode.
test_capture_bytes_each_size_is_equal_by_xsk() {
	xdpq attach eth0 drop
	each_size --via xsk
	xdpq detach eth0
	xdpq attach eth0 drop --mode skb
	each_size --via xsk
}

# jumbo FRAMES CAPTURE_OPTION...: several buffers each.
jumbo() {
	lab_quiet
	at h1 ip link set eth0 mtu 9000
	at box ip link set eth0 mtu 9000
	capture_begins jumbo eth0 "$@"
	send_frames 300 --sizes 9000-9014,60,3000-6000:100
	capture_ends jumbo '.received == 300 and .written == 300 and .dropped == 0'
	has_frames jumbo 300 --sizes 9000-9014,60,3000-6000:100
}

test_capture_bytes_jumbo_frames_are_equal() {
	jumbo
	assert_prog eth0 ""
}

test_capture_bytes_jumbo_frames_are_equal_in_a_pipeline() {
	at h1 ip link set eth0 mtu 9000
	at box ip link set eth0 mtu 9000
	xdpq attach eth0 pass --mode drv
	xdp -j status eth0 | assert_json "status" '.[0].multi_buffer and .[0].mode == "drv"'
	jumbo
	jumbo udp
	jumbo --via xsk
}

# By two kinds of feeds at a time: a packet of several buffers stays where it is put together.
test_capture_bytes_jumbo_frames_are_equal_when_dropped() {
	at h1 ip link set eth0 mtu 9000
	at box ip link set eth0 mtu 9000
	xdpq attach eth0 drop --mode drv
	jumbo --via xsk
	jumbo --via xsk --direction both
}

test_capture_bytes_jumbo_frames_are_equal_when_filtered() {
	jumbo udp and host 10.99.0.2
}

test_capture_bytes_jumbo_frames_are_equal_by_tc() {
	jumbo --via tc
}

test_capture_bytes_jumbo_frames_are_equal_by_af_packet() {
	jumbo --via packet
}

test_capture_bytes_jumbo_frames_are_equal_when_stolen() {
	jumbo --steal
}

# Where the tag is on the wire, also by what sees it beside the frame.
test_capture_bytes_tags_are_in_the_frame() {
	local how

	lab_quiet
	for how in '' '--via tc' '--via packet' '--steal'; do
		# shellcheck disable=SC2086 # words
		capture_begins tags eth0 $how
		send_frames 200 --sizes 20-1518:50 --vlan 100
		capture_ends tags '.received == 200 and .written == 200'
		has_frames tags 200 --sizes 20-1518:50 --vlan 100
		# shellcheck disable=SC2086 # words
		capture_begins tags eth0 $how -s 60
		send_frames 200 --sizes 20-1518:50 --vlan 100
		capture_ends tags '.received == 200 and .written == 200'
		has_frames tags 200 --sizes 20-1518:50 --vlan 100 --snaplen 60
	done
}

test_capture_bytes_filters_find_tags() {
	local how

	lab_quiet
	for how in '' '--steal'; do
		# shellcheck disable=SC2086 # words
		capture_begins ports eth0 $how vlan 100 and udp dst port 9
		send_frames 100 --sizes 64-1518:50 --vlan 100
		send_frames 50 --sizes 74-1518:50 --vlan 100 --kind tcp
		send_frames 50 --vlan 101
		send_frames 50
		capture_ends ports '.received == 100 and .filtered == 150'
		has_frames ports 100 --sizes 64-1518:50 --vlan 100
	done
}

# Cut to what -s says, with the length it had; a packet that is shorter is whole.
test_capture_bytes_snaplen_cuts_and_keeps_the_length() {
	local how

	lab_quiet
	for how in '' '--format pcap' '--via tc' '--via packet' '--steal'; do
		# shellcheck disable=SC2086 # words
		capture_begins cut eth0 -s 96 $how
		send_frames 200 --sizes 42-1514:23
		capture_ends cut '.received == 200 and .written == 200'
		has_frames cut 200 --sizes 42-1514:23 --snaplen 96
	done
	capture_begins cut eth0 -s 1
	send_frames 20 --sizes 14-1514:300
	capture_ends cut '.written == 20'
	tshark -r "$TMP/cut.cap" -T fields -e frame.cap_len -e frame.len 2>/dev/null >"$TMP/lengths"
	assert_equal "captured" 20 "$(cut -f 1 "$TMP/lengths" | grep -cx 1)"
	assert_equal "lengths" "1214 14 1514 314 614 914" \
		"$(cut -f 2 "$TMP/lengths" | sort -u | tr '\n' ' ' | sed 's/ $//')"
}

# The tools that people use agree on what is in there.
test_capture_bytes_tcpdump_tshark_and_capinfos_read_it() {
	local format

	need tshark
	need capinfos
	lab_quiet
	for format in pcapng pcap; do
		capture_begins a eth0 --format $format
		send_frames 400 --sizes 60-1514:7 --kind mixed
		capture_ends a '.written == 400'
		tcpdump -nn -r "$TMP/a.cap" >"$TMP/text" 2>"$TMP/err"
		assert_equal "packets for tcpdump" 400 "$(grep -c '^[0-9][0-9]:' "$TMP/text")"
		assert_equal "packets for tshark" 400 "$(packets "$TMP/a.cap")"
		assert_equal "UDP for tshark" 100 "$(packets "$TMP/a.cap" udp)"
		capinfos -M "$TMP/a.cap" >"$TMP/infos"
		grep -Eq '^Number of packets: +400$' "$TMP/infos"
		grep -Eq "^File type: .*$format" "$TMP/infos"
		grep -Eq '^Strict time order: +True$' "$TMP/infos"
		grep -Eq 'timestamp precision: +nanoseconds' "$TMP/infos"
	done
}

# What pcapng alone can say: interface, filter, kernel, queue, direction, counts of the interface.
test_capture_bytes_pcapng_says_where_it_is_from() {
	need tshark
	lab_quiet
	capture_begins a eth0 tcp
	send_frames 40 --sizes 100 --kind mixed
	capture_ends a '.written == 10 and .filtered == 30'
	capinfos "$TMP/a.cap" >"$TMP/infos"
	cat "$TMP/infos"
	grep -Eq '^ +Name = eth0$' "$TMP/infos"
	grep -Eq '^ +Filter string = tcp$' "$TMP/infos"
	grep -Eq "^Capture oper-sys: +Linux $(uname -r)$" "$TMP/infos"
	grep -Eq '^Capture application: +xdpctl ' "$TMP/infos"
	assert_equal "packets that arrived on queue 0 of eth0" 10 "$(packets "$TMP/a.cap" \
		'frame.interface_name == "eth0" && frame.packet_flags_direction == 1 &&
		 frame.interface_queue == 0 && frame.p2p_dir == 1')"
	# isb_ifrecv, isb_ifdrop, isb_filteraccept of the statistics block: 40, 0, 10
	xxd -p "$TMP/a.cap" | tr -d '\n' >"$TMP/hex"
	grep -q '040008002800000000000000' "$TMP/hex" || fail "not: 40 packets received"
	grep -q '050008000000000000000000' "$TMP/hex" || fail "not: 0 packets dropped"
	grep -q '060008000a00000000000000' "$TMP/hex" || fail "not: 10 packets accepted"
}
