#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# An attach that fails at any of its steps leaves everything as it was.

# shellcheck disable=SC2016 # programs for jq
# shellcheck source=/dev/null
. "$HERE/foreign.sh"

export LAB_PORTS=3 # for lib.sh

crosses() { # FROM TO
	receive crosses "h$2" eth0 30
	frames "h$1" send eth0 30 dst="$(host_mac "$2")"
	received crosses '.received == 30 and .unique == 30 and .bad == 0'
}

# The second leg of a wire fails when the first one has been replaced already: the program before
# is back, with its ports, its counters and its preparations.
second_leg_fails() { # ARGUMENT OF THE RUNNING PIPELINE... ON eth0
	local old

	lab_quiet
	state >"$TMP/clean"
	xdp attach eth0 "$@"
	old=$(prog_id eth0)
	crosses 1 2
	foreign_link eth1
	state >"$TMP/before"
	bpf_ids >"$TMP/bpf"
	refused conflict 'link' attach eth0 --replace redirect eth1 --both
	assert_prog eth0 "$old"
	assert_state "$TMP/before"
	assert_no_new_bpf "$TMP/bpf"
	xdp -j status eth0 | assert_json "status" '.[0].warnings == []'
	crosses 1 2
	counter_is eth0 .reasons.redirected 60 || fail "redirected: $(counter eth0 .reasons)"
	foreign_unlink
	xdp detach eth0
	assert_state "$TMP/clean"
}

test_transaction_second_leg_failing_restores_the_first() {
	second_leg_fails redirect eth1
}

test_transaction_second_leg_failing_restores_another_pipeline() {
	second_leg_fails redirect eth1 eth2
}

test_transaction_second_leg_failing_restores_stages_too() {
	second_leg_fails count --by proto "then" redirect eth1 --swap-mac
}

test_transaction_second_leg_failing_restores_a_foreign_one() {
	lab_quiet
	foreign_attach eth0
	local first=$FOREIGN
	foreign_link eth1
	state >"$TMP/before"
	bpf_ids >"$TMP/bpf"
	refused conflict 'link' attach eth0 --replace redirect eth1 --both
	assert_prog eth0 "$first"
	assert_state "$TMP/before"
	assert_no_new_bpf "$TMP/bpf"
	foreign_unlink
}

test_transaction_second_leg_failing_undoes_a_fresh_first() {
	lab_quiet
	foreign_link eth1
	state >"$TMP/before"
	bpf_ids >"$TMP/bpf"
	refused conflict 'link' attach eth0 --replace redirect eth1 --both
	assert_prog eth0 ""
	assert_state "$TMP/before"
	assert_no_new_bpf "$TMP/bpf"
	foreign_unlink
}

# A bridge in front of eth1 cannot send native frames.
bridge() {
	lab_quiet
	at box ip link add br0 type bridge
	at box ip link set eth1 master br0
	at box ip link set br0 up
}

test_transaction_target_without_native_mode_is_refused() {
	bridge
	state >"$TMP/before"
	bpf_ids >"$TMP/bpf"
	refused unsupported 'br0: .*native' attach eth0 redirect br0 --mode drv
	refused unsupported 'br0: .*native' attach eth0 redirect eth2 br0 --mode drv
	refused unsupported 'br0' attach eth0 redirect br0 --mode drv --both
	assert_state "$TMP/before"
	assert_no_new_bpf "$TMP/bpf"
}

# The running pipeline survives the refusal of its successor.
test_transaction_refused_replacement_leaves_the_running_one() {
	local old

	bridge
	xdp attach eth0 redirect eth2 --mode drv
	old=$(prog_id eth0)
	state >"$TMP/before"
	bpf_ids >"$TMP/bpf"
	refused unsupported 'br0: .*native' attach eth0 --replace redirect br0
	refused unsupported 'br0: .*native' attach eth0 --replace redirect eth2 br0
	refused not_found 'nosuch' attach eth0 --replace redirect nosuch
	refused usage 'no such stage' attach eth0 --replace nosuch
	assert_prog eth0 "$old"
	assert_state "$TMP/before"
	assert_no_new_bpf "$TMP/bpf"
	crosses 1 3
	counter_is eth0 .reasons.redirected 30 || fail "redirected: $(counter eth0 .reasons)"
}

