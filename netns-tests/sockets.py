# SPDX-License-Identifier: GPL-2.0-only
"""Real sockets whose bytes are checked. Needs nothing but Debian's python3-minimal.

sockets.py serve ADDR PORT READY        one TCP connection: takes all, then answers with as much
sockets.py talk ADDR PORT BYTES         the other side; fails unless both directions were whole
sockets.py ask ADDR PORT COUNT          UDP: COUNT datagrams that are to come back as they went
sockets.py tell ADDR PORT COUNT         UDP: COUNT datagrams that need no answer
sockets.py hear ADDR PORT COUNT         UDP: until so many came there, from anybody
"""
import os
import socket
import struct
import sys
import zlib

SECONDS = 20
CHUNK = 1 << 16
ANSWER = struct.Struct("!QI")  # bytes and CRC-32 that came


def connect(kind, addr, port):
    family = socket.AF_INET6 if ":" in addr else socket.AF_INET
    sock = socket.socket(family, kind)
    sock.settimeout(SECONDS)
    sock.connect((addr, port))
    return sock


def pour(sock, count):
    block, crc, left = os.urandom(CHUNK), 0, count
    while left:
        part = block[: min(left, CHUNK)]
        sock.sendall(part)
        crc, left = zlib.crc32(part, crc), left - len(part)
    return crc


def drain(sock, count=None):
    """Count and CRC of all that comes, or of the first COUNT bytes."""
    total = crc = 0
    while count is None or total < count:
        part = sock.recv(CHUNK if count is None else min(CHUNK, count - total))
        if not part:
            break
        total, crc = total + len(part), zlib.crc32(part, crc)
    return total, crc


def exactly(sock, count):
    data = b""
    while len(data) < count:
        part = sock.recv(count - len(data))
        if not part:
            sys.exit("sockets.py: the answer is cut short")
        data += part
    return data


def serve(addr, port, ready):
    family = socket.AF_INET6 if ":" in addr else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.settimeout(SECONDS)
    listener.bind((addr, port))
    listener.listen()
    open(ready, "w").close()
    sock, _ = listener.accept()
    sock.settimeout(SECONDS)
    total, crc = drain(sock)
    sock.sendall(ANSWER.pack(total, crc))
    sock.sendall(struct.pack("!I", pour(sock, total)))
    sock.close()


def talk(addr, port, count):
    sock = connect(socket.SOCK_STREAM, addr, port)
    sent_crc = pour(sock, count)
    sock.shutdown(socket.SHUT_WR)
    total, crc = ANSWER.unpack(exactly(sock, ANSWER.size))
    back, back_crc = drain(sock, count)
    (wanted_crc,) = struct.unpack("!I", exactly(sock, 4))
    print('{"sent":%d,"arrived":%d,"came_back":%d}' % (count, total, back))
    if total != count or crc != sent_crc or back != count or back_crc != wanted_crc:
        sys.exit("sockets.py: bytes were lost or changed")


def ask(addr, port, count):
    sock = connect(socket.SOCK_DGRAM, addr, port)
    came = wrong = 0
    for number in range(count):
        data = struct.pack("!I", number) + os.urandom(number % 1400)
        sock.send(data)
        try:
            wrong += sock.recv(2048) != data
            came += 1
        except (socket.timeout, ConnectionError):
            break
    print('{"sent":%d,"came_back":%d,"changed":%d}' % (count, came, wrong))
    if came != count or wrong:
        sys.exit("sockets.py: datagrams were lost or changed")


def tell(addr, port, count):
    sock = connect(socket.SOCK_DGRAM, addr, port)
    for number in range(count):
        sock.send(struct.pack("!I", number))


def hear(addr, port, count):
    family = socket.AF_INET6 if ":" in addr else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_DGRAM)
    sock.bind((addr, port))
    sock.settimeout(SECONDS)
    print("ready", flush=True)
    numbers, senders = set(), set()
    while len(numbers) < count:
        data, sender = sock.recvfrom(2048)
        numbers.add(data)
        senders.add('"%s"' % sender[0])
    print('{"heard":%d,"from":[%s]}' % (len(numbers), ",".join(sorted(senders))))


def main():
    command, addr, port, last = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
    if command == "serve":
        serve(addr, port, last)
    elif command in ("talk", "ask", "tell", "hear"):
        {"talk": talk, "ask": ask, "tell": tell, "hear": hear}[command](addr, port, int(last))
    else:
        sys.exit("sockets.py: no such command: " + command)


main()
