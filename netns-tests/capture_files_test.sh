#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Files of a capture: rings of them, whose they are, and what is refused without a change.

# shellcheck disable=SC2016 # programs for jq

# shellcheck source=/dev/null
. "$HERE/capture.sh"

# ring_begins ARGUMENT...: files $TMP/ring/f*. From then on each packet is seen.
ring_begins() {
	rm -rf "$TMP/ring"
	mkdir "$TMP/ring"
	capture_spawn ring eth0 -w "$TMP/ring/f.cap" "$@"
	wait_for 10 capture_has_begun ring
}

ring_files() { # PATTERN
	find "$TMP/ring" -type f -name "$1" | wc -l
}

# All files in the order of their names as one; each is whole by itself.
ring_joined() {
	local files=("$TMP/ring/f.cap")

	[ "$(ring_files '*.part')" = 0 ] || fail "unfinished: $(ls "$TMP/ring")"
	for ((n = 1; n < $(ring_files '*'); n++)); do
		files+=("$TMP/ring/f.cap$n")
	done
	capinfos -c "${files[@]}" >/dev/null
	# its pcapng has broken epb_queue options
	mergecap -a -F nsecpcap -w "$TMP/joined.cap" "${files[@]}"
}

test_capture_files_rotate_by_count_without_a_gap() {
	local format

	need mergecap
	lab_quiet
	for format in pcapng pcap; do
		ring_begins --rotate-count 100 --format "$format"
		send_frames 1050 --sizes 60-1514:9
		capture_ends ring '.written == 1050 and .not_written == 0'
		assert_equal "files" 11 "$(ring_files '*')" || ls "$TMP/ring"
		ring_joined
		has_frames joined 1050 --sizes 60-1514:9
	done
}

