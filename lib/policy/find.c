/* The embedded store: finding policies, limits and rules. See store.h. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/policy/store-internal.h"

static json_t *number_or_none(struct og_stmt *row, int i)
{
	return og_col_null(row, i) ? NULL : json_integer(og_col_int(row, i));
}

#define POLICY_COLUMNS                                                                             \
	"id, name, source, node, title, clearance, limits, rule, rule_step, approval, "            \
	"approver_clearance, approval_seconds "

static json_t *policy_json(struct og_stmt *row)
{
	const char *limits = og_col_text(row, 6);
	struct og_err ignored = OG_ERR_INIT;
	json_t *parsed = NULL;

	if (!limits ||
	    og_json_parse(limits, strlen(limits), 65536, "limits", &parsed, &ignored) < 0)
		parsed = json_object();
	return json_pack("{s:I,s:s*,s:s*,s:s*,s:s*,s:I,s:o,s:s*,s:s*,s:s*,s:o*,s:o*}", "id",
			 (json_int_t)og_col_int(row, 0), "name", og_col_text(row, 1), "source",
			 og_col_text(row, 2), "node", og_col_text(row, 3), "title",
			 og_col_text(row, 4), "clearance", (json_int_t)og_col_int(row, 5), "limits",
			 parsed, "rule", og_col_text(row, 7), "approval", og_col_text(row, 9),
			 "rule_step", og_col_text(row, 8), "approver_clearance",
			 number_or_none(row, 10), "approval_seconds", number_or_none(row, 11));
}

/* Steps stmt to its end, adding what make makes of each row. */
static int gather(struct og_stmt *stmt, json_t *(*make)(struct og_stmt *), json_t **ret,
		  struct og_err *err)
{
	json_t *list = json_array();
	int more = list ? 1 : og_fail_nomem(err);

	while (more > 0 && (more = og_stmt_step(stmt, err)) > 0)
		if (json_array_append_new(list, make(stmt)) < 0)
			more = og_fail_nomem(err);
	if (more < 0) {
		og_stmt_reset(stmt);
		json_decref(list);
		return -1;
	}
	*ret = list;
	return 0;
}

int og_policies_list(struct og_policies *policies, const char *node, int clearance, json_t **ret,
		     struct og_err *err)
{
	struct og_stmt *stmt;
	int rc;

	if (og_stmt_new(policies->db,
			"SELECT " POLICY_COLUMNS
			"FROM og_policy WHERE active = 1 AND clearance <= ?1 "
			"AND (?2 IS NULL OR node = ?2) ORDER BY id",
			&stmt, err) < 0)
		return -1;
	og_bind_int(stmt, 1, clearance);
	og_bind_text(stmt, 2, node);
	rc = gather(stmt, policy_json, ret, err);
	og_stmt_free(stmt);
	return rc;
}

static json_t *whole_json(struct og_stmt *row)
{
	json_t *policy = policy_json(row);
	json_t *rest = json_pack("{s:s*,s:s*,s:s*,s:s*}", "body", og_col_text(row, 12), "hash",
				 og_col_text(row, 13), "message", og_col_text(row, 14), "created",
				 og_col_text(row, 15));
	int rc = policy && rest ? json_object_update(policy, rest) : -1;

	json_decref(rest);
	if (rc == 0)
		return policy;
	json_decref(policy);
	return NULL;
}

int og_policies_show(struct og_policies *policies, const char *name, int clearance, json_t **ret,
		     struct og_err *err)
{
	json_t *list = NULL, *policy;
	struct og_stmt *stmt;
	int rc;

	if (og_stmt_new(policies->db,
			"SELECT " POLICY_COLUMNS ", body, hash, message, created FROM og_policy "
			"WHERE active = 1 AND name = ?1 AND clearance <= ?2",
			&stmt, err) < 0)
		return -1;
	og_bind_text(stmt, 1, name);
	og_bind_int(stmt, 2, clearance);
	rc = gather(stmt, whole_json, &list, err);
	og_stmt_free(stmt);
	if (rc < 0)
		return -1;
	policy = json_array_get(list, 0);
	if (policy)
		*ret = json_incref(policy);
	json_decref(list);
	return policy != NULL;
}

