#!/bin/sh
# rpol check --format, --deny and --fix: what machines read, and what is mended.
# shellcheck source=tests/cli/lib.sh
. "$TOP/tests/cli/lib.sh"

cat >bad.rpol <<'EOF'
interface wan = eth0;
const UNUSED = 10.0.0.1;
set s : prefix { 10.0.0.5/8 };
policy edge on wan at xdp {
    default pass;
    telnet: tcp.dport == 23 and proto = tcp => dorp;
    under:  tcp.dprot == 22 => drop; # ü
    missing: any => drop
    a:      src in s => drop;
    a:      src in s => drop;
}
EOF
cat >warn.rpol <<'EOF'
interface wan = eth0;
const UNUSED = 10.0.0.1;
policy edge on wan at xdp { default pass; }
EOF
small_policy
mkdir 'od,d:100%'
cp bad.rpol 'od,d:100%/bad.rpol'
{
	echo 'interface wan = eth0;'
	echo 'policy p on wan at xdp {'
	echo '    default pass;'
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13; do echo "    r$i: tcp.dprot == $i => drop;"; done
	echo '}'
	for i in 1 2 3; do echo "set e$i : prefix { };"; done
} >many.rpol
printf 'interface wan = eth0;\npolicy p on wan at xdp { default p\377\001<&">; }\n' >bytes.rpol

for file in bad.rpol warn.rpol small.rpol many.rpol bytes.rpol missing.rpol 'od,d:100%/bad.rpol'; do
	for format in json sarif github junit; do
		"$RPOL" check --format $format "$file" small.rpol >"out.$format" 2>err
		code=$?
		python3 "$TOP/tests/cli/formats.py" $format "$file" "$code" "out.$format" ||
			fail "--format $format of $file"
	done
done
run 1 "$RPOL" check --format json bad.rpol small.rpol
silent err
run 64 "$RPOL" check --format xml small.rpol
says err 'text, json, sarif, github, junit'
run 64 "$RPOL" check --format json --dump=ast small.rpol

# GitHub: the gravest first, ten of each, and what was cut is said and in the log
run 1 "$RPOL" check --format github warn.rpol many.rpol
[ "$(grep -c '^::error ' out)" = 10 ] || fail "not ten errors"
head -1 out | grep -q '^::error ' || fail "a warning before an error"
says out '^::warning file=warn\.rpol,line=2,col=7,endColumn=13,title=W0901::'
says out '^::notice title=rpol::3 more errors and 0 more warnings'
[ "$(grep -c 'error\[E0206\]' err)" = 13 ] || fail "the log lacks something"
run 1 "$RPOL" check --format github 'od,d:100%/bad.rpol'
says out '^::error file=od%2Cd%3A100%25/bad\.rpol,line='

# --deny
run 0 "$RPOL" check warn.rpol
run 1 "$RPOL" check --deny warnings warn.rpol
says err '^warn\.rpol: 1 warning denied$'
run 1 "$RPOL" check --deny=W0901 warn.rpol
run 0 "$RPOL" check --deny W0902 warn.rpol
run 0 "$RPOL" check --deny warnings small.rpol
run 64 "$RPOL" check --deny E0201 warn.rpol
says err 'warning'
run 1 "$RPOL" check --format github --deny warnings warn.rpol
says out '^::error file=warn\.rpol'

# --fix: what is sure is mended, whole; what is not stays
cat >mend.rpol <<'EOF'
interface wan = eth0;
include "mend.inc";
policy edge on wan at xdp {
    defualt accept;
    telnet: tcp.dprot == 23 and proto = tcp => dorp;
    hosts:  src in 10.0.0.5/8 and tcp and dport == { 1, 2 } => drop
    late:   dst == 192.168.0.0/255.255.0.0 and dport in 90..80 => drop;
    nets:   src in nest => drop;
}
EOF
echo 'set nets : prefix { 10/8 };' >mend.inc
chmod 640 mend.rpol
run 0 "$RPOL" check --fix mend.rpol
says err 'mistakes mended in 2 files'
says out '^mend\.rpol: ok'
[ "$(stat -c %a mend.rpol)" = 640 ] || fail "--fix changed the mode"
cat >wanted <<'EOF'
interface wan = eth0;
include "mend.inc";
policy edge on wan at xdp {
    default pass;
    telnet: tcp.dport == 23 and proto == tcp => drop;
    hosts:  src in 10.0.0.0/8 and proto == tcp and dport in { 1, 2 } => drop;
    late:   dst in 192.168.0.0/16 and dport in 80..90 => drop;
    nets:   src in nets => drop;
}
EOF
diff wanted mend.rpol || fail "--fix mended something else"
grep -qx 'set nets : prefix { 10.0.0.0/8 };' mend.inc || fail "--fix and an included file"
ls -- *.rpol.* 2>/dev/null && fail "--fix left something behind"

# nothing to mend: the file is not touched
cat >sure.rpol <<'EOF'
interface wan = eth0;
policy p on wan at xdp { a: tcp.dport != 22 => drop; }
EOF
cp sure.rpol before
touch -d 2001-01-01 sure.rpol
run 1 "$RPOL" check --fix sure.rpol
cmp -s before sure.rpol || fail "--fix changed what it does not know"
[ "$(stat -c %Y sure.rpol)" = "$(date -d 2001-01-01 +%s)" ] || fail "--fix wrote without need"
run 3 "$RPOL" check --fix missing.rpol
run 64 "$RPOL" check --fix thing.o
finish
