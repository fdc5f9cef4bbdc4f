/*
 * The run of one statement, from its text to a verdict.
 */
#include "lib/shield/gate.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/text.h"
#include "lib/shield/gate-internal.h"

int og_gate_progress(void *arg)
{
	struct og_gate *gate = arg;

	gate->steps += OG_GATE_PERIOD;
	if (gate->steps > gate->limits.steps)
		gate->over = 's';
	else if (og_mono_ms() > gate->deadline)
		gate->over = 't';
	return gate->over != 0;
}

void og_gate_result_release(struct og_gate_result *result)
{
	json_decref(result->columns);
	json_decref(result->rows);
	json_decref(result->truncated);
	json_decref(result->tables);
	json_decref(result->touched);
	json_decref(result->plan);
	json_decref(result->limits);
	json_decref(result->inside);
	memset(result, 0, sizeof(*result));
}

static void forget_statement(struct og_barrier *barrier)
{
	barrier->mentioned = 0;
	for (int i = 0; i < barrier->n_shown; i++)
		barrier->shown[i].set = 0;
}

static int start(struct og_gate *gate, struct og_gate_result *result)
{
	memset(result, 0, sizeof(*result));
	result->truncated = json_array();
	result->tables = json_array();
	result->touched = json_array();
	result->limits = json_array();
	result->offset = -1;
	gate->result = result;
	gate->saw_select = gate->saw_write = gate->poisoned = gate->over = 0;
	gate->steps = gate->affected = gate->last_id = 0;
	gate->rows = 0;
	gate->has_last_id = 0;
	gate->deadline = og_mono_ms() + gate->limits.ms;
	for (size_t i = 0; i < gate->n_barriers; i++)
		forget_statement(&gate->barriers[i]);
	sqlite3_progress_handler(gate->inner, OG_GATE_PERIOD, og_gate_progress, gate);
	return result->truncated && result->tables && result->touched && result->limits ? 0 : -1;
}

static void stop(struct og_gate *gate)
{
	struct og_gate_result *result = gate->result;

	sqlite3_progress_handler(gate->inner, 0, NULL, NULL);
	for (size_t i = 0; i < gate->n_barriers; i++)
		if (gate->barriers[i].mentioned)
			json_array_append_new(result->tables,
					      json_string(gate->barriers[i].rights->table));
	result->affected = gate->affected;
	result->last_id = gate->last_id;
	result->steps = gate->steps;
	gate->result = NULL;
	gate->text = "";
	gate->counting = 0;
	json_decref(gate->watched);
	gate->watched = NULL;
}

static int over_budget(struct og_gate *gate)
{
	if (gate->over == 's')
		return og_gate_refuse(gate, OG_OVER_BUDGET, "budget-steps",
				      "the statement needs more than %lld steps",
				      (long long)gate->limits.steps);
	return og_gate_refuse(gate, OG_OVER_BUDGET, "budget-time",
			      "the statement runs longer than %lld ms", (long long)gate->limits.ms);
}

/* What SQLite said, as a verdict. A reason given before counts first. */
static void judge(struct og_gate *gate, int rc)
{
	int plain = rc & 0xff;

	if (gate->over)
		over_budget(gate);
	else if (plain == SQLITE_NOMEM || plain == SQLITE_TOOBIG)
		og_gate_refuse(gate, OG_OVER_BUDGET, "budget-memory",
			       "the statement needs too much memory, or a value is too long");
	else if (plain == SQLITE_CONSTRAINT)
		og_gate_refuse(gate, OG_REFUSED, "constraint", "the row breaks a constraint");
	else
		og_gate_hint(gate, sqlite3_errmsg(gate->agent));
}

/* The name in "no such table: NAME", if that is what the message says. */
static const char *missing_table(const char *message)
{
	static const char prefix[] = "no such table: ";

	return strncmp(message, prefix, sizeof(prefix) - 1) == 0 ? message + sizeof(prefix) - 1
								 : NULL;
}

#define MAX_VIEWS 16

