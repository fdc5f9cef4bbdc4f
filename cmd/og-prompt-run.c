/*
 * What is done with a line: statements go to the shield, lines that begin
 * with a dot are for the prompt. A refusal is shown where it points.
 */
#include "cmd/og-prompt.h"

#include <stdio.h>
#include <string.h>

#include "cmd/og-explain.h"
#include "cmd/og-statement.h"
#include "lib/base/text.h"

#define SHOWN_MAX 160 /* bytes of a line that a refusal is shown in */

static void complain_text(const char *label, const char *text)
{
	struct og_buf safe;

	og_buf_init(&safe, (size_t)1 << 16);
	og_text_safe(&safe, text, strlen(text), 0);
	fprintf(stderr, "%s%s\n", label, safe.len > 0 && !safe.failed ? safe.data : "");
	og_buf_release(&safe);
}

void prompt_complain(const struct og_err *err)
{
	fflush(stdout);
	complain_text("error: ", err->msg);
	if (err->hint[0])
		complain_text("hint: ", err->hint);
}

/* The line of the statement that the refusal is about, and a mark under it. */
static void point(const char *sql, size_t len, json_int_t offset)
{
	size_t at = (size_t)offset, start = at, end = at;
	struct og_buf before;

	if (offset < 0 || at >= len)
		return;
	while (start > 0 && sql[start - 1] != '\n' && at - start < SHOWN_MAX)
		start--;
	while (end < len && sql[end] != '\n' && end - start < SHOWN_MAX)
		end++;
	og_buf_init(&before, 8 * SHOWN_MAX);
	og_text_safe(&before, sql + start, at - start, 0);
	if (!before.failed) {
		int width = before.len > 0 ? (int)og_utf8_width(before.data, before.len) : 0;

		og_text_safe(&before, sql + at, end - at, 0);
		if (!before.failed && before.len > 0)
			fprintf(stderr, "  %s\n  %*s^\n", before.data, width, "");
	}
	og_buf_release(&before);
}

static int ask(void *arg, const char *verb, json_t *request, json_t **ret, struct og_err *err)
{
	return prompt_ask(arg, verb, request, ret, err);
}

static int show(struct prompt *prompt, int writes, const json_t *reply, struct og_err *err)
{
	json_int_t n = og_json_int(reply, "affected", 0);
	int rc;

	if (writes)
		return og_printf(err, "%lld row%s changed, entry %lld\n", (long long)n,
				 n == 1 ? "" : "s", (long long)og_json_int(reply, "seq", 0));
	rc = og_rows_print(prompt->ctx, prompt->form, json_object_get(reply, "columns"),
			   json_object_get(reply, "rows"), err);
	if (rc == 0 && json_array_size(json_object_get(reply, "truncated")) > 0)
		complain_text("", "something was left out: over the limit of rows or bytes");
	return rc;
}

int prompt_statement(struct prompt *prompt, const char *sql, size_t len)
{
	const struct og_statement_asker asker = { ask, prompt };
	struct og_err err = OG_ERR_INIT;
	json_t *request = og_statement_request(sql, len, NULL, &err), *reply = NULL;
	int writes, rc = -1;

	if (request && og_statement_run(&asker, request, &writes, &reply, &err) == 0)
		rc = show(prompt, writes, reply, &err);
	json_decref(request);
	json_decref(reply);
	if (rc == 0 || err.code == OG_EIO)
		return rc;
	fflush(stdout);
	point(sql, len, og_json_int(prompt->refusal, "offset", -1));
	prompt_complain(&err);
	return 0;
}

/* Lines that begin with a dot. arg: what follows, "" when nothing does. */

const char *const prompt_dots[] = { ".explain", ".help",   ".mode",   ".quit",
				    ".schema",	".tables", ".whoami", NULL };

static int dot_help(struct prompt *prompt, const char *arg, struct og_err *err)
{
	(void)prompt;
	(void)arg;
	return og_printf(err,
			 ".explain SQL       why it may be done or not, how, and to how many rows\n"
			 ".help              this\n"
			 ".mode [FORM]       rows as table, json or csv\n"
			 ".quit              end, as ^D does\n"
			 ".schema [TABLE]    the columns you can see\n"
			 ".tables            the tables you can see\n"
			 ".whoami            whose rights these are\n"
			 "A statement ends with a semicolon; ^C drops it, or stops the one "
			 "that runs.\n"
			 "Tab completes names; a line that begins with a blank is not kept.\n");
}

