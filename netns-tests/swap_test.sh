#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Pipelines are replaced under traffic: not a packet is lost, doubled or left uncounted.

# shellcheck disable=SC2016 # programs for jq

export LAB_PORTS=3 # for lib.sh
PACKETS=200000
RATE=40000 # packets a second
MAX=3000000

flow_begins() {
	rm -f "$TMP/sink.ready"
	spawn sink h2 "$TOOLS/xflow" sink --dev eth0 --max "$MAX" --for 100 --idle 1000 \
		--ready-file "$TMP/sink.ready"
	wait_for 10 test -e "$TMP/sink.ready"
	spawn send h1 "$TOOLS/xflow" send --dev eth0 --seconds 60 --rate "$RATE" \
		--dst-mac "$(host_mac 2)"
	wait_for 10 flow_has 1
}

flow_has() { # PACKETS counted by the pipeline
	[ "$(counter eth0 .packets)" -ge "$1" ]
}

# Every packet that was sent has arrived once and was counted once.
flow_ends_whole() {
	local sent bytes

	kill -INT "${PID[send]}"
	join send
	join sink
	sent=$(jq .sent "$TMP/send.out")
	bytes=$((sent * 60))
	[ "$sent" -ge "$PACKETS" ] || fail "only $sent packets were sent"
	assert_json "what arrived of $sent" '.received == $sent and .unique == $sent
		and .duplicated == 0 and .beyond == 0 and .lost == $max - $sent' \
		--argjson sent "$sent" --argjson max "$MAX" <"$TMP/sink.out"
	assert_counts eth0 redirect redirected "$sent" "$bytes"
}

# The counters only go up.
assert_counting_on() {
	local now

	now=$(counter eth0 .packets)
	[ "$now" -ge "$LAST" ] || fail "the counters went from $LAST back to $now"
	LAST=$now
}

test_swap_200_replacements_lose_and_double_nothing() {
	local n

	LAST=0
	lab_quiet
	at h3 ethtool -K eth0 gro on # or it would be prepared and given back each time
	bpf_ids >"$TMP/bpf"
	xdpq attach eth0 redirect eth1
	flow_begins
	for ((n = 1; n <= 200; n++)); do
		case $((n % 4)) in
		0) xdpq attach eth0 --replace redirect eth1 ;;
		1) xdpq attach eth0 --replace count --by proto "then" redirect eth1 ;;
		2) xdpq attach eth0 --replace count "then" redirect eth1 --swap-mac ;;
		3) xdpq attach eth0 --replace redirect eth1 eth2 --src-mac 02:00:00:00:00:77 ;;
		esac
		[ $((n % 5)) != 0 ] || assert_counting_on
	done
	kill -0 "${PID[send]}" || fail "the flow ended before the last replacement"
	wait_for 60 flow_has "$PACKETS"
	flow_ends_whole
	assert_no_new_bpf "$TMP/bpf" "$(prog_id eth0)"
}

# The way back of a wire is swapped together with the way there.
test_swap_of_a_wire_loses_and_doubles_nothing() {
	local n

	PACKETS=40000
	lab_quiet
	xdpq attach eth0 redirect eth1 --both
	flow_begins
	for ((n = 1; n <= 12; n++)); do
		xdpq attach eth0 --replace redirect eth1 --both
		xdpq attach eth1 --replace count --by src "then" redirect eth0 --both
	done
	wait_for 60 flow_has "$PACKETS"
	flow_ends_whole
}

# A refused replacement is no event for the traffic either.
test_swap_refused_loses_and_doubles_nothing() {
	local n

	PACKETS=30000
	lab_quiet
	xdpq attach eth0 redirect eth1
	flow_begins
	for ((n = 1; n <= 20; n++)); do
		refused conflict 'is attached' attach eth0 drop 2>/dev/null
		refused not_found 'nosuch' attach eth0 --replace redirect nosuch 2>/dev/null
		refused usage 'ingress' attach eth0 --replace redirect eth0 2>/dev/null
		xdpq attach eth0 --replace --dry-run drop
	done
	wait_for 60 flow_has "$PACKETS"
	flow_ends_whole
}
