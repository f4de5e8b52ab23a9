#!/bin/sh
# Engines that disagree: exit 1, each shown with all it takes to see it again, the first ten of them.
# LIAR is rpol with a kernel engine that says `pass` of everything.
# shellcheck source=tests/cli/lib.sh
. "$TOP/tests/cli/lib.sh"

export RPOL_CLANG="$MODULE" # it lives in a folder of its own
run 1 "$LIAR" dryrun "$router" --pcap "$sample"
says out ' judged by 2 engines \(interpreter, kernel\), [1-9][0-9]* disagreements$'
says err '^disagreement at packet 1, policy out on lan at xdp$'
says err '^  interpreter: rule default, fib, left to the kernel: not-ip, leaves by kernel$'
says err '^  kernel: rule default, pass, leaves by kernel$'
says err '^  frame \([0-9]+ bytes\) [0-9a-f]+$'
says err "^  interpreter's output \\([0-9]+ bytes\\) [0-9a-f]+\$"
says err "^  kernel's output "
[ "$(grep -c '^disagreement at' err)" = 10 ] || fail "not ten are shown"
says err '^further disagreements are counted, not shown$'
says err '^disagreement in the counter of rule rest4, policy out: interpreter [0-9]+ packets'

run 1 "$LIAR" dryrun "$router" --pcap "$sample" --format json --per-packet
says out '^\{"packet":2,"policy":"out","rule":"rest4",.*"bytes":"[0-9a-f]+","mark":0,"priority":0,"kernel":\{"rule":"default","verdict":"pass",'
says out '"disagreements":[1-9]'
run 1 "$LIAR" dryrun "$router" --pcap "$sample" --per-packet
says out '\(the kernel disagrees\)$'
# the report is the interpreter's
run 0 "$RPOL" dryrun "$router" --pcap "$sample" --engine interp --out a.pcapng
run 1 "$LIAR" dryrun "$router" --pcap "$sample" --out b.pcapng
cmp -s a.pcapng b.pcapng || fail "--out is not the interpreter's"
# a mark alone that differs, and a counter of an action's
cat >marks.rpol <<'END'
interface lan = eth0;
policy marks on lan at tc ingress {
    default pass;
    all: any => mark 7, priority 5, count seen, continue;
}
END
run 1 "$LIAR" dryrun marks.rpol --pcap "$sample" --on lan --per-packet
says out '^#1 marks\.default: pass; mark 0 -> 7, priority 0 -> 5  \(the kernel disagrees\)$'
says err '^  interpreter: rule default, pass, leaves by kernel, mark 7, priority 5$'
says err '^  kernel: rule default, pass, leaves by kernel$'
says err '^disagreement in the counter of name seen: interpreter [1-9][0-9]* packets, .* kernel 0 packets'
run 1 "$LIAR" dryrun marks.rpol --pcap "$sample" --on lan --per-packet --format json
says out '^\{"packet":1,.*"mark":7,"priority":5,"kernel":\{.*"mark":0,"priority":0\}\}$'
# a damaged capture does not hide it
head -c 20000 "$sample" >half.pcapng
run 1 "$LIAR" dryrun "$router" --pcap half.pcapng
says err 'packet [0-9]+: '
finish
