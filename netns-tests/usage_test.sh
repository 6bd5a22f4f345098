#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What is refused changes nothing, has its exit code, and says what is wrong.

# shellcheck disable=SC2016 # programs for jq

# Every refusal of a test stands between these two.
begin() {
	state >"$TMP/before"
	bpf_ids >"$TMP/bpf"
}

end_unchanged() {
	assert_state "$TMP/before"
	assert_no_new_bpf "$TMP/bpf"
	assert_no_process
}

test_usage_missing_things_are_not_found() {
	begin
	refused not_found 'nosuch0: no such interface' attach nosuch0 pass
	refused not_found 'nosuch1: no such interface' attach eth0 redirect nosuch1
	refused not_found 'nosuch1: no such interface' attach eth0 redirect eth1 nosuch1
	refused not_found 'nosuch1: no such interface' attach eth0 redirect nosuch1 --both
	refused not_found 'nothing is attached' detach eth0
	refused not_found 'nosuch0: no such interface' detach nosuch0
	refused not_found 'nosuch0: no such interface' status nosuch0
	refused not_found 'nosuch0: no such interface' stats nosuch0
	refused not_found 'no pipeline' stats eth0
	refused not_found "$LAB-nosuch" -n "$LAB-nosuch" status
	refused not_found 'pid:' -n pid:2000000000 status
	end_unchanged
}

# A port of the same name may be there: in another namespace it is not.
test_usage_target_in_another_namespace_is_not_found() {
	at h2 ip link add far0 type veth peer name far1
	at h2 ip link set far0 up
	begin
	refused not_found 'far0: no such interface in this network namespace' \
		attach eth0 redirect far0
	end_unchanged
}

test_usage_bad_words_are_refused() {
	begin
	refused usage 'nosuchstage: no such stage' attach eth0 nosuchstage
	refused usage 'a stage is missing' attach eth0
	refused usage 'an interface is missing' attach
	refused usage 'redirect: an argument is missing' attach eth0 redirect
	refused usage 'a stage is missing' attach eth0 count "then"
	refused usage '--nosuch: no such option' attach eth0 pass --nosuch
	refused usage '--nosuch: no such option' attach eth0 redirect eth1 --nosuch=1
	refused usage '--l4: no such option' attach eth0 pass --l4
	refused usage 'one argument too many' attach eth0 pass eth1
	refused usage 'would never see a packet' attach eth0 drop "then" pass
	refused usage 'twice' attach eth0 count "then" count "then" pass
	refused usage 'nosuchcommand: no such command' nosuchcommand
	refused usage 'a command is missing'
	refused usage 'an argument is missing' detach
	refused usage 'one argument too many' detach eth0 eth1
	refused usage 'needs a value' attach eth0 pass --mode
	refused usage 'drv' attach eth0 pass --mode native
	refused usage 'takes no value' attach eth0 pass --replace=yes
	end_unchanged
}

test_usage_numbers_are_read_whole() {
	local word

	begin
	for word in 12abc -1 1 0 99999999999999999999999 '' ' 5' 0x 0x1g 1e3 2097152; do
		refused usage 'entries' attach eth0 count --by src --entries "$word"
	done
	for word in 12abc -1 0 99999999999999999999999 '' 4294967296; do
		refused usage 'count' stats --interval 1 --count "$word"
	done
	for word in 1s -1 '' nan inf 99999999 1e400; do
		refused usage 'interval' stats --interval "$word" --count 1
	done
	for word in 02:00:00:00:00:256 02:00:00:00:00 02:00:00:00:00:0g 02-00 '' \
		02:00:00:00:00:01:02 00:00:00:00:00:00; do
		refused usage 'mac' attach eth0 redirect eth1 --src-mac "$word"
	done
	for word in pid:12abc pid:-1 pid:0 pid:99999999999; do
		refused usage 'process id' -n "$word" status
	done
	end_unchanged
}

test_usage_senseless_redirects_are_refused() {
	lab_host 3
	begin
	refused usage 'the only port is the ingress' attach eth0 redirect eth0
	refused usage 'eth1 is named twice' attach eth0 redirect eth1 eth1
	refused usage 'named twice' attach eth0 redirect eth1 eth2 eth1
	refused usage 'one port' attach eth0 redirect eth1 eth2 --both
	refused usage 'exclude each other' attach eth0 redirect eth1 --swap-mac \
		--src-mac 02:00:00:00:00:01
	refused usage '--both with' attach eth0 redirect eth1 --both --dst-mac 02:00:00:00:00:01
	end_unchanged
}

# An alternative name is the same port.
test_usage_port_named_twice_by_altname_is_refused() {
	at box ip link property add dev eth1 altname uplink
	begin
	refused usage 'named twice' attach eth0 redirect eth1 uplink
	end_unchanged
}

