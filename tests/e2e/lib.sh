# lib.sh: what the end-to-end tests share. Sourced as `. "$TOP/tests/e2e/lib.sh"`; the test then
# runs again, in namespaces of its own that end with it: network, mounts, processes. RPOL is the
# program, TOP the repository. Every check is one line, `ok - …` or `not ok - …`.
#
# The network (made by `network`): h1 is a host behind the router's port lan0; h2 and h3 are reached
# over its ports upa and upb, and both have the far addresses 198.51.100.80 and 2001:db8:f::80. The
# router is the test's own namespace, so that `rpol` needs no prefix.
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
set -u
PATH=/usr/sbin:/usr/bin:/sbin:/bin:$PATH # the system's own tools, not a wrapper's

for tool in ip ping tcpdump ethtool python3 curl iperf3 nstat unshare; do
	command -v $tool >/dev/null || { echo "not ok - $tool is missing on this machine"; exit 1; }
done
if [ "$(id -u)" != 0 ]; then
	[ -n "${CI:-}" ] && { echo "not ok - needs root, and this is CI"; exit 1; }
	echo "skipped: end-to-end tests need root (network namespaces, BPF)"
	exit 77
fi
if [ -z "${RPOL_E2E_INSIDE:-}" ]; then
	# With a process namespace everything started inside ends when this does, however it ends.
	RPOL_E2E_INSIDE=1 exec unshare -n -m -p -f --kill-child --mount-proc --propagation private \
		sh "$0" "$@"
fi

work=$(mktemp -d)
trap 'status=$?; rm -rf "$work"; exit $status' EXIT
trap 'exit 1' INT TERM HUP
cd "$work" || exit 1
mkdir -p /run/netns
mount -t tmpfs none /run/netns
mount -t bpf bpf /sys/fs/bpf || { echo "not ok - no BPF file system"; exit 1; }
ln -s "$TOP/tests/e2e/net.py" net.py # the repository's folder may have any name
net="python3 $work/net.py"
failures=0

