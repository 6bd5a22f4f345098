#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Packets are sent to the stacks of other CPUs. A bridge in the box carries on what they get.

# shellcheck disable=SC2016 # programs for jq

RATE=20000 # packets a second
MAX=3000000
QUEUE=16384 # enough for what a busy machine makes wait

need_cpus() {
	[ "$(nproc --all)" -ge 2 ] || skip "one CPU: there is no other"
	[ "$(cat /sys/devices/system/cpu/online)" = "$(cat /sys/devices/system/cpu/possible)" ] ||
		skip "a CPU is offline"
	LAST=$(($(nproc --all) - 1))
}

bridged() {
	need_cpus
	lab_quiet
	at box ip link add br0 address 02:00:00:00:0b:ff type bridge
	at box ip link set eth0 master br0
	at box ip link set eth1 master br0
	at box ip link set br0 up
	at h1 ip neigh replace 10.77.1.2 lladdr "$(host_mac 2)" dev eth0
	at h2 ip neigh replace 10.77.1.1 lladdr "$(host_mac 1)" dev eth0
	at box ethtool -K eth0 gro on # so that frames come in without a program, and in skb mode
	at h2 ping -q -c 1 -W 5 10.77.1.1 # the bridge has learnt
}

arrived_is() { # NUMBER
	[ "$(counter eth0 '[.steer.cpus[].packets] | add')" = "$1" ]
}

flow_begins() {
	rm -f "$TMP/sink.ready"
	spawn sink h2 "$TOOLS/xflow" sink --dev eth0 --max "$MAX" --for 60 --idle 1000 \
		--ready-file "$TMP/sink.ready"
	wait_for 10 test -e "$TMP/sink.ready"
	spawn send h1 "$TOOLS/xflow" send --dev eth0 --seconds 40 --rate "$RATE" \
		--dst-mac "$(host_mac 2)"
}

sent_is() { # PACKETS, as eth0 counted them
	[ "$(counter eth0 .packets)" -ge "$1" ]
}

# Every packet that was sent has arrived once.
flow_ends_whole() {
	kill -INT "${PID[send]}"
	join send
	join sink
	SENT=$(jq .sent "$TMP/send.out")
	[ "$SENT" -gt 0 ] || fail "nothing was sent"
	assert_json "what arrived of $SENT" '.received == $sent and .unique == $sent
		and .duplicated == 0 and .beyond == 0 and .lost == $max - $sent' \
		--argjson sent "$SENT" --argjson max "$MAX" <"$TMP/sink.out"
}

# carries MODE STAGE...
carries() {
	bridged
	bpf_ids >"$TMP/bpf"
	state_but_programs >"$TMP/before"
	xdpq attach eth0 --mode "$1" "${@:2}"
	flow_begins
	wait_for 20 sent_is 30000
	flow_ends_whole
	assert_counts eth0 redirect steered "$SENT" $((SENT * 60))
	wait_for 5 arrived_is "$SENT"
	xdp -j stats eth0 | assert_json "where they went" '.[0].steer
		| .lost == 0 and ([.cpus[].cpu] == [range($n)])
		and ([.cpus[].bytes] | add) == $bytes and all(.cpus[]; .packets > 1000)
		and (.imbalance - ([.cpus[].packets] | max * $n / add) | fabs) < 1e-9' \
		--argjson n $((LAST + 1)) --argjson bytes $((SENT * 60))
	xdp detach eth0
	state_but_programs >"$TMP/after"
	assert_same "the state of the lab" "$TMP/before" "$TMP/after"
	assert_no_new_bpf "$TMP/bpf"
}

test_steer_drv_every_packet_arrives() {
	need_cpus
	carries drv steer "0-$LAST" --queue "$QUEUE"
}

test_steer_skb_every_packet_arrives() {
	need_cpus
	carries skb steer "0-$LAST" --queue "$QUEUE"
}

