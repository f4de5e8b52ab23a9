"""snap.py IN OUT N: a little-endian microsecond pcap with its packets cut to N bytes, as a capture with
that snaplen would have them."""
import struct
import sys

data = open(sys.argv[1], "rb").read()
keep = int(sys.argv[3])
assert data[:4] == b"\xd4\xc3\xb2\xa1"
out, at = bytearray(data[:24]), 24
while at < len(data):
    seconds, micros, captured, wire = struct.unpack_from("<4I", data, at)
    kept = min(captured, keep)
    out += struct.pack("<4I", seconds, micros, kept, wire) + data[at + 16:at + 16 + kept]
    at += 16 + captured
open(sys.argv[2], "wb").write(out)
