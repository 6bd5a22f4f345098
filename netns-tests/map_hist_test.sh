#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# `xdpctl map hist` draws what BCC's print_log2_hist() and print_linear_hist() draw, byte for byte
# (bcc: src/python/bcc/table.py, and examples/ and tools/*_example.txt for the pictures).

# shellcheck disable=SC2016,SC2034 # programs for jq; set for lib.sh
# shellcheck source=/dev/null
. "$HERE/maps.sh"

LAB_PORTS=0

# What BCC prints of lines "SLOT COUNT" on stdin, by its published formulas.
bcc_picture() { # log2|linear LABEL
	"$PYTHON" -Ic 'import sys

def stars(val, val_max, width):
    i, text = 0, ""
    while True:
        if i > (width * val / val_max) - 1 or i > width - 1:
            break
        text += "*"
        i += 1
    return text

slots = [0] * 1025
for line in sys.stdin:
    slot, count = line.split()
    slots[int(slot)] = int(count)
idx_max = max((i for i, v in enumerate(slots) if v), default=-1)
val_max = max(slots)
if sys.argv[1] == "linear":
    header, body, width = "     %-13s : count     distribution", "        %-10d : %-8d |%-*s|", 40
elif idx_max <= 32:
    header = "     %-19s : count     distribution"
    body, width = "%10d -> %-10d : %-8d |%-*s|", 40
else:
    header = "               %-29s : count     distribution"
    body, width = "%20d -> %-20d : %-8d |%-*s|", 20
print(header % sys.argv[2])
for i in range(sys.argv[1] == "log2", idx_max + 1):
    low, high = (1 << i) >> 1, (1 << i) - 1
    low -= low == high
    bounds = (i,) if sys.argv[1] == "linear" else (low, high)
    print(body % (*bounds, slots[i], width, stars(slots[i], val_max, width)))' "$@"
}

# same_picture log2|linear LABEL FILE: of what is in the map t_count or, by CPUs, t_linear
same_picture() {
	local name=t_count option=

	if [ "$1" = linear ]; then
		name=t_linear option=--linear
	fi
	map clear "$name"
	sed 's/ / = /' "$3" | map load "$name" -
	bcc_picture "$1" "$2" <"$TMP/slots_sum" >"$TMP/wanted"
	# shellcheck disable=SC2086 # none or one word
	map hist "$name" $option --label "$2" >"$TMP/got"
	assert_same "the picture" "$TMP/wanted" "$TMP/got"
}

# Written out by hand, so that both programs cannot be wrong in the same way.
test_map_hist_picture_of_powers_of_two() {
	typed_maps
	printf '%s = %s\n' 1 1 2 0 3 10 4 20 6 19 | map load t_count -
	map hist t_count --label usecs >"$TMP/got"
	cat >"$TMP/wanted" <<-'END'
	     usecs               : count     distribution
	         0 -> 1          : 1        |**                                      |
	         2 -> 3          : 0        |                                        |
	         4 -> 7          : 10       |********************                    |
	         8 -> 15         : 20       |****************************************|
	        16 -> 31         : 0        |                                        |
	        32 -> 63         : 19       |**************************************  |
	END
	assert_same "the picture" "$TMP/wanted" "$TMP/got"
	map set t_count 34 7
	map del t_count 4
	map hist t_count | sed -n '1,5p;34,$p' >"$TMP/got"
	cat >"$TMP/wanted" <<-'END'
	               value                         : count     distribution
	                   0 -> 1                    : 1        |*                   |
	                   2 -> 3                    : 0        |                    |
	                   4 -> 7                    : 10       |**********          |
	                   8 -> 15                   : 0        |                    |
	          4294967296 -> 8589934591           : 0        |                    |
	          8589934592 -> 17179869183          : 7        |*******             |
	END
	assert_same "the wide picture" "$TMP/wanted" "$TMP/got"
}

