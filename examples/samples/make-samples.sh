#!/bin/sh
# make-samples.sh: makes router.pcapng and mixed.pcap from real traffic.
#
# Three hosts and a router, each a network namespace, joined by veth pairs. The router is the
# kernel's own; what arrives at its ports is captured. router.pcapng holds what came in on `lan`,
# `uplink_a` and `uplink_b`, under those names, and exercises every rule of ../router.rpol;
# mixed.pcap is the lan port in both directions, as plain classic pcap.
#
# Needs root and the Debian packages iproute2 iputils-ping tcpdump ethtool curl dnsmasq-base
# bind9-dnsutils python3. Everything happens in private namespaces that end with the script.
#
#     sudo examples/samples/make-samples.sh [FOLDER]      # default: the script's own
set -eu

here=$(cd "$(dirname "$0")" && pwd)
out=$(cd "${1:-$here}" && pwd)

if [ -z "${RPOL_SAMPLES_INSIDE:-}" ]; then
	[ "$(id -u)" = 0 ] || { echo "make-samples.sh: needs root (network namespaces)" >&2; exit 3; }
	for tool in ip ping tcpdump ethtool curl dnsmasq dig python3 unshare; do
		command -v $tool >/dev/null || { echo "make-samples.sh: $tool is missing" >&2; exit 3; }
	done
	# A process namespace of its own: when this script ends, so do its servers.
	RPOL_SAMPLES_INSIDE=1 exec unshare -n -m -p -f --kill-child --mount-proc --propagation private \
		"$0" "$out"
fi

mkdir -p /run/netns
mount -t tmpfs none /run/netns
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

on() { ns=$1; shift; ip netns exec "$ns" "$@"; }
quiet() { "$@" >/dev/null 2>&1 || true; }

# ---- the network --------------------------------------------------------------------------

for ns in client router net_a net_b; do
	ip netns add $ns
	on $ns sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.all.accept_dad=0 \
		net.ipv6.conf.default.accept_dad=0 net.ipv4.conf.all.rp_filter=0 \
		net.ipv4.conf.default.rp_filter=0 net.ipv6.conf.default.router_solicitations=0
	on $ns ip link set lo up
done
on router sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 \
	net.ipv4.conf.all.accept_local=1

wire() { # wire HOST DEVICE MAC PORT MAC: a cable from HOST's DEVICE to the router's PORT
	ip link add "$2" netns "$1" address "$3" type veth peer name "$4" netns router address "$5"
	for end in "$1 $2" "router $4"; do
		# Real frames of at most the MTU with whole checksums, as a wire has them.
		on ${end% *} ethtool -K ${end#* } tso off gso off gro off tx off rx off >/dev/null
		on ${end% *} ip link set ${end#* } up
	done
}
wire client eth0 02:00:00:0a:00:10 lan 02:00:00:0a:00:01
wire net_a eth0 02:00:00:cb:00:01 uplink_a 02:00:00:cb:00:02
wire net_b eth0 02:00:00:cb:00:05 uplink_b 02:00:00:cb:00:06

addr() { ns=$1 dev=$2; shift 2; for a; do
	case $a in *:*) on $ns ip addr add $a dev $dev nodad ;; *) on $ns ip addr add $a dev $dev ;; esac
done; }
addr router lan 10.1.0.1/16 10.50.0.1/16 192.168.77.1/24 \
	2001:db8:1::1/64 2001:db8:50::1/64 fd00:77::1/64
addr router uplink_a 203.0.113.2/30
addr router uplink_b 203.0.113.6/30 2001:db8:ffff::2/64
addr client eth0 10.1.0.10/16 10.50.0.20/16 192.168.77.5/24 \
	2001:db8:1::10/64 2001:db8:50::20/64 fd00:77::5/64
addr net_a eth0 203.0.113.1/30
addr net_a lo 198.51.100.80/32 198.51.100.53/32 192.0.2.1/32 10.20.0.9/32 10.66.0.9/32 \
	192.168.5.5/32 
addr net_b eth0 203.0.113.5/30 2001:db8:ffff::1/64
addr net_b lo 198.51.100.200/32 172.16.9.9/32 2001:db8:20::9/128 2001:db8:66::9/128 \
	3fff:80::80/128 fd99::9/128

