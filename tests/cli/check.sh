#!/bin/sh
# rpol check: results on stdout, diagnostics on stderr, one exit code for many files.
# shellcheck source=tests/cli/lib.sh
. "$TOP/tests/cli/lib.sh"

run 0 "$RPOL" check "$router"
says out 'router\.rpol: ok: 2 policies, 14 rules$'
silent err

small_policy
run 0 "$RPOL" check small.rpol
says out '^small\.rpol: ok: 1 policy, 2 rules$'

cat >bad.rpol <<'EOF'
interface wan = eth0;
policy edge on wan at xdp {
    default pass;
    telnet: tcp.dport == 23 => dorp;
    ssh:    tcp.dprot == 22 => drop;
}
EOF
run 1 "$RPOL" check bad.rpol
silent out
says err '^bad\.rpol:4:32: error\[E0207\]: '
says err '^bad\.rpol:5:13: error\[E0206\]: '
says err 'did you mean .drop.'
says err '^ .*\^\^\^\^'
if grep -q "$(printf '\033')" err; then fail "colour where no terminal is"; fi

# several files: the worst counts, the others are still looked at
run 1 "$RPOL" check bad.rpol small.rpol
says out '^small\.rpol: ok'
run 3 "$RPOL" check missing.rpol bad.rpol small.rpol
says err 'cannot read missing\.rpol: No such file or directory'
says err 'E0207'
says out '^small\.rpol: ok'

mkdir folder
run 3 "$RPOL" check folder
says err 'cannot read folder: Is a directory'

# warnings do not fail
cat >warn.rpol <<'EOF'
interface wan = eth0;
const UNUSED = 10.0.0.1;
policy edge on wan at xdp { default pass; }
EOF
run 0 "$RPOL" check warn.rpol
says out '1 warning$'
says err 'warning\[W0901\]'

# fifty mistakes are fifty errors, in the order of the text
{
	echo 'interface wan = eth0;'
	echo 'policy edge on wan at xdp {'
	echo '    default pass;'
	i=0
	while [ $i -lt 10 ]; do
		echo "    a$i: tcp.dprot == $i => drop;"
		echo "    b$i: src in 10.0.0.$i/8$i => drop;"
		echo "    c$i: src in nets$i => drop;"
		echo "    d$i: tcp.dport == $i => route nowhere$i;"
		echo "    e$i: udp.dport == 9999$i => drop"
		i=$((i + 1))
	done
	echo '}'
} >fifty.rpol
run 1 "$RPOL" check fifty.rpol
says err '^fifty\.rpol: 60 errors$'
sed -n 's/^fifty\.rpol:\([0-9]*\):[0-9]*: error.*/\1/p' err >lines
sort -n lines | cmp -s - lines || fail "errors out of order"
[ "$(uniq lines | wc -l)" = 50 ] || fail "not every line that is wrong was named"

# odd texts
: >empty.rpol
"$RPOL" check empty.rpol >out 2>err
[ $? -le 1 ] || fail "an empty file"
head -c 100000 /dev/urandom >noise.rpol
"$RPOL" check noise.rpol >out 2>err
[ $? -eq 1 ] || fail "noise is a policy"

# every boundary
for stage in ast policy lowering c; do
	run 0 "$RPOL" check --dump=$stage small.rpol
	[ -s out ] || fail "--dump=$stage prints nothing"
	! grep -q 'ok:' out || fail "--dump=$stage prints more than the dump"
done
run 0 "$RPOL" check --dump=ast,policy,lowering,c small.rpol
for stage in ast policy lowering c; do
	says out "^# ---- $stage of small\.rpol$"
done
run 1 "$RPOL" check --dump=ast,policy bad.rpol
says out '^# ---- ast of bad'
finish