test_steer_round_robin_is_even() {
	bridged
	xdpq attach eth0 steer "0-$LAST" --by round-robin --queue "$QUEUE"
	flow_begins
	wait_for 20 sent_is 20000
	flow_ends_whole
	wait_for 5 arrived_is "$SENT"
	xdp -j stats eth0 | assert_json "shares" '.[0].steer.imbalance < 1.01'
}

# The counter is the one of the CPU that the packet came to.
test_steer_target_is_the_cpu_that_was_named() {
	local cpu n=0

	bridged
	for cpu in 0 "$LAST"; do
		xdpq attach eth0 --replace steer "$cpu"
		receive there h2 eth0 200
		frames h1 send eth0 200 dst="$(host_mac 2)"
		received there '.received == 200 and .bad == 0'
		n=$((n + 200))
		wait_for 5 arrived_is "$n"
		xdp -j stats eth0 | assert_json "CPUs" '.[0].steer
			| .cpus[-1] == {cpu: $cpu, packets: 200, bytes: 12000}
			and ([.cpus[].packets] | add) == $n and .imbalance == 1 and .lost == 0' \
			--argjson cpu "$cpu" --argjson n "$n"
	done
}

# Packets of each CPU that came since the last call, as a list of the CPUs that got any.
cpus_since() { # IFACE
	local now

	now=$(xdp -j stats "$1" | jq -c '[.[0].steer.cpus[] | [.cpu, .packets]]')
	jq -nc --argjson now "$now" --argjson before "$(cat "$TMP/cpus.$1" 2>/dev/null || echo '[]')" '
		[$now[] | . as [$cpu, $n]
		| select($n > (($before[] | select(.[0] == $cpu) | .[1]) // 0)) | $cpu]'
	echo "$now" >"$TMP/cpus.$1"
}

# Real connections, with offloads as the kernel sets them: whole, and on one CPU each.
directions_meet() { # MODE
	local port there back seen=""

	bridged
	xdp attach eth0 steer "0-$LAST" --mode "$1"
	xdp attach eth1 steer "0-$LAST" --mode "$1"
	cpus_since eth0
	cpus_since eth1
	for ((port = 7000; port < 7012; port++)); do
		rm -f "$TMP/serving"
		spawn serve h2 "$PYTHON" -I "$HERE/sockets.py" serve 10.77.1.2 "$port" "$TMP/serving"
		wait_for 5 test -e "$TMP/serving"
		sockets h1 talk 10.77.1.2 "$port" 50000
		join serve
		there=$(cpus_since eth0)
		back=$(cpus_since eth1)
		assert_equal "CPUs of the way back" "$there" "$back"
		assert_equal "number of CPUs" 1 "$(jq length <<<"$there")"
		seen+=" $there"
	done
	[ "$(tr ' ' '\n' <<<"$seen" | sort -u | grep -c .)" -gt 1 ] || fail "all went to$seen"
}

test_steer_drv_both_directions_meet() {
	directions_meet drv
}

test_steer_skb_both_directions_meet() {
	directions_meet skb
}

# What a hash by ports would tear apart is put together again by the receiver.
test_steer_fragments_ping_and_tags_arrive() {
	local mode

	bridged
	for mode in drv skb; do
		xdp attach eth0 steer "0-$LAST" --mode "$mode"
		at h1 ping -q -c 30 -i 0.01 -W 2 -s 6000 10.77.1.2
		receive there h2 eth0 60
		frames h1 send eth0 60 vlan=7 dst="$(host_mac 2)"
		received there '.received == 60 and .bad == 0 and .vlans == [7]'
		xdp -j stats eth0 | assert_json "counters" \
			'.[0] | .reasons.steered == .packets and .packets >= 30 * 5 + 60'
		xdp detach eth0
	done
}

test_steer_jumbo_frames_arrive_whole() {
	local mode dev

	bridged
	for dev in h1:eth0 h2:eth0 box:eth0 box:eth1 box:br0; do
		at "${dev%:*}" ip link set "${dev#*:}" mtu 9000
	done
	for mode in drv skb; do
		xdp attach eth0 steer "0-$LAST" --mode "$mode" --by round-robin
		receive there h2 eth0 90
		frames h1 send eth0 30 size=9014 dst="$(host_mac 2)"
		frames h1 send eth0 30 size=4200 first=30 dst="$(host_mac 2)"
		frames h1 send eth0 30 size=1514 first=60 dst="$(host_mac 2)"
		received there '.received == 90 and .unique == 90 and .bad == 0
			and .sizes == [1514, 4200, 9014]'
		assert_counts eth0 redirect steered 90 $((30 * (9014 + 4200 + 1514)))
		wait_for 5 arrived_is 90
		xdp -j stats eth0 | assert_json "arrived" \
			'.[0].steer | ([.cpus[].bytes] | add) == 30 * (9014 + 4200 + 1514)'
		xdp detach eth0
	done
}

test_steer_replaced_under_load_loses_nothing() {
	local n

	bridged
	bpf_ids >"$TMP/bpf"
	xdpq attach eth0 steer "0-$LAST" --queue "$QUEUE"
	flow_begins
	for ((n = 1; n <= 60; n++)); do
		case $((n % 6)) in
		0) xdpq attach eth0 --replace steer "0-$LAST" --queue "$QUEUE" ;;
		1) xdpq attach eth0 --replace steer "0-$LAST" --by src --queue "$QUEUE" ;;
		2) xdpq attach eth0 --replace steer "$LAST" --queue "$QUEUE" ;;
		3) xdpq attach eth0 --replace count --by proto "then" steer 0 --queue 16000 ;;
		4) xdpq attach eth0 --replace pass ;;
		5) xdpq attach eth0 --replace --jumbo steer 0 --queue 16000 ;;
		esac
	done
	xdpq attach eth0 --replace steer "0-$LAST" --queue "$QUEUE"
	flow_ends_whole
	xdp -j stats eth0 | assert_json "counters" '.[0] | .packets == $n
		and .reasons.steered + .reasons.pass == $n and .reasons.steered > $n / 2' \
		--argjson n "$SENT"
	wait_for 5 counter_is eth0 .steer.lost 0
	wait_for 5 arrived_is "$(counter eth0 .reasons.steered)"
	assert_no_new_bpf "$TMP/bpf" "$(prog_id eth0)" "$(arrive_ids)"
}