/* Prepares; a view of the real file is made known when it is first named. */
static int prepare(struct og_gate *gate, const char *sql, size_t len, sqlite3_stmt **ret,
		   const char **tail)
{
	for (int views = 0;; views++) {
		int rc = sqlite3_prepare_v2(gate->agent, sql, (int)len, ret, tail);
		const char *name =
			rc == SQLITE_ERROR ? missing_table(sqlite3_errmsg(gate->agent)) : NULL;

		if (!name || gate->result->verdict != OG_ALLOW || views == MAX_VIEWS)
			return rc;
		/* Asked once more, so that a view that may not be used reads
		 * like one that is not there. */
		if (og_gate_make_view(gate, name) <= 0)
			return sqlite3_prepare_v2(gate->agent, sql, (int)len, ret, tail);
	}
}

/* Only comments, spaces and semicolons may follow the statement. */
static int only_one(struct og_gate *gate, const char *tail)
{
	while (*tail) {
		sqlite3_stmt *more = NULL;
		const char *rest = NULL;
		int rc = sqlite3_prepare_v2(gate->agent, tail, -1, &more, &rest);
		int another = rc != SQLITE_OK || more;

		sqlite3_finalize(more);
		if (another)
			return 0;
		if (!rest || rest == tail)
			return 1;
		tail = rest;
	}
	return 1;
}

static int deny(struct og_gate *gate, const char *rule, const char *why)
{
	og_gate_refuse(gate, OG_REFUSED, rule, "%s", why);
	return -1;
}

static int judge_shape(struct og_gate *gate, sqlite3_stmt *stmt, const char *tail,
		       enum og_gate_mode mode)
{
	int writes = !sqlite3_stmt_readonly(stmt);

	gate->result->writes = writes;
	if (!only_one(gate, tail))
		return deny(gate, "one-statement", "only one statement at a time");
	if (sqlite3_stmt_isexplain(stmt))
		return deny(gate, "no-explain", "EXPLAIN is not available");
	if (!gate->saw_select && !gate->saw_write)
		return deny(gate, "no-verb", "neither a query nor a permitted write");
	if (writes && !gate->saw_write)
		return deny(gate, "no-write", "not a permitted write");
	if (writes && sqlite3_column_count(stmt) > 0)
		return deny(gate, "no-returning", "RETURNING is not available");
	if (writes && mode == OG_GATE_READ) {
		deny(gate, "read-only", "a write where only reading is asked for");
		og_gate_fix(gate, "write with `og-shield exec`, or in a `sql write` block");
		return -1;
	}
	return 0;
}

static int add_columns(struct og_gate_result *result, sqlite3_stmt *stmt)
{
	result->columns = json_array();
	result->rows = json_array();
	for (int i = 0; i < sqlite3_column_count(stmt); i++) {
		const char *name = sqlite3_column_name(stmt, i);

		if (json_array_append_new(result->columns, name && og_utf8_valid(name, strlen(name))
								   ? json_string(name)
								   : json_string("?")) < 0)
			return SQLITE_NOMEM;
	}
	return result->rows ? SQLITE_OK : SQLITE_NOMEM;
}

/* Asking a number for its bytes would print it. */
static int long_bytes(sqlite3_stmt *stmt, int i)
{
	int type = sqlite3_column_type(stmt, i);

	return type == SQLITE_TEXT || type == SQLITE_BLOB ? sqlite3_column_bytes(stmt, i) : 0;
}

static int add_row(struct og_gate *gate, sqlite3_stmt *stmt, int64_t *bytes)
{
	json_t *row = json_array();

	for (int i = 0; i < sqlite3_column_count(stmt); i++) {
		if (json_array_append_new(row, og_gate_value(stmt, i)) < 0) {
			json_decref(row);
			return SQLITE_NOMEM;
		}
		*bytes += 8 + long_bytes(stmt, i);
	}
	if (gate->counting)
		json_decref(row);
	else if (json_array_append_new(gate->result->rows, row) < 0)
		return SQLITE_NOMEM;
	if (++gate->rows > gate->limits.rows)
		return og_gate_refuse(gate, OG_OVER_BUDGET, "budget-rows",
				      "the result has more than %lld rows",
				      (long long)gate->limits.rows);
	if (*bytes > gate->limits.bytes)
		return og_gate_refuse(gate, OG_OVER_BUDGET, "budget-bytes",
				      "the result is larger than %lld bytes",
				      (long long)gate->limits.bytes);
	return SQLITE_OK;
}

