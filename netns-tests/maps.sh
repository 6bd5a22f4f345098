#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Maps that somebody else made, pinned in a BPF file system of the test's own; sourced by the tests
# of `xdpctl map`.

# shellcheck disable=SC2016 # programs for jq

# Mounted below $TMP, so lab_down takes it away with all that is pinned in it.
bpffs_up() {
	BPFFS=$TMP/bpf
	mkdir -p "$BPFFS"
	mount -t bpf bpf "$BPFFS"
}

# new_map NAME TYPE KEY_SIZE VALUE_SIZE ENTRIES [ARGUMENT...]: by bpftool, without BTF.
new_map() {
	[ -n "${BPFFS:-}" ] || bpffs_up
	bpftool map create "$BPFFS/$1" type "$2" key "$3" value "$4" entries "$5" name "$1" \
		"${@:6}" || skip "this kernel has no map of type $2"
}

# typed_maps [NAME]: the maps of NAME.bpf.c, typed.bpf.c if not said, which have BTF: t_hash, ...
typed_maps() {
	local object=${TOOLS%/*}/bpf/${1:-typed}.o

	[ -e "$object" ] || fail "$object is not there: make tools"
	bpffs_up
	mkdir "$BPFFS/p"
	# libbpf has no dots in the paths of its pins
	(cd "$TMP" && bpftool prog loadall "$object" bpf/p pinmaps bpf) 2>"$TMP/load.err" ||
		skip "this kernel does not have all types of maps: $(grep -v '^$' "$TMP/load.err")"
}

# map OPERATION NAME [ARGUMENT...]: xdpctl on the map pinned by that name.
map() {
	xdp -q map "$1" "pin:$BPFFS/$2" "${@:3}"
}

map_json() {
	xdp -q -j map "$1" "pin:$BPFFS/$2" "${@:3}"
}

# The same for what is refused, and changes nothing: see refused in assert.sh.
map_refused() { # CODE PATTERN OPERATION NAME [ARGUMENT...]
	bpftool -j map dump pinned "$BPFFS/$4" >"$TMP/refused_before" 2>/dev/null || true
	refused "$1" "$2" map "$3" "pin:$BPFFS/$4" "${@:5}"
	bpftool -j map dump pinned "$BPFFS/$4" >"$TMP/refused_after" 2>/dev/null || true
	assert_same "the map that refused map $3 ${*:5}" "$TMP/refused_before" \
		"$TMP/refused_after"
}

# This kernel can take an element of a hash: Linux 5.14
takes_elements() {
	[ "$(uname -r | awk -F. '{ print ($1 * 1000 + $2 >= 5014) }')" = 1 ]
}

# What bpftool sees: nothing if it cannot list it. BTF's own formatting is left out.
content() {
	bpftool -j map dump pinned "$BPFFS/$1" 2>/dev/null |
		jq -cS 'if type == "array" then map(del(.formatted)) | sort | .[] else "-" end' || true
}

# bytes NAME KEY_HEX: the value as bpftool sees it, "05 00 00 00"; of each CPU in a line of its own.
bytes() {
	# shellcheck disable=SC2086 # a key is several words
	bpftool -j map lookup pinned "$BPFFS/$1" key hex $2 |
		jq -r '(.values // [.])[].value | map(.[2:]) | join(" ")'
}

# holds NAME KEY TEXT KEY_JSON VALUE_JSON [KEY_HEX VALUE_HEX]: the element in all its forms.
holds() {
	assert_equal "$1: get $2" "$3" "$(map get "$1" "$2")"
	map_json get "$1" "$2" | assert_json "$1: get -j $2" \
		'.key == $key and (.value // .values) == $value' \
		--argjson key "$4" --argjson value "$5"
	[ -z "${6:-}" ] || assert_equal "$1: bytes of $2" "$7" "$(bytes "$1" "$6")"
}

# dumped NAME LINE...: these, in any order, and the same by JSON, drained and saved.
dumped() {
	printf '%s\n' "${@:2}" | sort >"$TMP/wanted"
	[ $# -gt 1 ] || : >"$TMP/wanted"
	map dump "$1" | sort >"$TMP/got"
	assert_same "the dump of $1" "$TMP/wanted" "$TMP/got"
	map save "$1" - | sort >"$TMP/got"
	assert_same "what is saved of $1" "$TMP/wanted" "$TMP/got"
	map_json dump "$1" | assert_json "dump -j of $1" \
		'length == $n and all(.[]; has("key") and (has("value") or has("values")))' \
		--argjson n $(($# - 1))
}

# entries NAME NUMBER
entries() {
	map_json show "$1" | assert_json "entries of $1" '.entries == $n' --argjson n "$2"
}

# Every operation that lists or takes all elements, for a map that the kernel does not list.
unlisted() { # NAME PATTERN
	local operation

	for operation in dump save clear drain watch; do
		map_refused unsupported "$2" "$operation" "$1"
	done
	map_json show "$1" | assert_json "show of $1" '.entries == null'
}