arrive_ids() { # of the program behind the queues
	bpftool -j prog show name steer_arrive | jq '[.. | .id? // empty] | max'
}

# The counters go with the program, so what comes in meanwhile is counted by nobody but h2.
test_steer_detached_under_load_loses_nothing() {
	local n

	bridged
	xdpq attach eth0 steer "0-$LAST" --queue "$QUEUE"
	flow_begins
	for ((n = 1; n <= 10; n++)); do
		wait_for 5 sent_is 1000
		xdpq detach eth0
		xdpq attach eth0 steer "0-$LAST" --queue "$QUEUE"
	done
	wait_for 5 sent_is 1000
	xdpq detach eth0
	flow_ends_whole
}

cpumap_id() {
	local id

	for id in $(bpftool -j prog show id "$(prog_id eth0)" | jq '.map_ids[]'); do
		bpftool -j map show id "$id" | jq 'select(.type == "cpumap").id'
	done
}

test_steer_deleted_entry_passes_and_is_counted() {
	bridged
	xdpq attach eth0 steer "$LAST"
	xdp -j status eth0 | assert_json "no warning yet" '.[0].warnings == []'
	bpftool map delete id "$(cpumap_id)" key "$LAST" 0 0 0
	receive there h2 eth0 150
	frames h1 send eth0 150 dst="$(host_mac 2)"
	received there '.received == 150 and .bad == 0'
	assert_counts eth0 pass steer_no_cpu 150 9000
	xdp -j status eth0 | assert_json "warning" '.[0].warnings | any(contains("queue is gone"))'
	xdpq attach eth0 --replace steer "$LAST"
	xdp -j status eth0 | assert_json "healed" '.[0].warnings == []'
	receive there h2 eth0 150
	frames h1 send eth0 150 dst="$(host_mac 2)"
	received there '.received == 150 and .bad == 0'
	counter_is eth0 .reasons.steered 150 || fail "$(counter eth0 .reasons)"
}

