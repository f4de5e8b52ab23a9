#!/bin/sh
# rpol apply, status, stats, detach as a person meets them, in a network namespace of its own.
# shellcheck source=tests/cli/lib.sh
. "$TOP/tests/cli/lib.sh"
need_root

if [ -z "${INSIDE:-}" ]; then
	export INSIDE=1
	unshare -n -m --propagation private sh "$TOP/tests/cli/deploy.sh"
	exit
fi
mkdir bpf
# shellcheck disable=SC2317 # the trap of lib.sh calls it
cleanup() { umount bpf 2>/dev/null; }
mount -t bpf bpf bpf || { echo "FAIL: no BPF file system"; exit 1; }
at="--bpffs $work/bpf"
ip link set lo up
for i in 1 2 3; do
	ip link add eth$i type veth peer name peer$i
	ip link set eth$i up
	ip link set peer$i up
done

# shellcheck disable=SC2086 # $at is two words
rpol() {
	code=$1
	shift
	run "$code" "$RPOL" "$@" $at
}

rpol 0 status
says out '^nothing is deployed$'
rpol 3 status router
says err 'router'
rpol 3 detach router
says err 'router'

rpol 0 apply "$router"
says out '^router: generation 1 in force on eth1 \(xdp, (native|generic)\), eth2 \(tc ingress, (tcx|clsact)\), eth3 '
rpol 0 apply "$router"
says out '^router: nothing to change$'
"$RPOL" build "$router" -o router.o
rpol 0 apply router.o
says out '^router: nothing to change$'

rpol 0 status
says out '^router: generation 1 since [0-9T:Z-]+, object [0-9a-f]{12}$'
says out '^  policy out on lan \(eth1\) at xdp: '
rpol 0 status --format json
python3 -c 'import json; s = json.load(open("out")); assert s[0]["name"] == "router"; assert len(s[0]["links"]) == 3; assert len(s[0]["object"]) == 64' || fail "status as JSON"
rpol 0 stats router
says out '^policy out at xdp$'
says out '^  rest4  .* route both$'
rpol 0 stats --format json
python3 -c 'import json; s = json.load(open("out")); assert s[0]["policies"][0]["rules"][-1]["label"] == "default"' || fail "stats as JSON"

# another policy under the same name is the next generation
sed 's/default fib/default pass/' "$router" >router.rpol
cp "$TOP/examples/bogons.txt" .
rpol 0 apply router.rpol
says out '^router: generation 2 in force on '

# what cannot be is refused, and what was in force stays
rpol 3 apply router.rpol --bind lan=nodev0
says err 'nodev0'
rpol 3 apply router.rpol --bind nolan=eth1
says err 'nolan'
sed 's/dorp/drop/; s/=> drop/=> dorp/' router.rpol >wrong.rpol
rpol 1 apply wrong.rpol --name router
rpol 0 status router
says out '^router: generation 2 '

rpol 0 apply "$router" --name other --bind lan=peer1 --bind uplink_a=peer2 --bind uplink_b=peer3 --tc clsact
says out '^other: generation 1 in force on peer1 .*peer2 \(tc ingress, clsact\)'
rpol 0 status
says out '^other: '
says out '^router: '
rpol 0 detach other
says out '^other: detached$'
rpol 0 detach router
rpol 3 detach router
rpol 0 status
says out '^nothing is deployed$'
# (the kernel's own maps.debug and progs.debug are there from the start)
left=$(find bpf -type f ! -name '*.debug')
[ -z "$left" ] || fail "pins are left: $left"
! ip link | grep -q 'prog/xdp' || fail "a program is left"

# the BPF file system is missing
run 3 "$RPOL" apply "$router" --bpffs "$work/nowhere"
says err 'nowhere'
finish
