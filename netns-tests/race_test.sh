#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Two xdpctl at once on one interface or with a target in common.

# shellcheck disable=SC2016 # programs for jq

export LAB_PORTS=4 # for lib.sh
ROUNDS=30

crosses() { # FROM TO
	receive crosses "h$2" eth0 20
	frames "h$1" send eth0 20 dst="$(host_mac "$2")"
	received crosses '.received == 20 and .unique == 20 and .bad == 0'
}

# both_at_once FIRST... -- SECOND...: two commands; their exit codes are in A and B, the programs
# that they say they attached in PROG_A and PROG_B.
both_at_once() {
	local first=()

	while [ "$1" != -- ]; do
		first+=("$1")
		shift
	done
	spawn a box "$XDPCTL" -j "${first[@]}"
	spawn b box "$XDPCTL" -j "${@:2}"
	A=0 B=0
	join a 2>"$TMP/both" || A=$?
	join b 2>>"$TMP/both" || B=$?
	PROG_A=$(jq -r '.[0].prog_id // empty' "$TMP/a.out")
	PROG_B=$(jq -r '.[0].prog_id // empty' "$TMP/b.out")
}

unexpected() { # ROUND
	cat "$TMP/both"
	fail "round $1: exit codes $A and $B"
}

test_race_two_fresh_attaches_have_one_winner() {
	local round

	lab_quiet
	state >"$TMP/before"
	bpf_ids >"$TMP/bpf"
	for ((round = 0; round < ROUNDS; round++)); do
		both_at_once attach eth0 redirect eth1 -- attach eth0 redirect eth1
		case $A$B in
		05) assert_prog eth0 "$PROG_A" ;;
		50) assert_prog eth0 "$PROG_B" ;;
		*) unexpected "$round" ;;
		esac
		[ $((round % 5)) != 0 ] || crosses 1 2
		xdp -j status eth0 | assert_json "round $round" '.[0].warnings == []'
		xdpq detach eth0
	done
	assert_state "$TMP/before"
	assert_no_new_bpf "$TMP/bpf"
}

test_race_two_wires_from_both_ends_have_one_winner() {
	local round

	lab_quiet
	state >"$TMP/before"
	bpf_ids >"$TMP/bpf"
	for ((round = 0; round < ROUNDS; round++)); do
		both_at_once attach eth0 redirect eth1 --both -- attach eth1 redirect eth0 --both
		# each may stop the other: then neither is there, and nothing of them
		case $A$B in
		05 | 50)
			[ $((round % 5)) != 0 ] || { crosses 1 2 && crosses 2 1; }
			xdp -j status | assert_json "round $round" \
				'length == 2 and all(.[]; .warnings == [])'
			xdpq detach eth0
			xdpq detach eth1
			;;
		55)
			assert_prog eth0 ""
			assert_prog eth1 ""
			;;
		*) unexpected "$round" ;;
		esac
	done
	assert_state "$TMP/before"
	assert_no_new_bpf "$TMP/bpf"
}

# replaces WHERE_A WHERE_B BEFORE...: two --replace at once, to these ports. The one that is there in
# the end works, whatever the other one did or undid.
replaces() {
	local round to_a=$1 to_b=$2 to

	shift 2
	lab_quiet
	state >"$TMP/before"
	bpf_ids >"$TMP/bpf"
	for ((round = 0; round < ROUNDS; round++)); do
		xdpq attach eth0 "$@"
		both_at_once attach eth0 --replace redirect "eth$to_a" -- \
			attach eth0 --replace count --by proto "then" redirect "eth$to_b"
		case $A$B in
		00 | 05 | 50) ;;
		*) unexpected "$round" ;;
		esac
		xdp -j status eth0 | assert_json "round $round" '.[0].warnings == []'
		case $(prog_id eth0) in
		"${PROG_A:-none}") to=$((to_a + 1)) ;;
		"${PROG_B:-none}") to=$((to_b + 1)) ;;
		*) fail "round $round: neither program is there" ;;
		esac
		[ $((round % 3)) != 0 ] || crosses 1 "$to"
		xdpq detach eth0
		[ $((round % 5)) != 0 ] || assert_state "$TMP/before"
	done
	assert_state "$TMP/before"
	assert_no_new_bpf "$TMP/bpf"
}

test_race_two_replaces_end_with_one_of_them() {
	replaces 1 1 redirect eth1
}

# Both have the same preparations to make; the loser must not undo the winner's.
test_race_two_replaces_preparing_the_same_port() {
	replaces 1 1 drop
}

# Each has its own; the loser's are undone, the winner's are not, and detach knows them.
test_race_two_replaces_preparing_different_ports() {
	replaces 2 3 redirect eth1
}

# Pipelines on two interfaces with the same target: each is its own winner.
test_race_two_attaches_with_a_common_target() {
	local round

	lab_quiet
	state >"$TMP/before"
	bpf_ids >"$TMP/bpf"
	for ((round = 0; round < ROUNDS; round++)); do
		both_at_once attach eth0 redirect eth2 -- attach eth1 redirect eth2
		[ "$A$B" = 00 ] || unexpected "$round"
		xdp -j status | assert_json "round $round" \
			'length == 2 and all(.[]; .warnings == [])'
		xdpq detach "eth$((round % 2))"
		[ $((round % 5)) != 0 ] || crosses $((2 - round % 2)) 3
		xdp -j status | assert_json "round $round" \
			'length == 1 and .[0].warnings == []'
		xdpq detach "eth$((1 - round % 2))"
		[ $((round % 5)) != 0 ] || assert_state "$TMP/before"
	done
	assert_state "$TMP/before"
	assert_no_new_bpf "$TMP/bpf"
}

# One leaves while the other one comes.
test_race_attach_and_detach_with_a_common_target() {
	local round

	lab_quiet
	state >"$TMP/before"
	bpf_ids >"$TMP/bpf"
	for ((round = 0; round < ROUNDS; round++)); do
		xdpq attach eth1 redirect eth2
		both_at_once attach eth0 redirect eth2 -- detach eth1
		[ "$A$B" = 00 ] || unexpected "$round"
		xdp -j status | assert_json "round $round" 'length == 1 and .[0].warnings == []'
		[ $((round % 5)) != 0 ] || crosses 1 3
		xdpq detach eth0
	done
	assert_state "$TMP/before"
	assert_no_new_bpf "$TMP/bpf"
}

test_race_two_detaches_both_end_well() {
	local round

	lab_quiet
	state >"$TMP/before"
	for ((round = 0; round < ROUNDS; round++)); do
		xdpq attach eth0 redirect eth1
		both_at_once detach eth0 -- detach eth0
		case $A$B in
		00 | 05 | 50 | 06 | 60) ;;
		*) unexpected "$round" ;;
		esac
		assert_prog eth0 ""
		[ $((round % 5)) != 0 ] || assert_state "$TMP/before"
	done
	assert_state "$TMP/before"
}
