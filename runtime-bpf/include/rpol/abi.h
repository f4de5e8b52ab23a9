/* abi.h: what the generated program, the object's manifest and the loader agree on.
 *
 * Compiled three times: for BPF (after kernel.h), for the compiler and for the loader. Only fixed
 * width types, no pointers. Changing anything here changes RPOL_ABI_VERSION. */
#ifndef RPOL_ABI_H
#define RPOL_ABI_H

#ifndef __bpf__
#include <linux/types.h>
#endif

#define RPOL_ABI_VERSION 7

/* ---- names inside an object ------------------------------------------------------------- */

/* ELF sections of our own. */
#define RPOL_SECTION_MANIFEST ".rpol.manifest" /* JSON, see docs/object.md */
#define RPOL_SECTION_SOURCE ".rpol.source"     /* the texts, root first, see docs/object.md */
#define RPOL_SECTION_IMAGE ".rpol.image."      /* + number: keys and values of one map */
#define RPOL_SECTION_MEMORY ".rodata."	       /* + name: what a set or table is looked up in */
#define RPOL_SECTION_LIVE ".bss."	       /* + name: that of a table which changes */
#define RPOL_SECTION_DIGEST ".rpol.digest"     /* SHA-256 of the file with these 32 bytes zero */

/* Maps every object has. Per policy P there are also `slots_P`, a program array of two, and the
 * programs `entry_P` (attached once, tail-calls slots_P[active & 1]) and `policy_P`. */
#define RPOL_MAP_ACTIVE ".data.active"	  /* array, one u32: which slot judges, in its bit 0 */
#define RPOL_MAP_COUNTERS "rpol_counters" /* per-CPU array of struct rpol_counter, by rule */
#define RPOL_MAP_BUCKETS "rpol_buckets"	  /* array of u16, [group * 256 + bucket] = next hop */
#define RPOL_MAP_PORTS "rpol_ports"	  /* devmap hash by ifindex: where XDP may send */
#define RPOL_MAP_TRACE "rpol_trace"	  /* array, one struct rpol_trace: the last packet */

#define RPOL_MAP_CPUS "rpol_cpus" /* cpumap by number: where `cpu` sends; not in all objects */
#define RPOL_MAP_DRY "rpol_dry"	  /* array, one struct rpol_dry: what a dry run pretends */

/* Read-only variables the loader sets before load (section .rodata, by name through BTF). */
#define RPOL_VAR_IFINDEX                                                                           \
	"rpol_ifindex"			/* volatile const __u32[]: by interface, bound at deploy   \
					 */
#define RPOL_VAR_TRACING "rpol_tracing" /* volatile const __u32: 1 in a dry run, else 0 */
#define RPOL_VAR_DIRECT                                                                            \
	"rpol_direct" /* volatile const __u32: 0 without CAP_PERFMON, else 1;                      \
		       * an object from before it was there is always direct */

#define RPOL_VAR_TAI_OFFSET "rpol_tai_offset" /* volatile const __u32: TAI less UTC, seconds */

/* Of objects with RPOL_MAP_CPUS: volatile const __u16[RPOL_CPUS], and how many there are, __u32. */
#define RPOL_VAR_CPU_ONLINE "rpol_cpu_online"
#define RPOL_VAR_CPU_COUNT "rpol_cpu_count"

#define RPOL_CPUS 1024	       /* CPUs that `cpu` can name: 0 to this less one */
#define RPOL_CPU_SPREAD 0xffff /* `cpu spread` in the place of a CPU */

#define RPOL_GROUP_SIZE 256    /* buckets of one group */
#define RPOL_NO_NEXTHOP 0xffff /* a bucket without a live member */

/* ---- records ---------------------------------------------------------------------------- */

struct rpol_counter {
	__u64 packets;
	__u64 bytes; /* of frames, VLAN tags included wherever they sit */
};

/* The value of a dynamic set's map `set_NAME`. */
struct rpol_element {
	__u64 expires_ns; /* CLOCK_BOOTTIME; 0: never */
	__u32 length;	  /* of a prefix set's: its key's length */
	__u32 pad;
};

/* The key of a dynamic set of prefixes and of a dynamic lpm table. The family comes first, so that
 * no prefix of one holds addresses of the other. */
struct rpol_prefix_key {
	__u32 length;  /* 32 and the prefix's own */
	__u32 family;  /* 4 or 6, big-endian */
	__u8 addr[16]; /* as on the wire; IPv4 in the first four */
};

