#!/bin/sh
# explain.sh: where policies run and why, and what becomes of rules, sets, tables, chains, groups.
# shellcheck source=tests/cli/lib.sh
. "$TOP/tests/cli/lib.sh"

python3 - >p.rpol <<'END'
print("interface wan = eth0;\ninterface lan = eth1;")
print("set many : prefix {", ", ".join("10.%d.0.0/16" % i for i in range(0, 60, 2)), "};")
print("set ports : port {", ", ".join(str(i) for i in range(1, 99, 2)), "};")
print("set few : prefix { 192.0.2.0/24, 2001:db8::/32 };")
print("nexthop n { via 203.0.113.1 dev wan; }\ngroup g { hash flow; n; }")
print("table t : lpm dst {", " ".join("10.%d.0.0/16 => drop;" % i for i in range(20)), "}")
print("chain c { a: tcp.dport in ports => drop; b: any => fib; }")
print("""policy p on wan at auto {
    default pass;
    one: src in many and not src in few => drop;  # a comment
    two: any => jump c;
    three: ttl > 5 => lookup t else route g;
}
policy q on lan at tc ingress { default drop; one: iface == lan => pass; }""")
END
run 0 "$RPOL" explain p.rpol
says out '^policy p$'
says out '^  at xdp: all that the policy uses exists at `xdp` \(p\.rpol:10:20\)$'
says out '^  at tc ingress, as the policy says$'
says out 'source: one: src in many and not src in few => drop;$'
says out 'set many: IPv4: memory set4_many: 30 entries as routes4 in [0-9]+ bytes \(one lookup'
says out 'set few: IPv4: 1 compared in code of its own \(so few .*; IPv6: 1 compared in code of its own'
says out 'set ports: bitmap of 16 bytes for 49 ranges \('
says out 'chain c: 2 rules, written at its jumps$'
says out 'table t: IPv4: memory table4_t: 20 entries as routes4'
says out 'group g: array map rpol_buckets: 256 entries, key 4 and value 2 bytes, 512 bytes$'
says out '^  c\.a$'

run 0 "$RPOL" explain p.rpol q.one
says out '^policy q$'
test "$(grep -c source: out)" = 1 || fail "one rule is explained"
run 0 "$RPOL" explain p.rpol c.b
says out '^  c\.b$'
run 0 "$RPOL" explain p.rpol one
test "$(grep -c source: out)" = 2 || fail "a label of two policies is explained for both"
run 64 "$RPOL" explain p.rpol nothing
says err 'no rule `nothing`'
run 64 "$RPOL" explain
run 64 "$RPOL" explain --format xml p.rpol
run 3 "$RPOL" explain none.rpol
echo 'policy' >bad.rpol
run 1 "$RPOL" explain bad.rpol

run 0 "$RPOL" explain --format json p.rpol
python3 - out <<'END' || fail "the JSON is right"
import json, sys
all = json.load(open(sys.argv[1]))
assert all["name"] == "p"
p, q = all["policies"]
assert (p["hook"], q["hook"]) == ("xdp", "tc ingress")
rules = {rule["label"]: rule for rule in p["rules"]}
assert list(rules) == ["one", "two", "three", "default", "c.a", "c.b"]
assert [use["name"] for use in rules["one"]["uses"]] == ["many", "few"]
assert rules["default"]["code"] is None and rules["three"]["line"] == 14
assert {thing["name"] for thing in all["things"]} == {"many", "ports", "few", "t", "g"}
END
# rules in a row: a list, in which structure, and why not in another
{
	echo 'interface wan = eth0; policy p on wan at xdp { default pass;'
	i=0
	while [ $i -lt 300 ]; do
		echo "r$i: src in 10.$((i % 200)).$((i / 200)).0/24 and tcp.dport == $((i * 37)) => drop;"
		i=$((i + 1))
	done
	echo 'low: ttl < 3 => count low, drop; on: vlan.id == 5 => continue; end: proto == gre => drop; }'
} >list.rpol
run 0 "$RPOL" explain list.rpol r7
says out '^  rules r0 to low are a list: [0-9]+ ns, where one by one they were [0-9]+$'
says out '^    IPv4: memory list4_p_0: 30[0-9] alternatives by [0-9]+ numbers in [0-9]+ bytes$'
says out '^      is  (classes|tuples|tree): [0-9]+ ns when a rule matches, [0-9]+ ns when none does, '
says out '^      looked up in the list$'
run 0 "$RPOL" explain --force-structure code list.rpol r7
says out '^      code: '
grep -q 'are a list' out && fail "code is no list"
for structure in classes tuples tree; do
	run 0 "$RPOL" explain --force-structure $structure list.rpol r7
	says out "^      is  $structure: "
	run 0 "$RPOL" build --force-structure $structure list.rpol -o $structure.o
	run 0 "$RPOL" dryrun $structure.o --pcap "$TOP/examples/samples/mixed.pcap" --engine interp
done
cmp -s classes.o tree.o && fail "structures make no difference"
run 0 "$RPOL" explain --memory 1KiB list.rpol r7
says out 'rules in a row that are no list: '
run 0 "$RPOL" explain --format json list.rpol r7
python3 - out <<'END' || fail "the JSON of a list is right"
import json, sys
program = json.load(open(sys.argv[1]))["policies"][0]
first, = program["lists"]
assert (first["first"], first["last"], first["rules"]) == ("r0", "low", 301)
assert first["list_ns"] < first["code_ns"]
part = first["parts"][0]
assert part["family"] == 4 and part["alternatives"] >= 300
assert part["chosen"] in {each["name"] for each in part["structures"] if not each["refused"]}
assert program["rules"][0]["listed"]
END
for size in 64 0MiB -1MiB 1TiB MiB 99999999999999999999GiB; do
	run 64 "$RPOL" explain --memory $size list.rpol
	says err 'is not a size; say one such as 64MiB'
done
run 64 "$RPOL" build --force-structure hash list.rpol -o x.o
says err 'hash'
finish
