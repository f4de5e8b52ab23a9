"""errors.py TOP RPOL: every diagnostic has a page in docs/errors with its title, a wrong example that gives
just that code and a right one that gives none; the index lists them all; `explain-error` shows them. Some
golden text of tests/lang, or a test of this folder, has each code, so that none is there for nothing.
UPDATE=1 writes the index."""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

top, rpol = pathlib.Path(sys.argv[1]), sys.argv[2]
folder = top / "docs/errors"
# What no policy of a few lines can bring about.
WITHOUT_EXAMPLES = {"E0801", "E0802", "W0909"}
failures = 0


def fail(text):
    global failures
    failures += 1
    print("FAIL:", text)


def codes_of(where, text):
    path = pathlib.Path(where, "example.rpol")
    path.write_text(text)
    run = subprocess.run([rpol, "check", str(path)], capture_output=True, text=True)
    return sorted(set(re.findall(r"\b(?:error|warning)\[([EW]\d+)\]", run.stderr)))


def check_page(code, title):
    page = folder / f"{code}.md"
    if not page.exists():
        fail(f"docs/errors/{code}.md is missing: a page with a wrong and a right example of {title}")
        return
    text = page.read_text()
    if not text.startswith(f"# {code}: {title}\n\n"):
        fail(f"docs/errors/{code}.md does not begin with `# {code}: {title}`")
    kinds = []
    with tempfile.TemporaryDirectory() as where:
        for block in re.finditer(r"^```(file|rpol) (\S+)\n(.*?)^```$", text, re.M | re.S):
            if block[1] == "file":
                pathlib.Path(where, block[2]).write_text(block[3])
                continue
            kinds.append(block[2])
            codes = codes_of(where, block[3])
            if codes != ([code] if block[2] == "wrong" else []):
                fail(f"docs/errors/{code}.md: the {block[2]} example gives {codes}")
    if kinds != ([] if code in WITHOUT_EXAMPLES else ["wrong", "right"]):
        fail(f"docs/errors/{code}.md has the examples {kinds}")
    run = subprocess.run([rpol, "explain-error", code.lower()], capture_output=True, text=True)
    if run.returncode or title not in run.stdout or "```" in run.stdout or run.stderr:
        fail(f"rpol explain-error {code} does not show its page")


rows = re.findall(r'^DIAG\(\w+, "(\w+)", RPOL_(\w+), "(.*)"\)', (top / "lang/include/rpol/diags.def").read_text(),
                  re.M)
given = "".join(path.read_text() for path in (top / "tests/lang/golden").rglob("*.err"))
said = "".join(line for path in (top / "tests/cli").glob("*.sh") for line in path.open() if "says " in line)
index = "# Diagnostics\n\nEvery message of rpol by its code; `rpol explain-error CODE` shows the same pages.\n\n"
index += "| code | severity | what |\n|---|---|---|\n"
for code, severity, title in rows:
    index += f"| [{code}]({code}.md) | {severity.lower()} | {title} |\n"
    check_page(code, title)
    if f"[{code}]" not in given and code not in said:
        fail(f"nothing in tests/lang/golden or tests/cli gives {code}: {title}")
for page in folder.glob("[EW]*.md"):
    if page.stem not in [row[0] for row in rows]:
        fail(f"{page.name} is of no code")
if os.environ.get("UPDATE"):
    (folder / "README.md").write_text(index)
elif not (folder / "README.md").exists() or (folder / "README.md").read_text() != index:
    fail("docs/errors/README.md is not the index: UPDATE=1 writes it")
print(len(rows), "codes")
sys.exit(1 if failures else 0)
