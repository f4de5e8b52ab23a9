/* lsp_rpc.c: messages in and out: `Content-Length: N`, an empty line, N bytes of JSON. */
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "lsp.h"

enum { LARGEST_HEADER = 8 << 10, LARGEST_BODY = 256 << 20, READ_AT_ONCE = 64 << 10 };

/* ---- in --------------------------------------------------------------------------------- */

static int broken(const char *what)
{
	cli_error("lsp: %s; the client does not speak the language server protocol", what);
	return -1;
}

/* Reads more behind what is there. 1; 0 at the end; -1 after a message. */
static int fill(struct lsp_input *input)
{
	ssize_t got;

	if (input->start) {
		memmove(input->bytes, input->bytes + input->start, input->end - input->start);
		input->end -= input->start;
		input->start = 0;
	}
	if (input->capacity - input->end < READ_AT_ONCE) {
		size_t capacity = 2 * input->capacity + READ_AT_ONCE;
		char *bytes = realloc(input->bytes, capacity);

		if (!bytes)
			return cli_error("lsp: no memory for a message"), -1;
		input->bytes = bytes;
		input->capacity = capacity;
	}
	do
		got = read(input->fd, input->bytes + input->end, input->capacity - input->end);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return cli_error("lsp: standard input cannot be read: %m"), -1;
	input->end += (size_t)got;
	return got > 0;
}

/* The length that the header in [header, end) announces, or -1 after a message. */
static long read_header(const char *header, const char *end)
{
	static const char name[] = "Content-Length:";
	long length = -1;

	while (header < end) {
		const char *line_end = memchr(header, '\n', (size_t)(end - header));
		size_t size = (size_t)((line_end ? line_end : end) - header);

		if (size > sizeof(name) && !strncasecmp(header, name, sizeof(name) - 1)) {
			const char *at = header + sizeof(name) - 1;

			if (length >= 0)
				return broken("a message has two lengths");
			while (*at == ' ' || *at == '\t')
				at++;
			if (*at < '0' || *at > '9')
				return broken("a message's length is no number");
			for (length = 0; *at >= '0' && *at <= '9'; at++) {
				length = 10 * length + (*at - '0');
				if (length > LARGEST_BODY)
					return broken("a message is larger than 256 MiB");
			}
			if (*at != '\r' && *at != '\n')
				return broken("a message's length is no number");
		}
		header += size + 1;
	}
	return length >= 0 ? length : broken("a message does not state its length");
}

int lsp_read(struct lsp_input *input, const char **body, size_t *length)
{
	const char *header_end;
	long size;
	int got;

	while (!(header_end = memmem(input->bytes ? input->bytes + input->start : "",
				     input->end - input->start, "\r\n\r\n", 4))) {
		if (input->end - input->start > LARGEST_HEADER)
			return broken("a header does not end");
		got = fill(input);
		if (got <= 0)
			return !got && input->end > input->start
				       ? broken("input ends within a message")
				       : got;
	}
	size = read_header(input->bytes + input->start, header_end + 2);
	if (size < 0)
		return -1;
	input->start = (size_t)(header_end - input->bytes) + 4;
	while (input->end - input->start < (size_t)size) {
		got = fill(input);
		if (got <= 0)
			return got ? got : broken("input ends within a message");
	}
	*body = input->bytes + input->start;
	*length = (size_t)size;
	input->start += (size_t)size;
	return 1;
}

bool lsp_waiting(const struct lsp_input *input)
{
	struct pollfd waits = {.fd = input->fd, .events = POLLIN};

	return input->end > input->start || poll(&waits, 1, 0) > 0;
}

/* ---- out -------------------------------------------------------------------------------- */

static void send(json_t *message)
{
	char *text;

	json_object_set_new(message, "jsonrpc", json_string("2.0"));
	text = json_dumps(message, JSON_COMPACT);
	json_decref(message);
	if (!text) {
		cli_error("lsp: no memory for an answer");
		return;
	}
	printf("Content-Length: %zu\r\n\r\n", strlen(text));
	fputs(text, stdout);
	fflush(stdout);
	free(text);
}

void lsp_notify(const char *method, json_t *params)
{
	send(json_pack("{s:s, s:o}", "method", method, "params", params));
}

void lsp_answer(const json_t *id, json_t *result)
{
	send(json_pack("{s:O, s:o}", "id", id, "result", result ? result : json_null()));
}

void lsp_fail(const json_t *id, enum lsp_error code, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	send(json_pack("{s:o, s:{s:i, s:o}}", "id", id ? json_deep_copy(id) : json_null(), "error",
		       "code", (int)code, "message", lsp_text(text, strlen(text))));
}

json_t *lsp_text(const char *text, size_t length)
{
	json_t *json = json_stringn(text, length);
	char *copy;

	if (json)
		return json;
	copy = malloc(length + 1);
	if (!copy)
		return json_string("");
	memcpy(copy, text, length);
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)copy[i] >= 0x80)
			copy[i] = '?';
	json = json_stringn(copy, length);
	free(copy);
	return json;
}

const char *lsp_string(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}
