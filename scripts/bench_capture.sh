#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# bench_capture.sh: `xdpctl capture` against other programs that write packets to a file and against
# a bare AF_XDP loop. All take turns in each round, on the same traffic: frames of 60 bytes as fast
# as they can be sent. Sender, box and sink share the last CPU, who captures has CPU 0, files are on
# tmpfs. What a file holds is counted by capinfos, what the box saw by its device. Only ratios are
# judged. Exit status 0: every bar met, 1: one missed, 2: could not measure. Programs that are not
# installed are left out and named; `scripts/deps.sh bench` installs them.
#
# Environment: XDPCTL (./xdpctl), TOOLS (build/tools), BENCH_JSON (file to write the results to),
# BENCH_ROUNDS (5), BENCH_SECONDS (0.6, of each sample), BENCH_ROWS (steal tee pass filter cpu drop),
# BENCH_LONG (0, seconds of a run of its own at 80% of the rate of the tee, which needs row tee)
set -euo pipefail
export LC_ALL=C

XDPCTL=$(realpath "${XDPCTL:-./xdpctl}")
TOOLS=${TOOLS:-build/tools}
rounds=${BENCH_ROUNDS:-5}
seconds=${BENCH_SECONDS:-0.6}
all_rows=(steal tee pass filter cpu drop)
rows=${BENCH_ROWS:-${all_rows[*]}}
long=${BENCH_LONG:-0}
flow_cpu=$(($(nproc) - 1)) # sender, box and sink all run here, in its softirqs
PATH=$PATH:/usr/sbin:/usr/local/sbin

WARM_MB=700	# more than any sample writes
LONG_WARM_MB=3000 # five files at a time
SETTLE=1.2	# tcpdump gets what is left in its ring after a second
CPU_RATE=500000 # packets a second
CPU_SECONDS=2
MATCHING=476 # the first frame from port 1500, where ports begin with 1024

h1=xbench-$$-h1 box=xbench-$$-box h2=xbench-$$-h2
tmp=$(mktemp -d)
files=$(mktemp -d /dev/shm/xbench.XXXXXX)
chmod 755 "$files" # tcpdump and dumpcap give up privileges
sink='' capture='' sender='' finished=''
declare -A left_out=()

die() {
	echo "bench: $*" >&2
	exit 2
}

cleanup() {
	local status=$?

	trap - EXIT INT TERM
	for pid in $sender $sink; do kill "$pid" 2>/dev/null || :; done
	[ -z "$capture" ] || stop_capture
	wait
	for n in "$h1" "$box" "$h2"; do ip netns del "$n" 2>/dev/null || :; done
	rm -rf "$tmp" "$files"
	[ -n "$finished" ] || [ "$status" -ge 128 ] || status=2
	exit "$status"
}

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

# ---- what the box does: nothing, or one stage
# Frames sent by XDP reach a veth without a program only if it has NAPI, which GRO gives it.
box_up() {
	case $1 in
	nothing) in_box ethtool -K eth0 gro on ;;
	redirect) in_box "$XDPCTL" -q attach eth0 redirect eth1 --mode drv ;;
	*) in_box "$XDPCTL" -q attach eth0 "$1" --mode drv ;;
	esac
}

box_down() {
	case $1 in
	nothing) in_box ethtool -K eth0 gro off ;;
	*) in_box "$XDPCTL" -q detach eth0 ;;
	esac
}

