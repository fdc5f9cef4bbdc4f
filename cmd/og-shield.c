/*
 * og-shield: the gate in front of the business database. One-shot commands
 * for people and scripts, and --channel and --listen, the ways every other
 * program asks.
 *
 * The one-shots hold the same conversation in process that a client holds
 * over a pipe, signature included, so there is one way in and one set of
 * rules. Order in every command: open the instance and the key, give up
 * all other authority, only then read the statement.
 */
#include "cmd/og-shield.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/og-explain.h"
#include "cmd/og-out.h"
#include "cmd/og-statement.h"
#include "lib/base/file.h"
#include "lib/base/text.h"

/* The statement: the argument, or standard input when it is absent or "-". */
static int statement(const struct og_args *args, struct og_buf *sql, struct og_err *err)
{
	const char *given = og_arg(args, 0);

	if (given && strcmp(given, "-") != 0) {
		og_buf_adds(sql, given);
		return og_buf_check(sql, "statement", err);
	}
	if (og_fd_read(STDIN_FILENO, "statement", sql, err) < 0)
		return -1;
	if (memchr(sql->data, '\0', sql->len))
		return og_fail(err, OG_EDATA, "the statement holds a NUL byte");
	return 0;
}

/* --param NAME=VALUE: what reads as a JSON number is one, the rest is text. */
static json_t *param_value(const char *text)
{
	int64_t whole;
	double real;

	if (og_int_parse(text, INT64_MIN, INT64_MAX, "", &whole, NULL) == 0)
		return json_integer(whole);
	if (og_double_parse(text, "", &real, NULL) == 0)
		return json_real(real);
	return json_string(text);
}

static int add_param(const char *text, json_t *params, struct og_err *err)
{
	size_t len = strcspn(text, "=");
	char name[64];

	if (text[len] != '=' || len == 0 || len >= sizeof(name))
		return og_fail(err, OG_EUSAGE, "--param '%s' is not NAME=VALUE", text);
	memcpy(name, text, len);
	name[len] = '\0';
	if (og_json_set(params, name, param_value(text + len + 1), err) < 0)
		return og_fail(err, OG_EDATA, "--param %s: not UTF-8", name);
	return 0;
}

int shield_params(const struct og_args *args, json_t **ret, struct og_err *err)
{
	json_t *params = json_object();
	const char *text;

	if (!params)
		return og_fail_nomem(err);
	for (size_t i = 0; (text = og_arg_list(args, "param", i)); i++)
		if (add_param(text, params, err) < 0) {
			json_decref(params);
			return -1;
		}
	*ret = params;
	return 0;
}

/* {"sql":..,"params":{..}} from the command line and standard input. */
static json_t *sql_request(const struct og_args *args, struct og_err *err)
{
	json_t *request = NULL, *params = NULL;
	struct og_buf sql;

	og_buf_init(&sql, SHIELD_INPUT_MAX);
	if (statement(args, &sql, err) == 0 && shield_params(args, &params, err) == 0)
		request = og_statement_request(sql.len > 0 ? sql.data : "", sql.len, params, err);
	json_decref(params);
	og_buf_release(&sql);
	return request;
}

/* What is printed. */

int shield_show_rows(const struct og_ctx *ctx, enum og_rows_form form, const json_t *reply,
		     struct og_err *err)
{
	int rc = og_rows_print(ctx, form, json_object_get(reply, "columns"),
			       json_object_get(reply, "rows"), err);

	if (rc == 0 && json_array_size(json_object_get(reply, "truncated")) > 0)
		og_note(ctx, "something was left out: over the limit of rows or bytes");
	return rc;
}

static int show_rows(const struct desk *desk, const json_t *reply, struct og_err *err)
{
	enum og_rows_form form;

	if (og_rows_form_from(desk->args, &form, err) < 0)
		return -1;
	return shield_show_rows(desk->ctx, form, reply, err);
}

/* A schema change is SQL, or a structured request when it starts with "{". */
static json_t *ddl_request(const struct og_args *args, struct og_err *err)
{
	struct og_buf text;
	json_t *request = NULL;
	const char *start;

	og_buf_init(&text, SHIELD_INPUT_MAX);
	if (statement(args, &text, err) < 0)
		goto out;
	start = text.len > 0 ? text.data : "";
	start += strspn(start, " \t\r\n");
	if (*start != '{')
		request = og_statement_request(start, strlen(start), NULL, err);
	else if (og_json_parse(start, strlen(start), SHIELD_INPUT_MAX, "request", &request, err) <
		 0)
		request = NULL;
out:
	og_buf_release(&text);
	return request;
}

static int show_verdict(const struct desk *desk, const json_t *reply, struct og_err *err)
{
	const char *verdict = og_json_str(reply, "verdict");

	(void)desk;
	if (og_print_json(reply, err) < 0)
		return -1;
	return verdict && strcmp(verdict, "allow") == 0 ? OG_OK : OG_NO;
}

