/* grammar.y: the shape of the language, and nothing of its meaning. LALR(1), no conflict.
 *
 * Tokens have no values: a location is a pair of indices into the parser's tokens, and build.c
 * makes nodes from those. `error` stands where a statement can be given up, always alone, so that
 * it is reduced at once; recover.c then says where reading goes on. */
%code requires {
#include "parse.h"
}

%code {
static int yylex(YYSTYPE *value, YYLTYPE *at, struct parser *p)
{
	(void)value;
	return rpol_parser_next(p, at);
}

static void yyerror(YYLTYPE *at, struct parser *p, const char *message)
{
	/* Syntax errors come by yyreport_syntax_error; what is left is a full stack. */
	(void)message;
	rpol_parser_too_deep(p, *at);
}

#define RECOVER(level, at)                                                                         \
	do {                                                                                       \
		rpol_parser_recover(p, level, at);                                                 \
		yyclearin;                                                                         \
		yyerrok;                                                                           \
	} while (0)

/* Deep enough for RPOL_MAX_NESTING parentheses. Fixed, so that the parser owns no memory. */
#define YYINITDEPTH 1000
#define YYMAXDEPTH YYINITDEPTH
#define YYMALLOC(size) ((void)(size), NULL)
#define YYFREE(memory) ((void)(memory))
}

%define api.pure full
%define api.prefix {rpol_grammar_}
%define api.location.type {struct place}
%define api.token.prefix {TOKEN_}
%define parse.error custom
%define parse.lac full
%locations
%expect 0
%param {struct parser *p}

%initial-action { @$ = (struct place){0, -1}; }

%code requires {
#define YYLLOC_DEFAULT(current, rhs, n)                                                            \
	((current) = (n) ? (struct place){YYRHSLOC(rhs, 1).first, YYRHSLOC(rhs, n).last}           \
			 : (struct place){YYRHSLOC(rhs, 0).last + 1, YYRHSLOC(rhs, 0).last})
}

%token END 0
%token START_FILE START_LINE START_VALUE
%token IDENT DOTTED NUMBER QUANTITY PREFIX STRING
%token ALLOW AND ANY AT CHAIN COND CONST DEFAULT DEV DYNAMIC ELSE FILE FRAGMENTS FROM GROUP HAS HASH IN INCLUDE
%token INTERFACE NEXTHOP NOT ON OR POLICY PREFER SET TABLE VIA WEIGHT
%token EQ NE LE GE ARROW DOTDOT
/* never in a rule: what the lexer or the parser takes out, or what no text may have */
%token GARBAGE OPEN_STRING COMMENT LATER

%union {
	struct ast_name name;
	struct ast_value *value;
	struct ast_expr *expr;
	struct ast_outcome *outcome;
	struct ast_decl *decl;
	enum ast_op op;
	struct value_list values;
	struct expr_list exprs;
	struct outcome_list outcomes;
	struct name_list names;
}

%type <name> name plain label member_name device hook field word
%type <value> value scalar list tuple file
%type <expr> expr conjunction unary test call
%type <exprs> or_list and_list
%type <op> op
%type <outcome> outcome action
%type <outcomes> outcomes
%type <values> values value_list operands
%type <names> names devices fields key tuple_type set_type
%type <decl> nexthop_body group_body table_body dynamic_body chain_body policy_body

%%

start: START_FILE decls END
     | START_LINE value outcome END           { rpol_build_line(p, $2, $3); }
     | START_VALUE value END                  { rpol_build_line(p, $2, NULL); }
     ;

decls: %empty
     | decls decl
     ;