static int dot_tables(struct prompt *prompt, const char *arg, struct og_err *err)
{
	json_t *names = json_pack("[s]", "table"), *rows = json_array(), *table;
	size_t i;
	int rc = names && rows ? prompt_look(prompt, err) : og_fail_nomem(err);

	(void)arg;
	json_array_foreach(prompt->schema, i, table)
	{
		json_array_append_new(rows, json_pack("[O]", json_object_get(table, "name")));
	}
	if (rc == 0)
		rc = og_rows_print(prompt->ctx, prompt->form, names, rows, err);
	json_decref(names);
	json_decref(rows);
	return rc;
}

static int dot_schema(struct prompt *prompt, const char *arg, struct og_err *err)
{
	json_t *names = NULL, *rows = NULL;
	int rc = prompt_look(prompt, err);

	if (rc == 0)
		rc = og_rows_schema(prompt->schema, *arg ? arg : NULL, &names, &rows, err);
	if (rc == 0)
		rc = og_rows_print(prompt->ctx, prompt->form, names, rows, err);
	json_decref(names);
	json_decref(rows);
	return rc;
}

static int dot_mode(struct prompt *prompt, const char *arg, struct og_err *err)
{
	static const char *const names[] = { "table", "json", "csv", NULL };
	static const enum og_rows_form forms[] = { OG_ROWS_FITTED, OG_ROWS_JSON, OG_ROWS_CSV };
	const char *nearest;

	for (size_t i = 0; names[i]; i++) {
		if (!*arg && prompt->form == forms[i])
			return og_printf(err, "%s\n", names[i]);
		if (strcmp(arg, names[i]) == 0) {
			prompt->form = forms[i];
			return 0;
		}
	}
	og_fail(err, OG_EUSAGE, "'%s' is no form of rows", arg);
	nearest = og_nearest(arg, names);
	return nearest ? og_hint(err, "did you mean '%s'?", nearest)
		       : og_hint(err, "table, json and csv are");
}

static int dot_explain(struct prompt *prompt, const char *arg, struct og_err *err)
{
	json_t *request = og_statement_request(arg, strlen(arg), NULL, err), *reply = NULL;
	int rc = -1;

	if (request && prompt_ask(prompt, "sql.explain", request, &reply, err) == 0)
		rc = og_explain_print(reply, err) < 0 ? -1 : 0;
	json_decref(reply);
	return rc;
}

static int dot_whoami(struct prompt *prompt, const char *arg, struct og_err *err)
{
	(void)arg;
	return og_printf(err, "%s, at %s\n", prompt->who,
			 strcmp(prompt->conf->shield, "local:") == 0 ? prompt->conf->home
								     : prompt->conf->shield);
}

static int dot_quit(struct prompt *prompt, const char *arg, struct og_err *err)
{
	(void)arg;
	(void)err;
	prompt->quit = 1;
	return 0;
}

typedef int dot_fn(struct prompt *prompt, const char *arg, struct og_err *err);

/* In the order of prompt_dots. */
static dot_fn *const dots[] = { dot_explain, dot_help,	 dot_mode,  dot_quit,
				dot_schema,  dot_tables, dot_whoami };

int prompt_dot(struct prompt *prompt, const char *text)
{
	struct og_err err = OG_ERR_INIT;
	size_t len = strcspn(text, " \t\r\n;"), i = 0;
	char name[32] = "", arg[PROMPT_STATEMENT_MAX / 16];
	const char *rest = text + len + strspn(text + len, " \t"), *nearest;
	int rc = -1;

	snprintf(name, sizeof(name), "%.*s", (int)(len < sizeof(name) ? len : 0), text);
	snprintf(arg, sizeof(arg), "%.*s", (int)strcspn(rest, "\r\n"), rest);
	while (prompt_dots[i] && strcmp(prompt_dots[i], name) != 0)
		i++;
	if (prompt_dots[i]) {
		rc = dots[i](prompt, arg, &err);
	} else {
		nearest = og_nearest(name, prompt_dots);
		og_fail(&err, OG_EUSAGE, "there is no '%.*s'", (int)len, text);
		og_hint(&err, nearest ? "did you mean %s?" : ".help lists what there is%s",
			nearest ? nearest : "");
	}
	if (rc == 0 || err.code == OG_EIO)
		return rc;
	prompt_complain(&err);
	return 0;
}
