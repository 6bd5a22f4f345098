#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# xdpctl is killed at random points of a change: afterwards the old or the new program is there, no
# third thing, and detach puts everything back.

# shellcheck disable=SC2016 # programs for jq

export LAB_PORTS=3 # for lib.sh
ROUNDS=100

# Set SPAN to a little more than an undisturbed change takes, in microseconds.
measure() {
	local start=${EPOCHREALTIME/[.,]/}

	xdpq "$@"
	SPAN=$(((${EPOCHREALTIME/[.,]/} - start) * 11 / 10))
	CENTRE=$((SPAN / 2)) OLD=0 NEW=0
}

# killed_at_random ROUND ARGUMENT...: every second time anywhere, every second time about the moment
# of the change, which is found by asking whether it had been made when it was killed: see learn.
killed_at_random() {
	local delay=$((RANDOM % SPAN))

	[ $(($1 % 2)) = 0 ] || delay=$((CENTRE - SPAN / 16 + RANDOM % (SPAN / 8)))
	[ "$delay" -ge 0 ] || delay=0
	printf -v delay '0.%06d' "$delay"
	shift
	(exec nsenter --net="/run/netns/$LAB-box" -- "$XDPCTL" -q "$@") >/dev/null 2>&1 &
	pause "$delay"
	kill -KILL "$!" 2>/dev/null || true
	wait "$!" 2>/dev/null || true
}

learn() { # old|new
	if [ "$1" = old ]; then
		CENTRE=$((CENTRE + SPAN / 40))
		OLD=$((OLD + 1))
	else
		CENTRE=$((CENTRE - SPAN / 40))
		NEW=$((NEW + 1))
	fi
}

# What is prepared at the hosts: programs, offloads. Without what the kernel itself takes from the
# peer of a veth with a program.
prepared_state() {
	local name

	for name in h1 h2 h3; do
		at "$name" sh -c 'ip -d link show eth0; ethtool -k eth0'
	done | grep -E 'prog/xdp|checksum|generic-receive'
}

detach_all() {
	local port

	for port in eth0 eth1; do
		[ -z "$(prog_id "$port")" ] || xdpq detach "$port"
	done
}

