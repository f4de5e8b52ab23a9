#!/bin/sh
# cpu.sh: packets go by another CPU's stack and arrive: to a CPU that is named, and spread by flow. A
# CPU that the host lacks is refused, and so is nothing else of what runs.
# shellcheck source=tests/e2e/lib.sh
. "$TOP/tests/e2e/lib.sh"
hook xdp
network
acquaint
last=$(sed 's/.*[-,]//' /sys/devices/system/cpu/online)
online=$(getconf _NPROCESSORS_ONLN)

cat >cpus.rpol <<END
interface lan = lan0;
policy go on lan at xdp {
    default pass;
    first:  udp.dport == 7000 => cpu 0;
    last:   udp.dport == 7001 => cpu $last;
    spread: udp.dport == 7002 => cpu spread;
    marked: udp.dport == 7003 => set dscp ef, count seen, cpu $last;
    six:    udp.dport == 7004 => cpu spread;
    ping:   icmp.type == echo_request => cpu $last;
}
END
check "apply" apply cpus.rpol

# arrive LABEL PORT PEER ADDRESS: 60 flows; what came by which CPU is in the LABEL's file.
arrive() {
	$net cpus "$2" "$3" 60 "$1.json" &
	eventually test -e "$1.json.up"
	on h1 $net flows "$4" "$2" 60 1
	wait $!
	is "$1: every packet arrives" \
		"$(python3 -c 'import json, sys; print(sum(json.load(open(sys.argv[1])).values()))' "$1.json")" 60
	is "  and is counted" "$(stat cpus go "$1")" 60
}
came_by() { python3 -c 'import json, sys; print(json.load(open(sys.argv[1])).get(sys.argv[2], 0))' "$1.json" "$2"; }

arrive first 7000 10.1.0.2 10.1.0.1
is "  by CPU 0" "$(came_by first 0)" 60
arrive last 7001 10.1.0.2 10.1.0.1
is "  by CPU $last" "$(came_by last "$last")" 60
arrive spread 7002 10.1.0.2 10.1.0.1
within "  by CPU 0, its part" "$(came_by spread 0)" $((online > 8 ? 0 : 60 / online / 3)) $((60 / online * 2))
arrive marked 7003 10.1.0.2 10.1.0.1
is "  by CPU $last" "$(came_by marked "$last")" 60
arrive six 7004 2001:db8:1::2 2001:db8:1::1
check "ping, 20 of 20" on h1 ping -q -c 20 -i 0.02 -W 2 10.1.0.1
is "  no reply was lost" "$(grep -o '[0-9]* received' "$work/check.out")" "20 received"
is "  counted" "$(stat cpus go ping)" 20

# ---- what is refused ----------------------------------------------------------------------
sed "s/cpu 0/cpu 1023/" cpus.rpol >lacking.rpol
exits "a CPU that the host lacks is refused" 3 apply lacking.rpol --name cpus
says out "lacking.rpol:4: rule .first. hands packets to CPU 1023, which this host does not have online" \
	"  and the rule is named"
is "  what runs stays" "$(stat cpus go ping)" 20

# Packets that come while the policy is exchanged are not lost.
on h1 ping -q -c 200 -i 0.01 -W 2 10.1.0.1 >out &
for label in a b c d; do
	sed "s/ping: /ping_$label:/" cpus.rpol >next.rpol
	check "apply again" apply next.rpol --name cpus
done
wait $!
is "  no reply was lost" "$(grep -o '[0-9]* received' out)" "200 received"
check "detach" "$RPOL" detach cpus
is "nothing stays" "$(pins)" ""
finish
