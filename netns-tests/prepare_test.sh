#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What is changed on other devices for a pipeline, shared with others, and changed back.

# shellcheck disable=SC2016 # programs for jq

export LAB_PORTS=4 # for lib.sh

crosses() { # FROM TO
	receive crosses "h$2" eth0 30
	frames "h$1" send eth0 30 dst="$(host_mac "$2")"
	received crosses '.received == 30 and .unique == 30 and .bad == 0'
}

has() { # HOST FEATURE on|off
	at "$1" ethtool -k eth0 | grep -Eq "^$2: $3"
}

# Two or three pipelines redirect to the same port; the preparations there go with the last one.
shared() { # MODE FIRST SECOND THIRD: the order of detaching
	local port

	lab_quiet
	state >"$TMP/before"
	for port in 0 1 2; do
		xdp attach "eth$port" redirect eth3 --mode "$1"
	done
	crosses 1 4
	crosses 2 4
	crosses 3 4
	xdp detach "eth$2"
	crosses $(($3 + 1)) 4
	crosses $(($4 + 1)) 4
	xdp detach "eth$3"
	crosses $(($4 + 1)) 4
	xdp -j status | assert_json "status" 'length == 1 and .[0].warnings == []'
	xdp detach "eth$4"
	assert_state "$TMP/before"
}

test_prepare_shared_drv_first_leaves_first() {
	shared drv 0 1 2
}

test_prepare_shared_drv_last_leaves_first() {
	shared drv 2 1 0
}

test_prepare_shared_drv_middle_leaves_first() {
	shared drv 1 0 2
}

test_prepare_shared_skb_is_kept_and_restored() {
	shared skb 0 1 2
}

# A wire and a third port that joins one of its ends.
test_prepare_wire_half_detached_keeps_the_other_half() {
	local port

	state >"$TMP/before"
	xdp attach eth0 redirect eth1 --both
	xdp detach eth0
	lab_quiet
	crosses 2 1
	xdp attach eth0 redirect eth1
	crosses 1 2
	crosses 2 1
	xdp detach eth1
	crosses 1 2
	xdp detach eth0
	for port in 1 2; do
		offloads "h$port" eth0 >"$TMP/h$port"
		sed -n "/^== h$port/,/^== /p" "$TMP/before" | grep -Fxf "$TMP/h$port" |
			diff - "$TMP/h$port" || fail "the offloads of h$port changed"
	done
}

# A replacement that needs other preparations gives back those that it does not need. (The kernel
# itself takes segmentation from the peer of a veth with a program.)
test_prepare_replace_gives_back_what_it_does_not_need() {
	lab_quiet
	state >"$TMP/clean"
	xdp attach eth0 drop
	state_but_programs >"$TMP/before"
	xdp attach eth0 --replace redirect eth1
	has h2 generic-receive-offload on || fail "h2 was not prepared"
	xdp attach eth0 --replace redirect eth2
	has h2 generic-receive-offload off || fail "h2 was not given back"
	has h3 generic-receive-offload on || fail "h3 was not prepared"
	crosses 1 3
	xdp attach eth0 --replace redirect eth1 eth2
	crosses 1 2
	crosses 1 3
	xdp attach eth0 --replace drop
	state_but_programs >"$TMP/after"
	assert_same "the state of the lab" "$TMP/before" "$TMP/after"
	xdp detach eth0
	assert_state "$TMP/clean"
}

# What was so before is not ours to change back.
test_prepare_settings_of_the_user_stay() {
	lab_quiet
	at h1 ethtool -K eth0 tx-checksum-ip-generic off
	at h2 ethtool -K eth0 gro on
	at h3 ethtool -K eth0 tso off
	state >"$TMP/before"
	xdp attach eth0 redirect eth1 eth2 eth3
	crosses 1 2
	crosses 1 4
	xdp detach eth0
	assert_state "$TMP/before"
	xdp attach eth0 redirect eth1 --both --mode skb
	crosses 1 2
	xdp detach eth1
	xdp detach eth0
	assert_state "$TMP/before"
}

# Somebody switches an offload back: the status says that packets are lost, --replace mends it, and
# detach still restores what was first.
test_prepare_undone_by_others_is_seen_and_mended() {
	lab_quiet
	state >"$TMP/before"
	xdp attach eth0 redirect eth1
	xdp -j status eth0 | assert_json "no warning yet" '.[0].warnings == []'
	at h2 ethtool -K eth0 gro off
	xdp -j status eth0 | assert_json "warning" '.[0].warnings | any(contains("gro"))'
	xdp attach eth0 --replace redirect eth1
	xdp -j status eth0 | assert_json "warning is gone" '.[0].warnings == []'
	crosses 1 2
	xdp detach eth0
	assert_state "$TMP/before"
}

# Generations of programs hand the record on to each other.
test_prepare_record_survives_many_replacements() {
	lab_quiet
	state >"$TMP/before"
	xdp attach eth0 redirect eth1
	for _ in 1 2 3; do
		xdpq attach eth0 --replace redirect eth2
		xdpq attach eth0 --replace reflect
		xdpq attach eth0 --replace redirect eth1 eth2 eth3
		xdpq attach eth0 --replace count --by src "then" redirect eth1
	done
	crosses 1 2
	xdp detach eth0
	assert_state "$TMP/before"
}

test_prepare_says_what_it_changed() {
	xdp -j attach eth0 redirect eth1 | assert_json "answer" '
		.[0].prepared | any(.port == "eth1" and .at_peer and .change == "rx-gro on"
			and .features == ["rx-gro"])
		and any(.port == "eth0" and .at_peer and .change == "tx-vlan off")
		and any(.port == "eth0" and .at_peer and .change == "tx-checksum off"
			and (.features | length > 0))'
	xdp -j status eth0 >"$TMP/status"
	assert_json "record" '.[0].prepared | length == 3' <"$TMP/status"
	xdp -j detach eth0 | assert_json "undone" '.[0].undone == $status[0][0].prepared' \
		--slurpfile status "$TMP/status"
}

# Both ends of the veth are in the box.
test_prepare_peer_in_the_same_namespace() {
	lab_quiet
	at box ip link add in0 type veth peer name in1
	at box ip link set in0 up
	at box ip link set in1 up
	state >"$TMP/before"
	xdp attach eth0 redirect in0
	receive there box in1 30
	frames h1 send eth0 30
	received there '.received == 30 and .bad == 0'
	xdp detach eth0
	assert_state "$TMP/before"
}
