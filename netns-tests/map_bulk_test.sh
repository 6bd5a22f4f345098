#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# `xdpctl map load` and `map save`: whole maps as files.

# shellcheck disable=SC2016 # programs for jq
# shellcheck source=/dev/null
. "$HERE/maps.sh"

# shellcheck disable=SC2034 # read by lib.sh
LAB_PORTS=0

# elements COUNT [FIRST]: lines for t_big, the value made from the key.
elements() {
	awk -v n="$1" -v k="${2:-0}" 'BEGIN { for (n += k; k < n; k++)
		printf "%d = a=%d,b=%d\n", k, k * 7 % 1000003, 4294967295 - k }'
}

# loads NAME READ WRITTEN DELETED UNCHANGED FILE [OPTION...]
loads() {
	map_json load "$1" "${@:6}" | assert_json "load $6 ${*:7}" \
		'. == {read: $r, written: $w, deleted: $d, unchanged: $u}' --argjson r "$2" \
		--argjson w "$3" --argjson d "$4" --argjson u "$5"
}

# There and back: as text, as JSON lines and as what `map dump -j` prints, added and replacing.
round_trip() { # NAME
	local form option

	content "$1" >"$TMP/was"
	map save "$1" "$TMP/text"
	map_json save "$1" "$TMP/lines"
	map_json dump "$1" >"$TMP/list"
	"$PYTHON" -m json.tool "$TMP/list" "$TMP/pretty"
	for form in text lines list pretty; do
		for option in '' --replace; do
			map clear "$1"
			# shellcheck disable=SC2086 # none or one word
			map load "$1" "$TMP/$form" $option
			content "$1" >"$TMP/is"
			assert_same "$1 after a load from $form $option" "$TMP/was" "$TMP/is"
		done
		map_json load "$1" "$TMP/$form" --replace | assert_json "the same again" \
			'.written == 0 and .deleted == 0 and .unchanged == .read'
	done
}

test_map_bulk_round_trip_of_each_type() {
	local i name

	typed_maps
	for i in 1 2 3; do
		for name in t_hash t_lpm4; do
			map set "$name" "$([ "$name" = t_hash ] && echo "src=10.0.0.$i" || echo "10.$i.0.0/16")" \
				"packets=$i,sign=-$i,colour=BLUE,name=\"a = \\\"$i\",nested.b=[$i,7],high=4095"
		done
		map set t_array "$i" "packets=$i,name=\"# x\""
		map set t_percpu "$i" "packets=$i,sign=-1"
		map set t_cpus "$i" "$i"
		map set t_lru "$i" 18446744073709551615
		map set t_lpm6 "fd0$i::/16" "$i"
		map set t_lpmmac "prefixlen=$i" "$i"
		map set t_lrucpu "$i" "-$i"
		map set t_log2 "dev=$i" "$i"
		map set t_bytes "$i" 255
	done
	for name in t_hash t_lpm4 t_array t_percpu t_cpus t_lru t_lpm6 t_lpmmac t_lrucpu t_log2 \
		t_bytes typed_bss; do
		round_trip "$name"
	done
}

test_map_bulk_round_trip_without_types() {
	local type

	for type in hash percpu_hash array percpu_array; do
		new_map "$type" "$type" 4 8 4
		map set "$type" hex:02000000 hex:00ff00ff00ff0a0d
		round_trip "$type"
	done
}

