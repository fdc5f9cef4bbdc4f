/*
 * sql.explain: why a statement may or may not be run, for a person who
 * signed in. It tells what the person could find out by schema, sql.check
 * and sql.read, in one place, and of a write how many rows it is about; it
 * writes nothing and leaves no entry. Row predicates, and what runs on the
 * real file, are for those who may list all grants.
 */
#include <string.h>

#include "lib/shield/channel-gate.h"
#include "lib/shield/verbs.h"

static int is_touched(const struct og_gate_result *result, const char *table, const char *column)
{
	size_t len = strlen(table), i;
	json_t *item;

	json_array_foreach(result->touched, i, item)
	{
		const char *name = json_string_value(item);

		if (strncmp(name, table, len) == 0 && name[len] == '.' &&
		    strcmp(name + len + 1, column) == 0)
			return 1;
	}
	return 0;
}

static int is_named(const struct og_gate_result *result, const char *table)
{
	json_t *item;
	size_t i;

	json_array_foreach(result->tables, i, item)
	{
		if (strcmp(json_string_value(item), table) == 0)
			return 1;
	}
	return 0;
}

static void mark_columns(json_t *table, const struct og_gate_result *result)
{
	json_t *column;
	size_t i;

	json_array_foreach(json_object_get(table, "columns"), i, column)
	{
		json_object_set_new(column, "touched",
				    json_boolean(is_touched(result, og_json_str(table, "name"),
							    og_json_str(column, "name"))));
	}
}

static int add_predicate(json_t *table, const struct og_gate *gate, struct og_err *err)
{
	const struct og_table_rights *rights =
		og_rights_table(og_gate_rights(gate), og_json_str(table, "name"));
	const char *predicate = rights ? rights->predicate : NULL;

	return og_json_set(table, "predicate", predicate ? json_string(predicate) : json_null(),
			   err);
}

/* The grants of the tables that the statement names, as schema shows them. */
static int grants_of(struct og_gate *gate, const struct og_gate_result *result, int inside,
		     json_t **ret, struct og_err *err)
{
	json_t *all = NULL, *list = json_array(), *table;
	size_t i;
	int rc = 0;

	if (!list || og_gate_schema(gate, &all, err) < 0) {
		json_decref(list);
		return list ? -1 : og_fail_nomem(err);
	}
	json_array_foreach(all, i, table)
	{
		if (!is_named(result, og_json_str(table, "name")))
			continue;
		mark_columns(table, result);
		if (inside && add_predicate(table, gate, err) < 0)
			rc = -1;
		if (json_array_append(list, table) < 0)
			rc = og_fail_nomem(err);
	}
	json_decref(all);
	if (rc == 0)
		*ret = list;
	else
		json_decref(list);
	return rc;
}

static json_t *count_of(const struct og_gate_result *result)
{
	if (result->verdict != OG_ALLOW || result->uncounted[0] || !result->plan)
		return json_null();
	return json_integer(result->affected);
}

static json_t *or_null(json_t *value)
{
	return value ? json_incref(value) : json_null();
}

static json_t *budget_of(struct og_gate *gate)
{
	const struct og_gate_limits *limits = og_gate_limits_of(gate);

	return json_pack("{s:I,s:I,s:I,s:I,s:I}", "steps", (json_int_t)limits->steps, "ms",
			 (json_int_t)limits->ms, "rows", (json_int_t)limits->rows, "bytes",
			 (json_int_t)limits->bytes, "affected", (json_int_t)limits->affected);
}

static int reply(struct og_request *rq, struct og_gate *gate, const struct og_gate_result *result,
		 int inside, struct og_err *err)
{
	json_t *tables = NULL, *made;
	int rc;

	if (grants_of(gate, result, inside, &tables, err) < 0 ||
	    og_reply_verdict(rq, result, err) < 0)
		return -1;
	made = json_pack("{s:s,s:s,s:o,s:o,s:s,s:o,s:O,s:o}", "principal", rq->who.name, "subject",
			 og_gate_rights(gate)->subject, "grants", tables, "count", count_of(result),
			 "uncounted", result->uncounted, "plan", or_null(result->plan), "limits",
			 result->limits, "budget", budget_of(gate));
	rc = made ? json_object_update(rq->reply, made) : -1;
	json_decref(made);
	if (rc == 0 && result->inside)
		rc = json_object_set(rq->reply, "inside", result->inside);
	return rc < 0 ? og_fail_nomem(err) : 0;
}

int og_verb_sql_explain(struct og_request *rq, struct og_err *err)
{
	struct og_gate_result result = { 0 };
	int inside = og_access_right(&rq->who, "grant"), rc = -1;
	struct og_gate *gate;
	const char *sql;
	json_t *vars = NULL;

	if (og_request_statement(rq, &sql, &vars, err) < 0 ||
	    og_request_gate(rq, NULL, &gate, err) < 0)
		goto out;
	og_gate_look_inside(gate, inside);
	if (og_gate_run(gate, sql, strlen(sql), vars, OG_GATE_EXPLAIN, &result, err) == 0)
		rc = reply(rq, gate, &result, inside, err);
out:
	og_gate_result_release(&result);
	json_decref(vars);
	return rc;
}
