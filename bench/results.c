/* results.c: the rows, as a table on standard output and as JSON. Contract in measure.h. */
#include "measure.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

static json_t *rows;

void result(const char *what, size_t size, const char *trace, const char *form,
	    const struct contender *contender, const struct contender *empty, size_t bytes)
{
	double net = contender->min - empty->min;

	if (!rows) {
		rows = json_array();
		printf("%-10s %9s %-9s %-8s %-22s %9s %9s %9s %9s\n", "what", "size", "trace",
		       "form", "who", "min", "median", "empty", "net ns");
	}
	printf("%-10s %9zu %-9s %-8s %-22s %9.1f %9.1f %9.1f %9.1f\n", what, size, trace, form,
	       contender->name, contender->min, contender->median, empty->min, net);
	fflush(stdout);
	json_array_append_new(rows, json_pack("{s:s,s:I,s:s,s:s,s:s,s:f,s:f,s:f,s:f,s:I}", "what",
					      what, "size", (json_int_t)size, "trace", trace,
					      "form", form, "who", contender->name, "min",
					      contender->min, "median", contender->median, "empty",
					      empty->min, "net", net, "bytes", (json_int_t)bytes));
}

static bool is(const json_t *row, const char *key, const char *value)
{
	return !strcmp(json_string_value(json_object_get(row, key)), value);
}

double result_value(const char *what, size_t size, const char *trace, const char *form,
		    const char *name, const char *number)
{
	json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		if (is(row, "what", what) && is(row, "trace", trace) && is(row, "form", form) &&
		    is(row, "who", name) &&
		    json_integer_value(json_object_get(row, "size")) == (json_int_t)size)
			return json_real_value(json_object_get(row, number));
	}
	return 0;
}

static void processor(char *out, size_t size)
{
	FILE *file = fopen("/proc/cpuinfo", "r");
	char line[256], *colon;

	snprintf(out, size, "unknown");
	while (file && fgets(line, sizeof(line), file))
		if (!strncmp(line, "model name", 10) && (colon = strchr(line, ':'))) {
			line[strcspn(line, "\n")] = 0;
			snprintf(out, size, "%s", colon + 2);
			break;
		}
	if (file)
		fclose(file);
}

void results_write(const char *path)
{
	char cpu[128], date[32];
	struct utsname host;
	time_t t = time(NULL);

	uname(&host);
	processor(cpu, sizeof(cpu));
	strftime(date, sizeof(date), "%Y-%m-%d", gmtime(&t));
	json_t *all =
		json_pack("{s:{s:s,s:s,s:s,s:s},s:O}", "machine", "processor", cpu, "kernel",
			  host.release, "architecture", host.machine, "date", date, "rows", rows);

	if (json_dump_file(all, path, JSON_INDENT(1) | JSON_REAL_PRECISION(6)))
		fail("%s: %s", path, strerror(errno));
	json_decref(all);
}
