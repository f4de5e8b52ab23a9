#!/bin/sh
# rpol dryrun by the interpreter, without privilege: table, JSON, one line a packet, --out, --on,
# damaged captures.
# shellcheck source=tests/cli/lib.sh
. "$TOP/tests/cli/lib.sh"

dry() {
	code=$1
	shift
	run "$code" "$RPOL" dryrun --engine interp "$@"
}
total=$(tcpdump -nr "$sample" 2>/dev/null | wc -l)

# ---- the table
dry 0 "$router" --pcap "$sample"
silent err
says out '^policy out on lan \(eth1\) at xdp: [0-9]+ packets$'
says out '^policy back on uplink_a \(eth2\), uplink_b \(eth3\) at tc ingress: [0-9]+ packets$'
says out '^  rule  +packets  +bytes  verdict$'
says out '^  rest4  +[0-9]+  +[0-9]+  route both$'
says out '^  default  +[0-9]+  +[0-9]+  fib$'
[ "$(tail -n 1 out)" = "$total packets judged by 1 engine (interpreter), 0 disagreements" ] ||
	fail "last line: $(tail -n 1 out)"
cp out first
dry 0 "$router" --pcap "$sample"
cmp -s out first || fail "the same replay gives another answer"

# every rule of the example gets something from its sample
awk '/^  rule/ { on = 1; next } /^$/ || /^policy/ || /^  verdicts/ { on = 0 } on && $2 == 0' out >idle
[ ! -s idle ] || fail "the sample does not reach: $(cat idle)"

# ---- who judges
dry 0 "$router" --pcap "$sample" --on lan
says out "^policy out on lan \(eth1\) at xdp: $total packets\$"
says out '^policy back .*: 0 packets$'
dry 0 "$router" --pcap "$sample" --on eth2
says out "^policy back .*: $total packets\$"
# a device is one by whatever name, and a name is all of its devices
cat >several.rpol <<'END'
interface one     = eth3;
interface servers = eth2, eth3;
policy p on servers at xdp { default pass; }
policy q on one at tc ingress { default pass; }
END
for on in servers one eth3; do
	dry 0 several.rpol --pcap "$mixed" --on $on
	[ "$(grep -c '^policy .*: 162 packets$' out)" = 2 ] || fail "--on $on is not all of them"
done
dry 0 several.rpol --pcap "$mixed" --on eth2
says out '^policy q .*: 0 packets$'
dry 0 "$router" --pcap "$mixed"
says out '^nothing names the interface of these packets: every policy judges each'
small_policy
dry 0 small.rpol --pcap "$sample"
says out "^$total packets not judged: no policy on "
says out '^0 packets judged by 1 engine'

# ---- machines
dry 0 "$router" --pcap "$sample" --format json
python3 "$TOP/tests/cli/report.py" out "$total" || fail "the JSON report"
dry 0 "$router" --pcap "$sample" --format json --per-packet
python3 "$TOP/tests/cli/report.py" out "$total" per-packet || fail "the JSON lines"
dry 0 "$router" --pcap "$sample" --per-packet
[ "$(grep -c '^#' out)" = "$total" ] || fail "not a line for each packet"
says out '^#[0-9]+ out\.rest4: route [ab]b?, leaves by uplink_[ab]; eth\.dst .* -> .*ttl 64 -> 63, checksum'
dry 0 small.rpol --pcap "$sample" --per-packet --format json
says out '^\{"packet":1,"policy":null,"rule":null,"verdict":null,"interface":"lan"\}$'

# ---- what actions change
cat >actions.rpol <<'END'
interface lan = eth0;
policy actions on lan at tc ingress {
    default pass;
    a: any => mark 7, priority 4294967295, count seen, continue;
    b: src in 0.0.0.0/0 => set ecn ce, vlan push 9, set vlan.pcp 5, count four, pass;
}
END
dry 0 actions.rpol --pcap "$sample" --on lan --per-packet
says out '^#[0-9]+ actions\.default: pass; mark 0 -> 7, priority 0 -> 4294967295$'
says out '^#[0-9]+ actions\.b: pass; vlan.id none -> 9, vlan.pcp none -> 5, ecn 0 -> 3, checksum .*, mark 0 -> 7, '
says out '^seen +[0-9]+ +[0-9]+$'
dry 0 actions.rpol --pcap "$sample" --on lan --per-packet --format json
says out '"rewritten":\{.*"vlan.pcp":\[null,5\],"ecn":\[0,3\],.*"mark":\[0,7\],"priority":\[0,4294967295\]\}'

# ---- the packets as they leave
dry 0 "$router" --pcap "$sample" --out left.pcapng
tcpdump -nr left.pcapng >left.txt 2>/dev/null || fail "tcpdump cannot read --out"
gone=$("$RPOL" dryrun --engine interp "$router" --pcap "$sample" --per-packet | grep -c ': drop')
[ "$(wc -l <left.txt)" = $((total - gone)) ] || fail "--out has not all but the dropped packets"
grep -aq 'policy out, rule rest4: route' left.pcapng || fail "no comment with the verdict"
for name in lan uplink_a uplink_b fib kernel; do
	grep -aq "$name" left.pcapng || fail "no interface $name in --out"
done
# and it is a capture like any other
dry 0 "$router" --pcap left.pcapng --on lan
run 3 "$RPOL" dryrun --engine interp "$router" --pcap "$sample" --out no/such/x.pcapng

# ---- captures
# shellcheck disable=SC2016 # the inner shell expands
run 0 sh -c '"$0" dryrun --engine interp "$1" --pcap - <"$2"' "$RPOL" "$router" "$sample"
[ "$(tail -n 1 out | cut -d' ' -f1)" = "$total" ] || fail "a capture on standard input"
dry 3 "$router" --pcap missing.pcap
says err 'missing\.pcap'
dry 3 "$router" --pcap "$router"
says err 'router\.rpol'
dry 3 "$router" --pcap .
: >empty.pcap
dry 3 "$router" --pcap empty.pcap
for file in "$sample" "$mixed"; do
	size=$(stat -c %s "$file")
	head -c $((size / 2)) "$file" >half.pcap
	dry 3 "$router" --pcap half.pcap
	says err 'packet [0-9]+'
	says out '^[1-9][0-9]* packets? judged by 1 engine'
	dry 3 "$router" --pcap half.pcap --format json
	python3 "$TOP/tests/cli/report.py" out - || fail "JSON of a damaged capture"
done
python3 "$TOP/tests/cli/snap.py" "$mixed" snap.pcap 40
dry 0 "$router" --pcap snap.pcap
says out '^[1-9][0-9]* packets cut short by the capture'
dry 0 "$router" --pcap snap.pcap --format json
says out '"cut":[1-9]'
finish
