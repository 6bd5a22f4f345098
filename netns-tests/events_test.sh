#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# xdpctl events: what a program sends through a ring buffer or a perf buffer is shown, all of it, or
# counted as lost.

# shellcheck disable=SC2016 # programs for jq
# shellcheck source=/dev/null
. "$HERE/sender.sh"

KEYS='["cpu","lost","remark","rest","size","time","value"]'

# reader NAME ARGUMENT...: begins to read; a perf buffer holds nothing of before.
reader() {
	spawn "$1" box "$XDPCTL" "${@:2}"
	wait_for 5 is_reading "$1"
}

interrupt() {
	kill -INT "${PID[$1]}"
	join "$1"
}

# has_last NAME: the last event that was sent has come.
has_last() {
	[ "$(tail -n 1 "$TMP/$1.out" | jq '.value.number + 1')" = "$(jq .sent "$TMP/sent")" ]
}

# assert_events NAME COUNT: numbers from 0 on, in order, and every field as it was sent.
assert_events() {
	jq -ne --argjson keys "$KEYS" --argjson n "$2" '
		reduce inputs as $e (0; if ($e | keys) == $keys and $e.lost == 0 and $e.rest == null
			and $e.remark == null and $e.size == 28 and $e.value == {number: .,
			from: "10.0.\(. / 256 % 256 | floor).\(. % 256)", port: (. % 65536),
			kind_bits: (. % 65536), name: "event",
			kind: (if . % 2 == 1 then "EVENT_OPENED" else "EVENT_CLOSED" end)}
			then . + 1 else error("event \(.): \($e)") end) == $n' \
		"$TMP/$1.out" >/dev/null || fail "$1: not all $2 events, in order, as sent"
}

test_events_ring_shows_all_in_order() {
	sender_start
	send ring 1000
	reader ring -j events "id:${MAP[ring]}" --as 'struct event' --count 5000
	send ring 4000
	join ring
	assert_events ring 5000
	jq -se 'all(.time == null and .cpu == null)' "$TMP/ring.out" >/dev/null || fail 'time or cpu'
	assert_json "sum" '.received == 5000 and .lost == null' <"$TMP/ring.err"
}

test_events_perf_shows_all_in_order() {
	sender_start
	reader perf -j events "id:${MAP[perf]}" --as 'struct event' --count 5000 --buffer 512
	send perf 2500
	send perf 2500
	join perf
	assert_events perf 5000
	jq -se '[.[].time] as $t | ($t == ($t | sort)) and all(.cpu == 0) and $t[-1] < $up + 1
		and $t[0] > $up - 60' --argjson up "$(cut -d' ' -f1 /proc/uptime)" \
		"$TMP/perf.out" >/dev/null || fail 'time or cpu'
	assert_json "sum" '.received == 5000 and .lost == 0' <"$TMP/perf.err"
}

# With --count the rest stays for the next reader.
test_events_count_takes_no_more() {
	sender_start
	send ring 10
	xdp -j events "id:${MAP[ring]}" --as 'struct event' --count 4 >"$TMP/one"
	xdp -j events "id:${MAP[ring]}" --as 'struct event' --count 6 >"$TMP/two"
	cat "$TMP/one" "$TMP/two" >"$TMP/both.out"
	assert_equal "lines" 4 "$(wc -l <"$TMP/one")"
	assert_events both 10
}

test_events_for_ends_in_time() {
	local start=${EPOCHREALTIME/[.,]/} map

	sender_start
	for map in ring perf; do
		reader "$map" events "id:${MAP[$map]}" --as 'struct event' --for 0.5
		send "$map" 3
		join "$map"
		assert_equal "lines" 3 "$(grep -cE '^ +[-0] +number=[0-9]+,from=10\.0\.0\.[0-9],' "$TMP/$map.out")"
		grep -q '^3 events in 0.5 s' "$TMP/$map.err" || fail "$(cat "$TMP/$map.err")"
	done
	grep -q ' 0 lost$' "$TMP/perf.err" || fail "$(cat "$TMP/perf.err")"
	grep -q 'does not count' "$TMP/ring.err" || fail "$(cat "$TMP/ring.err")"
	[ $((${EPOCHREALTIME/[.,]/} - start)) -gt 1000000 ] || fail 'ended early'
}

