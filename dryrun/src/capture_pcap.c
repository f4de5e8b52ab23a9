/* capture_pcap.c: the classic format, through libpcap, which knows its many dialects. */
#include "capture.h"

#include <errno.h>
#include <stdlib.h>

#include <pcap/pcap.h>

static int next(void *state, struct record *record, char **why)
{
	pcap_t *pcap = state;
	struct pcap_pkthdr *header;
	const unsigned char *data;

	switch (pcap_next_ex(pcap, &header, &data)) {
	case 1:
		break;
	case PCAP_ERROR_BREAK:
		return 0;
	default:
		*why = rpol_capture_text("%s", pcap_geterr(pcap));
		return -EINVAL;
	}
	*record = (struct record){
		.link = (uint32_t)pcap_datalink(pcap),
		/* unsigned 32 bits each in the file; at nanosecond precision tv_usec has those */
		.time_ns = (uint32_t)header->ts.tv_sec * UINT64_C(1000000000) +
			   (uint32_t)header->ts.tv_usec,
		.data = data,
		.length = header->caplen,
		.wire_length = header->len,
	};
	return 1;
}

static void close_pcap(void *state)
{
	pcap_close(state);
}

int rpol_pcap_open(FILE *stream, const struct format **format, void **state, char **why)
{
	static const struct format pcap_format = {next, close_pcap};
	char text[PCAP_ERRBUF_SIZE];
	pcap_t *pcap =
		pcap_fopen_offline_with_tstamp_precision(stream, PCAP_TSTAMP_PRECISION_NANO, text);

	if (!pcap) {
		fclose(stream);
		*why = rpol_capture_text("this is no pcap file, or its header is damaged: %s",
					 text);
		return -EINVAL;
	}
	int result = rpol_capture_check_link((uint32_t)pcap_datalink(pcap), why);
	if (result) {
		pcap_close(pcap);
		return result;
	}
	*format = &pcap_format;
	*state = pcap;
	return 0;
}
