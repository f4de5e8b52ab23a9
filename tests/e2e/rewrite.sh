#!/bin/sh
# rewrite.sh xdp|tcx|clsact: actions on real traffic. A host asks for addresses and ports that nobody
# has and gets its answer from there, because one policy rewrites the way in and another the way back.
# The hosts' own stacks judge the checksums. Then header fields, tags and MACs as tcpdump sees them.
# shellcheck source=tests/e2e/lib.sh
. "$TOP/tests/e2e/lib.sh"
hook "$1"
network
acquaint

cat >rw.rpol <<END
interface lan  = lan0;
interface up_a = upa;
interface up_b = upb;
const VIP4  = 192.0.2.80;
const VIP6  = 2001:db8:5::80;
const MINE4 = 192.0.2.1;
const MINE6 = 2001:db8:5::1;

policy inward on lan at $at {
    default fib;
    web:    tcp.dport == 80 and dst in { 198.51.100.80, 2001:db8:f::80 } => set tcp.dport 8080, count web, fib;
    ask:    udp.dport == 9000 => set udp.dport 9001, count asked, continue;
    vip4:   dst == VIP4 => set dst 203.0.113.1, count vip, continue;
    vip6:   dst == VIP6 => set dst 2001:db8:a::1, count vip, continue;
    port:   dst in { 203.0.113.1, 2001:db8:a::1 } and tcp.dport == 80 => set dport 8080, fib;
    hide4:  dst == 203.0.113.5 => set src MINE4, count hidden, continue;
    hide6:  dst == 2001:db8:b::1 => set src MINE6, count hidden, continue;
    fields: udp.dport == 7201 => set dscp ef, set ecn ce, set ttl 9, fib;
    others: dscp == 10 => set dscp cs1, continue;
    ecn:    dscp == 12 => set ecn ect0, continue;
    tag:    udp.dport == 7301 => vlan push 100, set vlan.pcp 5, send up_b;
    untag:  udp.dport == 7302 => vlan pop, send up_b;
    retag:  udp.dport == 7303 => set vlan.id 77, send up_b;
    two:    udp.dport == 7304 => vlan push 100, vlan push 200, vlan push 300, send up_b;
    none:   udp.dport == 7305 => vlan pop, vlan pop, vlan pop, set dport 7395, fib;
    mac:    udp.dport == 7401 => set eth.dst 02:00:00:00:01:03, set eth.src 02:00:00:00:00:03, send up_b;
}
policy outward on up_a, up_b at $at {
    default fib;
    vip4:    src == 203.0.113.1 => set src VIP4, continue;
    vip6:    src == 2001:db8:a::1 => set src VIP6, continue;
    hidden4: dst == MINE4 => set dst 10.1.0.2, count hidden, continue;
    hidden6: dst == MINE6 => set dst 2001:db8:1::2, count hidden, continue;
    web:     tcp.sport == 8080 => set tcp.sport 80, count web, fib;
    ask:     udp.sport == 9001 => set sport 9000, count asked, fib;
}
END
check "apply at $at" apply rw.rpol $how

head -c 3000000 /dev/urandom >file
for server in "h2 8080" "h3 8081"; do
	on "${server% *}" python3 -m http.server --bind :: "${server#* }" >/dev/null 2>&1 &
	on "${server% *}" $net echo 9001 "echo-${server% *}" >/dev/null 2>&1 &
	eventually on "${server% *}" curl -s -o /dev/null "http://127.0.0.1:${server#* }/"
	eventually test -e "echo-${server% *}.up"
done

# Packets that the hosts refused for their checksum, since the network began.
refused() {
	for host in h1 h2 h3; do
		on $host nstat -asz TcpInCsumErrors UdpInCsumErrors Icmp6InCsumErrors \
			IcmpInCsumErrors IpInCsumErrors Udp6InCsumErrors IpInHdrErrors
	done | awk '/Errors/ { n += $2 } END { print n + 0 }'
}

# ---- connections --------------------------------------------------------------------------
# gets TEXT URL: all 3 MB of the file
gets() {
	rm -f got
	check "$1" on h1 curl -g -s -m 20 -o got "$2/file"
	check "  is the same file" cmp got file
}
traffic() {
	before=$(kernel_forwarded)
	gets "$1: another port, IPv4" http://198.51.100.80
	gets "$1: another port, IPv6" "http://[2001:db8:f::80]"
	gets "$1: another host and port, IPv4" http://192.0.2.80
	gets "$1: another host and port, IPv6" "http://[2001:db8:5::80]"
	gets "$1: from another address, IPv4" http://203.0.113.5:8081
	gets "$1: from another address, IPv6" "http://[2001:db8:b::1]:8081"
	for address in 198.51.100.80 2001:db8:f::80 192.0.2.80 2001:db8:5::80 203.0.113.5 2001:db8:b::1; do
		is "$1: a datagram to $address" "$(on h1 $net ask $address 9000 2>&1 | tail -n 1)" answered
		check "$1: ping $address" on h1 ping -q -c 3 -i 0.02 -W 2 $address
	done
	is "$1: the kernel forwarded nothing of it" $(($(kernel_forwarded) - before)) 0
	is "$1: no host refused a checksum" "$(refused)" 0
}
capture h2 dump -vv udp
traffic plain
captured
is "the datagrams' checksums are right" "$(grep -c 'udp sum ok' dump)" 8
is "  all of them" "$(grep -c 'bad udp' dump)" 0
is "asked and answered" "$(counted rw asked)" 12
within "the counter of two rules" "$(counted rw web)" $(($(stat rw inward web) + 100)) 100000000
is "  is that of both policies" "$(counted rw hidden)" $(($(stat rw inward hide4) + \
	$(stat rw inward hide6) + $(stat rw outward hidden4) + $(stat rw outward hidden6)))