on client ip route add default via 10.1.0.1
on client ip -6 route add default via 2001:db8:1::1
on router ip route add default via 203.0.113.1
on router ip route add 198.51.100.200 via 203.0.113.5
on router ip -6 route add default via 2001:db8:ffff::1
on net_a ip route add default via 203.0.113.2
on net_b ip route add default via 203.0.113.6
on net_b ip -6 route add default via 2001:db8:ffff::2

# ---- servers ------------------------------------------------------------------------------

mkdir "$work/www"
echo "<p>hello from the far side</p>" >"$work/www/index.html"
on net_a sh -c "cd $work/www && exec python3 -m http.server 80" >/dev/null 2>&1 &
on net_b sh -c "cd $work/www && exec python3 -m http.server --bind :: 80" >/dev/null 2>&1 &
on client sh -c "cd $work/www && exec python3 -m http.server 80" >/dev/null 2>&1 &
on net_a dnsmasq --keep-in-foreground --conf-file=/dev/null --no-hosts --no-resolv \
	--pid-file= --user=root --address=/www.example.net/198.51.100.80 --cache-size=0 &

cat >"$work/udp.py" <<'PY'
# udp.py SOURCE DESTINATION PORT TOS COUNT: datagrams of 160 bytes, as a voice codec sends.
import socket, struct, sys, time
source, destination, port, tos, count = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, tos)
s.bind((source, port))
for i in range(count):
    rtp = struct.pack("!BBHII", 0x80, 0, i, 160 * i, 0x72706f6c)
    body = rtp + bytes(148) if port != 5060 else b"OPTIONS sip:%s SIP/2.0\r\n\r\n" % destination.encode()
    s.sendto(body, (destination, port))
    time.sleep(0.02)
PY

cat >"$work/tag.py" <<'PY'
# tag.py DEVICE: this kernel may lack VLAN devices, so take the real echo requests that leave by
# DEVICE while it runs and send each again: with one tag, and with two (QinQ).
import socket, struct, sys
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
s.bind((sys.argv[1], 3))
s.settimeout(5)
seen = 0
while seen < 2:
    frame, (_, proto, kind, *_) = s.recvfrom(2048)
    echo4 = proto == 0x0800 and frame[23] == 1 and frame[34] == 8
    echo6 = proto == 0x86dd and frame[20] == 58 and frame[54] == 128
    if kind != socket.PACKET_OUTGOING or not (echo4 or echo6):
        continue
    seen += 1
    one = struct.pack("!HH", 0x8100, 100)
    two = struct.pack("!HHHH", 0x88a8, 200, 0x8100, 100)
    for tags in (one, two):
        s.send(frame[:12] + tags + frame[12:])
PY

sleep 1

# ---- captures -----------------------------------------------------------------------------

for port in lan uplink_a uplink_b; do
	on router tcpdump -q -U -i $port -Q in -w "$work/$port.pcap" 2>/dev/null &
done
on router tcpdump -q -U -i lan -w "$work/mixed.pcap" 2>/dev/null &
sleep 1.5

# ---- traffic ------------------------------------------------------------------------------

ping() { on "$1" ping -n -q -i 0.2 -W 1 $2 >/dev/null 2>&1 || true; }

