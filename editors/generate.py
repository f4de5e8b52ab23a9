#!/usr/bin/env python3
"""Writes the editors' grammars from the tables of lang/: editors/vim/syntax/rpol.vim and
editors/textmate/rpol.tmLanguage.json. With --check it changes nothing and fails when one is not
what it would write."""
import json
import pathlib
import re
import sys

top = pathlib.Path(__file__).resolve().parent.parent
lang = top / "lang"


def rows(path, macro):
    return re.findall(rf"^{macro}\((.*)\)$", (lang / path).read_text(), re.M)


def strings(path, macro):
    return [re.search(r'"([^"]+)"', row)[1] for row in rows(path, macro)]


fields = strings("include/rpol/fields.def", "FIELD")
verbs = [word for table in sorted((lang / "include/rpol").glob("*.def"))
         for macro in ("VERDICT", "ACTION") for word in strings(table, macro)]
constants = strings("include/rpol/symbols.def", "SYMBOL")
declarations = ["include"] + re.findall(r'\[AST_\w+\]\s*=\s*\{"[^"]*",\s*"(\w+) ',
                                        (lang / "src/check_names.c").read_text())
words = re.findall(r'\{"(\w+)", TOKEN_\w+\}', (lang / "src/lexer.l").read_text())
operators = [word for word in words if word in ("and", "or", "not", "in", "has", "any")]
keywords = [word for word in words if word not in declarations + operators]
fields = [field for field in fields if field not in keywords]  # `hash flow` is no field
# Words that mean something in one place and have no token of their own.
places = ["xdp", "tc", "ingress", "egress", "auto", "lpm", "exact", "prefix", "addr", "port", "flow"]

for name, found in [("fields", fields), ("verbs", verbs), ("words for values", constants),
                    ("declarations", declarations), ("keywords", keywords),
                    ("operators", operators)]:
    if len(found) < 5:
        sys.exit(f"editors/generate.py: too few {name} found in {lang}: {found}")


def each(items):
    """The longest first: of `fragment` and `fragment.later` the whole is meant."""
    return sorted(dict.fromkeys(items), key=lambda item: (-len(item), item))


def vim_words(items):
    return "'\\<\\%(" + "\\|".join(item.replace(".", "\\.") for item in each(items)) + "\\)\\>'"


def regex(items):
    return r"(?<![\w.])(?:" + "|".join(re.escape(item) for item in each(items)) + r")(?![\w.]\w|\w)"


def vim():
    return f'''" Vim syntax of rpol policies. Written by editors/generate.py: change that.
if exists('b:current_syntax')
  finish
endif
syntax case match

" What comes later wins where two begin together.
syntax match rpolPlace {vim_words(places)}
syntax match rpolConstant {vim_words(constants)}
syntax match rpolKeyword {vim_words(keywords)}
syntax match rpolDeclaration {vim_words(declarations)}
syntax match rpolOperator {vim_words(operators)}
syntax match rpolOperator '[<>=!]=\\|=>\\|\\.\\.\\|[<>]'
syntax match rpolVerdict '\\%(\\%(=>\\|,\\|\\<else\\|\\<default\\)\\s*\\)\\@<={vim_words(verbs)[1:]}
syntax match rpolField {vim_words(fields)}
syntax match rpolNumber '\\<\\d\\w*\\>'
syntax match rpolAddress '\\<\\d\\+\\%(\\.\\d\\+\\)\\{{3}}\\%(/\\d\\+\\)\\=\\>'
syntax match rpolAddress '\\%(\\w\\|:\\)\\@<!\\x*:\\x*:[0-9a-fA-F:.]*\\%(/\\d\\+\\)\\='
syntax match rpolLabel '\\%(^\\|[{{;]\\)\\@<=\\s*\\h\\w*\\ze\\s*:\\%(\\x*:\\)\\@!'
syntax region rpolString start='"' end='"' oneline
syntax match rpolComment '#.*$' contains=rpolTodo,@Spell
syntax keyword rpolTodo contained TODO FIXME XXX

highlight default link rpolPlace Type
highlight default link rpolConstant Constant
highlight default link rpolKeyword Keyword
highlight default link rpolDeclaration Structure
highlight default link rpolOperator Operator
highlight default link rpolVerdict Statement
highlight default link rpolField Identifier
highlight default link rpolNumber Number
highlight default link rpolAddress Number
highlight default link rpolLabel Label
highlight default link rpolString String
highlight default link rpolComment Comment
highlight default link rpolTodo Todo

let b:current_syntax = 'rpol'
'''


def textmate():
    patterns = [
        ("comment.line.number-sign", r"#.*$"),
        ("string.quoted.double", r'"[^"\n]*"?'),
        ("entity.name.function.label", r"(?:(?<=[{;])|^)\s*[A-Za-z_]\w*(?=\s*:(?![0-9A-Fa-f]*:))"),
        ("constant.numeric.address",
         r"(?<![\w:])[0-9A-Fa-f]*:[0-9A-Fa-f]*:[0-9A-Fa-f:.]*(?:/[0-9]+)?"),
        ("constant.numeric.address", r"\b[0-9]+(?:\.[0-9]+){3}(?:/[0-9]+)?"),
        ("constant.numeric", r"\b[0-9]\w*\b"),
        ("variable.language.field", regex(fields)),
        ("storage.type.declaration", regex(declarations)),
        ("keyword.operator.word", regex(operators)),
        ("keyword.control", regex(keywords)),
        ("support.function.verdict", regex(verbs)),
        ("constant.language", regex(constants)),
        ("support.type", regex(places)),
        ("keyword.operator", r"[<>=!]=|=>|\.\.|[<>]"),
    ]
    grammar = {
        "$schema": "https://raw.githubusercontent.com/martinring/tmlanguage/master/tmlanguage.json",
        "information_for_contributors": ["Written by editors/generate.py: change that."],
        "name": "rpol",
        "scopeName": "source.rpol",
        "fileTypes": ["rpol"],
        "patterns": [{"name": name + ".rpol", "match": match} for name, match in patterns],
    }
    return json.dumps(grammar, indent="\t") + "\n"


stale = False
for path, text in [("editors/vim/syntax/rpol.vim", vim()),
                   ("editors/textmate/rpol.tmLanguage.json", textmate())]:
    old = (top / path).read_text() if (top / path).exists() else None
    if old == text:
        continue
    stale = True
    if "--check" in sys.argv:
        print(f"{path} is not what the tables say; run editors/generate.py")
    else:
        (top / path).write_text(text)
        print(f"wrote {path}")
sys.exit(1 if stale and "--check" in sys.argv else 0)
