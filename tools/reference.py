#!/usr/bin/env python3
"""reference.py [--check]: writes docs/fields.md and docs/verbs.md from the tables of the language.

With --check it writes nothing and fails when a page is not what it would write."""
import pathlib
import re
import sys

top = pathlib.Path(__file__).resolve().parent.parent
tables = top / "lang/include/rpol"

# How a page says what a type takes: its name, and how its numbers are written.
TYPES = {
    "BOOL": ("true or false", None),
    "NUMBER": ("number", "{}"),
    "PORT": ("port", "{}"),
    "PROTO": ("protocol", "{}"),
    "DSCP": ("DSCP", "{}"),
    "FLAGS": ("TCP flags", None),
    "ETHERTYPE": ("EtherType", "{:#06x}"),
    "VLAN": ("VLAN identifier", "{}"),
    "ICMP_TYPE": ("ICMP type", "{}"),
    "ICMP6_TYPE": ("ICMPv6 type", "{}"),
    "ECN": ("ECN", "{}"),
    "ARP_OP": ("ARP operation", "{}"),
    "TIME": ("time of day", None),
    "WEEKDAY": ("day of the week", None),
    "MAC": ("MAC address", None),
    "ADDR": ("address", None),
    "IFACE": ("interface", None),
}

LAYERS = {
    "ALWAYS": "all",
    "L2": "14 bytes",
    "ETH": "an EtherType",
    "VLAN": "a tag",
    "VLAN2": "two tags",
    "IP": "IPv4 or IPv6",
    "PROTO": "a known protocol",
    "PORTS": "ports",
    "TCP": "TCP",
    "UDP": "UDP",
    "ICMP": "ICMP (IPv4)",
    "ICMP6": "ICMPv6",
    "GRE": "GRE",
    "GRE_KEY": "a GRE key",
    "VXLAN": "VXLAN",
    "IP4": "IPv4",
    "IP6": "IPv6",
    "ARP": "ARP",
    "MPLS": "MPLS",
}

HOOKS = {"X": "xdp", "I": "tc ingress", "E": "tc egress"}

OPERANDS = {
    "NONE": "{}",
    "ROUTE": "{} X [else V]",
    "TABLE": "{} T [else V]",
    "IFACE": "{} I",
    "CHAIN": "{} N",
    "CPU": "{} N\\|spread",
}


def rows(name, macro):
    """The arguments of each row of a table: words and strings, the latter without quotes."""
    text = re.sub(r"/\*.*?\*/", "", (tables / name).read_text(), flags=re.S)
    for row in re.findall(rf"^{macro}\((.*)\)$", text, re.M):
        parts = re.findall(r'"(?:[^"]*)"|[^,"]+', row)
        yield [part.strip().strip('"') for part in parts if part.strip()]


def hooks_text(bits):
    words = [bit.strip() for bit in bits.split("|")]
    return "all" if len(words) == len(HOOKS) else ", ".join(HOOKS[word] for word in words)


def fields_page():
    out = [
        "# Fields\n",
        "What a rule can test. Made by `tools/reference.py` from `fields.def` and `symbols.def`; how each is"
        "\nread from a packet is in [packets.md](packets.md), the operators in"
        " [language.md](language.md#conditions).\n",
        "A test of a field that the packet does not have is false.\n",
        "| field | values | of packets with | hooks | can be set | what it is |",
        "|---|---|---|---|---|---|",
    ]
    for _, name, kind, layer, largest, hooks, settable, doc in rows("fields.def", "FIELD"):
        values, form = TYPES[kind]
        if form:
            values += ", 0.." + form.format(int(largest, 0))
        out.append(f"| `{name}` | {values} | {LAYERS[layer]} | {hooks_text(hooks)} | "
                   f"{'yes' if settable == '1' else 'no'} | {doc} |")
    out += ["\n## Words for values\n", "| values | words |", "|---|---|"]
    words = {}
    for kind, name, value in rows("symbols.def", "SYMBOL"):
        form = "{:#04x}" if kind == "FLAGS" else TYPES[kind][1] or "{}"
        words.setdefault(kind, []).append(f"`{name}` {form.format(int(value, 0))}")
    for kind, texts in words.items():
        out.append(f"| {TYPES[kind][0]} | {', '.join(texts)} |")
    return "\n".join(out) + "\n"


ACTION_OPERANDS = {"COUNTER": " NAME", "FIELD": " FIELD VALUE", "NUMBER": " N", "VLAN": " ID", "NONE": ""}


def verbs_page():
    out = [
        "# Verdicts and actions\n",
        "How a rule can end, and what it can do before. Made by `tools/reference.py` from\n`verdicts.def` and `actions.def`; what they do to a packet is in [packets.md](packets.md).\n",
        "| verdict | hooks | what it does |",
        "|---|---|---|",
    ]
    for _, word, hooks, operand, doc in rows("verdicts.def", "VERDICT"):
        out.append(f"| `{OPERANDS[operand].format(word)}` | {hooks_text(hooks)} | {doc} |")
    out += ["", "| action | hooks | what it does |", "|---|---|---|"]
    for _, word, hooks, operand, doc in rows("actions.def", "ACTION"):
        out.append(f"| `{(word + ACTION_OPERANDS[operand])}` | {hooks_text(hooks)} | {doc} |")
    return "\n".join(out) + "\n"


check = sys.argv[1:] == ["--check"]
stale = False
for name, text in (("fields.md", fields_page()), ("verbs.md", verbs_page())):
    path = top / "docs" / name
    if not check:
        path.write_text(text)
    elif not path.exists() or path.read_text() != text:
        print(f"docs/{name} is not what its tables say: run tools/reference.py", file=sys.stderr)
        stale = True
sys.exit(1 if stale else 0)
