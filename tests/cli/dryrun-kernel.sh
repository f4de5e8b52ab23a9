#!/bin/sh
# rpol dryrun on both engines: they agree, the host is not touched, an object is as good as a text.
# shellcheck source=tests/cli/lib.sh
. "$TOP/tests/cli/lib.sh"
need_root

total=$(tcpdump -nr "$sample" 2>/dev/null | wc -l)
ip -o link >links.before
ls /sys/fs/bpf >pins.before 2>/dev/null

run 0 "$RPOL" dryrun "$router" --pcap "$sample"
silent err
[ "$(tail -n 1 out)" = "$total packets judged by 2 engines (interpreter, kernel), 0 disagreements" ] ||
	fail "last line: $(tail -n 1 out)"
sed '$d' out >both
run 0 "$RPOL" dryrun "$router" --pcap "$sample" --engine interp
sed '$d' out >interp
run 0 "$RPOL" dryrun "$router" --pcap "$sample" --engine kernel
[ "$(tail -n 1 out)" = "$total packets judged by 1 engine (kernel), 0 disagreements" ] ||
	fail "last line: $(tail -n 1 out)"
sed '$d' out >kernel
cmp -s both interp || { fail "both and interp report differently"; diff both interp; }
cmp -s both kernel || { fail "both and kernel report differently"; diff both kernel; }

run 0 "$RPOL" dryrun "$router" --pcap "$sample" --engine both --format json --per-packet
python3 "$TOP/tests/cli/report.py" out "$total" per-packet || fail "the JSON report"
run 0 "$RPOL" dryrun "$router" --pcap "$mixed" --engine both
says out ' judged by 2 engines \(interpreter, kernel\), 0 disagreements$'

# actions: the frames, what is beside them, and the counters they name
for at in xdp "tc ingress"; do
	beside="" && [ "$at" = xdp ] || beside="mark 7, priority 5,"
	cat >actions.rpol <<END
interface lan = eth0;
policy actions on lan at $at {
    default pass;
    a: any => $beside count seen, continue;
    b: src in 0.0.0.0/0 => set src 192.0.2.7, set ttl 9, set dscp ef, set sport 7, count four, pass;
    c: src in ::/0 => set dst 2001:db8::7, set dport 7, set ecn ce, vlan push 9, count six, pass;
}
END
	for capture in "$sample" "$mixed"; do
		run 0 "$RPOL" dryrun actions.rpol --pcap "$capture" --on lan --engine both
		says out ' judged by 2 engines \(interpreter, kernel\), 0 disagreements$'
		run 0 "$RPOL" dryrun actions.rpol --pcap "$capture" --on lan --engine interp --per-packet
		sed '$d' out >interp
		run 0 "$RPOL" dryrun actions.rpol --pcap "$capture" --on lan --engine kernel --per-packet
		sed '$d' out >kernel
		cmp -s interp kernel || { fail "actions at $at"; diff interp kernel; }
	done
done

# numbers past half of 32 bits: above and below ranges of them
cat >large.rpol <<'END'
interface lan = eth1;
policy p on lan at tc ingress {
    default drop;
    over:   mark in 3000000000..4000000000 => drop;
    set:    any                            => mark 3500000000, continue;
    under:  mark in 4000000000..4294967295 => drop;
    inside: mark in 3000000000..4000000000 => pass;
}
END
run 0 "$RPOL" dryrun large.rpol --pcap "$sample" --on lan
says out "^  inside +[0-9]+ .* pass$"
says out ' judged by 2 engines \(interpreter, kernel\), 0 disagreements$'

# cut anywhere, both see the same bytes; what the kernel takes no such frame for is said
for snap in 10 20 34 40 60; do
	python3 "$TOP/tests/cli/snap.py" "$mixed" snap.pcap $snap
	run 0 "$RPOL" dryrun "$router" --pcap snap.pcap --engine both
	says out ' cut short by the capture'
	says out ', 0 disagreements$'
done

# an object
run 0 "$RPOL" build "$router" -o router.o
run 0 "$RPOL" dryrun router.o --pcap "$sample" --engine both
sed '$d' out >object
cmp -s both object || { fail "the object is judged differently"; diff both object; }
rm -f router.o

# the packets as they leave are the same
"$RPOL" dryrun "$router" --pcap "$sample" --engine interp --out a.pcapng >/dev/null
"$RPOL" dryrun "$router" --pcap "$sample" --engine kernel --out b.pcapng >/dev/null
cmp -s a.pcapng b.pcapng || fail "the engines' --out differ"

ip -o link >links.after
ls /sys/fs/bpf >pins.after 2>/dev/null
# (only the names: counters of the host's own traffic are not in there)
cmp -s links.before links.after || { fail "the host's devices changed"; diff links.before links.after; }
cmp -s pins.before pins.after || fail "something is pinned"
finish
