# SPDX-License-Identifier: GPL-2.0-only
"""Damage a pcap file of nanosecond precision as xframes writes it, packets counted from 0.

pcapedit.py FILE OUT flip N BYTE | drop N | twice N | swap N M | back N | longer N | cut BYTES

swap exchanges the packets and leaves the times, back lets a time go back, longer changes the length
on the wire alone, cut takes bytes off the end of the file.
"""
import struct
import sys

RECORD = struct.Struct("<IIII")  # seconds, nanoseconds, captured, length


def read(data):
    packets, at = [], 24
    while at < len(data):
        head = list(RECORD.unpack_from(data, at))
        at += RECORD.size
        packets.append([head, bytearray(data[at : at + head[2]])])
        at += head[2]
    return packets


def edit(packets, what, n, m):
    if what == "flip":
        packets[n][1][m] ^= 0x10
    elif what == "drop":
        del packets[n]
    elif what == "twice":
        packets.insert(n, [list(packets[n][0]), packets[n][1]])
    elif what == "swap":
        a, b = packets[n], packets[m]
        packets[n], packets[m] = [a[0][:2] + b[0][2:], b[1]], [b[0][:2] + a[0][2:], a[1]]
    elif what == "back":
        packets[n][0][1] -= 5000
    elif what == "longer":
        packets[n][0][3] += 1
    elif what != "cut":
        sys.exit("pcapedit.py: cannot " + what)


def main():
    path, out, what = sys.argv[1:4]
    numbers = [int(word) for word in sys.argv[4:]] + [0]
    with open(path, "rb") as file:
        data = file.read()
    packets = read(data)
    edit(packets, what, numbers[0], numbers[1] if len(numbers) > 1 else 0)
    data = data[:24] + b"".join(RECORD.pack(*head) + content for head, content in packets)
    with open(out, "wb") as file:
        file.write(data[: -numbers[0]] if what == "cut" else data)


main()
