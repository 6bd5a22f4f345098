#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What status and stats say, and in which form.

# shellcheck disable=SC2016 # programs for jq
# shellcheck source=/dev/null
. "$HERE/foreign.sh"

STATUS_KEYS='["hook","ifindex","ifname","mode","owner","packets","bytes","prog_id","prog_name",
	"stages","tag"]'
STATS_KEYS='["ifname","hook","packets","bytes","verdicts","reasons","cpus"]'

# Each line is a document of its own, with rates; the third shows what came in between.
test_stats_interval_emits_a_json_line_a_round() {
	lab_quiet
	xdp attach eth0 redirect eth1 --both
	spawn stats box "$XDPCTL" -j stats --interval 0.3 --count 4
	wait_for 5 test -s "$TMP/stats.out"
	frames h1 send eth0 900
	join stats
	assert_equal "lines" 4 "$(wc -l <"$TMP/stats.out")"
	jq -se '
		length == 4
		and all(.[]; length == 2 and .[0].ifname == "eth0" and .[1].ifname == "eth1"
			and all(.[]; (.pps | type == "number") and (.bps | type == "number")))
		and .[0][0].pps == 0 and .[0][0].bps == 0
		and .[3][0].packets == 900 and .[3][0].bytes == 54000
		and ([.[][0].pps] | max) > 0
		and all(.[][0]; (.bps - .pps * 480 | fabs) <= 1e-6 * .bps)
		and ([.[][1].pps] | max) == 0' "$TMP/stats.out" >/dev/null || {
		cat "$TMP/stats.out"
		fail "the lines of stats"
	}
}

# The rates add up to the packets that came.
test_stats_rates_agree_with_the_packets() {
	lab_quiet
	xdp attach eth0 redirect eth1
	spawn sink h2 "$TOOLS/xflow" sink --dev eth0 --for 30 --ready-file "$TMP/sink.ready"
	wait_for 5 test -e "$TMP/sink.ready"
	spawn send h1 "$TOOLS/xflow" send --dev eth0 --seconds 20 --rate 20000 \
		--dst-mac "$(host_mac 2)"
	wait_for 5 flowing
	xdp -j stats eth0 --interval 0.5 --count 3 >"$TMP/stats.out"
	kill -INT "${PID[send]}"
	join send
	kill -INT "${PID[sink]}"
	join sink
	# 20000 packets a second of 60 bytes; a sender that is held up now and then is no error
	jq -se '.[1:] | all(.[]; .[0] | .pps > 10000 and .pps < 30000
		and (.bps / .pps | . > 479.9 and . < 480.1))' "$TMP/stats.out" >/dev/null || {
		jq -c '.[0] | [.packets, .pps, .bps]' "$TMP/stats.out"
		fail "the rates"
	}
}

flowing() {
	[ "$(counter eth0 .packets)" -gt 0 ]
}

test_stats_interval_ends_well_on_signals() {
	local signal

	xdp attach eth0 pass
	for signal in INT TERM; do
		for form in -j -q; do
			rm -f "$TMP/stats.out"
			spawn stats box "$XDPCTL" "$form" stats --interval 0.05
			wait_for 5 test -s "$TMP/stats.out"
			kill "-$signal" "${PID[stats]}"
			join stats || fail "exit code $? on SIG$signal"
		done
	done
}

test_stats_reader_that_goes_away_ends_it() {
	local status=0

	xdp attach eth0 pass
	(xdp -j stats --interval 0.02 2>"$TMP/err"; echo $? >"$TMP/status") | head -n 2 >/dev/null ||
		status=$?
	wait_for 5 test -s "$TMP/status"
	assert_equal "exit code" 1 "$(cat "$TMP/status")"
	grep -q 'cannot write' "$TMP/err" || fail "it does not say why: $(cat "$TMP/err")"
}

# The interface goes while it is watched.
test_stats_interface_deleted_meanwhile_is_not_found() {
	local status=0

	xdp attach eth0 redirect eth1
	spawn stats box "$XDPCTL" -j stats eth0 --interval 0.05
	wait_for 5 test -s "$TMP/stats.out"
	at box ip link del eth0
	join stats || status=$?
	assert_equal "exit code" 6 "$status"
}

