#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Checks on the sources: format, direction of includes, licence lines, shell scripts, man page.
set -euo pipefail
O=${O:-build}
bad=0
complain() {
	echo "lint: $*" >&2
	bad=1
}

mapfile -t c_files < <(git ls-files -co --exclude-standard '*.c' '*.h')
mapfile -t scripts < <(git ls-files -co --exclude-standard '*.sh' .ci/run)

clang-format --dry-run --Werror "${c_files[@]}" || complain 'run clang-format -i on these files'
shellcheck "${scripts[@]}" || complain 'shellcheck'

# an include may point to its own room or to one further right: cli control dataplane maps
room_rank() {
	case $1 in
	cli/*) echo 1 ;;
	control/*) echo 2 ;;
	dataplane/*) echo 3 ;;
	maps/*) echo 4 ;;
	*) echo 0 ;; # tests and tools may use anything
	esac
}
declare -A owner=()
for f in "${c_files[@]}"; do
	case $f in *.h) owner[${f##*/}]=$(room_rank "$f") ;; esac
done
for f in "${c_files[@]}"; do
	from=$(room_rank "$f")
	[ "$from" -gt 0 ] || continue
	while read -r header; do
		to=${owner[${header##*/}]:-9}
		[ "$to" -ge "$from" ] || complain "$f includes $header, which is to its left"
	done < <(sed -n 's/^#include "\(.*\)".*/\1/p' "$f")
done

for f in "${c_files[@]}" "${scripts[@]}"; do
	head -2 "$f" | grep -q 'SPDX-License-Identifier: GPL-2.0-only' || complain "$f: no licence line"
done
# below cli/ nothing prints or exits
for f in "${c_files[@]}"; do
	case $f in *_test.c | *_fuzz.c | *testing.h | *.bpf.c | *.bpf.h) continue ;; control/* | dataplane/* | maps/*) ;; *) continue ;; esac
	! grep -nE '\b(printf|fprintf|puts|perror|exit) ?\(' "$f" || complain "$f: prints or exits below cli/"
done

if [ -x "$O/xdpctl" ]; then
	scripts/manpage.sh "$O/xdpctl" cli/xdpctl.8.in >"$O/xdpctl.8"
	mandoc -T lint -W warning "$O/xdpctl.8" || complain 'man page'
	"$O/xdpctl" completion bash | bash -n || complain 'bash completion'
fi
[ "$bad" = 0 ] && echo 'lint: clean'
exit "$bad"
