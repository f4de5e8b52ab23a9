#!/bin/sh
# rpol fmt: in place, whole, and nothing when nothing is to do.
# shellcheck source=tests/cli/lib.sh
. "$TOP/tests/cli/lib.sh"

cat >messy.rpol <<'EOF'
interface wan=eth0; # the world
policy edge on wan at xdp { default pass;
telnet: tcp.dport==23=>drop;
  all_the_rest: any =>   fib; }
EOF
cp messy.rpol original.rpol
chmod 640 messy.rpol
run 1 "$RPOL" fmt --check messy.rpol
says out '^messy\.rpol:1: not in the canonical style'
cmp -s messy.rpol original.rpol || fail "--check changed the file"

# (run closes standard input)
"$RPOL" fmt - <original.rpol >from-stdin 2>err || fail "fmt - failed"
run 0 "$RPOL" fmt messy.rpol
silent out
cmp -s messy.rpol from-stdin || fail "fmt FILE and fmt - differ"
[ "$(stat -c %a messy.rpol)" = 640 ] || fail "the mode was not kept"
says messy.rpol '# the world'
run 0 "$RPOL" fmt --check messy.rpol
silent out
inode=$(stat -c %i messy.rpol)
run 0 "$RPOL" fmt messy.rpol
[ "$(stat -c %i messy.rpol)" = "$inode" ] || fail "a file without changes was written"
run 0 "$RPOL" check messy.rpol

# the formatted text is the same policy
"$RPOL" check --dump=policy original.rpol >a 2>/dev/null
"$RPOL" check --dump=policy messy.rpol >b 2>/dev/null
sed 's/original/x/; s/messy/x/' a >a2
sed 's/original/x/; s/messy/x/' b >b2
cmp -s a2 b2 || { fail "the formatted text is another policy"; diff a2 b2 | head -5; }

# through a link, the file is replaced and not the link
cp original.rpol target.rpol
ln -s target.rpol link.rpol
run 0 "$RPOL" fmt link.rpol
[ -L link.rpol ] || fail "the link became a file"
cmp -s target.rpol messy.rpol || fail "the link's target was not formatted"

# no half file is left, nothing else either
[ -z "$(find . -name '*.rpol.*')" ] || fail "temporary files are left"

printf 'policy {{{ ' >broken.rpol
cp broken.rpol broken.copy
run 1 "$RPOL" fmt broken.rpol
says err 'broken\.rpol:1:'
cmp -s broken.rpol broken.copy || fail "a broken file was changed"
run 3 "$RPOL" fmt missing.rpol
mkdir folder
run 3 "$RPOL" fmt folder
says err 'Is a directory'
run 0 "$RPOL" fmt --check "$router"
finish
