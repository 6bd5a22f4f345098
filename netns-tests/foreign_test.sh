#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Programs of other people are left alone unless --replace or --force says otherwise.

# shellcheck disable=SC2016 # programs for jq
# shellcheck source=/dev/null
. "$HERE/foreign.sh"

# It still is the one that decides: h1's frames are counted by it and go nowhere.
foreign_works() {
	local seen

	seen=$(foreign_seen)
	assert_prog eth0 "$FOREIGN"
	receive there h2 eth0 0
	frames h1 send eth0 20
	wait_for 5 foreign_saw $((seen + 20))
	stopped there '.received == 0'
}

left_alone() { # xdpdrv|xdpgeneric
	lab_quiet
	foreign_attach eth0 "$1"
	state >"$TMP/before"
	bpf_ids >"$TMP/bpf"
	refused conflict "foreign program $FOREIGN \"foreign\"" attach eth0 redirect eth1
	refused conflict "foreign program $FOREIGN \"foreign\"" attach eth0 redirect eth1 --both
	refused conflict "foreign program $FOREIGN \"foreign\"" attach eth0 pass
	refused conflict "foreign program $FOREIGN \"foreign\"" attach eth1 redirect eth0 --both
	refused conflict "program $FOREIGN \"foreign\"" detach eth0
	assert_state "$TMP/before"
	assert_no_new_bpf "$TMP/bpf"
	foreign_works
}

test_foreign_native_program_is_left_alone() {
	left_alone xdpdrv
}

test_foreign_generic_program_is_left_alone() {
	left_alone xdpgeneric
}

test_foreign_program_is_in_the_status() {
	foreign_attach eth0
	xdp -j status | assert_json "status" '
		length == 1 and (.[0] | .ifname == "eth0" and .owner == "foreign" and .mode == "drv"
		and .prog_id == $id and .prog_name == "foreign" and (.tag | length == 16)
		and .stages == [] and .packets == 0 and .bytes == 0)' --argjson id "$FOREIGN"
	refused not_found 'is not xdpctl' stats eth0
}

test_foreign_program_is_displaced_by_replace() {
	local old

	lab_quiet
	bpf_ids >"$TMP/bpf"
	foreign_attach eth0
	old=$FOREIGN
	xdp -j attach eth0 --replace redirect eth1 |
		assert_json "answer" '.[0].replaced == $old' --argjson old "$old"
	receive there h2 eth0 40
	frames h1 send eth0 40
	received there '.received == 40 and .bad == 0'
	assert_counts eth0 redirect redirected 40 2400
	assert_no_new_bpf "$TMP/bpf" "$(prog_id eth0)"
}

test_foreign_generic_program_is_displaced_in_its_mode() {
	lab_quiet
	foreign_attach eth0 xdpgeneric
	refused conflict 'skb mode' attach eth0 --replace --mode drv redirect eth1
	assert_prog eth0 "$FOREIGN"
	xdp attach eth0 --replace redirect eth1
	xdp -j status eth0 | assert_json "mode" 'length == 1 and .[0].mode == "skb"'
	receive there h2 eth0 40
	frames h1 send eth0 40
	received there '.received == 40 and .bad == 0'
}

test_foreign_program_is_taken_off_by_force() {
	lab_quiet
	bpf_ids >"$TMP/bpf"
	state >"$TMP/before"
	foreign_attach eth0
	xdp -j detach eth0 --force |
		assert_json "answer" '.[0].owner == "foreign" and .[0].prog_id == $id' \
			--argjson id "$FOREIGN"
	assert_state "$TMP/before"
	assert_no_new_bpf "$TMP/bpf"
	receive box box eth0 30
	frames h1 send eth0 30
	received box '.received == 30 and .bad == 0'
}

# Nobody but its owner can take off what a bpf_link holds.
test_foreign_link_cannot_be_displaced() {
	lab_quiet
	foreign_link eth0
	state >"$TMP/before"
	bpf_ids >"$TMP/bpf"
	refused conflict "foreign program $FOREIGN" attach eth0 redirect eth1
	refused conflict 'bpf_link|link' attach eth0 --replace redirect eth1
	refused conflict 'bpf_link|link' attach eth0 --replace redirect eth1 --both
	refused conflict 'bpf_link|link' detach eth0 --force
	assert_state "$TMP/before"
	assert_no_new_bpf "$TMP/bpf"
	# h2's frames still end in the link's program on the way back
	xdp attach eth1 redirect eth0
	xflow h1 send --dev eth0 --count 100 --rate 10000
	foreign_unlink
	assert_json "the link's program" '.received == 100' <"$TMP/link.out"
}

# A program on the other end of the wire: neither end is attached, nothing is prepared.
test_foreign_program_on_the_far_port_stops_both() {
	lab_quiet
	foreign_attach eth1
	state >"$TMP/before"
	bpf_ids >"$TMP/bpf"
	refused conflict "eth1: a foreign program $FOREIGN" attach eth0 redirect eth1 --both
	assert_prog eth0 ""
	assert_state "$TMP/before"
	assert_no_new_bpf "$TMP/bpf"
	# without --both the far port's program is in nobody's way
	xdp attach eth0 redirect eth1
	receive there h2 eth0 40
	frames h1 send eth0 40
	received there '.received == 40 and .bad == 0'
	assert_prog eth1 "$FOREIGN"
	xdp detach eth0
	assert_state "$TMP/before"
}

# detach takes off what is xdpctl's, also where the same interface has a foreign one in the other
# mode, which the kernel does not allow: so there is only ever one to look at.
test_foreign_and_own_are_told_apart_on_two_ports() {
	lab_quiet
	foreign_attach eth1
	xdp attach eth0 drop
	xdp -j status | assert_json "owners" \
		'[.[] | [.ifname, .owner]] == [["eth0", "xdpctl"], ["eth1", "foreign"]]'
	xdp detach eth0
	refused conflict 'not xdpctl' detach eth1
	assert_prog eth1 "$FOREIGN"
}