# Pings: outside, inside (also where `internal` drops), 4 and 6.
ping client "-c 2 -I 10.1.0.10 198.51.100.80"
ping client "-c 1 -I 10.1.0.10 10.20.0.9"
ping client "-c 1 -I 10.1.0.10 10.66.0.9"
ping client "-c 2 -I 2001:db8:1::10 3fff:80::80"
ping client "-c 1 -I 2001:db8:1::10 2001:db8:20::9"
ping client "-c 1 -I 2001:db8:1::10 2001:db8:66::9"
ping client "-c 2 -I 10.50.0.20 198.51.100.80"
ping client "-c 2 -I 2001:db8:50::20 3fff:80::80"
# TTL 1, and sources that do not belong on this side.
ping client "-c 1 -t 1 -I 10.1.0.10 198.51.100.80"
ping client "-c 1 -t 1 -I 2001:db8:1::10 3fff:80::80"
ping client "-c 2 -I 192.168.77.5 198.51.100.80"
ping client "-c 1 -I fd00:77::5 3fff:80::80"
# Fragments: 3000 bytes in frames of 1500.
ping client "-c 1 -s 3000 -I 10.1.0.10 198.51.100.80"
ping client "-c 1 -s 3000 -I 2001:db8:50::20 3fff:80::80"
ping net_b "-c 1 -s 3000 -I 198.51.100.200 192.0.2.1"
# HTTP, as four clients; the last by a name.
get() { on client curl -s -m 3 -o /dev/null --interface "$1" "$2" || true; }
get 10.1.0.10 http://198.51.100.80/
get 10.50.0.20 http://198.51.100.80/
get 2001:db8:50::20 "http://[3fff:80::80]/"
get 2001:db8:1::10 "http://[2001:db8:20::9]/"
quiet on net_a curl -s -m 3 --interface 198.51.100.80 http://10.1.0.10/
# DNS: by the resolver, and round it.
quiet on client dig +tries=1 +time=1 -b 10.1.0.10 @192.0.2.1 www.example.net
quiet on client dig +tries=1 +time=1 -b 10.50.0.20 @192.0.2.1 www.example.net
quiet on client dig +tries=1 +time=1 -b 10.50.0.20 @198.51.100.53 www.example.net
# Mail from a guest and from an employee, telnet from the client and towards it.
quiet on client curl -s -m 1 --interface 10.50.0.20 telnet://198.51.100.80:25
quiet on client curl -s -m 1 --interface 10.1.0.10 telnet://198.51.100.80:587
quiet on client curl -s -m 1 --interface 2001:db8:50::20 "telnet://[3fff:80::80]:465"
quiet on client curl -s -m 1 --interface 10.1.0.10 telnet://198.51.100.80:23
quiet on net_a curl -s -m 1 --interface 198.51.100.80 telnet://10.1.0.10:23
# Voice with its mark (EF is 46, so 184 as a TOS byte), and without.
on client python3 "$work/udp.py" 10.1.0.10 198.51.100.80 5060 184 1
on client python3 "$work/udp.py" 10.50.0.20 198.51.100.80 16384 184 4
on client python3 "$work/udp.py" 10.1.0.10 198.51.100.80 16390 0 1
# Sources that the Internet should not have, from the uplinks.
ping net_a "-c 2 -I 192.168.5.5 10.1.0.10"
ping net_b "-c 1 -I 172.16.9.9 10.1.0.10"
ping net_b "-c 1 -I fd99::9 2001:db8:1::10"
# VLAN tags.
on client python3 "$work/tag.py" eth0 &
tagger=$!
sleep 0.5
ping client "-c 1 -I 10.1.0.10 198.51.100.80"
ping client "-c 1 -I 2001:db8:50::20 3fff:80::80"
wait $tagger

sleep 1.5
for capture in $(pgrep tcpdump); do kill -INT $capture; done
sleep 0.5

# ---- files --------------------------------------------------------------------------------

cat >"$work/merge.py" <<'PY'
# merge.py OUT NAME=PCAP…: one pcapng with named interfaces from pcaps (microseconds, Ethernet),
# in order of time.
import struct, sys

def block(kind, body):
    body += bytes(-len(body) % 4)
    size = struct.pack("<I", len(body) + 12)
    return struct.pack("<I", kind) + size + body + size

def option(code, value):
    return struct.pack("<HH", code, len(value)) + value + bytes(-len(value) % 4)

END = struct.pack("<HH", 0, 0)
out = block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
packets = []
for number, argument in enumerate(sys.argv[2:]):
    name, path = argument.split("=", 1)
    out += block(1, struct.pack("<HHI", 1, 0, 0) + option(2, name.encode()) + END)
    data = open(path, "rb").read()
    magic, _, _, _, _, _, link = struct.unpack("<IHHiIII", data[:24])
    assert (magic, link) == (0xA1B2C3D4, 1), path
    at = 24
    while at < len(data):
        sec, usec, there, wire = struct.unpack("<IIII", data[at:at + 16])
        packets.append((sec * 1000000 + usec, number, wire, data[at + 16:at + 16 + there]))
        at += 16 + there
for time, number, wire, frame in sorted(packets, key=lambda p: p[:2]):
    out += block(6, struct.pack("<IIIII", number, time >> 32, time & 0xFFFFFFFF, len(frame), wire)
                 + frame)
open(sys.argv[1], "wb").write(out)
PY
python3 "$work/merge.py" "$out/router.pcapng" \
	lan="$work/lan.pcap" uplink_a="$work/uplink_a.pcap" uplink_b="$work/uplink_b.pcap"
cp "$work/mixed.pcap" "$out/mixed.pcap"
ls -l "$out/router.pcapng" "$out/mixed.pcap"
