#!/bin/sh
# apply.sh xdp|tcx|clsact: another policy while traffic runs, without a lost packet; the same again;
# what fails leaves the old in force; counters outlive a redeploy.
# shellcheck source=tests/e2e/lib.sh
. "$TOP/tests/e2e/lib.sh"
hook "$1"
network
acquaint

policy() { # policy MARK [ORDER]: the same forwarding, another program
	cat <<END
interface lan = lan0;
interface a   = upa;
policy fwd on lan, a at $at {
    default fib;
$(if [ "${2:-}" = swapped ]; then
		echo "    extra: udp.dport == $1 => fib;"
		echo "    second: udp.dport == 7302 => fib;"
		echo "    first: udp.dport == 7301 => fib;"
	else
		echo "    first: udp.dport == 7301 => fib;"
		echo "    second: udp.dport == 7302 => fib;"
		echo "    other: udp.dport == $1 => drop;"
	fi)
}
END
}
policy 9001 >one.rpol
policy 9002 swapped >two.rpol
check "build one" "$RPOL" build one.rpol -o one.o
check "build two" "$RPOL" build two.rpol -o two.o

exits "apply" 0 apply one.o --name fwd $how
says out 'generation 1' "  is generation 1"
exits "apply of the same again" 0 apply one.o --name fwd $how
says out 'nothing to change' "  changes nothing"

# ---- counters -----------------------------------------------------------------------------
on h1 $net flows 198.51.100.80 7301 10 1
on h1 $net flows 198.51.100.80 7302 20 1
is "first has counted" "$(stat fwd fwd first)" 10
is "second has counted" "$(stat fwd fwd second)" 20
check "apply with the rules in another order" apply two.o --name fwd $how
is "first's count is still there" "$(stat fwd fwd first)" 10
is "second's count is still there" "$(stat fwd fwd second)" 20
is "a new rule begins at nothing" "$(stat fwd fwd extra)" 0
on h1 $net flows 198.51.100.80 7301 5 1
is "first counts on" "$(stat fwd fwd first)" 15

# ---- under traffic ------------------------------------------------------------------------
$in_h2 $net sequence-check 7301 seq.json &
receiver=$!
eventually test -e seq.json.up
$in_h1 $net sequence 198.51.100.80 7301 8 >sent &
sender=$!
applies=0
while kill -0 $sender 2>/dev/null; do
	apply one.o --name fwd $how >>applied 2>&1 && applies=$((applies + 1))
	apply two.o --name fwd $how >>applied 2>&1 && applies=$((applies + 1))
done
wait $sender
kill $receiver
wait $receiver
within "applies of the other policy in that time" $applies 20 100000
is "  each a new generation" "$(grep -c 'generation [0-9]* in force' applied)" $applies
field() { python3 -c 'import json, sys; print(json.load(open("seq.json"))[sys.argv[1]])' "$1"; }
is "all of $(cat sent) packets arrived" "$(field packets)" "$(cat sent)"
is "  none lost" "$(field lost)" 0
is "  none twice" "$(field duplicates)" 0
is "every packet was counted by one generation or the other" "$(stat fwd fwd first)" $((15 + $(cat sent)))

# ---- what fails ---------------------------------------------------------------------------
status() { "$RPOL" status fwd | head -1; }
unharmed() { # unharmed WHAT: the deployment and its traffic are as before
	is "  $1: the old one is in force" "$(status)" "$was"
	check "  $1: and forwards" on h1 ping -q -c 3 -i 0.02 -W 1 198.51.100.80
}
check "one is in force" apply one.o --name fwd $how
was=$(status)
exits "apply with a device that is not there fails" 3 apply two.o --name fwd --bind a=nosuch0 $how
says out 'nosuch0' "  and names it"
unharmed "missing device"
size=$(wc -c <two.o)
for at_byte in 100 $((size / 2)) $((size - 40)); do
	python3 -c 'import sys
data = bytearray(open("two.o", "rb").read())
data[int(sys.argv[1])] ^= 0x40
open("bad.o", "wb").write(data)' "$at_byte"
	"$RPOL" apply bad.o --name fwd $how >out 2>&1
	code=$?
	check "apply of an object with byte $at_byte wrong fails ($code)" test $code = 1 -o $code = 3
	unharmed "wrong byte"
done
head -c $((size / 2)) two.o >bad.o
"$RPOL" apply bad.o --name fwd $how >out 2>&1
check "apply of half an object fails" test $? != 0
unharmed "half an object"
if [ "$1" = xdp ]; then
	$net foreign upb >foreign.out 2>&1 &
	foreigner=$!
	eventually grep -q attached foreign.out
	exits "apply to an interface with somebody else's XDP program fails" 3 \
		apply two.o --name fwd --bind a=upb $how
	says out 'upb' "  and names it"
	unharmed "foreign program"
	kill $foreigner
	eventually sh -c '! ip link show upb | grep -q xdp'
	check "once it is gone, apply moves the policy there" apply two.o --name fwd --bind a=upb $how
	is "  and leaves the interface it was on" "$(ip link show upa | grep -c 'prog/xdp')" 0
fi
check "detach" "$RPOL" detach fwd
finish
