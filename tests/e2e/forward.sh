#!/bin/sh
# forward.sh xdp|tcx|clsact: the router forwards by rpol, `fib`, in both families: programs as
# traffic, drops, TTL, path MTU, counters; and the kernel forwards nothing. Then it gets it all back.
# shellcheck source=tests/e2e/lib.sh
. "$TOP/tests/e2e/lib.sh"
hook "$1"
network
acquaint

cat >fwd.rpol <<END
interface lan = lan0;
interface a   = upa;
interface b   = upb;

policy fwd on lan, a, b at $at {
    default fib;
    blocked:  dst == 198.51.100.66                                  => drop;
    blocked6: dst == 2001:db8:f::66                                 => drop;
    no_smtp:  tcp.dport == 25                                       => drop;
    pings:    icmp.type in { echo_request, echo_reply } and len == 84 => fib;
    pings6:   proto == icmp6 and len == 248                         => fib;
    web:      tcp.dport == 80 or tcp.sport == 80                    => fib;
    iperf:    tcp.dport == 5201 or tcp.sport == 5201                => fib;
}
END
check "apply at $at" apply fwd.rpol $how
before=$(kernel_forwarded)

on h2 sh -c "mkdir www && cd www && head -c 3000000 /dev/urandom >file && exec python3 -m http.server --bind :: 80" \
	>/dev/null 2>&1 &
on h2 iperf3 -s >/dev/null 2>&1 &
eventually on h2 curl -s -o /dev/null http://127.0.0.1/
eventually on h2 sh -c 'ss -ltn | grep -q :5201'

# ---- forwarding ---------------------------------------------------------------------------
check "ping, 20 of 20" on h1 ping -q -c 20 -i 0.02 -W 2 198.51.100.80
is "  no reply was lost" "$(grep -o '[0-9]* received' "$work/check.out")" "20 received"
is "  counted: requests and replies" "$(stat fwd fwd pings)" 40
is "  counted: bytes" "$(stat fwd fwd pings bytes)" $((40 * 98))
check "ping -6, 20 of 20" on h1 ping -6 -q -c 20 -i 0.02 -W 2 -s 200 2001:db8:f::80
is "  no reply was lost" "$(grep -o '[0-9]* received' "$work/check.out")" "20 received"
is "  counted: requests and replies" "$(stat fwd fwd pings6)" 40
on h1 ping -c 1 -W 2 198.51.100.80 >out 2>&1
says out 'ttl=63' "the TTL is one less after the router"
on h1 ping -6 -c 1 -W 2 2001:db8:f::80 >out 2>&1
says out 'ttl=63' "the hop limit is one less after the router"
check "curl of 3 MB" on h1 curl -s -m 20 -o got http://198.51.100.80/file
check "  is the same file" cmp got www/file
check "curl of 3 MB over IPv6" on h1 curl -s -m 20 -o got6 "http://[2001:db8:f::80]/file"
check "  is the same file" cmp got6 www/file
check "iperf3, towards" on h1 iperf3 -c 198.51.100.80 -t 1
check "iperf3, back, IPv6" on h1 iperf3 -c 2001:db8:f::80 -t 1 -R
within "web's packets are counted" "$(stat fwd fwd web)" 100 100000000
within "iperf's packets are counted" "$(stat fwd fwd iperf)" 100 100000000
is "the kernel forwarded nothing of it" $(($(kernel_forwarded) - before)) 0

# ---- drops --------------------------------------------------------------------------------
exits "ping of a blocked address fails" 1 on h1 ping -q -c 3 -i 0.02 -W 1 198.51.100.66
is "  three were dropped" "$(stat fwd fwd blocked)" 3
exits "ping -6 of a blocked address fails" 1 on h1 ping -6 -q -c 3 -i 0.02 -W 1 2001:db8:f::66
is "  three were dropped" "$(stat fwd fwd blocked6)" 3
exits "a connection to a blocked port times out" 28 on h1 curl -s -m 1 telnet://198.51.100.80:25
within "  and was counted" "$(stat fwd fwd no_smtp)" 1 3

# ---- what the kernel answers --------------------------------------------------------------
on h1 ping -c 1 -t 1 -W 2 198.51.100.80 >out 2>&1
says out 'From 10.1.0.1 .*Time to live exceeded' "TTL 1: the router answers"
on h1 ping -6 -c 1 -t 1 -W 2 2001:db8:f::80 >out 2>&1
says out 'From 2001:db8:1::1 .*Hop limit' "hop limit 1: the router answers"
on h1 ping -c 1 -t 2 -W 2 198.51.100.80 >out 2>&1
says out ' 0% packet loss' "TTL 2 gets through"
ip link set upa mtu 1400
on h1 ping -c 1 -M 'do' -s 1400 -W 2 198.51.100.80 >out 2>&1
says out 'Frag needed and DF set \(mtu = 1400\)' "too big: the router tells the path's MTU"
on h1 ping -6 -c 1 -s 1400 -W 2 2001:db8:f::80 >out 2>&1
says out 'Packet too big: mtu=1400' "too big over IPv6: the router tells the path's MTU"
check "curl gets through the narrower link" on h1 curl -s -m 20 -o got http://198.51.100.80/file
check "  is the same file" cmp got www/file
ip link set upa mtu 1500

# ---- back to the kernel -------------------------------------------------------------------
before=$(kernel_forwarded)
check "detach" "$RPOL" detach fwd
check "ping after detach" on h1 ping -q -c 5 -i 0.02 -W 2 198.51.100.80
within "the kernel forwards it" $(($(kernel_forwarded) - before)) 10 20
is "no pin is left" "$(pins)" ""
is "no XDP program is left" "$(ip link | grep -c 'prog/xdp')" 0
finish
