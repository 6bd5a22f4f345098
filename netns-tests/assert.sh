#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Assertions and snapshots of the tests on real packets; sourced by lib.sh.

# shellcheck disable=SC2016 # programs for jq

SKIPPED=77 # exit status of a test that was skipped; the reason is its last line

stack() {
	local i

	printf '%s\n' "$1" >&2
	for ((i = 1; i < ${#FUNCNAME[@]}; i++)); do
		printf '\tin %s, %s:%s\n' "${FUNCNAME[i]}" "${BASH_SOURCE[i]##*/}" \
			"${BASH_LINENO[i - 1]}" >&2
	done
}

fail() {
	trap - ERR
	stack "failed: $*"
	exit 1
}

# For what this machine does not have and no test can bring along.
skip() {
	echo "$*"
	exit "$SKIPPED"
}

assert_equal() { # WHAT WANTED GOT
	[ "$2" = "$3" ] || fail "$1: wanted $2, got $3"
}

assert_same() { # WHAT FILE FILE
	diff -u "$2" "$3" >&2 || fail "$1 changed"
}

# assert_json WHAT FILTER [JQ ARGUMENT...] <DOCUMENT: the filter has to give true.
assert_json() {
	local document

	document=$(cat)
	if ! jq -e "${@:3}" "$2" <<<"$document" >/dev/null; then
		jq . <<<"$document" >&2 || printf '%s\n' "$document" >&2
		fail "$1: not so: $2"
	fi
}

# ---- the program's answers

declare -rA EXIT_CODE=([failed]=1 [usage]=2 [unsupported]=3 [permission]=4 [conflict]=5
	[not_found]=6)

# refused CODE PATTERN ARGUMENT...: xdpctl ends with the exit code of that name, says so on stderr
# in a line that matches, prints nothing, and with -j adds one JSON object that says the same.
refused() {
	local code=$1 pattern=$2 status=0

	shift 2
	xdp "$@" >"$TMP/out" 2>"$TMP/err" || status=$?
	refused_as "$code" "$pattern" "$status" "$*"
	status=0
	xdp -j "$@" >"$TMP/out" 2>"$TMP/err" || status=$?
	refused_as "$code" "$pattern" "$status" "-j $*"
	tail -n 1 "$TMP/err" | assert_json "the error of $*" '
		keys == ["error"] and (.error | keys == ["code", "hint", "message", "object"])
		and .error.code == $code and (.error.message | type == "string" and length > 0)' \
		--arg code "$code"
}

refused_as() { # CODE PATTERN STATUS WHAT
	cat "$TMP/err" >&2
	assert_equal "exit code of xdpctl $4" "${EXIT_CODE[$1]}" "$3"
	grep -q '^xdpctl: ' "$TMP/err" || fail "xdpctl $4: stderr says nothing"
	grep -Eq -- "$2" "$TMP/err" || fail "xdpctl $4: stderr does not match: $2"
	[ ! -s "$TMP/out" ] || fail "xdpctl $4: something on stdout: $(cat "$TMP/out")"
}

# assert_counts IFACE VERDICT REASON PACKETS BYTES: these, and not one packet else.
assert_counts() {
	xdp -j stats "$1" | assert_json "counters of $1" '
		.[0] | .packets == $n and .bytes == $bytes
		and .verdicts[$verdict] == {packets: $n, bytes: $bytes}
		and ([.verdicts[].packets] | add) == $n and ([.verdicts[].bytes] | add) == $bytes
		and .reasons[$reason] == $n and ([.reasons[]] | add) == $n
		and ([.cpus[].packets] | add) == $n and ([.cpus[].bytes] | add) == $bytes' \
		--arg verdict "$2" --arg reason "$3" --argjson n "$4" --argjson bytes "$5"
	xdp -j status "$1" | assert_json "sum in the status of $1" \
		'.[0].packets == $n and .[0].bytes == $bytes' \
		--argjson n "$4" --argjson bytes "$5"
}

counter() { # IFACE FILTER, as .reasons.redirected
	xdp -j stats "$1" | jq ".[0] | $2"
}

counter_is() { # IFACE FILTER NUMBER
	[ "$(counter "$1" "$2")" = "$3" ]
}

# ---- what is attached, whatever xdpctl says about it

prog_id() { # IFACE [NS]: nothing if none is attached
	at "${2:-box}" ip -d link show dev "$1" | sed -n 's,.*prog/xdp id \([0-9]*\).*,\1,p'
}

assert_prog() { # IFACE ID, an empty one for none
	assert_equal "program on $1" "${2:-none}" "$(prog_id "$1" | grep . || echo none)"
}

prog_maps() { # ID...: "map N" for each of their maps
	local id

	for id in "$@"; do
		bpftool -j prog show id "$id" | jq -r '.map_ids[]? | "map \(.)"'
	done
}

# ---- snapshots

offloads() { # NS DEV
	at "$1" ethtool -k "$2"
}

# Links with their programs, queueing disciplines and offloads in the whole lab. The kernel tells
# of the carrier up to a second late, so that is left out; and a bridge has clocks.
state() {
	local name dev

	for name in $(lab_names); do
		echo "== $name"
		at "$name" ip -d link show |
			sed -E 's/NO-CARRIER,//; s/ state [A-Z]+ / /; s/ [a-z_]+timer +[0-9.]+//g'
		at "$name" tc qdisc show
		for dev in $(at "$name" ip -j link show | jq -r '.[].ifname | select(. != "lo")'); do
			offloads "$name" "$dev"
		done
	done
}

# The same without program ids: where a program may have changed but nothing else.
state_but_programs() {
	state | sed -E '/prog\/xdp id/d; s/ xdp(generic|offload|multi)?(\/id:[0-9]+)? / /'
}

assert_state() { # FILE, made by state
	state >"$TMP/state_now"
	assert_same "the state of the lab" "$1" "$TMP/state_now"
}

# XDP programs, and maps that are not some other program's: "prog N", "map N", sorted.
bpf_ids() {
	jq -rn --slurpfile progs <(bpftool -j prog show) --slurpfile maps <(bpftool -j map show) '
		($progs[0] | map(select(.type == "xdp"))) as $xdp
		| ($progs[0] | map(select(.type != "xdp") | .map_ids[]?)) as $others
		| ($xdp[] | "prog \(.id)"),
		  ($maps[0][] | select(.id | IN($others[]) | not) | "map \(.id)")' | sort
}

# What other people's processes hold and what is attached outside of the lab.
bpf_elsewhere() {
	local ns id

	sed -n 's/^map_id:\t*/map /p' /proc/[0-9]*/fdinfo/* 2>/dev/null || true
	{ sed -n 's/^prog_id:\t*//p' /proc/[0-9]*/fdinfo/* 2>/dev/null || true; } | sort -u |
		while read -r id; do
			echo "prog $id"
			prog_maps "$id" 2>/dev/null || true
		done
	ip netns list | cut -d' ' -f1 | { grep -v "^$LAB-" || true; } | while read -r ns; do
		for id in $(ip -n "$ns" -j -d link show 2>/dev/null | jq -r '.[].xdp.prog.id // empty'); do
			echo "prog $id"
			prog_maps "$id" 2>/dev/null || true
		done
	done
}

# assert_no_new_bpf FILE [KEPT...]: nothing is there for good that was not in FILE (made by
# bpf_ids), but the programs KEPT and their maps. The kernel frees late, and others may load
# programs too, so an id counts only if it stays.
assert_no_new_bpf() {
	local before=$1 REPLY end

	shift
	{ for id in "$@"; do echo "prog $id"; done; prog_maps "$@"; } | sort >"$TMP/bpf_kept"
	clock
	end=$((REPLY + 5000))
	bpf_ids | comm -13 "$before" - | comm -23 - "$TMP/bpf_kept" >"$TMP/bpf_new"
	while [ -s "$TMP/bpf_new" ] && clock && [ "$REPLY" -lt "$end" ]; do
		pause 0.05
		bpf_ids | comm -12 "$TMP/bpf_new" - >"$TMP/bpf_still"
		mv "$TMP/bpf_still" "$TMP/bpf_new"
	done
	[ -s "$TMP/bpf_new" ] || return 0
	bpf_elsewhere | sort -u | comm -23 "$TMP/bpf_new" - >"$TMP/bpf_still"
	[ -s "$TMP/bpf_still" ] || return 0
	while read -r id; do
		# shellcheck disable=SC2086 # "map" and a number
		bpftool ${id/ / show id } >&2 || true
	done <"$TMP/bpf_still"
	fail "left behind: $(tr '\n' ',' <"$TMP/bpf_still")"
}

# No process but those that the test itself spawned.
assert_no_process() {
	local name pid

	for name in $(lab_names); do
		for pid in $(ip netns pids "$LAB-$name"); do
			[[ " ${PID[*]} " == *" $pid "* ]] ||
				fail "process $pid is left: $(tr '\0' ' ' <"/proc/$pid/cmdline")"
		done
	done
}
