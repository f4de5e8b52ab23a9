/* chain.c: writing and compiling linear chains. Contract in chain.h. */
#include "chain.h"
#include "compile.h"
#include "measure.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Rules of a function, which is verified by itself: the verifier learns from every comparison, and
 * its work grows with the square of them. A program has 256 functions at most. */
enum { PART = 40 };

static void prefix(FILE *out, const char *field, const struct prefix *prefix)
{
	for (unsigned i = 0, left = prefix->length; left; i++) {
		unsigned bits = left < 32 ? left : 32;

		fprintf(out, " && (p->%s[%u] & %#x) == %#x", field, i, ~0u << (32 - bits),
			prefix->address.w[i]);
		left -= bits;
	}
}

static void ports(FILE *out, const char *field, const uint16_t range[2])
{
	if (range[0] == range[1])
		fprintf(out, " && p->%s == %u", field, range[0]);
	else if (range[0] || range[1] != 65535)
		fprintf(out, " && p->%s >= %u && p->%s <= %u", field, range[0], field, range[1]);
}

static void write_chain(FILE *out, const struct rule *rules, size_t count)
{
	size_t parts = (count + PART - 1) / PART;

	fputs("#include \"rpol/kernel.h\"\n#include \"forms.h\"\n", out);
	for (size_t i = 0; i < count; i++) {
		if (i % PART == 0)
			fprintf(out,
				"__noinline __u32 part%zu(const struct input *p)\n{\n"
				"\tif (!p)\n\t\treturn 0;\n",
				i / PART);
		fputs("\tif (1", out);
		if (rules[i].proto)
			fprintf(out, " && p->proto == %u", rules[i].proto);
		prefix(out, "src", &rules[i].src);
		prefix(out, "dst", &rules[i].dst);
		ports(out, "sport", rules[i].sport);
		ports(out, "dport", rules[i].dport);
		fprintf(out, ")\n\t\treturn %zu;\n", i + 1);
		if ((i + 1) % PART == 0 || i + 1 == count)
			fputs("\treturn 0;\n}\n", out);
	}
	fputs("static __always_inline __u32 find(const struct input *input, __u32 mix)\n{\n"
	      "\tstruct input packet = *input;\n\t__u32 found;\n\n\tpacket.dst[0] ^= mix;\n",
	      out);
	for (size_t i = 0; i < parts; i++)
		fprintf(out, "\tfound = part%zu(&packet);\n\tif (found)\n\t\treturn found;\n", i);
	fputs("\treturn 0;\n}\nBOTH(chain, find(input, mix))\n", out);
}

void chain_build(const char *source, const char *work, const char *object, const struct rule *rules,
		 size_t count)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/chain.bpf.c", work);
	FILE *file = fopen(path, "w");
	if (!file)
		fail("%s: %s", path, strerror(errno));
	write_chain(file, rules, count);
	if (fclose(file))
		fail("%s: %s", path, strerror(errno));
	program_compile(source, path, object, "");
}
