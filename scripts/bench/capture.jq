# SPDX-License-Identifier: GPL-2.0-only
# Samples of bench_capture.sh, an array a candidate, to rows of medians and bars.
def median: if length == 0 then null
	    else sort | (.[(length - 1) / 2 | floor] + .[length / 2 | floor]) / 2 end;
def captured: .written / .seconds / 1e6;
def forwarded: .forwarded / .seconds / 1e6;
def lost($of): if .seen == 0 then null else 100 * (.seen - $of) / .seen end;
def both($a; $b; f): [.[$a], .[$b]] | transpose | map(select(.[0] and .[1]) | (f)?) | median;
def cpu($name): .[$name] | map(select(.written > 0) | .cpu_ns / .written) | median;
def bar($what; $value; $relation; $target; $unit):
	{$what, $value, $relation, $target, $unit,
	 ok: (if $value == null then null elif $relation == "<=" then $value <= $target
	      else $value >= $target end)};
def row($title; names):
	{$title, lines: [. as $all | names | . as $name | $all[.] | select(length > 0) |
		{$name, mpps: map(select(.written) | captured) | median,
		 forwarded: map(select(.forwarded) | forwarded) | median,
		 seen: map(.seen / .seconds / 1e6) | median,
		 lost: map(select(.written) | lost(.written)) | median}]};
def times($name): both("steal"; $name; (.[0] | captured) / (.[1] | captured));
def loss(name; f): name as $n | .[$n] | map(f) | median;
. as $samples | {
	rounds: ([.[] | length] | max), left_out: $left_out[0], $samples,
	rows: [
		row("nothing attached"; "steal", "steal_fast", "bare", "tcpdump", "netsniff", "xdpdump",
		    "xdpdump_xdp", "dumpcap"),
		row("behind redirect"; "forward", "tee", "filtered"),
		row("behind pass"; "tee_pass", "tcpdump_pass"),
		row("behind drop"; "drop_ring", "drop_xsk")
	],
	cpu_ns: {xdpctl_pcap: cpu("our_cpu_pcap"), xdpctl_pcapng: cpu("our_cpu"),
	         tcpdump: cpu("tcpdump_cpu")},
	long: (.tee_long[0] // null)
} | .bars = ($samples | [
	bar("steal, of tcpdump"; times("tcpdump"); ">="; 2; "x"),
	bar("steal, of netsniff-ng"; times("netsniff"); ">="; 2; "x"),
	bar("steal, of xdpdump by libpcap"; times("xdpdump"); ">="; 2; "x"),
	bar("steal, of xdpdump by XDP"; times("xdpdump_xdp"); ">="; 2; "x"),
	bar("steal, of a bare AF_XDP loop, which takes no times"; times("bare"); ">="; 0.9; "x"),
	bar("steal --time fast, of that loop";
	    both("steal_fast"; "bare"; (.[0] | captured) / (.[1] | captured)); ">="; 0.9; "x"),
	bar("steal, lost"; loss("steal"; lost(.written)); "<="; 0; "%"),
	bar("tee, lost of the forwarded"; loss("tee"; lost(.forwarded)); "<="; 0; "%"),
	bar("tee, lost of the written"; loss("tee"; lost(.written)); "<="; 0; "%"),
	bar("tee, of tcpdump with nothing attached";
	    both("tee"; "tcpdump"; (.[0] | forwarded) / (.[1] | captured)); ">="; 1.8; "x"),
	bar("tee, of forwarding without it";
	    both("tee"; "forward"; (.[0] | forwarded) / (.[1] | forwarded)); ">="; 0.7; "x"),
	bar("behind pass, of tcpdump there";
	    both("tee_pass"; "tcpdump_pass"; (.[0] | captured) / (.[1] | captured));
	    ">="; 1.15; "x"),
	bar("1 in 1000 filtered, of forwarding alone";
	    both("filtered"; "forward"; (.[0] | forwarded) / (.[1] | forwarded));
	    ">="; 0.95; "x"),
	bar("1 in 1000 filtered, too many or too few";
	    loss("filtered"; .written - ((.sent - $matching) / 1000 | ceil) | fabs);
	    "<="; 0; ""),
	bar("CPU a packet, of that of tcpdump";
	    both("our_cpu_pcap"; "tcpdump_cpu";
		 (.[0].cpu_ns / .[0].written) / (.[1].cpu_ns / .[1].written));
	    "<="; 1; "x"),
	bar("long run, not forwarded"; loss("tee_long"; .sent - .forwarded); "<="; 0; ""),
	bar("long run, not received"; loss("tee_long"; .sent - .own.received); "<="; 0; ""),
	bar("long run, not written"; loss("tee_long"; .sent - .own.written); "<="; 0; ""),
	bar("long run, dropped"; loss("tee_long"; .own.dropped); "<="; 0; "")
]) | .ok = (.bars | all(.ok != false))
