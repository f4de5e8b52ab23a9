#!/bin/sh
# Completion: every command and option is in it, and real shells complete by it.
# shellcheck source=tests/cli/lib.sh
. "$TOP/tests/cli/lib.sh"

run 64 "$RPOL" completion
run 64 "$RPOL" completion tcsh
says err 'bash, zsh and fish, not .tcsh.'
for shell in bash zsh fish; do
	run 0 "$RPOL" completion "$shell"
	silent err
	cp out "rpol.$shell"
done

commands=$("$RPOL" --help | sed -n 's/^  \([a-z-]*\)  *[a-z].*/\1/p')
[ "$(echo "$commands" | wc -l)" -ge 9 ] || fail "--help lists too few commands: $commands"
for command in $commands; do
	grep -q "^	$command) options=" rpol.bash || fail "bash does not know $command"
	grep -q "^	($command) _arguments" rpol.zsh || fail "zsh does not know $command"
	grep -q -- "-a $command -d" rpol.fish || fail "fish does not know $command"
	for option in $("$RPOL" "$command" --help | sed -n 's/^  .*--\([a-z-]*\) .*/\1/p'); do
		[ "$option" = help ] && continue
		grep -q "^	$command) options='.*--${option}[ ']" rpol.bash ||
			fail "bash does not know --$option of $command"
		grep -q "from $command' -l $option " rpol.fish ||
			fail "fish does not know --$option of $command"
		sed -n "/^	($command)/,/;;/p" rpol.zsh | grep -q -- "'\**--${option}[=[]" ||
			fail "zsh does not know --$option of $command"
	done
done

# A bash on a terminal, keys as a person types them.
cp "$router" a-policy.rpol
python3 - "$RPOL" >typed 2>&1 <<'EOT' || { fail "bash does not complete"; cat typed; }
import os, pty, select, sys, time

child, terminal = pty.fork()
if child == 0:
    os.environ.update(PATH=os.path.dirname(sys.argv[1]) + ":" + os.environ["PATH"], PS1="$ ",
                      TERM="dumb", INPUTRC="/dev/null")
    os.execvp("bash", ["bash", "--norc", "--noprofile", "-i"])


def read_until(mark):
    text, end = b"", time.time() + 20
    while mark not in text and time.time() < end:
        if select.select([terminal], [], [], 0.2)[0]:
            text += os.read(terminal, 4096)
    return text


os.write(terminal, b"bind 'set enable-bracketed-paste off'; source ./rpol.bash; echo rea''dy\n")
read_until(b"ready\r\n")
bad = 0
for keys, wanted in [(b"rpol che", b"check "), (b"rpol fmt --ch", b"--check "),
                     (b"rpol dryrun --engine ke", b"kernel "), (b"rpol dryrun --engine=bo", b"both "),
                     (b"rpol check a-pol", b"a-policy.rpol "), (b"rpol completion fi", b"fish ")]:
    os.write(terminal, b"echo " + b"\x01\x0b" + keys + b"\t")
    text = read_until(wanted)
    os.write(terminal, b"\x15")
    if wanted not in text:
        bad = 1
        print("keys", keys, "give", text)
os.write(terminal, b"exit\n")
sys.exit(bad)
EOT

if command -v fish >/dev/null; then
	HOME=$work fish --no-config -c 'source rpol.fish; complete -C "rpol che"; complete -C "rpol fmt --"' >out 2>err
	says out '^check'
	says out '^--check'
fi
if command -v zsh >/dev/null; then
	zsh -fn rpol.zsh || fail "zsh does not read its script"
fi
finish
