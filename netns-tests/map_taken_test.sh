#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What is taken out of a map is not lost on the way, and what would empty it by mistake is refused.
# shellcheck disable=SC2154,SC2016 # set by lib.sh; programs for jq
# shellcheck source=/dev/null
. "$HERE/maps.sh"

# shellcheck disable=SC2034 # read by lib.sh
LAB_PORTS=0

test_map_taken_drain_ends_at_a_signal_without_a_loss() {
	local left pid first

	new_map big hash 4 8 200000
	seq 0 199999 | awk '{ printf "hex:%08x = hex:0000000000000001\n", $1 }' >"$TMP/file"
	map load big "$TMP/file"
	# the reader of the pipe holds it up, so that the signal comes in the middle
	mkfifo "$TMP/pipe"
	(exec nsenter --net="/run/netns/$LAB-box" -- "$XDPCTL" map drain "pin:$BPFFS/big") \
		>"$TMP/pipe" 2>"$TMP/err" &
	pid=$!
	exec 7<"$TMP/pipe"
	IFS= read -r first <&7
	kill -TERM "$pid"
	{
		echo "$first"
		cat <&7
	} >"$TMP/taken"
	exec 7<&-
	wait "$pid" && fail 'a drain that was ended says nothing'
	grep -q 'ended by a signal; [0-9]* elements have been taken' "$TMP/err" || fail "$(cat "$TMP/err")"
	left=$(xdp -j map show "pin:$BPFFS/big" | jq .entries)
	[ "$left" -gt 0 ] || fail 'it was not ended'
	assert_equal 'taken and left' 200000 $(($(wc -l <"$TMP/taken") + left))
}

test_map_taken_nothing_without_an_output() {
	local command

	new_map some hash 4 4 8
	map set some hex:00000001 hex:00000007
	for command in "drain pin:$BPFFS/some" "take pin:$BPFFS/some hex:00000001"; do
		# shellcheck disable=SC2086 # words
		xdp map $command >&- 2>"$TMP/err" && fail "$command: without an output"
		grep -q 'nothing was taken' "$TMP/err" || fail "$(cat "$TMP/err")"
		entries some 1
	done
}

test_map_taken_closed_input_is_no_empty_file() {
	new_map some hash 4 4 8
	map set some hex:00000001 hex:00000007
	xdp map load "pin:$BPFFS/some" --replace <&- 2>"$TMP/err" && fail 'it was read'
	grep -q 'cannot read' "$TMP/err" || fail "$(cat "$TMP/err")"
	entries some 1
}

test_map_taken_queue_size_nought_is_refused() {
	new_map cpus cpumap 4 4 2
	map set cpus 0 qsize=8
	map_refused usage 'a queue has 1 to 16384 places.*map del' set cpus 0 qsize=0
	printf '0 = qsize=9\n1 = qsize=16385\n' >"$TMP/file"
	map_refused usage 'line 2: value.qsize: 16385' load cpus "$TMP/file"
	assert_equal 'the queue' qsize=8 "$(map get cpus 0)"
}

test_map_taken_prefixes_are_compared_as_the_kernel_does() {
	new_map trie lpm_trie 8 4 8 flags 1
	printf '10.0.0.1/8 = hex:00000001\n10.0.0.0/8 = hex:00000002\n' >"$TMP/file"
	map load trie "$TMP/file" --replace
	xdp -j map load "pin:$BPFFS/trie" "$TMP/file" --replace |
		assert_json 'the last counts' '.written == 0 and .unchanged == 1'
	dumped trie '10.0.0.0/8 = hex:00 00 00 02'
}
