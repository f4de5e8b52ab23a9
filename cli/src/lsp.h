/* lsp.h: the parts of `rpol lsp`, the language server: JSON-RPC on standard input and output.
 *
 *     cmd_lsp.c       the command and what each message means
 *     lsp_rpc.c       framing, answers
 *     lsp_docs.c      open documents, their compilations, diagnostics, places
 *     lsp_fix.c       formatting, fixes
 *     lsp_names.c     hover, definition, references, outline
 *     lsp_rename.c    renaming, proved by compiling what it makes
 *     lsp_context.c   what may stand at a place of a text that is being written
 *     lsp_complete.c  completion
 *
 * What the client sends is believed in nothing: every member may be missing or of another type. */
#ifndef RPOL_CLI_LSP_H
#define RPOL_CLI_LSP_H

#include <jansson.h>

#include "rpol/names.h"

#include "cli.h"

/* ---- lsp_rpc.c -------------------------------------------------------------------------- */

enum lsp_error {
	LSP_PARSE_ERROR = -32700,
	LSP_INVALID_REQUEST = -32600,
	LSP_METHOD_NOT_FOUND = -32601,
	LSP_INVALID_PARAMS = -32602,
	LSP_NOT_INITIALIZED = -32002,
	LSP_REQUEST_FAILED = -32803,
};

struct lsp_input {
	int fd;
	char *bytes; /* malloc'd; [start, end) are not taken yet */
	size_t start, end, capacity;
};

/* The body of the next message, borrowed until the next call. 1; 0 at the end of input; -1 when
 * what comes is no message (said on stderr): nothing after it can be understood. */
int lsp_read(struct lsp_input *input, const char **body, size_t *length);

/* True when more can be read without waiting. */
bool lsp_waiting(const struct lsp_input *input);

