#!/bin/sh
# What works for a user without privilege, and what the rest says.
# shellcheck source=tests/cli/lib.sh
. "$TOP/tests/cli/lib.sh"

# A copy that anybody can reach, whoever owns the build folder.
chmod 755 "$work"
cp "$RPOL" rpol
cp "$MODULE" .
mkdir input
cp "$router" "$TOP/examples/bogons.txt" "$sample" input/
chmod -R a+rX .
mkdir -m 777 scratch
# Leaks are looked for by ptrace, which a user who changed identity may not do.
export ASAN_OPTIONS="${ASAN_OPTIONS:-}:detect_leaks=0"

user() {
	code=$1
	shift
	if [ "$(id -u)" = 0 ]; then
		run "$code" setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all "$@"
	else
		run "$code" "$@"
	fi
}
r=$work/rpol

user 0 "$r" check input/router.rpol
user 0 "$r" build input/router.rpol -o scratch/router.o
for file in input/router.rpol scratch/router.o; do
	user 0 "$r" dryrun $file --pcap input/router.pcapng
	says err '^rpol: note: the kernel engine is not used: .*CAP_'
	says out ' packets judged by 1 engine \(interpreter\), 0 disagreements$'
	user 0 "$r" dryrun $file --pcap input/router.pcapng --engine interp
	silent err
	for engine in kernel both; do
		user 3 "$r" dryrun $file --pcap input/router.pcapng --engine $engine
		silent out
		says err '^rpol: the kernel engine cannot be used: .*CAP_'
	done
	user 3 "$r" apply $file
	silent out
	says err 'CAP_(BPF|NET_ADMIN|SYS_ADMIN)'
done
user 3 "$r" detach router
says err '^rpol: .'
user 3 "$r" status router
says err '^rpol: .'

chmod 600 input/router.rpol
if [ "$(id -u)" = 0 ]; then
	user 3 "$r" check input/router.rpol
	says err 'cannot read input/router\.rpol: Permission denied; its permissions'
	chmod 644 input/router.rpol
	user 3 "$r" build input/router.rpol -o router.o
	says err 'cannot write router\.o: Permission denied'
fi

# Without the compiler's program: what needs no compiler works, the rest says what to install.
rm rpol-clang
export RPOL_CLANG=/nonexistent/rpol-clang
chmod 644 input/router.rpol
user 0 "$r" check input/router.rpol
user 0 "$r" build --emit c input/router.rpol
user 0 "$r" dryrun input/router.rpol --pcap input/router.pcapng
says err '^rpol: note: the kernel engine is not used: .*install it beside rpol'
user 3 "$r" build input/router.rpol -o scratch/x.o
says err 'install it beside rpol'
finish