# ---- candidates: candidate NAME sets what the box does, the command, and what the command says
# when it is ready ("file": it makes one)
candidate() {
	local write=(-w "$files/cap")
	local ours=("$XDPCTL" -j capture eth0 "${write[@]}")

	around=nothing ready='listening on' send=(--seconds "$seconds") command=()
	case $1 in
	tcpdump*) command=(tcpdump -i eth0 "${write[@]}") ;;
	netsniff) # told to leave the machine's settings alone, and to say at once that it runs
		command=(stdbuf -oL netsniff-ng -A -Q -i eth0 -o "$files/cap" --silent)
		ready=Running
		;;
	xdpdump) command=(xdpdump -i eth0 "${write[@]}") ;; # libpcap: without fentry it has no other
	xdpdump_xdp) command=(xdpdump -i eth0 --load-xdp-program "${write[@]}") ;;
	dumpcap) command=(dumpcap -q -i eth0 "${write[@]}") ready=File: ;;
	bare) command=("$TOOLS/xskbare" eth0) ready='^ready' ;;
	steal) command=("${ours[@]}" --steal --buffer 256) ready=capturing ;;
	steal_fast) command=("${ours[@]}" --steal --time fast --buffer 128) ready=capturing ;;
	forward) ;;
	filtered) command=("${ours[@]}" udp src port 1500) ready=capturing ;;
	drop_xsk) command=("${ours[@]}" --via xsk) ready=capturing ;;
	drop_ring) command=("${ours[@]}" --via ring) ready=capturing ;;
	tee_long) command=("${ours[@]}" -C 500 -W 4 --buffer 256) ready=capturing ;;
	our_cpu_pcap) command=("${ours[@]}" --format pcap) ready=capturing ;;
	*) command=("${ours[@]}") ready=capturing ;;
	esac
	case $1 in
	*pass* | *cpu*) around=pass ;;
	forward | tee* | filtered) around=redirect ;;
	drop*) around=drop ;;
	esac
	case $1 in
	forward | filtered) send+=(--flows 1000) ;;
	*cpu*) send=(--seconds "$CPU_SECONDS" --rate "$CPU_RATE") ;;
	esac
}

# ---- measuring
wait_until() { # TEXT COMMAND...: for 15 seconds at most
	for _ in $(seq 1500); do
		"${@:2}" 2>/dev/null && return 0 # without 0, in a trap, it is the status from before
		sleep 0.01
	done
	echo "$1" >&2
	return 1
}

start_sink() {
	rm -f "$tmp/ready"
	# not by a function, which would put a shell between us and the process to end
	ip netns exec "$h2" taskset -c 0 "$TOOLS/xflow" sink --dev eth0 --for 86400 \
		--ready-file "$tmp/ready" >"$tmp/sink" 2>"$tmp/sink.err" &
	sink=$!
	wait_until 'the sink does not start' [ -e "$tmp/ready" ] || die "$(cat "$tmp/sink.err")"
}

stop_sink() {
	kill "$sink"
	wait "$sink"
	sink=
}

is_ready() {
	is_running || return 0 # start_capture sees what became of it
	grep -q "$ready" "$tmp/out" "$tmp/err"
}

start_capture() {
	# not by a function, as above
	ip netns exec "$box" taskset -c 0 "${command[@]}" >"$tmp/out" 2>"$tmp/err" &
	capture=$!
	wait_until "${command[0]} does not start" is_ready && is_running
}

is_running() { [ -e "/proc/$capture/exe" ]; } # a zombie has none
has_ended() { ! is_running; }

stop_capture() {
	kill "$capture" 2>/dev/null || :
	wait_until "${command[0]} does not end" has_ended || kill -KILL "$capture" || :
	wait "$capture" || :
	capture=
}

