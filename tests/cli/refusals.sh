#!/bin/sh
# What other programs say of ours is said at the policy's own line: the C compiler, the kernel's
# verifier; and a set that is large enough to be warned of.
# REFUSING is a program in the compiler's place that refuses line 4; LIAR refuses where it is told.
# shellcheck source=tests/cli/lib.sh
. "$TOP/tests/cli/lib.sh"

cat >two.rpol <<'END'
interface lan = eth1;
policy p on lan at xdp {
    first:  tcp.dport == 1 => drop;
    second: tcp.dport == 2 => drop;
    default pass;
}
END
RPOL_CLANG=$REFUSING run 1 "$RPOL" build two.rpol -o two.o
says err '^two\.rpol:4:[0-9]+: error\[E0801\]: .*no such thing'
[ ! -e two.o ] || fail "an object was written"

# a program that is no rpol-clang, or one of another build, compiles nothing
for program in /bin/true /bin/false /bin/cat; do
	RPOL_CLANG=$program run 3 "$RPOL" build two.rpol -o two.o
	says err "$program is not the C compiler of this build of rpol: install the rpol-clang"
done
"$MODULE" </dev/null >out 2>err && fail "rpol-clang does something by itself"
says err '^rpol-clang: rpol runs this program'
silent out
[ ! -e two.o ] || fail "an object was written"

: >empty.rpol
run 1 "$RPOL" build empty.rpol -o empty.o
says err '^rpol: empty\.rpol has no policy, so there is nothing to load; '
[ ! -e empty.o ] || fail "an object of nothing was written"

export RPOL_CLANG="$MODULE" # LIAR lives in a folder of its own
LIAR_REFUSES=3 run 1 "$LIAR" dryrun two.rpol --pcap "$mixed"
says err '^two\.rpol:3:5: error\[E0802\]: the verifier refused the program: too intricate$'
says err '^  3 \|     first:  tcp\.dport == 1 => drop;$'
silent out

awk 'BEGIN { for (i = 0; i < 100001; i++) printf "10.%d.%d.%d\n", i / 65536, i / 256 % 256, i % 256 }' >large.txt
cat >large.rpol <<'END'
interface lan = eth1;
set large : (src, dst) from file "pairs.txt";
policy p on lan at xdp { default pass; known: (src, dst) in large => drop; }
END
sed 's/.*/(&, 192.0.2.1)/' large.txt >pairs.txt
run 0 "$RPOL" check large.rpol
says err '^large\.rpol:2:5: warning\[W0909\]: set .large. has 100001 entries'
finish
