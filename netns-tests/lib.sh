#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The lab of the tests on real packets. A test is a function test_<unit>_<case>_<expectation> in
# netns-tests/NAME_test.sh. scripts/check.sh runs each in a lab of its own; one alone:
#
#     netns-tests/lib.sh netns-tests/wire_test.sh test_wire_drv_carries_ping_and_tcp
#
# The lab is made of network namespaces: hosts h1, h2, ... with eth0 each, and a box in the middle.
# All are joined by veth pairs with the offloads that the kernel gives them:
#
#     10.77.1.1/24              box              10.77.1.2/24
#     fd77::1/64   h1:eth0 --- eth0:eth1 --- eth0:h2   fd77::2/64       h3 is behind eth2, ...
#
# A file that needs more than two hosts says LAB_PORTS=4. A test may also set up more by itself:
# all namespaces whose name begins with $LAB go when it ends, however it ends.

# shellcheck disable=SC2016 # programs for other shells

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
XDPCTL=$(realpath "${XDPCTL:-$HERE/../xdpctl}")
TOOLS=$(realpath -m "${TOOLS:-$HERE/../build/tools}")
PYTHON=${PYTHON:-$(command -v /usr/bin/python3 || command -v python3)}
LAB=${LAB:-xt$$}
LAB_PORTS=2

# shellcheck source=/dev/null
. "$HERE/assert.sh"

# ---- the lab

# Run a command inside a namespace of the lab: at h1 ping ...
at() {
	nsenter --net="/run/netns/$LAB-$1" -- "${@:2}"
}

# The program under test, in the box.
xdp() {
	at box "$XDPCTL" "$@"
}

# The same without its remarks.
xdpq() {
	at box "$XDPCTL" -q "$@"
}

host_mac() { # of host N
	printf '02:00:00:00:0a:%02x' "$1"
}

box_mac() { # of the box's port to host N
	printf '02:00:00:00:0b:%02x' "$1"
}

lab_names() {
	ip netns list | awk -v p="$LAB-" 'index($1, p) == 1 { print substr($1, length(p) + 1) }'
}

# No duplicate address detection and no router solicitation: addresses work at once, and no frame
# comes that no test sent.
lab_settle() {
	at "$1" sh -c 'cd /proc/sys/net/ipv6/conf && for d in *; do
		echo 0 >$d/accept_dad; echo 0 >$d/router_solicitations; done'
}

# Host N on port N-1 of the box.
lab_host() {
	local n=$1 port=eth$(($1 - 1))

	ip netns add "$LAB-h$n"
	lab_settle "h$n"
	ip link add name "$port" address "$(box_mac "$n")" netns "$LAB-box" type veth \
		peer name eth0 address "$(host_mac "$n")" netns "$LAB-h$n"
	at "h$n" ip -batch - <<-END
		addr add 10.77.1.$n/24 dev eth0
		addr add fd77::$n/64 dev eth0 nodad
		link set lo up
		link set eth0 up
	END
	at box ip link set "$port" up
}

# A host's link goes up when the box's end does, soon after.
lab_links_up() {
	local name

	for name in $(lab_names); do
		[ "$name" = box ] || ! at "$name" ip -br link show | grep -q NO-CARRIER || return
	done
}

lab_up() {
	local n

	ip netns add "$LAB-box"
	at box sh -c 'echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6'
	at box ip link set lo up
	for ((n = 1; n <= $1; n++)); do
		lab_host "$n"
	done
	wait_for 5 lab_links_up
}

# Hosts that send nothing unless they are told to, for tests that count every frame.
lab_quiet() {
	local name

	for name in $(lab_names); do
		at "$name" sh -c 'for d in all default; do
			echo 1 >/proc/sys/net/ipv6/conf/$d/disable_ipv6; done'
	done
}

