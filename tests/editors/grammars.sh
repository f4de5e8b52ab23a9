#!/bin/sh
# The editors' grammars are what the tables say, and colour an example rightly.
# shellcheck source=tests/cli/lib.sh
. "$TOP/tests/cli/lib.sh"

python3 "$TOP/editors/generate.py" --check || fail "the editors' grammars are old"
python3 "$TOP/tests/editors/textmate.py" "$TOP" || fail "the TextMate grammar"
if command -v nvim >/dev/null; then
	cp "$router" .
	ln -s "$TOP/editors/vim" plugin # the folder's name may hold what `set` would cut at
	export HOME="$work" XDG_STATE_HOME="$work" XDG_DATA_HOME="$work" XDG_CACHE_HOME="$work"
	timeout 60 nvim --headless --clean -n --cmd "set runtimepath+=$PWD/plugin" \
		-c "luafile $TOP/tests/editors/syntax.lua" </dev/null >out 2>&1 || {
		cat out
		fail "the Vim syntax"
	}
elif [ -n "${CI:-}" ]; then
	fail "this test needs Neovim"
fi
finish
