#!/bin/sh
# unprivileged.sh TEST [ARGUMENT…]: runs it as a user who has CAP_BPF and CAP_NET_ADMIN and nothing else.
set -eu
if [ "$(id -u)" != 0 ] || ! command -v setpriv >/dev/null; then
	echo "needs root and setpriv to take rights away" >&2
	[ -n "${CI:-}" ] && exit 1
	exit 77
fi
exec setpriv --reuid 65534 --regid 65534 --clear-groups --no-new-privs \
	--inh-caps=-all,+bpf,+net_admin --ambient-caps=-all,+bpf,+net_admin \
	--bounding-set=-all,+bpf,+net_admin "$@"
