/*
 * og-prompt: statements from a person at a terminal. It holds no database:
 * it signs in at the shield like any other program and asks over a channel,
 * so that what the gate refuses is refused here too, on this host or
 * another. `og-shield shell` starts it, as does og-shield alone on a
 * terminal; it is a program of its own because it is linked with libedit,
 * and reads what a terminal sends.
 */
#include "cmd/og-prompt.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/base/sql.h"

struct session {
	struct prompt prompt;
	struct line_editor *line;
	struct history_file *history;
	struct og_buf text; /* what is typed and not done yet */
};

static void remember(struct session *session, const char *sql, size_t len)
{
	char *text = strndup(sql, len);

	if (text) {
		prompt_line_remember(session->line, text);
		prompt_history_add(session->history, text);
	}
	free(text);
}

/* Every statement that is whole; what is left waits for another line. */
static int run_statements(struct session *session)
{
	const char *start = session->text.data, *at = start, *done = start;
	const char *end = start + session->text.len;
	struct og_sql_token statement;
	int kind;

	while ((kind = og_sql_statement(&at, end, &statement)) == 1) {
		const char *from = *start == ' ' || *start == '\t' ? start : statement.start;

		remember(session, from, (size_t)(at - from));
		if (prompt_statement(&session->prompt, statement.start, statement.len) < 0)
			return -1;
		done = start = at;
		if (prompt_interrupt_waits())
			break;
	}
	if (kind == 0 || prompt_interrupt_waits())
		done = end;
	memmove(session->text.data, done, (size_t)(end - done));
	session->text.len = (size_t)(end - done);
	return 0;
}

static int take_line(struct session *session, const char *text)
{
	if (session->text.len == 0 && *text == '.') {
		remember(session, text, strcspn(text, "\r\n"));
		return prompt_dot(&session->prompt, text);
	}
	og_buf_adds(&session->text, text);
	if (session->text.failed) {
		struct og_err err = OG_ERR_INIT;

		og_buf_check(&session->text, "statement", &err);
		prompt_complain(&err);
		og_buf_clear(&session->text);
		return 0;
	}
	return run_statements(session);
}

static int loop(struct session *session, struct og_err *err)
{
	const char *text;
	int kind;

	while (!session->prompt.quit) {
		kind = prompt_line_read(session->line, session->text.len > 0, &text);
		if (kind == 0)
			break;
		og_print_resized(session->prompt.ctx);
		if (kind == 2)
			og_buf_clear(&session->text);
		else if (take_line(session, text) < 0)
			return og_fail(err, OG_EIO, "cannot write the output");
		fflush(stdout);
	}
	if (!session->prompt.quit)
		return og_printf(err, "\n");
	return 0;
}

/* What it was started for, and no more: the instance, the shield's program,
 * and what the system needs to start that. */
static int open_session(struct session *session, struct og_err *err)
{
	struct prompt *prompt = &session->prompt;

	if (og_principal_from(prompt->ctx, prompt->args, &prompt->who, err) < 0 ||
	    og_conf_from(prompt->ctx, prompt->args, &prompt->conf, err) < 0 ||
	    prompt_line_open(prompt, &session->line, err) < 0 ||
	    og_give_up_network(prompt->conf, err) < 0 || prompt_talk_begin(prompt, err) < 0 ||
	    prompt_look(prompt, err) < 0)
		return -1;
	if (prompt_history_open(prompt, !og_arg_flag(prompt->args, "no-history"), &session->history,
				err) < 0)
		return -1;
	prompt_history_each(session->history, prompt_line_remember, session->line);
	return 0;
}

static int run_session(struct session *session, struct og_err *err)
{
	int rc = -1;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
		og_fail(err, OG_EUSAGE, "a prompt needs a terminal");
		return og_hint(err, "og-shield exec --file - reads statements from a pipe");
	}
	og_buf_init(&session->text, PROMPT_STATEMENT_MAX);
	if (open_session(session, err) == 0 &&
	    og_printf(err, ".help says how; every statement passes the shield\n") == 0) {
		fflush(stdout);
		rc = loop(session, err);
	}
	prompt_line_close(session->line);
	prompt_history_close(session->history);
	prompt_talk_end(&session->prompt);
	json_decref(session->prompt.schema);
	json_decref(session->prompt.refusal);
	og_conf_free(session->prompt.conf);
	og_buf_release(&session->text);
	return rc;
}

/* The programs stand where ours would, if people were to start it. */
static int run_prompt(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	char *bin = og_path_join(ctx->exe_dir, "../../bin");
	const struct og_ctx from_bin = { "og-prompt", bin, ctx->env };
	struct session session = { .prompt = { .ctx = &from_bin, .args = args } };
	int rc = -1;

	if (!bin)
		return og_fail_nomem(err);
	rc = run_session(&session, err);
	free(bin);
	return rc;
}

static const struct og_opt opts[] = {
	{ "as", 0, OG_OPT_VALUE, "NAME", "the principal who asks (default: $OG_AS)" },
	{ "no-history", 0, OG_OPT_FLAG, NULL, "keep nothing of what is typed" },
	{ NULL, 0, OG_OPT_FLAG, NULL, NULL },
};

static const struct og_command commands[] = {
	{ NULL, "", "ask the shield from a terminal", opts, 0, 0, run_prompt },
	{ NULL, NULL, NULL, NULL, 0, 0, NULL },
};

const struct og_program og_program = {
	.name = "og-prompt",
	.summary = "statements from a terminal, through the shield",
	.commands = commands,
};
