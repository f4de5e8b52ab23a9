/* pins.c: the ratios that `make bench-quick` guards. They are what this bench measures on an idle
 * machine; only past a factor of two is it a failure, so that noise is none. */
#include "bench.h"
#include "measure.h"

#include <stdio.h>

static const struct pin {
	const char *what;
	size_t size;
	const char *trace, *form;
	const char *peer;
	double times; /* how often rpol fits into the peer */
	bool gross;   /* with the harness: for programs so short that noise is more than them */
} pins[] = {
	{"routes4", 100000, "uniform", "packet", "LPM_TRIE", 14, false},
	{"routes4", 100000, "prefix", "packet", "LPM_TRIE", 40, false},
	{"routes4", 100000, "zipf", "packet", "LPM_TRIE", 30, false},
	{"routes6", 50000, "prefix", "packet", "LPM_TRIE", 10, false},
	{"policy", 10, "web", "packet", "by hand", 0.95, true},
};

static double value(const struct pin *pin, const char *who)
{
	return result_value(pin->what, pin->size, pin->trace, pin->form, who,
			    pin->gross ? "min" : "net");
}

bool pins_hold(void)
{
	bool hold = true;

	for (size_t i = 0; i < sizeof(pins) / sizeof(pins[0]); i++) {
		const struct pin *pin = &pins[i];
		double ours = value(pin, "rpol");
		double theirs = value(pin, pin->peer);
		double ratio = ours > 0 ? theirs / ours : 0;
		const char *verdict = ratio >= pin->times	? "reached"
				      : ratio >= pin->times / 2 ? "within a factor of two"
								: "LOST";

		if (ours <= 0 || theirs <= 0) {
			printf("%s %zu %s: not measured\n", pin->what, pin->size, pin->trace);
			continue;
		}
		printf("%s %zu %s: %.2f times as fast as %s, pinned %.2f: %s\n", pin->what,
		       pin->size, pin->trace, ratio, pin->peer, pin->times, verdict);
		hold &= ratio >= pin->times / 2;
	}
	return hold;
}
