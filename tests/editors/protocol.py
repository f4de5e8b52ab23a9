"""protocol.py RPOL TOP: the language server's own language: the handshake, unsaved texts, files that
include each other, both ways of counting columns, and clients that speak nonsense."""
import json
import pathlib
import subprocess
import sys
import tempfile

rpol, top = sys.argv[1], pathlib.Path(sys.argv[2])
failures = 0


def check(what, ok, got=""):
    global failures
    if not ok:
        failures += 1
        print(f"FAIL: {what} {got}")


def frame(body):
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    return b"Content-Length: %d\r\n\r\n" % len(body) + body


class Client:
    def __init__(self, capabilities=None, start=True):
        self.server = subprocess.Popen([rpol, "lsp"], stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.count = 0
        self.diagnostics = {}
        if start:
            self.result = self.ask("initialize", {"capabilities": capabilities or {}})["result"]
            self.tell("initialized", {})

    def send(self, body):
        self.server.stdin.write(frame(body))
        self.server.stdin.flush()

    def receive(self):
        length = None
        while (line := self.server.stdout.readline()) != b"\r\n":
            if not line:
                raise EOFError("the server ended: " + self.server.stderr.read().decode())
            name, value = line.split(b":")
            if name == b"Content-Length":
                length = int(value)
        message = json.loads(self.server.stdout.read(length))
        if message.get("method") == "textDocument/publishDiagnostics":
            params = message["params"]
            self.diagnostics[params["uri"]] = params["diagnostics"]
        return message

    def answer(self, number):
        while (message := self.receive()).get("id", -1) != number:
            pass
        return message

    def ask(self, method, params=None):
        self.count += 1
        self.send({"jsonrpc": "2.0", "id": self.count, "method": method, "params": params})
        return self.answer(self.count)

    def tell(self, method, params=None):
        self.send({"jsonrpc": "2.0", "method": method, "params": params})

    def open(self, uri, text):
        self.tell("textDocument/didOpen", {"textDocument": {
            "uri": uri, "languageId": "rpol", "version": 1, "text": text}})

    def change(self, uri, text):
        self.tell("textDocument/didChange", {"textDocument": {"uri": uri, "version": 2},
                                             "contentChanges": [{"text": text}]})

    def at(self, method, uri, line, character, **more):
        return self.ask("textDocument/" + method, {
            "textDocument": {"uri": uri}, "position": {"line": line, "character": character},
            **more})

    def settle(self):
        """Diagnostics are out when a later request is answered."""
        self.ask("textDocument/documentSymbol", {"textDocument": {"uri": "none:"}})
        return self.diagnostics

    def end(self, want=0):
        self.ask("shutdown")
        self.tell("exit")
        self.server.stdin.close()
        check("exit status", self.server.wait(20) == want, self.server.returncode)
        check("nothing on stderr", not (said := self.server.stderr.read()), said)


GOOD = """interface wan = eth0;
set s : prefix { 192.0.2.0/24 };
policy p on wan at xdp { default pass; a: src in s => drop; }
"""


def codes(client, uri):
    return [d["code"] for d in client.diagnostics.get(uri, [])]


# ---- the handshake --------------------------------------------------------------------------
client = Client(start=False)
client.tell("textDocument/didOpen", {})
check("nothing before initialize",
      client.ask("textDocument/hover", {})["error"]["code"] == -32002)
answer = client.ask("initialize", {"capabilities": {}})["result"]
check("columns are UTF-16 when nothing is said", answer["capabilities"]["positionEncoding"] == "utf-16")
check("once only", client.ask("initialize", {})["error"]["code"] == -32600)
check("unknown requests are answered", client.ask("textDocument/nonsense")["error"]["code"] == -32601)
client.tell("$/setTrace", {"value": "off"})
client.ask("shutdown")
check("nothing after shutdown", client.ask("textDocument/hover")["error"]["code"] == -32600)
client.tell("exit")
check("a good end", client.server.wait(20) == 0)

client = Client()
client.tell("exit")
check("exit without shutdown is 1", client.server.wait(20) == 1)
client = Client()
client.server.stdin.close()
check("so is a client that goes away", client.server.wait(20) == 1)

# ---- messages that are none ------------------------------------------------------------------
client = Client()
for body in [b"", b"{", b"nonsense", b"\xff\xfe", b"[" * 100000, b'{"a":' * 3000,
             b"1", b'"x"']:
    client.send(body)
    check("no JSON", client.answer(None)["error"]["code"] == -32700, body[:20])
for body in [b"[]", b"{}", b'{"id":1}', b'{"id":{},"method":"shutdown"}',
             b'{"id":[1],"method":"x"}', b'{"method":5}']:
    client.send(body)
    check("no request", client.receive()["error"]["code"] == -32600, body)
# parameters of every wrong shape
shapes = [None, 1, "x", [], {}, {"textDocument": 1}, {"textDocument": {"uri": 7}},
          {"textDocument": {"uri": "file:///x.rpol"}},
          {"textDocument": {"uri": "file:///x.rpol", "text": 5}},
          {"textDocument": {"uri": "file:///none.rpol", "version": "x"}, "contentChanges": "x"},
          {"textDocument": {"uri": "file:///none.rpol"}, "position": {"line": "a"}},
          {"textDocument": {"uri": ""}, "position": {"line": 0, "character": 0}}]
methods = ["didOpen", "didChange", "didClose", "didSave"]
asked = ["hover", "definition", "references", "rename", "prepareRename", "completion", "formatting",
         "documentSymbol", "codeAction"]
for shape in shapes:
    for method in methods:
        client.tell("textDocument/" + method, shape)
    for method in asked:
        answer = client.ask("textDocument/" + method, shape)
        check("an answer to " + method, "result" in answer or "error" in answer, answer)
uri = "file:///nowhere/%70.rpol"
client.open(uri, GOOD)
for line, character in [(0, 0), (-1, -5), (99, 0), (2, 10**9), (2**62, 2**62), (2, 51)]:
    for method in asked:
        client.at(method, uri, line, character, newName="x")
for text in ["", "\0", "policy", "{" * 5000, "(" * 5000, "policy p on wan at xdp { a: " + "(" * 5000,
             "\r\n" * 100, "set é : prefix { \U0001d55c", '"', "# \U0001d55c", GOOD[:70]]:
    client.change(uri, text)
    for line in range(3):
        for character in [0, 1, 7, 30]:
            for method in asked:
                client.at(method, uri, line, character, newName="x")
# every prefix of a policy, as it is typed
for end in range(len(GOOD)):
    client.change(uri, GOOD[:end])
    line = GOOD.count("\n", 0, end)
    client.at("completion", uri, line, end - GOOD.rfind("\n", 0, end) - 1)
client.change(uri, GOOD)
client.settle()
check("as if nothing had been", codes(client, uri) == [], client.diagnostics)
client.end()

for raw in [b"Content-Length: x\r\n\r\n{}", b"Content-Length: -1\r\n\r\n", b"Nothing\r\n\r\n{}",
            b"Content-Length: 99999999999999999999\r\n\r\n", b"x" * 100000,
            b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}", b"Content-Length: 100\r\n\r\n{}",
            b"Content-Length: 2\r\n"]:
    run = subprocess.run([rpol, "lsp"], input=raw, capture_output=True, timeout=20, check=False)
    check("framing that is none ends it", run.returncode == 1 and run.stderr.startswith(b"rpol: lsp: "),
          (raw[:40], run))
