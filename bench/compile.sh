#!/bin/sh
# compile.sh RPOL POLICY: how long a compilation takes, and what of it is clang. Three commands take
# turns, so that a machine that slows down slows all of them; minimum and median of 20 rounds.
set -eu

rpol=$1 policy=$2
rounds=20
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
here=$(cd "$(dirname "$0")/.." && pwd)

"$rpol" build --emit c "$policy" -o "$work/policy.c"

# The same text by the compiler's own program; the headers as ours carries them.
mkdir -p "$work/include/rpol"
ln -s "$here"/runtime-bpf/include/rpol/* "$here"/runtime-bpf/src/*.h "$work/include/rpol/"
external() {
	clang-19 -O2 -g -target bpf -mcpu=v3 -I"$work/include" -c "$work/policy.c" \
		-o "$work/external.o"
}

# timed NAME COMMAND...: appends microseconds to NAME.
timed() {
	name=$1
	shift
	start=$(date +%s%N)
	"$@" >/dev/null
	echo $((($(date +%s%N) - start) / 1000)) >>"$work/$name"
}

round=0
while [ $round -lt $rounds ]; do
	timed check "$rpol" check "$policy"
	timed build "$rpol" build "$policy" -o "$work/policy.o"
	timed clang external
	round=$((round + 1))
done

report() {
	sort -n "$work/$1" | awk -v what="$2" '{ t[NR] = $1 / 1000 }
		END { printf "%-44s min %7.1f ms  median %7.1f ms\n", what, t[1], t[int((NR + 1) / 2)] }'
}
report check 'rpol check'
report build 'rpol build (clang in-process)'
report clang 'clang-19 on the same C text'
printf '%-44s %s bytes, %s lines\n' 'the C text' "$(wc -c <"$work/policy.c")" "$(wc -l <"$work/policy.c")"
printf '%-44s %s bytes\n' 'the object' "$(stat -c %s "$work/policy.o")"
