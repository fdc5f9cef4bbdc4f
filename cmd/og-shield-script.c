/*
 * --file: a script of statements, one after the other through the same gate
 * as a single one. Each is a transaction of its own with its own entry, so
 * the first refusal ends the script and leaves what was done before. There
 * is no way to make a script one transaction: many changes that are to be
 * whole are a skill, whose steps have undos and whose rights are its own.
 *
 * The file is opened before all file rights are given up, and read after.
 */
#include "cmd/og-shield.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cmd/og-rows.h"
#include "cmd/og-statement.h"
#include "lib/base/file.h"
#include "lib/base/sql.h"

#define SCRIPT_MAX ((size_t)16 << 20)

struct script {
	struct desk desk;
	const char *path, *command;
	struct og_buf text;
	enum og_rows_form form;
	int dry;
	json_t *params;
	json_t *reply; /* of the last request that was refused, or NULL */
	/* so far */
	size_t reads, writes, refused;
	json_int_t first, last; /* entries */
};

static const char *name_of(const struct script *script)
{
	return strcmp(script->path, "-") == 0 ? "standard input" : script->path;
}

static long line_at(const struct script *script, const char *at)
{
	long line = 1;

	for (const char *p = script->text.data; p < at; p++)
		line += *p == '\n';
	return line;
}

static int ask(void *arg, const char *verb, json_t *request, json_t **ret, struct og_err *err)
{
	struct script *script = arg;

	json_decref(script->reply);
	script->reply = NULL;
	return desk_call(&script->desk, verb, request, ret, &script->reply, err);
}

/* Where in the script the refusal points, or the statement's beginning. */
static const char *place_of(const struct script *script, const struct og_sql_token *statement)
{
	json_int_t offset = og_json_int(script->reply, "offset", 0);

	return offset > 0 && (size_t)offset < statement->len ? statement->start + offset
							     : statement->start;
}

static int note_done(const struct script *script)
{
	size_t n = script->reads + script->writes;

	if (n > 0 && script->writes > 0)
		og_note(script->desk.ctx,
			"%zu statement%s before it %s done and stay%s so (entries %lld to %lld)", n,
			n == 1 ? "" : "s", n == 1 ? "is" : "are", n == 1 ? "s" : "",
			(long long)script->first, (long long)script->last);
	return -1;
}

static int show_receipt(struct script *script, const json_t *reply, struct og_err *err)
{
	json_int_t seq = og_json_int(reply, "seq", 0);

	script->writes++;
	script->last = seq;
	if (script->first == 0)
		script->first = seq;
	if (script->form != OG_ROWS_CSV)
		return desk_show_receipt(&script->desk, reply, err);
	og_note(script->desk.ctx, "%lld rows changed, entry %lld",
		(long long)og_json_int(reply, "affected", 0), (long long)seq);
	return 0;
}

static int show(struct script *script, int writes, const json_t *reply, struct og_err *err)
{
	if (writes)
		return show_receipt(script, reply, err);
	script->reads++;
	return shield_show_rows(script->desk.ctx, script->form, reply, err);
}

/* query: every statement reads, or is refused; exec: as the statement is. */
static int perform(struct script *script, const json_t *request, struct og_err *err)
{
	const struct og_statement_asker asker = { ask, script };
	json_t *reply = NULL;
	int writes = 0, rc;

	if (strcmp(script->command, "query") == 0)
		rc = ask(script, "sql.read", json_copy((json_t *)request), &reply, err);
	else
		rc = og_statement_run(&asker, request, &writes, &reply, err);
	if (rc == 0)
		rc = show(script, writes, reply, err);
	json_decref(reply);
	return rc;
}

static int tell(struct script *script, long line, json_t *reply, struct og_err *err)
{
	const char *verdict = og_json_str(reply, "verdict"), *fix = og_json_str(reply, "fix");
	int allowed = verdict && strcmp(verdict, "allow") == 0;

	script->refused += !allowed;
	if (script->desk.json)
		return og_json_set(reply, "line", json_integer(line), err) < 0
			       ? -1
			       : og_print_json(reply, err);
	if (allowed)
		return og_printf(err, "%s:%ld: allow\n", name_of(script), line);
	return og_printf(err, "%s:%ld: %s: %s%s%s\n", name_of(script), line, verdict,
			 og_json_str(reply, "why"), fix && *fix ? "; " : "", fix ? fix : "");
}

static int judge(struct script *script, const json_t *request, const struct og_sql_token *statement,
		 struct og_err *err)
{
	json_t *reply = NULL;
	int rc = ask(script, "sql.check", json_copy((json_t *)request), &reply, err);

	if (rc == 0)
		rc = tell(script, line_at(script, statement->start), reply, err);
	json_decref(reply);
	return rc;
}

static int run_one(struct script *script, const struct og_sql_token *statement, struct og_err *err)
{
	json_t *request =
		og_statement_request(statement->start, statement->len, script->params, err);
	int rc = -1;

	if (request)
		rc = script->dry ? judge(script, request, statement, err)
				 : perform(script, request, err);
	json_decref(request);
	if (rc == 0 || (err->code == OG_EIO && !script->reply))
		return rc;
	og_wrap(err, "%s:%ld", name_of(script), line_at(script, place_of(script, statement)));
	return script->dry ? -1 : note_done(script);
}

static int run_all(struct script *script, struct og_err *err)
{
	const char *at = script->text.data, *end = at + script->text.len;
	struct og_sql_token statement;
	int kind;

	while ((kind = og_sql_statement(&at, end, &statement)) > 0)
		if (run_one(script, &statement, err) < 0)
			return -1;
	return script->refused > 0 ? OG_NO : OG_OK;
}

static int read_script(struct script *script, int fd, struct og_err *err)
{
	if (og_fd_read(fd, name_of(script), &script->text, err) < 0)
		return -1;
	if (script->text.len > 0 && memchr(script->text.data, '\0', script->text.len))
		return og_fail(err, OG_EDATA, "%s: it holds a NUL byte", name_of(script));
	return 0;
}

static int run(struct script *script, const struct og_ctx *ctx, const struct og_args *args, int fd,
	       struct og_err *err)
{
	int rc = -1;

	if (desk_open(&script->desk, ctx, args, err) == 0 && read_script(script, fd, err) == 0 &&
	    shield_params(args, &script->params, err) == 0)
		rc = script->text.len > 0 ? run_all(script, err) : OG_OK;
	desk_close(&script->desk);
	json_decref(script->params);
	json_decref(script->reply);
	og_buf_release(&script->text);
	return rc;
}

int shield_run_script(const struct og_ctx *ctx, const struct og_args *args, const char *path,
		      struct og_err *err)
{
	struct script script = { .path = path, .command = og_args_command(args)->name };
	int fd, rc;

	script.dry = strcmp(script.command, "check") == 0 ||
		     (strcmp(script.command, "exec") == 0 && og_arg_flag(args, "dry-run"));
	if (og_arg(args, 0))
		return og_fail(err, OG_EUSAGE, "--file takes no other statement");
	if (strcmp(script.command, "check") != 0 && og_rows_form_from(args, &script.form, err) < 0)
		return -1;
	fd = strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return og_fail(err, OG_ENOINPUT, "cannot open '%s': %m", path);
	og_buf_init(&script.text, SCRIPT_MAX);
	rc = run(&script, ctx, args, fd, err);
	if (fd != STDIN_FILENO)
		close(fd);
	return rc;
}
