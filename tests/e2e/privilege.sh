#!/bin/sh
# privilege.sh: nobody with CAP_BPF and CAP_NET_ADMIN (and CAP_PERFMON, for full speed) is enough;
# with less, rpol says what it lacks.
# shellcheck source=tests/e2e/lib.sh
. "$TOP/tests/e2e/lib.sh"
network
acquaint

cat >fwd.rpol <<END
interface lan = lan0;
interface a   = upa;
policy fwd on lan, a at xdp {
    default fib;
}
policy seen on a at tc ingress {
    default pass;
}
END
# Where nobody can read and run it, wherever the build folder is.
mkdir program
cp "$RPOL" program/rpol
cp "${MODULE:-$(dirname "$RPOL")/rpol-clang}" program/ 2>/dev/null
cp "$TOP/examples/router.rpol" "$TOP/examples/bogons.txt" "$TOP/examples/samples/router.pcapng" .
chmod -R a+rX "$work"
RPOL=$work/program/rpol

as() { # as CAPABILITIES COMMAND…: nobody, with these (comma-separated, each with its +)
	caps=$1
	shift
	setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps "-all${caps:+,$caps}" \
		--ambient-caps "-all${caps:+,$caps}" --bounding-set "-all${caps:+,$caps}" \
		--no-new-privs "$@"
}
exits "apply with no capability fails" 3 as "" "$RPOL" apply fwd.rpol
says out 'CAP_BPF' "  and names CAP_BPF"
exits "apply with CAP_BPF alone fails" 3 as "+bpf" "$RPOL" apply fwd.rpol
says out 'CAP_NET_ADMIN' "  and names CAP_NET_ADMIN"
all=+bpf,+net_admin,+perfmon
chmod 755 /sys/fs/bpf
exits "apply where the BPF file system is not ours fails" 3 as $all "$RPOL" apply fwd.rpol
says out '/sys/fs/bpf' "  and names it"
chown 65534 /sys/fs/bpf
is "nothing was left attached" "$(ip link | grep -c 'prog/xdp')" 0
exits "apply without CAP_PERFMON" 0 as "+bpf,+net_admin" "$RPOL" apply fwd.rpol
says out 'without CAP_PERFMON' "  says that it is slower"
check "  ping" on h1 ping -q -c 5 -i 0.02 -W 2 198.51.100.80
is "  the kernel forwarded nothing" "$(kernel_forwarded)" 0
exits "  detach" 0 as "+bpf,+net_admin" "$RPOL" detach fwd
exits "apply with CAP_BPF, CAP_NET_ADMIN, CAP_PERFMON" 0 as $all "$RPOL" apply fwd.rpol
check "  ping" on h1 ping -q -c 5 -i 0.02 -W 2 198.51.100.80
is "  the kernel forwarded nothing" "$(kernel_forwarded)" 0
exits "  the same again" 0 as $all "$RPOL" apply fwd.rpol
says out 'nothing to change' "    changes nothing"
exits "  stats" 0 as "+bpf,+net_admin" "$RPOL" stats fwd
exits "  detach" 0 as "+bpf,+net_admin" "$RPOL" detach fwd
is "no pin is left" "$(pins)" ""

exits "dryrun without capability, interpreter" 0 as "" "$RPOL" dryrun router.rpol --pcap router.pcapng --engine interp
exits "dryrun without capability, both" 3 as "" "$RPOL" dryrun router.rpol --pcap router.pcapng --engine both
says out 'CAP_BPF|CAP_NET_ADMIN|CAP_SYS_ADMIN' "  says which it lacks"
exits "dryrun without CAP_PERFMON, both" 0 as "+bpf,+net_admin" "$RPOL" dryrun router.rpol --pcap router.pcapng --engine both
says out ' 0 disagreements' "  agree"
exits "dryrun of both engines with all three" 0 as $all "$RPOL" dryrun router.rpol --pcap router.pcapng --engine both
says out ' 0 disagreements' "  agree"
finish