# A reader that is held up: what it did not get is counted, to the last one.
test_events_perf_lost_are_counted() {
	sender_start
	reader slow -j events "id:${MAP[perf]}" --as 'struct event' --buffer 64
	send perf 10
	wait_for 5 has_last slow
	kill -STOP "${PID[slow]}"
	send perf 50000
	kill -CONT "${PID[slow]}"
	# what was lost is told before the next event that finds room
	until has_last slow; do
		send perf 1
		pause 0.3
	done
	interrupt slow
	tail -n 1 "$TMP/slow.err" | assert_json "sum" '.lost > 10000 and .received > 10 and
		.received + .lost == $sent' --argjson sent "$(jq .sent "$TMP/sent")"
	jq -ne --argjson sum "$(tail -n 1 "$TMP/slow.err")" --argjson keys "$KEYS" '
		reduce inputs as $e ({n: 0, lost: 0}; if ($e | keys) != $keys then error("\($e)") else . end
			| .lost += $e.lost | if $e.value then .n += 1 else . end)
		| .n == $sum.received and .lost == $sum.lost' "$TMP/slow.out" >/dev/null ||
		fail 'the lines and the sum'
}

test_events_signal_ends_it_with_a_sum() {
	local signal map

	sender_start
	for signal in INT TERM; do
		for map in ring perf; do
			reader "$map" events "id:${MAP[$map]}"
			kill "-$signal" "${PID[$map]}"
			join "$map" || fail "exit code $? on SIG$signal"
			grep -qE '^0 events in .*(0 lost|not counted)$' "$TMP/$map.err" || fail "$(cat "$TMP/$map.err")"
		done
	done
}

# Our slots are empty afterwards: nobody is sent to who does not read.
test_events_perf_slots_are_given_back() {
	sender_start
	send perf 1
	assert_json "no reader" '.refused == 1' <"$TMP/sent"
	reader perf -q events "id:${MAP[perf]}"
	send perf 1
	assert_json "a reader" '.refused == 1' <"$TMP/sent"
	interrupt perf
	send perf 1
	assert_json "no reader" '.refused == 2' <"$TMP/sent"
	spawn perf box "$XDPCTL" -q events "id:${MAP[perf]}"
	wait_for 5 is_reading perf
	kill -KILL "${PID[perf]}"
	join perf || true
	send perf 1
	assert_json "a reader that was killed" '.refused == 3' <"$TMP/sent"
}

# Samples of a perf buffer are padded: what is behind the type there is nothing.
test_events_other_sizes_have_a_fixed_shape() {
	sender_start
	reader odd -j events "id:${MAP[perf]}" --as 'struct odd' --count 2
	send odd 1
	send perf 1
	join odd
	jq -se '.[0].value == {number: 0, tail: [1,2,3,4,5]} and .[0].rest == null
		and .[0].size == 12 and .[1].value == {number: 1, tail: [10,0,0,1,0]}
		and .[1].rest == "hex:01 01 00 01 00 00 00 65 76 65 6e 74 00 00 00 00 00 00 00"
		and ([.[] | keys] | unique == [$keys])' --argjson keys "$KEYS" "$TMP/odd.out" >/dev/null ||
		fail "$(cat "$TMP/odd.out")"
	reader large -j events "id:${MAP[perf]}" --as 'struct large' --count 1
	send odd 1
	join large
	jq -e '.value == "hex:02 00 00 00 01 02 03 04 05 00 00 00"
		and .remark == "shorter than the type" and .rest == null' "$TMP/large.out" >/dev/null ||
		fail "$(cat "$TMP/large.out")"
	reader bytes -j events "id:${MAP[perf]}" --count 1
	send odd 1
	join bytes
	jq -e '.value == "hex:03 00 00 00 01 02 03 04 05 00 00 00" and .remark == null' \
		"$TMP/bytes.out" >/dev/null || fail "$(cat "$TMP/bytes.out")"
}