ok() { echo "ok - $*"; }
not_ok() {
	echo "not ok - $*"
	failures=$((failures + 1))
}
# check TEXT COMMAND…: the command succeeds. Its output is shown when it does not.
check() {
	text=$1
	shift
	if "$@" >"$work/check.out" 2>&1; then
		ok "$text"
	else
		not_ok "$text"
		echo "    $*" | head -c 400
		echo
		head -30 "$work/check.out" | sed 's/^/    /'
	fi
}
# is TEXT GOT WANTED: equal words.
is() {
	if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1: got \`$2\`, wanted \`$3\`"; fi
}
# within TEXT GOT LOW HIGH: numbers, both ends included.
within() {
	if [ "$2" -ge "$3" ] && [ "$2" -le "$4" ]; then
		ok "$1 ($2)"
	else
		not_ok "$1: $2 is not within $3..$4"
	fi
}
# says FILE PATTERN TEXT: extended regular expression.
says() {
	if grep -Eq -- "$2" "$1"; then
		ok "$3"
	else
		not_ok "$3: no \`$2\` in"
		head -20 "$1" | sed 's/^/    /'
	fi
}
# exits TEXT CODE COMMAND…: its output is left in $work/out.
exits() {
	text=$1 code=$2
	shift 2
	"$@" >"$work/out" 2>&1
	got=$?
	if [ $got = "$code" ]; then
		ok "$text"
	else
		not_ok "$text: exit status $got, wanted $code"
		head -30 "$work/out" | sed 's/^/    /'
	fi
}
finish() {
	[ $failures = 0 ] && exit 0
	echo "$failures checks failed"
	exit 1
}

on() {
	namespace=$1
	shift
	nsenter --net=/run/netns/"$namespace" "$@"
}
# The same as words, for commands in the background whose process must be the command's own.
in_h1="nsenter --net=/run/netns/h1"
in_h2="nsenter --net=/run/netns/h2"
in_h3="nsenter --net=/run/netns/h3"

# wire HOST PORT N: a cable from HOST's eth0 to the router's PORT.
wire() {
	ip link add "$2" address 02:00:00:00:00:0"$3" type veth peer name eth0 \
		netns "$1" address 02:00:00:00:01:0"$3"
	# What XDP gives a veth arrives only where NAPI runs: GRO on the far end sees to that. XDP
	# also carries no promises of checksums to come, nor segments larger than a frame.
	on "$1" ethtool -K eth0 gro on tx off tso off gso off >/dev/null
	ip link set "$2" up
	on "$1" ip link set eth0 up
}

network() {
	for host in h1 h2 h3; do
		ip netns add $host
		on $host sh -c 'for f in all default; do
			echo 0 >/proc/sys/net/ipv6/conf/$f/accept_dad
			echo 0 >/proc/sys/net/ipv4/conf/$f/rp_filter; done'
		on $host ip link set lo up
	done
	for f in all default; do
		echo 0 >/proc/sys/net/ipv6/conf/$f/accept_dad
		echo 0 >/proc/sys/net/ipv4/conf/$f/rp_filter
	done
	ip link set lo up
	wire h1 lan0 1
	wire h2 upa 2
	wire h3 upb 3
	echo 1 >/proc/sys/net/ipv4/ip_forward
	echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
	# ICMP errors are rationed by default; tests want each.
	echo 0 >/proc/sys/net/ipv4/icmp_ratelimit
	echo 0 >/proc/sys/net/ipv6/icmp/ratelimit
	ip addr add 10.1.0.1/24 dev lan0
	ip addr add 2001:db8:1::1/64 dev lan0 nodad
	ip addr add 203.0.113.2/30 dev upa
	ip addr add 2001:db8:a::2/64 dev upa nodad
	ip addr add 203.0.113.6/30 dev upb
	ip addr add 2001:db8:b::2/64 dev upb nodad
	on h1 ip addr add 10.1.0.2/24 dev eth0
	on h1 ip addr add 2001:db8:1::2/64 dev eth0 nodad
	on h1 ip route add default via 10.1.0.1
	on h1 ip -6 route add default via 2001:db8:1::1
	on h2 ip addr add 203.0.113.1/30 dev eth0
	on h2 ip addr add 2001:db8:a::1/64 dev eth0 nodad
	on h2 ip route add default via 203.0.113.2
	on h2 ip -6 route add default via 2001:db8:a::2
	on h3 ip addr add 203.0.113.5/30 dev eth0
	on h3 ip addr add 2001:db8:b::1/64 dev eth0 nodad
	on h3 ip route add default via 203.0.113.6
	on h3 ip -6 route add default via 2001:db8:b::2
	for host in h2 h3; do
		on $host ip addr add 198.51.100.80/32 dev lo
		on $host ip addr add 2001:db8:f::80/128 dev lo nodad
	done
	ip route add 198.51.100.0/24 via 203.0.113.1
	ip -6 route add 2001:db8:f::/48 via 2001:db8:a::1
}

# Makes the router know its neighbours, so that no first packet goes by the kernel.
acquaint() {
	for address in 10.1.0.2 203.0.113.1 203.0.113.5 2001:db8:1::2 2001:db8:a::1 2001:db8:b::1; do
		ping -q -c 1 -W 2 $address >/dev/null || not_ok "the router reaches $address"
	done
}

# The hook a test was asked for, as `at` writes it, and the options of apply for it.
hook() {
	case $1 in
	xdp) at=xdp how= ;;
	tcx) at="tc ingress" how="--tc tcx" ;;
	clsact) at="tc ingress" how="--tc clsact" ;;
	*)
		echo "not ok - which hook? xdp, tcx or clsact"
		exit 1
		;;
	esac
}

# Packets that the kernel itself forwarded, both families, since the namespace began.
kernel_forwarded() {
	nstat -asz IpForwDatagrams Ip6OutForwDatagrams | awk '/Forw/ { n += $2 } END { print n + 0 }'
}

# stat DEPLOYMENT POLICY LABEL [packets|bytes]
stat() {
	"$RPOL" stats "$1" --format json | python3 -c '
import json, sys
for d in json.load(sys.stdin):
    for p in d["policies"]:
        for r in p["rules"]:
            if (p["name"], r["label"]) == (sys.argv[1], sys.argv[2]):
                print(r[sys.argv[3]])' "$2" "$3" "${4:-packets}"
}

# counted DEPLOYMENT NAME: packets in a counter that actions name
counted() {
	"$RPOL" stats "$1" --format json | python3 -c '
import json, sys
for d in json.load(sys.stdin):
    for c in d["counters"]:
        if c["name"] == sys.argv[1]:
            print(c["packets"])' "$2"
}

# Frames that come to a host or leave it, a line each, from `capture HOST FILE TCPDUMP-ARGUMENT…`
# until `captured`.
capture() {
	host=$1 dump=$2
	shift 2
	nsenter --net=/run/netns/"$host" tcpdump -q -e -nn -l -i eth0 "$@" >"$dump" 2>"$dump.err" &
	dumper=$!
	eventually grep -q listening "$dump.err"
}
captured() {
	sleep 0.5
	kill $dumper
	wait $dumper 2>/dev/null
}

# Waits until the command succeeds, at most 10 s.
eventually() {
	for _ in $(seq 100); do
		"$@" >/dev/null 2>&1 && return
		sleep 0.1
	done
	return 1
}

# What is pinned in the BPF file system (the kernel's own two files aside).
pins() { find /sys/fs/bpf -mindepth 1 -type f ! -name '*.debug' | sort; }

apply() { "$RPOL" apply "$@"; }
