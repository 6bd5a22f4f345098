#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# xdpctl is stopped in the middle of a change, something else happens to the interface, and it goes
# on: it must notice, whatever the moment was.

# shellcheck source=/dev/null
. "$HERE/foreign.sh"

HITS=4     # the moment is wanted so often; once will do, for a busy machine has its own pace
ROUNDS=300 # and this often it is tried

# frozen_after MICROSECONDS ARGUMENT...: start it in the background and stop it then.
frozen_after() {
	local delay

	printf -v delay '0.%06d' "$1"
	shift
	spawn frozen box "$XDPCTL" -q "$@"
	pause "$delay"
	kill -STOP "${PID[frozen]}" 2>/dev/null || true
}

# Go on; set STATUS to its exit code.
thaw() {
	kill -CONT "${PID[frozen]}" 2>/dev/null || true
	STATUS=0
	join frozen 2>"$TMP/thawed" || STATUS=$?
}

# It has the program that it saw and the one to put in its place: so it has made up its mind.
has_decided() {
	[ "$(readlink "/proc/${PID[frozen]}/fd/"* 2>/dev/null | grep -c 'bpf-prog')" -ge 2 ]
}

# Set SPAN to about the microseconds that an undisturbed one takes.
measure() {
	local start=${EPOCHREALTIME/[.,]/}

	xdpq "$@"
	SPAN=$((${EPOCHREALTIME/[.,]/} - start))
}

foreign_displaces() { # IFACE
	at box ip -force link set dev "$1" xdpdrv obj "$TMP/foreign.o" sec xdp
	FOREIGN=$(prog_id "$1")
}

assert_hits() { # HITS ROUNDS
	echo "a foreign program came in time in $1 of $2 rounds"
	[ "$1" -gt 0 ] || skip "the moment was not hit in $2 rounds"
}

unexpected() { # ROUND
	cat "$TMP/thawed"
	fail "round $1: exit code $STATUS, program $(prog_id eth0), the foreign one is $FOREIGN"
}

# A fresh attach never displaces what came meanwhile, and takes back what it has prepared.
test_freeze_fresh_attach_yields_to_a_foreign_program() {
	local round hits=0

	lab_quiet
	state >"$TMP/clean"
	bpf_ids >"$TMP/bpf"
	measure attach eth0 redirect eth1
	xdpq detach eth0
	foreign_attach eth0
	state_but_programs >"$TMP/before"
	at box ip link set dev eth0 xdpdrv off
	for ((round = 0; hits < HITS && round < ROUNDS; round++)); do
		frozen_after $((RANDOM % SPAN)) attach eth0 redirect eth1
		if [ -n "$(prog_id eth0)" ]; then
			thaw
			[ "$STATUS" = 0 ] || unexpected "$round"
			xdpq detach eth0
			continue
		fi
		hits=$((hits + 1))
		foreign_attach eth0
		thaw
		if [ "$STATUS" != 5 ] || [ "$(prog_id eth0)" != "$FOREIGN" ]; then
			unexpected "$round"
		fi
		state_but_programs >"$TMP/now"
		assert_same "round $round: the state of the lab" "$TMP/before" "$TMP/now"
		at box ip link set dev eth0 xdpdrv off
	done
	assert_hits "$hits" "$round"
	assert_state "$TMP/clean"
	assert_no_new_bpf "$TMP/bpf"
}

# --replace displaces what it saw, and nothing else.
test_freeze_replace_yields_to_what_it_did_not_see() {
	local round hits=0 old

	lab_quiet
	bpf_ids >"$TMP/bpf"
	foreign_attach eth0
	at box ip link set dev eth0 xdpdrv off
	xdpq attach eth0 redirect eth1
	measure attach eth0 --replace redirect eth1
	for ((round = 0; hits < HITS && round < ROUNDS; round++)); do
		old=$(prog_id eth0)
		frozen_after $((RANDOM % SPAN)) attach eth0 --replace redirect eth1
		if [ "$(prog_id eth0)" != "$old" ] || ! has_decided; then
			thaw
			[ "$STATUS" = 0 ] || unexpected "$round"
			continue
		fi
		hits=$((hits + 1))
		foreign_displaces eth0
		thaw
		if [ "$STATUS" != 5 ] || [ "$(prog_id eth0)" != "$FOREIGN" ]; then
			unexpected "$round"
		fi
		# the record went with the displaced pipeline: what it had prepared stays
		at box ip link set dev eth0 xdpdrv off
		xdpq attach eth0 redirect eth1
	done
	assert_hits "$hits" "$round"
	xdpq detach eth0
	assert_no_new_bpf "$TMP/bpf"
}

# detach takes off what it saw to be xdpctl's, and nothing else.
test_freeze_detach_yields_to_a_foreign_program() {
	local round hits=0

	lab_quiet
	bpf_ids >"$TMP/bpf"
	foreign_attach eth0
	at box ip link set dev eth0 xdpdrv off
	xdpq attach eth0 drop
	measure detach eth0
	for ((round = 0; hits < HITS && round < ROUNDS; round++)); do
		xdpq attach eth0 drop
		frozen_after $((RANDOM % SPAN)) detach eth0
		if [ -z "$(prog_id eth0)" ]; then
			thaw
			[ "$STATUS" = 0 ] || unexpected "$round"
			continue
		fi
		hits=$((hits + 1))
		foreign_displaces eth0
		thaw
		if [ "$STATUS" != 5 ] || [ "$(prog_id eth0)" != "$FOREIGN" ]; then
			unexpected "$round"
		fi
		at box ip link set dev eth0 xdpdrv off
	done
	assert_hits "$hits" "$round"
	assert_prog eth0 ""
	assert_no_new_bpf "$TMP/bpf"
}

# The target goes while an attach is stopped: it says so, or the status does.
test_freeze_target_deleted_meanwhile_is_noticed() {
	local round

	lab_quiet
	state >"$TMP/clean"
	measure attach eth0 redirect eth1
	xdpq detach eth0
	for ((round = 0; round < 15; round++)); do
		frozen_after $((SPAN * round / 15)) attach eth0 redirect eth1
		at box ip link del eth1
		thaw
		case $STATUS in
		0)
			[[ $(xdp -j status eth0) == *'"warnings":["'* ]] || unexpected "$round"
			xdpq detach eth0
			;;
		6) assert_prog eth0 "" ;;
		*) unexpected "$round" ;;
		esac
		ip netns del "$LAB-h2"
		lab_host 2
		lab_quiet
	done
	at h1 ethtool -k eth0 | grep -q '^tx-checksumming: on' || fail "h1 was left prepared"
}