int og_policies_limit(struct og_policies *policies, const char *node, const char *name, double *ret,
		      json_t **ret_policy, struct og_err *err)
{
	struct og_stmt *stmt = policies->limit;
	int found;

	og_bind_text(stmt, 1, node);
	og_bind_text(stmt, 2, name);
	found = og_stmt_step(stmt, err);
	if (found <= 0)
		return found;
	*ret = og_col_real(stmt, 4);
	if (ret_policy)
		*ret_policy =
			json_pack("{s:s*,s:s*,s:s*,s:I}", "policy", og_col_text(stmt, 0), "title",
				  og_col_text(stmt, 1), "source", og_col_text(stmt, 2), "clearance",
				  (json_int_t)og_col_int(stmt, 3));
	og_stmt_reset(stmt);
	return ret_policy && !*ret_policy ? og_fail_nomem(err) : 1;
}

static json_t *rule_json(struct og_stmt *row)
{
	return json_pack("{s:s*,s:s*,s:I,s:s*,s:s*}", "policy", og_col_text(row, 0), "title",
			 og_col_text(row, 1), "clearance", (json_int_t)og_col_int(row, 2), "rule",
			 og_col_text(row, 3), "message", og_col_text(row, 4));
}

/* Binds an array of names as JSON text. */
static int bind_nodes(struct og_stmt *stmt, const json_t *nodes, struct og_err *err)
{
	struct og_buf text;
	int rc;

	og_buf_init(&text, 65536);
	rc = og_json_canon(nodes, &text, err);
	if (rc == 0)
		og_bind_textn(stmt, 1, text.data, text.len);
	og_buf_release(&text);
	return rc;
}

int og_policies_rules(struct og_policies *policies, const json_t *nodes, const char *step,
		      json_t **ret, struct og_err *err)
{
	if (bind_nodes(policies->rules, nodes, err) < 0)
		return -1;
	og_bind_text(policies->rules, 2, step);
	return gather(policies->rules, rule_json, ret, err);
}

static json_t *approval_json(struct og_stmt *row)
{
	int64_t seconds = og_col_null(row, 5) ? OG_APPROVAL_SECONDS : og_col_int(row, 5);

	return json_pack("{s:s*,s:s*,s:s*,s:s*,s:I,s:I}", "policy", og_col_text(row, 0), "hash",
			 og_col_text(row, 1), "approval", og_col_text(row, 2), "message",
			 og_col_text(row, 3), "clearance", (json_int_t)og_col_int(row, 4),
			 "seconds", (json_int_t)seconds);
}

int og_policies_approvals(struct og_policies *policies, const json_t *nodes, const char *step,
			  json_t **ret, struct og_err *err)
{
	if (bind_nodes(policies->approvals, nodes, err) < 0)
		return -1;
	og_bind_text(policies->approvals, 2, step);
	return gather(policies->approvals, approval_json, ret, err);
}

static json_t *citation_json(struct og_stmt *row)
{
	return json_pack("{s:s*,s:s*,s:s*,s:I,s:s*}", "policy", og_col_text(row, 0), "title",
			 og_col_text(row, 1), "source", og_col_text(row, 2), "line",
			 (json_int_t)og_col_int(row, 3), "text", og_col_text(row, 4));
}

static const char cite_sql[] = "SELECT p.name, p.title, p.source, s.line, s.text FROM og_policy p "
			       "JOIN og_passage s ON s.policy = p.id AND s.ordinal = 0 "
			       "WHERE p.active = 1 AND p.clearance <= ?2 "
			       "AND p.node IN (SELECT value FROM json_each(?1)) "
			       "ORDER BY p.limits = '{}' AND p.rule IS NULL, p.id LIMIT 20";

int og_policies_cite(struct og_policies *policies, const json_t *nodes, int clearance, json_t **ret,
		     struct og_err *err)
{
	if (!policies->cite && og_stmt_new(policies->db, cite_sql, &policies->cite, err) < 0)
		return -1;
	if (bind_nodes(policies->cite, nodes, err) < 0)
		return -1;
	og_bind_int(policies->cite, 2, clearance);
	return gather(policies->cite, citation_json, ret, err);
}

int og_policies_passages(struct og_policies *policies, int clearance, int64_t *ret,
			 struct og_err *err)
{
	struct og_stmt *stmt;
	int rc;

	if (og_stmt_new(policies->db,
			"SELECT count(*) FROM og_policy p JOIN og_passage s ON s.policy = p.id "
			"WHERE p.active = 1 AND p.clearance <= ?1",
			&stmt, err) < 0)
		return -1;
	og_bind_int(stmt, 1, clearance);
	rc = og_stmt_step(stmt, err);
	if (rc == 1)
		*ret = og_col_int(stmt, 0);
	og_stmt_free(stmt);
	return rc < 0 ? -1 : 0;
}
