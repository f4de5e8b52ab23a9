"""policies.py KIND COUNT FOLDER: writes FOLDER/KIND-COUNT.rpol, a policy whose size is COUNT.

rules   COUNT rules, of the kinds that are written by hand: addresses, prefixes, ports, lists, flags,
        ranges, conjunctions, alternatives; each is reached by some packet
list    one set of COUNT prefixes, written in the policy
file    the same from a file of entries beside it
table   a table of COUNT prefixes from a file
start   one policy without rules, whatever COUNT: what the program costs by itself

The same arguments give the same text; nothing is random that a seed does not say."""
import pathlib
import random
import sys

LAN = "interface lan = eth1;\n"
UP = "interface wan = eth0;\nnexthop up { via 192.0.2.1 dev wan; }\n"
BOGONS = "set bogons : prefix { 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 };\n"


def prefixes(count):
    """Of different /24s, as a routing table has them: none covers another."""
    chosen = random.Random(count).sample(range(0x010000, 0xdfffff), count)
    return [f"{n >> 16}.{n >> 8 & 255}.{n & 255}.0/24" for n in chosen]


def rules(count):
    conditions = (
        "src in {prefix}",
        "dst == {address} and tcp.dport == {port}",
        "src in {prefix} and udp.dport in {{ {port}, {other} }}",
        "proto == tcp and dport in {port}..{high} and dst in {prefix}",
        "(src == {address} or dst == {address}) and ttl > 3",
        "tcp.flags has syn and not tcp.flags has ack and src in {prefix}",
        "dst in {{ {prefix}, 2001:db8::{port:x} }} and not src in bogons",
        "icmp.type == echo_request and src == {address} and len > {port}",
    )
    verdicts = ("drop", "pass", "route up", "fib")
    pick = random.Random(count)
    yield UP + BOGONS + "policy p on lan at xdp {\n    default pass;\n"
    for i, prefix in enumerate(prefixes(count)):
        port = pick.randrange(1, 60000)
        condition = conditions[i % len(conditions)].format(
            prefix=prefix, address=prefix.replace(".0/24", f".{i % 250 + 1}"), port=port,
            other=port + 1, high=port + 9)
        yield f"    rule{i}: {condition} => {pick.choice(verdicts)};\n"
    yield "}\n"


def main(kind, count, folder):
    path = pathlib.Path(folder, f"{kind}-{count}.rpol")
    entries = path.with_suffix(".txt")
    lines = prefixes(count) if kind in ("list", "file", "table") else []
    use = "policy p on lan at xdp {\n    default pass;\n    hit: "
    if kind == "start":
        body = "policy p on lan at xdp { default pass; }\n"
    elif kind == "rules":
        body = "".join(rules(count))
    elif kind == "list":
        body = "set s : prefix {\n    " + ",\n    ".join(lines) + "\n};\n" + use + "src in s => drop;\n}\n"
    elif kind == "file":
        entries.write_text("\n".join(lines) + "\n")
        body = f'set s : prefix from file "{entries.name}";\n' + use + "src in s => drop;\n}\n"
    elif kind == "table":
        entries.write_text("".join(f"{line} {'drop' if i % 2 else 'route up'}\n"
                                   for i, line in enumerate(lines)))
        body = UP + f'table t : lpm dst from file "{entries.name}";\n' + use + "any => lookup t;\n}\n"
    else:
        sys.exit(f"policies.py: there is no kind {kind}")
    path.write_text(LAN + body)
    print(path)


main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