test_usage_stages_and_ports_have_limits() {
	local stages='count' ports=() n

	begin
	for ((n = 0; n < 40; n++)); do
		ports+=("p$n")
	done
	refused usage 'too many' attach eth0 redirect "${ports[@]}"
	for ((n = 0; n < 9; n++)); do
		stages+=' then count'
	done
	# shellcheck disable=SC2086 # many words
	refused usage 'at most|twice' attach eth0 $stages
	end_unchanged
}

test_usage_what_a_device_cannot_do_is_unsupported() {
	begin
	refused unsupported 'eth0: .*(hardware|hw|itself)' attach eth0 redirect eth1 --mode hw
	refused unsupported 'eth0: .*(hardware|hw|itself)' attach eth0 pass --mode hw
	refused unsupported 'tc-ingress' attach eth0 pass --hook tc-ingress
	refused unsupported 'tc-egress' attach eth0 pass --hook tc-egress
	end_unchanged
}

# without CAPABILITY... COMMAND: xdpctl in the box as nobody, with no capability but these.
powerless() { # SETS ARGUMENT...
	at box setpriv --reuid=65534 --regid=65534 --clear-groups --bounding-set="$1" \
		--inh-caps="$1" --ambient-caps="$1" "$XDPCTL" "${@:2}"
}

denied() { # SETS PATTERN ARGUMENT...
	local status=0

	powerless "$1" "${@:3}" >"$TMP/out" 2>"$TMP/err" || status=$?
	refused_as permission "$2" "$status" "${*:3}"
	status=0
	powerless "$1" -j "${@:3}" >"$TMP/out" 2>"$TMP/err" || status=$?
	refused_as permission "$2" "$status" "-j ${*:3}"
	tail -n 1 "$TMP/err" | assert_json "error" '.error.code == "permission"'
}

test_usage_missing_capabilities_are_named() {
	xdpq attach eth1 drop
	begin
	denied -all 'CAP_NET_ADMIN' attach eth0 redirect eth1
	denied -all 'CAP_BPF' attach eth0 pass
	denied -all 'CAP_NET_ADMIN' attach eth0 redirect eth1 --both
	denied -all,+net_admin 'CAP_BPF' attach eth0 redirect eth1
	denied -all,+bpf 'CAP_NET_ADMIN' attach eth0 redirect eth1
	denied -all 'CAP_' detach eth1
	denied -all 'CAP_' attach eth1 --replace pass
	denied -all 'CAP_SYS_ADMIN' -n "$LAB-h1" status
	end_unchanged
}

# Output that cannot be written is a failure, and so is a reader that went away.
test_usage_full_output_is_a_failure() {
	local command status

	xdpq attach eth0 pass
	for command in 'status' '-j status' 'stats' '-j stats' 'help' 'help attach' '--version' \
		'attach --help' '-j stats --interval 0.01 --count 3'; do
		status=0
		# shellcheck disable=SC2086 # several words
		xdp $command >/dev/full 2>"$TMP/err" || status=$?
		assert_equal "exit code of $command to /dev/full" 1 "$status"
		grep -q '^xdpctl: output: cannot write: No space left' "$TMP/err" ||
			fail "$command: $(cat "$TMP/err")"
	done
}

test_usage_help_is_on_stdout_and_succeeds() {
	local command

	begin
	for command in attach detach status stats help; do
		xdp "$command" --help >"$TMP/one" 2>"$TMP/err"
		xdp help "$command" >"$TMP/two"
		assert_same "help of $command" "$TMP/one" "$TMP/two"
		[ ! -s "$TMP/err" ] || fail "help on stderr: $(cat "$TMP/err")"
		grep -q "^xdpctl $command" "$TMP/one" || fail "help of $command: $(cat "$TMP/one")"
		# also behind arguments that would do something
		xdp "$command" eth0 --help >"$TMP/two"
		assert_same "help of $command" "$TMP/one" "$TMP/two"
	done
	end_unchanged
}

# The wish for JSON counts wherever on the line it stands.
test_usage_json_error_wherever_the_option_stands() {
	local status=0

	xdp attach nosuch0 pass -j 2>"$TMP/err" || status=$?
	assert_equal "exit code" 6 "$status"
	tail -n 1 "$TMP/err" | assert_json "error" '.error.code == "not_found"'
	status=0
	xdp attach eth0 nosuchstage -j 2>"$TMP/err" || status=$?
	assert_equal "exit code" 2 "$status"
	tail -n 1 "$TMP/err" | assert_json "error" '.error.code == "usage"'
}

test_usage_dry_run_changes_nothing() {
	begin
	xdp -j attach eth0 redirect eth1 --both --dry-run | assert_json "answer" '
		length == 2 and all(.[]; .dry_run and (.prepared | length) > 0 and .mode == "drv")'
	end_unchanged
	refused not_found 'nosuch1' attach eth0 redirect nosuch1 --dry-run
	end_unchanged
}
