#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Captures in the box, beside the test; sourced by the tests that need them.

# shellcheck disable=SC2016 # programs for jq

# capture_spawn NAME ARGUMENT...: `xdpctl -j capture` in the box; see spawn.
capture_spawn() {
	rm -f "$TMP/$1.err" # of another one of that name
	spawn "$1" box "$XDPCTL" -j capture "${@:2}"
}

# capture_begins NAME ARGUMENT...: into $TMP/NAME.cap. From here on each packet is seen.
capture_begins() {
	rm -f "$TMP/$1".cap*
	capture_spawn "$@" -w "$TMP/$1.cap"
	wait_for 10 capture_has_begun "$1"
}

capture_has_begun() {
	grep -Eqs '^capturing on|"capturing"' "$TMP/$1.err" || {
		kill -0 "${PID[$1]}" || fail "the capture $1 ended: $(cat "$TMP/$1.err")"
		return 1
	}
}

# capture_over NAME FILTER [JQ ARGUMENT...]: wait for its end, which is a good one; that has to be
# true of its summary, in which every packet has to have its place.
capture_over() {
	wait_for 20 process_ended "${PID[$1]}"
	join "$1" 2>/dev/null || fail "the capture $1 ended with $?: $(cat "$TMP/$1.err")"
	capture_sum "$@"
}

capture_sum() {
	tail -n 1 "$TMP/$1.err" | assert_json "the summary of $1" '
		keys == (["received", "written", "dropped", "filtered", "seconds", "not_written",
			"unwanted", "dropped_by"] | sort)
		and (.dropped_by | keys == ["af_packet", "af_xdp", "not_copied", "ring_full"])
		and .dropped == ([.dropped_by[]] | add)
		and .received == .written + .not_written + .unwanted
		and .seconds > 0 and .seconds < 120'
	tail -n 1 "$TMP/$1.err" | assert_json "the summary of $1" "${@:2}"
}

# The same for one that has to be told to end.
capture_ends() {
	kill -INT "${PID[$1]}"
	capture_over "$@"
}

# capture_ends_with NAME CODE PATTERN: of its own accord, with that exit code and message. What it
# said is in $TMP/NAME.err.
capture_ends_with() {
	local status=0

	wait_for 10 process_ended "${PID[$1]}"
	join "$1" 2>/dev/null || status=$?
	cat "$TMP/$1.err" >&2
	assert_equal "exit code of the capture $1" "${EXIT_CODE[$2]}" "$status"
	grep -Eq -- "$3" "$TMP/$1.err" || fail "the capture $1 does not say: $3"
}

# The shell has not waited for it yet: a zombie has ended.
process_ended() {
	! kill -0 "$1" 2>/dev/null || grep -q '^State:.*Z' "/proc/$1/status"
}

# ---- what goes through the box

port_rx() { # IFACE: packets that arrived there so far
	at box ip -j -s link show "$1" | jq '.[0].stats64.rx.packets'
}

port_has_got() { # IFACE PACKETS
	[ "$(port_rx "$1")" -ge "$2" ]
}

# send_frames COUNT OPTION...: h1 sends frames of xframes, and they have come to the box's eth0.
send_frames() {
	local before

	before=$(port_rx eth0)
	xframes h1 send eth0 --count "$@"
	wait_for 10 port_has_got eth0 $((before + $1))
}

# send_flow OPTION...: h1 sends frames of xflow to h2 by its live sender. SENT is how many.
send_flow() {
	local before

	before=$(port_rx eth0)
	xflow h1 send --dev eth0 --dst-mac "$(host_mac 2)" "$@" >"$TMP/flow"
	SENT=$(jq .sent "$TMP/flow")
	wait_for 10 port_has_got eth0 $((before + SENT))
}

# ---- what is in files

# has_frames NAME COUNT OPTION...: the frames that xframes sent, each once and byte for byte, in
# order, and nothing else.
has_frames() {
	xframes box check "$TMP/$1.cap" --count "${@:2}" --in-order
}

need() {
	command -v "$1" >/dev/null || skip "$1 is not installed"
}

# packets FILE [DISPLAY FILTER]: how many tshark finds, which has to find the file right.
packets() {
	tshark -r "$1" -Y "${2:-frame}" -T fields -e frame.number 2>"$TMP/tshark.err" |
		wc -l
	! grep -iE 'cut short|corrupt|malformed|damaged' "$TMP/tshark.err" >&2 ||
		fail "tshark on $1"
}

# ---- what is left in the kernel

captures() { # IFACE: the pids of its captures that look already
	xdp -j status "$1" | jq -r '.[0].captures[]? | select(.steals or .filter) | .pid'
}

captures_are() { # IFACE NUMBER
	[ "$(captures "$1" | wc -l)" = "$2" ]
}

# Programs and filters of traffic control in the box, by TCX or clsact.
box_tc() {
	at box bpftool -j net show | jq -c '.[0].tc'
	at box tc qdisc show
	local dev

	for dev in eth0 eth1; do
		at box tc filter show dev "$dev" ingress 2>/dev/null || true
		at box tc filter show dev "$dev" egress 2>/dev/null || true
	done
}

# clean_begins, clean_ends: in between the box may change, at the end all is as it was: links with
# their programs, offloads, traffic control, programs, maps and processes.
clean_begins() {
	state >"$TMP/clean_state"
	box_tc >"$TMP/clean_tc"
	bpf_ids >"$TMP/clean_bpf"
}

clean_ends() { # KEPT PROGRAM...
	clean_so_far
	assert_no_new_bpf "$TMP/clean_bpf" "$@"
}

# The same but for the list of programs and maps, which takes long on a busy machine.
clean_so_far() {
	wait_for 10 no_process_left
	assert_state "$TMP/clean_state"
	box_tc >"$TMP/now_tc"
	assert_same "traffic control" "$TMP/clean_tc" "$TMP/now_tc"
}

no_process_left() {
	(assert_no_process)
}