# Rows of every kind have the same keys, and those of the contract are among them.
test_stats_keys_never_change_with_the_data() {
	lab_host 3
	lab_host 4
	xdpq attach eth0 count --by src "then" redirect eth1 --both
	xdpq attach eth2 drop --no-count
	foreign_attach eth3
	xdp -j status >"$TMP/status"
	assert_json "status" '
		length == 4 and ([.[] | keys] | unique | length) == 1
		and (.[0] | keys | contains($wanted)) and all(.[].stages[]; keys == ["args", "name"])
		and (all(.[]; (.ifindex, .prog_id, .packets, .bytes) | type == "number"))
		and (all(.[]; (.stages | type == "array") and (.tag | test("^[0-9a-f]{16}$"))))' \
		--argjson wanted "$STATUS_KEYS" <"$TMP/status"
	xdp -j stats >"$TMP/stats"
	assert_json "stats" '
		length == 2 and ([.[] | keys] | unique | length) == 1
		and ([.[].reasons | keys] | unique | length) == 1
		and (.[0] | keys | contains($wanted))
		and all(.[]; (.verdicts | keys) == ["aborted", "drop", "pass", "redirect", "tx"]
			and all(.verdicts[]; keys == ["bytes", "packets"])
			and all(.reasons[]; type == "number")
			and all(.cpus[]; keys == ["bytes", "cpu", "packets"])
			and [.cpus[].cpu] == [range(.cpus | length)])' \
		--argjson wanted "$STATS_KEYS" <"$TMP/stats"
	# nothing counted yet and something counted: the same keys
	frames h1 send eth0 10
	wait_for 5 flowing
	xdp -j stats | jq '[.[] | keys, (.reasons | keys)]' >"$TMP/after"
	jq '[.[] | keys, (.reasons | keys)]' "$TMP/stats" >"$TMP/first"
	assert_same "keys of stats" "$TMP/first" "$TMP/after"
	xdp -j stats --interval 0.01 --count 2 | jq -c '[.[] | keys]' | sort -u | wc -l >"$TMP/kinds"
	assert_equal "kinds of lines" 1 "$(cat "$TMP/kinds")"
}

# A list stays a list with one element and with none.
test_stats_lists_stay_lists() {
	xdp -j status | assert_json "status" '. == []'
	xdp -j status eth0 | assert_json "status" '. == []'
	xdp -j stats | assert_json "stats" '. == []'
	xdpq attach eth0 redirect eth1
	xdp -j status eth0 | assert_json "status" 'length == 1 and .[0].stages[0].args.ports == ["eth1"]'
	xdp -j stats eth0 | assert_json "stats" 'length == 1'
}

# What was asked for is read back from the kernel.
test_stats_status_tells_the_stages() {
	xdpq attach eth0 count --by port --entries 77 "then" redirect eth1 --src-mac 02:11:22:33:44:55
	xdp -j status eth0 | assert_json "status" '.[0].stages == [
		{name: "count", args: {by: "port", entries: 77}},
		{name: "redirect", args: {ports: ["eth1"], swap_mac: false,
			src_mac: "02:11:22:33:44:55", dst_mac: null, both: false}}]'
	xdp status eth0 | grep -q \
		'count --by port --entries 77 then redirect eth1 --src-mac 02:11:22:33:44:55' ||
		fail "$(xdp status eth0)"
	xdpq attach eth1 reflect --l3
	xdp -j status eth1 | assert_json "status" \
		'.[0].stages == [{name: "reflect", args: {l3: true, l4: false}}]'
}

test_stats_per_cpu_adds_up() {
	lab_quiet
	xdp attach eth0 drop
	frames h1 send eth0 300
	wait_for 5 counter_is eth0 .packets 300
	assert_counts eth0 drop drop 300 18000
	assert_equal "lines of CPUs" "$(xdp -j stats eth0 | jq '.[0].cpus | length')" \
		"$(xdp stats eth0 --per-cpu | awk '/CPU/ { on = 1; next } on && NF' | wc -l)"
}
