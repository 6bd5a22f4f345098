#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What comes and goes leaves nothing behind, and nothing is kept outside of the kernel.

# shellcheck disable=SC2016 # programs for jq

export LAB_PORTS=3 # for lib.sh

open_files() { # of a process
	find "/proc/$1/fd" -mindepth 1 | wc -l
}

test_leak_50_rounds_leave_nothing() {
	local round mode files

	state >"$TMP/before"
	bpf_ids >"$TMP/bpf"
	files=$(open_files $$)
	for ((round = 0; round < 50; round++)); do
		mode=drv
		[ $((round % 2)) = 0 ] || mode=skb
		xdpq attach eth0 redirect eth1 --both --mode "$mode"
		xdpq attach eth0 --replace count --by src "then" redirect eth1 eth2
		xdpq attach eth0 --replace reflect --l4
		xdpq attach eth1 --replace drop
		xdp -j status >/dev/null
		xdp -j stats >/dev/null
		xdpq detach eth0
		xdpq detach eth1
		[ $((round % 10)) != 0 ] || assert_state "$TMP/before"
	done
	assert_state "$TMP/before"
	assert_no_new_bpf "$TMP/bpf"
	assert_no_process
	assert_equal "open files" "$files" "$(open_files $$)"
}

# While a pipeline runs there is its program with its maps, and no more.
test_leak_replacements_keep_one_program() {
	local round

	bpf_ids >"$TMP/bpf"
	xdpq attach eth0 redirect eth1
	for ((round = 0; round < 50; round++)); do
		xdpq attach eth0 --replace redirect eth$((1 + round % 2))
	done
	assert_no_new_bpf "$TMP/bpf" "$(prog_id eth0)"
	prog_maps "$(prog_id eth0)" | wc -l >"$TMP/maps"
	[ "$(cat "$TMP/maps")" -le 5 ] || fail "the program has $(cat "$TMP/maps") maps"
}

# A process that runs for long opens and closes what it looks at.
test_leak_stats_rounds_keep_the_number_of_files() {
	local first

	xdpq attach eth0 redirect eth1 --both
	spawn stats box "$XDPCTL" -j stats --interval 0.01
	wait_for 10 has_lines stats 5
	first=$(open_files "${PID[stats]}")
	wait_for 10 has_lines stats 60
	# one more may be open for a moment, but not one more a round
	[ "$(open_files "${PID[stats]}")" -le $((first + 12)) ] ||
		fail "$first files were open, now: $(ls -l "/proc/${PID[stats]}/fd")"
	assert_equal "rss grows" "" "$(rss_grew stats)"
	kill -INT "${PID[stats]}"
	join stats
}

has_lines() { # NAME N
	[ "$(wc -l <"$TMP/$1.out")" -ge "$2" ]
}

rss_grew() { # NAME: says so if 40 more rounds took 400 kB more
	local before after

	before=$(awk '/^VmRSS/ { print $2 }' "/proc/${PID[$1]}/status")
	wait_for 10 has_lines "$1" $(($(wc -l <"$TMP/$1.out") + 40))
	after=$(awk '/^VmRSS/ { print $2 }' "/proc/${PID[$1]}/status")
	[ $((after - before)) -le 400 ] || echo "from $before to $after kB"
}

# in_cage COMMAND...: in the box, with the whole file system read-only and empty, writable places
# where state would go: /run, /tmp, /dev/shm and a real bpffs.
in_cage() {
	at box unshare --mount --propagation private sh -euc '
		mkdir "$TMP/netns"
		mount --rbind /run/netns "$TMP/netns"
		mount --bind "$(dirname "$XDPCTL")" "$TMP/bin"
		mount -t tmpfs none /run
		mkdir /run/netns
		mount --rbind "$TMP/netns" /run/netns
		cp -a "$TMP/bin/$(basename "$XDPCTL")" /run/xdpctl
		mount -t bpf none /sys/fs/bpf || mount -t tmpfs none /sys/fs/bpf
		mount -t tmpfs none /dev/shm
		mount -t tmpfs none /var/tmp
		mount -o remount,bind,ro /
		mount -t tmpfs none /tmp
		cd /tmp
		look() { find /run /tmp /var/tmp /dev/shm /sys/fs/bpf -path /run/netns -prune -o -print | sort; }
		before=$(look)
		"$@"
		after=$(look)
		if [ "$before" != "$after" ]; then
			printf "before:\n%s\nafter:\n%s\n" "$before" "$after" >&2
			exit 1
		fi' cage "$@"
}

