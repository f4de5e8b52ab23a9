/* capture.h: what the two file formats' readers and capture.c agree on. Private. */
#ifndef RPOL_DRYRUN_CAPTURE_H
#define RPOL_DRYRUN_CAPTURE_H

#include "rpol/capture.h"

/* A packet as the file holds it, before its link layer is made Ethernet. */
struct record {
	uint32_t link; /* LINKTYPE_ number of the file */
	uint64_t time_ns;
	const uint8_t *data; /* valid until the next read */
	size_t length, wire_length;
	const char *interface; /* NULL: not named */
};

/* One file format. Its state is made by the format's open function, which owns the stream from
 * then on, also on failure. */
struct format {
	/* 1 and a record, 0 at the end, or -errno with *why (malloc'd): what is wrong with the file
	 * here, without path and packet number. */
	int (*next)(void *state, struct record *record, char **why);
	void (*close)(void *state);
};

int rpol_pcap_open(FILE *stream, const struct format **format, void **state, char **why);
int rpol_pcapng_open(FILE *stream, const struct format **format, void **state, char **why);

/* 0, or -ENOTSUP and *why for a link type that cannot be made Ethernet. */
int rpol_capture_check_link(uint32_t link, char **why);

/* A malloc'd text, or NULL without memory. */
char *rpol_capture_text(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