test_map_bulk_reads_every_form_of_a_file() {
	typed_maps
	printf '# a comment\n#\n\n   \n1 = a=1,b=2\r\n  2 = a=3 \r\n{"key":3,"value":{"b":5}}\n%s\n%s' \
		' {"value": {"a":7, "b":8} , "key": 4},' '5 = {"a":9}' >"$TMP/file"
	loads t_big 5 5 0 0 "$TMP/file"
	dumped t_big '1 = a=1,b=2' '2 = a=3,b=0' '3 = a=0,b=5' '4 = a=7,b=8' '5 = a=9,b=0'
	# what a line does not name is zero, also where the map has something
	echo '1 = b=1' | loads t_big 1 1 0 0 -
	assert_equal "replaced" a=0,b=1 "$(map get t_big 1)"
	: >"$TMP/empty"
	loads t_big 0 0 0 0 "$TMP/empty"
	loads t_big 0 0 0 0 /dev/null
	echo '[]' | loads t_big 0 0 0 0 -
	entries t_big 5
	echo '# nothing' >"$TMP/none"
	map_refused usage 'no elements in it; nothing was changed' load t_big "$TMP/none" --replace
	loads t_big 0 0 5 0 "$TMP/none" --replace --force
	entries t_big 0
	printf '1 = a=1\n1 = a=2\n2 = a=3\n1 = a=4' | loads t_big 4 4 0 0 -
	dumped t_big '1 = a=4,b=0' '2 = a=3,b=0'
	printf '1 = a=1\n1 = a=4\n' | loads t_big 2 0 1 1 - --replace
	dumped t_big '1 = a=4,b=0'
	printf '[ {"key":1,"value":{"a":1}}\n,\r\n{"key":2,"value":{"a":2}} ]\n\n' |
		loads t_big 2 2 0 0 -
	dumped t_big '1 = a=1,b=0' '2 = a=2,b=0'
	mkfifo "$TMP/pipe"
	elements 10 >"$TMP/pipe" &
	loads t_big 10 10 0 0 "$TMP/pipe"
	entries t_big 10
	cat "$TMP/pipe" >/dev/null &
	map save t_big "$TMP/pipe"
}