# Each event goes to one reader: a second one is refused unless it insists.
test_events_second_reader_is_refused() {
	local map

	sender_start
	for map in ring perf; do
		reader "$map" -q events "id:${MAP[$map]}"
		refused conflict "process ${PID[$map]} \(xdpctl\) reads it" events "id:${MAP[$map]}"
		xdp -q events "id:${MAP[$map]}" --force --for 0.1
		interrupt "$map"
		xdp -q events "id:${MAP[$map]}" --for 0.1
	done
}

is_taken() { # MAP
	! xdp -q events "id:${MAP[$1]}" --for 0.01
}

# bpftool is another reader than ours.
test_events_reader_of_another_kind_is_seen() {
	sender_start
	bpftool map event_pipe id "${MAP[perf]}" >/dev/null 2>&1 &
	PID["pipe"]=$!
	wait_for 5 is_taken perf
	refused conflict 'process [0-9]+ \(bpftool\) reads it' events "id:${MAP[perf]}"
	kill "${PID["pipe"]}"
	wait "${PID["pipe"]}" || true
	unset "PID[pipe]"
}

test_events_pinned_map_is_found() {
	sender_start
	send ring 1
	mkdir "$TMP/pins"
	at box unshare -m sh -c 'mount -t bpf none "$1/pins" && bpftool map pin id "$2" "$1/pins/r" &&
		"$3" -j events "pin:$1/pins/r" --count 1 --as "struct event"' \
		sh "$TMP" "${MAP[ring]}" "$XDPCTL" >"$TMP/pin.out"
	assert_events pin 1
}

# A map of the program on an interface; the type written out.
test_events_map_of_an_interface_is_found() {
	local program

	sender_start
	program=$(bpftool -j prog show | jq --argjson map "${MAP[ring]}" \
		'.[] | select(.map_ids // [] | index($map)).id')
	at box bpftool net attach xdpgeneric id "$program" dev eth0
	send ring 3
	xdp -j events eth0/ring --count 3 --as 'struct event' >"$TMP/iface.out"
	assert_events iface 3
	send ring 1
	xdp -j events eth0/ring --count 1 --as 'struct { u32 n; ip4_be from; be16 port; u16 bits; }' |
		assert_json "written out" '.value == {n: 3, from: "10.0.0.3", port: 3, bits: 3}
			and (.rest | startswith("hex:01 00 00 00 65 "))'
	send ring 1
	at box bpftool net detach xdpgeneric dev eth0
	refused not_found '' events eth0/ring
}

test_events_what_has_none_is_refused() {
	sender_start
	refused usage 'is of type hash: .*map dump' events "id:${MAP[table]}"
	refused usage 'is of type hash: .*map dump' events "id:${MAP[table]}" --as 'struct nosuch'
	refused not_found 'none by that id' events id:4294967295
	refused usage 'as: .*nosuch' events "id:${MAP[ring]}" --as 'struct nosuch'
	refused not_found 'no map has that name' events "name:nosuch_$LAB"
	refused usage 'count' events "id:${MAP[ring]}" --count 0
	refused usage 'for' events "id:${MAP[ring]}" --for 0
	refused usage 'buffer' events "id:${MAP[perf]}" --buffer 1
	refused usage 'an argument is missing' events
}

test_events_output_that_goes_away_ends_it() {
	sender_start
	spawn gone box bash -c '{ "$1" -j events "id:$2"; echo $?; } 2>"$3" | head -n 1; exit 0' \
		bash "$XDPCTL" "${MAP[ring]}" "$TMP/err"
	sender_until_ended gone ring 100
	join gone
	assert_equal "lines" 1 "$(wc -l <"$TMP/gone.out")"
	grep -q 'cannot write: Broken pipe' "$TMP/err" || fail "it does not say why: $(cat "$TMP/err")"
}
