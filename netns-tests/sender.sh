#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The tool xevents, a program that sends events; sourced by tests.

# shellcheck disable=SC2034 # used by tests

# sender_start: MAP[ring], MAP[perf], MAP[table] are then the ids of its maps.
declare -A MAP
sender_start() {
	[ -x "$TOOLS/xevents" ] || fail "$TOOLS/xevents is not there: make tools"
	mkfifo "$TMP/sender.in"
	exec {SENDER}<>"$TMP/sender.in"
	: >"$TMP/sender.out"
	"$TOOLS/xevents" <"$TMP/sender.in" >"$TMP/sender.out" 2>"$TMP/sender.err" &
	SENDER_PID=$!
	wait_for 10 sender_lines 1
	eval "$(jq -r 'to_entries[] | "MAP[\(.key)]=\(.value)"' "$TMP/sender.out")"
	SENDER_ANSWERS=1
}

sender_lines() {
	[ "$(wc -l <"$TMP/sender.out")" -ge "$1" ] || { cat "$TMP/sender.err" >&2 && false; }
}

# send ring|perf|odd|print N, and wait until it has. $TMP/sent is then {"sent":N,"refused":N}.
send() {
	echo "$1 $2" >&"$SENDER"
	SENDER_ANSWERS=$((SENDER_ANSWERS + 1))
	wait_for 30 sender_lines "$SENDER_ANSWERS"
	tail -n 1 "$TMP/sender.out" >"$TMP/sent"
}

# sender_until_ended NAME WORD N: send again and again until what was spawned has ended.
sender_until_ended() {
	while kill -0 "${PID[$1]}" 2>/dev/null; do
		send "$2" "$3"
		pause 0.02
	done
}

# What was spawned by that name has begun to read: from then on it holds signals back.
is_reading() {
	grep -qx xdpctl "/proc/${PID[$1]}/comm" &&
		grep -q '^SigBlk:.*[4-7c-f]...$' "/proc/${PID[$1]}/status"
}