static int show_explain(const struct desk *desk, const json_t *reply, struct og_err *err)
{
	int allowed;

	if (desk->json)
		return show_verdict(desk, reply, err);
	allowed = og_explain_print(reply, err);
	return allowed < 0 ? -1 : allowed ? OG_OK : OG_NO;
}

static int show_schema(const struct desk *desk, const json_t *reply, struct og_err *err)
{
	json_t *names = NULL, *rows = NULL;
	enum og_rows_form form;
	int rc = og_rows_form_from(desk->args, &form, err);

	if (rc == 0 && form == OG_ROWS_JSON)
		return og_print_json(reply, err);
	if (rc == 0)
		rc = og_rows_schema(json_object_get(reply, "tables"), NULL, &names, &rows, err);
	if (rc == 0)
		rc = og_rows_print(desk->ctx, form, names, rows, err);
	json_decref(names);
	json_decref(rows);
	return rc;
}

static const struct desk_shape shapes[] = {
	{ "query", "sql.read", sql_request, show_rows },
	{ "exec", "sql.write", sql_request, desk_show_receipt },
	{ "ddl", "ddl", ddl_request, desk_show_receipt },
	{ "check", "sql.check", sql_request, show_verdict },
	{ "explain", "sql.explain", sql_request, show_explain },
	{ "schema", "schema", desk_empty_request, show_schema },
};

static int run_shape(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	const char *command = og_args_command(args)->name;
	const struct desk_shape *shape = shapes;
	enum og_rows_form form;

	while (strcmp(shape->command, command) != 0)
		shape++;
	if ((shape->print == show_rows || shape->print == show_schema) &&
	    og_rows_form_from(args, &form, err) < 0)
		return -1;
	if (shape->request != desk_empty_request && !og_arg(args, 0) && isatty(STDIN_FILENO))
		og_note(ctx, "a statement, then ^D");
	return desk_run(shape, ctx, args, err);
}

/* query, exec, check: one statement, or a script of them. */
static int run_many(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	const char *path = og_arg_value(args, "file");

	return path ? shield_run_script(ctx, args, path, err) : run_shape(ctx, args, err);
}

/* exec of one statement is made as check is with --dry-run. */
static int run_exec(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	static const struct desk_shape dry = { "exec", "sql.check", sql_request, show_verdict };

	if (!og_arg_flag(args, "dry-run") || og_arg_value(args, "file"))
		return run_many(ctx, args, err);
	return desk_run(&dry, ctx, args, err);
}

/* Another program takes our place: it holds no database. */
static int run_shell(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	char *program = og_libexec_path(ctx->exe_dir, "og-prompt");
	const char *argv[8] = { program }, *as = og_arg_value(args, "as");
	const char *home = og_arg_value(args, "home");
	char *const *exec_argv;
	int n = 1;

	if (!program)
		return og_fail_nomem(err);
	if (as) {
		argv[n++] = "--as";
		argv[n++] = as;
	}
	if (home) {
		argv[n++] = "--home";
		argv[n++] = home;
	}
	if (og_arg_flag(args, "no-history"))
		argv[n++] = "--no-history";
	memcpy(&exec_argv, &(const char *const *){ argv }, sizeof(exec_argv));
	execv(program, exec_argv);
	og_fail(err, OG_EUNAVAIL, "cannot start '%s': %s", program, strerror(errno));
	free(program);
	return -1;
}

