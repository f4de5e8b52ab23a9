#!/bin/sh
# route.sh xdp|tcx|clsact: next hops and groups: neighbours resolved by apply, flows that stay on
# their path, weights, preference. The kernel's own route for the target is a black hole.
# shellcheck source=tests/e2e/lib.sh
. "$TOP/tests/e2e/lib.sh"
hook "$1"
network
ip route replace blackhole 198.51.100.0/24
ip -6 route replace blackhole 2001:db8:f::/48

cat >out.rpol <<END
interface lan = lan0;
interface up_a = upa;
interface up_b = upb;
nexthop a  { via 203.0.113.1 dev up_a; }
nexthop b  { via 203.0.113.5 dev up_b; }
nexthop b6 { via 2001:db8:b::1 dev up_b; }
group both  { hash flow; a weight 3; b weight 1; }
group first { prefer a, b; }
policy out on lan at $at {
    default pass;
    spread: udp.dport == 7001 => route both;
    first:  udp.dport == 7002 => route first;
    single: udp.dport == 7003 and src in 10.0.0.0/8 => route b;
    six:    udp.dport == 7003 => route b6;
    mixed:  udp.dport == 7004 => route b6;
}
END
ip neigh flush all
check "apply at $at" apply out.rpol $how
knows() { ip neigh show "$1" | grep -Eq 'lladdr 02:.*(REACHABLE|STALE|DELAY|PROBE|PERMANENT)'; }
check "apply resolves 203.0.113.1" eventually knows 203.0.113.1
check "apply resolves 203.0.113.5" eventually knows 203.0.113.5
check "apply resolves 2001:db8:b::1" eventually knows 2001:db8:b::1
# h1's own first packet asks for the router; that is not what is tested.
on h1 ping -q -c 1 -W 2 10.1.0.1 >/dev/null
on h1 ping -6 -q -c 1 -W 2 2001:db8:1::1 >/dev/null

# listeners PORT; then traffic; then counts
listen() {
	rm -f h2.json* h3.json*
	$in_h2 $net receive "$1" h2.json &
	p2=$!
	$in_h3 $net receive "$1" h3.json &
	p3=$!
	eventually test -e h2.json.up
	eventually test -e h3.json.up
}
heard() {
	kill $p2 $p3
	wait $p2 $p3
}
got() { python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["packets"])' "$1.json"; }
flows_of() { python3 -c 'import json, sys; print(len(json.load(open(sys.argv[1]))["ports"]))' "$1.json"; }

listen 7001
on h1 $net flows 198.51.100.80 7001 400 3
heard
is "no packet of 400 flows is lost" $(($(got h2) + $(got h3))) 1200
is "each flow keeps to one path" $(($(flows_of h2) + $(flows_of h3))) 400
within "weights 3 to 1: flows by a" "$(flows_of h2)" 260 340
is "counted" "$(stat out out spread)" 1200

listen 7001
on h1 $net flows 2001:db8:f::80 7001 200 2
heard
is "IPv6 over IPv4 next hops: no packet is lost" $(($(got h2) + $(got h3))) 400
is "  each flow keeps to one path" $(($(flows_of h2) + $(flows_of h3))) 200
within "  weights 3 to 1: flows by a" "$(flows_of h2)" 120 175

listen 7002
on h1 $net flows 198.51.100.80 7002 50 1
heard
is "prefer: all by the first" "$(got h2) $(got h3)" "50 0"

listen 7003
on h1 $net flows 198.51.100.80 7003 20 1
on h1 $net flows 2001:db8:f::80 7003 20 1
heard
is "single next hops, 4 and 6" "$(got h2) $(got h3)" "0 40"
is "  counted: 4" "$(stat out out single)" 20
is "  counted: 6" "$(stat out out six)" 20

listen 7004
on h1 $net flows 198.51.100.80 7004 20 1
heard
is "IPv4 by an IPv6 next hop (RFC 8950)" "$(got h2) $(got h3)" "0 20"
is "the kernel forwarded nothing" "$(kernel_forwarded)" 0

# A next hop that answers no longer: to the kernel, which has a black hole.
ip neigh del 203.0.113.5 dev upb
listen 7003
on h1 $net flows 198.51.100.80 7003 5 1
heard
is "unresolved neighbour: left to the kernel" "$(got h3)" 0
check "apply again, nothing changed" apply out.rpol $how
check "  and the neighbour is resolved again" eventually knows 203.0.113.5
finish
