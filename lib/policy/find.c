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
	"p.id, p.name, p.source, p.node, p.title, p.clearance, p.limits, p.rule, p.rule_step, "    \
	"p.approval, p.approver_clearance, p.approval_seconds, p.effective, p.expires, "           \
	"p.hash, p.supersedes, " OG_STANDING("p") ", " OG_SUPERSEDED_BY("p") " "
enum { VALIDITY = 12, REST = VALIDITY + 6 };

/* Adds texts of a row, those that are not NULL. */
static int add_texts(json_t *object, struct og_stmt *row, int from, const char *const *keys)
{
	for (int i = 0; keys[i]; i++)
		if (!og_col_null(row, from + i) &&
		    json_object_set_new(object, keys[i], json_string(og_col_text(row, from + i))) <
			    0)
			return -1;
	return 0;
}

/* The object, or NULL, when that failed. */
static json_t *with_texts(json_t *object, struct og_stmt *row, int from, const char *const *keys)
{
	if (object && add_texts(object, row, from, keys) == 0)
		return object;
	json_decref(object);
	return NULL;
}

static json_t *policy_json(struct og_stmt *row)
{
	static const char *const validity[] = { "effective", "expires", "hash", "supersedes",
						"standing",  "by",	NULL };
	const char *limits = og_col_text(row, 6);
	struct og_err ignored = OG_ERR_INIT;
	json_t *parsed = NULL, *policy;

	if (!limits ||
	    og_json_parse(limits, strlen(limits), 65536, "limits", &parsed, &ignored) < 0)
		parsed = json_object();
	policy = json_pack("{s:I,s:s*,s:s*,s:s*,s:s*,s:I,s:o,s:s*,s:s*,s:s*,s:o*,s:o*}", "id",
			   (json_int_t)og_col_int(row, 0), "name", og_col_text(row, 1), "source",
			   og_col_text(row, 2), "node", og_col_text(row, 3), "title",
			   og_col_text(row, 4), "clearance", (json_int_t)og_col_int(row, 5),
			   "limits", parsed, "rule", og_col_text(row, 7), "approval",
			   og_col_text(row, 9), "rule_step", og_col_text(row, 8),
			   "approver_clearance", number_or_none(row, 10), "approval_seconds",
			   number_or_none(row, 11));
	return with_texts(policy, row, VALIDITY, validity);
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

int og_policies_list(struct og_policies *policies, const struct og_policy_filter *filter,
		     json_t **ret, struct og_err *err)
{
	struct og_stmt *stmt;
	int rc;

	if (og_stmt_new(policies->db,
			OG_WITH_GONE "SELECT " POLICY_COLUMNS
				     "FROM og_policy p WHERE p.active = 1 AND p.clearance <= ?8 "
				     "AND (?1 IS NULL OR p.node = ?1) "
				     "AND (?2 IS NULL OR p.source = ?2) "
				     "AND (NOT ?3 OR " OG_IN_FORCE("p") ") ORDER BY p.id",
			&stmt, err) < 0)
		return -1;
	og_bind_text(stmt, 1, filter->node);
	og_bind_text(stmt, 2, filter->source);
	og_bind_int(stmt, 3, filter->in_force);
	og_bind_int(stmt, 8, filter->clearance);
	og_policies_bind_day(policies, stmt, filter->at);
	rc = gather(stmt, policy_json, ret, err);
	og_stmt_free(stmt);
	return rc;
}

static json_t *whole_json(struct og_stmt *row)
{
	static const char *const rest[] = { "body", "message", "created", NULL };

	return with_texts(policy_json(row), row, REST, rest);
}

int og_policies_show(struct og_policies *policies, const char *name, int clearance, json_t **ret,
		     struct og_err *err)
{
	json_t *list = NULL, *policy;
	struct og_stmt *stmt;
	int rc;

	if (og_stmt_new(policies->db,
			OG_WITH_GONE "SELECT " POLICY_COLUMNS
				     ", p.body, p.message, p.created FROM og_policy p "
				     "WHERE p.active = 1 AND p.name = ?1 AND p.clearance <= ?8",
			&stmt, err) < 0)
		return -1;
	og_bind_text(stmt, 1, name);
	og_bind_int(stmt, 8, clearance);
	og_policies_bind_day(policies, stmt, NULL);
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

/* --- what binds ------------------------------------------------------------------- */

static const char limit_sql[] =
	OG_WITH_GONE "SELECT p.name, p.title, p.source, p.clearance, j.value FROM og_policy p, "
		     "json_each(p.limits) j WHERE p.active = 1 AND p.node = ?1 AND j.key = ?2 "
		     "AND " OG_IN_FORCE("p") " ORDER BY j.value, p.id LIMIT 1";

int og_policies_limit(struct og_policies *policies, const char *node, const char *name, double *ret,
		      json_t **ret_policy, struct og_err *err)
{
	struct og_stmt *stmt = og_policies_prepared(policies, &policies->limit, limit_sql, err);
	int found;

	if (!stmt)
		return -1;
	og_bind_text(stmt, 1, node);
	og_bind_text(stmt, 2, name);
	og_policies_bind_day(policies, stmt, NULL);
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

/* The statement with an array of names as ?1, as JSON text, and today; NULL
 * with err. */
static struct og_stmt *for_nodes(struct og_policies *policies, struct og_stmt **kept,
				 const char *sql, const json_t *nodes, struct og_err *err)
{
	struct og_stmt *stmt = og_policies_prepared(policies, kept, sql, err);
	struct og_buf text;

	if (!stmt)
		return NULL;
	og_buf_init(&text, 65536);
	if (og_json_canon(nodes, &text, err) < 0)
		stmt = NULL;
	else
		og_bind_textn(stmt, 1, text.data, text.len);
	og_buf_release(&text);
	if (stmt)
		og_policies_bind_day(policies, stmt, NULL);
	return stmt;
}

static const char rules_sql[] = OG_WITH_GONE
	"SELECT p.name, p.title, p.clearance, p.rule, coalesce(p.message, '') "
	"FROM og_policy p WHERE p.active = 1 AND p.rule IS NOT NULL AND p.rule_step = ?2 "
	"AND p.node IN (SELECT value FROM json_each(?1)) AND " OG_IN_FORCE("p") " ORDER BY p.id";

int og_policies_rules(struct og_policies *policies, const json_t *nodes, const char *step,
		      json_t **ret, struct og_err *err)
{
	struct og_stmt *stmt = for_nodes(policies, &policies->rules, rules_sql, nodes, err);

	if (!stmt)
		return -1;
	og_bind_text(stmt, 2, step);
	return gather(stmt, rule_json, ret, err);
}

static json_t *approval_json(struct og_stmt *row)
{
	int64_t seconds = og_col_null(row, 5) ? OG_APPROVAL_SECONDS : og_col_int(row, 5);

	return json_pack("{s:s*,s:s*,s:s*,s:s*,s:I,s:I}", "policy", og_col_text(row, 0), "hash",
			 og_col_text(row, 1), "approval", og_col_text(row, 2), "message",
			 og_col_text(row, 3), "clearance", (json_int_t)og_col_int(row, 4),
			 "seconds", (json_int_t)seconds);
}

static const char approvals_sql[] = OG_WITH_GONE
	"SELECT p.name, p.hash, p.approval, coalesce(p.message, ''), "
	"coalesce(p.approver_clearance, p.clearance), p.approval_seconds FROM og_policy p "
	"WHERE p.active = 1 AND p.approval IS NOT NULL AND p.rule_step = ?2 "
	"AND p.node IN (SELECT value FROM json_each(?1)) AND " OG_IN_FORCE("p") " ORDER BY p.name";

int og_policies_approvals(struct og_policies *policies, const json_t *nodes, const char *step,
			  json_t **ret, struct og_err *err)
{
	struct og_stmt *stmt = for_nodes(policies, &policies->approvals, approvals_sql, nodes, err);

	if (!stmt)
		return -1;
	og_bind_text(stmt, 2, step);
	return gather(stmt, approval_json, ret, err);
}

static json_t *citation_json(struct og_stmt *row)
{
	return json_pack("{s:s*,s:s*,s:s*,s:I,s:s*}", "policy", og_col_text(row, 0), "title",
			 og_col_text(row, 1), "source", og_col_text(row, 2), "line",
			 (json_int_t)og_col_int(row, 3), "text", og_col_text(row, 4));
}

static const char cite_sql[] =
	OG_WITH_GONE "SELECT p.name, p.title, p.source, s.line, s.text FROM og_policy p "
		     "JOIN og_passage s ON s.policy = p.id AND s.ordinal = 0 "
		     "WHERE p.active = 1 AND p.clearance <= ?8 "
		     "AND p.node IN (SELECT value FROM json_each(?1)) AND " OG_IN_FORCE(
			     "p") " ORDER BY p.limits = '{}' AND p.rule IS NULL, p.id LIMIT 20";

int og_policies_cite(struct og_policies *policies, const json_t *nodes, int clearance, json_t **ret,
		     struct og_err *err)
{
	struct og_stmt *stmt = for_nodes(policies, &policies->cite, cite_sql, nodes, err);

	if (!stmt)
		return -1;
	og_bind_int(stmt, 8, clearance);
	return gather(stmt, citation_json, ret, err);
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
