#!/bin/sh
# Help, version, and every way to hold it wrong.
# shellcheck source=tests/cli/lib.sh
. "$TOP/tests/cli/lib.sh"

run 0 "$RPOL" --version
says out '^rpol [0-9]+\.[0-9]+\.[0-9]+$'
run 0 "$RPOL" --help
for command in check fmt build dryrun apply status stats detach lsp completion; do
	says out "^  $command "
done
silent err
run 64 "$RPOL"
says err '^usage: rpol'
silent out

for command in check fmt build dryrun apply status stats detach lsp completion; do
	run 0 "$RPOL" "$command" --help
	says out "^usage: rpol $command "
	says out '^  -h, --help'
	silent err
	cp out help
	run 0 "$RPOL" help "$command"
	cmp -s out help || fail "help $command is not $command --help"
	run 64 "$RPOL" "$command" --no-such-option
	says err "^rpol $command: there is no option .--no-such-option."
	silent out
	run 64 "$RPOL" "$command" -Z
	says err "^rpol $command: there is no option .-Z."
done

run 64 "$RPOL" chekc
says err 'did you mean .check.'
run 64 "$RPOL" --versoin
says err 'there is no option .--versoin.'
run 64 "$RPOL" help nonsense
run 64 "$RPOL" dryrun --formt json x.rpol
says err 'did you mean .--format.'

# operands and values
run 64 "$RPOL" check
run 64 "$RPOL" fmt
run 64 "$RPOL" build
run 64 "$RPOL" build "$router"
says err 'say -o OBJ'
run 64 "$RPOL" build "$router" -o
says err '--output needs its OBJ'
run 64 "$RPOL" build "$router" -o a.o -o b.o
says err 'given twice'
run 64 "$RPOL" build --emit asm "$router"
says err '--emit is one of c, lowering, not .asm.'
run 64 "$RPOL" build "$router" "$router" -o x.o
run 64 "$RPOL" check --dump=ast,nonsense "$router"
says err '--dump is one of ast, policy, lowering, c'
run 64 "$RPOL" fmt --check=yes "$router"
says err 'takes no value'
run 64 "$RPOL" dryrun
run 64 "$RPOL" dryrun "$router"
says err 'say --pcap CAPTURE'
run 64 "$RPOL" dryrun "$router" --pcap "$sample" --engine quantum
says err '--engine is one of interp, kernel, both'
run 64 "$RPOL" dryrun "$router" --pcap "$sample" --format xml
run 64 "$RPOL" dryrun "$router" --pcap "$sample" --on nowhere
says err 'no such interface; it has: lan, uplink_a, uplink_b'
run 64 "$RPOL" apply
run 64 "$RPOL" apply "$router" --bind lan
says err 'say NAME=DEV'
run 64 "$RPOL" apply "$router" --bind lan=a --bind lan=b
says err 'names lan twice'
run 64 "$RPOL" apply "$router" --tc netfilter
run 64 "$RPOL" detach
run 64 "$RPOL" detach a b
run 64 "$RPOL" status --format xml

# `--` ends the options
cp "$router" ./-odd.rpol
cp "$TOP/examples/bogons.txt" .
run 0 "$RPOL" check -- -odd.rpol

# what cannot be written is not a success
# shellcheck disable=SC2016 # the inner shell expands
run 3 sh -c '"$0" --help >/dev/full' "$RPOL"
says err 'standard output cannot be written'
finish
