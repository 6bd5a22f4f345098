#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A wire made of two pipelines: attach eth0 redirect eth1 --both.

# shellcheck disable=SC2016 # programs for jq

BYTES=4000000

# Sockets on both hosts, each of them once the one that connects.
talk_both_ways() {
	local server client addr

	for addr in 10.77.1. fd77::; do
		for client in 1 2; do
			server=$((3 - client))
			spawn serve "h$server" "$PYTHON" -I "$HERE/sockets.py" serve \
				"$addr$server" 7000 "$TMP/serving"
			wait_for 5 test -e "$TMP/serving"
			sockets "h$client" talk "$addr$server" 7000 "$BYTES"
			join serve
			rm "$TMP/serving"
		done
	done
}

ping_both_ways() {
	at h1 ping -q -c 10 -i 0.01 -W 2 10.77.1.2
	at h2 ping -q -c 10 -i 0.01 -W 2 10.77.1.1
	at h1 ping -q -c 10 -i 0.01 -W 2 fd77::2
	at h2 ping -q -c 10 -i 0.01 -W 2 fd77::1
}

# What came before the stages were open was passed to the stack; since then nothing was.
assert_all_redirected() {
	local port

	for port in eth0 eth1; do
		xdp -j stats "$port" | assert_json "counters of $port" '
			.[0] | .packets == .reasons.redirected + .reasons.redirect_no_port
			and .reasons.redirected == .verdicts.redirect.packets
			and .reasons.redirected > 500 and .verdicts.redirect.bytes > $bytes
			and .reasons.redirect_no_port == ($start[0][]
				| select(.ifname == $port) | .reasons.redirect_no_port)' \
			--argjson bytes "$BYTES" --arg port "$port" --slurpfile start "$TMP/start"
	done
}

# carries MODE WANTED: with the offloads that a veth has, which are as before in the end.
carries() {
	state >"$TMP/before"
	xdp attach eth0 redirect eth1 --both --mode "$1"
	xdp -j status | assert_json "mode" \
		'[.[] | [.ifname, .mode, .owner]] == [["eth0", $m, "xdpctl"], ["eth1", $m, "xdpctl"]]' \
		--arg m "$2"
	xdp -j stats >"$TMP/start"
	ping_both_ways
	talk_both_ways
	assert_all_redirected
	xdp detach eth0
	xdp detach eth1
	assert_state "$TMP/before"
}

test_wire_drv_carries_ping_and_tcp() {
	carries drv drv
}

test_wire_skb_carries_ping_and_tcp() {
	carries skb skb
}

test_wire_auto_takes_drv_and_carries_ping_and_tcp() {
	carries auto drv
}

# The hosts are in namespaces that have no name, as those of containers.
test_wire_unnamed_namespaces_are_prepared() {
	local name

	for name in h1 h2; do
		spawn "$name" "$name" sleep 100
		at "$name" ethtool -k eth0 >"$TMP/$name.before"
	done
	for name in h1 h2; do
		# unmount the name, keep the namespace by its process
		ip netns del "$LAB-$name"
	done
	xdp attach eth0 redirect eth1 --both --mode drv
	nsenter --target "${PID[h1]}" --net ping -q -c 5 -i 0.01 -W 2 10.77.1.2
	nsenter --target "${PID[h2]}" --net ping -q -c 5 -i 0.01 -W 2 fd77::1
	spawn_serve_in "${PID[h2]}"
	nsenter --target "${PID[h1]}" --net "$PYTHON" -I "$HERE/sockets.py" talk 10.77.1.2 7000 \
		"$BYTES"
	xdp detach eth0
	xdp detach eth1
	for name in h1 h2; do
		nsenter --target "${PID[$name]}" --net ethtool -k eth0 >"$TMP/$name.after"
		assert_same "offloads of $name" "$TMP/$name.before" "$TMP/$name.after"
		kill "${PID[$name]}"
	done
}

spawn_serve_in() {
	nsenter --target "$1" --net "$PYTHON" -I "$HERE/sockets.py" serve 10.77.1.2 7000 \
		"$TMP/serving" &
	wait_for 5 test -e "$TMP/serving"
}

# counts MODE: every frame sent is counted once, with all its bytes, and arrives whole.
counts() {
	local bytes=$((600 * 60 + 200 * 1514))

	lab_quiet
	xdp attach eth0 redirect eth1 --both --mode "$1"
	receive there h2 eth0 800
	frames h1 send eth0 600
	frames h1 send eth0 200 size=1514 first=600
	received there '
		.received == 800 and .unique == 800 and .bad == 0 and .bytes == $bytes
		and .src == ["02:00:00:00:0a:01"] and .dst == ["02:00:00:00:0a:02"]' \
		--argjson bytes "$bytes"
	assert_counts eth0 redirect redirected 800 "$bytes"
	assert_counts eth1 pass redirected 0 0
	receive back h1 eth0 100
	frames h2 send eth0 100 size=333
	received back '.received == 100 and .bad == 0'
	assert_counts eth1 redirect redirected 100 33300
	assert_counts eth0 redirect redirected 800 "$bytes"
}

test_wire_drv_counts_every_frame_once() {
	counts drv
}

test_wire_skb_counts_every_frame_once() {
	counts skb
}

test_wire_no_count_carries_and_has_no_counters() {
	lab_quiet
	xdp attach eth0 redirect eth1 --no-count
	receive there h2 eth0 50
	frames h1 send eth0 50
	received there '.received == 50 and .bad == 0'
	refused not_found 'attached with --no-count' stats eth0
	xdp -j status | assert_json "status" '.[0].packets == 0 and .[0].prog_id > 0'
	assert_equal "maps that count" 0 "$(bpftool -j prog show id "$(prog_id eth0)" |
		jq -r '.map_ids[]' | while read -r id; do bpftool -j map show id "$id"; done |
		jq -s '[.[] | select(.name == "counters")] | length')"
}

# One way alone: the other direction is the stack's.
test_wire_one_way_leaves_the_way_back_alone() {
	lab_quiet
	xdp attach eth0 redirect eth1
	assert_prog eth1 ""
	receive there h2 eth0 50
	receive back h1 eth0 0
	frames h1 send eth0 50
	frames h2 send eth0 50 dst=02:00:00:00:0a:01
	received there '.received == 50 and .bad == 0'
	stopped back '.received == 0'
	assert_counts eth0 redirect redirected 50 3000
}

# The box is named by -n instead of being entered; by path and by process too.
test_wire_netns_option_attaches_there() {
	local spec

	spawn sleeper box sleep 100
	for spec in "$LAB-box" "/run/netns/$LAB-box" "pid:${PID[sleeper]}"; do
		"$XDPCTL" -n "$spec" attach eth0 redirect eth1 --both
		at h1 ping -q -c 3 -i 0.01 -W 2 10.77.1.2
		"$XDPCTL" -n "$spec" -j status | assert_json "status" \
			'length == 2 and .[0].packets >= 3 and .[1].packets >= 3'
		"$XDPCTL" -n "$spec" detach eth0
		"$XDPCTL" -n "$spec" detach eth1
		assert_prog eth0 ""
	done
}