"$RPOL" stats rw >out
says out "^ +asked +12 +[0-9]+" "stats shows them as text"
if [ "$1" != xdp ]; then
	# Segments larger than a frame come in, checksums are still to be made, and the router makes
	# them after it has rewritten, since its ports cannot.
	for host in h1 h2 h3; do
		on $host ethtool -K eth0 tx on tso on gso on >/dev/null
	done
	for port in lan0 upa upb; do
		ethtool -K $port tx off >/dev/null
	done
	traffic offloads
	for host in h1 h2 h3; do
		on $host ethtool -K eth0 tx off tso off gso off >/dev/null
	done
fi

# ---- fields -------------------------------------------------------------------------------
capture h2 dump -v udp or icmp
on h1 $net flows 198.51.100.80 7201 1 1
on h1 $net flows 2001:db8:f::80 7201 1 1
on h1 ping -q -c 1 -Q 0x29 198.51.100.80 >/dev/null
on h1 ping -q -c 1 -Q 0x31 198.51.100.80 >/dev/null
captured
says dump '\(tos 0xbb,CE, ttl 8,' "DSCP, ECN and TTL, IPv4"
says dump '\(class 0xbb, .*hlim 8,' "traffic class and hop limit, IPv6"
says dump '\(tos 0x21,ECT\(1\), ttl 63,.*' "DSCP alone: ECN stays"
says dump '\(tos 0x32,ECT\(0\), ttl 63,.*' "ECN alone: DSCP stays"
is "no header's checksum is wrong" "$(grep -c 'bad cksum' dump)" 0

# ---- tags ---------------------------------------------------------------------------------
mac=02:00:00:00:00:01
send() { on h1 $net tagged eth0 $mac 10.1.0.2 198.51.100.80 "$@" >/dev/null; }
# becomes TEXT PATTERN DPORT TAGS…: what of one frame arrives at h3
becomes() {
	text=$1 pattern=$2
	shift 2
	capture h3 dump -v udp or vlan
	send "$1" 1 ${2:+"$2"} ${3:+"$3"}
	captured
	tr '\n' ' ' <dump >line
	says line "$pattern" "$text"
	is "  one frame, its checksum right" "$(grep -c '02:00:00:00:00:01,' dump) $(grep -c 'bad cksum' dump)" "1 0"
}
becomes "push" ', 802.1Q, length 79: vlan 100, p 5, IPv4, ' 7301
becomes "push onto a tag" ', 802.1Q, length 83: vlan 100, p 5, 802.1Q, vlan 42, p 0, IPv4, ' 7301 8100:42
becomes "push onto two does nothing" \
	', 802.1Q-QinQ, length 83: vlan 41, p 5, 802.1Q, vlan 42, p 0, IPv4, ' 7301 88a8:41 8100:42
becomes "three pushes make two tags" ', 802.1Q, .*: vlan 200, p 0, 802.1Q, vlan 100, p 0, IPv4, ' 7304
becomes "pop" ', IPv4, length 75: ' 7302 8100:40
becomes "pop of two leaves the inner one" ', 802.1Q, length 79: vlan 42, p 0, IPv4, ' 7302 88a8:41 8100:42
becomes "pop of none does nothing" ', IPv4, length 75: ' 7302
becomes "another identifier" ': vlan 77, p 0, IPv4, ' 7303 8100:40
becomes "  of the outer one" ', 802.1Q-QinQ, .*: vlan 77, p 0, 802.1Q, vlan 42, p 0, IPv4, ' 7303 88a8:41 8100:42
becomes "  the priority stays" ': vlan 77, p 3, IPv4, ' 7303 8100:24616

capture h2 dump udp
send 7305 1 8100:30
send 7305 1 88a8:200 8100:100
captured
is "without its tags a frame is forwarded" "$(grep -c ' 02:00:00:00:01:02, .*\.7395:' dump)" 2

# ---- MACs ---------------------------------------------------------------------------------
$in_h3 $net receive 7401 mac & receiver=$!
eventually test -e mac.up
capture h3 dump udp
send 7401 2
captured
is "MACs" "$(grep -c '02:00:00:00:00:03 > 02:00:00:00:01:03,' dump)" 2
kill $receiver
wait $receiver 2>/dev/null
is "  the host takes the frame" "$(python3 -c 'import json; print(json.load(open("mac"))["packets"])')" 2
check "detach" "$RPOL" detach rw
is "no pin is left" "$(pins)" ""
finish
