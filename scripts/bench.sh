#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# bench.sh: the `redirect` pipeline against a hand-written program, tc and the bridge. All of them
# take turns in each round, because absolute rates drift on a shared machine; only ratios are
# judged. Exit status 0: every bar met, 1: one missed, 2: could not measure.
#
# Environment: XDPCTL (./xdpctl), TOOLS (build/tools), BPFOBJ (build/bpf), BENCH_JSON (file to
# write the results to), BENCH_ROUNDS (40), BENCH_SECONDS (0.5, of each sample)
set -euo pipefail
export LC_ALL=C

XDPCTL=${XDPCTL:-./xdpctl}
TOOLS=${TOOLS:-build/tools}
BPFOBJ=${BPFOBJ:-build/bpf}
rounds=${BENCH_ROUNDS:-40}
seconds=${BENCH_SECONDS:-0.5}
flow_cpu=$(($(nproc) - 1)) # sender, box and sink all run here, in its softirqs

h1=xbench-$$-h1 box=xbench-$$-box h2=xbench-$$-h2
tmp=$(mktemp -d)
sink=
finished=

die() {
	echo "bench: $*" >&2
	exit 2
}

cleanup() {
	local status=$?

	trap - EXIT INT TERM
	[ -z "$sink" ] || kill "$sink" 2>/dev/null || :
	wait
	for n in "$h1" "$box" "$h2"; do ip netns del "$n" 2>/dev/null || :; done
	rm -rf "$tmp"
	[ -n "$finished" ] || [ "$status" -ge 128 ] || status=2
	exit "$status"
}

in_h1() { ip netns exec "$h1" "$@"; }
in_box() { ip netns exec "$box" "$@"; }

# ---- h1:eth0 --- eth0:box:eth1 --- eth0:h2
build_network() {
	for n in "$h1" "$box" "$h2"; do
		ip netns add "$n"
		# no neighbour discovery among the frames that are counted
		ip netns exec "$n" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 \
			net.ipv6.conf.default.disable_ipv6=1 2>/dev/null || :
	done
	ip link add eth0 netns "$box" type veth peer name eth0 netns "$h1"
	ip link add eth1 netns "$box" type veth peer name eth0 netns "$h2"
	for n in "$h1" "$box" "$h2"; do ip -n "$n" link set eth0 up; done
	ip -n "$box" link set eth1 up
}

# ---- candidates: up_NAME makes the box forward from eth0 to eth1, down_NAME undoes it
up_pipeline() { in_box "$XDPCTL" -q attach eth0 redirect eth1 --mode drv; }
down_pipeline() { in_box "$XDPCTL" -q detach eth0; }

up_hand() { in_box "$TOOLS/xbench" attach eth0 eth1; }
down_hand() { ip -n "$box" link set dev eth0 xdp off; }

# Frames sent by XDP reach a veth without a program only if it has NAPI, which GRO gives it.
up_mirred() {
	local redirect=(action mirred egress redirect dev eth1)
	local add=(tc filter add dev eth0 ingress)

	in_box ethtool -K eth0 gro on
	in_box tc qdisc add dev eth0 clsact
	in_box "${add[@]}" matchall "${redirect[@]}" 2>/dev/null ||
		in_box "${add[@]}" protocol all u32 match u32 0 0 "${redirect[@]}"
}
down_mirred() {
	in_box tc qdisc del dev eth0 clsact
	in_box ethtool -K eth0 gro off
}

up_bridge() {
	in_box ethtool -K eth0 gro on
	ip -n "$box" link add br0 type bridge
	ip -n "$box" link set br0 up
	ip -n "$box" link set eth0 master br0
	ip -n "$box" link set eth1 master br0
	# to where the sender's frames go: a known address is cheaper than a flooded one
	in_box bridge fdb add 02:00:00:00:00:02 dev eth1 master static
}
down_bridge() {
	ip -n "$box" link del br0
	in_box ethtool -K eth0 gro off
}

# With br_netfilter, which calls netfilter for bridged frames unless told not to.
nf_call() {
	[ ! -e /proc/sys/net/bridge ] || in_box sysctl -qw net.bridge.bridge-nf-call-iptables="$1"
}
up_bridge_plain() { up_bridge && nf_call 0; }
down_bridge_plain() { nf_call 1 && down_bridge; }

# ---- measuring
wait_for_sink() {
	for _ in $(seq 500); do
		[ ! -e "$tmp/ready" ] || return 0
		sleep 0.01
	done
	cat "$tmp/sink.err" >&2
	die "the sink does not start"
}

# sample NAME: append the rate, in thousands of frames a second that arrived, to $tmp/NAME
sample() {
	rm -f "$tmp/ready"
	"up_$1"
	# not by a function, which would put a shell between us and the process to end
	ip netns exec "$h2" taskset -c 0 "$TOOLS/xflow" sink --dev eth0 --for 60 \
		--ready-file "$tmp/ready" >"$tmp/sink" 2>"$tmp/sink.err" &
	sink=$!
	wait_for_sink
	in_h1 taskset -c "$flow_cpu" "$TOOLS/xflow" send --dev eth0 --seconds "$seconds" \
		>"$tmp/send"
	kill "$sink"
	wait "$sink"
	sink=
	"down_$1"
	jq -n --slurpfile send "$tmp/send" --slurpfile sink "$tmp/sink" \
		'$sink[0].received / $send[0].seconds / 1000' >>"$tmp/$1"
	[ "$(jq '.received > 0' "$tmp/sink")" = true ] || die "$1: no frame arrived"
}