test_map_hist_equals_bcc_for_many() {
	local seed

	typed_maps
	for seed in 1 2 3 4 5 6; do
		awk -v seed="$seed" 'BEGIN { srand(seed); top = seed % 2 ? 32 : 64
			for (i = 1; i <= top; i++) if (rand() < 0.6 || i == top)
				printf "%d %d\n", i, exp(rand() * (seed + 2) * 3) }' >"$TMP/slots"
		cp "$TMP/slots" "$TMP/slots_sum"
		same_picture log2 usecs "$TMP/slots"
		awk -v seed="$seed" 'BEGIN { srand(seed); for (i = 0; i < 16; i++)
			printf "%d %d\n", i, rand() * 40 * seed }' >"$TMP/slots"
		awk -v n="$(map_json show t_linear | jq .values)" '{ print $1, $2 * n }' "$TMP/slots" \
			>"$TMP/slots_sum"
		same_picture linear items "$TMP/slots"
	done
}

# Each combination of the members that are not the slot has a picture of its own.
test_map_hist_has_sections() {
	typed_maps
	printf 'dev=%d,slot=%d = %d\n' 8 1 5 8 2 10 9 3 1 10 1 2 | map load t_log2 -
	map hist t_log2 --label msecs >"$TMP/got"
	{
		printf '\ndev = 10\n'
		echo '1 2' | bcc_picture log2 msecs
		printf '\ndev = 8\n'
		printf '1 5\n2 10\n' | bcc_picture log2 msecs
		printf '\ndev = 9\n'
		echo '3 1' | bcc_picture log2 msecs
	} >"$TMP/wanted"
	assert_same "the pictures" "$TMP/wanted" "$TMP/got"
	map_json hist t_log2 | assert_json "in JSON" '
		[.[].section] == ["10", "8", "9"]
		and (.[1].slots | map(select(.count > 0)) == [
			{slot: 1, low: 0, high: 1, count: 5}, {slot: 2, low: 2, high: 3, count: 10}])'
}

test_map_hist_refuses_what_is_none() {
	typed_maps
	map set t_count 65 1
	map_refused usage 'slot 65: a log2 histogram has 65.*--linear' hist t_count
	map set t_count 1025 1
	map_refused usage 'slot .*: a linear histogram has 1025' hist t_count --linear
	map_refused usage 'no counts' hist t_hash
	map_refused usage 'no keys' hist t_queue
	new_map plain hash 4 8 4
	map_refused usage 'no slots.*--key-as' hist plain
	map_refused usage 'without --interval' hist t_count --count 3
	map clear t_count
	map hist t_count >"$TMP/got"
	[ ! -s "$TMP/got" ] || fail "something is drawn: $(cat "$TMP/got")"
	map_json hist t_count | assert_json "nothing" '. == []'
}

# Slot 0, which BCC's programs do not use, is drawn if something is in it.
test_map_hist_shows_slot_zero_if_it_is_used() {
	typed_maps
	map set t_count 0 3
	map set t_count 1 3
	assert_equal "lines" 3 "$(map hist t_count | wc -l)"
	map_json hist t_count | assert_json "in JSON" \
		'.[0].section == null and [.[0].slots[].count] == [3, 3]'
}

test_map_hist_again_and_again() {
	typed_maps
	map set t_count 1 3
	map_json hist t_count --interval 0.01 --count 3 >"$TMP/out"
	assert_equal "rounds" 3 "$(wc -l <"$TMP/out")"
	assert_equal "kinds" 1 "$(sort -u "$TMP/out" | wc -l)"
	spawn hist box "$XDPCTL" -j map hist "pin:$BPFFS/t_count" --interval 0.05
	wait_for 5 test -s "$TMP/hist.out"
	map set t_count 2 7
	wait_for 5 grep -q '"count":7' "$TMP/hist.out"
	kill -INT "${PID[hist]}"
	join hist
}