lab_down() {
	local status=$? name pid

	trap - EXIT ERR
	trap '' INT TERM # what has begun is cleaned up
	set +e
	for pid in $(jobs -p); do
		kill -TERM "$pid" 2>/dev/null
	done
	for name in $(lab_names); do
		for pid in $(ip netns pids "$LAB-$name"); do
			kill -KILL "$pid" 2>/dev/null
		done
	done
	wait 2>/dev/null
	for name in $(lab_names); do
		ip netns del "$LAB-$name"
	done
	[ -z "${CGROUP:-}" ] || rmdir "$CGROUP"
	# what a test mounted there
	while read -r name; do
		umount -l "$name"
	done < <(awk -v p="${TMP:-/nowhere}/" 'index($2, p) == 1 { print $2 }' /proc/self/mounts)
	[ -z "${TMP:-}" ] || rm -rf "$TMP"
	exit "$status"
}

# ---- time

# There is no sleeping for things to happen: this is for looking again in a while.
pause() {
	read -rt "$1" -u "$NEVER" || true
}

# Set REPLY to milliseconds that only go up.
clock() {
	local up

	read -r up _ </proc/uptime
	REPLY=${up/./}0
}

# Try a command until it succeeds, at most SECONDS long.
wait_for() {
	local limit=$1 REPLY end

	shift
	clock
	end=$((REPLY + limit * 1000))
	until "$@" >"$TMP/wait_for" 2>&1; do
		clock
		if [ "$REPLY" -ge "$end" ]; then
			cat "$TMP/wait_for" >&2
			fail "not within $limit s: $*"
		fi
		pause 0.02
	done
}

# ---- what runs beside the test

# spawn NAME NS COMMAND...: in the background, output in $TMP/NAME.out and .err, its pid in
# PID[NAME].
declare -A PID
spawn() {
	local name=$1 ns=$2

	shift 2
	(exec nsenter --net="/run/netns/$LAB-$ns" -- "$@") \
		>"$TMP/$name.out" 2>"$TMP/$name.err" &
	PID[$name]=$!
}

# Wait for one; its exit status is returned, its output left in $TMP/NAME.out. Not in a pipeline
# or $(), which have no children to wait for.
join() {
	local status=0

	wait "${PID[$1]}" || status=$?
	unset "PID[$1]"
	cat "$TMP/$1.out" "$TMP/$1.err" >&2
	return "$status"
}

frames() {
	at "$1" "$PYTHON" -I "$HERE/frames.py" "${@:2}"
}

sockets() {
	at "$1" "$PYTHON" -I "$HERE/sockets.py" "${@:2}"
}

# receive NAME NS DEV COUNT: frames.py until COUNT different ones came; with 0 until `stopped`.
receive() {
	rm -f "$TMP/$1.ready"
	spawn "$1" "$2" "$PYTHON" -I "$HERE/frames.py" receive "$3" "$4" "ready=$TMP/$1.ready"
	wait_for 5 test -e "$TMP/$1.ready"
}

# received NAME FILTER [JQ ARGUMENT...]: wait for its end, then that has to be true of its report.
received() {
	join "$1"
	assert_json "what $1 received" "${@:2}" <"$TMP/$1.out"
}

# The same for one that would wait for more.
stopped() {
	kill -INT "${PID[$1]}" 2>/dev/null || true
	received "$@"
}

# The numbered packets of the tool xflow.
xflow() {
	[ -x "$TOOLS/xflow" ] || fail "$TOOLS/xflow is not there: make tools"
	at "$1" "$TOOLS/xflow" "${@:2}"
}

# Frames whose every byte is known: `xframes NS send DEV`, and `xframes NS check FILE` of a capture.
xframes() {
	[ -x "$TOOLS/xframes" ] || fail "$TOOLS/xframes is not there: make tools"
	at "$1" "$TOOLS/xframes" "${@:2}"
}

# ---- one test

lab_main() {
	local file=$1 test=$2

	set -Eeuo pipefail
	trap lab_down EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	trap 'stack "a command failed ($?): $BASH_COMMAND"' ERR
	[ "$(id -u)" = 0 ] || fail "the tests on real packets need root (network namespaces)"
	[ -x "$XDPCTL" ] || fail "$XDPCTL is not there: make"
	TMP=$(mktemp -d "${TMPDIR:-/tmp}/$LAB.XXXXXX")
	chmod 755 "$TMP"
	mkfifo "$TMP/never"
	exec {NEVER}<>"$TMP/never"
	# shellcheck source=/dev/null
	. "$file"
	lab_up "$LAB_PORTS"
	"$test"
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
	lab_main "$@"
fi