run = subprocess.run([rpol, "lsp"], input=b"Content-Type: x\r\ncontent-length:2\r\n\r\n{}",
                     capture_output=True, timeout=20, check=False)
check("headers in any case, others too", b"-32600" in run.stdout, run)

# ---- texts ---------------------------------------------------------------------------------------
with tempfile.TemporaryDirectory() as folder:
    path = pathlib.Path(folder).resolve()
    (path / "sub").mkdir()
    (path / "root.rpol").write_text('include "sub/site.rpol";\npolicy p on wan at xdp { default pass; '
                                    "a: src in s => drop; }\n")
    (path / "sub/site.rpol").write_text("interface wan = eth0;\nset s : prefix { 192.0.2.0/24 };\n")
    root, site = (path / "root.rpol").as_uri(), (path / "sub/site.rpol").as_uri()
    client = Client({"textDocument": {"publishDiagnostics": {"relatedInformation": True},
                                      "documentSymbol": {"hierarchicalDocumentSymbolSupport": True}}})
    client.open(root, (path / "root.rpol").read_text())
    client.settle()
    check("all is well", client.diagnostics == {root: []}, client.diagnostics)
    # what is not saved counts; an included file has its own diagnostics
    client.open(site, "interface wan = eth0;\nset s : prefix { 192.0.2.1/24 };\nset s : addr { 192.0.2.1 };\n")
    client.settle()
    check("diagnostics of the included file", codes(client, site) == ["E0302", "E0202"],
          client.diagnostics)
    second = client.diagnostics[site][1]["relatedInformation"][0]
    check("a second place", second["location"]["uri"] == site and
          second["location"]["range"]["start"] == {"line": 1, "character": 4}, second)
    client.change(site, (path / "sub/site.rpol").read_text())
    client.settle()
    check("and they go", codes(client, site) == [] and codes(client, root) == [], client.diagnostics)
    answer = client.at("definition", root, 1, 49)["result"]
    check("definition in another file", answer["uri"] == site, answer)
    answer = client.at("references", site, 1, 4, context={"includeDeclaration": False})["result"]
    check("references from another file", [r["uri"] for r in answer] == [root], answer)
    answer = client.at("rename", site, 1, 4, newName="t")["result"]["changes"]
    check("rename in both", sorted(answer) == sorted([root, site]), answer)
    answer = client.at("rename", site, 1, 4, newName="src")["error"]["message"]
    check("a field's name is refused", "`src` is a field" in answer, answer)
    tree = client.ask("textDocument/documentSymbol", {"textDocument": {"uri": root}})["result"]
    check("outline", [(s["name"], [c["name"] for c in s["children"]]) for s in tree] ==
          [("p", ["a"])], tree)
    # a file that only the disk has, renamed in
    client.tell("textDocument/didClose", {"textDocument": {"uri": site}})
    answer = client.at("rename", root, 1, 49, newName="t")["result"]["changes"]
    check("rename in a closed file", sorted(answer) == sorted([root, site]), answer)
    (path / "sub/site.rpol").write_text("interface wan = eth0;\n")
    client.tell("textDocument/didSave", {"textDocument": {"uri": root}})
    client.settle()
    check("the disk is read again after a save", codes(client, root) == ["E0201"],
          client.diagnostics)
    client.tell("textDocument/didClose", {"textDocument": {"uri": root}})
    client.settle()
    check("what is closed has none", codes(client, root) == [], client.diagnostics)
    # a path with odd characters, and a pipe that must not be waited for
    subprocess.run(["mkfifo", str(path / "pipe")], check=True)
    odd = path / "ä b%.rpol"
    client.open(odd.as_uri(), 'include "pipe";\n')
    client.settle()
    check("a pipe is not read", codes(client, odd.as_uri()) == ["E0104"], client.diagnostics)
    client.open("untitled:Untitled-1", GOOD.replace("in s", "in t"))
    client.settle()
    check("a text without a file", codes(client, "untitled:Untitled-1") == ["E0201"],
          client.diagnostics)
    client.end()