# fell_back OBJECT: --mode auto went on to generic mode and said why.
fell_back() {
	assert_json "answer" '
		.[0] | .mode == "skb" and (.refused | length == 1)
		and .refused[0].mode == "drv" and .refused[0].object == $object' \
		--arg object "$1" <"$TMP/answer"
	grep -q 'skb' <(xdp status eth0) || fail "not in skb mode"
}

test_transaction_auto_falls_back_for_a_target() {
	bridge
	state >"$TMP/before"
	xdp -j attach eth0 redirect br0 >"$TMP/answer"
	fell_back br0
	crosses 1 2
	xdp detach eth0
	assert_state "$TMP/before"
	xdp attach eth0 redirect br0 2>&1 | grep -q 'not in drv mode: br0' ||
		fail "it does not say why"
}

# The driver of eth0 refuses when it is asked to attach: its peer has more transmit queues than it
# can receive from. By then nothing else may have been changed for good.
test_transaction_auto_falls_back_for_the_ingress() {
	at box ip link del eth0
	ip link add name eth0 address "$(box_mac 1)" numtxqueues 1 numrxqueues 1 \
		netns "$LAB-box" type veth peer name eth0 address "$(host_mac 1)" \
		numtxqueues 2 numrxqueues 2 netns "$LAB-h1"
	at h1 ip link set eth0 up
	at box ip link set eth0 up
	wait_for 5 lab_links_up
	lab_quiet
	state >"$TMP/before"
	bpf_ids >"$TMP/bpf"
	refused unsupported 'eth0: .*drv mode.*queues' \
		attach eth0 redirect eth1 --mode drv
	refused unsupported 'eth0: .*drv mode.*queues' \
		attach eth1 redirect eth0 --both --mode drv
	assert_state "$TMP/before"
	assert_no_new_bpf "$TMP/bpf"
	xdp -j attach eth0 redirect eth1 >"$TMP/answer"
	fell_back eth0
	crosses 1 2
	xdp detach eth0
	assert_state "$TMP/before"
	assert_no_new_bpf "$TMP/bpf"
}

# The kernel itself takes segmentation from the peer of a veth with a program, so that is there
# from the beginning.
test_transaction_no_prepare_changes_no_offload() {
	xdp attach eth0 drop
	xdp attach eth1 drop
	state_but_programs >"$TMP/before"
	xdp -j attach eth0 --replace redirect eth1 --both --no-prepare |
		assert_json "answer" 'length == 2 and all(.[]; .prepared == [])'
	state_but_programs >"$TMP/after"
	assert_same "the state of the lab" "$TMP/before" "$TMP/after"
	xdp -j status | assert_json "warnings" 'length == 2 and all(.[]; .warnings | length > 0)'
}

# --replace keeps the counters where the stages change, the port's map where the ports do not.
test_transaction_replace_keeps_the_counters() {
	lab_quiet
	xdp attach eth0 redirect eth1
	crosses 1 2
	xdp attach eth0 --replace count --by proto "then" redirect eth1
	crosses 1 2
	xdp attach eth0 --replace redirect eth2
	crosses 1 3
	counter_is eth0 .reasons.redirected 90 || fail "redirected: $(counter eth0 .reasons)"
	xdp attach eth0 --replace drop
	frames h1 send eth0 10
	wait_for 5 counter_is eth0 .reasons.drop 10
	xdp -j stats eth0 | assert_json "counters" \
		'.[0] | .packets == 100 and .bytes == 6000 and .reasons.redirected == 90'
}

test_transaction_replace_of_nothing_attaches() {
	lab_quiet
	xdp -j attach eth0 --replace redirect eth1 | assert_json "answer" '.[0].replaced == null'
	crosses 1 2
}
