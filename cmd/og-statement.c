/* See og-statement.h. */
#include "cmd/og-statement.h"

json_t *og_statement_request(const char *sql, size_t len, const json_t *params, struct og_err *err)
{
	json_t *request = json_pack("{s:s%}", "sql", sql, len);

	if (!request) {
		og_fail(err, OG_EDATA, "the statement is not UTF-8");
		return NULL;
	}
	if (params && json_object_set(request, "params", (json_t *)params) < 0) {
		og_fail_nomem(err);
		json_decref(request);
		return NULL;
	}
	return request;
}

static int ask(const struct og_statement_asker *asker, const char *verb, const json_t *request,
	       json_t **ret_reply, struct og_err *err)
{
	json_t *copy = json_copy((json_t *)request);

	*ret_reply = NULL;
	return copy ? asker->ask(asker->arg, verb, copy, ret_reply, err) : og_fail_nomem(err);
}

int og_statement_run(const struct og_statement_asker *asker, const json_t *request, int *ret_writes,
		     json_t **ret_reply, struct og_err *err)
{
	json_t *judged = NULL;
	int rc;

	*ret_writes = 0;
	*ret_reply = NULL;
	rc = ask(asker, "sql.check", request, &judged, err);
	if (rc == 0)
		*ret_writes = og_json_bool(judged, "writes", 0);
	json_decref(judged);
	return rc < 0 ? -1
		      : ask(asker, *ret_writes ? "sql.write" : "sql.read", request, ret_reply, err);
}
