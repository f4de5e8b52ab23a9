"""man.py TOP RPOL: compares docs/man with what the program says of itself.

Each page is clean for mandoc's lint and every page it refers to of rpol's is there; each command of
`rpol --help` has a page that rpol.1 lists; each option of a command's --help is in its page, and each
option in its page is in its --help; rpol.5 has each field, verdict and action of the tables, and its examples
check without a word."""
import pathlib
import re
import subprocess
import sys
import tempfile

top, rpol = pathlib.Path(sys.argv[1]), sys.argv[2]
manual = top / "docs/man"
failures = 0


def fail(text):
    global failures
    failures += 1
    print("FAIL:", text)


def output(*command):
    run = subprocess.run(command, capture_output=True, text=True)
    return re.sub(r".\x08", "", run.stdout)


def rendered(page):
    return output("mandoc", "-T", "ascii", "-O", "width=200", str(page))


def lint(page):
    for line in output("mandoc", "-T", "lint", "-W", "style", str(page)).splitlines():
        # The pages of this machine are not the pages of the one they are for.
        if "referenced manual not found" not in line and "outdated mandoc.db" not in line:
            fail(line)
    for name, section in re.findall(r"^\.Xr (rpol[a-z-]*) (\d)", page.read_text(), re.M):
        if not (manual / f"{name}.{section}").exists():
            fail(f"{page.name} refers to {name}({section}), which is not there")


def options(text):
    return set(re.findall(r"(?<![\w-])--?[A-Za-z][a-z-]*", text))


def of_help(command):
    """The options that a command's --help lists, without the one that all have."""
    listed = re.search(r"^options:\n(.*)", output(rpol, command, "--help"), re.S | re.M)[1]
    words = set()
    for line in listed.splitlines():
        words |= options(re.split(r"\s{2,}", line.strip())[0])
    return words - {"-h", "--help"}


def of_page(text):
    """The options that a page says more of: the tagged ones of its description."""
    return {word for line in text.splitlines() if re.match(r" {5,7}-", line)
            for word in options(re.split(r" {3,}", line.strip())[0])}


for page in sorted(manual.iterdir()):
    lint(page)

front = rendered(manual / "rpol.1")
commands = re.findall(r"^  ([a-z-]+) +\S", output(rpol, "--help"), re.M)
if len(commands) < 10:
    fail("rpol --help lists no commands")
for command in commands:
    page = manual / f"rpol-{command}.1"
    if not page.exists():
        fail(f"rpol {command} has no page docs/man/{page.name}")
        continue
    if f"rpol-{command}(1)" not in front:
        fail(f"rpol.1 does not speak of rpol-{command}(1)")
    text, known = rendered(page), of_help(command)
    for option in sorted(known ^ of_page(text)):
        fail(f"{page.name}: {option} is {'missing' if option in known else 'no option of it'}")
for page in manual.glob("rpol-*.1"):
    if page.stem.removeprefix("rpol-") not in commands:
        fail(f"{page.name} is of no command")

language = (manual / "rpol.5").read_text()
for table, macro in (("fields", "FIELD"), ("verdicts", "VERDICT"), ("actions", "ACTION")):
    rows = (top / f"lang/include/rpol/{table}.def").read_text()
    words = re.findall(rf'^{macro}\(\w+, "([^"]+)"', rows, re.M)
    if not words:
        fail(f"{table}.def has no rows")
    for word in words:
        if not re.search(rf'^\.(Ql|It Cm) "?{re.escape(word)}(?![\w.])', language, re.M):
            fail(f"rpol.5 does not have {word} of {table}.def")
with tempfile.TemporaryDirectory() as folder:
    examples = [block for block in re.findall(r"^\.Bd -literal.*?\n(.*?)^\.Ed", language, re.M | re.S)
                if re.search(r"^policy .*\{$", block, re.M)]
    for number, block in enumerate(examples, 1):
        path = pathlib.Path(folder, f"example{number}.rpol")
        path.write_text(block)
        run = subprocess.run([rpol, "check", "--deny", "warnings", str(path)],
                             capture_output=True, text=True)
        if run.returncode or run.stderr:
            fail(f"rpol.5, example {number}:\n{run.stderr}")
print(len(commands), "commands;", len(examples), "examples of rpol.5")
sys.exit(1 if failures or not examples else 0)