# ---- fixes --------------------------------------------------------------------------------------
client = Client()
uri = "file:///f.rpol"
client.open(uri, GOOD.replace("src in s", "src in ss"))
place = {"line": 2, "character": 50}
actions = client.ask("textDocument/codeAction", {"textDocument": {"uri": uri}, "context": {},
                                                 "range": {"start": place, "end": place}})["result"]
check("did you mean", len(actions) == 1 and actions[0]["edit"]["changes"][uri] == [{
    "range": {"start": {"line": 2, "character": 49}, "end": {"line": 2, "character": 51}},
    "newText": "s"}], actions)
place = {"line": 0, "character": 0}
actions = client.ask("textDocument/codeAction", {"textDocument": {"uri": uri}, "context": {},
                                                 "range": {"start": place, "end": place}})["result"]
check("elsewhere nothing", actions == [], actions)
client.end()

# ---- columns --------------------------------------------------------------------------------------
text = 'interface wan = "é\U0001d55c"; set s : prefix { 192.0.2.1/24 };\n'
for encodings, start in [([], 40), (["utf-8", "utf-16"], 43), (["utf-16"], 40)]:
    client = Client({"general": {"positionEncodings": encodings}})
    client.open("file:///c.rpol", text)
    client.settle()
    found = [d for d in client.diagnostics["file:///c.rpol"] if d["code"] == "E0302"]
    check(f"column with {encodings}", found and found[0]["range"]["start"]["character"] == start,
          client.diagnostics)
    name = client.at("definition", "file:///c.rpol", 0, start - 12)["result"]
    check("and back", name and name["range"]["start"]["character"] == start - 13, name)
    client.end()

# ---- formatting, and texts that cannot be JSON --------------------------------------------------------
client = Client()
client.open("file:///f.rpol", GOOD.replace("src in s", "src   in s") + "# tail")
edits = client.ask("textDocument/formatting", {"textDocument": {"uri": "file:///f.rpol"}})["result"]
check("one edit", len(edits) == 1, edits)
lines = (GOOD.replace("src in s", "src   in s") + "# tail").split("\n")
start, end = edits[0]["range"]["start"], edits[0]["range"]["end"]
before = "\n".join(lines[:start["line"]] + [lines[start["line"]][:start["character"]]])
after = "\n".join([lines[end["line"]][end["character"]:]] + lines[end["line"] + 1:])
formatted = subprocess.run([rpol, "fmt", "-"], input="\n".join(lines), text=True, capture_output=True,
                           check=True).stdout
check("the edit is what fmt does", before + edits[0]["newText"] + after == formatted, edits)
client.change("file:///f.rpol", "policy {")
check("a broken text is left alone", client.ask("textDocument/formatting", {
    "textDocument": {"uri": "file:///f.rpol"}})["result"] is None)
client.end()
with tempfile.TemporaryDirectory() as folder:
    (pathlib.Path(folder) / "bad.rpol").write_bytes(b'interface wan = "\xff\xfe";\nset \xff : {\n')
    client = Client()
    uri = pathlib.Path(folder).resolve().as_uri() + "/r.rpol"
    client.open(uri, 'include "bad.rpol";\npolicy p on wan at xdp { default pass; }\n')
    client.settle()
    check("bytes that are no UTF-8", client.diagnostics, client.diagnostics)
    client.at("hover", uri, 1, 13)
    client.end()

print("ok" if not failures else f"{failures} failed")
sys.exit(1 if failures else 0)
