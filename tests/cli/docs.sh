#!/bin/sh
# docs/language.md says what is: its examples are checked, its tables hold every row of the .def
# files, and the README's policy is a policy.
# shellcheck source=tests/cli/lib.sh
. "$TOP/tests/cli/lib.sh"

python3 "$TOP/tests/cli/docs.py" "$TOP" "$RPOL" || fail "the documents"
finish