decl: INCLUDE STRING ';'                      { rpol_build_include(p, @2); }
    | ALLOW name ';'                          { rpol_build_allow(p, @$, $2); }
    | INTERFACE name '=' devices ';'          { rpol_build_interface(p, @$, $2, $4); }
    | CONST name '=' value ';'                { rpol_build_const(p, @$, $2, $4); }
    | SET name ':' name '{' values '}'        { rpol_build_set(p, @$, $2, $4, $6.first, NULL); }
    | SET name ':' name '{' values '}' ';'    { rpol_build_set(p, @$, $2, $4, $6.first, NULL); }
    | SET name ':' name file ';'              { rpol_build_set(p, @$, $2, $4, NULL, $5); }
    | SET name ':' tuple_type '{' values '}'  { rpol_build_tuples(p, @$, $2, $4, @4, $6.first, NULL); }
    | SET name ':' tuple_type '{' values '}' ';'
                                              { rpol_build_tuples(p, @$, $2, $4, @4, $6.first, NULL); }
    | SET name ':' tuple_type file ';'        { rpol_build_tuples(p, @$, $2, $4, @4, NULL, $5); }
    | COND name '=' expr ';'                  { rpol_build_cond(p, @$, $2, $4); }
    | NEXTHOP name '{' nexthop_body '}'       { rpol_build_block(p, @$, $2, $4); }
    | GROUP name '{' group_body '}'           { rpol_build_block(p, @$, $2, $4); }
    | TABLE name ':' name key '{' table_body '}'
                                              { rpol_build_table(p, @$, $2, $4, $5, @5, $7, NULL); }
    | TABLE name ':' name key file ';'        { rpol_build_table(p, @$, $2, $4, $5, @5, NULL, $6); }
    | DYNAMIC SET name ':' set_type '{' dynamic_body '}'
                                              { rpol_build_dynamic_set(p, @$, $3, $5, @5, $7); }
    | DYNAMIC TABLE name ':' name key '{' dynamic_body '}'
                                              { rpol_build_dynamic_table(p, @$, $3, $5, $6, @6, $8); }
    | CHAIN name '{' chain_body '}'           { rpol_build_block(p, @$, $2, $4); }
    | POLICY name ON names AT hook '{' policy_body '}'
                                              { rpol_build_policy(p, @$, $2, $4, $6, $8, @9); }
    | error                                   { RECOVER(LEVEL_DECL, @1); }
    ;

tuple_type: '(' fields ')'                    { $$ = $2; }
          ;

key: field                                    { $$ = rpol_build_names(p, NULL, $1); }
   | tuple_type
   ;

fields: field                                 { $$ = rpol_build_names(p, NULL, $1); }
      | fields ',' field                      { $$ = rpol_build_names(p, &$1, $3); }
      ;

file: FROM FILE STRING                        { $$ = rpol_build_scalar(p, @3); }
    ;

nexthop_body: %empty                          { $$ = rpol_build_body(p, AST_NEXTHOP); }
            | nexthop_body VIA value          { rpol_build_via(p, $$, $3); }
            | nexthop_body DEV name           { rpol_build_dev($$, $3); }
            | nexthop_body ';'
            | nexthop_body error              { RECOVER(LEVEL_ITEM, @2); }
            ;

group_body: %empty                            { $$ = rpol_build_body(p, AST_GROUP); }
          | group_body HASH name ';'          { rpol_build_hash(p, $$, $3); }
          | group_body PREFER members ';'     { rpol_build_prefer(p, $$, @2); }
          | group_body member ';'             { rpol_build_members(p, $$); }
          | group_body ELSE outcome ';'       { rpol_build_group_else(p, $$, $3); }
          | group_body error                  { RECOVER(LEVEL_ITEM, @2); }
          ;

members: name                                 { rpol_build_member(p, $1, NULL); }
       | members ',' name                     { rpol_build_member(p, $3, NULL); }
       ;

member: member_name                           { rpol_build_member(p, $1, NULL); }
      | member_name WEIGHT NUMBER             { rpol_build_member(p, $1, &@3); }
      ;

table_body: %empty                            { $$ = rpol_build_body(p, AST_TABLE); }
          | table_body value ARROW outcome ';'
                                              { rpol_build_entry(p, $$, @2, @5, $2, $4); }
          | table_body error                  { RECOVER(LEVEL_ITEM, @2); }
          ;