# Nothing is written, and the line is named.
test_map_bulk_bad_line_changes_nothing() {
	local line place

	typed_maps
	map set t_big 7 a=7
	while IFS='|' read -r place line; do
		printf '# first\n1 = a=1\n%b\n3 = a=3\n' "$line" >"$TMP/file"
		for option in '' --replace; do
			# shellcheck disable=SC2086 # none or one word
			map_refused usage "^xdpctl: $TMP/file $place: " load t_big "$TMP/file" $option
			grep -q 'nothing was changed' "$TMP/err" || fail "it does not say so"
		done
	done <<-'END'
		line 3|2
		line 3|2 =
		line 3|= a=1
		line 3|2 = a=4294967296
		line 3|2 = a=-1
		line 3|2 = c=1
		line 3|4294967296 = a=1
		line 3|-1 = a=1
		line 3|2 = a=1 b=2
		line 3|2 = a=1,a=2
		line 3|{"key":2}
		line 3|{"value":{"a":1}}
		line 3|{"key":2,"value":{"a":1}
		line 3|{"key":2,"value":{"a":1}} x
		line 3|{"key":2,"key":2,"value":{"a":1}}
		line 3|{"key":2,"wrong":1,"value":{"a":1}}
		line 4|{"key":2,"value":{"a":1}},\n{"key":3,
		line 3|#comment without a blank
		line 3|2 = hex:00
	END
	dumped t_big '7 = a=7,b=0'
	echo '[{"key":1,"value":{"a":1}},{"key":2,"value":{"a":256x}}]' >"$TMP/file"
	map_refused usage 'file element 2: ' load t_big "$TMP/file"
	echo '[{"key":1,"value":{"a":1}}' >"$TMP/file"
	map_refused usage 'does not end with ]' load t_big "$TMP/file"
	echo '[{"key":1,"value":{"a":1}}] 7' >"$TMP/file"
	map_refused usage 'left over' load t_big "$TMP/file"
	printf '1 = packets=1\n4 = packets=1\n' >"$TMP/file"
	map_refused usage 'file line 2: key 4: the map has 4 entries' load t_array "$TMP/file"
	map_refused not_found 'No such file' load t_big "$TMP/none"
	map_refused failed 'directory' load t_big "$TMP"
}

# The parts of a large file are read and written by several threads.
test_map_bulk_million_lines_with_a_bad_one_change_nothing() {
	typed_maps
	map set t_big 7 a=7
	elements 1000000 | sed '999999s/.*/999998 = a=1,b=4294967296/' >"$TMP/file"
	map_refused usage 'file line 999999: value.b: 4294967296' load t_big "$TMP/file"
	map_refused usage 'file line 999999: ' load t_big "$TMP/file" --replace
	# the first of two is told, and lines that do not count are counted
	sed -i '400000s/.*/# nothing/; 500001s/.*/x/; 3s/.*//' "$TMP/file"
	map_refused usage 'file line 500001: ' load t_big "$TMP/file"
	xdp -q map load "pin:$BPFFS/t_big" - <"$TMP/file" 2>"$TMP/err" && fail "it was taken"
	grep -q 'line 500001' "$TMP/err" || fail "$(cat "$TMP/err")"
	xdp -q map load "pin:$BPFFS/t_big" 2>"$TMP/err" < <(cat "$TMP/file") && fail "it was taken"
	grep -q 'line 500001' "$TMP/err" || fail "$(cat "$TMP/err")"
	dumped t_big '7 = a=7,b=0'
}

# of_peak OUTPUT COMMAND...: its largest memory in KiB
of_peak() {
	"$PYTHON" -Ic 'import os, resource, subprocess, sys
with open(sys.argv[1], "w") as out:
    subprocess.run(sys.argv[2:], stdout=out, check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)' "$@"
}

test_map_bulk_million_elements_there_and_back() {
	local few many

	typed_maps
	elements 10000 >"$TMP/few"
	elements 1000000 | awk '{ print > (NR % 3 ? "/dev/stdout" : "'"$TMP/third"'") }' >"$TMP/many"
	cat "$TMP/third" >>"$TMP/many"
	few=$(of_peak /dev/null "$XDPCTL" -q map load "pin:$BPFFS/t_copy" "$TMP/few")
	many=$(of_peak /dev/null "$XDPCTL" -q map load "pin:$BPFFS/t_big" "$TMP/many")
	# twelve bytes for each element are a file, which is no memory that is taken
	[ "$many" -lt $((few + 12000 + 8192)) ] || fail "load takes $few, then $many KiB"
	entries t_big 1000000
	few=$(of_peak "$TMP/out" "$XDPCTL" -j map dump "pin:$BPFFS/t_copy")
	many=$(of_peak "$TMP/out" "$XDPCTL" -j map dump "pin:$BPFFS/t_big")
	[ "$many" -lt $((few + 4096)) ] || fail "dump takes $few, then $many KiB"
	"$PYTHON" -Ic 'import json, sys
sys.exit(len(json.load(open(sys.argv[1]))) != 1000000)' "$TMP/out" || fail "the dump is not whole"
	few=$(of_peak /dev/null "$XDPCTL" map save "pin:$BPFFS/t_copy" "$TMP/saved")
	many=$(of_peak /dev/null "$XDPCTL" map save "pin:$BPFFS/t_big" "$TMP/saved")
	[ "$many" -lt $((few + 4096)) ] || fail "save takes $few, then $many KiB"
	LC_ALL=C sort "$TMP/many" >"$TMP/wanted"
	LC_ALL=C sort "$TMP/saved" | cmp - "$TMP/wanted" || fail "what was saved is not what was loaded"
	# into another map, whose first ten thousand are there already
	loads t_copy 1000000 990000 0 10000 "$TMP/saved" --replace
	map save t_copy "$TMP/again"
	LC_ALL=C sort "$TMP/again" | cmp - "$TMP/wanted" || fail "the copy is not the same"
}

# Of a key that is there twice, the last one counts, whichever thread has it.
test_map_bulk_last_of_two_lines_counts() {
	local count

	typed_maps
	for count in 3000 100000; do
		{ elements "$count"; elements "$count" | sed 's/b=.*/b=1/'
			elements 1000 | sed 's/a=.*/a=2,b=2/'; } >"$TMP/file"
		loads t_big $((2 * count + 1000)) $((2 * count + 1000)) 0 0 "$TMP/file"
		{ elements 1000 | sed 's/a=.*/a=2,b=2/'
			elements "$((count - 1000))" 1000 | sed 's/b=.*/b=1/'; } | sort >"$TMP/wanted"
		map dump t_big | sort >"$TMP/got"
		cmp "$TMP/wanted" "$TMP/got" || fail "an earlier line of $count counted"
		map clear t_big
		loads t_big $((2 * count + 1000)) "$count" 0 0 "$TMP/file" --replace
		map dump t_big | sort >"$TMP/got"
		cmp "$TMP/wanted" "$TMP/got" || fail "an earlier line of $count counted"
	done
}

# The same where the two stand side by side, and threads would reach them at the same time.
test_map_bulk_last_of_two_neighbours_counts() {
	typed_maps
	elements 100000 | sed 's/\(.*\)a=.*/\1a=1\n\1a=2/' >"$TMP/file"
	loads t_big 200000 200000 0 0 "$TMP/file"
	assert_equal "values" 'a=2,b=0' "$(map dump t_big | sed 's/.* = //' | sort -u)"
	entries t_big 100000
}

test_map_bulk_replace_changes_only_what_differs() {
	typed_maps
	elements 20000 >"$TMP/file"
	loads t_big 20000 20000 0 0 "$TMP/file" --replace
	loads t_big 20000 0 0 20000 "$TMP/file" --replace
	{ elements 15000 | sed '1,100s/b=.*/b=1/'; elements 500 50000; } >"$TMP/other"
	loads t_big 15500 600 5000 14900 "$TMP/other" --replace
	map dump t_big | sort >"$TMP/got"
	assert_same "the map" <(sort "$TMP/other") "$TMP/got"
	# an array keeps its elements: they become zero
	elements 20000 | sed 's/a=.*/a=1,b=1/' >"$TMP/file"
	loads t_wide 20000 20000 0 0 "$TMP/file"
	elements 100 | sed 's/a=.*/a=1,b=1/' >"$TMP/other"
	loads t_wide 100 0 19900 100 "$TMP/other" --replace
	loads t_wide 100 0 0 100 "$TMP/other" --replace
	assert_equal "zero" a=0,b=0 "$(map get t_wide 100)"
}

test_map_bulk_too_many_for_the_map() {
	typed_maps
	elements 65 | sed 's/ = .*/ = 1/' >"$TMP/file"
	map set t_bytes 1 1
	printf 'dport=%d = packets=1\n' 1 2 3 4 5 >"$TMP/five"
	map_refused usage '5 keys, the map room for 4.*nothing was changed' load t_hash "$TMP/five" \
		--replace
	map_refused usage '5 keys, the map room for 4.*nothing was changed' load t_hash "$TMP/five"
	map set t_hash dport=9 packets=1
	head -n 4 "$TMP/five" >"$TMP/four"
	refused failed 'full: 4 of 4.*3 of 4 elements were written' map load "pin:$BPFFS/t_hash" \
		"$TMP/four"
	entries t_hash 4
	# many: by the kernel's program
	new_map small hash 4 8 5000
	elements 6000 | awk '{ printf "hex:%08x = hex:0000000000000001\n", $1 }' >"$TMP/many"
	map_refused usage '6000 keys, the map room for 5000' load small "$TMP/many"
	map set small hex:ffffffff hex:0000000000000001
	head -n 5000 "$TMP/many" >"$TMP/most"
	refused failed 'full: .* of 5000.*of 5000 elements were written' map load \
		"pin:$BPFFS/small" "$TMP/most"
	map_refused usage '6000 keys, the map room for 5000' load small "$TMP/many" --replace
	# enough room if the same keys come twice
	head -n 4000 "$TMP/many" >"$TMP/twice"
	map clear small
	cat "$TMP/twice" "$TMP/twice" >"$TMP/both"
	loads small 8000 8000 0 0 "$TMP/both"
	entries small 4000
}

# A file that is there keeps its mode, its owner and its other names.
test_map_bulk_save_keeps_what_a_file_is() {
	typed_maps
	map set t_big 1 a=1
	(umask 027 && map save t_big "$TMP/new")
	assert_equal "mode" 640 "$(stat -c %a "$TMP/new")"
	echo old >"$TMP/file"
	chmod 600 "$TMP/file"
	chown 65534:65534 "$TMP/file"
	ln -s file "$TMP/link"
	map save t_big "$TMP/link"
	assert_equal "the file" '1 = a=1,b=0' "$(cat "$TMP/file")"
	assert_equal "owner and mode" '65534 65534 600' "$(stat -c '%u %g %a' "$TMP/file")"
	[ -L "$TMP/link" ] || fail "the link is gone"
	cd "$TMP" || fail "no $TMP"
	map save t_big here
	assert_equal "beside us" '1 = a=1,b=0' "$(cat "$TMP/here")"
}

# ---- disks that are full, readers that go, and a save that is killed

small_disk() { # DIR
	mkdir "$1"
	mount -t tmpfs -o size=64k,nr_inodes=16 tmpfs "$1"
}

test_map_bulk_full_disk_leaves_the_old_file() {
	typed_maps
	elements 20000 >"$TMP/file"
	map load t_big "$TMP/file"
	small_disk "$TMP/disk"
	echo old >"$TMP/disk/file"
	refused failed 'No space left' map save "pin:$BPFFS/t_big" "$TMP/disk/file"
	assert_equal "the old file" old "$(cat "$TMP/disk/file")"
	assert_equal "files" file "$(ls "$TMP/disk")"
	xdp map dump "pin:$BPFFS/t_big" >/dev/full 2>"$TMP/err" && fail "dump to a full disk"
	grep -q 'No space left' "$TMP/err" || fail "$(cat "$TMP/err")"
	xdp map save "pin:$BPFFS/t_big" - >/dev/full 2>"$TMP/err" && fail "save to a full disk"
	grep -q 'No space left' "$TMP/err" || fail "$(cat "$TMP/err")"
	xdp map save "pin:$BPFFS/t_big" /dev/full 2>"$TMP/err" && fail "save to a full disk"
	refused not_found 'No such file' map save "pin:$BPFFS/t_big" "$TMP/none/file"
	map save t_big "$TMP/whole"
	# no room for what waits to be written
	elements 20000 5 >"$TMP/file"
	content t_big >"$TMP/was"
	export TMPDIR=$TMP/disk
	refused failed 'temporary file.*No space left.*nothing was changed' map load \
		"pin:$BPFFS/t_big" "$TMP/file"
	unset TMPDIR
	content t_big >"$TMP/is"
	assert_same "the map" "$TMP/was" "$TMP/is"
	assert_equal "files" file "$(ls "$TMP/disk")"
}

saving_begun() {
	find "/proc/${PID[save]}/fd" -lname "$TMP/dir/*" | grep -q .
}

test_map_bulk_killed_save_leaves_the_old_file() {
	typed_maps
	elements 300000 >"$TMP/file"
	map load t_big "$TMP/file"
	mkdir "$TMP/dir"
	echo old >"$TMP/dir/file"
	spawn save box "$XDPCTL" map save "pin:$BPFFS/t_big" "$TMP/dir/file"
	wait_for 5 saving_begun
	kill -KILL "${PID[save]}"
	join save || true
	# it may have been quicker; then the file is whole
	[ "$(cat "$TMP/dir/file")" = old ] || [ "$(wc -l <"$TMP/dir/file")" = 300000 ] ||
		fail "half a file has the name"
	assert_equal "files" file "$(ls "$TMP/dir")"
}

test_map_bulk_reader_that_goes_away_ends_it() {
	local operation

	typed_maps
	elements 20000 >"$TMP/file"
	map load t_big "$TMP/file"
	for operation in save dump 'dump -j'; do
		# shellcheck disable=SC2086 # several words
		{ xdp map $operation "pin:$BPFFS/t_big" 2>"$TMP/err" && echo 0 >"$TMP/status" ||
			echo $? >"$TMP/status"; } | head -c 100 >/dev/null
		wait_for 5 test -s "$TMP/status"
		assert_equal "exit code of $operation" 1 "$(cat "$TMP/status")"
		grep -q 'Broken pipe' "$TMP/err" || fail "$operation: $(cat "$TMP/err")"
		rm "$TMP/status"
	done
}

test_map_bulk_leaves_nothing_in_the_kernel() {
	bpf_ids >"$TMP/bpf_before"
	typed_maps
	elements 20000 >"$TMP/file"
	map load t_big "$TMP/file"
	map load t_big "$TMP/file" --replace
	map save t_big "$TMP/out"
	map set t_big 1 a=1
	map increment t_count 1 5
	map drain t_count --zero
	map hist t_count
	map watch t_count --interval 0.01 --count 2
	map drain t_count
	map get t_big 1
	map del t_big 1
	map show t_big
	xdp map list >"$TMP/out"
	map clear t_big
	umount "$BPFFS"
	assert_no_new_bpf "$TMP/bpf_before"
	assert_no_process
}
