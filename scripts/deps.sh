#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Install from Debian's packages what building and testing xdpctl needs and this machine lacks.
# Does nothing, and needs no network, where nothing is missing. -n only lists what is missing.
# With `bench` in front of it: what scripts/bench_capture.sh compares with, which nothing else needs.
set -eu

packages='gcc make libc6-dev clang bpftool libbpf-dev libelf-dev zlib1g-dev libmnl-dev libpcap-dev
libxdp-dev libcap-ng-dev libcmocka-dev iproute2 iputils-ping ethtool jq python3 util-linux procps
clang-format shellcheck mandoc tcpdump tshark'

if [ "${1:-}" = bench ]; then
	packages='tcpdump netsniff-ng xdp-tools wireshark-common'
	shift
fi

missing=
for p in $packages; do
	case $(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null) in
	installed) ;;
	*) missing="$missing $p" ;;
	esac
done
[ -n "$missing" ] || exit 0
if [ "${1:-}" = -n ]; then
	echo "$missing"
	exit 0
fi

if ! command -v apt-get >/dev/null; then
	echo "deps: not a Debian system; install the counterparts of:$missing" >&2
	exit 1
fi
if [ "$(id -u)" != 0 ]; then
	echo "deps: missing:$missing; run as root: apt-get install$missing" >&2
	exit 1
fi
echo "deps: installing$missing"
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update
# shellcheck disable=SC2086 # a list of words on purpose
apt-get -qq install --no-install-recommends $missing >/dev/null
