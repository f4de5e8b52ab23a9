#!/bin/sh
# samples.sh: every rule of the example policy is met by its sample capture, both engines agree on
# all of it, and the script that makes the captures still makes such captures.
# shellcheck source=tests/e2e/lib.sh
. "$TOP/tests/e2e/lib.sh"

judge() { # judge WHAT CAPTURE
	exits "$1: both engines agree" 0 "$RPOL" dryrun "$TOP/examples/router.rpol" --pcap "$2" \
		--engine both --format json
	python3 - out >unmet <<'END'
import json, sys
report = json.load(open(sys.argv[1]))
assert report["engines"] == ["interp", "kernel"] and report["disagreements"] == 0
assert report["packets"] > 100
for policy in report["policies"]:
    for rule in policy["rules"]:
        if not rule["packets"]:
            print(policy["name"] + "." + rule["label"], end=" ")
END
	is "$1: rules without a packet" "$(cat unmet)" ""
}
judge "the capture of the repository" "$TOP/examples/samples/router.pcapng"
exits "mixed.pcap: both engines agree" 0 "$RPOL" dryrun "$TOP/examples/router.rpol" \
	--pcap "$TOP/examples/samples/mixed.pcap" --engine both
within "the captures are small" \
	"$(cat "$TOP"/examples/samples/*.pcap "$TOP"/examples/samples/*.pcapng | wc -c)" 1000 100000
mkdir again
check "make-samples.sh" "$TOP/examples/samples/make-samples.sh" again
judge "a capture made now" again/router.pcapng
finish
