#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# install.sh install|uninstall ROOT BUILD: binary, man page and completions below ROOT.
set -eu
action=$1 root=$2 build=$3
binary=$root/sbin/xdpctl
man=$root/share/man/man8/xdpctl.8
bash=$root/share/bash-completion/completions/xdpctl
zsh=$root/share/zsh/site-functions/_xdpctl
fish=$root/share/fish/vendor_completions.d/xdpctl.fish

case $action in
install)
	install -D -m 755 "$build/xdpctl" "$binary"
	install -D -m 644 "$build/xdpctl.8" "$man"
	for shell in bash zsh fish; do
		eval "file=\$$shell"
		# shellcheck disable=SC2154 # set by the eval above
		mkdir -p "${file%/*}"
		"$build/xdpctl" completion $shell >"$file"
		chmod 644 "$file"
	done
	;;
uninstall) rm -f "$binary" "$man" "$bash" "$zsh" "$fish" ;;
*)
	echo "install.sh: $action: install or uninstall" >&2
	exit 2
	;;
esac