test_capture_files_rotate_by_size_without_a_gap() {
	local file

	need mergecap
	lab_quiet
	ring_begins -C 1
	send_frames 2000 --sizes 1514
	capture_ends ring '.written == 2000 and .not_written == 0'
	for file in "$TMP"/ring/*; do
		[ "$(stat -c %s "$file")" -le 1000000 ] || fail "$(ls -l "$TMP/ring")"
	done
	ring_joined
	has_frames joined 2000 --sizes 1514
}

# By the clock, not by the next packet.
test_capture_files_rotate_by_time_without_packets() {
	need mergecap
	lab_quiet
	ring_begins -G 1
	send_frames 50
	wait_for 5 ring_has_finished 2
	send_frames 50
	capture_ends ring '.written == 100'
	ring_joined
	assert_equal "packets" 100 "$(packets "$TMP/joined.cap")"
}

ring_has_finished() { # FILES
	[ "$(find "$TMP/ring" -type f ! -name '*.part' | wc -l)" -ge "$1" ]
}

# The last ones stay.
test_capture_files_ring_keeps_the_last() {
	need mergecap
	lab_quiet
	ring_begins --rotate-count 100 -W 3
	send_frames 1050 --sizes 60-1514:9
	capture_ends ring '.written == 1050'
	ls "$TMP/ring"
	assert_equal "files" 3 "$(find "$TMP/ring" -type f | wc -l)"
	capinfos -TrMc "$TMP"/ring/* | cut -f 2 | sort -n | xargs >"$TMP/sizes"
	assert_equal "packets in them" "50 100 100" "$(cat "$TMP/sizes")"
	mergecap -F nsecpcap -w "$TMP/joined.cap" "$TMP"/ring/* # by time
	xframes box check "$TMP/joined.cap" --count 1050 --sizes 60-1514:9 --subset --in-order
}

# ---- as another user

nobody_owns() { # FILE
	[ "$(stat -c %U "$1")" = nobody ]
}

test_capture_files_z_leaves_no_privilege() {
	local pid

	lab_quiet
	clean_begins
	mkdir -m 777 "$TMP/open"
	spawn a box "$XDPCTL" -j capture eth0 -Z nobody -w "$TMP/open/a.cap" --rotate-count 50
	wait_for 10 nobody_owns "$TMP/open/a.cap.part"
	pid=${PID[a]}
	wait_for 5 has_no_privilege "$pid"
	send_frames 120
	capture_ends a '.written == 120'
	assert_equal "files" 3 "$(find "$TMP/open" -type f -user nobody | wc -l)"
	clean_ends
}

has_no_privilege() { # PID
	[ "$(awk '/^Uid:/ { print $2, $3, $4, $5 }' "/proc/$1/status")" = "65534 65534 65534 65534" ] &&
		! grep -E '^Cap(Inh|Prm|Eff|Amb):' "/proc/$1/status" | grep -v 0000000000000000 &&
		grep -Eq '^NoNewPrivs:.*1' "/proc/$1/status" &&
		[ "$(awk '/^Groups:/ { print NF - 1 }' "/proc/$1/status")" -le 1 ]
}

# Nothing that it does at the end needs any: pipeline, taken packets, TC and packet sockets.
test_capture_files_z_puts_the_pipeline_back() {
	local way

	lab_quiet
	xdpq attach eth0 redirect eth1 --swap-mac
	mkdir -m 777 "$TMP/open"
	state_but_programs >"$TMP/before"
	box_tc | sed 's/"id":[0-9]*//' >"$TMP/tc"
	for way in '' '--steal' '--via tc' '--direction both' '--via packet'; do
		rm -f "$TMP"/open/*
		# shellcheck disable=SC2086 # words
		spawn a box "$XDPCTL" -j capture eth0 $way -Z nobody -w "$TMP/open/a.cap"
		wait_for 10 nobody_owns "$TMP/open/a.cap.part"
		send_frames 10
		capture_ends a '.dropped == 0'
		nobody_owns "$TMP/open/a.cap"
		captures_are eth0 0
		state_but_programs >"$TMP/now"
		assert_same "state" "$TMP/before" "$TMP/now"
	done
}

test_capture_files_z_is_refused_for_nobody_known() {
	lab_quiet
	clean_begins
	refused not_found 'nosuch: no such user' capture eth0 -Z nosuch -w "$TMP/a.cap"
	# where that user may not write the next file
	chmod 700 "$TMP"
	mkdir -m 700 "$TMP/closed"
	xdp capture eth0 -Z nobody -w "$TMP/closed/a.cap" --rotate-count 10 --for 0.1 2>"$TMP/err" &&
		fail "it would fail at the second file"
	cat "$TMP/err"
	chmod 755 "$TMP"
	clean_ends
}

# ---- what is refused, and changes nothing

test_capture_files_refused_changes_nothing() {
	local words

	lab_quiet
	clean_begins
	refused usage 'syntax|parse' capture eth0 -w "$TMP/a.cap" tcp port
	refused usage 'filter|host|address' capture eth0 -w "$TMP/a.cap" host 1.2.3.4.5
	refused not_found 'nosuch' capture nosuch -w "$TMP/a.cap"
	refused usage 'nocommand|word|IFACE|interface' capture
	refused usage '-w' capture eth0 --format pcap
	refused usage '-W' capture eth0 -w "$TMP/a.cap" -W 3
	refused usage '-w' capture eth0 -Z nobody
	refused usage 'change files' capture eth0 -w - -C 1
	refused usage 'whole seconds' capture eth0 -w "$TMP/a.cap" -G 1.5
	refused usage '--steal' capture eth0 -w "$TMP/a.cap" --steal --direction out
	refused usage '--steal' capture eth0 -w "$TMP/a.cap" --steal --direction both
	refused usage '--steal' capture eth0 -w "$TMP/a.cap" --steal --via tc
	for words in '-c 0' '-c -1' '-c 1x' '-s 0' '-s 65536' '--for x' '--for -1' '--buffer 0' \
		'-C 0' '--rotate-count 0' '-W 0' '--via nothing' '--direction up' '--format text' \
		'--nosuch' '-c'; do
		# shellcheck disable=SC2086 # words
		refused usage . capture eth0 -w "$TMP/a.cap" $words
	done
	[ -z "$(compgen -G "$TMP/a.cap*")" ] || fail "a file is left"
	clean_ends
}

# What goes wrong when the tap is in already takes it out again.
test_capture_files_that_cannot_be_made_change_nothing() {
	lab_quiet
	clean_begins
	refused not_found 'nosuch/a.cap.*No such file' capture eth0 -w "$TMP/nosuch/a.cap"
	refused 'failed' '.' capture eth0 -w "$TMP"
	mount -t tmpfs -o ro none "$TMP/ro" 2>/dev/null || {
		mkdir "$TMP/ro"
		mount -t tmpfs -o ro none "$TMP/ro"
	}
	refused 'failed' 'ro/a.cap.*[Rr]ead-only' capture eth0 --steal -w "$TMP/ro/a.cap"
	refused 'failed' 'ro/a.cap.*[Rr]ead-only' capture eth0 --direction both -w "$TMP/ro/a.cap"
	clean_ends
}

powerless() { # SETS ARGUMENT...
	at box setpriv --reuid=65534 --regid=65534 --clear-groups --bounding-set="$1" \
		--inh-caps="$1" --ambient-caps="$1" "$XDPCTL" "${@:2}"
}

# denied SETS PATTERN ARGUMENT...: exit 4, and nothing on stdout.
denied() {
	local status=0

	powerless "$1" "${@:3}" >"$TMP/out" 2>"$TMP/err" || status=$?
	refused_as permission "$2" "$status" "${*:3}"
}

test_capture_files_without_capabilities_are_refused() {
	local way

	lab_quiet
	clean_begins
	mkdir -m 777 "$TMP/open"
	for way in '' '--steal' '--via tc' '--direction both'; do
		# shellcheck disable=SC2086 # words
		denied -all 'CAP_' capture eth0 $way -w "$TMP/open/a.cap"
	done
	denied -all 'CAP_NET_RAW' capture eth0 --via packet -w "$TMP/open/a.cap"
	denied -all,+net_admin 'CAP_BPF' capture eth0 -w "$TMP/open/a.cap"
	denied -all,+bpf 'CAP_NET_ADMIN' capture eth0 -w "$TMP/open/a.cap"
	[ -z "$(ls "$TMP/open")" ] || fail "a file is left"
	clean_so_far
	# the last thing that is missing is seen late
	denied -all,+net_admin,+bpf,+perfmon 'CAP_SYS_ADMIN' capture eth0 -w "$TMP/open/a.cap"
	[ -z "$(ls "$TMP/open")" ] || fail "a file is left"
	clean_so_far
	# with what is needed it works without being root
	powerless -all,+net_admin,+bpf,+perfmon,+sys_admin -j capture eth0 --for 0.1 \
		-w "$TMP/open/a.cap" 2>"$TMP/err"
	tail -n 1 "$TMP/err" | assert_json "summary" '.received == 0'
	nobody_owns "$TMP/open/a.cap"
	clean_ends
}

# The pipeline is not touched before it has a reader, and a signal or the time ends the wait.
test_capture_files_fifo_without_reader_is_left() {
	lab_quiet
	mkfifo "$TMP/fifo"
	refused failed 'nobody opened it' capture eth0 -w "$TMP/fifo" --for 1
	spawn a box "$XDPCTL" -j capture eth0 -w "$TMP/fifo"
	wait_for 5 signal_is_awaited "${PID[a]}"
	assert_prog eth0 ""
	kill -TERM "${PID[a]}"
	capture_ends_with a failed 'nobody opened it'
	assert_prog eth0 ""
}

# SIGTERM is blocked once somebody looks for it.
signal_is_awaited() { # PID
	local mask

	mask=$(awk '/^SigBlk/ { print $2 }' "/proc/$1/status")
	((0x$mask & 1 << 14))
}

# And no file is begun before there was a time for its name.
test_capture_files_by_time_are_named_by_the_present() {
	local before after

	before=$(date +%s)
	capture_spawn a eth0 -w "$TMP/at-%s.cap" -G 100 --for 1
	wait_for 10 capture_has_begun a
	after=$(date +%s)
	capture_over a true
	[ "$(find "$TMP" -name 'at-*.cap' | wc -l)" = 1 ] || fail "$(ls "$TMP")"
	for file in "$TMP"/at-*.cap; do
		file=${file##*at-}
		((before <= ${file%.cap} && ${file%.cap} <= after)) || fail "named $file"
	done
}
