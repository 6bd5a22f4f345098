#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The tool xframes itself, which the tests of captures trust: it finds what was sent, as it was
# sent, and each kind of damage. tcpdump is who captures here.

# shellcheck disable=SC2016 # programs for awk

# frames_captured NS DEV DIRECTION SEND_NS OPTION...: a capture on DEV has what is sent, in order.
frames_captured() {
	local ns=$1 dev=$2 direction=$3 from=$4

	shift 4
	spawn dump "$ns" tcpdump -Z root -i "$dev" -Q "$direction" -B 16384 -U -w "$TMP/dump.pcap"
	wait_for 5 grep -q 'listening on' "$TMP/dump.err"
	xframes "$from" send eth0 "$@" | tee "$TMP/sent"
	wait_for 10 xframes "$ns" check "$TMP/dump.pcap" "$@" --in-order
	kill -INT "${PID[dump]}"
	join dump
	xframes "$ns" check "$TMP/dump.pcap" "$@" --in-order # and nothing more came
}

test_xframes_each_size_arrives_equal() {
	lab_quiet
	frames_captured box eth0 in h1 --count 3002 --sizes 14-1514 --kind mixed
	grep -qx "sent 3002 frames $((2 * (14 + 1514) * 1501 / 2)) bytes" "$TMP/sent"
}

test_xframes_what_is_sent_is_seen_at_the_sender() {
	lab_quiet
	frames_captured h1 eth0 out h1 --count 500 --sizes 60,61,1514 --kind tcp --seed 7
}

test_xframes_jumbo_frames_arrive_equal() {
	lab_quiet
	at h1 ip link set eth0 mtu 9000
	at box ip link set eth0 mtu 9000
	frames_captured box eth0 in h1 --count 300 --sizes 9000-9014,60
}

# The stack takes the tag out of what arrives, behind XDP and before packet sockets, and libpcap puts
# it back; of what is sent as a raw frame the tag stays where it is.
test_xframes_tags_stay_in_the_frame() {
	lab_quiet
	frames_captured box eth0 in h1 --count 200 --sizes 20-1518:50 --vlan 100 --kind mixed
	frames_captured h1 eth0 out h1 --count 200 --sizes 18-1518:50 --vlan 4094
	tcpdump -r "$TMP/dump.pcap" -nn vlan 4094 | wc -l >"$TMP/tagged"
	assert_equal "tagged frames" 200 "$(cat "$TMP/tagged")"
}

last_two_sizes_came() {
	xframes box check "$TMP/dump.pcap" --count 40 --sizes 18-20,60 --vlan 5 >"$TMP/out" || true
	grep -qx 'checked 20 frames: 20 missing' "$TMP/out"
}

# skb_vlan_untag() drops a tagged frame that has not two bytes behind its inner type.
test_xframes_tagged_frames_below_20_bytes_reach_no_socket() {
	lab_quiet
	spawn dump box tcpdump -Z root -i eth0 -Q in -U -w "$TMP/dump.pcap"
	wait_for 5 grep -q 'listening on' "$TMP/dump.err"
	xframes h1 send eth0 --count 40 --sizes 18-20,60 --vlan 5
	wait_for 10 last_two_sizes_came
	kill -INT "${PID[dump]}"
	join dump
	last_two_sizes_came
}

sent_by() { # NS DEV: packets, also those that had no room at the other end
	at "$1" ip -j -s link show "$2" | jq '.[0].stats64.tx | .packets + .dropped'
}

# Flat out as well each frame is sent once, whatever has no room at the other end then.
test_xframes_send_keeps_count_and_pace() {
	local begin before took

	lab_quiet
	before=$(sent_by h1 eth0)
	xframes h1 send eth0 --count 50000 --rate 0 | grep -qx 'sent 50000 frames 3000000 bytes'
	assert_equal "frames of h1" 50000 $(($(sent_by h1 eth0) - before))
	clock && begin=$REPLY
	xframes h1 send eth0 --count 500 --rate 1000 --bypass | grep -qx 'sent 500 frames 30000 bytes'
	clock && took=$((REPLY - begin))
	[[ $took -ge 480 && $took -lt 3000 ]] || fail "500 frames at 1000 a second took $took ms"
	assert_equal "frames of h1" 50500 $(($(sent_by h1 eth0) - before))
}

test_xframes_checksums_are_right() {
	local file

	xframes box write "$TMP/a.pcap" --count 2000 --sizes 54-1514 --kind udp
	xframes box write "$TMP/b.pcap" --count 2000 --sizes 66-1514 --kind tcp
	tcpdump -r "$TMP/a.pcap" -nn -vv 2>/dev/null | grep -c 'udp sum ok' >"$TMP/udp"
	tcpdump -r "$TMP/b.pcap" -nn -vv 2>/dev/null | grep -c '(correct)' >"$TMP/tcp"
	assert_equal "UDP checksums" 2000 "$(cat "$TMP/udp")"
	assert_equal "TCP checksums" 2000 "$(cat "$TMP/tcp")"
	for file in a b; do
		tcpdump -r "$TMP/$file.pcap" -nn -v 2>/dev/null >"$TMP/text"
		! grep 'bad cksum' "$TMP/text" >&2 || fail "checksums of IP headers"
	done
}

