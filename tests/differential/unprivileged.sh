#!/bin/sh
# unprivileged.sh DIFFERENTIAL N: compares the engines by N policies and by cut frames as a user
# who has CAP_BPF and CAP_NET_ADMIN and nothing else. A process of such a user can open one policy.
# Lists of rules are class tables: the other structures have loops, which need CAP_PERFMON.
# The verifier may refuse those too intricate for it without CAP_PERFMON (77), but not most.
set -eu
if [ "$(id -u)" != 0 ] || ! command -v setpriv >/dev/null; then
	echo "needs root and setpriv to take rights away" >&2
	[ -n "${CI:-}" ] && exit 1
	exit 77
fi
# LeakSanitizer traces its own process, which one without rights may not.
export ASAN_OPTIONS="${ASAN_OPTIONS:-}:detect_leaks=0"
without() {
	env -u CI setpriv --reuid 65534 --regid 65534 --clear-groups --no-new-privs \
		--inh-caps=-all,+bpf,+net_admin --ambient-caps=-all,+bpf,+net_admin \
		--bounding-set=-all,+bpf,+net_admin "$@"
}
without "$1" --seed 1 --malformed
i=0 refused=0
while [ $i -lt "$2" ]; do
	code=0
	without "$1" --seed 3 --policies "$2" --packets 250 --only $i --structure classes || code=$?
	case $code in
	0) ;;
	77) refused=$((refused + 1)) ;;
	*) exit $code ;;
	esac
	i=$((i + 1))
done
echo "$refused of $2 policies refused for want of CAP_PERFMON"
[ $((refused * 2)) -lt "$2" ]
