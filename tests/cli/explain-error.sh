#!/bin/sh
# rpol explain-error, and the pages it shows.
# shellcheck source=tests/cli/lib.sh
. "$TOP/tests/cli/lib.sh"

python3 "$TOP/tests/cli/errors.py" "$TOP" "$RPOL" || fail "the pages"
run 0 "$RPOL" explain-error E0502
says out '^E0502: negated test on a field that may be absent$'
says out '^    .*tcp\.dport != 22'
silent err
run 0 "$RPOL" explain-error
says out '^E0101  unexpected text$'
says out '^W0901  declaration that nothing uses$'
run 64 "$RPOL" explain-error E0999
says err 'there is no diagnostic .E0999.'
run 64 "$RPOL" explain-error E020
says err 'did you mean'
run 64 "$RPOL" explain-error E0201 E0202 --nothing
run 0 "$RPOL" explain-error E0201 W0901
says out '^W0901: '
finish
