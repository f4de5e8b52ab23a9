#!/bin/sh
# contents.sh xdp|tcx|clsact: dynamic sets and tables changed while traffic runs: a ban takes effect at
# once and ends with its time, and what they hold outlives a redeploy.
# shellcheck source=tests/e2e/lib.sh
. "$TOP/tests/e2e/lib.sh"
hook "$1"
network
acquaint

policy() { # policy SIZE MARK
	cat <<END
interface lan = lan0;
interface a   = upa;
${2:-}
dynamic set banned : prefix { size $1; }
dynamic set allowed : (src, dport) { size 100; timeout 1h; from file "seed.txt"; }
dynamic table pinned : exact (dst, dport) { size 10; }
policy guard on lan at $at {
    default fib;
    banned:  src in banned                                        => drop;
    closed:  udp.dport == 7303 and not (src, dport) in allowed    => drop;
    pinned:  any                                                  => lookup pinned;
}
END
}
echo '(192.0.2.1, 7303)' >seed.txt
policy 3 >one.rpol
policy 100 "nexthop hop { via 203.0.113.1 dev a; }
table t : lpm dst { 198.51.100.81/32 => route hop; }" | sed 's/    pinned:/    table: any => lookup t;\n&/' >two.rpol
sed 's/dynamic set banned.*/dynamic set banned : addr { size 100; }/' two.rpol >three.rpol
send() { on h1 $net flows 198.51.100.80 "$1" "$2" 1; }

check "apply" apply one.rpol --name guard $how
send 7301 5
is "nobody is banned" "$(stat guard guard banned)" 0
check "ban a prefix" "$RPOL" set add banned 10.1.0.0/24
send 7301 5
is "it is banned at once" "$(stat guard guard banned)" 5
exits "list" 0 "$RPOL" set list banned
says out '^10\.1\.0\.0/24$' "  shows it"
check "take it out" "$RPOL" set del banned 10.1.0.0/24 --deployment guard
send 7301 5
is "it is free at once" "$(stat guard guard banned)" 5
exits "take out what is not there" 1 "$RPOL" set del banned 10.1.0.0/24

check "ban for two seconds" "$RPOL" set add banned 10.1.0.2 --for 2s
check "and a longer prefix's elder for good" "$RPOL" set add banned 10.9.0.0/16
send 7301 5
is "it is banned" "$(stat guard guard banned)" 10
sleep 2.2
send 7301 5
is "its time has come" "$(stat guard guard banned)" 10
exits "list" 0 "$RPOL" set list banned --format json
says out '"key": "10.9.0.0/16"' "  shows what is left"
exits "  and only that" 1 grep -q 10.1.0.2 out

check "a set of several fields" "$RPOL" set add allowed '(10.1.0.2, 7303)'
send 7303 5
is "lets it through" "$(stat guard guard closed)" 0
exits "its list" 0 "$RPOL" set list allowed
says out '^\(192\.0\.2\.1, 7303\)$' "  has the seed, for good"
says out '^\(10\.1\.0\.2, 7303\) # 3[0-9]{3}s left$' "  and the entry with its timeout"

check "an entry of a table" "$RPOL" table add pinned '(198.51.100.80,' 7302')' drop
send 7302 5
is "decides at once" "$(stat guard guard pinned)" 5

# ---- refusals -----------------------------------------------------------------------------
exits "a full set" 3 sh -c '
	for prefix in 10.10.0.0/16 10.11.0.0/16 10.12.0.0/16; do
		"$RPOL" set add banned $prefix || exit
	done'
says out 'is full: it holds 3 entries' "  says so"
"$RPOL" set list banned >before
printf '10.20.0.0/16\n10.21.0.0/16\n10.22.0.0/16\n10.23.0.0/16\n10.23.0.0/16\n' >four
exits "a file that does not fit" 3 "$RPOL" set load banned four
says out 'has no room for 4 of these entries: it holds 3' "  says how many"
says out 'banned is as it was' "  says what came of it"
"$RPOL" set list banned >after
check "  adds nothing" cmp before after
cp before again
check "a file of what is there fits" "$RPOL" set load banned again
exits "a file that is none" 3 "$RPOL" set load banned none
says out 'none: No such file' "  says why"
printf '10.20.0.0/16\n\00010.21.0.0/16\n' >zero
exits "a file with a byte 0" 1 "$RPOL" set load banned zero
says out 'zero:2: error: a byte 0x00' "  says where"
exits "an unknown set" 3 "$RPOL" set list baned
says out 'did you mean .banned.' "  names the one that is meant"
exits "quite another" 3 "$RPOL" set list nothing
says out 'there are .banned., .allowed.' "  names those there are"
exits "a set where there is a table" 3 "$RPOL" table list banned
says out 'banned is a dynamic set: write .rpol set.' "  says what it is"
exits "an address that is none" 1 "$RPOL" set add banned 10.0.0.300
exits "a verdict the table cannot have" 1 "$RPOL" table add pinned '(198.51.100.80, 1)' lookup
printf '10.20.0.0/16\n10.0.0.5/8\n' >bad.txt
exits "a file with a wrong line" 1 "$RPOL" set load banned bad.txt
says out 'bad.txt:2: error' "  says where"
exits "  adds nothing" 1 sh -c '"$RPOL" set list banned | grep 10.20'

