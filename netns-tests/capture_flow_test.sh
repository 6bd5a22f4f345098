#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Traffic flows on: captures begin, run and end, and not a packet is lost, doubled or uncounted.

# shellcheck disable=SC2016 # programs for jq

export LAB_PORTS=3 # for lib.sh
RATE=20000         # packets a second
MAX=3000000

# shellcheck source=/dev/null
. "$HERE/capture.sh"
# shellcheck source=/dev/null
. "$HERE/foreign.sh"

# flow_begins PIPELINE...: from h1 through it to h2.
flow_begins() {
	lab_quiet
	xdpq attach eth0 "$@"
	flow_runs
}

flow_runs() {
	rm -f "$TMP/sink.ready"
	spawn sink h2 "$TOOLS/xflow" sink --dev eth0 --max "$MAX" --for 100 --idle 1000 \
		--ready-file "$TMP/sink.ready"
	wait_for 10 test -e "$TMP/sink.ready"
	spawn send h1 "$TOOLS/xflow" send --dev eth0 --seconds 60 --rate "$RATE" \
		--dst-mac "$(host_mac 2)"
	flow_goes_on
}

# So many more at least.
flow_goes_on() {
	wait_for 10 port_has_got eth0 $(($(port_rx eth0) + ${1:-500}))
}

# Everything that was sent arrived, once. SENT is how many.
flow_ends_whole() {
	kill -0 "${PID[send]}" || fail "the flow ended before"
	kill -INT "${PID[send]}"
	join send
	join sink
	SENT=$(jq .sent "$TMP/send.out")
	assert_json "what arrived of $SENT" '.received == $sent and .unique == $sent
		and .duplicated == 0 and .beyond == 0 and .lost == $max - $sent' \
		--argjson sent "$SENT" --argjson max "$MAX" <"$TMP/sink.out"
}

test_capture_flow_8_captures_lose_nothing() {
	local n options

	bpf_ids >"$TMP/bpf"
	flow_begins redirect eth1
	for ((n = 0; n < 8; n++)); do
		case $((n % 4)) in
		0) options='--for 0.01' ;;
		1) options='-c 200 udp' ;;
		2) options='--via xsk -c 100 -s 64' ;;
		3) options='--direction both -c 100' ;;
		esac
		# shellcheck disable=SC2086 # words
		xdpq capture eth0 $options --buffer 8 -w "$TMP/$((n % 4)).cap"
	done
	flow_ends_whole
	assert_counts eth0 redirect redirected "$SENT" $((SENT * 60))
	assert_no_new_bpf "$TMP/bpf" "$(prog_id eth0)"
}

# What is rewritten is rewritten all the time: another source is no packet of the sink's, as xflow
# knows its packets by what is in them; so those that arrive are looked at.
test_capture_flow_is_rewritten_all_the_time() {
	local n

	lab_quiet
	xdpq attach eth0 redirect eth1 --swap-mac
	receive h2 h2 eth0 3000
	spawn send h1 "$PYTHON" -I "$HERE/frames.py" send eth0 3000 dst=02:00:00:00:00:99
	for ((n = 0; n < 5; n++)); do
		xdpq capture eth0 --for 0.02 --buffer 8 -w "$TMP/a.cap"
	done
	join send
	received h2 '.received == 3000 and .bad == 0 and .src == ["02:00:00:00:00:99"]'
}

# Some of them at once, which begin and end in any order.
test_capture_flow_captures_at_once_lose_nothing() {
	local n name

	flow_begins redirect eth1
	for name in a b c; do
		capture_begins "$name" eth0
	done
	for ((n = 0; n < 6; n++)); do
		name=$(shuf -n 1 -e a b c)
		kill "$(shuf -n 1 -e -- -INT -TERM)" "${PID[$name]}"
		flow_goes_on 20
		capture_over "$name" '.received > 0 and .dropped == 0'
		[ "$(captures eth0 | wc -l)" = 2 ] || fail "captures: $(captures eth0)"
		capture_begins "$name" eth0
		flow_goes_on 20
	done
	for name in b a c; do
		capture_ends "$name" '.received > 0 and .dropped == 0'
	done
	captures_are eth0 0
	flow_ends_whole
	assert_counts eth0 redirect redirected "$SENT" $((SENT * 60))
}

