/* check_cpu.c: what follows the verdict `cpu`: the number of a CPU, or `spread`. */
#include "check.h"

#include <string.h>

static bool report_name(struct check *check, const struct ast_name *name)
{
	struct words words = {0};
	struct rpol_diag *diag;

	words_add(check, &words, "spread");
	words_add_names(check, &words, KIND(AST_CONST));
	diag = rpol_diag_add(check->diags, RPOL_DIAG_UNKNOWN_NAME, name->span, "unknown name `%s`",
			     name->text);
	if (!help_nearest(check, diag, name->text, &words))
		rpol_diag_help(check->diags, diag,
			       "`cpu` takes the number of a CPU, or `spread` for any by the flow");
	return false;
}

bool check_cpu(struct check *check, const struct ast_outcome *ast, struct rpol_verdict *verdict)
{
	static const struct place place = {
		.type = RPOL_TYPE_NUMBER,
		.max = RPOL_MAX_CPU,
		.what = "a CPU is a number",
		.kinds = KIND(AST_CONST),
	};
	struct rpol_diag *diag;
	struct scalar scalar;

	if (!ast->args) {
		diag = rpol_diag_add(check->diags, RPOL_DIAG_NO_VERDICT, ast->word.span,
				     "`cpu` needs a CPU's number or `spread` after it");
		rpol_diag_help(check->diags, diag, "write `cpu 1`, or `cpu spread`");
		return false;
	}
	if (ast->operand.text && strcmp(ast->operand.text, "spread") == 0) {
		verdict->cpu = RPOL_CPU_SPREAD;
		return true;
	}
	if (ast->operand.text && !symbol_find(check, ast->operand.text))
		return report_name(check, &ast->operand);
	if (!check_scalar(check, ast->args, &place, &scalar))
		return false;
	verdict->cpu = (uint32_t)scalar.number;
	return true;
}
