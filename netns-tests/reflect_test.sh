#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Packets sent back out of the port they came in by.

# shellcheck disable=SC2016 # programs for jq

# Nobody is at these addresses: the box answers for them, by its MAC address.
nobody() {
	at h1 ip neigh replace 10.77.1.200 lladdr "$(box_mac 1)" dev eth0
	at h1 ip neigh replace fd77::200 lladdr "$(box_mac 1)" dev eth0
}

# comes_back MODE STAGE...: every frame to the box comes back with its MAC addresses swapped.
comes_back() {
	lab_quiet
	state >"$TMP/before"
	xdp attach eth0 --mode "$1" "${@:2}"
	receive back h1 eth0 300
	frames h1 send eth0 200 dst="$(box_mac 1)"
	frames h1 send eth0 100 dst="$(box_mac 1)" first=200 size=1514
	received back '.received == 300 and .unique == 300 and .bad == 0
		and .src == ["02:00:00:00:0b:01"] and .dst == ["02:00:00:00:0a:01"]'
	assert_counts eth0 tx reflected 300 $((200 * 60 + 100 * 1514))
	xdp detach eth0
	assert_state "$TMP/before"
}

test_reflect_drv_sends_every_frame_back() {
	comes_back drv reflect
}

test_reflect_skb_sends_every_frame_back() {
	comes_back skb reflect
}

# Answers to what is sent to a group, as ARP and neighbour solicitations, would have a group as
# their source: they go to the box's own stack.
test_reflect_group_frames_pass() {
	lab_quiet
	xdp attach eth0 reflect
	receive back h1 eth0 0
	receive box box eth0 60
	frames h1 send eth0 30 dst=ff:ff:ff:ff:ff:ff
	frames h1 send eth0 30 dst=33:33:ff:00:00:01 first=30
	received box '.received == 60 and .bad == 0
		and .dst == ["33:33:ff:00:00:01", "ff:ff:ff:ff:ff:ff"]'
	stopped back '.received == 0'
	assert_counts eth0 pass reflect_group 60 3600
}

test_reflect_l3_passes_what_is_not_ip() {
	lab_quiet
	xdp attach eth0 reflect --l3
	receive back h1 eth0 0
	receive box box eth0 40
	frames h1 send eth0 40 dst="$(box_mac 1)"
	received box '.received == 40 and .bad == 0 and .src == ["02:00:00:00:0a:01"]'
	stopped back '.received == 0'
	assert_counts eth0 pass reflect_not_ip 40 2400
}

# echoes MODE: real sockets get their own datagrams back, unharmed, and ping its replies.
echoes() {
	local bytes

	state >"$TMP/before"
	nobody
	xdp attach eth0 reflect --l4 --mode "$1"
	sockets h1 ask 10.77.1.200 7 300
	sockets h1 ask fd77::200 7 300
	at h1 ping -q -c 20 -i 0.01 -W 2 -s 1000 10.77.1.200
	at h1 ping -q -c 20 -i 0.01 -W 2 -s 1000 fd77::200
	# 300 datagrams of 4 to 303 bytes over each IP, 20 pings of 1000 bytes over each
	bytes=$((2 * (300 * 4 + 299 * 150) + 300 * (42 + 62) + 20 * (1042 + 1062)))
	xdp -j stats eth0 | assert_json "counters" '
		.[0] | .verdicts.tx == {packets: 640, bytes: $bytes} and .reasons.reflected == 640' \
		--argjson bytes "$bytes"
	xdp detach eth0
	assert_state "$TMP/before"
}

test_reflect_l4_drv_echoes_sockets_and_ping() {
	echoes drv
}

test_reflect_l4_skb_echoes_sockets_and_ping() {
	echoes skb
}

# With the addresses alone swapped, a datagram comes to the port it was sent to.
test_reflect_l3_answers_at_the_same_port() {
	nobody
	xdp attach eth0 reflect --l3
	spawn listen h1 "$PYTHON" -I "$HERE/sockets.py" hear 10.77.1.1 7777 25
	wait_for 5 grep -q ready "$TMP/listen.out"
	# from another port to 7777 of nobody: it comes back to our own 7777
	sockets h1 tell 10.77.1.200 7777 25
	join listen
	tail -n 1 "$TMP/listen.out" | assert_json "what came" \
		'.heard == 25 and .from == ["10.77.1.200"]'
	counter_is eth0 .reasons.reflected 25 || fail "not 25 were reflected"
}

# ARP for an address of the box itself is answered by the box, through the reflecting port.
test_reflect_neighbour_discovery_reaches_the_stack() {
	at box ip addr add 10.77.1.250/24 dev eth0
	xdp attach eth0 reflect --l4
	at h1 ping -q -c 3 -i 0.01 -W 2 10.77.1.250
	at h1 ip -j neigh show 10.77.1.250 | assert_json "neighbour" \
		'.[0].lladdr == "02:00:00:00:0b:01"'
	xdp -j stats eth0 | assert_json "counters" \
		'.[0] | .reasons.reflect_group >= 1 and .reasons.reflected == 3'
}
