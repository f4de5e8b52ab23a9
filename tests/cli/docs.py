"""docs.py TOP RPOL: runs the examples of the documents and compares their tables with the .def files.

A block that begins with ```rpol is a whole policy: it must check without a word. ```rpol error CODE
must fail with just that code; ```rpol warning CODE must pass with it. ```rpol part is a piece that is
put before a policy of its own, so that a declaration can be shown alone. ```file NAME is written
beside the policies that come after it."""
import pathlib
import re
import subprocess
import sys
import tempfile

top, rpol = pathlib.Path(sys.argv[1]), sys.argv[2]
failures = 0


def fail(text):
    global failures
    failures += 1
    print("FAIL:", text)


def check(folder, where, text, tag):
    path = pathlib.Path(folder, "example.rpol")
    path.write_text(text)
    run = subprocess.run([rpol, "check", str(path)], capture_output=True, text=True)
    codes = set(re.findall(r"\b(?:error|warning)\[([EW]\d+)\]", run.stderr))
    wanted = set(tag[1:]) if tag and tag[0] in ("error", "warning") else set()
    code = 1 if tag and tag[0] == "error" else 0
    if codes != wanted or run.returncode != code:
        fail(f"{where}: codes {sorted(codes)}, exit {run.returncode}; "
             f"expected {sorted(wanted)}, {code}\n{run.stderr}")


def examples(path):
    count = 0
    text = path.read_text()
    with tempfile.TemporaryDirectory() as folder:
        for block in re.finditer(r"^```(rpol|file)([^\n]*)\n(.*?)^```$", text, re.M | re.S):
            kind, tag, body = block[1], block[2].split(), block[3]
            where = f"{path.name}:{text.count(chr(10), 0, block.start()) + 1}"
            if kind == "file":
                pathlib.Path(folder, tag[0]).write_text(body)
                continue
            check(folder, where, body, tag)
            count += 1
    return count


def rows(path, macro):
    text = re.sub(r"/\*.*?\*/", "", (top / path).read_text(), flags=re.S)
    return re.findall(rf"^{macro}\((.*)\)$", text, re.M)


def table_line(document, *words):
    """A table's line that has each of the words between backquotes or as it is."""
    for line in document.splitlines():
        if line.startswith("|") and all(word in line for word in words):
            return True
    return False


language = (top / "docs/language.md").read_text()
for row in rows("lang/include/rpol/verdicts.def", "VERDICT"):
    word, doc = re.findall(r'"([^"]+)"', row)
    if not re.search(rf"^\| `{word}\b.*\| {re.escape(doc)}", language, re.M):
        fail(f"language.md: no line for the verdict {word}: {doc}")
for row in rows("lang/include/rpol/diags.def", "DIAG"):
    code, title = re.findall(r'"([^"]+)"', row)
    if not table_line(language, f"`{code}`", title):
        fail(f"language.md: no line for {code}: {title}")
for row in rows("runtime-bpf/include/rpol/handed.def", "HANDED"):
    word, doc = re.findall(r'"([^"]*)"', row)
    if word and not table_line(language, f"`{word}`", doc):
        fail(f"language.md: no line for the reason {word}: {doc}")

count = examples(top / "docs/language.md")
if count < 10:
    fail(f"only {count} examples found in language.md")
print(count, "examples of language.md;", examples(top / "README.md"), "of README.md")
sys.exit(1 if failures else 0)
