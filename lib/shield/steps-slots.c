/*
 * The first variables of a task, and the resolver that turns names into
 * rows. It reads with the principal's own rights, never with a skill's:
 * whoever cannot see a row cannot name it either.
 */
#include "lib/shield/steps.h"

#include <string.h>

#include "lib/base/text.h"

static int each_name(const json_t *list, const char *id_key, const char *name_key,
		     og_candidate_fn *each, void *each_arg)
{
	size_t i;
	json_t *item;

	json_array_foreach(list, i, item)
	{
		const char *name = og_json_str(item, name_key);

		if (name && each(each_arg, id_key ? og_json_int(item, id_key, 0) : 0, name))
			break;
	}
	return 0;
}

static int each_node(struct og_request *rq, og_candidate_fn *each, void *each_arg,
		     struct og_err *err)
{
	json_t *list = NULL;

	if (og_graph_list(rq->shield->graph, rq->who.clearance, &list, err) < 0)
		return -1;
	each_name(list, "id", "name", each, each_arg);
	json_decref(list);
	return 0;
}

static int each_table(struct og_gate *gate, og_candidate_fn *each, void *each_arg,
		      struct og_err *err)
{
	json_t *tables = NULL;

	if (og_gate_schema(gate, &tables, err) < 0)
		return -1;
	each_name(tables, NULL, "name", each, each_arg);
	json_decref(tables);
	return 0;
}

static int each_row(const json_t *rows, og_candidate_fn *each, void *each_arg)
{
	size_t i;
	json_t *row;

	json_array_foreach(rows, i, row)
	{
		const json_t *id = json_array_get(row, 0), *value = json_array_get(row, 1);
		char number[24];

		snprintf(number, sizeof(number), "%lld", (long long)json_integer_value(value));
		if (json_is_integer(id) && (json_is_string(value) || json_is_integer(value)) &&
		    each(each_arg, json_integer_value(id),
			 json_is_string(value) ? json_string_value(value) : number))
			break;
	}
	return 0;
}

/* Rows of a table the principal may not read are no rows: the refusal is
 * not an error here. */
static int each_value(struct og_gate *gate, const char *table, const char *column,
		      og_candidate_fn *each, void *each_arg, struct og_err *err)
{
	struct og_gate_result result = { 0 };
	struct og_buf sql;
	json_t *vars = json_object();
	int rc = -1;

	og_buf_init(&sql, 512);
	og_buf_addf(&sql, "SELECT rowid, \"%s\" FROM \"%s\" WHERE \"%s\" IS NOT NULL LIMIT %d",
		    column, table, column, OG_CANDIDATES_MAX);
	if (!vars || strchr(table, '"') || strchr(column, '"'))
		og_fail(err, OG_EDATA, "ref(%s.%s): not a column", table, column);
	else if (og_buf_check(&sql, "ref", err) == 0)
		rc = og_gate_run(gate, sql.data, sql.len, vars, OG_GATE_READ, &result, err);
	if (rc == 0 && result.verdict == OG_ALLOW)
		each_row(result.rows, each, each_arg);
	og_gate_result_release(&result);
	json_decref(vars);
	og_buf_release(&sql);
	return rc;
}

static int resolve(void *arg, const char *table, const char *column, const char *about,
		   og_candidate_fn *each, void *each_arg, struct og_err *err)
{
	struct og_request *rq = arg;
	struct og_gate *gate;

	(void)about;
	if (!table && strcmp(column, "node") == 0)
		return each_node(rq, each, each_arg, err);
	if (og_request_gate(rq, NULL, &gate, err) < 0)
		return -1;
	if (!table)
		return each_table(gate, each, each_arg, err);
	return each_value(gate, table, column, each, each_arg, err);
}

/* A task's days are counted from the day it was begun, however often it is
 * delivered and however long it waits: what it means does not change. */
static int64_t clock_of(const struct og_request *rq)
{
	int64_t begun;

	if (rq->has_task && rq->task.begun && og_time_parse(rq->task.begun, &begun) == 0)
		return begun;
	return og_now_ms();
}

struct og_resolver og_request_resolver(struct og_request *rq)
{
	return (struct og_resolver){ resolve, rq, clock_of(rq) };
}

int og_run_slots(struct og_run *run, const json_t *given, json_t **ret, struct og_err *err)
{
	struct og_resolver resolver = og_request_resolver(run->rq);
	json_t *none = given ? NULL : json_object();
	int rc = -1;

	if (!given && !none)
		return og_fail_nomem(err);
	rc = og_slots_bind(run->doc, given ? given : none, &resolver, ret, err);
	if (rc < 0 && err->code == OG_NO)
		snprintf(run->rq->rule, sizeof(run->rq->rule), "%s", "slot");
	json_decref(none);
	return rc;
}
