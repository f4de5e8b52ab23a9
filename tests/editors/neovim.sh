#!/bin/sh
# The language server driven by a real editor: Neovim without a screen.
# shellcheck source=tests/cli/lib.sh
. "$TOP/tests/cli/lib.sh"

command -v nvim >/dev/null || {
	[ -n "${CI:-}" ] && { echo "FAIL: this test needs Neovim"; exit 1; }
	echo "skipped: Neovim is not installed"
	exit 77
}
cp "$router" "$TOP/examples/bogons.txt" .
export HOME="$work" XDG_STATE_HOME="$work" XDG_DATA_HOME="$work" XDG_CACHE_HOME="$work"
timeout 120 nvim --headless --clean -n -c "luafile $TOP/tests/editors/neovim.lua" \
	</dev/null >out 2>&1
status=$?
cat out
echo
[ "$status" = 0 ] || fail "the editor ends with $status"
finish
