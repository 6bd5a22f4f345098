# SPDX-License-Identifier: GPL-2.0-only
"""Numbered Ethernet frames out of and into a device, each of them checked. Needs nothing but the
modules of Debian's python3-minimal.

frames.py send DEV COUNT [size=N] [dst=MAC] [src=MAC] [vlan=ID] [first=SEQ]
frames.py receive DEV COUNT [ready=FILE] [seconds=S]

send prints {"sent","bytes"}. receive ends when COUNT different ones came and no more follow (with
0: never), at the deadline, or on SIGINT, and prints what came:
{"received","unique","bad","bytes","sizes","src","dst","vlans","first_missing"}
"""
import os
import select
import signal
import socket
import struct
import sys
import time
import zlib

ETHERTYPE = 0x88B5  # IEEE 802: for local experiments
ETH_P_ALL = 3
VLAN = 0x8100
MAGIC = b"XDPT"
HEAD = struct.Struct("!4sII")  # magic, number, CRC-32 of the rest
SOL_PACKET, PACKET_AUXDATA = 263, 8
AUXDATA = struct.Struct("=IIIHHHH")  # status, len, snaplen, mac, net, vlan_tci, vlan_tpid
TP_STATUS_VLAN_VALID = 1 << 4
SETTLE = 0.05  # seconds without a frame after the last one


def mac_bytes(text):
    return bytes(int(part, 16) for part in text.split(":"))


def mac_text(data):
    return ":".join("%02x" % byte for byte in data)


def fill(number, length):
    return bytes((number * 7 + i) & 0xFF for i in range(256)) * (length // 256 + 1)


def build(number, options):
    head = mac_bytes(options["dst"]) + mac_bytes(options["src"])
    if options["vlan"]:
        head += struct.pack("!HH", VLAN, int(options["vlan"]))
    head += struct.pack("!H", ETHERTYPE)
    length = int(options["size"]) - len(head) - HEAD.size
    rest = fill(number, length)[:length]
    return head + HEAD.pack(MAGIC, number, zlib.crc32(rest)) + rest


def send(dev, count, options):
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    sock.bind((dev, 0))
    first, sent = int(options["first"]), 0
    for number in range(first, first + count):
        sent += sock.send(build(number, options))
        if number % 64 == 63:  # the ring of a veth has 256 places
            time.sleep(0.0005)
    print('{"sent":%d,"bytes":%d}' % (count, sent))


class Receiver:
    def __init__(self, dev):
        self.seen = {}
        self.bad = self.bytes = 0
        self.sets = {"sizes": set(), "src": set(), "dst": set(), "vlans": set()}
        self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        self.sock.setsockopt(socket.SOL_SOCKET, 33, 16 << 20)  # SO_RCVBUFFORCE
        self.sock.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
        self.sock.bind((dev, ETH_P_ALL))

    def take(self):
        data, control, _, source = self.sock.recvmsg(70000, 256)
        vlan = None
        for level, kind, value in control:
            if level == SOL_PACKET and kind == PACKET_AUXDATA:
                aux = AUXDATA.unpack(value[: AUXDATA.size])
                if aux[0] & TP_STATUS_VLAN_VALID:
                    vlan = aux[5] & 0xFFF
        if source[2] != socket.PACKET_OUTGOING:
            self.frame(data, vlan)

    def frame(self, data, vlan):
        length, at = len(data) + (4 if vlan is not None else 0), 14
        if data[12:14] == struct.pack("!H", VLAN):
            vlan, at = struct.unpack("!H", data[14:16])[0] & 0xFFF, 18
        if data[at - 2 : at] != struct.pack("!H", ETHERTYPE):
            return  # not ours
        magic, number, crc = HEAD.unpack(data[at : at + HEAD.size])
        if magic != MAGIC or zlib.crc32(data[at + HEAD.size :]) != crc:
            self.bad += 1
            return
        self.seen[number] = self.seen.get(number, 0) + 1
        self.bytes += length
        self.sets["sizes"].add(length)
        self.sets["dst"].add('"%s"' % mac_text(data[:6]))
        self.sets["src"].add('"%s"' % mac_text(data[6:12]))
        self.sets["vlans"].add("null" if vlan is None else vlan)

    def report(self, count):
        missing = [n for n in range(count) if n not in self.seen]
        lists = ",".join(
            '"%s":[%s]' % (name, ",".join(str(v) for v in sorted(values, key=str)))
            for name, values in self.sets.items()
        )
        print(
            '{"received":%d,"unique":%d,"bad":%d,"bytes":%d,%s,"first_missing":%s}'
            % (
                sum(self.seen.values()),
                len(self.seen),
                self.bad,
                self.bytes,
                lists,
                missing[0] if missing else "null",
            ),
            flush=True,
        )


def receive(dev, count, options):
    receiver = Receiver(dev)
    stopped, wake = [], os.pipe()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: (stopped.append(1), os.write(wake[1], b".")))
    if options["ready"]:
        open(options["ready"], "w").close()
    deadline = time.monotonic() + float(options["seconds"])
    while time.monotonic() < deadline:
        done = bool(stopped) or (count and len(receiver.seen) >= count)
        limit = SETTLE if done else deadline - time.monotonic()
        ready, _, _ = select.select([receiver.sock, wake[0]], [], [], max(limit, 0))
        if receiver.sock in ready:
            receiver.take()
        elif done:
            break
        elif ready:
            os.read(wake[0], 1)
    receiver.report(count)


def main():
    options = {
        "size": "60",
        "dst": "02:00:00:00:0a:02",
        "src": "02:00:00:00:0a:01",
        "vlan": "",
        "first": "0",
        "ready": "",
        "seconds": "20",
    }
    command, dev, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    for word in sys.argv[4:]:
        name, _, value = word.partition("=")
        if name not in options:
            sys.exit("frames.py: no such option: " + name)
        options[name] = value
    {"send": send, "receive": receive}[command](dev, count, options)


main()
