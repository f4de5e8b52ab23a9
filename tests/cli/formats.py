"""formats.py FORMAT FILE CODE OUTPUT: what `rpol check --format FORMAT FILE small.rpol` wrote is whole.

SARIF is held against what its schema requires: the properties that must be there, their types, and
that nothing is there that the schema does not know."""
import json
import re
import sys
import xml.etree.ElementTree

form, path, code = sys.argv[1], sys.argv[2], int(sys.argv[3])
text = open(sys.argv[4], encoding="utf-8").read()
unreadable = path == "missing.rpol"


def require(condition, what):
    if not condition:
        print(f"{form} of {path}: {what}")
        sys.exit(1)


def shape(value, where, required, optional=()):
    """value is an object with the required members, of those types, and no others but optional."""
    require(isinstance(value, dict), f"{where} is no object")
    types = dict(required)
    for name, kind in types.items():
        require(name in value, f"{where} lacks {name}")
        require(isinstance(value[name], kind), f"{where}.{name} is of the wrong type")
    for name in value:
        require(name in types or name in optional, f"{where} has {name}")


def place(value, where, more=(), optional=()):
    shape(value, where, [("file", str), ("line", int), ("column", int), ("end", dict), *more], optional)
    shape(value["end"], where + ".end", [("line", int), ("column", int)])
    start, end = (value["line"], value["column"]), (value["end"]["line"], value["end"]["column"])
    require(min(start) >= 1 and start <= end, f"{where} ends before it starts")


def check_json():
    report = json.loads(text)
    shape(report, "report", [("files", list), ("diagnostics", list)])
    require(len(report["files"]) == 2, "not two files")
    for file in report["files"]:
        if "unreadable" in file:
            shape(file, "file", [("path", str), ("ok", bool), ("unreadable", bool)])
        else:
            shape(file, "file", [("path", str), ("ok", bool), ("errors", int), ("warnings", int)],
                  ["policies", "rules"])
            require(("rules" in file) == (file["errors"] == 0), "policies that are not there")
    for number, one in enumerate(report["diagnostics"]):
        where = f"diagnostics[{number}]"
        place(one, where, [("code", str), ("severity", str), ("message", str)],
              ["second", "help", "fix", "denied"])
        require(re.fullmatch(r"[EW]\d{4}", one["code"]), "a code")
        require(one["severity"] == {"E": "error", "W": "warning"}[one["code"][0]], "a severity")
        if "second" in one:
            place(one["second"], where + ".second", [("message", str)])
        if "fix" in one:
            place(one["fix"], where + ".fix", [("text", str)])
            require("help" in one, f"{where} has a fix and no help")
    errors = sum(file.get("errors", 0) for file in report["files"])
    require(sum(one["severity"] == "error" for one in report["diagnostics"]) == errors, "errors")
    if path == "bad.rpol":
        codes = [one["code"] for one in report["diagnostics"]]
        require("E0302" in codes and any("fix" in one for one in report["diagnostics"]), "codes and fixes")
        require(any("second" in one for one in report["diagnostics"]), "a second place")


def message(value, where):
    shape(value, where, [("text", str)])
    require(value["text"], f"{where} is empty")


def artifact(value, where):
    shape(value, where, [("uri", str)])
    require(re.fullmatch(r"([A-Za-z0-9._~/-]|%[0-9A-F]{2})+", value["uri"]), f"{where}: {value['uri']}")


def region(value, where):
    shape(value, where, [(name, int) for name in ("startLine", "startColumn", "endLine", "endColumn")])
    require(min(value.values()) >= 1, f"{where} counts from 1")
    require((value["startLine"], value["startColumn"]) <= (value["endLine"], value["endColumn"]),
            f"{where} ends before it starts")


def location(value, where, members=()):
    shape(value, where, [("physicalLocation", dict), *members])
    shape(value["physicalLocation"], where + ".physicalLocation",
          [("artifactLocation", dict)], ["region"])
    artifact(value["physicalLocation"]["artifactLocation"], where)
    if "region" in value["physicalLocation"]:
        region(value["physicalLocation"]["region"], where)