# assert_own ROUND IFACE ID: this program alone is there, it is xdpctl's, and no jq, for speed.
assert_own() {
	local status

	status=$(xdp -j status "$2")
	[[ $status == '[{"ifname":"'$2'",'*'"prog_id":'$3,*'"owner":"xdpctl"'* &&
		${status#*ifname} != *ifname* ]] || fail "round $1: $status"
}

# Of all rounds, some have to have ended before and some after the change, or nothing was tested.
assert_both_seen() {
	echo "the change had not been made $OLD times, had been made $NEW times"
	if [ "$OLD" = 0 ] || [ "$NEW" = 0 ]; then
		skip "the change was not hit: before it $OLD times, after it $NEW times"
	fi
}

# A wire where nothing was: each port has its pipeline or nothing at all.
test_kill_fresh_attach_leaves_nothing_or_the_new() {
	local round port id

	bpf_ids >"$TMP/bpf"
	prepared_state >"$TMP/prepared"
	state >"$TMP/before"
	measure attach eth0 redirect eth1 --both
	detach_all
	for ((round = 0; round < ROUNDS; round++)); do
		killed_at_random "$round" attach eth0 redirect eth1 --both
		for port in eth0 eth1; do
			id=$(prog_id "$port")
			[ -z "$id" ] || assert_own "$round" "$port" "$id"
		done
		assert_prog eth2 ""
		if [ -z "$(prog_id eth0)$(prog_id eth1)" ]; then
			# without a program there is no record, so nothing may be prepared
			prepared_state >"$TMP/now"
			assert_same "round $round: what nobody will restore" "$TMP/prepared" \
				"$TMP/now"
			learn old
		else
			learn new
		fi
		detach_all
		[ $((round % 20)) != 0 ] || assert_state "$TMP/before"
		prepared_state >"$TMP/now"
		assert_same "round $round: after detach" "$TMP/prepared" "$TMP/now"
	done
	assert_both_seen
	assert_state "$TMP/before"
	assert_no_new_bpf "$TMP/bpf"
	assert_no_process
}

# killed_replace OLD... -- NEW...: the pipelines on eth0 before and after.
killed_replace() {
	local round first now before=() after=()

	while [ "$1" != -- ]; do
		before+=("$1")
		shift
	done
	after=("${@:2}")
	lab_quiet
	state >"$TMP/before"
	bpf_ids >"$TMP/bpf"
	prepared_state >"$TMP/prepared"
	xdpq attach eth0 "${before[@]}"
	measure attach eth0 --replace "${after[@]}"
	detach_all
	for ((round = 0; round < ROUNDS; round++)); do
		xdpq attach eth0 "${before[@]}"
		first=$(prog_id eth0)
		killed_at_random "$round" attach eth0 --replace "${after[@]}"
		now=$(prog_id eth0)
		[ -n "$now" ] || fail "round $round: no program is left"
		assert_own "$round" eth0 "$now"
		[[ $(xdp -j status eth0) == *'"warnings":[]'* ]] ||
			fail "round $round: $(xdp status eth0)"
		if [ "$now" = "$first" ]; then
			learn old
		else
			learn new
		fi
		[ $((round % 20)) != 0 ] || {
			still_works "$round" "$first" "$now"
			assert_no_new_bpf "$TMP/bpf" "$now"
		}
		detach_all
		prepared_state >"$TMP/now"
		assert_same "round $round: after detach" "$TMP/prepared" "$TMP/now"
	done
	assert_both_seen
	assert_state "$TMP/before"
	assert_no_new_bpf "$TMP/bpf"
	assert_no_process
}

# The old one sends to h2, the new one to h3.
still_works() { # ROUND OLD NOW
	local to=3

	[ "$2" != "$3" ] || to=2
	receive there "h$to" eth0 20
	frames h1 send eth0 20
	received there '.received == 20 and .bad == 0'
}

test_kill_replace_leaves_the_old_or_the_new() {
	killed_replace redirect eth1 -- redirect eth2
}

test_kill_replace_of_other_stages_leaves_the_old_or_the_new() {
	killed_replace redirect eth1 -- count --by proto "then" redirect eth2 --swap-mac
}

# A detach that is killed can be repeated and ends with everything restored.
test_kill_detach_can_be_repeated() {
	local round

	bpf_ids >"$TMP/bpf"
	state >"$TMP/before"
	prepared_state >"$TMP/prepared"
	xdpq attach eth0 redirect eth1 eth2
	measure detach eth0
	for ((round = 0; round < ROUNDS / 2; round++)); do
		xdpq attach eth0 redirect eth1 eth2
		killed_at_random "$round" detach eth0
		if [ -n "$(prog_id eth0)" ]; then
			xdpq detach eth0
			learn old
		else
			learn new
		fi
		prepared_state >"$TMP/now"
		assert_same "round $round: after detach" "$TMP/prepared" "$TMP/now"
	done
	assert_both_seen
	assert_state "$TMP/before"
	assert_no_new_bpf "$TMP/bpf"
}

# What an interrupted attach left closed is said by the status, and --replace mends it.
test_kill_interrupted_attach_is_seen_and_mended() {
	local round seen=0

	lab_quiet
	state >"$TMP/before"
	measure attach eth0 redirect eth1
	detach_all
	for ((round = 0; round < ROUNDS && seen < 3; round++)); do
		killed_at_random 1 attach eth0 redirect eth1
		if [ -z "$(prog_id eth0)" ]; then
			learn old
			continue
		fi
		learn new
		if xdp -j status eth0 | jq -e '.[0].warnings | length > 0' >/dev/null; then
			seen=$((seen + 1))
			xdp attach eth0 --replace redirect eth1
		fi
		xdp -j status eth0 | assert_json "round $round" '.[0].warnings == []'
		receive there h2 eth0 20
		frames h1 send eth0 20
		received there '.received == 20 and .bad == 0'
		xdpq detach eth0
		assert_state "$TMP/before"
	done
	echo "$seen attaches were interrupted between attaching and opening, of $round"
	[ "$seen" -gt 0 ] || fail "no attach of $round was hit while it was closed"
}
