#!/bin/sh
# docs/language.md says what is: its examples are checked, its tables hold every row of the .def
# files, the generated pages are what tools/reference.py makes, and the README's policy is a policy.
# shellcheck source=tests/cli/lib.sh
. "$TOP/tests/cli/lib.sh"

python3 "$TOP/tests/cli/docs.py" "$TOP" "$RPOL" || fail "the documents"
"$TOP/tools/reference.py" --check || fail "generated pages"
finish
