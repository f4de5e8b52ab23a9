/* contents.h: what `rpol set` and `rpol table` share: keys as text, and the two commands' frame. */
#ifndef RPOL_CLI_CONTENTS_H
#define RPOL_CLI_CONTENTS_H

#include "cli.h"
#include "rpol/contents.h"

/* What is wrong, in a static buffer. */
const char *contents_wrong(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* True when the key is made of the fields that this rpol knows: the object may come from anywhere.
 * Needed by the other two. */
bool contents_is_sound(const struct rpol_object_content *info);

/* Reads an entry's key, (10.0.0.1, 80) or 10.0.0.0/8, from the start of text. NULL and where the
 * text goes on, or what is wrong with it, in a static buffer. */
const char *contents_key(const struct rpol_contents *contents, const char *text, uint8_t *key,
			 const char **end);

/* The key as text. */
const char *contents_key_text(const struct rpol_contents *contents, const uint8_t *key, char *buf,
			      size_t size);

/* `rpol set` or `rpol table`. */
int contents_command(const struct cli_command *command, int argc, char **argv, bool table);

#endif
