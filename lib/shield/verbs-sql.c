/*
 * sql.read, sql.write, sql.check, ddl, schema: SQL that a person or a
 * model wrote, with the principal's own rights; in a task narrowed to the
 * tables of its skill.
 */
#include <string.h>

#include "lib/shield/acts.h"
#include "lib/shield/channel-gate.h"
#include "lib/shield/ddl.h"
#include "lib/shield/verbs.h"

/* A value for one of the caller's own variables would be ignored, and the
 * caller's word used in its place: better said than done. */
static int check_names(const json_t *params, struct og_err *err)
{
	static const char *const own[] = { "principal_id", "clearance", "role" };

	for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++)
		if (json_object_get(params, own[i])) {
			og_fail(err, OG_EDATA, "parameter '%s': :%s is the caller's own", own[i],
				own[i]);
			return og_hint(err, "give the parameter another name");
		}
	return 0;
}

/* The statement and its parameters, as the gate wants them. */
int og_request_statement(struct og_request *rq, const char **ret_sql, json_t **ret_vars,
			 struct og_err *err)
{
	const char *sql = og_json_str(rq->body, "sql");
	json_t *params = json_object_get(rq->body, "params");

	if (!sql)
		return og_fail(err, OG_EDATA, "the statement holds a NUL byte");
	if (check_names(params, err) < 0)
		return -1;
	*ret_vars = params ? json_incref(params) : json_object();
	if (!*ret_vars)
		return og_fail_nomem(err);
	*ret_sql = sql;
	return 0;
}

static json_t *or_empty(json_t *array)
{
	return array ? json_incref(array) : json_array();
}

static int reply_rows(struct og_request *rq, const struct og_gate_result *result,
		      struct og_err *err)
{
	json_t *made = json_pack("{s:o,s:o,s:o,s:o}", "columns", or_empty(result->columns), "rows",
				 or_empty(result->rows), "truncated", or_empty(result->truncated),
				 "tables", or_empty(result->tables));
	int rc = made ? json_object_update(rq->reply, made) : -1;

	json_decref(made);
	return rc < 0 ? og_fail_nomem(err) : 0;
}

/* A task's reads are named in its last entry, so they are kept with it. */
static int keep_read(struct og_request *rq, const char *sql, const struct og_gate_result *result,
		     struct og_err *err)
{
	if (!rq->has_task)
		return 0;
	if (og_note_read(rq->task.reads, "", sql, result, err) < 0)
		return -1;
	return og_tasks_save(rq->shield->tasks, &rq->task, err);
}

/* More rows than asked for are cut off here; the gate's own limit refuses. */
static int cut_rows(struct og_request *rq, struct og_gate_result *result, struct og_err *err)
{
	int64_t max = og_json_int(rq->body, "max_rows", INT64_MAX);
	size_t had = json_array_size(result->rows);

	if (max < 0)
		return og_fail(err, OG_EDATA, "request: 'max_rows' is negative");
	if ((int64_t)had <= max)
		return 0;
	while ((int64_t)json_array_size(result->rows) > max)
		json_array_remove(result->rows, json_array_size(result->rows) - 1);
	if (!result->truncated)
		result->truncated = json_array();
	if (json_array_append_new(result->truncated, json_pack("{s:I}", "rows", (json_int_t)had)) <
	    0)
		return og_fail_nomem(err);
	return 0;
}

int og_verb_sql_read(struct og_request *rq, struct og_err *err)
{
	struct og_gate_result result = { 0 };
	struct og_gate *gate;
	const char *sql;
	json_t *vars = NULL;
	int rc = -1;

	if (og_request_statement(rq, &sql, &vars, err) < 0 ||
	    og_request_gate(rq, NULL, &gate, err) < 0 ||
	    og_request_sql(rq, gate, sql, vars, OG_GATE_READ, &result, err) < 0 ||
	    cut_rows(rq, &result, err) < 0 || keep_read(rq, sql, &result, err) < 0 ||
	    reply_rows(rq, &result, err) < 0)
		goto out;
	rc = og_request_commit(rq, 0, err);
out:
	og_gate_result_release(&result);
	json_decref(vars);
	return rc;
}

/* A real number as JSON keeps it is canonical only as far as it is finite
 * and integers are small; what is not is left to the row changes. */
static json_t *body_of(const char *sql, const json_t *vars)
{
	json_t *body = json_pack("{s:s,s:s}", "verdict", "allow", "sql", sql);
	struct og_err quiet = OG_ERR_INIT;
	struct og_buf text;

	og_buf_init(&text, OG_CHANGES_MAX);
	if (body && json_object_size(vars) > 0 && og_json_canon(vars, &text, &quiet) == 0)
		json_object_set(body, "params", (json_t *)vars);
	og_buf_release(&text);
	return body;
}

