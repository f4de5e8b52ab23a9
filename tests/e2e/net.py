#!/usr/bin/env python3
"""net.py COMMAND ARGUMENT…: traffic that no common tool makes.

  receive PORT FILE        counts datagrams by source port until SIGTERM, then writes FILE as JSON:
                           {"packets": N, "ports": {"10001": 2, …}}; FILE.up exists once it listens
  flows DST PORT N EACH    N flows (source ports from 20000), EACH datagrams of each, one by one
  sequence DST PORT SECONDS  numbered datagrams, one a millisecond; prints how many
  sequence-check PORT FILE as receive, for `sequence`: {"packets", "lost", "duplicates", "late"}
  echo PORT FILE           sends datagrams back until SIGTERM; FILE.up exists once it listens
  ask DST PORT             a datagram; prints "answered" when it comes back from just there
  tagged DEV DSTMAC SRC DST DPORT N TAGS…  N UDP frames with tags, each TPID:ID, outer first
  cpus PORT PEER N FILE    one socket for each of PEER's flows to PORT; waits for a datagram of each, 5 s
                           at most, then writes FILE as JSON: how many came by each CPU, {"1": N, …}
  foreign DEV              attaches an XDP program of somebody else's and holds it until SIGTERM
"""
import ctypes
import json
import os
import signal
import socket
import struct
import sys
import time


def listen(port):
    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
    s.bind(("::", port))
    s.settimeout(0.1)
    return s


def datagrams(port, path):
    done = []
    signal.signal(signal.SIGTERM, lambda *_: done.append(1))
    s = listen(port)
    open(path + ".up", "w").close()
    quiet = 0
    while not done or quiet < 3:
        try:
            data, peer = s.recvfrom(2048)
            quiet = 0
            yield data, peer[1]
        except TimeoutError:
            quiet += 1


def write(path, answer):
    with open(path + ".new", "w") as f:
        json.dump(answer, f)
    os.rename(path + ".new", path)


def receive(port, path):
    ports = {}
    for _, source in datagrams(int(port), path):
        ports[source] = ports.get(source, 0) + 1
    write(path, {"packets": sum(ports.values()), "ports": ports})


def udp(dst):
    return socket.socket(socket.AF_INET6 if ":" in dst else socket.AF_INET, socket.SOCK_DGRAM)


def flows(dst, port, n, each):
    for i in range(int(n)):
        s = udp(dst)
        s.bind(("", 20000 + i))
        for _ in range(int(each)):
            s.sendto(b"rpol" * 8, (dst, int(port)))
            time.sleep(0.0002)
        s.close()


def cpus(port, peer, n, path):
    sockets = []
    for i in range(int(n)):
        s = udp(peer)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(("", int(port)))
        s.connect((peer, 20000 + i))
        sockets.append(s)
    open(path + ".up", "w").close()
    seen, end = {}, time.monotonic() + 5
    for s in sockets:
        s.settimeout(max(0.01, end - time.monotonic()))
        try:
            s.recv(2048)
        except TimeoutError:
            continue
        # SO_INCOMING_CPU: where the kernel's stack had the last one
        cpu = s.getsockopt(socket.SOL_SOCKET, 49)
        seen[cpu] = seen.get(cpu, 0) + 1
    write(path, seen)


def sequence(dst, port, seconds):
    s = udp(dst)
    number, start = 0, time.monotonic()
    while time.monotonic() - start < float(seconds):
        s.sendto(struct.pack("!I", number), (dst, int(port)))
        number += 1
        time.sleep(max(0, start + number * 0.001 - time.monotonic()))
    print(number)


def sequence_check(port, path):
    seen, late, last = set(), 0, -1
    packets = 0
    for data, _ in datagrams(int(port), path):
        number, = struct.unpack("!I", data[:4])
        packets += 1
        late += number < last
        last = max(last, number)
        seen.add(number)
    write(path, {"packets": packets, "lost": last + 1 - len(seen),
                 "duplicates": packets - len(seen), "late": late})


def echo(port, path):
    s = listen(int(port))
    s.settimeout(None)
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
    open(path + ".up", "w").close()
    while True:
        data, asked, _, peer = s.recvmsg(2048, 256)
        s.sendmsg([data], asked, 0, peer)  # from the address that was asked


def ask(dst, port):
    s = udp(dst)
    s.settimeout(2)
    s.connect((dst, int(port)))  # takes answers of this address and port alone
    data = os.urandom(33)
    s.send(data)
    print("answered" if s.recv(2048) == data else "something else")


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def tagged(device, mac, src, dst, port, n, *tags):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    s.bind((device, 0))
    body = b"tagged frame of rpol's tests....."
    datagram = struct.pack("!HHHH", 20000, int(port), 8 + len(body), 0) + body
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(datagram), 1, 0, 64, 17, 0,
                       socket.inet_aton(src), socket.inet_aton(dst))
    head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
    frame = bytes.fromhex(mac.replace(":", "")) + s.getsockname()[4]
    for tag in tags:
        tpid, number = tag.split(":")
        frame += struct.pack("!HH", int(tpid, 16), int(number))
    frame += b"\x08\x00" + head + datagram
    for _ in range(int(n)):
        s.send(frame)
    print(len(frame))


def bpf(command, attr):
    libc = ctypes.CDLL(None, use_errno=True)
    buffer = ctypes.create_string_buffer(attr.ljust(128, b"\0"), 128)
    fd = libc.syscall(321 if os.uname().machine == "x86_64" else 280, command, buffer, 128)
    if fd < 0:
        raise OSError(ctypes.get_errno(), "bpf")
    return fd


def foreign(device):
    """Two instructions, `return XDP_PASS`, by a link: nothing of rpol's."""
    code = struct.pack("<BBhi", 0xb7, 0, 0, 2) + struct.pack("<BBhi", 0x95, 0, 0, 0)
    code = ctypes.create_string_buffer(code, len(code))
    licence = ctypes.create_string_buffer(b"GPL")
    prog = bpf(5, struct.pack("<IIQQIIQII16sII", 6, 2, ctypes.addressof(code),
                              ctypes.addressof(licence), 0, 0, 0, 0, 0, b"foreign", 0, 37))
    bpf(28, struct.pack("<IIII", prog, socket.if_nametoindex(device), 37, 0))
    print("attached", flush=True)
    signal.pause()


if __name__ == "__main__":
    globals()[sys.argv[1].replace("-", "_")](*sys.argv[2:])
