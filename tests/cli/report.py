"""Checks the JSON of `rpol dryrun`: report.py FILE PACKETS|- [per-packet]."""
import json
import sys

lines = [json.loads(line) for line in open(sys.argv[1])]
report = lines.pop()
per_packet = len(sys.argv) > 3

assert list(report)[:4] == ["packets", "engines", "disagreements", "policies"], list(report)
assert set(report) <= {"packets", "engines", "disagreements", "policies", "cut", "not_judged",
                       "not_judged_by_kernel"}
if sys.argv[2] != "-":
    assert report["packets"] == int(sys.argv[2]), report["packets"]
assert report["engines"] and set(report["engines"]) <= {"interp", "kernel"}
assert report["disagreements"] == 0
for policy in report["policies"]:
    assert list(policy)[:4] == ["name", "hook", "verdicts", "rules"], list(policy)
    assert policy["hook"] in ("xdp", "tc ingress", "tc egress")
    assert policy["rules"][-1]["label"] == "default"
    for rule in policy["rules"]:
        assert list(rule) == ["label", "packets", "bytes", "verdict"], rule
        assert rule["bytes"] >= rule["packets"] >= 0
        assert isinstance(rule["verdict"], str) and rule["verdict"]
    assert all(n > 0 for n in policy["verdicts"].values())

assert bool(lines) == per_packet, len(lines)
seen = {policy["name"]: {} for policy in report["policies"]}
for line in lines:
    assert list(line)[:6] == ["packet", "policy", "rule", "verdict", "handed", "out"], line
    assert "kernel" not in line
    word = line["verdict"].split()[0]
    counts = seen[line["policy"]]
    counts[word] = counts.get(word, 0) + 1
    for pair in line["rewritten"].values():
        assert len(pair) == 2 and pair[0] != pair[1], line
    if line["handed"] or word in ("drop", "pass"):
        assert not line["rewritten"], line
    elif word in ("fib", "route"):
        old, new = line["rewritten"]["ttl"]
        assert new == old - 1, line
    assert (line["out"] is None) == (word == "drop"), line
if per_packet:
    for policy in report["policies"]:
        assert seen[policy["name"]] == policy["verdicts"], (seen, policy["verdicts"])