static void step_all(struct og_gate *gate, sqlite3_stmt *stmt)
{
	int64_t bytes = 0;
	int rc = SQLITE_OK;

	if (!gate->result->writes)
		rc = add_columns(gate->result, stmt);
	while (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW)
		rc = add_row(gate, stmt, &bytes);
	if (rc != SQLITE_DONE)
		judge(gate, rc);
	else if (gate->result->writes && json_array_size(gate->result->truncated))
		og_gate_refuse(gate, OG_OVER_BUDGET, "budget-value",
			       "a value longer than %d bytes cannot be computed with",
			       OG_GATE_TEXT_MAX);
	else if (gate->poisoned)
		og_gate_refuse(gate, OG_REFUSED, "with-check", "a row was refused");
}

/* What a write does is only counted (barrier-write.c). Without its
 * parameters a statement can be explained, and not counted. */
static void explain(struct og_gate *gate, const char *sql, sqlite3_stmt *stmt, const json_t *vars)
{
	struct og_gate_result *result = gate->result;

	result->plan = og_gate_plan(gate, sql);
	if (og_gate_bind_vars(gate, stmt, vars) < 0) {
		og_text_format(result->uncounted, sizeof(result->uncounted), "%s", result->why);
		result->verdict = OG_ALLOW;
		result->rule[0] = result->why[0] = result->fix[0] = '\0';
		return;
	}
	gate->counting = 1;
	gate->watched = gate->inside ? json_array() : NULL;
	step_all(gate, stmt);
	if (gate->watched)
		result->inside = og_gate_inside(gate);
	if (!result->writes)
		gate->affected = gate->rows;
}

static void run(struct og_gate *gate, const char *sql, size_t len, const json_t *vars,
		enum og_gate_mode mode)
{
	sqlite3_stmt *stmt = NULL;
	const char *tail = "";
	int rc = prepare(gate, sql, len, &stmt, &tail);

	if (rc != SQLITE_OK)
		judge(gate, rc);
	else if (!stmt)
		og_gate_refuse(gate, OG_BAD_SQL, "empty", "there is no statement");
	else if (judge_shape(gate, stmt, tail, mode) < 0 || mode == OG_GATE_CHECK)
		;
	else if (mode == OG_GATE_EXPLAIN)
		explain(gate, sql, stmt, vars);
	else if (og_gate_bind_vars(gate, stmt, vars) == 0)
		step_all(gate, stmt);
	sqlite3_finalize(stmt);
}

int og_gate_run(struct og_gate *gate, const char *sql, size_t len, const json_t *vars,
		enum og_gate_mode mode, struct og_gate_result *ret, struct og_err *err)
{
	char *text;

	if (start(gate, ret) < 0) {
		stop(gate);
		return og_fail_nomem(err);
	}
	text = malloc(len + 1);
	if (!text) {
		stop(gate);
		return og_fail_nomem(err);
	}
	if (len)
		memcpy(text, sql, len);
	text[len] = '\0';
	gate->text = text;
	if (len >= OG_GATE_TEXT_MAX)
		og_gate_refuse(gate, OG_OVER_BUDGET, "budget-text",
			       "the statement is longer than %d bytes", OG_GATE_TEXT_MAX);
	else if (strlen(text) != len)
		og_gate_refuse(gate, OG_REFUSED, "nul", "the statement holds a NUL byte");
	else if (!og_utf8_valid(text, len))
		og_gate_refuse(gate, OG_BAD_SQL, "utf-8", "the statement is not valid UTF-8");
	else
		run(gate, text, len, vars, mode);
	gate->text = "";
	free(text);
	/* Rows of a statement that failed half way are nobody's business. */
	if (ret->verdict != OG_ALLOW) {
		json_decref(ret->rows);
		json_decref(ret->columns);
		ret->rows = ret->columns = NULL;
	}
	stop(gate);
	return 0;
}