static int write_reply(struct og_request *rq, const struct og_gate_result *result,
		       struct og_err *err)
{
	if (og_json_set(rq->reply, "affected", json_integer(result->affected), err) < 0)
		return -1;
	return og_json_set(rq->reply, "last_id", json_integer(result->last_id), err);
}

int og_verb_sql_write(struct og_request *rq, struct og_err *err)
{
	struct og_gate_result result = { 0 };
	struct og_gate *gate;
	const char *sql;
	json_t *vars = NULL, *body = NULL;
	int rc = -1;

	if (og_act_begin(rq, err) < 0 || og_request_statement(rq, &sql, &vars, err) < 0 ||
	    og_request_gate(rq, NULL, &gate, err) < 0 ||
	    og_request_sql(rq, gate, sql, vars, OG_GATE_WRITE, &result, err) < 0 ||
	    write_reply(rq, &result, err) < 0)
		goto out;
	body = body_of(sql, vars);
	if (og_request_write_entry(rq, "sql.write", body, err) == 0 && og_act_keep(rq, 1, err) == 0)
		rc = og_request_commit(rq, !rq->has_task, err);
out:
	og_gate_result_release(&result);
	json_decref(vars);
	json_decref(body);
	return rc;
}

static const char *verdict_name(const struct og_gate_result *result)
{
	if (result->verdict == OG_ALLOW)
		return "allow";
	switch (og_gate_refusal(result)) {
	case OG_DENY:
		return "deny";
	case OG_BUDGET:
		return "budget";
	default:
		return "error";
	}
}

int og_reply_verdict(struct og_request *rq, const struct og_gate_result *result, struct og_err *err)
{
	json_t *made = json_pack("{s:s,s:s,s:s,s:s,s:o,s:o,s:b}", "verdict", verdict_name(result),
				 "rule", result->rule, "why", result->why, "fix", result->fix,
				 "tables", or_empty(result->tables), "columns",
				 or_empty(result->touched), "writes", result->writes);
	int rc = made ? json_object_update(rq->reply, made) : -1;

	json_decref(made);
	if (rc == 0 && result->offset >= 0)
		rc = json_object_set_new(rq->reply, "offset", json_integer(result->offset));
	return rc < 0 ? og_fail_nomem(err) : 0;
}

/* Judged only. A refusal is the answer here, not an attempt to be noted. */
int og_verb_sql_check(struct og_request *rq, struct og_err *err)
{
	struct og_gate_result result = { 0 };
	struct og_gate *gate;
	const char *sql;
	json_t *vars = NULL;
	int rc = -1;

	if (og_request_statement(rq, &sql, &vars, err) == 0 &&
	    og_request_gate(rq, NULL, &gate, err) == 0 &&
	    og_gate_run(gate, sql, strlen(sql), vars, OG_GATE_CHECK, &result, err) == 0)
		rc = og_reply_verdict(rq, &result, err);
	og_gate_result_release(&result);
	json_decref(vars);
	return rc;
}

/* The structured request: the channel's members without the channel's own. */
static json_t *ddl_request(const struct og_request *rq)
{
	static const char *const own[] = { "v",	    "id",   "verb",  "task",
					   "epoch", "call", "trace", "approval" };
	json_t *request = json_copy((json_t *)rq->body);

	for (size_t i = 0; request && i < sizeof(own) / sizeof(own[0]); i++)
		json_object_del(request, own[i]);
	return request;
}

static int change_schema(struct og_request *rq, json_t **ret, struct og_err *err)
{
	const char *sql = og_json_str(rq->body, "sql");
	json_t *request;
	int rc;

	if (!sql == !json_object_get(rq->body, "op"))
		return og_fail(err, OG_EDATA, "ddl: give either 'sql' or 'op'");
	if (sql)
		return og_ddl_run(rq->shield->db, sql, ret, err);
	request = ddl_request(rq);
	if (!request)
		return og_fail_nomem(err);
	rc = og_ddl_apply(rq->shield->db, request, ret, err);
	json_decref(request);
	return rc;
}

int og_verb_ddl(struct og_request *rq, struct og_err *err)
{
	json_t *changes = NULL, *body = NULL;
	int rc = -1;

	if (og_act_begin(rq, err) < 0 || change_schema(rq, &changes, err) < 0 ||
	    json_object_set(rq->reply, "changes", changes) < 0)
		goto out;
	body = json_pack("{s:O,s:s}", "ddl", changes, "verdict", "allow");
	if (og_request_write_entry(rq, "ddl", body, err) == 0 && og_act_keep(rq, 0, err) == 0)
		rc = og_request_commit(rq, 1, err);
out:
	json_decref(changes);
	json_decref(body);
	return rc;
}