def check_sarif():
    log = json.loads(text)
    shape(log, "log", [("$schema", str), ("version", str), ("runs", list)])
    require(log["version"] == "2.1.0" and len(log["runs"]) == 1, "version and runs")
    run = log["runs"][0]
    shape(run, "run", [("tool", dict), ("columnKind", str), ("invocations", list), ("results", list)])
    require(run["columnKind"] in ("utf16CodeUnits", "unicodeCodePoints"), "columnKind")
    shape(run["tool"], "tool", [("driver", dict)])
    shape(run["tool"]["driver"], "driver", [("name", str), ("version", str), ("rules", list)])
    rules = run["tool"]["driver"]["rules"]
    ids = [rule["id"] for rule in rules]
    require(len(set(ids)) == len(ids) and len(ids) > 30, "rules twice")
    for rule in rules:
        shape(rule, "rule", [("id", str), ("shortDescription", dict), ("help", dict),
                             ("defaultConfiguration", dict)])
        message(rule["shortDescription"], "rule")
        message(rule["help"], "rule")
        shape(rule["defaultConfiguration"], "rule", [("level", str)])
        require(rule["defaultConfiguration"]["level"] in ("none", "note", "warning", "error"), "level")
    for invocation in run["invocations"]:
        shape(invocation, "invocation", [("executionSuccessful", bool)],
              ["toolExecutionNotifications"])
        require(invocation["executionSuccessful"] != unreadable, "executionSuccessful")
        for note in invocation.get("toolExecutionNotifications", []):
            shape(note, "notification", [("level", str), ("message", dict), ("locations", list)])
            location(note["locations"][0], "notification")
    for number, result in enumerate(run["results"]):
        where = f"results[{number}]"
        shape(result, where, [("ruleId", str), ("ruleIndex", int), ("level", str), ("message", dict),
                              ("locations", list)], ["relatedLocations", "fixes"])
        require(rules[result["ruleIndex"]]["id"] == result["ruleId"], f"{where}: another rule")
        require(result["level"] in ("warning", "error"), f"{where}: level")
        message(result["message"], where)
        require(len(result["locations"]) == 1, f"{where}: locations")
        location(result["locations"][0], where)
        for related in result.get("relatedLocations", []):
            location(related, where, [("id", int), ("message", dict)])
            message(related["message"], where)
        for fix in result.get("fixes", []):
            shape(fix, where, [("description", dict), ("artifactChanges", list)])
            message(fix["description"], where)
            require(fix["artifactChanges"], f"{where}: no change")
            for change in fix["artifactChanges"]:
                shape(change, where, [("artifactLocation", dict), ("replacements", list)])
                artifact(change["artifactLocation"], where)
                require(change["replacements"], f"{where}: no replacement")
                for replacement in change["replacements"]:
                    shape(replacement, where, [("deletedRegion", dict), ("insertedContent", dict)])
                    region(replacement["deletedRegion"], where)
                    shape(replacement["insertedContent"], where, [("text", str)])
    if path == "bad.rpol":
        require(any("fixes" in result for result in run["results"]), "no fixes")
        require(any("relatedLocations" in result for result in run["results"]), "no second place")


def check_github():
    for line in text.splitlines():
        require(re.fullmatch(
            r"::(error|warning) file=([^:,%]|%[0-9A-F]{2})+,line=\d+,"
            r"(endLine=\d+|col=\d+,endColumn=\d+),title=[EW]\d{4}::([^%]|%(25|0D|0A))+"
            r"|::notice title=rpol::[^%]+", line), f"line {line}")
    kinds = [line.split()[0] for line in text.splitlines()]
    require(kinds == sorted(kinds, key=["::error", "::warning", "::notice"].index), "order")
    require((code == 1) == ("::error" in kinds), "errors and the exit status")


def check_junit():
    root = xml.etree.ElementTree.fromstring(text.encode())
    require(root.tag == "testsuites" and root[0].tag == "testsuite", "suites")
    cases = root[0].findall("testcase")
    require([case.get("name") for case in cases] == [path, "small.rpol"], "cases")
    for suite in (root, root[0]):
        require(int(suite.get("tests")) == 2, "tests")
        require(int(suite.get("failures")) == len(root.findall(".//failure")), "failures")
        require(int(suite.get("errors")) == len(root.findall(".//error")), "errors")
    require(len(root.findall(".//failure")) == (code == 1), "a failure and the exit status")
    require(len(root.findall(".//error")) == (code == 3), "an error and the exit status")


{"json": check_json, "sarif": check_sarif, "github": check_github, "junit": check_junit}[form]()