test_leak_attach_makes_no_file_and_no_process() {
	mkdir "$TMP/bin"
	export TMP XDPCTL
	bpf_ids >"$TMP/bpf"
	in_cage /run/xdpctl attach eth0 redirect eth1 --both
	rmdir "$TMP/netns"
	assert_no_process
	xdp -j status | assert_json "status" 'length == 2 and all(.[]; .warnings == [])'
	assert_no_new_bpf "$TMP/bpf" "$(prog_id eth0)" "$(prog_id eth1)"
	at h1 ping -q -c 3 -i 0.01 -W 2 10.77.1.2
	in_cage /run/xdpctl attach eth0 --replace redirect eth1
	rmdir "$TMP/netns"
	in_cage /run/xdpctl detach eth0
	rmdir "$TMP/netns"
	assert_no_process
	assert_prog eth0 ""
}

# in_void COMMAND...: in the box, in a root that has this program and its libraries and nothing
# else: no /proc, no /sys, no /run, no /dev.
in_void() {
	rm -rf "$TMP/void"
	mkdir "$TMP/void"
	at box unshare --mount --propagation private sh -euc '
		mount -t tmpfs none "$TMP/void"
		cp "$XDPCTL" "$TMP/void/copy"
		ldd "$XDPCTL" | grep -o "/[^ ]*" | while read -r lib; do
			mkdir -p "$TMP/void/$(dirname "$lib")"
			cp -L "$lib" "$TMP/void/$lib"
		done
		exec env -i "$(command -v chroot)" "$TMP/void" /copy "$@"' void "$@"
}

test_leak_status_from_an_empty_namespace_is_the_same() {
	export TMP XDPCTL
	lab_quiet
	xdpq attach eth0 count --by proto "then" redirect eth1 --both
	xdpq attach eth2 reflect --l4
	receive there h2 eth0 25
	frames h1 send eth0 25
	received there '.received == 25 and .bad == 0'
	xdp -j status >"$TMP/here.json"
	assert_json "status" 'length == 3 and .[0].packets == 25' <"$TMP/here.json"
	in_void -j status >"$TMP/there.json"
	assert_same "status -j" "$TMP/here.json" "$TMP/there.json"
	xdp status >"$TMP/here"
	in_void status >"$TMP/there"
	assert_same "status" "$TMP/here" "$TMP/there"
	xdp -j stats >"$TMP/here"
	in_void -j stats >"$TMP/there"
	assert_same "stats" "$TMP/here" "$TMP/there"
}

# Also from there it is seen that somebody switched back what was prepared.
test_leak_warnings_are_seen_from_an_empty_namespace() {
	export TMP XDPCTL
	lab_quiet
	xdpq attach eth0 redirect eth1
	at h2 ethtool -K eth0 gro off
	xdp -j status >"$TMP/here"
	assert_json "status" '.[0].warnings | any(contains("gro"))' <"$TMP/here"
	in_void -j status >"$TMP/there"
	assert_json "status from there" '.[0].warnings | any(contains("eth1"))' <"$TMP/there"
	at box ip link del eth1
	xdp -j status >"$TMP/here"
	in_void -j status >"$TMP/there"
	assert_same "status -j" "$TMP/here" "$TMP/there"
}

# Where the hosts cannot be reached, an attach that would lose packets is refused, and one that
# works says what it could not see.
test_leak_attach_from_an_empty_namespace_is_honest() {
	local status=0

	export TMP XDPCTL
	lab_quiet
	state >"$TMP/before"
	bpf_ids >"$TMP/bpf"
	in_void attach eth0 redirect eth1 --mode drv 2>"$TMP/err" || status=$?
	assert_equal "exit code" 3 "$status"
	assert_state "$TMP/before"
	assert_no_new_bpf "$TMP/bpf"
	at h2 ethtool -K eth0 gro on
	in_void attach eth0 redirect eth1 --mode drv 2>"$TMP/err"
	grep -q 'warning: eth0: .*tx-checksum' "$TMP/err" || fail "no warning: $(cat "$TMP/err")"
	receive there h2 eth0 25
	frames h1 send eth0 25
	received there '.received == 25 and .bad == 0'
	in_void detach eth0
	at h2 ethtool -K eth0 gro off
	assert_state "$TMP/before"
}
