#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Frames of up to 9000 bytes, which fill several buffers, and ports with different MTUs.

# shellcheck disable=SC2016 # programs for jq

export LAB_PORTS=3 # for lib.sh

mtu() { # MTU HOST...: both ends
	local n

	for n in "${@:2}"; do
		at "h$n" ip link set eth0 mtu "$1"
		at box ip link set "eth$((n - 1))" mtu "$1"
	done
}

jumbo_crosses() {
	lab_quiet
	mtu 9000 1 2
	xdp attach eth0 redirect eth1 --both --mode "$1"
	receive there h2 eth0 200
	frames h1 send eth0 60 size=9014
	frames h1 send eth0 60 size=4200 first=60
	frames h1 send eth0 60 size=3000 first=120
	frames h1 send eth0 20 size=9018 first=180 vlan=5
	received there '.received == 200 and .unique == 200 and .bad == 0
		and .sizes == [3000, 4200, 9014, 9018]'
	assert_counts eth0 redirect redirected 200 $((60 * (9014 + 4200 + 3000) + 20 * 9018))
}

test_jumbo_drv_frames_cross_whole() {
	jumbo_crosses drv
}

test_jumbo_skb_frames_cross_whole() {
	jumbo_crosses skb
}

# Real sockets with a jumbo MTU, ICMP with frames that need three buffers.
test_jumbo_sockets_and_ping_cross() {
	mtu 9000 1 2
	xdp attach eth0 redirect eth1 --both
	at h1 ping -q -c 10 -i 0.01 -W 2 -M 'do' -s 8972 10.77.1.2
	at h2 ping -q -c 10 -i 0.01 -W 2 -M 'do' -s 8952 fd77::1
	spawn serve h2 "$PYTHON" -I "$HERE/sockets.py" serve 10.77.1.2 7000 "$TMP/serving"
	wait_for 5 test -e "$TMP/serving"
	sockets h1 talk 10.77.1.2 7000 20000000
	join serve
	xdp -j stats eth0 | assert_json "counters" '
		.[0].verdicts | .drop.packets == 0 and .redirect.bytes > 20000000
		and .redirect.bytes / .redirect.packets > 3000'
}

# Programs of the two kinds cannot share a map of ports: the new one gets its own.
test_jumbo_can_be_asked_for_in_a_replacement() {
	local stages

	lab_quiet
	for stages in 'redirect eth1' 'redirect eth1 eth2' 'steer 0'; do
		read -ra words <<<"$stages"
		xdpq attach eth0 --replace "${words[@]}"
		xdpq attach eth0 --replace --jumbo "${words[@]}"
		xdp -j status eth0 | assert_json "$stages" '.[0].multi_buffer'
		xdpq attach eth0 --replace "${words[@]}" # as the one before it
		xdp -j status eth0 | assert_json "$stages" '.[0].multi_buffer'
		xdpq detach eth0
	done
}

test_jumbo_reflect_sends_frames_back_whole() {
	lab_quiet
	mtu 9000 1
	xdp attach eth0 reflect
	receive back h1 eth0 60
	frames h1 send eth0 60 size=9014 dst="$(box_mac 1)"
	received back '.received == 60 and .bad == 0 and .sizes == [9014]'
	assert_counts eth0 tx reflected 60 $((60 * 9014))
}

# The kernel cannot copy a frame of several buffers to several ports (before 6.18.39, 6.12.96 and
# 6.6.145 it even corrupts memory, CVE-2026-64355). So either it is refused beforehand, or such a
# frame is never given to the kernel as "redirected": each is dropped or passed under a reason of
# its own, and each that is counted as redirected arrives whole at every port.
jumbo_flood() {
	local n redirected

	lab_quiet
	mtu 9000 1 2 3
	state >"$TMP/before"
	if ! xdp attach eth0 redirect eth1 eth2 --mode "$1" 2>"$TMP/err"; then
		assert_state "$TMP/before"
		refused unsupported 'MTU|multi-buffer|buffer' attach eth0 redirect eth1 eth2 \
			--mode "$1"
		xdp attach eth0 redirect eth1 eth2 --mode "$1" --force
	fi
	receive h2 h2 eth0 100
	receive h3 h3 eth0 100
	frames h1 send eth0 100 size=3000
	received h2 '.received == 100 and .bad == 0'
	received h3 '.received == 100 and .bad == 0'
	assert_counts eth0 redirect redirected 100 300000
	receive h2 h2 eth0 0
	receive h3 h3 eth0 0
	frames h1 send eth0 100 size=9014
	frames h1 send eth0 100 size=4500 first=100
	wait_for 5 counter_is eth0 .packets 300
	redirected=$(($(counter eth0 .reasons.redirected) - 100))
	for n in 2 3; do
		stopped "h$n" '.received == $n and .bad == 0' --argjson n "$redirected"
	done
}

