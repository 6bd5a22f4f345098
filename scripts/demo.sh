#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The main job on real traffic: two hosts with a box between them, all network namespaces of this
# machine that are removed at the end. Nothing outside of them is touched.
set -euo pipefail

XDPCTL=${XDPCTL:-./xdpctl}
tag=xdpdemo$$
h1=$tag-h1 box=$tag-box h2=$tag-h2

server="" ready=$(mktemp)

cleanup() {
	[ -z "$server" ] || kill "$server" 2>/dev/null || true
	rm -f "$ready"
	for ns in "$h1" "$box" "$h2"; do ip netns del "$ns" 2>/dev/null || true; done
}
trap cleanup EXIT
trap 'exit 130' INT TERM

say() { printf '\n== %s\n' "$*"; }
# show a command as a user would type it inside the box, then run it there
box() {
	printf '$ xdpctl %s\n' "$*"
	"$XDPCTL" -n "$box" "$@"
}

for ns in "$h1" "$box" "$h2"; do
	ip netns add "$ns"
	ip -n "$ns" link set lo up
done
ip -n "$box" link add eth0 type veth peer name eth0 netns "$h1"
ip -n "$box" link add eth1 type veth peer name eth0 netns "$h2"
ip -n "$box" link set eth0 up
ip -n "$box" link set eth1 up
host() { # namespace last-octet
	ip -n "$1" link set eth0 up
	ip -n "$1" addr add "10.77.0.$2/24" dev eth0
	ip -n "$1" addr add "fd77::$2/64" dev eth0 nodad
}
host "$h1" 1
host "$h2" 2

echo '  h1 10.77.0.1 ---- eth0 [ box ] eth1 ---- h2 10.77.0.2'
say 'The box forwards nothing yet'
if ip netns exec "$h1" ping -q -c 1 -W 1 10.77.0.2 >/dev/null 2>&1; then
	echo 'unexpected: h1 reaches h2 without xdpctl' >&2
	exit 1
fi
echo 'h1 cannot reach h2'
ip -n "$h1" neigh flush dev eth0 # nor does it remember that

say 'One line makes it a wire'
box attach eth0 redirect eth1 --both

say 'Live traffic: ping, then TCP'
ip netns exec "$h1" ping -q -c 20 -i 0.05 10.77.0.2
ip netns exec "$h1" ping -q -c 20 -i 0.05 fd77::2
ip netns exec "$h2" python3 -c '
import socket
s = socket.create_server(("10.77.0.2", 7000)); print("ready", flush=True)
c, _ = s.accept(); n = 0
while True:
    d = c.recv(1 << 16)
    if not d: break
    n += len(d)
c.sendall(str(n).encode())' >"$ready" &
server=$!
for _ in $(seq 100); do
	grep -q ready "$ready" && break
	sleep 0.05
done
ip netns exec "$h1" timeout 20 python3 -c '
import socket
s = socket.create_connection(("10.77.0.2", 7000), 5)
for _ in range(512): s.sendall(bytes(1 << 16))
s.shutdown(socket.SHUT_WR)
got = int(s.recv(64)); print("TCP: sent", 512 << 16, "bytes, h2 got", got)
assert got == 512 << 16'
wait "$server"
server=

say 'What runs, and what it counted on each CPU'
box status
box stats --per-cpu

say 'A capture while they flow on: what the pipeline did with each packet'
box capture eth0 -c 4 --for 10 icmp &
capture=$!
for _ in $(seq 100); do
	"$XDPCTL" -n "$box" -j status eth0 | grep -q '"captures":\[{' && break
	sleep 0.05
done
ip netns exec "$h1" ping -q -c 4 -i 0.05 10.77.0.2
wait "$capture"

say 'Swapping the pipeline under traffic, counters go on'
ip netns exec "$h1" ping -q -c 100 -i 0.01 10.77.0.2 &
ping=$!
for _ in 1 2 3 4 5; do
	"$XDPCTL" -q -n "$box" attach eth0 count --by proto 'then' redirect eth1 --replace
	"$XDPCTL" -q -n "$box" attach eth0 redirect eth1 --replace
done
wait "$ping"
box stats eth0

say 'Its maps, in the notation of their types, edited while it runs'
box map list eth0
box map dump eth0/redirect
box map del eth0/redirect 0
ip netns exec "$h1" ping -q -c 1 -W 1 10.77.0.2 >/dev/null 2>&1 && exit 1
echo 'without its port h1 does not reach h2: those packets are counted under redirect_no_port'
box stats eth0
box map set eth0/redirect 0 eth1
ip netns exec "$h1" ping -q -c 5 -i 0.05 10.77.0.2

say 'And off again: everything is as it was'
box detach eth0
box detach eth1
box status
