#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Man page, completions and doctor against the tables of commands and stages, as help shows them.
# shellcheck disable=SC2154,SC2016,SC2013 # set by lib.sh; programs for jq; words are wanted

# One a line; some have two words: "map dump".
docs_commands() { xdp help | sed -nE '/^commands:/,/^$/s/^  ([a-z]+( [a-z]+)?)  .*/\1/p'; }
docs_options() { # of a command, without the global ones
	# shellcheck disable=SC2086 # a command may have two words
	xdp help $1 | sed '/^global options:/,$d' |
		sed -nE 's/^ +(-[a-z], )?(--[a-z0-9-]+).*/\2/p'
}
docs_stages() { xdp help attach | sed -n '/^stages:/,/^$/s/^  \([a-z]\{1,\}\) .*/\1/p'; }

test_docs_man_page_has_every_command_option_and_stage() {
	local command option stage

	"$HERE/../scripts/manpage.sh" "$XDPCTL" "$HERE/../cli/xdpctl.8.in" >"$TMP/xdpctl.8"
	mandoc -T lint -W warning "$TMP/xdpctl.8" || fail 'mandoc complains'
	mandoc -T ascii "$TMP/xdpctl.8" | sed 's/.\x08//g' >"$TMP/page"
	[ "$(docs_commands | wc -l)" -ge 7 ] || fail "commands: $(docs_commands)"
	docs_commands >"$TMP/commands"
	while IFS= read -r command; do
		grep -q "xdpctl $command" "$TMP/page" || fail "man page: no $command"
		for option in $(docs_options "$command"); do
			grep -q -- "$option" "$TMP/page" || fail "man page: $command has no $option"
		done
	done <"$TMP/commands"
	for stage in $(docs_stages); do
		grep -qE "^ +$stage " "$TMP/page" || fail "man page: no stage $stage"
	done
	# and every option that the page's own words name exists
	# shellcheck disable=SC2086 # as above
	xdp help | cat - <(while IFS= read -r command; do xdp help $command; done <"$TMP/commands") \
		>"$TMP/all"
	for option in $(sed -n 's/^\.Fl -\([a-z-]*\).*/--\1/p' "$HERE/../cli/xdpctl.8.in"); do
		grep -q -- "$option" "$TMP/all" || fail "man page names $option, which is not there"
	done
}

# What bash completes after these words.
docs_complete() {
	bash -c 'eval "$("$0" completion bash)"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
		_xdpctl; printf "%s\n" "${COMPREPLY[@]}"' "$XDPCTL" xdpctl "$@"
}

test_docs_completion_has_every_command_option_and_stage() {
	local command option stage shell

	docs_commands >"$TMP/commands"
	assert_equal 'commands' "$(sed 's/ .*//' "$TMP/commands" | sort -u)" \
		"$(docs_complete '' | grep -v '^-' | sort)"
	assert_equal 'commands on maps' "$(sed -n 's/^map //p' "$TMP/commands" | sort)" \
		"$(docs_complete map '' | grep -v '^-' | sort)"
	while IFS= read -r command; do
		# shellcheck disable=SC2086 # as above
		docs_complete $command '' >"$TMP/words"
		for option in $(docs_options "$command"); do
			grep -qx -- "$option" "$TMP/words" || fail "bash: $command has no $option"
		done
		grep -qx -- --json "$TMP/words" || fail "bash: $command has no global options"
	done <"$TMP/commands"
	for stage in $(docs_stages); do
		docs_complete attach eth0 "$stage" | grep -qx "$stage" || fail "bash: no stage $stage"
	done
	assert_equal 'modes' 'auto drv skb hw' "$(docs_complete attach eth0 --mode '' | xargs)"
	for shell in zsh fish; do
		xdp completion "$shell" >"$TMP/script"
		for command in $(docs_commands) $(docs_stages); do
			grep -qw "$command" "$TMP/script" || fail "$shell: no $command"
		done
		for option in $(docs_options attach) $(docs_options stats); do
			grep -qw -- "${option#--}" "$TMP/script" || fail "$shell: no $option"
		done
	done
	refused usage 'no completion for this shell' completion tcsh
}

test_docs_doctor_tells_the_truth_about_a_veth() {
	local checks

	checks=$(xdp -j doctor eth0)
	assert_json 'doctor' 'all(has("subject") and has("check") and has("answer") and
		has("detail") and has("mend") and (.answer | IN("yes", "no", "unknown")))' <<<"$checks"
	assert_json 'every no of the port has its mend' 'map(select(.subject == "eth0" and
		.answer == "no")) | length > 0 and all(.mend != "")' <<<"$checks"
	doctor_says() { # CHECK ANSWER
		assert_equal "$1" "$2" "$(xdp -j doctor eth0 | jq -r --arg check "$1" \
			'.[] | select(.subject == "eth0" and .check == $check).answer')"
	}
	doctor_says 'peer finishes checksums' no
	doctor_says 'runs programs itself (hw)' no
	xdpq attach eth0 redirect eth1 --both
	doctor_says 'peer finishes checksums' yes
	doctor_says 'takes redirected frames (native)' yes
	doctor_says 'free for a pipeline' yes
	refused not_found 'no such interface' doctor eth9
}

test_docs_version_is_one_line() {
	assert_equal 'version' 1 "$(xdp --version | grep -cE '^xdpctl [0-9]+\.[0-9]+\.[0-9]+$')"
}

# Its lines as they stand there, in a mount namespace of their own.
test_docs_readme_examples_of_maps_work() {
	sed -n '/^## Maps/,/^## Exit codes/s/^    //p' "$HERE/../README.md" >"$TMP/example"
	[ "$(grep -c '^xdpctl map' "$TMP/example")" -ge 6 ] || fail "README has no examples of maps"
	mkdir "$TMP/bin"
	ln -s "$XDPCTL" "$TMP/bin/xdpctl"
	(cd "$TMP" && PATH=$TMP/bin:$PATH at box unshare --mount bash -e "$TMP/example" >"$TMP/out") ||
		fail "an example fails"
	grep -qx '10.0.0.0/8 = verdict=drop,hits=1,via=#0' "$TMP/out" || fail "$(cat "$TMP/out")"
	grep -q '^2 elements read, 0 written, 0 deleted, 2 the same' "$TMP/out" ||
		fail "$(cat "$TMP/out")"
}