test_jumbo_drv_flood_loses_no_frame_in_silence() {
	jumbo_flood drv
}

test_jumbo_skb_flood_loses_no_frame_in_silence() {
	jumbo_flood skb
}

# ---- ports with different MTUs

refused_for_its_mtu() { # PATTERN ARGUMENT...
	state >"$TMP/before"
	bpf_ids >"$TMP/bpf"
	refused unsupported "$@"
	grep -q 'mtu' "$TMP/err" || fail "it does not say what to do: $(cat "$TMP/err")"
	assert_state "$TMP/before"
	assert_no_new_bpf "$TMP/bpf"
}

test_jumbo_port_with_a_smaller_mtu_is_refused() {
	mtu 9000 1
	refused_for_its_mtu 'eth1: MTU 1500 is below the 9000 of eth0' attach eth0 redirect eth1
	refused_for_its_mtu 'eth1: MTU 1500 is below the 9000 of eth0' attach eth0 redirect eth1 \
		--both
	refused_for_its_mtu 'eth1: MTU 1500' attach eth0 redirect eth1 --mode skb
	mtu 9000 2
	refused_for_its_mtu 'eth2: MTU 1500' attach eth0 redirect eth1 eth2
}

# The box's end would take the frame, the host's end would not.
test_jumbo_peer_with_a_smaller_mtu_is_refused() {
	mtu 9000 1
	at box ip link set eth1 mtu 9000
	refused_for_its_mtu "eth1: its peer's MTU 1500" attach eth0 redirect eth1
}

too_long_is_counted() { # MODE
	lab_quiet
	mtu 9000 1
	xdp attach eth0 redirect eth1 --force --mode "$1" 2>"$TMP/err"
	grep -q 'dropped and counted' "$TMP/err" || fail "no warning: $(cat "$TMP/err")"
	receive there h2 eth0 60
	frames h1 send eth0 30 size=9014 first=60
	frames h1 send eth0 10 size=1600 first=90
	frames h1 send eth0 30 size=1514
	frames h1 send eth0 30 size=1518 vlan=9 first=30
	received there '.received == 60 and .unique == 60 and .bad == 0 and .sizes == [1514, 1518]'
	xdp -j stats eth0 | assert_json "counters" '.[0] | .packets == 100
		and .verdicts.redirect == {packets: 60, bytes: (30 * 1514 + 30 * 1518)}
		and .verdicts.drop == {packets: 40, bytes: (30 * 9014 + 10 * 1600)}
		and .reasons.redirect_too_long == 40 and .reasons.redirected == 60'
	xdp -j status eth0 | assert_json "warning" '.[0].warnings | any(contains("MTU"))'
}

test_jumbo_drv_force_counts_what_is_too_long() {
	too_long_is_counted drv
}

test_jumbo_skb_force_counts_what_is_too_long() {
	too_long_is_counted skb
}

# The target shrinks while frames are redirected to it: the status says so.
test_jumbo_mtu_lowered_later_is_a_warning() {
	lab_quiet
	mtu 9000 1 2
	xdp attach eth0 redirect eth1
	xdp -j status eth0 | assert_json "no warning yet" '.[0].warnings == []'
	mtu 1500 2
	xdp -j status eth0 | assert_json "warning" \
		'.[0].warnings | any(contains("MTU 1500") and contains("eth1"))'
}
