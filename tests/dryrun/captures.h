/* captures.h: capture files put together in memory, and checks of what is read from them. */
#ifndef TEST_CAPTURES_H
#define TEST_CAPTURES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rpol/capture.h"

/* What every test opens captures with: the destination of frames that had none. */
extern const uint8_t captures_mac[6];

/* An Ethernet frame, a little longer than its header. */
extern const uint8_t captures_frame[20];

struct file {
	uint8_t bytes[65536];
	size_t length;
	bool swapped; /* not in this machine's byte order */
	size_t block; /* where the block begun last starts */
};

/* ---- putting together: each appends to the file, in its byte order ---------------------- */

void file_put(struct file *file, const void *bytes, size_t length);
void file_put32(struct file *file, uint32_t value);
void file_put16(struct file *file, uint16_t value);

void file_pcap(struct file *file, uint32_t magic, uint32_t link);
void file_pcap_packet(struct file *file, uint32_t seconds, uint32_t fraction, const void *data,
		      uint32_t length, uint32_t wire);

/* A pcapng block: its type, then whatever is put, then its lengths. */
void file_begin(struct file *file, uint32_t type);
void file_end(struct file *file);
void file_option(struct file *file, uint16_t code, const void *value, uint16_t length);

/* Section header; it sets the byte order. */
void file_section(struct file *file, bool swapped);

/* resolution 0: no such option; offset 0: none. */
void file_interface(struct file *file, uint16_t link, uint32_t snaplen, const char *name,
		    uint8_t resolution, int64_t offset);

/* An enhanced packet block with a comment. */
void file_packet(struct file *file, uint32_t number, uint64_t stamp, const void *data,
		 uint32_t length, uint32_t wire);

/* ---- reading ---------------------------------------------------------------------------- */

/* rpol_capture_open_stream on just the file's bytes. *error is NULL when it set none. */
int file_open(const struct file *file, struct rpol_capture **capture, char **error);
struct rpol_capture *file_open_good(const struct file *file);

void assert_frame(struct rpol_capture *capture, uint64_t index, uint64_t time_ns, const void *data,
		  size_t length, size_t wire, const char *name);
void assert_end(struct rpol_capture *capture); /* and closes */

/* The text has these words; frees it. */
void assert_says(char *error, const char *words);

/* Opening fails so. */
void assert_refused(const struct file *file, int result, const char *words);

/* After `good` packets comes an error that says these words; then nothing more. */
void assert_breaks(const struct file *file, unsigned good, int result, const char *words);

#endif
