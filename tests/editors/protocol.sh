#!/bin/sh
# The language server as a client that is right, wrong or hostile meets it.
exec python3 "$TOP/tests/editors/protocol.py" "$RPOL" "$TOP"