/* The value of a dynamic table's map `table_NAME`: a verdict of verdicts.def and what it names: a
 * next hop, an interface, or RPOL_WORD_GROUP and a group, by their index. */
#define RPOL_VERDICT_WORD(kind, index) ((__u32)(kind) << 16 | (__u32)(index))
#define RPOL_WORD_KIND(word) ((__u32)(word) >> 16)
#define RPOL_WORD_INDEX(word) ((__u32)(word) & 0xffff)
#define RPOL_WORD_GROUP 0x8000u

/* The value of the map `table_NAME` of a dynamic lpm table in memory, an array of its size and one:
 * an entry each, but for the first, whose `rest` is how many of those after it may have one. */
struct rpol_held {
	__u8 addr[16]; /* as in a prefix's key */
	__u64 rest;    /* family << 40 | length << 32 | word; 0: no entry */
};

/* The same word where a dynamic lpm table is looked up in memory, in 16 bits; 0: nothing is there.
 * A verdict that names nothing is its kind and one; others are these and the index. */
#define RPOL_VALUE_SEND 0x20u
#define RPOL_VALUE_HOP 0x100u
#define RPOL_VALUE_GROUP RPOL_WORD_GROUP

/* What became of the last packet, written when rpol_tracing is set. */
struct rpol_trace {
	__u32 counter; /* the rule that decided; index into rpol_counters */
	__u32 verdict; /* enum of verdicts.def, after lookup and else: never LOOKUP or CONTINUE */
	__u32 nexthop; /* ROUTE: index of the next hop; else RPOL_NO_NEXTHOP */
	__u32 handed;  /* enum rpol_handed: why a forwarded packet went to the kernel */
	__u32 egress_ifindex; /* where it left: FIB and ROUTE when not handed, SEND, BOUNCE; else 0
			       */
	__u32 tag;	      /* TC: VLAN tag in the metadata: type << 16 | TCI; 0: none there */
	__u32 cpu;	      /* CPU: its number, or RPOL_CPU_SPREAD; else as it was */
};

/* What the next packet of a dry run finds, when rpol_tracing is set. */
struct rpol_dry {
	__u64 time_ns; /* since the epoch */
	__u32 random;
	__u32 pad;
};

/* Why a packet that was to be forwarded is left to the kernel's stack. Tested in this order. */
enum rpol_handed {
#define HANDED(id, word, doc) RPOL_HANDED_##id,
#include "rpol/handed.def"
#undef HANDED
	RPOL_HANDED_COUNT
};

/* ---- resilient buckets ------------------------------------------------------------------ */

/* Fills 256 buckets with member numbers (0..n-1), or RPOL_NO_NEXTHOP when none is alive.
 *
 * Member i owns buckets [256*c(i)/W, 256*c(i+1)/W), c = sum of the weights before it, W = sum of
 * all. A dead member's buckets go to the living: the j-th such bucket, in bucket order, to the
 * living member that holds position j mod A of their concatenated weights, A = sum of the
 * living's. So a flow moves only when its own member dies or returns. For `prefer` groups the
 * first living member owns all. weights sum to 256 at most. */
#ifndef __bpf__
static inline void rpol_buckets_fill(const __u32 *weights, const unsigned char *alive, unsigned n,
				     int prefer, __u16 buckets[RPOL_GROUP_SIZE])
{
	unsigned total = 0, living = 0, orphan = 0, first = RPOL_NO_NEXTHOP;

	for (unsigned i = 0; i < n; i++) {
		total += weights[i];
		living += alive[i] ? weights[i] : 0;
		if (alive[i] && first == RPOL_NO_NEXTHOP)
			first = i;
	}
	for (unsigned b = 0, i = 0, before = 0; b < RPOL_GROUP_SIZE; b++) {
		while (b >= RPOL_GROUP_SIZE * (before + weights[i]) / total)
			before += weights[i++];
		if (prefer || !living || alive[i]) {
			buckets[b] = prefer || !living ? (__u16)first : (__u16)i;
			continue;
		}
		unsigned position = orphan++ % living, heir = 0;
		while (!alive[heir] || position >= weights[heir]) {
			position -= alive[heir] ? weights[heir] : 0;
			heir++;
		}
		buckets[b] = (__u16)heir;
	}
}
#endif

#endif