set_type: name                                { $$ = rpol_build_names(p, NULL, $1); }
        | tuple_type
        ;

dynamic_body: %empty                          { $$ = rpol_build_body(p, AST_TABLE); }
            | dynamic_body IDENT value ';'    { rpol_build_property(p, $$, @2, $3); }
            | dynamic_body file ';'           { rpol_build_dynamic_file(p, $$, $2); }
            | dynamic_body value ARROW outcome ';'
                                              { rpol_build_entry(p, $$, @2, @5, $2, $4); }
            | dynamic_body error              { RECOVER(LEVEL_ITEM, @2); }
            ;

names: name                                   { $$ = rpol_build_names(p, NULL, $1); }
     | names ',' name                         { $$ = rpol_build_names(p, &$1, $3); }
     ;

hook: name
    | name name                               { $$ = rpol_build_hook(p, $1, $2); }
    ;

chain_body: %empty                            { $$ = rpol_build_body(p, AST_CHAIN); }
          | chain_body label ':' expr ARROW outcomes ';'
                                              { rpol_build_rule(p, $$, @2, @7, $2, $4, $6); }
          | chain_body ALLOW name ';'         { rpol_build_allow(p, (struct place){@2.first, @4.last}, $3); }
          | chain_body error                  { RECOVER(LEVEL_ITEM, @2); }
          ;

policy_body: %empty                           { $$ = rpol_build_body(p, AST_POLICY); }
           | policy_body DEFAULT outcome ';'  { rpol_build_default($$, $3); }
           | policy_body FRAGMENTS name ';'   { rpol_build_fragments($$, $3); }
           | policy_body ALLOW name ';'       { rpol_build_allow(p, (struct place){@2.first, @4.last}, $3); }
           | policy_body label ':' expr ARROW outcomes ';'
                                              { rpol_build_rule(p, $$, @2, @7, $2, $4, $6); }
           | policy_body error                { RECOVER(LEVEL_ITEM, @2); }
           ;

outcomes: outcome                             { $$ = (struct outcome_list){$1, $1}; }
        | outcomes ',' outcome                { $$.first = $1.first; $1.last->next = $3;
                                                $$.last = $3; }
        ;

outcome: action
       | action ELSE outcome                  { $$ = rpol_build_else(p, @$, $1, $3); }
       ;

action: word operands                         { $$ = rpol_build_action(p, @$, $1, $2.first); }
      ;

operands: %empty                              { $$ = (struct value_list){0}; }
        | scalar                              { $$ = (struct value_list){$1, $1}; }
        | scalar scalar                       { $1->next = $2; $$ = (struct value_list){$1, $2}; }
        ;

expr: or_list                                 { $$ = rpol_build_list(p, @$, AST_OR, $1); }
    ;

or_list: conjunction                          { $$ = rpol_build_exprs(AST_OR, NULL, $1); }
       | or_list OR conjunction               { $$ = rpol_build_exprs(AST_OR, &$1, $3); }
       ;

conjunction: and_list                         { $$ = rpol_build_list(p, @$, AST_AND, $1); }
           ;

and_list: unary                               { $$ = rpol_build_exprs(AST_AND, NULL, $1); }
        | and_list AND unary                  { $$ = rpol_build_exprs(AST_AND, &$1, $3); }
        ;

unary: test
     | ANY                                    { $$ = rpol_build_any(p, @$); }
     | NOT unary                              { $$ = rpol_build_not(p, @$, $2); }
     | '(' expr ')'                           { $$ = $2; }
     ;

test: field                                   { $$ = rpol_build_word(p, @$, $1); }
    | field op value                          { $$ = rpol_build_test(p, @$, $1, $2, @2, $3); }
    | '(' field ',' fields ')' op value       { $$ = rpol_build_tuple_test(p, @$, $2, $4, $6, @6, $7); }
    | call
    | call op value                           { $$ = rpol_build_test(p, @$, $1->field, $2, @2, $3);
                                                $$->params = $1->params; }
    ;

