#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What redirect does to a frame, and what it has to leave alone.

# shellcheck disable=SC2016 # programs for jq

# rewrites SRC DST OPTION...: the addresses with which frames from h1 to h2 arrive.
rewrites() {
	local mode src=$1 dst=$2

	shift 2
	lab_quiet
	for mode in drv skb; do
		xdp attach eth0 redirect eth1 "$@" --mode "$mode"
		receive there h2 eth0 60
		frames h1 send eth0 40
		frames h1 send eth0 20 first=40 size=1514
		received there '.received == 60 and .unique == 60 and .bad == 0
			and .sizes == [1514, 60] and .src == [$src] and .dst == [$dst]' \
			--arg src "$src" --arg dst "$dst"
		assert_counts eth0 redirect redirected 60 $((40 * 60 + 20 * 1514))
		xdp detach eth0
	done
}

test_frames_no_option_keeps_the_addresses() {
	rewrites 02:00:00:00:0a:01 02:00:00:00:0a:02
}

test_frames_swap_mac_exchanges_them() {
	rewrites 02:00:00:00:0a:02 02:00:00:00:0a:01 --swap-mac
}

test_frames_src_mac_is_set() {
	rewrites 02:11:22:33:44:55 02:00:00:00:0a:02 --src-mac 02:11:22:33:44:55
}

test_frames_dst_mac_is_set() {
	rewrites 02:00:00:00:0a:01 02:66:77:88:99:aa --dst-mac 02:66:77:88:99:aa
}

test_frames_src_and_dst_mac_are_set() {
	rewrites 02:11:22:33:44:55 02:66:77:88:99:aa --src-mac 02:11:22:33:44:55 \
		--dst-mac 02:66:77:88:99:aa
}

# Copies to several ports carry the new address too.
test_frames_flood_copies_carry_the_new_address() {
	lab_host 3
	lab_quiet
	xdp attach eth0 redirect eth1 eth2 --dst-mac 02:66:77:88:99:aa
	receive h2 h2 eth0 40
	receive h3 h3 eth0 40
	frames h1 send eth0 40
	received h2 '.received == 40 and .bad == 0 and .dst == ["02:66:77:88:99:aa"]'
	received h3 '.received == 40 and .bad == 0 and .dst == ["02:66:77:88:99:aa"]'
}

# Where no port is left, what goes to the stack goes as it came.
test_frames_passed_packets_are_not_rewritten() {
	local ports

	lab_host 3
	lab_quiet
	for ports in "eth1" "eth1 eth2"; do
		# shellcheck disable=SC2086 # one or two words
		xdp attach eth0 redirect $ports --src-mac 02:11:22:33:44:55
		for port in $ports; do
			at box ip link del "$port"
		done
		receive box box eth0 30
		frames h1 send eth0 30
		received box '.received == 30 and .bad == 0 and .src == ["02:00:00:00:0a:01"]'
		assert_counts eth0 pass redirect_no_port 30 1800
		xdp detach eth0
		at h1 ip link show eth0 >/dev/null
		[ "$ports" != eth1 ] || {
			ip netns del "$LAB-h2"
			lab_host 2
			lab_quiet
		}
	done
}

# vlans MODE STAGE...: tagged frames arrive with their tag, also those that fill the MTU.
vlans() {
	lab_quiet
	xdp attach eth0 --mode "$1" "${@:2}"
	receive there h2 eth0 50
	frames h1 send eth0 30 vlan=100
	frames h1 send eth0 20 vlan=100 first=30 size=1518
	received there '.received == 50 and .unique == 50 and .bad == 0
		and .sizes == [1518, 60] and .vlans == [100] and .dst == ["02:00:00:00:0a:02"]'
	assert_counts eth0 redirect redirected 50 $((30 * 60 + 20 * 1518))
	xdp detach eth0
}

test_frames_vlan_tags_pass_a_native_redirect() {
	vlans drv redirect eth1
}

test_frames_vlan_tags_pass_a_generic_redirect() {
	vlans skb redirect eth1
}

test_frames_vlan_tags_pass_a_breakdown() {
	vlans drv count --by port "then" redirect eth1
}

test_frames_vlan_tags_come_back_from_reflect() {
	lab_quiet
	xdp attach eth0 reflect
	receive back h1 eth0 50
	frames h1 send eth0 50 vlan=7 dst="$(box_mac 1)"
	received back '.received == 50 and .bad == 0 and .vlans == [7]
		and .src == ["02:00:00:00:0b:01"] and .dst == ["02:00:00:00:0a:01"]'
	assert_counts eth0 tx reflected 50 3000
}

# A breakdown counts what crosses, by what it is.
test_frames_count_by_proto_names_what_crossed() {
	xdp attach eth0 count --by proto "then" redirect eth1 --both
	at h1 ping -q -c 7 -i 0.01 -W 2 10.77.1.2
	at h1 ping -q -c 5 -i 0.01 -W 2 fd77::2
	xdp -j stats eth0 | assert_json "breakdown" '
		.[0] | (.breakdown[] | select(.key == "icmp4") | .packets) == 7
		and (.breakdown[] | select(.key == "icmpv6") | .packets) >= 5
		and ([.breakdown[].packets] | add) == .packets
		and ([.breakdown[].bytes] | add) == .bytes'
}

test_frames_drop_lets_nothing_through() {
	lab_quiet
	xdp attach eth0 count --by src "then" drop
	receive box box eth0 0
	frames h1 send eth0 500
	wait_for 5 counter_is eth0 .packets 500
	assert_counts eth0 drop drop 500 30000
	stopped box '.received == 0'
}

test_frames_pass_lets_everything_through() {
	lab_quiet
	xdp attach eth0 pass
	receive box box eth0 500
	frames h1 send eth0 500
	received box '.received == 500 and .bad == 0'
	assert_counts eth0 pass pass 500 30000
}
