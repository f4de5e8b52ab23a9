#!/bin/sh
# nollvm.sh: an object deploys where LLVM is not; a text says there what is missing.
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
END
check "build with LLVM" "$RPOL" build fwd.rpol -o fwd.o
check "rpol itself links no LLVM" sh -c '! ldd "$RPOL" | grep -Ei "llvm|clang"'

# Out of reach: the compiler's program, with all of LLVM in it.
mount --bind /dev/null "$(dirname "$RPOL")/rpol-clang"
unset RPOL_CLANG
exits "apply of the text fails" 3 apply fwd.rpol
says out 'LLVM|llvm|clang' "  and says what is missing"
says out 'install' "  and what to do"
exits "apply of the object" 0 apply fwd.o
check "ping" on h1 ping -q -c 5 -i 0.02 -W 2 198.51.100.80
is "the kernel forwarded nothing" "$(kernel_forwarded)" 0
check "check of the text needs no LLVM" "$RPOL" check fwd.rpol
check "status, stats" sh -c '"$RPOL" status && "$RPOL" stats'
check "dryrun of the object, by both engines" "$RPOL" dryrun fwd.o \
	--pcap "$TOP/examples/samples/mixed.pcap" --engine both
check "detach" "$RPOL" detach fwd
finish
