/* cmd_lsp.c: `rpol lsp`: the language server. What each message of the client means. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lsp.h"

/* ---- the start ----------------------------------------------------------------------------------
 */

static bool offers_utf8(const json_t *capabilities)
{
	const json_t *encodings =
		json_object_get(json_object_get(capabilities, "general"), "positionEncodings");
	const json_t *encoding;
	size_t i;

	json_array_foreach(encodings, i,
			   encoding) if (json_is_string(encoding) &&
					 !strcmp(json_string_value(encoding), "utf-8")) return true;
	return false;
}

static json_t *initialize(struct lsp *lsp, const json_t *params)
{
	const json_t *capabilities = json_object_get(params, "capabilities");
	const json_t *document = json_object_get(capabilities, "textDocument");

	lsp->initialized = true;
	lsp->utf8 = offers_utf8(capabilities);
	lsp->related = json_is_true(json_object_get(json_object_get(document, "publishDiagnostics"),
						    "relatedInformation"));
	lsp->hierarchical = json_is_true(json_object_get(
		json_object_get(document, "documentSymbol"), "hierarchicalDocumentSymbolSupport"));
	return json_pack(
		"{s:{s:s, s:{s:b, s:i, s:b}, s:b, s:b, s:b, s:{s:b}, s:{s:[s, s]}, s:b, s:b, s:b},"
		" s:{s:s, s:s}}",
		"capabilities", "positionEncoding", lsp->utf8 ? "utf-8" : "utf-16",
		"textDocumentSync", "openClose", 1, "change", 1, "save", 1, "hoverProvider", 1,
		"definitionProvider", 1, "referencesProvider", 1, "renameProvider",
		"prepareProvider", 1, "completionProvider", "triggerCharacters", ".", " ",
		"documentFormattingProvider", 1, "documentSymbolProvider", 1, "codeActionProvider",
		1, "serverInfo", "name", "rpol", "version", RPOL_VERSION);
}

/* ---- requests -----------------------------------------------------------------------------------
 */

typedef json_t *request_fn(const struct lsp *lsp, const json_t *params);

static const struct {
	const char *method;
	request_fn *run;
} requests[] = {
	{"textDocument/hover", lsp_hover},
	{"textDocument/definition", lsp_definition},
	{"textDocument/references", lsp_references},
	{"textDocument/documentSymbol", lsp_symbols},
	{"textDocument/prepareRename", lsp_prepare_rename},
	{"textDocument/completion", lsp_complete},
	{"textDocument/formatting", lsp_format},
	{"textDocument/codeAction", lsp_fixes},
};

static void rename_name(struct lsp *lsp, const json_t *id, const json_t *params)
{
	char *why;
	json_t *edits = lsp_rename(lsp, params, &why);

	if (edits)
		lsp_answer(id, edits);
	else
		lsp_fail(id, LSP_REQUEST_FAILED, "%s", why ? why : "no memory");
	free(why);
}

static void request(struct lsp *lsp, const json_t *id, const char *method, const json_t *params)
{
	if (!lsp->initialized && strcmp(method, "initialize")) {
		lsp_fail(id, LSP_NOT_INITIALIZED, "`initialize` comes first");
		return;
	}
	if (lsp->shutdown) {
		lsp_fail(id, LSP_INVALID_REQUEST, "after `shutdown` only `exit` may come");
		return;
	}
	if (!strcmp(method, "initialize")) {
		if (lsp->initialized)
			lsp_fail(id, LSP_INVALID_REQUEST, "`initialize` comes once");
		else
			lsp_answer(id, initialize(lsp, params));
		return;
	}
	if (!strcmp(method, "shutdown")) {
		lsp->shutdown = true;
		lsp_answer(id, NULL);
		return;
	}
	/* Answers are about the newest text. */
	lsp_refresh(lsp);
	if (!strcmp(method, "textDocument/rename")) {
		rename_name(lsp, id, params);
		return;
	}
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		if (strcmp(method, requests[i].method))
			continue;
		lsp_answer(id, requests[i].run(lsp, params));
		return;
	}
	lsp_fail(id, LSP_METHOD_NOT_FOUND, "rpol does not know `%s`", method);
}

/* ---- notifications
 * -------------------------------------------------------------------------------- */

static void notification(struct lsp *lsp, const char *method, const json_t *params)
{
	if (!lsp->initialized || lsp->shutdown)
		return;
	if (!strcmp(method, "textDocument/didOpen"))
		lsp_opened(lsp, params);
	else if (!strcmp(method, "textDocument/didChange"))
		lsp_changed(lsp, params);
	else if (!strcmp(method, "textDocument/didClose"))
		lsp_closed(lsp, params);
	else if (!strcmp(method, "textDocument/didSave") ||
		 !strcmp(method, "workspace/didChangeWatchedFiles"))
		lsp->dirty = true; /* files on the disk may be others now */
}

/* ---- messages
 * --------------------------------------------------------------------------------------- */

/* False after `exit`. */
static bool message(struct lsp *lsp, const char *body, size_t length)
{
	json_error_t error;
	json_t *json = json_loadb(body, length, JSON_ALLOW_NUL, &error);
	const char *method = lsp_string(json, "method");
	const json_t *id = json_object_get(json, "id"), *params = json_object_get(json, "params");
	bool go_on = true;

	if (!json)
		lsp_fail(NULL, LSP_PARSE_ERROR, "no JSON: %s", error.text);
	else if (!json_is_object(json) || (id && !json_is_string(id) && !json_is_integer(id)))
		lsp_fail(NULL, LSP_INVALID_REQUEST, "neither a request nor a notification");
	else if (method && id)
		request(lsp, id, method, params);
	else if (method && !strcmp(method, "exit"))
		go_on = false;
	else if (method)
		notification(lsp, method, params);
	else if (!json_object_get(json, "result") && !json_object_get(json, "error"))
		lsp_fail(id, LSP_INVALID_REQUEST, "neither a request nor a notification");
	json_decref(json);
	return go_on;
}

static int serve(void)
{
	struct lsp lsp = {.input = {.fd = STDIN_FILENO}, .published = json_object()};
	const char *body;
	size_t length;
	int got;

	while ((got = lsp_read(&lsp.input, &body, &length)) > 0) {
		if (!message(&lsp, body, length))
			break;
		/* While more comes in the text is not what it will be. */
		if (!lsp_waiting(&lsp.input))
			lsp_refresh(&lsp);
	}
	lsp_documents_free(&lsp);
	json_decref(lsp.published);
	free(lsp.input.bytes);
	return got >= 0 && lsp.shutdown ? CLI_OK : CLI_FINDINGS;
}

static int run(const struct cli_command *command, int argc, char **argv)
{
	bool stdio = false;
	const struct cli_option options[] = {
		{.name = "stdio",
		 .flag = &stdio,
		 .help = "what it does anyway; some editors say so"},
	};
	int n;
	int status = cli_parse(command, options, 1, argc, argv, &n);

	if (status != CLI_GO_ON)
		return status;
	if (n)
		return cli_usage(command, "it takes no FILE: the editor says what is open");
	return serve();
}

const struct cli_command cmd_lsp = {
	.name = "lsp",
	.summary = "serve an editor: diagnostics, names, completion",
	.synopsis = "[--stdio]",
	.details = "Speaks the language server protocol on standard input and output; an editor "
		   "starts\n"
		   "it. Diagnostics as you type, hover, go to definition, references, rename,\n"
		   "completion, fixes, formatting, outline. A file that another open one includes "
		   "is judged\n"
		   "as a part of that one. Exit status 1 when the client went without goodbye.",
	.run = run,
};
