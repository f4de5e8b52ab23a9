#!/bin/sh
# rpol build: objects and the texts on the way.
# shellcheck source=tests/cli/lib.sh
. "$TOP/tests/cli/lib.sh"

run 0 "$RPOL" build "$router" -o router.o
silent out
silent err
[ "$(od -An -c -N4 router.o | tr -d ' ')" = '177ELF' ] || fail "the object is no ELF file"
cp router.o first.o
run 0 "$RPOL" build "$router" -o router.o
cmp -s router.o first.o || fail "the same policy gives another object"
"$RPOL" build "$router" -o - >piped.o || fail "build -o -"
cmp -s piped.o router.o || fail "-o - writes another object"
# shellcheck disable=SC2012
[ "$(ls | wc -l)" = 5 ] || { fail "something else is left"; ls; }

run 0 "$RPOL" build --emit c "$router"
says out 'spoofed'
says out '#line'
cp out c.txt
run 0 "$RPOL" build --emit=c "$router" -o c2.txt
silent out
cmp -s c.txt c2.txt || fail "--emit c to a file differs"
run 0 "$RPOL" build --emit lowering "$router"
[ -s out ] || fail "no lowering"
# an object holds its source: the texts come from there as well
run 0 "$RPOL" build --emit lowering router.o
run 64 "$RPOL" build router.o -o again.o
says err 'object already'

run 3 "$RPOL" build "$router" -o no/such/folder/x.o
says err 'cannot write no/such/folder/x\.o'
run 3 "$RPOL" build "$router" -o .
printf 'policy p on nowhere at xdp { default pass; }\n' >bad.rpol
run 1 "$RPOL" build bad.rpol -o bad.o
says err 'E0201'
[ ! -e bad.o ] || fail "an object of a wrong policy"
run 3 "$RPOL" build missing.rpol -o missing.o

# a damaged object is refused wherever it is given
size=$(stat -c %s router.o)
for keep in 0 3 4 63 100 $((size / 2)) $((size - 1)); do
	head -c $keep router.o >cut.o
	run 3 "$RPOL" dryrun cut.o --pcap "$sample" --engine interp
	says err 'cut\.o'
done
cp router.o flipped.o
printf 'X' | dd of=flipped.o bs=1 seek=$((size / 2)) conv=notrunc 2>/dev/null
cmp -s flipped.o router.o && printf 'Y' | dd of=flipped.o bs=1 seek=$((size / 2)) conv=notrunc 2>/dev/null
run 3 "$RPOL" apply flipped.o
says err 'flipped\.o'
head -c 5000 /dev/urandom >noise.o
run 3 "$RPOL" apply noise.o
finish
