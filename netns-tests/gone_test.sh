#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Interfaces that go away while they are used.

# shellcheck disable=SC2016 # programs for jq

export LAB_PORTS=3 # for lib.sh

test_gone_target_passes_packets_and_counts_them() {
	lab_quiet
	offloads h1 eth0 >"$TMP/h1"
	bpf_ids >"$TMP/bpf"
	xdp attach eth0 redirect eth1
	receive there h2 eth0 30
	frames h1 send eth0 30
	received there '.received == 30 and .bad == 0'
	at box ip link del eth1
	xdp -j status eth0 | assert_json "status" '
		length == 1 and (.[0].warnings | length == 1)
		and .[0].stages[0].args.ports == ["#3"]'
	receive box box eth0 40
	frames h1 send eth0 40
	received box '.received == 40 and .bad == 0'
	xdp -j stats eth0 | assert_json "counters" '.[0] | .packets == 70
		and .verdicts.redirect.packets == 30 and .verdicts.pass.packets == 40
		and .reasons.redirected == 30 and .reasons.redirect_no_port == 40'
	refused not_found 'eth1: no such interface' attach eth0 --replace redirect eth1
	xdp detach eth0
	offloads h1 eth0 >"$TMP/now"
	assert_same "offloads of h1" "$TMP/h1" "$TMP/now"
	assert_no_new_bpf "$TMP/bpf"
}

test_gone_target_that_comes_back_is_taken_by_replace() {
	lab_quiet
	xdp attach eth0 redirect eth1
	at box ip link del eth1
	ip netns del "$LAB-h2"
	lab_host 2
	lab_quiet
	wait_for 5 lab_links_up
	receive box box eth0 10
	frames h1 send eth0 10
	received box '.received == 10 and .bad == 0'
	xdp attach eth0 --replace redirect eth1
	receive there h2 eth0 10
	frames h1 send eth0 10
	received there '.received == 10 and .bad == 0'
	xdp -j stats eth0 | assert_json "counters" \
		'.[0].reasons | .redirect_no_port == 10 and .redirected == 10'
}

# A wire of which one port goes: its pipeline goes with it, the other one says so.
test_gone_interface_takes_its_programs_and_maps_along() {
	local id

	bpf_ids >"$TMP/bpf"
	offloads h2 eth0 | grep -E 'checksum' >"$TMP/h2"
	xdp attach eth0 redirect eth1 --both
	id=$(prog_id eth1)
	at box ip link del eth0
	assert_no_new_bpf "$TMP/bpf" "$id"
	refused not_found 'eth0: no such interface' status eth0
	refused not_found 'eth0: no such interface' detach eth0
	xdp -j status | assert_json "status" 'length == 1 and .[0].ifname == "eth1"
		and (.[0].warnings | length == 1)'
	xdp detach eth1
	assert_no_new_bpf "$TMP/bpf"
	offloads h2 eth0 | grep -E 'checksum' >"$TMP/now"
	assert_same "what eth1 had prepared at h2" "$TMP/h2" "$TMP/now"
}

# The host's end goes and takes the box's end along: the same from the other side.
test_gone_host_leaves_the_other_port_usable() {
	lab_quiet
	xdp attach eth0 redirect eth1 --both
	at h2 ip link del eth0
	assert_prog eth1 ""
	receive box box eth0 10
	frames h1 send eth0 10
	received box '.received == 10 and .bad == 0'
	counter_is eth0 .reasons.redirect_no_port 10 || fail "$(counter eth0 .reasons)"
	xdp detach eth0
	assert_prog eth0 ""
}

# Interfaces are deleted while xdpctl works on them: it says what it found, and leaves no program.
# deleted_during IFACE ARGUMENT...
deleted_during() {
	local gone=$1 round start span status exits=""

	shift
	bpf_ids >"$TMP/bpf"
	start=${EPOCHREALTIME/[.,]/}
	xdpq "$@"
	span=$((${EPOCHREALTIME/[.,]/} - start))
	xdpq detach eth0
	for ((round = 0; round < 25; round++)); do
		spawn change box "$XDPCTL" -q "$@"
		printf -v start '0.%06d' $((RANDOM % span))
		pause "$start"
		at box ip link del "$gone"
		status=0
		join change || status=$?
		exits+=" $status"
		case $status in
		0 | 6) ;;
		*) fail "round $round: exit code $status" ;;
		esac
		if [ "$gone" = eth0 ]; then
			prepared_nowhere "$status"
			ip netns del "$LAB-h1"
			lab_host 1
		else
			[ -z "$(prog_id eth0)" ] || xdpq detach eth0
			ip netns del "$LAB-h2"
			lab_host 2
		fi
		assert_prog eth0 ""
	done
	echo "exit codes:$exits"
	assert_no_new_bpf "$TMP/bpf"
	assert_no_process
}

# What was refused has prepared nothing. What succeeded before its interface went has lost its
# record with it: that is for the user to switch back.
prepared_nowhere() { # STATUS
	if [ "$1" = 0 ]; then
		at h2 ethtool -K eth0 gro off
	else
		at h2 ethtool -k eth0 | grep -q '^generic-receive-offload: off' ||
			fail "a refused attach left GRO on at h2"
	fi
}

test_gone_interface_while_attaching_leaves_no_program() {
	deleted_during eth0 attach eth0 redirect eth1
}

test_gone_target_while_attaching_leaves_no_program() {
	deleted_during eth1 attach eth0 redirect eth1
}

test_gone_renamed_interface_is_followed() {
	lab_quiet
	xdp attach eth0 redirect eth1
	at box ip link set eth1 down
	at box ip link set eth1 name uplink
	at box ip link set uplink up
	xdp -j status eth0 | assert_json "status" \
		'.[0].stages[0].args.ports == ["uplink"] and .[0].warnings == []'
	wait_for 5 lab_links_up
	receive there h2 eth0 20
	frames h1 send eth0 20
	received there '.received == 20 and .bad == 0'
	xdp -j status uplink | assert_json "status of the target" '. == []'
}

test_gone_target_down_is_a_warning() {
	xdp attach eth0 redirect eth1
	at box ip link set eth1 down
	xdp -j status eth0 | assert_json "status" '.[0].warnings | any(contains("eth1") and contains("down"))'
}