# Two that begin and end at the same moment.
test_capture_flow_captures_that_race_lose_nothing() {
	local n

	flow_begins redirect eth1
	for ((n = 0; n < 4; n++)); do
		capture_spawn a eth0 --for 0.05 -w "$TMP/a.cap"
		capture_spawn b eth0 --for 0.0$((RANDOM % 9 + 1)) -w "$TMP/b.cap"
		capture_over a '.received > 0 and .dropped == 0'
		capture_over b '.received > 0 and .dropped == 0'
		captures_are eth0 0 || fail "captures: $(captures eth0)"
	done
	flow_ends_whole
	assert_counts eth0 redirect redirected "$SENT" $((SENT * 60))
}

# The capture looks on at the pipeline that takes the place of its own.
test_capture_flow_replacements_meanwhile_lose_nothing() {
	local n

	lab_quiet
	xdpq attach eth0 redirect eth1
	capture_begins a eth0
	flow_runs
	for ((n = 0; n < 9; n++)); do
		case $((n % 3)) in
		0) xdpq attach eth0 --replace count --by proto "then" redirect eth1 ;;
		1) xdpq attach eth0 --replace redirect eth1 --swap-mac ;;
		2) xdpq attach eth0 --replace redirect eth1 ;;
		esac
		flow_goes_on 50
		captures_are eth0 1 || fail "the capture has ended"
	done
	flow_ends_whole
	capture_ends a '.received == $sent and .dropped == 0' --argjson sent "$SENT"
	assert_counts eth0 redirect redirected "$SENT" $((SENT * 60))
}

test_capture_flow_replaced_verdicts_are_seen() {
	lab_quiet
	need tshark
	xdpq attach eth0 drop
	capture_begins a eth0
	send_frames 100
	xdpq attach eth0 --replace redirect eth1
	send_frames 100
	xdpq attach eth0 --replace reflect
	send_frames 100
	capture_ends a '.received == 300 and .dropped == 0'
	tshark -r "$TMP/a.cap" -T fields -e frame.verdict.ebpf_xdp 2>/dev/null | uniq -c |
		tr -s ' \n' ' ' >"$TMP/verdicts"
	assert_equal "verdicts" " 100 1 100 4 100 3 " "$(cat "$TMP/verdicts")"
}

test_capture_flow_detach_is_refused_meanwhile() {
	flow_begins redirect eth1
	capture_begins a eth0
	refused conflict 'eth0: .*captur' detach eth0
	refused conflict 'eth0: .*captur' detach eth0 --taps
	captures_are eth0 1
	flow_goes_on
	capture_ends a '.received > 500 and .dropped == 0'
	flow_ends_whole
	xdpq detach eth0
	assert_prog eth0 ""
}

# By force it goes, and the capture ends with what it has and a message.
test_capture_flow_detach_by_force_ends_the_capture() {
	lab_quiet
	clean_begins
	xdpq attach eth0 pass
	capture_begins a eth0
	send_frames 100
	xdpq detach eth0 --force
	capture_ends_with a conflict 'eth0: its pipeline was detached'
	has_frames a 100
	capture_sum_before_error a '.received == 100 and .written == 100'
	clean_ends
}

# Behind the summary there is the error as JSON.
capture_sum_before_error() { # NAME FILTER
	grep '^{"received"' "$TMP/$1.err" | assert_json "the summary of $1" "$2"
}

test_capture_flow_another_program_by_force_ends_the_capture() {
	lab_quiet
	xdpq attach eth0 pass
	capture_begins a eth0
	send_frames 100
	at box ip -force link set dev eth0 xdpdrv off
	foreign_attach eth0
	capture_ends_with a conflict "eth0: program $FOREIGN .* took the place of its pipeline"
	has_frames a 100
	assert_prog eth0 "$FOREIGN"
}

# A port without a pipeline, that receives what others send as long as it has NAPI: the pass that
# comes and goes loses nothing of a flow through a bridge.
test_capture_flow_through_a_bridge_loses_nothing() {
	local n

	lab_quiet
	at box ip link add br0 type bridge
	at box ip link set br0 up
	at box ip link set eth0 master br0
	at box ip link set eth1 master br0
	at box ethtool -K eth0 gro on
	at h2 ip link set eth0 promisc on
	flow_runs
	for ((n = 0; n < 5; n++)); do
		xdpq capture eth0 --for 0.02 --buffer 8 -w "$TMP/a.cap"
		assert_prog eth0 ""
	done
	flow_ends_whole
}
