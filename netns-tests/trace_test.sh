#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# xdpctl trace: messages of a program that runs, or a refusal with its reason.

# shellcheck disable=SC2016 # programs for jq
# shellcheck source=/dev/null
. "$HERE/sender.sh"

# The trace is one for the whole machine: who reads it now would take ours.
trace_or_skip() {
	local status=0

	xdp -q trace --for 0.05 >/dev/null 2>"$TMP/err" || status=$?
	case $status in
	0) ;;
	3 | 4 | 5) skip "$(cat "$TMP/err")" ;;
	*) fail "exit code $status: $(cat "$TMP/err")" ;;
	esac
}

test_trace_messages_come_with_their_fields() {
	trace_or_skip
	sender_start
	spawn trace box "$XDPCTL" -j trace --count 5 --task xevents
	sender_until_ended trace print 1
	join trace || fail "exit code $?"
	jq -se '
		length == 5 and ([.[].message | capture("^number (?<n>[0-9]+): it - is") | .n]
			| length) == 5
		and all(.[]; keys == ["cpu", "event", "flags", "lost", "message", "pid", "task", "time"]
			and .task == "xevents" and .pid == $pid and .cpu == 0 and .lost == 0
			and .event == "bpf_trace_printk" and .time > 0 and .time < $up + 1)' \
		--argjson pid "$SENDER_PID" --argjson up "$(cut -d' ' -f1 /proc/uptime)" \
		"$TMP/trace.out" >/dev/null || fail "$(cat "$TMP/trace.out")"
	assert_json "sum" '.received == 5 and .lost == 0 and .seconds > 0' <"$TMP/trace.err"
}

test_trace_text_is_aligned_and_filtered() {
	trace_or_skip
	sender_start
	spawn other box "$XDPCTL" trace --for 0.3 --task 'no[s]uchtask'
	sender_until_ended other print 1
	join other
	[ ! -s "$TMP/other.out" ] || fail "$(cat "$TMP/other.out")"
	grep -q '^0 events in 0.3 s, 0 lost$' "$TMP/other.err" || fail "$(cat "$TMP/other.err")"
	spawn trace box "$XDPCTL" -q trace --count 2 --pid "$SENDER_PID"
	sender_until_ended trace print 1
	join trace
	assert_equal "lines" 2 "$(grep -cE "^xevents {10} {1,7}$SENDER_PID +0 [^ ]+ +[0-9]+\.[0-9]{6}  number [0-9]+: it - is" \
		"$TMP/trace.out")"
	[ ! -s "$TMP/trace.err" ] || fail "not quiet: $(cat "$TMP/trace.err")"
}

# The kernel overwrites the oldest where nobody reads in time, and counts them.
test_trace_lost_messages_are_counted() {
	trace_or_skip
	sender_start
	spawn trace box "$XDPCTL" -j trace
	wait_for 5 is_reading trace
	kill -STOP "${PID[trace]}"
	send print 100000
	kill -CONT "${PID[trace]}"
	wait_for 20 grep -q "number 99999:" "$TMP/trace.out"
	kill -INT "${PID[trace]}"
	join trace
	tail -n 1 "$TMP/trace.err" | assert_json "sum" '.lost > 0 and .received + .lost >= 100000'
	jq -ne --argjson sum "$(tail -n 1 "$TMP/trace.err")" '
		reduce inputs as $e ({n: 0, lost: 0}; .lost += $e.lost
			| if $e.task then .n += 1 else . end)
		| .n == $sum.received and .lost == $sum.lost' "$TMP/trace.out" >/dev/null ||
		fail 'the lines and the sum'
}

test_trace_signal_ends_it_with_a_sum() {
	local signal

	trace_or_skip
	for signal in INT TERM; do
		spawn trace box "$XDPCTL" trace
		wait_for 5 is_reading trace
		kill "-$signal" "${PID[trace]}"
		join trace || fail "exit code $? on SIG$signal"
		grep -q 'events in' "$TMP/trace.err" || fail "no sum: $(cat "$TMP/trace.err")"
	done
}

test_trace_second_reader_is_told() {
	trace_or_skip
	spawn trace box "$XDPCTL" trace
	wait_for 5 is_reading trace
	# before Linux 6.6 two readers may share it
	if ! xdp trace --for 0.01 >/dev/null 2>&1; then
		refused conflict 'another process reads it' trace
	fi
	kill -INT "${PID[trace]}"
	join trace
}

test_trace_without_rights_is_refused() {
	local status=0

	at box setpriv --reuid=65534 --regid=65534 --clear-groups --bounding-set=-all \
		--inh-caps=-all --ambient-caps=-all "$XDPCTL" trace >"$TMP/out" 2>"$TMP/err" ||
		status=$?
	case $status in
	3) grep -q 'kernel lockdown' "$TMP/err" || fail "$(cat "$TMP/err")" ;;
	*) refused_as permission 'CAP_SYS_ADMIN' "$status" trace ;;
	esac
}

# Nothing is left mounted, nothing was before.
test_trace_mounts_nothing() {
	trace_or_skip
	grep -v nsfs /proc/self/mounts >"$TMP/before"
	xdpq trace --for 0.05
	grep -v nsfs /proc/self/mounts >"$TMP/after"
	assert_same "mounts" "$TMP/before" "$TMP/after"
}