# damaged WORDS SUMMARY [CHECK_OPTION...]: check says so in its last line and exits with 1.
damaged() {
	local words=$1 summary=$2 status=0

	# shellcheck disable=SC2086 # words
	"$PYTHON" -I "$HERE/pcapedit.py" "$TMP/good.pcap" "$TMP/bad.pcap" $words
	xframes box check "$TMP/bad.pcap" "${PLAN[@]}" "${@:3}" >"$TMP/out" 2>"$TMP/err" || status=$?
	cat "$TMP/out" "$TMP/err" >&2
	assert_equal "exit status of the check after $words" 1 "$status"
	assert_equal "what it says after $words" "$summary" "$(cat "$TMP/out")"
}

# The same for damage that these options allow.
allowed() {
	# shellcheck disable=SC2086 # words
	"$PYTHON" -I "$HERE/pcapedit.py" "$TMP/good.pcap" "$TMP/bad.pcap" $1
	xframes box check "$TMP/bad.pcap" "${PLAN[@]}" "${@:3}" | grep -qx "$2"
}

test_xframes_check_finds_each_damage() {
	PLAN=(--count 100 --sizes 60-1514:13 --kind mixed)
	xframes box write "$TMP/good.pcap" "${PLAN[@]}"
	damaged 'flip 0 0' 'checked 100 frames: 1 different'
	damaged 'flip 4 100' 'checked 100 frames: 1 different'
	grep -q 'the first difference is at byte 100$' "$TMP/err"
	damaged 'flip 50 51' 'checked 100 frames: 1 unknown, 1 missing' # in its mark
	damaged 'drop 99' 'checked 99 frames: 1 missing'
	damaged 'drop 0' 'checked 99 frames: 1 missing'
	grep -q 'frame 0 is missing' "$TMP/err"
	damaged 'twice 30' 'checked 101 frames: 1 duplicate'
	damaged 'twice 30' 'checked 101 frames: 1 duplicate' --subset
	damaged 'swap 10 11' 'checked 100 frames: 1 out of order' --in-order
	damaged 'swap 10 20' 'checked 100 frames: 2 out of order' --in-order --subset
	damaged 'back 7' 'checked 100 frames: 1 with a time that goes back'
	damaged 'longer 3' 'checked 100 frames: 1 different'
	damaged 'cut 1' 'checked 99 frames: 1 missing, 1 unreadable'
	allowed 'swap 10 11' 'checked 100 frames: all equal'
	allowed 'drop 50' 'checked 99 frames: all equal' --in-order --subset
}

# Frames that have no room for their number.
test_xframes_check_finds_damage_of_short_frames() {
	PLAN=(--count 60 --sizes 15-25)
	xframes box write "$TMP/good.pcap" "${PLAN[@]}"
	allowed 'swap 0 59' 'checked 60 frames: all equal'
	damaged 'flip 21 14' 'checked 60 frames: 1 unknown, 1 missing'
	damaged 'drop 7' 'checked 59 frames: 1 missing' --in-order
	damaged 'twice 0' 'checked 61 frames: 1 duplicate'
	damaged 'swap 10 11' 'checked 60 frames: 1 out of order' --in-order
	PLAN=(--count 60 --sizes 14) # all the same
	xframes box write "$TMP/good.pcap" "${PLAN[@]}"
	allowed 'swap 0 59' 'checked 60 frames: all equal' --in-order
	damaged 'drop 7' 'checked 59 frames: 1 missing' --in-order
	damaged 'twice 7' 'checked 61 frames: 1 duplicate' --in-order
}

test_xframes_check_knows_the_snap_length() {
	PLAN=(--count 100 --sizes 60-1514:13 --kind mixed)
	xframes box write "$TMP/good.pcap" "${PLAN[@]}" --snaplen 96
	PLAN+=(--snaplen 96)
	allowed 'swap 5 9' 'checked 100 frames: all equal'
	damaged 'flip 99 95' 'checked 100 frames: 1 different'
	PLAN+=(--snaplen 97)
	damaged 'swap 5 9' 'checked 100 frames: 97 different'
	PLAN=(--count 100 --snaplen 16) # in front of the mark
	xframes box write "$TMP/good.pcap" "${PLAN[@]}"
	allowed 'swap 5 9' 'checked 100 frames: all equal'
}

test_xframes_check_other_frames_are_unknown() {
	PLAN=(--count 100 --seed 2)
	xframes box write "$TMP/good.pcap" --count 100 --seed 1
	damaged 'swap 0 0' 'checked 100 frames: 100 different'
	xframes box write "$TMP/good.pcap" --count 102 --seed 2
	damaged 'swap 0 0' 'checked 102 frames: 2 unknown'
}

test_xframes_check_reads_pcapng() {
	PLAN=(--count 500 --sizes 14-1514:3 --kind mixed)
	xframes box write "$TMP/good.pcap" "${PLAN[@]}"
	editcap -F pcapng "$TMP/good.pcap" "$TMP/good.pcapng"
	xframes box check "$TMP/good.pcapng" "${PLAN[@]}" --in-order |
		grep -qx 'checked 500 frames: all equal'
	editcap -F pcapng "$TMP/good.pcap" "$TMP/bad.pcapng" 17 18
	! xframes box check "$TMP/bad.pcapng" "${PLAN[@]}" >"$TMP/out" || fail "two are missing"
	grep -qx 'checked 498 frames: 2 missing' "$TMP/out"
}
