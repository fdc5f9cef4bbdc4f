/*
 * The gate: two connections, budgets, and the run of one statement from
 * its text to a verdict. See gate.h.
 */
#include "lib/shield/gate.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/text.h"
#include "lib/shield/gate-internal.h"

/* How many virtual machine steps pass between two looks at the budget: a
 * single step may run for long (replace() over 64 KB), so it is short. */
#define PERIOD 50

void og_gate_limit_memory(int64_t bytes)
{
	sqlite3_hard_heap_limit64(bytes);
}

int og_gate_refuse(struct og_gate *gate, enum og_verdict verdict, const char *rule, const char *fmt,
		   ...)
{
	struct og_gate_result *result = gate->result;
	va_list args;

	if (!result || result->verdict != OG_ALLOW)
		return SQLITE_ERROR;
	result->verdict = verdict;
	snprintf(result->rule, sizeof(result->rule), "%s", rule);
	va_start(args, fmt);
	vsnprintf(result->why, sizeof(result->why), fmt, args);
	va_end(args);
	result->fix[0] = '\0';
	return SQLITE_ERROR;
}

void og_gate_fix(struct og_gate *gate, const char *fmt, ...)
{
	va_list args;

	if (!gate->result || gate->result->fix[0])
		return;
	va_start(args, fmt);
	vsnprintf(gate->result->fix, sizeof(gate->result->fix), fmt, args);
	va_end(args);
}

struct og_barrier *og_gate_barrier(struct og_gate *gate, const char *name)
{
	for (size_t i = 0; i < gate->n_barriers; i++)
		if (og_ascii_casecmp(gate->barriers[i].rights->table, name) == 0)
			return &gate->barriers[i];
	return NULL;
}

/* Both connections count on the same budget. */
static int on_progress(void *arg)
{
	struct og_gate *gate = arg;

	gate->steps += PERIOD;
	if (gate->steps > gate->limits.steps)
		gate->over = 's';
	else if (og_mono_ms() > gate->deadline)
		gate->over = 't';
	return gate->over != 0;
}

static void set_limits(sqlite3 *agent)
{
	static const struct {
		int id, value;
	} limits[] = {
		{ SQLITE_LIMIT_LENGTH, OG_GATE_TEXT_MAX },
		{ SQLITE_LIMIT_SQL_LENGTH, OG_GATE_TEXT_MAX },
		{ SQLITE_LIMIT_COLUMN, 1000 },
		{ SQLITE_LIMIT_EXPR_DEPTH, 60 },
		{ SQLITE_LIMIT_COMPOUND_SELECT, 20 },
		{ SQLITE_LIMIT_VDBE_OP, 50000 },
		{ SQLITE_LIMIT_FUNCTION_ARG, 20 },
		{ SQLITE_LIMIT_ATTACHED, 0 },
		{ SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 128 },
		{ SQLITE_LIMIT_VARIABLE_NUMBER, 100 },
		{ SQLITE_LIMIT_TRIGGER_DEPTH, 8 },
		{ SQLITE_LIMIT_WORKER_THREADS, 0 },
	};

	for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++)
		sqlite3_limit(agent, limits[i].id, limits[i].value);
}

static void harden(sqlite3 *agent)
{
	sqlite3_db_config(agent, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)NULL);
	sqlite3_db_config(agent, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, (int *)NULL);
	sqlite3_db_config(agent, SQLITE_DBCONFIG_DQS_DML, 0, (int *)NULL);
	sqlite3_db_config(agent, SQLITE_DBCONFIG_DQS_DDL, 0, (int *)NULL);
	sqlite3_db_config(agent, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, (int *)NULL);
	sqlite3_db_config(agent, SQLITE_DBCONFIG_WRITABLE_SCHEMA, 0, (int *)NULL);
}

/* json_each declares itself at first use, which the authorizer would see. */
static int warm_up(sqlite3 *agent)
{
	return sqlite3_exec(agent, "SELECT 1 FROM json_each('[]')", NULL, NULL, NULL);
}

static int add_barriers(struct og_gate *gate)
{
	gate->barriers = calloc(gate->rights->n + 1, sizeof(*gate->barriers));
	if (!gate->barriers)
		return SQLITE_NOMEM;
	for (size_t i = 0; i < gate->rights->n; i++) {
		struct og_barrier *barrier = &gate->barriers[gate->n_barriers];
		int rc;

		barrier->gate = gate;
		barrier->rights = &gate->rights->tables[i];
		if (og_ascii_casecmp(barrier->rights->table, "json_each") == 0)
			continue; /* the name is taken on the agent's side */
		rc = sqlite3_create_module_v2(gate->agent, barrier->rights->table,
					      &og_barrier_module, barrier, NULL);
		if (rc != SQLITE_OK)
			return rc;
		gate->n_barriers++;
	}
	return SQLITE_OK;
}

