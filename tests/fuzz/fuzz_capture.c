/* fuzz_capture.c: any bytes are a capture file: read to its end or to a message that says where
 * it broke. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rpol/capture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUIRE(condition)                                                                         \
	do {                                                                                       \
		if (!(condition))                                                                  \
			abort();                                                                   \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t mac[6] = {2};
	struct rpol_capture *capture;
	struct rpol_frame frame;
	char *error = NULL;
	uint64_t count = 0;
	volatile uint8_t sink = 0;
	int result;

	FILE *stream = size ? fmemopen((void *)data, size, "rb") : fopen("/dev/null", "rb");
	if (!stream)
		return 0;
	if (rpol_capture_open_stream(stream, "fuzz", mac, &capture, &error)) {
		REQUIRE(error && strstr(error, "fuzz: "));
		free(error);
		return 0;
	}
	while ((result = rpol_capture_next(capture, &frame, &error)) == 1) {
		REQUIRE(frame.index == ++count);
		REQUIRE(frame.wire_length >= frame.length);
		for (size_t i = 0; i < frame.length; i++)
			sink ^= frame.data[i];
		if (frame.interface)
			sink ^= (uint8_t)strlen(frame.interface);
	}
	REQUIRE((result < 0) == (error != NULL));
	free(error);
	rpol_capture_close(capture);
	return 0;
}
