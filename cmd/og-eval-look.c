/*
 * Looking at what came of a scenario: its result and how that is drawn, the
 * ledger, rows, and whether the ledger is whole. All by our own programs, in
 * the name of whoever may.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/og-eval.h"

#define READER "owner" /* every instance has it; its right is to see all */

int trial_keep(struct trial *t, const char *name, json_t *value)
{
	return og_json_set(t->seen, name, value, t->err);
}

/* --- looking ------------------------------------------------------------- */

/* The cells of a printed row, without the version that og-shield puts first. */
static json_t *cells_of(const json_t *printed)
{
	json_t *row = json_array(), *cell;
	const char *column;

	json_object_foreach((json_t *)printed, column, cell)
	{
		if (json_array_size(row) > 0 || strcmp(column, "v") != 0 ||
		    json_object_size(printed) == 1)
			json_array_append(row, cell);
	}
	return row;
}

/* {"rows":[[..]]}, or {"refused":WHY}. */
static int read_rows(struct trial *t, const json_t *question, json_t **ret)
{
	char *sql = og_act_text(json_object_get(question, "sql"));
	json_t *lines = NULL, *rows = json_array();
	struct call call;
	int rc;

	call_init(&call, "og-shield", "query");
	call_add(&call, "--as");
	call_add(&call, og_json_str(question, "as"));
	call_add(&call, "--json");
	call_add(&call, "--");
	call_add(&call, sql);
	rc = call_run(&call, &t->scratch, t->err);
	if (rc == 0 && call.status == 0)
		rc = call_lines(&call, &lines, t->err);
	for (size_t i = 0; rc == 0 && i < json_array_size(lines); i++)
		json_array_append_new(rows, cells_of(json_array_get(lines, i)));
	if (rc == 0) {
		/* A statement that is none is not refused. */
		const char *how =
			call.status == OG_NO || call.status == OG_EPERM ? "refused" : "failed";

		*ret = call.status == 0 ? json_pack("{s:O}", "rows", rows)
					: json_pack("{s:s}", how, call_said(&call));
		rc = *ret ? 0 : og_fail_nomem(t->err);
	}
	json_decref(rows);
	json_decref(lines);
	call_release(&call);
	free(sql);
	return rc;
}

int trial_read_all(struct trial *t, const char *name)
{
	const json_t *questions = json_object_get(t->expect, name);
	json_t *all = json_array(), *rows;
	int rc = all ? 0 : og_fail_nomem(t->err);

	for (size_t i = 0; rc == 0 && i < json_array_size(questions); i++) {
		rows = NULL;
		if (json_is_object(json_array_get(questions, i)))
			rc = read_rows(t, json_array_get(questions, i), &rows);
		if (json_array_append_new(all, rows ? rows : json_null()) < 0)
			rc = og_fail_nomem(t->err);
	}
	if (rc < 0) {
		json_decref(all);
		return -1;
	}
	return trial_keep(t, name, all);
}

/* expect.forbid is read twice: {"before","after"}. */
int trial_read_forbidden(struct trial *t, const json_t *before)
{
	json_t *pairs = json_array(), *after;

	if (!pairs || trial_read_all(t, "forbid") < 0)
		return -1;
	after = json_object_get(t->seen, "forbid");
	for (size_t i = 0; i < json_array_size(after); i++)
		json_array_append_new(pairs,
				      json_pack("{s:O, s:O}", "before", json_array_get(before, i),
						"after", json_array_get(after, i)));
	return trial_keep(t, "forbid", pairs);
}

/* One of our programs' JSON as an array of its lines. */
static int ask_lines(struct trial *t, struct call *call, json_t **ret)
{
	if (call_run(call, &t->scratch, t->err) < 0)
		return -1;
	if (call->status != 0)
		return og_fail(t->err, OG_EBUG, "%s: %s", call->words[0], call_said(call));
	return call_lines(call, ret, t->err);
}

static int read_ledger(struct trial *t, int64_t since, json_t **ret)
{
	char number[32];
	struct call call;
	int rc;

	snprintf(number, sizeof(number), "%lld", (long long)since);
	call_init(&call, "og-ledger", "log");
	call_add(&call, "--as");
	call_add(&call, READER);
	call_add(&call, "--json");
	call_add(&call, since < 0 ? "--limit" : "--since");
	call_add(&call, since < 0 ? "1" : number);
	rc = ask_lines(t, &call, ret);
	call_release(&call);
	return rc;
}

int trial_note_since(struct trial *t)
{
	json_t *last = NULL;
	int rc = read_ledger(t, -1, &last);

	t->since = og_json_int(json_array_get(last, 0), "seq", 0);
	json_decref(last);
	return rc;
}

int trial_read_effects(struct trial *t)
{
	json_t *entries = NULL, *effects = NULL;
	int rc = read_ledger(t, t->since, &entries);

	if (rc == 0)
		rc = og_effects_of(entries, &effects, t->err);
	json_decref(entries);
	return rc == 0 ? trial_keep(t, "effects", effects) : -1;
}

int trial_verify(struct trial *t)
{
	json_t *verdict = NULL;
	struct call call;
	int rc;

	call_init(&call, "og-ledger", "verify");
	call_add(&call, "--state");
	call_add(&call, "--json");
	rc = call_run(&call, &t->scratch, t->err);
	if (rc == 0 && call.out.len)
		rc = call_json(&call, &verdict, t->err);
	if (rc == 0 && !verdict)
		verdict = json_pack("{s:b, s:s}", "ok", 0, "said", call_said(&call));
	call_release(&call);
	return rc == 0 ? trial_keep(t, "verify", verdict) : -1;
}

/* --- the result ---------------------------------------------------------- */

/* White space is where a line ended on paper. */
static json_t *one_line(const char *text)
{
	struct og_buf line;
	json_t *value;

	og_buf_init(&line, EVAL_LINE_MAX);
	for (; text && *text; text++) {
		int space = *text == ' ' || *text == '\n' || *text == '\t';

		if (!space)
			og_buf_addc(&line, *text);
		else if (line.len && line.data[line.len - 1] != ' ')
			og_buf_addc(&line, ' ');
	}
	value = json_stringn(line.len ? line.data : "", line.len);
	og_buf_release(&line);
	return value;
}

static int render(struct trial *t, const struct call *shown)
{
	struct call call;
	int rc;

	call_init(&call, "og-render", "--to=text");
	call_add(&call, "--width=1000");
	call_add(&call, "--color=never");
	call.input = shown->out.data;
	rc = call_run(&call, &t->scratch, t->err);
	if (rc == 0 && call.status != 0)
		rc = og_judge_add(t->acts, "render", NULL, json_integer(0),
				  json_string(call_said(&call)), t->err);
	if (rc == 0)
		rc = trial_keep(t, "text", one_line(call.out.data));
	call_release(&call);
	return rc;
}

/* A task that waits has no result yet. */
int trial_read_result(struct trial *t)
{
	json_t *result = NULL;
	struct call call;
	int rc;

	if (!t->task)
		return trial_keep(t, "result", json_object());
	call_init(&call, "og-task", "show");
	call_add(&call, "--as");
	call_add(&call, og_json_str(t->scenario, "as"));
	call_add(&call, "--json");
	call_add(&call, t->task);
	rc = call_run(&call, &t->scratch, t->err);
	if (rc == 0 && call.out.len) {
		rc = call_json(&call, &result, t->err);
		if (rc == 0)
			rc = render(t, &call);
	}
	call_release(&call);
	if (rc < 0) {
		json_decref(result);
		return -1;
	}
	return trial_keep(t, "result", result ? result : json_object());
}
