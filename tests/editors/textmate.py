"""textmate.py TOP: reads router.rpol by the TextMate grammar, the leftmost match first as editors do."""
import json
import pathlib
import re
import sys

top = pathlib.Path(sys.argv[1])
grammar = json.loads((top / "editors/textmate/rpol.tmLanguage.json").read_text())
patterns = [(p["name"], re.compile(p["match"])) for p in grammar["patterns"]]
failures = 0


def scopes(line):
    at, found = 0, {}
    while at < len(line):
        best = None
        for name, pattern in patterns:
            match = pattern.search(line, at)
            if match and match.end() > match.start() and (not best or match.start() < best[1].start()):
                best = (name, match)
        if not best:
            break
        found[best[1].group().strip()] = best[0]
        at = best[1].end()
    return found


lines = (top / "examples/router.rpol").read_text().splitlines()
for start, word, wanted in [
        ("# router", "# router.rpol: a two-uplink router, within the first part of the language.", "comment"),
        ("interface lan", "interface", "storage.type"), ("interface lan", "lan", None),
        ("set bogons", '"bogons.txt"', "string"), ("set voice", "16384", "constant.numeric"),
        ("set voice", "voice", None), ("set guests", "2001:db8:50::/48", "constant.numeric.address"),
        ("cond mail", "tcp.dport", "variable.language.field"), ("policy out", "xdp", "support.type"),
        ("    spoofed", "spoofed", "entity.name.function.label"), ("    spoofed", "src", "variable.language"),
        ("    spoofed", "fe80::/10", "constant.numeric.address"), ("    spoofed", "bogons", None),
        ("    spoofed", "not", "keyword.operator.word"), ("    spoofed", "drop", "support.function.verdict"),
        ("    voice", "ef", "constant.language"), ("    expired", "# the kernel answers", "comment"),
        ("    default", "default", "keyword.control"), ("    telnet", "23", "constant.numeric")]:
    line = next(text for text in lines if text.startswith(start))
    got = scopes(line).get(word)
    if not (got or "").startswith(wanted or "") or (wanted is None and got):
        failures += 1
        print(f"FAIL: {word} in `{line.strip()}` is {got}, not {wanted}")
sys.exit(1 if failures else 0)
