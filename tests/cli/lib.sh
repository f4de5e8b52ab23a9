# lib.sh: what the tests of the program share. Sourced, from a fresh folder that is removed at the end.
# RPOL is the program, TOP the repository.
# shellcheck shell=sh disable=SC2034,SC2154
set -u

work=$(mktemp -d)
cleanup() { :; } # a test that has more to undo says so
trap 'status=$?; cleanup; rm -rf "$work"; exit $status' EXIT
trap 'exit 1' INT TERM
cd "$work" || exit 1

router=$TOP/examples/router.rpol
sample=$TOP/examples/samples/router.pcapng
mixed=$TOP/examples/samples/mixed.pcap
failures=0

fail() {
	echo "FAIL: $*"
	failures=$((failures + 1))
}

# run CODE COMMAND...: its output is left in the files out and err.
run() {
	code=$1
	shift
	"$@" >out 2>err </dev/null
	got=$?
	if [ "$got" != "$code" ]; then
		fail "exit status $got instead of $code: $*"
		sed 's/^/    out: /' out | head -20
		sed 's/^/    err: /' err | head -20
	fi
}

# says FILE PATTERN: the output of the last run has such a line (extended regular expression).
says() {
	grep -Eq -- "$2" "$1" || {
		fail "$1 of the last run does not say: $2"
		sed 's/^/    /' "$1" | head -20
	}
}

silent() {
	[ ! -s "$1" ] || {
		fail "$1 of the last run is not empty"
		sed 's/^/    /' "$1" | head -20
	}
}

# For tests that need root: a skipped test is not a passed one, so CI may not skip.
need_root() {
	[ "$(id -u)" = 0 ] && return
	[ -n "${CI:-}" ] && { echo "FAIL: this test needs root"; exit 1; }
	echo "skipped: needs root"
	exit 77
}

# Writes a policy of one rule to small.rpol.
small_policy() {
	cat >small.rpol <<'EOF'
interface wan = eth0;

policy edge on wan at xdp {
    default pass;
    telnet: tcp.dport == 23 => drop;
}
EOF
}

finish() {
	[ "$failures" = 0 ] && echo ok && exit 0
	echo "$failures failed"
	exit 1
}