#ifdef __SANITIZE_ADDRESS__
/* The leak checker starts a helper that the seal forbids; leaks are looked
 * for in the unit tests, which run the same code unsealed. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}
#endif

#define AS                                                                                         \
	{                                                                                          \
		"as", 0, OG_OPT_VALUE, "NAME", "the principal who asks (default: $OG_AS)"          \
	}
#define JSON                                                                                       \
	{                                                                                          \
		"json", 0, OG_OPT_FLAG, NULL, "answer as JSON"                                     \
	}
#define PARAM                                                                                      \
	{                                                                                          \
		"param", 0, OG_OPT_LIST, "NAME=VALUE", "bind :NAME"                                \
	}
#define SCRIPT                                                                                     \
	{                                                                                          \
		"file", 'f', OG_OPT_VALUE, "FILE", "a script of statements"                        \
	}
#define FORBID                                                                                     \
	{                                                                                          \
		"forbid", 0, OG_OPT_FLAG, NULL, "a prohibition, which beats permissions"           \
	}
#define END                                                                                        \
	{                                                                                          \
		NULL, 0, OG_OPT_FLAG, NULL, NULL                                                   \
	}

static const struct og_opt query_opts[] = { AS, JSON, OG_ROWS_OPTIONS, PARAM, SCRIPT, END };
static const struct og_opt exec_opts[] = {
	AS,    JSON,   OG_ROWS_OPTIONS,
	PARAM, SCRIPT, { "dry-run", 0, OG_OPT_FLAG, NULL, "judge, and do nothing" },
	END,
};
static const struct og_opt check_opts[] = { AS, JSON, PARAM, SCRIPT, END };
static const struct og_opt explain_opts[] = { AS, JSON, PARAM, END };
static const struct og_opt shell_opts[] = {
	AS,
	{ "no-history", 0, OG_OPT_FLAG, NULL, "keep nothing of what is typed" },
	END,
};
static const struct og_opt schema_opts[] = { AS, JSON, OG_ROWS_OPTIONS, END };
static const struct og_opt plain_opts[] = { AS, JSON, END };
static const struct og_opt drop_opts[] = { AS, JSON, FORBID, END };
static const struct og_opt no_opts[] = { END };
static const struct og_opt grant_opts[] = {
	AS,
	JSON,
	FORBID,
	{ "visible", 0, OG_OPT_VALUE, "COLUMNS", "columns that exist for the subject" },
	{ "masked", 0, OG_OPT_VALUE, "COLUMNS", "columns that read as NULL" },
	{ "settable", 0, OG_OPT_VALUE, "COLUMNS", "columns that may be written" },
	{ "where", 0, OG_OPT_VALUE, "PREDICATE", "rows it is about, SQL over t.COLUMN" },
	{ "apply", 0, OG_OPT_VALUE, "FILE", "make grants equal to a JSON file" },
	{ "dry-run", 0, OG_OPT_FLAG, NULL, "with --apply: print the difference only" },
	END,
};

static const struct og_opt grants_opts[] = {
	AS,
	OG_OUT_OPTIONS,
	{ "missing", 0, OG_OPT_FLAG, NULL, "instead: tables that no role may read" },
	END,
};

static const struct og_opt principal_opts[] = {
	AS,
	OG_OUT_OPTIONS,
	{ "role", 0, OG_OPT_VALUE, "ROLE", "their role" },
	{ "clearance", 0, OG_OPT_VALUE, "N", "1, 2 or 3", "1 | 2 | 3" },
	{ "pubkey", 0, OG_OPT_VALUE, "KEY", "public key in base64, or a file that holds it",
	  "FILE" },
	{ "id", 0, OG_OPT_VALUE, "N", "add: the number row predicates know them by" },
	{ "active", 0, OG_OPT_VALUE, "yes|no", "set: may they act at all" },
	{ "password-stdin", 0, OG_OPT_FLAG, NULL, "a password, one line of standard input" },
	END,
};

static const struct og_opt listen_opts[] = {
	{ "connections", 0, OG_OPT_VALUE, "N", "conversations at a time (default: 64)" },
	{ "peer", 0, OG_OPT_LIST, "USER", "who may connect besides the instance's owner, or any" },
	{ "quiet", 'q', OG_OPT_FLAG, NULL, "say only what was refused or went wrong" },
	END,
};

static const struct og_command commands[] = {
	{ "query", "[SQL]", "read rows", query_opts, 0, 1, run_many },
	{ "exec", "[SQL]", "insert or update rows, with a ledger entry", exec_opts, 0, 1,
	  run_exec },
	{ "ddl", "[SQL]", "add to the schema", plain_opts, 0, 1, run_shape },
	{ "check", "[SQL]", "say what a statement would touch and whether it may", check_opts, 0, 1,
	  run_many },
	{ "explain", "[SQL]", "say why, under which grants, how many rows, and how", explain_opts,
	  0, 1, run_shape },
	{ "schema", "", "the tables and columns one can see", schema_opts, 0, 0, run_shape },
	{ "shell", "", "a prompt, on a terminal", shell_opts, 0, 0, run_shell },
	{ "grant", "[SUBJECT TABLE VERBS]", "permit or forbid", grant_opts, 0, 3,
	  shield_run_grant },
	{ "revoke", "SUBJECT TABLE", "take a grant back", drop_opts, 2, 2, shield_run_revoke },
	{ "grants", "[SUBJECT]", "list grants as JSON lines", grants_opts, 0, 1,
	  shield_run_grants },
	{ "principal", "list | add NAME | set NAME", "who there is, and what they may",
	  principal_opts, 1, 2, shield_run_principal, "list | add NAME | set PRINCIPAL" },
	{ "--channel", "", "serve requests on standard input", no_opts, 0, 0, shield_run_channel },
	{ "--listen", "[unix:PATH]", "serve requests on a socket until SIGTERM", listen_opts, 0, 1,
	  shield_run_listen },
	{ NULL, NULL, NULL, NULL, 0, 0, NULL },
};

const char *const og_program_bare = "shell";

const struct og_program og_program = {
	.name = "og-shield",
	.summary = "the gate in front of the business database",
	.commands = commands,
};
