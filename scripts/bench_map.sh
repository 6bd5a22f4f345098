#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# bench_map.sh: `map load` and `map dump -j` against bpftool on the same elements, in turns; only
# ratios are judged. Exit status 0: every bar met, 1: one missed, 2: could not measure.
#
# Environment: XDPCTL (./xdpctl), BPFTOOL, BENCH_ENTRIES (1000000), BENCH_MAP_ROUNDS (5)
set -euo pipefail
export LC_ALL=C

XDPCTL=${XDPCTL:-./xdpctl}
BPFTOOL=${BPFTOOL:-$(PATH=$PATH:/usr/sbin:/usr/local/sbin command -v bpftool)}
entries=${BENCH_ENTRIES:-1000000}
rounds=${BENCH_MAP_ROUNDS:-5}
tmp=$(mktemp -d)
mounted=

die() {
	echo "bench: $*" >&2
	exit 2
}

# shellcheck disable=SC2317 # the trap calls it
cleanup() {
	[ -z "$mounted" ] || umount "$tmp/bpf" || :
	rm -rf "$tmp"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# the same elements as text for us and as a batch file for bpftool
write_elements() {
	python3 - "$entries" "$1" "$tmp" <<-'END'
		import struct, sys
		entries, ident, tmp = int(sys.argv[1]), sys.argv[2], sys.argv[3]
		with open(tmp + "/text", "w") as text, open(tmp + "/batch", "w") as batch:
		    for i in range(entries):
		        value = (i * 7 & 0xffffffff, i & 0xffff, 6, 0, i * 1000)
		        raw = " ".join("%02x" % b for b in struct.pack("<IHBBQ", *value))
		        key = " ".join("%02x" % b for b in struct.pack("<I", i))
		        text.write("%d = addr=%d,port=%d,proto=%d,flags=%d,packets=%d\n" % (i, *value))
		        batch.write("map update id %s key hex %s value hex %s\n" % (ident, key, raw))
	END
}

# seconds that a command takes; its output goes to a file in memory or on disk, as theirs
timed() { # FILE COMMAND...
	local out=$1 from to

	shift
	from=$EPOCHREALTIME
	"$@" >"$out"
	to=$EPOCHREALTIME
	awk "BEGIN { print $to - $from }"
}

# a map that is new each time, so that nobody finds elements to overwrite
new_map() {
	rm -f "$tmp/bpf/map"
	"$XDPCTL" -q map create "$tmp/bpf/map" --key u32 --entries "$entries" --value \
		'struct { __u32 addr; __u16 port; __u8 proto; __u8 flags; __u64 packets; }'
	ident=$("$XDPCTL" -j map show "pin:$tmp/bpf/map" | jq .id)
}

median() { sort -n "$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
peak() { # KiB of memory that a command needs at most
	python3 - "$@" <<-'END'
		import resource, subprocess, sys
		subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
		print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
	END
}

one_round() {
	new_map
	sed -i "s/update id [0-9]* /update id $ident /" "$tmp/batch"
	timed /dev/null "$BPFTOOL" batch file "$tmp/batch" >>"$tmp/load.bpftool"
	timed "$tmp/out" "$BPFTOOL" -j map dump pinned "$tmp/bpf/map" >>"$tmp/dump.bpftool"
	new_map
	timed /dev/null "$XDPCTL" -q map load "pin:$tmp/bpf/map" "$tmp/text" >>"$tmp/load.xdpctl"
	timed "$tmp/out" "$XDPCTL" -j map dump "pin:$tmp/bpf/map" >>"$tmp/dump.xdpctl"
}

missed=0
judge() { # WHAT RATIO RELATION TARGET
	local verdict=ok

	awk "BEGIN { exit !($2 $3 $4) }" || verdict=MISSED missed=1
	printf '%-52s %8.2f  %2s %-5s %s\n' "$1" "$2" "$3" "$4" "$verdict"
}

[ "$(id -u)" = 0 ] || die "maps need root"
[ -x "$XDPCTL" ] || die "$XDPCTL is missing: run it by \`make bench\`"
mkdir "$tmp/bpf"
mount -t bpf bpf "$tmp/bpf" || die "cannot mount a BPF file system"
mounted=1
new_map
write_elements "$ident"
for ((round = 0; round < rounds; round++)); do one_round; done

echo "$entries elements u32 -> struct, seconds; medians of $rounds rounds"
for what in load.xdpctl load.bpftool dump.xdpctl dump.bpftool; do
	printf '  %-30s %8.3f\n' "$what" "$(median "$tmp/$what")"
done
"$XDPCTL" map save "pin:$tmp/bpf/map" "$tmp/saved"
"$XDPCTL" map dump "pin:$tmp/bpf/map" --raw | sort >"$tmp/raw"
large=$(peak "$XDPCTL" -j map dump "pin:$tmp/bpf/map")
new_map
"$XDPCTL" -q map load "pin:$tmp/bpf/map" "$tmp/saved" --replace
cmp -s <("$XDPCTL" map dump "pin:$tmp/bpf/map" --raw | sort) "$tmp/raw" ||
	die 'what map save wrote and map load --replace read are other bytes'
"$XDPCTL" -q map clear "pin:$tmp/bpf/map"
"$XDPCTL" -q map load "pin:$tmp/bpf/map" <(head -1000 "$tmp/text")
small=$(peak "$XDPCTL" -j map dump "pin:$tmp/bpf/map")
judge 'map load, times as fast as bpftool batch' \
	"$(awk "BEGIN { print $(median "$tmp/load.bpftool") / $(median "$tmp/load.xdpctl") }")" '>=' 20
judge 'map dump -j, times as fast as bpftool -j map dump' \
	"$(awk "BEGIN { print $(median "$tmp/dump.bpftool") / $(median "$tmp/dump.xdpctl") }")" '>=' 5
judge "memory of map dump, to that with 1000 elements" \
	"$(awk "BEGIN { print $large / $small }")" '<=' 1.5
exit $missed
