#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Programs on the box's interfaces that are not xdpctl's; sourced by the tests that need them.

# foreign_attach IFACE [xdpdrv|xdpgeneric]: FOREIGN is its id then.
foreign_attach() {
	[ -e "$TMP/foreign.o" ] ||
		clang -O2 -g -Wall -target bpf -c "$HERE/foreign.c" -o "$TMP/foreign.o"
	at box ip link set dev "$1" "${2:-xdpdrv}" obj "$TMP/foreign.o" sec xdp
	FOREIGN=$(prog_id "$1")
	[ -n "$FOREIGN" ] || fail "the foreign program is not on $1"
}

# How many packets the foreign program has seen.
foreign_seen() {
	local id

	id=$(bpftool -j prog show id "$FOREIGN" | jq '.map_ids[0]')
	bpftool -j map dump id "$id" | jq '.[0].formatted.value[".bss"][0].seen // .[0].value[".bss"][0].seen'
}

foreign_saw() {
	[ "$(foreign_seen)" -ge "$1" ]
}

# foreign_link IFACE: by a bpf_link, which its owner alone can take off. Ends with `foreign_unlink`.
foreign_link() {
	rm -f "$TMP/link.ready"
	spawn link box "$TOOLS/xflow" sink --dev "$1" --for 60 --ready-file "$TMP/link.ready"
	wait_for 5 test -e "$TMP/link.ready"
	FOREIGN=$(prog_id "$1")
}

foreign_unlink() {
	kill -INT "${PID[link]}"
	join link
}
