#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# `xdpctl map` on maps that four threads of somebody else write meanwhile.

# shellcheck disable=SC2016 # programs for jq
# shellcheck source=/dev/null
. "$HERE/maps.sh"

# shellcheck disable=SC2034 # read by lib.sh
LAB_PORTS=1

xmap() { # NAME OPERATION MAP ARGUMENT...: beside the test
	[ -x "$TOOLS/xmap" ] || fail "$TOOLS/xmap is not there: make tools"
	spawn "$1" box "$TOOLS/xmap" "$2" "$BPFFS/$3" "${@:4}"
}

# What was written is what has been drained and what is left, each key once.
nothing_lost() { # WRITTEN TAKEN_FILE LEFT_FILE
	assert_equal "drained and left" "$1" "$(cat "$2" "$3" | wc -l)"
	sort "$2" "$3" | uniq -d | head -n 3 >"$TMP/twice"
	[ ! -s "$TMP/twice" ] || fail "handed out twice: $(cat "$TMP/twice")"
}

# Two at once: what is read and deleted in two steps would be handed out twice.
test_map_busy_drain_loses_nothing() {
	local name

	for name in hash lru; do
		new_map "$name" "$([ "$name" = lru ] && echo percpu_hash || echo hash)" 4 8 2000
		xmap writers fill "$name" 25000 1
		spawn other box bash -c 'while [ ! -e "$3" ]; do "$1" -q map drain "$2"; done' - \
			"$XDPCTL" "pin:$BPFFS/$name" "$TMP/$name.end"
		: >"$TMP/taken"
		while kill -0 "${PID[writers]}" 2>/dev/null; do
			map drain "$name" >>"$TMP/taken"
		done
		join writers
		: >"$TMP/$name.end"
		join other 2>/dev/null
		cat "$TMP/other.out" >>"$TMP/taken"
		map dump "$name" >"$TMP/left"
		assert_equal "written" 100000 "$(cat "$TMP/writers.out")"
		nothing_lost 100000 "$TMP/taken" "$TMP/left"
	done
}

test_map_busy_drain_of_a_queue_loses_nothing() {
	new_map queue queue 0 4 64
	xmap writers add queue 5000 7
	: >"$TMP/taken"
	while kill -0 "${PID[writers]}" 2>/dev/null; do
		map drain queue >>"$TMP/taken"
	done
	join writers
	map drain queue >>"$TMP/taken"
	assert_equal "drained" 20000 "$(wc -l <"$TMP/taken")"
	assert_equal "values" 'hex:07 00 00 00' "$(sort -u "$TMP/taken")"
}

# The keys that stay are in each dump, once; the dump ends and is valid.
stable_keys_are_seen() { # NAME COUNT [EXIT_CODE]
	local i

	for i in 1 2 3 4 5; do
		map dump "$1" >"$TMP/out"
		assert_equal "stable keys in dump $i" "$2" \
			"$(grep -c '^hex:.. .. 00 00' "$TMP/out")"
		map_json dump "$1" | assert_json "dump -j $i" \
			'[.[].key | select(test("^hex:.. .. 00 00"))] | length == $n and (unique | length) == $n' \
			--argjson n "$2"
		map save "$1" "$TMP/out"
		assert_equal "stable keys in save $i" "$2" \
			"$(grep -c '^hex:.. .. 00 00' "$TMP/out")"
	done
}

test_map_busy_dump_sees_what_stays() {
	new_map hash hash 4 8 4000
	awk 'BEGIN { for (i = 0; i < 2000; i++)
		printf "hex:%02x %02x 00 00 = hex:0000000000000000\n", i % 256, i / 256 }' >"$TMP/file"
	map load hash "$TMP/file"
	xmap writers churn hash 65536 1500 1
	stable_keys_are_seen hash 2000
	map load hash "$TMP/file"
	# what is not in the file goes although it keeps coming
	map load hash "$TMP/file" --replace
	assert_equal "stable keys" 2000 "$(map dump hash | grep -c '^hex:.. .. 00 00')"
	kill -TERM "${PID[writers]}"
	join writers
	map load hash "$TMP/file" --replace
	entries hash 2000
}

# Key by key, for the kernel has no batches of this type: it may begin anew and show a key twice,
# or give up with a conflict, but it ends.
test_map_busy_walk_by_keys_ends() {
	local i status

	new_map ports devmap_hash 4 4 1024
	for i in 0 1 2 3; do
		map set ports "hex:0${i}000000" eth0
	done
	xmap writers churn ports 256 600 "$(at box cat /sys/class/net/eth0/ifindex 2>/dev/null ||
		at box ip -j link show eth0 | jq '.[0].ifindex')"
	for i in 1 2 3 4 5 6; do
		status=0
		map_json dump ports >"$TMP/out" 2>"$TMP/err" || status=$?
		jq -e 'all(.[]; .value.port == "eth0")' "$TMP/out" >/dev/null || fail "$(cat "$TMP/out")"
		case $status in
		0) ;;
		5) grep -q 'changes faster' "$TMP/err" || fail "$(cat "$TMP/err")" ;;
		*) fail "exit code $status: $(cat "$TMP/err")" ;;
		esac
	done
	map clear ports || [ $? = 5 ]
	kill -TERM "${PID[writers]}"
	join writers
	map clear ports
	entries ports 0
}

test_map_busy_clear_and_watch_end() {
	local i

	new_map hash hash 4 8 4000
	xmap writers churn hash 0 3000 1
	for i in 1 2 3 4 5; do
		map clear hash
	done
	map_json watch hash --interval 0.05 --count 5 >"$TMP/out"
	assert_equal "looks" 5 "$(wc -l <"$TMP/out")"
	jq -se 'all(.[]; type == "array" and all(.[]; .state | IN("new", "changed", "gone")))' \
		"$TMP/out" >/dev/null || fail "$(head -c 1000 "$TMP/out")"
	kill -TERM "${PID[writers]}"
	join writers
	map clear hash
	entries hash 0
}

# What came, changed and went since the look before.
test_map_busy_watch_tells_changes() {
	typed_maps
	map set t_big 1 a=1
	map set t_big 2 a=2
	spawn watch box "$XDPCTL" -j map watch "pin:$BPFFS/t_big" --interval 0.05
	wait_for 5 test -s "$TMP/watch.out"
	map set t_big 1 a=5,b=7
	map set t_big 3 a=3
	map del t_big 2
	wait_for 5 grep -q gone "$TMP/watch.out"
	kill -INT "${PID[watch]}"
	join watch
	jq -sc '[.[][] | [.state, .element.key, .element.value.a]] | sort' "$TMP/watch.out" >"$TMP/got"
	assert_equal "changes" '[["changed",1,5],["gone",2,2],["new",3,3]]' "$(cat "$TMP/got")"
	jq -se '[.[][] | select(.state == "changed") | .rates] |
		.[0].a > 0 and .[0].b > 0 and .[0].a < .[0].b' "$TMP/watch.out" >/dev/null ||
		fail "rates: $(cat "$TMP/watch.out")"
	assert_equal "as text" "~ 1 = a=6,b=7" "$({ map watch t_big --interval 0.3 --count 2 &
		pause 0.1; map set t_big 1 a=6; wait; } | sed 's/ *a +.*//')"
}
