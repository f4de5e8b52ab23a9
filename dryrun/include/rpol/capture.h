/* capture.h: reading pcap and pcapng, writing pcapng. Every frame comes out as Ethernet. */
#ifndef RPOL_CAPTURE_H
#define RPOL_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct rpol_capture; /* an open capture file */

struct rpol_frame {
	uint64_t index;	       /* 1 for the first packet of the file */
	uint64_t time_ns;      /* since the epoch; 0: the file gives none */
	const uint8_t *data;   /* Ethernet; valid until the next read */
	size_t length;	       /* bytes that are there */
	size_t wire_length;    /* bytes that were on the wire; more than length: cut by snaplen */
	const char *interface; /* pcapng if_name; NULL: the file names none. Valid until close */
};

/* Opens a pcap (micro/nanosecond, both byte orders) or pcapng file of link types Ethernet, raw IP,
 * Linux cooked v1 and v2. The others get an Ethernet header: destination `mac`, source the cooked
 * header's address or 02:00:00:00:00:00, type from the cooked header or the IP version.
 * 0, or a negative errno with a message in *error (malloc'd; what, where, what to do): -ENOENT…
 * for the file system's, -EINVAL for a file that is no capture, -ENOTSUP for a link type (pcapng
 * has one per interface: there rpol_capture_next gives it, at the first packet of such an
 * interface). path "-" is standard input. */
int rpol_capture_open(const char *path, const uint8_t mac[6], struct rpol_capture **out,
		      char **error);

/* The same on an open stream, which the capture then owns (also on failure). */
int rpol_capture_open_stream(FILE *stream, const char *path, const uint8_t mac[6],
			     struct rpol_capture **out, char **error);

/* 1 and a frame; 0 at the end of the file; -EINVAL when the file is damaged here, -ENOTSUP when the
 * packet's link type is not read, another negative errno when reading fails, with a message that
 * names the packet in *error (malloc'd). After an error nothing more is read: 0. */
int rpol_capture_next(struct rpol_capture *capture, struct rpol_frame *frame, char **error);

void rpol_capture_close(struct rpol_capture *capture); /* NULL: nothing */

struct rpol_capture_writer;

/* Creates a pcapng file with nanosecond times and one Ethernet interface per name. -errno with
 * *error on failure. */
int rpol_capture_create(const char *path, const char *const *interfaces, size_t ninterfaces,
			struct rpol_capture_writer **out, char **error);

/* Appends a packet seen on interfaces[interface] with a comment (NULL: none). 0 or -errno. */
int rpol_capture_write(struct rpol_capture_writer *writer, uint32_t interface, uint64_t time_ns,
		       const uint8_t *data, size_t length, size_t wire_length, const char *comment);

/* Flushes and closes; 0 or -errno of the first write that failed. */
int rpol_capture_finish(struct rpol_capture_writer *writer);

#endif
