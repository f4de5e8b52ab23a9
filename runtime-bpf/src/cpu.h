/* cpu.h: handing packets to another CPU's stack, at XDP. Only programs that do so include it,
 * before xdp.h: the loader fills the map and the variables of those alone. */
#ifndef RPOL_CPU_H
#define RPOL_CPU_H

/* The CPUs online, ascending; set by the loader. */
volatile const __u32 rpol_cpu_count = 0;
volatile const __u16 rpol_cpu_online[RPOL_CPUS] = {};

/* By the CPU's number. The loader makes it as large as the host needs. */
struct {
	__uint(type, BPF_MAP_TYPE_CPUMAP);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} rpol_cpus SEC(".maps");

/* Written at once and not with the rest of the trace: one value more that is kept so long, and the
 * verifier refuses programs without CAP_PERFMON. */
static __always_inline void rpol_trace_cpu(__u32 cpu)
{
	__u32 zero = 0;
	struct rpol_trace *trace = bpf_map_lookup_elem(&rpol_trace, &zero);

	if (trace)
		trace->cpu = cpu;
}

/* A CPU that is not in the map (there is none such in a dry run): this one's stack. */
static __always_inline int rpol_to_cpu(const struct rpol_pkt *p, __u32 cpu)
{
	if (rpol_tracing)
		rpol_trace_cpu(cpu);
#ifdef RPOL_FLOW_H
	if (cpu == RPOL_CPU_SPREAD) {
		__u32 number = (__u64)rpol_flow_hash(p) * rpol_cpu_count >> 32;

		RPOL_ONE_REGISTER(number);
		if (number >= RPOL_CPUS)
			return XDP_PASS;
		cpu = rpol_cpu_online[number];
	}
#else
	(void)p; /* no rule of these programs spreads */
#endif
	return bpf_redirect_map(&rpol_cpus, cpu, XDP_PASS);
}

#endif
