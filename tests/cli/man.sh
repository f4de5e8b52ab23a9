#!/bin/sh
# The manual: every page is clean, every command and option is in it, rpol(5) has every field and
# verdict, and the policies it shows are policies.
# shellcheck source=tests/cli/lib.sh
. "$TOP/tests/cli/lib.sh"

python3 "$TOP/tests/cli/man.py" "$TOP" "$RPOL" || fail "the manual"
finish