/* These take the json they are given. */
void lsp_notify(const char *method, json_t *params);
void lsp_answer(const json_t *id, json_t *result);
void lsp_fail(const json_t *id, enum lsp_error code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* A string of bytes that may be no UTF-8: what is none becomes `?`. */
json_t *lsp_text(const char *text, size_t length);

/* A member that is a string, or NULL. */
const char *lsp_string(const json_t *object, const char *key);

/* ---- lsp_docs.c ------------------------------------------------------------------------- */

struct lsp_document {
	char *uri, *path;
	char *text;
	size_t length;
	json_int_t version;
	struct rpol_unit *unit; /* NULL: another document's unit has it, or no memory */
	bool covered;		/* another one's has it */
	struct lsp_document *next;
};

struct lsp {
	struct lsp_input input;
	struct lsp_document *documents; /* in the order they were opened */
	json_t *published;		/* uri → diagnostics the client was last given */
	bool initialized, shutdown;
	bool dirty;	   /* something changed since the last compilation */
	bool utf8;	   /* characters are bytes, not UTF-16 units */
	bool related;	   /* the client shows second places */
	bool hierarchical; /* and trees of symbols */
};

void lsp_opened(struct lsp *lsp, const json_t *params);
void lsp_changed(struct lsp *lsp, const json_t *params);
void lsp_closed(struct lsp *lsp, const json_t *params);
void lsp_documents_free(struct lsp *lsp);

/* Compiles what is open again if anything changed, and publishes what there is to say. */
void lsp_refresh(struct lsp *lsp);

/* Opens the policy at path, reading what is open from the documents and, before that, what
 * `instead` has for a path (NULL: nothing has). 0 or a negative errno. */
struct lsp_overlay {
	const struct lsp *lsp;
	const char *(*instead)(void *arg, const char *path, size_t *length);
	void *arg;
};
int lsp_unit_open(const struct lsp_overlay *overlay, const char *path, struct rpol_unit **out);

/* A place the client speaks of. */
struct lsp_place {
	const struct lsp_document *document;
	const struct rpol_unit *unit;
	uint32_t file; /* in the unit's sources */
	uint32_t offset;
};

/* False when the params name no open document of a unit, or no position. */
bool lsp_place(const struct lsp *lsp, const json_t *params, struct lsp_place *place);

/* Gives a place the offset of a position; false when it is none. */
bool lsp_offset(const struct lsp *lsp, const json_t *position, struct lsp_place *place);

/* The same for requests about a whole document. */
bool lsp_place_document(const struct lsp *lsp, const json_t *params, struct lsp_place *place);

json_t *lsp_range(const struct lsp *lsp, const struct rpol_file *file, uint32_t offset,
		  uint32_t length);
json_t *lsp_location(const struct lsp *lsp, const struct rpol_unit *unit, struct rpol_span span);
char *lsp_uri(const char *path); /* malloc'd */

/* ---- lsp_fix.c -------------------------------------------------------------------------- */

json_t *lsp_format(const struct lsp *lsp, const json_t *params);
json_t *lsp_fixes(const struct lsp *lsp, const json_t *params);

/* ---- lsp_names.c, lsp_rename.c ------------------------------------------------------------ */

/* The index of the name at a place, as declared or used; false when there is none. */
bool lsp_name_at(const struct lsp_place *place, size_t *name, struct rpol_span *span);

/* The declaration in another unit that is at the same place of the same file. */
bool lsp_name_in(const struct rpol_unit *unit, const struct lsp_place *place, size_t name,
		 size_t *out);

json_t *lsp_hover(const struct lsp *lsp, const json_t *params);
json_t *lsp_definition(const struct lsp *lsp, const json_t *params);
json_t *lsp_references(const struct lsp *lsp, const json_t *params);
json_t *lsp_symbols(const struct lsp *lsp, const json_t *params);
json_t *lsp_prepare_rename(const struct lsp *lsp, const json_t *params);

/* NULL with the reason in *why (malloc'd) when it cannot be done. */
json_t *lsp_rename(const struct lsp *lsp, const json_t *params, char **why);

/* ---- lsp_context.c ------------------------------------------------------------------------ */

enum lsp_context_kind {
	LSP_NOTHING,	 /* a new name, a number, a comment */
	LSP_DECLARATION, /* the keyword of a declaration */
	LSP_STATEMENT,	 /* the start of a statement in a block */
	LSP_CONDITION,	 /* a field or a cond */
	LSP_OPERATOR,	 /* what follows a field */
	LSP_VALUE,	 /* what a field is compared with */
	LSP_VERB,	 /* a verdict or an action */
	LSP_OPERAND,	 /* what follows a verb */
	LSP_INTERFACE_NAME,
	LSP_HOOK,
	LSP_TYPE,   /* of a set; method of a table */
	LSP_KEY,    /* of a table */
	LSP_ENTRY,  /* of a set */
	LSP_MEMBER, /* of a prefer list */
};

/* A word of the text; length 0: none. */
struct lsp_word {
	size_t offset, length;
};

struct lsp_context {
	enum lsp_context_kind kind;
	struct lsp_word word;	  /* at the place, from its start to its end */
	struct lsp_word declares; /* keyword of the declaration the place is in */
	struct lsp_word field;	  /* of OPERATOR and VALUE */
	struct lsp_word op;	  /* of VALUE */
	struct lsp_word verb;	  /* of OPERAND */
};

/* What is at the offset of a text, and what may be there by what stands before it. */
struct lsp_context lsp_context(const char *text, size_t length, size_t offset);

bool lsp_word_is(const char *text, struct lsp_word word, const char *what);

/* ---- lsp_complete.c ------------------------------------------------------------------------ */

/* What the policy language itself has of a word at a place, as Markdown: a field, a verdict, a
 * word for a value. malloc'd; NULL: nothing. */
char *lsp_describe(const char *text, const struct lsp_context *context);

json_t *lsp_complete(const struct lsp *lsp, const json_t *params);

#endif