static int open_agent(struct og_gate *gate)
{
	const char *keep[] = { "json_each", NULL };
	int rc = sqlite3_open_v2(
		":memory:", &gate->agent,
		SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_drop_modules(gate->agent, keep);
	if (rc == SQLITE_OK)
		rc = warm_up(gate->agent);
	if (rc == SQLITE_OK)
		rc = og_gate_register_functions(gate);
	if (rc == SQLITE_OK)
		rc = add_barriers(gate);
	if (rc != SQLITE_OK)
		return rc;
	harden(gate->agent);
	set_limits(gate->agent);
	sqlite3_progress_handler(gate->agent, PERIOD, on_progress, gate);
	return sqlite3_set_authorizer(gate->agent, og_gate_authorize, gate);
}

static int64_t schema_version(struct og_gate *gate)
{
	int64_t version = -1;

	if (!gate->schema_stmt &&
	    sqlite3_prepare_v3(gate->inner, "PRAGMA main.schema_version", -1,
			       SQLITE_PREPARE_PERSISTENT, &gate->schema_stmt, NULL) != SQLITE_OK)
		return -1;
	if (sqlite3_step(gate->schema_stmt) == SQLITE_ROW)
		version = sqlite3_column_int64(gate->schema_stmt, 0);
	sqlite3_reset(gate->schema_stmt);
	return version;
}

int og_gate_stale(struct og_gate *gate)
{
	return schema_version(gate) != gate->schema;
}

static void default_limits(struct og_gate_limits *limits)
{
	if (limits->steps <= 0)
		limits->steps = 2000000;
	if (limits->ms <= 0)
		limits->ms = 1000;
	if (limits->rows <= 0)
		limits->rows = 10000;
	if (limits->bytes <= 0)
		limits->bytes = (int64_t)4 << 20;
	if (limits->affected <= 0)
		limits->affected = 10000;
}

int og_gate_new(struct og_db *db, const struct og_rights *rights,
		const struct og_gate_limits *limits, const struct og_gate_hooks *hooks,
		struct og_gate **ret, struct og_err *err)
{
	struct og_gate *gate = calloc(1, sizeof(*gate));
	int rc;

	if (!gate)
		return og_fail_nomem(err);
	gate->db = db;
	gate->inner = og_db_handle(db);
	gate->rights = rights;
	if (limits)
		gate->limits = *limits;
	if (hooks)
		gate->hooks = *hooks;
	default_limits(&gate->limits);
	gate->schema = schema_version(gate);
	rc = open_agent(gate);
	if (rc != SQLITE_OK) {
		og_fail(err, OG_EOS, "cannot open a gate: %s", sqlite3_errstr(rc));
		og_gate_free(gate);
		return -1;
	}
	*ret = gate;
	return 0;
}

void og_gate_free(struct og_gate *gate)
{
	if (!gate)
		return;
	for (size_t i = 0; i < gate->n_barriers; i++)
		og_inner_free_all(&gate->barriers[i]);
	sqlite3_close(gate->agent);
	for (size_t i = 0; i < gate->n_barriers; i++) {
		og_catalog_free(gate->barriers[i].table);
		free(gate->barriers[i].shown);
	}
	sqlite3_finalize(gate->schema_stmt);
	free(gate->barriers);
	free(gate);
}

void og_gate_task(struct og_gate *gate, const char *task)
{
	snprintf(gate->task, sizeof(gate->task), "%s", task);
}

void og_gate_result_release(struct og_gate_result *result)
{
	json_decref(result->columns);
	json_decref(result->rows);
	json_decref(result->truncated);
	json_decref(result->tables);
	json_decref(result->touched);
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
	gate->result = result;
	gate->saw_select = gate->saw_write = gate->poisoned = gate->over = 0;
	gate->steps = gate->affected = gate->last_id = 0;
	gate->has_last_id = 0;
	gate->deadline = og_mono_ms() + gate->limits.ms;
	for (size_t i = 0; i < gate->n_barriers; i++)
		forget_statement(&gate->barriers[i]);
	sqlite3_progress_handler(gate->inner, PERIOD, on_progress, gate);
	return result->truncated && result->tables && result->touched ? 0 : -1;
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
		og_gate_explain(gate, sqlite3_errmsg(gate->agent));
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
	if (json_array_append_new(gate->result->rows, row) < 0)
		return SQLITE_NOMEM;
	if ((int64_t)json_array_size(gate->result->rows) > gate->limits.rows)
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
	else if (judge_shape(gate, stmt, tail, mode) == 0 && mode != OG_GATE_CHECK &&
		 og_gate_bind_vars(gate, stmt, vars) == 0)
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
	if (len >= OG_GATE_TEXT_MAX)
		og_gate_refuse(gate, OG_OVER_BUDGET, "budget-text",
			       "the statement is longer than %d bytes", OG_GATE_TEXT_MAX);
	else if (strlen(text) != len)
		og_gate_refuse(gate, OG_REFUSED, "nul", "the statement holds a NUL byte");
	else if (!og_utf8_valid(text, len))
		og_gate_refuse(gate, OG_BAD_SQL, "utf-8", "the statement is not valid UTF-8");
	else
		run(gate, text, len, vars, mode);
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