call: name '(' value_list ')'                 { $$ = rpol_build_word(p, @$, $1);
                                                $$->params = $3.first; }
    ;

op: EQ                                        { $$ = AST_EQ; }
  | NE                                        { $$ = AST_NE; }
  | '<'                                       { $$ = AST_LT; }
  | LE                                        { $$ = AST_LE; }
  | '>'                                       { $$ = AST_GT; }
  | GE                                        { $$ = AST_GE; }
  | IN                                        { $$ = AST_IN; }
  | HAS                                       { $$ = AST_HAS; }
  ;

value: scalar
     | scalar DOTDOT scalar                   { $$ = rpol_build_range(p, @$, $1, $3); }
     | list
     | tuple
     ;

tuple: '(' value_list ')'                     { $$ = rpol_build_value_list(p, @$, $2.first); $$->kind = AST_TUPLE; }
     ;

list: '{' values '}'                          { $$ = rpol_build_value_list(p, @$, $2.first); }
    ;

/* A comma may stand after the last one. */
values: %empty                                { $$ = (struct value_list){0}; }
      | value_list
      | value_list ','
      ;

value_list: value                             { $$ = (struct value_list){$1, $1}; }
          | value_list ',' value              { $$.first = $1.first; $1.last->next = $3;
                                                $$.last = $3; }
          ;

scalar: NUMBER                                { $$ = rpol_build_scalar(p, @$); }
      | QUANTITY                              { $$ = rpol_build_scalar(p, @$); }
      | PREFIX                                { $$ = rpol_build_scalar(p, @$); }
      | DOTTED                                { $$ = rpol_build_scalar(p, @$); }
      | name                                  { $$ = rpol_build_scalar(p, @$); }
      ;

devices: device                               { $$ = rpol_build_names(p, NULL, $1); }
       | devices ',' device                   { $$ = rpol_build_names(p, &$1, $3); }
       ;

device: name
      | DOTTED                                { $$ = rpol_build_name(p, @$); }
      | STRING                                { $$ = rpol_build_name(p, @$); }
      ;

field: name
     | DOTTED                                 { $$ = rpol_build_name(p, @$); }
     ;

word: name
    | DOTTED                                  { $$ = rpol_build_name(p, @$); }
    ;

/* Words that mean something in one place are names in all the others. */
name: plain
    | HASH                                    { $$ = rpol_build_name(p, @$); }
    | PREFER                                  { $$ = rpol_build_name(p, @$); }
    | FRAGMENTS                               { $$ = rpol_build_name(p, @$); }
    ;

label: plain
     | HASH                                   { $$ = rpol_build_name(p, @$); }
     | PREFER                                 { $$ = rpol_build_name(p, @$); }
     ;

member_name: plain
           | FRAGMENTS                        { $$ = rpol_build_name(p, @$); }
           ;

plain: plain_word                             { $$ = rpol_build_name(p, @$); }
     ;

plain_word: IDENT | ALLOW | AT | CHAIN | COND | CONST | DEV | DYNAMIC | FILE | FROM | GROUP | INCLUDE | INTERFACE | NEXTHOP
          | ON | POLICY | SET | TABLE | VIA | WEIGHT
          ;

%%

static int yyreport_syntax_error(const yypcontext_t *context, struct parser *p)
{
	yysymbol_kind_t symbols[YYNTOKENS];
	int n = yypcontext_expected_tokens(context, symbols, YYNTOKENS);
	bool expected[MAX_TOKEN] = {0};

	_Static_assert((int)TOKEN_LATER < MAX_TOKEN, "expected has room for every token");

	/* By the numbers the lexer knows them by. */
	for (int kind = 0; kind < MAX_TOKEN; kind++)
		for (int i = 0; i < n; i++)
			if (YYTRANSLATE(kind) == symbols[i])
				expected[kind] = true;
	rpol_parser_syntax_error(p, *yypcontext_location(context), expected);
	return 0;
}
