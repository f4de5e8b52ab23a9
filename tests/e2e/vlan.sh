#!/bin/sh
# vlan.sh xdp|tcx|clsact: tags mean the same at every hook, though at TC the outer one sits in the
# packet's metadata. Counted bytes include it; `route` removes tags, `fib` leaves tagged frames to
# the kernel, `send` keeps them.
# shellcheck source=tests/e2e/lib.sh
. "$TOP/tests/e2e/lib.sh"
hook "$1"
network
acquaint
ip route replace blackhole 198.51.100.0/24

cat >tags.rpol <<END
interface lan = lan0;
interface up_a = upa;
interface up_b = upb;
nexthop a { via 203.0.113.1 dev up_a; }
policy tags on lan at $at {
    default pass;
    to_route: udp.dport == 7101 => route a;
    to_fib:   udp.dport == 7102 and vlan.id == 30 => fib;
    to_send:  udp.dport == 7103 => send up_b;
    to_back:  udp.dport == 7104 => bounce;
    qinq:     vlan.id == 200 and vlan.inner == 100 => drop;
    inner:    vlan.inner == 100 => drop;
    hundred:  vlan.id == 100 => drop;
    any_tag:  vlan.id >= 0 and udp.dport == 7100 => drop;
    plain:    udp.dport == 7100 => drop;
}
END
check "apply at $at" apply tags.rpol $how
mac=02:00:00:00:00:01
# sent LABEL N FRAME-SIZE: what the rule has counted
sent() {
	is "$1: $2 frames" "$(stat tags tags "$1")" "$2"
	is "$1: their bytes, tags included" "$(stat tags tags "$1" bytes)" $(($2 * $3))
}
send() { on h1 $net tagged eth0 $mac 10.1.0.2 198.51.100.80 "$@"; }

size=$(send 7100 3)
sent plain 3 "$size"
size=$(send 7100 4 8100:100)
sent hundred 4 "$size"
size=$(send 7100 5 88a8:200 8100:100)
sent qinq 5 "$size"
size=$(send 7100 6 8100:201 8100:100)
sent inner 6 "$size"
size=$(send 7100 7 8100:0)
sent any_tag 7 "$size"
send 7100 2 88a8:100 >/dev/null
is "88a8 is a tag as well" "$(stat tags tags hundred)" 6

capture h2 dump udp or vlan
send 7101 1 8100:30 >/dev/null
send 7101 1 88a8:200 8100:100 >/dev/null
send 7101 1 >/dev/null
captured
is "route: all three arrive" "$(grep -c '198.51.100.80.7101' dump)" 3
is "route: without their tags" "$(grep -c 'vlan' dump)" 0
is "route: to the neighbour" "$(grep -c '02:00:00:00:00:02 > 02:00:00:00:01:02' dump)" 3

capture h2 dump udp or vlan
send 7102 2 8100:30 >/dev/null
captured
is "fib: a tagged frame is left to the kernel, which knows no such VLAN" "$(grep -c 7102 dump)" 0
is "  but the rule counted it" "$(stat tags tags to_fib)" 2

capture h3 dump udp or vlan
send 7103 1 8100:40 >/dev/null
send 7103 1 88a8:41 8100:42 >/dev/null
send 7103 1 >/dev/null
captured
is "send: all three arrive" "$(grep -c '198.51.100.80.7103' dump)" 3
is "send: one tag is still there" "$(grep -c 'vlan 40,' dump)" 1
is "send: two tags are still there" "$(grep -c 'vlan 41,.*vlan 42,' dump)" 1

# veth wakes its peer after XDP_TX only where that runs an XDP program; GRO is not enough.
$in_h1 $net foreign eth0 >foreign.out 2>&1 &
eventually grep -q attached foreign.out
capture h1 dump udp or vlan
send 7104 1 8100:50 >/dev/null
send 7104 1 >/dev/null
captured
is "bounce: back with MACs exchanged" "$(grep -c '02:00:00:00:00:01 > 02:00:00:00:01:01.*7104' dump)" 2
is "bounce: the tag is still there" "$(grep '02:00:00:00:00:01 > ' dump | grep -c 'vlan 50,')" 1
finish
