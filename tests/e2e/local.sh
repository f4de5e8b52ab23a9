#!/bin/sh
# local.sh tcx|clsact: actions that only TC has, and those at egress. The router's own connections
# leave through a policy that rewrites them, while their checksums are still to be made, by its port
# or by the kernel; a mark chooses the kernel's routing table and is seen again at egress.
# shellcheck source=tests/e2e/lib.sh
. "$TOP/tests/e2e/lib.sh"
hook "$1"
network
acquaint
ip route add 192.0.2.80 via 203.0.113.1
ip -6 route add 2001:db8:5::80 via 2001:db8:a::1

cat >own.rpol <<END
interface lan  = lan0;
interface up_a = upa;
interface up_b = upb;
const VIP4 = 192.0.2.80;
const VIP6 = 2001:db8:5::80;

policy out on up_a at tc egress {
    default pass;
    ping4: dst == VIP4 => set dst 203.0.113.1, count out, continue;
    ping6: dst == VIP6 => set dst 2001:db8:a::1, count out, continue;
    web:   tcp.dport == 80 => set tcp.dport 8080, set dscp af11, pass;
    ask:   udp.dport == 9000 => set dport 9001, pass;
    tag:   udp.dport == 7301 => vlan push 100, set vlan.pcp 5, vlan push 200, pass;
    mac:   udp.dport == 7302 => set eth.dst 02:00:00:00:01:99, pass;
}
policy back on up_a at tc ingress {
    default pass;
    web:  tcp.sport == 8080 => set tcp.sport 80, continue;
    ask:  udp.sport == 9001 => set sport 9000, continue;
    vip4: src == 203.0.113.1 and (tcp.sport == 80 or udp.sport == 9000 or icmp.type == echo_reply) => set src VIP4, pass;
    vip6: src == 2001:db8:a::1 and (tcp.sport == 80 or udp.sport == 9000 or icmp6.type == echo_reply) => set src VIP6, pass;
}
policy ways on lan at tc ingress {
    default pass;
    other: udp.dport == 7401 => mark 7, pass;
    plain: udp.dport == 7402 => mark 7, mark 0, pass;
    big:   udp.dport == 7403 => set mark 0xfffffffe, set priority 0x10005, pass;
}
policy seen on up_b at tc egress {
    default pass;
    mark: mark == 7 => count marked, pass;
}
policy leaving on lan at tc egress {
    default pass;
    one: udp.dport == 7405 => priority 6, mark 9, continue;
    two: mark == 9 and priority == 6 => count after, pass;
}
END
check "apply" apply own.rpol $how
on h2 sh -c "mkdir www && cd www && head -c 3000000 /dev/urandom >file && exec python3 -m http.server --bind :: 8080" \
	>/dev/null 2>&1 &
on h2 $net echo 9001 echo >/dev/null 2>&1 &
eventually on h2 curl -s -o /dev/null http://127.0.0.1:8080/
eventually test -e echo.up

refused() {
	for netns in "" h2; do
		${netns:+on} $netns nstat -asz TcpInCsumErrors UdpInCsumErrors Icmp6InCsumErrors \
			IcmpInCsumErrors IpInCsumErrors Udp6InCsumErrors IpInHdrErrors
	done | awk '/Errors/ { n += $2 } END { print n + 0 }'
}
# ---- the router's own ---------------------------------------------------------------------
traffic() {
	for address in 192.0.2.80 2001:db8:5::80; do
		rm -f got
		check "$1: a connection to $address" curl -g -s -m 20 -o got "http://$2$address$3/file"
		check "  is the same file" cmp got www/file
		is "$1: a datagram" "$($net ask $address 9000 2>&1 | tail -n 1)" answered
		check "$1: ping" ping -q -c 3 -i 0.02 -W 2 $address
		set -- "$1" "[" "]"
	done
	is "$1: no checksum was refused" "$(refused)" 0
}
for port in on off; do
	# `off`: the kernel itself completes them after the policy, and h2's stack looks at each. Segments
	# larger than a frame go through the policy where they are on.
	for segments in on off; do
		ethtool -K upa tx $port gso $segments >/dev/null
		on h2 ethtool -K eth0 tx $port tso $segments gso $segments >/dev/null
		capture h2 dump -vv tcp dst port 8080 or udp dst port 9001 or udp dst port 9000
		traffic "port's checksums $port, segments $segments" "" ""
		captured
		[ $port = on ] && continue
		is "  no header's is wrong" "$(grep -c 'bad cksum' dump)" 0
		is "  the datagrams' are right" "$(grep -c 'udp sum ok' dump)" 2
		says dump '\(tos 0x28, ttl' "  DSCP"
	done
done
within "  they went through the policy" "$(counted own out)" 100 1000000
ethtool -K upa tx off >/dev/null
capture h2 dump -v udp or vlan
$net flows 203.0.113.1 7301 1 1
$net flows 203.0.113.1 7302 1 1
captured
says dump '802.1Q, length 82: vlan 200, p 0, 802.1Q, vlan 100, p 5, IPv4' "tags at egress"
says dump '> 02:00:00:00:01:99, IPv4' "another MAC at egress"
is "  their checksums are right" "$(grep -c 'bad cksum' dump)" 0

# ---- marks --------------------------------------------------------------------------------
for family in -4 -6; do
	ip $family rule add fwmark 7 table 77
done
ip route add default via 203.0.113.5 table 77
ip -6 route add default via 2001:db8:b::1 table 77
receivers=
for host in h2 h3; do
	nsenter --net=/run/netns/$host $net receive 7401 got-$host &
	receivers="$receivers $!"
	eventually test -e got-$host.up
done
$in_h2 $net receive 7402 got-plain &
receivers="$receivers $!"
eventually test -e got-plain.up
for address in 198.51.100.80 2001:db8:f::80; do
	on h1 $net flows $address 7401 5 2
	on h1 $net flows $address 7402 5 1
done
kill $receivers
wait $receivers
packets() { python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["packets"])' "$1"; }
is "a mark chooses the routing table" "$(packets got-h2) $(packets got-h3)" "0 20"
is "  the last one holds" "$(packets got-plain)" 10
is "  and is seen at egress" "$(counted own marked)" 20
$net flows 10.1.0.2 7405 3 1
is "the next rule sees mark and priority" "$(counted own after)" 3

check "detach" "$RPOL" detach own
is "no pin is left" "$(pins)" ""
finish
