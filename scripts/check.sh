#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Run the tests: the cmocka programs in $UNIT and the tests on real packets in netns-tests/.
#
#     scripts/check.sh [unit|netns] [PATTERN]
#
# PATTERN is an extended regular expression on "FILE: TEST". A line for each test, the log of those
# that failed, and last "N passed, N failed, N skipped". Exit 1 if any failed or none passed.
set -uo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export XDPCTL=${XDPCTL:-$root/xdpctl} TOOLS=${TOOLS:-$root/build/tools}
UNIT=${UNIT:-$root/build/test}
LIMIT=120 # seconds for one test on real packets

passed=0 failed=0 skipped=0
running= # pid of the test under way
lab=     # prefix of its namespaces

work=$(mktemp -d "${TMPDIR:-/tmp}/xdpctl-check.XXXXXX")

cleanup() {
	local name

	[ -z "$running" ] || { kill -TERM "$running" && wait "$running"; } 2>/dev/null
	# what a test that was killed the hard way could not remove
	[ -z "$lab" ] || for name in $(ip netns list | cut -d' ' -f1 | grep "^$lab-"); do
		ip netns del "$name"
	done
	rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

seconds_since() {
	local us=$((${EPOCHREALTIME/[.,]/} - $1))

	printf '%d.%d s' $((us / 1000000)) $((us / 100000 % 10))
}

# report ok|FAIL|skip NAME REMARK [LOG]
report() {
	printf '%-4s %s (%s)\n' "$1" "$2" "$3"
	case $1 in
	ok) passed=$((passed + 1)) ;;
	skip) skipped=$((skipped + 1)) ;;
	*)
		failed=$((failed + 1))
		[ -z "${4:-}" ] || sed 's/^/     | /' "$4"
		;;
	esac
}

wanted() {
	[[ $1 =~ $pattern ]]
}

# ---- unit tests: every cmocka program says in TAP what became of each of its tests

# unit_line PROGRAM LINE: "ok 1 - test", "not ok 2 - test", "not ok 3 # SKIP test". What the test
# printed before a skip is its reason.
unit_line() {
	local test=${2#*ok [0-9]* - }

	case $2 in
	*'# SKIP '*) report skip "$1: ${2##*# SKIP }" "${remark:-no reason given}" ;;
	'ok '*) report ok "$1: $test" unit ;;
	'not ok '*) report FAIL "$1: $test" unit "$work/log" ;;
	1..*) planned=${2#1..} ;;
	*) remark=$2 ;;
	esac
}

unit_program() {
	local name=${1##*/} line before=$failed sum=$((passed + failed + skipped)) status=0
	local remark="" planned=0

	CMOCKA_MESSAGE_OUTPUT=TAP timeout -k 10 "$LIMIT" "$1" >"$work/log" 2>&1 &
	running=$!
	wait "$running" 2>/dev/null || status=$?
	running=
	while read -r line; do
		unit_line "$name" "$line"
	done <"$work/log"
	[ "$failed" = "$before" ] || return 0
	sum=$((passed + failed + skipped - sum))
	if [ "$status" != 0 ] || [ "$sum" != "$planned" ] || [ "$sum" = 0 ]; then
		report FAIL "$name" "$sum of $planned tests ran, exit status $status" "$work/log"
	fi
}

unit_tests() {
	local program any=

	for program in "$UNIT"/*_test; do
		[ -x "$program" ] || continue
		any=1
		! wanted "${program##*/}" || unit_program "$program"
	done
	[ -n "$any" ] || report FAIL "unit tests" "none in $UNIT"
}

# ---- tests on real packets: see netns-tests/lib.sh

netns_test() {
	local file=$1 test=$2 name status=0 start=${EPOCHREALTIME/[.,]/}

	name="$(basename "$file" _test.sh): $test"
	wanted "$name" || return 0
	lab=xt$$n$((passed + failed + skipped))
	LAB=$lab timeout -k 20 "$LIMIT" "$root/netns-tests/lib.sh" "$file" "$test" \
		>"$work/log" 2>&1 </dev/null &
	running=$!
	wait "$running" || status=$?
	running=
	case $status in
	0) report ok "$name" "$(seconds_since "$start")" ;;
	77) report skip "$name" "$(tail -n 1 "$work/log")" ;;
	124) report FAIL "$name" "not done in $LIMIT s" "$work/log" ;;
	*) report FAIL "$name" "$(seconds_since "$start")" "$work/log" ;;
	esac
}

netns_tests() {
	local file test

	for file in "$root"/netns-tests/*_test.sh; do
		while read -r test; do
			netns_test "$file" "$test"
		done < <(sed -n 's/^\(test_[a-z0-9_]*\)() {$/\1/p' "$file")
	done
}

what=${1:-all}
pattern=${2:-.}
case $what in
all)
	unit_tests
	netns_tests
	;;
unit) unit_tests ;;
netns) netns_tests ;;
*)
	echo "usage: scripts/check.sh [unit|netns] [PATTERN]" >&2
	exit 2
	;;
esac
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ] && [ "$passed" != 0 ]
