/* check_dynamic.c: what is said of dynamic sets and tables alone: how large they get, how long
 * entries stay, which verdicts their entries can have. */
#include "check.h"

#include <string.h>

static bool read_digits(const char *text, uint64_t *number, const char **unit)
{
	*number = 0;
	for (; *text >= '0' && *text <= '9'; text++)
		if (__builtin_mul_overflow(*number, 10u, number) ||
		    __builtin_add_overflow(*number, (uint64_t)(*text - '0'), number))
			return false;
	*unit = text;
	return true;
}

/* A number with one of the units: "kM" or "smhd", by which it is multiplied. */
static bool read_quantity(const struct ast_value *value, const char *units,
			  const uint32_t *multipliers, uint64_t *out)
{
	const char *unit, *at;

	if (value->kind != AST_QUANTITY || !read_digits(value->text, out, &unit))
		return false;
	at = strlen(unit) == 1 ? strchr(units, *unit) : NULL;
	return at && !__builtin_mul_overflow(*out, multipliers[at - units], out);
}

static bool read_size(struct check *check, const struct ast_value *value, uint32_t *size)
{
	static const uint32_t multipliers[] = {1000, 1000000};
	struct rpol_diag *diag;
	uint64_t number = value->number;

	if (value->kind == AST_BAD)
		return false;
	if (value->kind != AST_NUMBER && !read_quantity(value, "kM", multipliers, &number)) {
		diag = rpol_diag_add(check->diags,
				     value->kind == AST_QUANTITY ? RPOL_DIAG_UNIT : RPOL_DIAG_TYPE,
				     value->span, "a size is a number of entries, and `%s` is not",
				     span_text(check, value->span));
		rpol_diag_help(check->diags, diag, "write `size 500`, `size 100k` or `size 2M`");
		return false;
	}
	if (number < 1 || number > RPOL_MAX_DYNAMIC) {
		rpol_diag_add(check->diags, RPOL_DIAG_OUT_OF_RANGE, value->span,
			      "a size is from 1 to 16M entries");
		return false;
	}
	*size = (uint32_t)number;
	return true;
}

static bool read_timeout(struct check *check, const struct ast_value *value, uint32_t *timeout)
{
	static const uint32_t multipliers[] = {1, 60, 3600, 86400};
	struct rpol_diag *diag;
	uint64_t seconds;

	if (value->kind == AST_BAD)
		return false;
	if (!read_quantity(value, "smhd", multipliers, &seconds)) {
		diag = rpol_diag_add(check->diags, RPOL_DIAG_UNIT, value->span,
				     "a timeout is a time, and `%s` is not",
				     span_text(check, value->span));
		rpol_diag_help(check->diags, diag,
			       "write `timeout 30s`, `timeout 10m`, `timeout 8h` or `timeout 7d`");
		return false;
	}
	if (seconds < 1 || seconds > 365 * 86400u) {
		rpol_diag_add(check->diags, RPOL_DIAG_OUT_OF_RANGE, value->span,
			      "a timeout is from 1s to 365d");
		return false;
	}
	*timeout = (uint32_t)seconds;
	return true;
}

bool check_properties(struct check *check, const struct ast_decl *decl, uint32_t *size,
		      uint32_t *timeout)
{
	static const char *const known[] = {"size", "timeout"};
	struct words words = {.items = (const char **)known, .count = timeout ? 2 : 1};
	const struct ast_property *given[2] = {NULL};
	struct rpol_diag *diag;
	bool ok = true;

	for (const struct ast_property *p = decl->properties; p; p = p->next) {
		unsigned which = 0;

		while (which < words.count && strcmp(known[which], p->name.text))
			which++;
		if (which == words.count) {
			diag = rpol_diag_add(check->diags, RPOL_DIAG_UNKNOWN_NAME, p->name.span,
					     "a dynamic %s has no `%s`",
					     decl->kind == AST_SET ? "set" : "table", p->name.text);
			if (!help_nearest(check, diag, p->name.text, &words))
				rpol_diag_help(check->diags, diag, "it has %s",
					       timeout ? "`size` and `timeout`" : "`size`");
			ok = false;
			continue;
		}
		if (given[which]) {
			diag = rpol_diag_add(check->diags, RPOL_DIAG_DUPLICATE_PROPERTY,
					     p->name.span, "`%s` is given twice", p->name.text);
			rpol_diag_second(check->diags, diag, given[which]->name.span, "first here");
			ok = false;
			continue;
		}
		given[which] = p;
		ok = (which ? read_timeout(check, p->value, timeout)
			    : read_size(check, p->value, size)) &&
		     ok;
	}
	if (!given[0] && !span_refused(check, decl->span)) {
		diag = rpol_diag_add(check->diags, RPOL_DIAG_MISSING_PROPERTY, decl->name.span,
				     "dynamic %s `%s` has no size",
				     decl->kind == AST_SET ? "set" : "table", decl->name.text);
		rpol_diag_help(check->diags, diag,
			       "say how many entries it holds at most: `size 10k;`");
	}
	return ok && given[0];
}

bool check_room(struct check *check, const struct ast_decl *decl, size_t entries, uint32_t size)
{
	struct rpol_diag *diag;

	if (entries <= size)
		return true;
	diag = rpol_diag_add(check->diags, RPOL_DIAG_LIMIT, decl->name.span,
			     "`%s` begins with %zu entries, and its size is %u", decl->name.text,
			     entries, size);
	rpol_diag_help(check->diags, diag, "give it a larger size");
	return false;
}

bool check_dynamic_verdict(struct check *check, const struct rpol_verdict *verdict)
{
	struct rpol_diag *diag;

	switch (verdict->kind) {
	case RPOL_VERDICT_DROP:
	case RPOL_VERDICT_PASS:
	case RPOL_VERDICT_FIB:
	case RPOL_VERDICT_ROUTE:
	case RPOL_VERDICT_SEND:
	case RPOL_VERDICT_BOUNCE:
	case RPOL_VERDICT_CONTINUE:
		break;
	default:
		diag = rpol_diag_add(check->diags, RPOL_DIAG_NOT_YET, verdict->span,
				     "`%s` in a dynamic table is not in this version of rpol",
				     rpol_verdict_word(verdict->kind));
		rpol_diag_help(check->diags, diag,
			       "its entries are drop, pass, fib, route, send, bounce or continue");
		return false;
	}
	if (!verdict->otherwise)
		return true;
	diag = rpol_diag_add(check->diags, RPOL_DIAG_NO_VERDICT, verdict->otherwise->span,
			     "an entry of a dynamic table has one verdict and no `else`");
	rpol_diag_help(check->diags, diag,
		       "take it out: without a live next hop the packet is left to the kernel");
	return false;
}
