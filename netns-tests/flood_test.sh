#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A copy of every packet to each of several ports.

export LAB_PORTS=4 # for lib.sh

# floods MODE PORT...: what h1 sends arrives once at h2, h3 and h4, and never at h1.
floods() {
	local n

	lab_quiet
	at h1 ethtool -K eth0 gro on # so that a native copy to h1 would arrive
	state >"$TMP/before"
	xdp attach eth0 redirect "${@:2}" --mode "$1"
	receive h1 h1 eth0 0
	for n in 2 3 4; do
		receive "h$n" "h$n" eth0 400
	done
	frames h1 send eth0 300 dst=ff:ff:ff:ff:ff:ff
	frames h1 send eth0 100 dst=ff:ff:ff:ff:ff:ff size=1514 first=300
	for n in 2 3 4; do
		received "h$n" '.received == 400 and .unique == 400 and .bad == 0
			and .sizes == [1514, 60] and .src == ["02:00:00:00:0a:01"]'
	done
	stopped h1 '.received == 0 and .bad == 0'
	assert_counts eth0 redirect redirected 400 $((300 * 60 + 100 * 1514))
	xdp detach eth0
	assert_state "$TMP/before"
}

test_flood_drv_gives_each_port_one_copy() {
	floods drv eth1 eth2 eth3
}

test_flood_skb_gives_each_port_one_copy() {
	floods skb eth1 eth2 eth3
}

test_flood_ingress_in_the_list_gets_none() {
	floods drv eth1 eth0 eth2 eth3
}

test_flood_skb_ingress_in_the_list_gets_none() {
	floods skb eth0 eth1 eth2 eth3
}

# Every port floods to all: together a hub, through which all hosts reach each other.
hub() { # MODE
	local port from to

	state >"$TMP/before"
	for port in 0 1 2 3; do
		xdp attach "eth$port" redirect eth0 eth1 eth2 eth3 --mode "$1"
	done
	for from in 1 2 3 4; do
		for to in 1 2 3 4; do
			[ "$from" = "$to" ] ||
				at "h$from" ping -q -c 2 -i 0.01 -W 2 "10.77.1.$to"
		done
	done
	spawn serve h3 "$PYTHON" -I "$HERE/sockets.py" serve fd77::3 7000 "$TMP/serving"
	wait_for 5 test -e "$TMP/serving"
	sockets h2 talk fd77::3 7000 2000000
	join serve
	for port in 0 1 2 3; do
		xdp detach "eth$port"
	done
	assert_state "$TMP/before"
}

test_flood_drv_hub_joins_all_hosts() {
	hub drv
}

test_flood_skb_hub_joins_all_hosts() {
	hub skb
}

# One of the ports goes: the others get their copies, and the status says what is missing.
test_flood_with_a_port_gone_serves_the_others() {
	lab_quiet
	xdp attach eth0 redirect eth1 eth2 eth3
	at box ip link del eth2
	xdp -j status eth0 | assert_json "status" '.[0].warnings | length > 0'
	receive h2 h2 eth0 50
	receive h4 h4 eth0 50
	frames h1 send eth0 50
	received h2 '.received == 50 and .bad == 0'
	received h4 '.received == 50 and .bad == 0'
	assert_counts eth0 redirect redirected 50 3000
}

# With the last one gone nothing is lost in silence.
test_flood_without_any_port_passes_to_the_stack() {
	lab_quiet
	xdp attach eth0 redirect eth1 eth2
	at box ip link del eth1
	at box ip link del eth2
	receive box box eth0 50
	frames h1 send eth0 50
	received box '.received == 50 and .bad == 0'
	assert_counts eth0 pass redirect_no_port 50 3000
}

# All ports that a pipeline can have: three of them are the lab's, the others end in one namespace.
test_flood_32_ports_each_get_a_copy() {
	local n ports=()

	ip netns add "$LAB-far"
	for ((n = 4; n <= 32; n++)); do
		echo "link add eth$n netns $LAB-box type veth peer name eth$n netns $LAB-far"
	done | ip -batch -
	lab_quiet
	for ((n = 4; n <= 32; n++)); do
		at box ip link set "eth$n" up
		at far ip link set "eth$n" up
	done
	for ((n = 1; n <= 32; n++)); do
		ports+=("eth$n")
	done
	state >"$TMP/before"
	xdpq attach eth0 redirect "${ports[@]}"
	receive h2 h2 eth0 20
	receive h4 h4 eth0 20
	receive far far eth32 20
	frames h1 send eth0 20
	received h2 '.received == 20 and .bad == 0'
	received h4 '.received == 20 and .bad == 0'
	received far '.received == 20 and .bad == 0'
	at far ip -j -s link show | assert_json "what each port received" '
		[.[] | select(.ifname != "lo") | .stats64.rx.packets] | . == [range(29) | 20]'
	assert_counts eth0 redirect redirected 20 1200
	refused usage 'too many' attach eth0 --replace redirect "${ports[@]}" eth0
	xdp detach eth0
	assert_state "$TMP/before"
}