# nanoseconds that all threads of the capture had a CPU until now
cpu_time() {
	[ -n "$capture" ] || return 0
	awk '{ n += $1 } END { printf "%.0f\n", n }' "/proc/$capture"/task/*/schedstat 2>/dev/null ||
		echo 0 # it has ended
}

received() { ip -n "$box" -j -s link show eth0 | jq '.[0].stats64.rx.packets'; }

# The host of a virtual machine gives memory when it is first touched: all are to have it before.
warm() { # MB
	head -c "$1M" /dev/zero >"$files/warm"
	rm "$files/warm"
}

# packets that were written, by the file and not by who wrote it
written() {
	case $1 in
	forward) echo null ;;
	bare) jq .received "$tmp/out" ;;
	tee_long) echo null ;; # most files are gone
	*) capinfos -McTr "$files"/cap* 2>/dev/null | awk '{ n += $2 } END { print n + 0 }' ;;
	esac
}

# Send, and leave in $tmp what became of it. CPU time is of this only, since starting costs more.
traffic() {
	local seen cpu

	seen=$(received) cpu=$(cpu_time)
	# in the background: the shell would not see a signal before it ends
	ip netns exec "$h1" taskset -c "$flow_cpu" "$TOOLS/xflow" send --dev eth0 "${send[@]}" \
		>"$tmp/send" &
	sender=$!
	wait "$sender" || die "the sender failed"
	sender=
	sleep "$SETTLE"
	echo $(($(received) - seen)) >"$tmp/seen"
	echo $(($(cpu_time) - ${cpu:-0})) >"$tmp/cpu"
}

put_sample() { # NAME
	[ "$(cat "$tmp/seen")" -gt 0 ] || die "$1: no frame arrived"
	jq -cn --slurpfile send "$tmp/send" --slurpfile seen "$tmp/seen" --slurpfile sink "$tmp/sink" \
		--slurpfile cpu "$tmp/cpu" --argjson written "$(written "$1")" \
		--rawfile err "$tmp/err" '
		$send[0] + {seen: $seen[0], forwarded: $sink[0].received, $written,
		            cpu_ns: $cpu[0],
		            own: [$err | splits("\n") | fromjson? | objects] | last}' >>"$tmp/$1"
}

# sample NAME: append a line of what was sent, seen, forwarded and written to $tmp/NAME
sample() {
	local around ready send=() command=() failed='' megabytes=$WARM_MB

	[ -z "${left_out[$1]:-}" ] || return 0
	candidate "$1"
	[ "$1" != tee_long ] || {
		send=(--seconds "$long" --rate "$long_rate")
		megabytes=$LONG_WARM_MB
	}
	[ "${#command[@]}" = 0 ] || command -v "${command[0]}" >/dev/null ||
		die "${command[0]} vanished"
	: | tee "$tmp/sink" "$tmp/out" >"$tmp/err"
	box_up "$around"
	[ "$around" != redirect ] || start_sink
	warm "$megabytes"
	if [ "${#command[@]}" = 0 ] || start_capture; then
		sleep 0.1
		traffic
		[ -z "$capture" ] || is_running || failed=1
	else
		failed=1
	fi
	[ "${#command[@]}" = 0 ] || stop_capture
	[ -z "$sink" ] || stop_sink
	box_down "$around"
	if [ -n "$failed" ]; then
		give_up "$1"
	else
		put_sample "$1"
	fi
	rm -f "$files"/*
}

give_up() { # NAME
	case ${command[0]} in
	"$XDPCTL" | "$TOOLS"/*) die "$1 failed: $(cat "$tmp/out" "$tmp/err")" ;;
	esac
	left_out[$1]="failed: $(tail -n 1 "$tmp/err")"
	rm -f "$tmp/$1"
}

find_tools() {
	local name tool

	for name in tcpdump tcpdump_pass tcpdump_cpu netsniff-ng xdpdump xdpdump_xdp dumpcap; do
		tool=${name%%_*}
		command -v "$tool" >/dev/null || left_out[${name%-ng}]='is not installed: scripts/deps.sh bench'
	done
	command -v capinfos >/dev/null || die 'capinfos is not installed'
}

names_of() { # ROW
	case $1 in
	steal) echo tcpdump netsniff xdpdump xdpdump_xdp dumpcap bare steal steal_fast ;;
	tee) echo forward tee ;;
	pass) echo tcpdump_pass tee_pass ;;
	filter) echo filtered forward ;;
	cpu) echo tcpdump_cpu our_cpu_pcap our_cpu ;;
	drop) echo drop_ring drop_xsk ;;
	long) echo tee_long ;;
	*) die "BENCH_ROWS: $1: no such row" ;;
	esac
}

# All samples of a round, each once.
round_names() {
	for row in $rows; do names_of "$row"; done | tr ' ' '\n' | awk '!seen[$0]++'
}

one_round() {
	local order=cat

	(($1 % 2)) && order=tac
	for name in $(round_names | $order); do
		[ ! -t 2 ] || printf '\rround %d of %d: %-20s' $(($1 + 1)) "$rounds" "$name" >&2
		sample "$name"
	done
}

long_run() {
	[ -s "$tmp/tee" ] || die 'BENCH_LONG needs row tee'
	long_rate=$(jq -s 'map(.forwarded / .seconds) | sort | .[length / 2 | floor] * 0.8 | floor' \
		"$tmp/tee")
	sample tee_long
}

# ---- results
results() {
	for n in $(for row in "${all_rows[@]}" long; do names_of "$row"; done); do
		jq -cs --arg n "$n" '{($n): .}' <(cat "$tmp/$n" 2>/dev/null)
	done | jq -s add >"$tmp/samples"
	for n in "${!left_out[@]}"; do
		jq -n --arg n "$n" --arg why "${left_out[$n]}" '{($n): $why}'
	done | jq -s 'add // {}' >"$tmp/left_out"
	jq --argjson matching "$MATCHING" --slurpfile left_out "$tmp/left_out" \
		-f "${0%/*}/bench/capture.jq" "$tmp/samples"
}

print_results() {
	jq -r '
	def short: if . == null then "-" else "\(. * 1000 | round / 1000)" end;
	def title: {steal: "xdpctl capture --steal", steal_fast: "the same --time fast", bare: "bare AF_XDP loop, writes nothing",
		tcpdump: "tcpdump", netsniff: "netsniff-ng", xdpdump: "xdpdump, by libpcap",
		xdpdump_xdp: "xdpdump, by XDP", dumpcap: "dumpcap", forward: "no capture",
		tee: "xdpctl capture", filtered: "xdpctl capture, 1 packet in 1000",
		tee_pass: "xdpctl capture", tcpdump_pass: "tcpdump",
		drop_ring: "xdpctl capture --via ring", drop_xsk: "xdpctl capture --via xsk"}[.];
	"million packets a second, and how many were not written; medians of \(.rounds) rounds",
	(["", "captured", "of", "forwarded", "lost"] | @tsv),
	(.rows[] | select(.lines | length > 0) | .title,
	 (.lines[] | [("  " + (.name | title)), (.mpps, .seen, .forwarded | short),
	              if .name == "filtered" or .lost == null then "-" else "\(.lost | short)%" end]
	  | @tsv)),
	if .cpu_ns.xdpctl_pcap then
		"CPU time of who captures behind pass at 0.5 M packets a second, ns a packet",
		(["  xdpctl capture --format pcap", (.cpu_ns.xdpctl_pcap | short)] | @tsv),
		(["  xdpctl capture", (.cpu_ns.xdpctl_pcapng | short)] | @tsv),
		(["  tcpdump", (.cpu_ns.tcpdump | short)] | @tsv) else empty end,
	if .long then
		"long run, files rotated: \(.long.sent) sent in \(.long.seconds | floor) s, " +
		"\(.long.late) bursts late, \(.long.own.written) written" else empty end,
	(.left_out | to_entries[] | "left out: \(.key) \(.value)")' "$1" |
		awk -F '\t' 'NF == 1 { print; next }
			{ printf "%-36s", $1; for (i = 2; i <= NF; i++) printf " %9s", $i; print "" }'
	echo
	jq -r '.bars[] | select(.value != null) | [.what, (.value * 1000 | round / 1000), .unit,
		.relation, .target, if .ok then "ok" else "MISSED" end] | @tsv' "$1" |
		awk -F '\t' '{ printf "%-42s %8s %-2s  %2s %-5s %s\n", $1, $2, $3, $4, $5, $6 }'
}

trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

[ "$(id -u)" = 0 ] || die "network namespaces need root"
[ "$flow_cpu" -gt 0 ] || die "two CPUs are needed"
for file in "$XDPCTL" "$TOOLS/xflow" "$TOOLS/xskbare"; do
	[ -e "$file" ] || die "$file is missing: run it by \`make bench\`"
done
find_tools
round_names >/dev/null
build_network
for ((round = 0; round < rounds; round++)); do one_round "$round"; done
[ "$long" = 0 ] || long_run
[ ! -t 2 ] || printf '\r\033[K' >&2
results >"$tmp/results"
finished=1
print_results "$tmp/results"
[ -z "${BENCH_JSON:-}" ] || cp "$tmp/results" "$BENCH_JSON"
[ "$(jq .ok "$tmp/results")" = true ]
