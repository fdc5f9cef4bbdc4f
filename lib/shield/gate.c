/*
 * The gate: two connections and their budgets. See gate.h; the run of a
 * statement is in gate-run.c.
 */
#include "lib/shield/gate.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/text.h"
#include "lib/shield/gate-internal.h"

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
	sqlite3_progress_handler(gate->agent, OG_GATE_PERIOD, og_gate_progress, gate);
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
	gate->text = "";
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

void og_gate_look_inside(struct og_gate *gate, int yes)
{
	gate->inside = yes;
}

const struct og_gate_limits *og_gate_limits_of(const struct og_gate *gate)
{
	return &gate->limits;
}

const struct og_rights *og_gate_rights(const struct og_gate *gate)
{
	return gate->rights;
}

void og_gate_task(struct og_gate *gate, const char *task)
{
	snprintf(gate->task, sizeof(gate->task), "%s", task);
}
