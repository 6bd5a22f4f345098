#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# manpage.sh XDPCTL TEMPLATE: the man page, with commands, options and stages as the program itself
# lists them (xdpctl help COMMAND), so that the two cannot disagree.
set -euo pipefail
xdpctl=$1 template=$2

escape() { sed -e 's/\\/\\e/g' -e 's/-/\\-/g' -e "s/^[.']/\\\\\\&&/"; }
commands() { "$xdpctl" help | sed -nE '/^commands:/,/^$/s/^  ([a-z]+( [a-z]+)?)  .*/\1/p'; }

command_section() {
	local title
	# shellcheck disable=SC2086 # a command may have two words
	"$xdpctl" help $1 | sed '/^global options:/,$d' | {
		IFS= read -r title
		printf '.Ss %s\n' "$(escape <<<"${title%%: *}")"
		printf '%s.\n' "$(escape <<<"${title#*: }")"
		printf '.Bd -literal\n'
		sed -e '1{/^$/d}' | sed -e :a -e '/^\n*$/{$d;N;ba' -e '}' | escape
		printf '.Ed\n'
	}
}

while IFS= read -r line; do
	case $line in
	@COMMANDS@) while IFS= read -r c; do command_section "$c"; done < <(commands) ;;
	@GLOBAL@)
		printf '.Bd -literal\n'
		"$xdpctl" help | sed -n '/^options:/,/^$/{/^options:/d;/^$/d;p}' | escape
		printf '.Ed\n'
		;;
	*@VERSION@*) printf '%s\n' "${line//@VERSION@/$("$xdpctl" --version)}" ;;
	*) printf '%s\n' "$line" ;;
	esac
done <"$template"