# ---- redeploy -----------------------------------------------------------------------------
check "another size, another policy" apply two.rpol --name guard $how
exits "the set" 0 "$RPOL" set list banned
says out '^10\.9\.0\.0/16$' "  was copied"
exits "the table" 0 "$RPOL" table list pinned
says out '^\(198\.51\.100\.80, 7302\) drop$' "  is still the same"
before=$(stat guard guard pinned)
send 7302 5
is "and still decides" "$(stat guard guard pinned)" $((before + 5))
check "route by name" "$RPOL" table add pinned '(198.51.100.80, 7304)' route hop
printf '10.20.0.0/16\n10.21.0.0/16 # two\n' >good.txt
check "load a file" "$RPOL" set load banned good.txt
exits "another type of set" 0 apply three.rpol --name guard $how
says out 'what was in banned is lost' "  says what is lost"
check "the entry is deleted" "$RPOL" table del pinned '(198.51.100.80, 7302)'
before=$(stat guard guard pinned)
send 7302 5
is "and decides no more" "$(stat guard guard pinned)" "$before"
check "flush" "$RPOL" table flush pinned
exits "an empty table" 0 "$RPOL" table list pinned
is "  has nothing" "$(cat out)" ""
# ---- a table in memory --------------------------------------------------------------------
routes() { # routes SIZE
	cat <<END
interface lan = lan0;
interface a   = upa;
nexthop hop { via 203.0.113.1 dev a; }
dynamic table learned : lpm dst { size $1; }
policy guard on lan at $at {
    default  pass;
    learned: proto == udp => lookup learned;
    lost:    proto == udp => drop;
}
END
}
routes 1000 >four.rpol
routes 2000 >five.rpol
check "a table in memory" apply four.rpol --name guard $how
send 7301 5
is "without a route packets are lost" "$(stat guard guard lost)" 5
check "a route" "$RPOL" table add learned 198.51.100.0/24 route hop
send 7301 5
is "leads the packets" "$(stat guard guard learned)" 5
for n in $(seq 1 250); do echo "198.51.$n.0/24 route hop"; done >learned
for n in $(seq 1 250); do echo "2001:db8:$n::/48 drop"; done >>learned
check "a file of routes" "$RPOL" table load learned learned
exits "how full it is" 0 "$RPOL" table stats learned
says out '^learned: 500 of 1000 entries$' "  says how many entries"
says out 'IPv6: 250 prefixes in [0-9]+ of [0-9]+ bytes' "  and how much memory they use"
"$RPOL" table list learned | sort >before

# While packets flow by 198.51.100.0/24, everything around it comes and goes, and it moves to a
# larger memory and back.
before=$(stat guard guard learned)
on h1 $net sequence 198.51.100.80 7301 5 >sent &
flows=$!
for n in $(seq 1 10); do
	"$RPOL" table add learned 198.51.100.80/32 route hop
	"$RPOL" table load learned learned >/dev/null
	"$RPOL" table del learned 198.51.100.80/32
	"$RPOL" table add learned "198.51.100.$((n * 8))/29" route hop
done
apply five.rpol --name guard $how >/dev/null 2>&1
apply four.rpol --name guard $how >/dev/null 2>&1
wait $flows
is "no packet misses its route meanwhile" "$(stat guard guard learned)" $((before + $(cat sent)))
"$RPOL" table list learned | grep -v '/29' | sort >after
check "what it holds is as it was" cmp before after

# Killed in the midst of a load, over and over: the next command puts it right.
for n in $(seq 1 8); do
	"$RPOL" table load learned learned >/dev/null 2>&1 &
	victim=$!
	sleep 0.0"$n"
	kill -9 $victim 2>/dev/null
	wait $victim 2>/dev/null || true
done
check "after kills" "$RPOL" table add learned 203.0.113.0/24 drop
"$RPOL" table del learned 203.0.113.0/24
before=$(stat guard guard learned)
send 7301 5
is "packets find their route" "$(stat guard guard learned)" $((before + 5))
check "a larger size" apply five.rpol --name guard $how
"$RPOL" table list learned | grep -v '/29' | sort >after
check "keeps what it holds" cmp before after
before=$(stat guard guard learned)
send 7301 5
is "and the route" "$(stat guard guard learned)" $((before + 5))
check "flush" "$RPOL" table flush learned
before=$(stat guard guard lost)
send 7301 5
is "no route is left" "$(stat guard guard lost)" $((before + 5))
check "detach" "$RPOL" detach guard
is "nothing is left pinned" "$(pins)" ""
finish
