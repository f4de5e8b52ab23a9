#!/bin/sh
# check.sh RPOL [RESULT.svg]: what `rpol check` costs as policies grow: user and system time, and the
# most memory it had. Generated policies of 1,000 to 50,000 rules, and sets and tables of 1,000 to
# 100,000 entries, take turns, so that a machine that slows down slows all of them. Prints the minimum
# and median of 7 rounds, and the time of a line divided by that of the smallest policy of its kind: a
# check that is proportional to the text keeps it near 1, or below. Draws it when told where.
set -eu

rpol=$1 result=${2:-}
rounds=${ROUNDS:-7}
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

python3 "$here/policies.py" start 1 "$work" >"$work/all"
for size in 1000 2000 5000 10000 20000 50000; do
	python3 "$here/policies.py" rules $size "$work" >>"$work/all"
done
for kind in list file table; do
	for size in 1000 10000 100000; do
		python3 "$here/policies.py" $kind $size "$work" >>"$work/all"
	done
done

round=0
while [ $round -lt "$rounds" ]; do
	while read -r policy; do
		python3 "$here/cost.py" "$rpol" check "$policy" >>"$work/costs"
	done <"$work/all"
	round=$((round + 1))
done
python3 "$here/curve.py" "$work/costs" ${result:+"$result"}