# A queue that somebody made without the program: what is lost cannot be told, and is not made up.
test_steer_queue_of_others_makes_lost_unknown() {
	bridged
	xdpq attach eth0 steer "$LAST"
	xdp -j stats eth0 | assert_json "lost" '.[0].steer.lost == 0'
	bpftool map update id "$(cpumap_id)" key "$LAST" 0 0 0 value 0 1 0 0 0 0 0 0
	xdp -j stats eth0 | assert_json "lost" '.[0].steer.lost == null'
}

ip_received() {
	at box awk '/^Ip:/ && n++ { print $4 }' /proc/net/snmp
}

# Flat out into queues of two: the numbers of the box's own IP layer agree with ours.
test_steer_overflow_is_counted() {
	local before steered arrived

	need_cpus
	lab_quiet
	at box ip addr add 10.77.1.250/24 dev eth0
	at box ip neigh replace 10.77.1.1 lladdr "$(host_mac 1)" dev eth0
	xdpq attach eth0 steer "$LAST" --queue 2
	before=$(ip_received)
	xflow h1 send --dev eth0 --count 300000 --dst-mac "$(box_mac 1)" --dst-ip 10.77.1.250 \
		--src-ip 10.77.1.1
	steered=$(counter eth0 .reasons.steered)
	wait_for 5 settled
	arrived=$(($(ip_received) - before))
	xdp -j stats eth0 | assert_json "losses" '.[0].steer
		| .lost > 1000 and .lost == $steered - $arrived
		and .cpus == [{cpu: $cpu, packets: $arrived, bytes: ($arrived * 60)}]' \
		--argjson steered "$steered" --argjson arrived "$arrived" --argjson cpu "$LAST"
	xdp stats eth0 | grep -qE "^ +lost +$((steered - arrived))$" || fail "$(xdp stats eth0)"
}

settled() { # nothing arrives any more
	local now

	now=$(counter eth0 '[.steer.cpus[].packets] | add')
	pause 0.1
	arrived_is "$now"
}

test_steer_status_and_stats_keep_their_shape() {
	need_cpus
	xdpq attach eth0 steer "$LAST,0" --queue 99 --by dst
	xdpq attach eth1 pass
	xdp status eth0 | grep -q "steer 0.$LAST --by dst --queue 99" || fail "$(xdp status eth0)"
	xdp -j status eth0 | assert_json "status" '.[0].stages == [{name: "steer",
		args: {cpus: [$cpus], by: "dst", queue: 99}}]' --arg cpus \
		"$(xdp status eth0 | grep -oE '0[,-][0-9,-]*')"
	xdp -j stats | assert_json "stats" 'length == 2 and ([.[] | keys] | unique | length) == 1
		and ([.[].steer | keys] | unique) == [["cpus", "imbalance", "lost"]]
		and .[0].steer == {cpus: [{cpu: 0, packets: 0, bytes: 0},
			{cpu: $last, packets: 0, bytes: 0}], lost: 0, imbalance: null}
		and .[1].steer == {cpus: [], lost: null, imbalance: null}' --argjson last "$LAST"
}

test_steer_wrong_use_is_refused() {
	local words

	need_cpus
	state >"$TMP/before"
	for words in '' '0,' '1-0' '0,0' '0-1,1' 'x' '0x1' '0 --queue 0' '0 --queue 16385' \
		'0 --queue 1k' '0 --by port' '0-200' '0 then pass'; do
		# shellcheck disable=SC2086 # words are wanted
		refused usage 'steer|queue|by' attach eth0 steer $words
	done
	refused not_found "there is no CPU $((LAST + 1)); online are" attach eth0 steer $((LAST + 1))
	refused not_found 'steer: ' attach eth0 steer 9999
	refused unsupported 'hw|device' attach eth0 steer 0 --mode hw
	assert_state "$TMP/before"
}
