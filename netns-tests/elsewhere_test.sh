#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What is at the other end of a veth, or in another namespace than it was.
# shellcheck disable=SC2016,SC2034,SC2154 # programs for other shells; set for and by lib.sh

LAB_PORTS=3

# h1 keeps a VLAN tag beside each frame that it sends.
tag_beside() {
	clang -O2 -g -Wall -target bpf "-I/usr/include/$(gcc -print-multiarch)" \
		-c "$HERE/vlan_push.c" -o "$TMP/vlan_push.o"
	at h1 tc qdisc add dev eth0 clsact
	at h1 tc filter add dev eth0 egress bpf da obj "$TMP/vlan_push.o" sec classifier
}

tag_survives() { # MODE
	lab_quiet
	tag_beside
	state >"$TMP/before"
	xdp attach eth0 redirect eth1 --mode "$1"
	receive there h2 eth0 40
	frames h1 send eth0 40
	received there '.received == 40 and .bad == 0 and .vlans == [10]'
	xdpq detach eth0
	assert_state "$TMP/before"
}

test_elsewhere_vlan_tag_beside_the_frame_survives_a_native_redirect() {
	tag_survives drv
}

test_elsewhere_vlan_tag_beside_the_frame_survives_a_generic_redirect() {
	tag_survives skb
}

# The numbers of interfaces mean others in another namespace: nothing is named or changed there.
test_elsewhere_moved_interface_acts_on_no_stranger() {
	state >"$TMP/before"
	xdpq attach eth0 redirect eth1
	at box ip link set dev eth0 netns "$LAB-h3" name moved
	at h3 "$XDPCTL" -j status | assert_json 'status' 'length == 1
		and .[0].stages[0].args.ports[0][0:1] == "#" and .[0].prepared == []
		and any(.[0].warnings[]; contains("another network namespace"))'
	offloads h3 eth0 >"$TMP/stranger"
	at h3 "$XDPCTL" -j detach moved 2>"$TMP/err" |
		assert_json 'detach' '.[0].elsewhere and .[0].undone == []'
	offloads h3 eth0 | diff "$TMP/stranger" - || fail 'a stranger was changed'
}

test_elsewhere_reflect_outlives_a_detach_at_the_peer() {
	at box ip addr add 10.77.1.9/24 dev eth0
	xdpq attach eth0 reflect --l4
	at h1 ping -q -c 2 -i 0.05 -W 1 10.77.1.9
	at h1 "$XDPCTL" attach eth0 count "then" pass
	at h1 "$XDPCTL" -j detach eth0 | assert_json 'a pass stays' '.[0].receives'
	at h1 ping -q -c 2 -i 0.05 -W 1 10.77.1.9
	xdpq detach eth0
	assert_equal 'programs at h1' '[]' "$(at h1 "$XDPCTL" -j status)"
}

test_elsewhere_own_peer_is_refused_as_a_port() {
	at box ip link add p0 type veth peer name p1
	at box ip link set p0 up
	at box ip link set p1 up
	refused usage 'other end of p0' attach p0 redirect p1
	assert_prog p0 ''
}

# Both ends of one veth have pipelines, and one wants merged frames where the other must not.
test_elsewhere_contrary_needs_of_both_ends_are_refused() {
	at h2 ip link add d0 type veth peer name d1
	at h2 ip link set d0 up
	at h2 ip link set d1 up
	xdpq attach eth0 redirect eth1 --mode drv
	if at h2 "$XDPCTL" attach eth0 redirect d0 --mode skb 2>"$TMP/err"; then
		fail 'accepted'
	fi
	grep -q 'needs the contrary' "$TMP/err" || fail "$(cat "$TMP/err")"
	receive there h2 eth0 25
	frames h1 send eth0 25
	received there '.received == 25 and .bad == 0'
	xdpq detach eth0
	at h2 "$XDPCTL" attach eth0 redirect d0 --mode skb
	refused conflict 'needs the contrary' attach eth0 redirect eth1 --mode drv
	at h2 "$XDPCTL" detach eth0
}

# Without sysfs the number of CPUs has to come from elsewhere: a wrong one would overrun buffers.
test_elsewhere_attach_without_sysfs_is_counted_right() {
	lab_quiet
	at box unshare -m sh -c 'mount -t tmpfs none /sys && exec "$0" attach eth0 drop' "$XDPCTL"
	frames h1 send eth0 30
	wait_for 5 counter_is eth0 .reasons.drop 30
	xdp -j stats eth0 | assert_json 'CPUs' '(.[0].cpus | length) == $cpus' \
		--argjson cpus "$(getconf _NPROCESSORS_CONF)"
}

# A peer that cannot be reached any more is not a peer that is gone.
test_elsewhere_what_cannot_be_undone_is_said() {
	local hidden='mount -t tmpfs none /run && mount -t tmpfs none /proc && exec "$0" "$@"'

	state >"$TMP/before"
	xdpq attach eth0 redirect eth1
	state >"$TMP/attached"
	if at box unshare -m sh -c "$hidden" "$XDPCTL" detach eth0 2>"$TMP/err"; then
		fail 'detached though nothing could be undone'
	fi
	grep -q 'cannot be entered' "$TMP/err" || fail "$(cat "$TMP/err")"
	assert_state "$TMP/attached"
	xdp -j status eth0 | assert_json 'still there and whole' '.[0].warnings == []
		and (.[0].prepared | length) == 3'
	# a replacement from there keeps the record for a detach from here
	at box unshare -m sh -c "$hidden" "$XDPCTL" attach eth0 count "then" redirect eth1 --replace
	xdpq detach eth0
	assert_state "$TMP/before"
}

# A transaction is not left half-way by a signal.
test_elsewhere_signal_leaves_a_whole_wire_or_none() {
	local round programs

	for ((round = 0; round < 25; round++)); do
		at box timeout -s INT "0.0$((RANDOM % 40 + 10))" "$XDPCTL" -q attach eth0 redirect eth1 \
			--both || true
		programs=$(xdp -j status | jq 'length')
		[ "$programs" = 0 ] || [ "$programs" = 2 ] || fail "round $round: $programs programs"
		xdp -j status | assert_json "round $round" 'all(.[]; .warnings == [])'
		[ "$programs" = 0 ] || xdpq detach eth0
		[ "$programs" = 0 ] || xdpq detach eth1
	done
}