# timed NAME COMMAND...: append its wall time in milliseconds to $tmp/NAME
timed() {
	local start=${EPOCHREALTIME/./} end

	in_box "${@:2}" >"$tmp/out" 2>&1 || die "$2 failed: $(cat "$tmp/out")"
	end=${EPOCHREALTIME/./}
	jq -n "($end - $start) / 1000" >>"$tmp/$1"
}

time_attach() {
	timed attach_xdpctl "$XDPCTL" attach eth0 redirect eth1
	down_pipeline
	timed attach_ip ip link set dev eth0 xdp obj "$BPFOBJ/bench_devmap.o" sec xdp
	down_hand
}

one_round() {
	if (($1 % 2)); then
		sample pipeline
		sample hand
	else
		sample hand
		sample pipeline
	fi
	time_attach
	(($1 % 4)) && return
	sample mirred
	sample bridge
	sample bridge_plain
}

time_program() {
	local id

	up_pipeline
	id=$(in_box "$XDPCTL" -j status eth0 | jq '.[0].prog_id')
	in_box taskset -c "$flow_cpu" "$TOOLS/xbench" compare "$id" eth0 eth1 60 2000000 \
		>"$tmp/program"
	down_pipeline
}

# ---- results
results() {
	local names=(pipeline hand mirred bridge bridge_plain attach_xdpctl attach_ip program)
	local args=()

	strip -o "$tmp/stripped" "$XDPCTL"
	for n in "${names[@]}"; do args+=(--slurpfile "$n" "$tmp/$n"); done
	jq -n "${args[@]}" --argjson bytes "$(stat -c %s "$tmp/stripped")" '
	def median: sort | (.[(length - 1) / 2 | floor] + .[length / 2 | floor]) / 2;
	def bar($what; $value; $relation; $target; $unit):
		{$what, $value, $relation, $target, $unit,
		 ok: (if $relation == "<=" then $value <= $target
		      elif $relation == "<" then $value < $target
		      else $value >= $target end)};
	{
		kpps: {pipeline: ($pipeline | median), hand: ($hand | median),
		       mirred: ($mirred | median), bridge: ($bridge | median),
		       bridge_plain: ($bridge_plain | median)},
		program_ns: $program[0],
		attach_ms: {xdpctl: ($attach_xdpctl | median), ip: ($attach_ip | median)},
		stripped_bytes: $bytes, rounds: ($pipeline | length)
	} | .bars = [
		bar("program, above the hand-written one"; .program_ns.above; "<="; 3; "ns"),
		bar("rate, of the hand-written program";
		    [$pipeline, $hand] | transpose | map(.[0] / .[1]) | median; ">="; 0.98; "x"),
		bar("rate, of tc mirred"; .kpps.pipeline / .kpps.mirred; ">="; 3; "x"),
		bar("rate, of a Linux bridge"; .kpps.pipeline / .kpps.bridge; ">="; 5; "x"),
		bar("attach, above ip link set ... xdp obj";
		    .attach_ms.xdpctl - .attach_ms.ip; "<"; 20; "ms"),
		bar("binary, stripped"; .stripped_bytes / 1e6; "<"; 2; "MB")
	] | .ok = (.bars | all(.ok))'
}

print_results() {
	jq -r '
	def line($name; $value): [$name, "\($value * 10 | round / 10)"] | @tsv;
	"frames a second through the box, thousands; medians of \(.rounds) rounds",
	line("  xdpctl redirect pipeline"; .kpps.pipeline),
	line("  hand-written devmap program"; .kpps.hand),
	line("  tc mirred"; .kpps.mirred),
	line("  Linux bridge, as the kernel sets it up"; .kpps.bridge),
	line("  Linux bridge, without br_netfilter"; .kpps.bridge_plain),
	"one run of the program, ns with the harness; medians",
	line("  xdpctl redirect pipeline"; .program_ns.pipeline.median),
	line("  hand-written devmap program"; .program_ns.hand.median),
	"attach, ms; medians",
	line("  xdpctl attach"; .attach_ms.xdpctl),
	line("  ip link set ... xdp obj"; .attach_ms.ip)' "$1" |
		awk -F '\t' 'NF == 1 { print; next } { printf "%-44s %8s\n", $1, $2 }'
	echo
	jq -r '.bars[] | [.what, (.value * 1000 | round / 1000), .unit, .relation, .target,
		if .ok then "ok" else "MISSED" end] | @tsv' "$1" |
		awk -F '\t' '{ printf "%-40s %8s %-2s  %2s %-5s %s\n", $1, $2, $3, $4, $5, $6 }'
}

trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

[ "$(id -u)" = 0 ] || die "network namespaces need root"
for file in "$XDPCTL" "$TOOLS/xflow" "$TOOLS/xbench" "$BPFOBJ/bench_devmap.o"; do
	[ -e "$file" ] || die "$file is missing: run it by \`make bench\`"
done

build_network
for ((round = 0; round < rounds; round++)); do
	[ ! -t 2 ] || printf '\rround %d of %d' $((round + 1)) "$rounds" >&2
	one_round "$round"
done
[ ! -t 2 ] || printf '\r\033[K' >&2
time_program
results >"$tmp/results"
finished=1
print_results "$tmp/results"
[ -z "${BENCH_JSON:-}" ] || cp "$tmp/results" "$BENCH_JSON"
[ "$(jq .ok "$tmp/results")" = true ]
