/* The embedded store: putting documents in. See store.h. */
#include "lib/policy/store.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/hash/hash.h"
#include "lib/policy/passages.h"
#include "lib/policy/store-internal.h"

#define RECORD_MAX ((size_t)4 << 20)

int og_policies_open(const char *url, struct og_db *db, struct og_policies **ret,
		     struct og_err *err)
{
	struct og_policies *policies;

	if (strcmp(url, "sqlite:") != 0)
		return og_fail(err, OG_EUNAVAIL, "policy store '%s' is not in this version", url);
	policies = calloc(1, sizeof(*policies));
	if (!policies)
		return og_fail_nomem(err);
	policies->db = db;
	if (og_stmt_new(db,
			"SELECT p.name, p.title, p.source, p.node, s.heading, s.line, s.text, "
			"bm25(og_passage_fts, 3.0, 1.0), p.clearance, s.id FROM og_passage_fts f "
			"JOIN og_passage s ON s.id = f.rowid JOIN og_policy p ON p.id = s.policy "
			"WHERE og_passage_fts MATCH ?1 AND p.active = 1 AND s.clearance <= ?2 "
			"AND p.clearance <= ?2 AND (?3 IS NULL OR s.node = ?3) ORDER BY 8, s.id "
			"LIMIT ?4",
			&policies->search, err) < 0 ||
	    og_stmt_new(db,
			"SELECT p.name, p.title, p.source, p.clearance, j.value FROM og_policy p, "
			"json_each(p.limits) j WHERE p.active = 1 AND p.node = ?1 AND j.key = ?2 "
			"ORDER BY j.value, p.id LIMIT 1",
			&policies->limit, err) < 0 ||
	    og_stmt_new(db,
			"SELECT p.name, p.title, p.clearance, p.rule, coalesce(p.message, '') "
			"FROM og_policy p WHERE p.active = 1 AND p.rule IS NOT NULL "
			"AND p.rule_step = ?2 AND p.node IN (SELECT value FROM json_each(?1)) "
			"ORDER BY p.id",
			&policies->rules, err) < 0 ||
	    og_stmt_new(db,
			"SELECT p.name, p.hash, p.approval, coalesce(p.message, ''), "
			"coalesce(p.approver_clearance, p.clearance), p.approval_seconds "
			"FROM og_policy p WHERE p.active = 1 AND p.approval IS NOT NULL "
			"AND p.rule_step = ?2 AND p.node IN (SELECT value FROM json_each(?1)) "
			"ORDER BY p.name",
			&policies->approvals, err) < 0) {
		og_policies_free(policies);
		return -1;
	}
	*ret = policies;
	return 0;
}

void og_policies_free(struct og_policies *policies)
{
	if (!policies)
		return;
	og_stmt_free(policies->search);
	og_stmt_free(policies->limit);
	og_stmt_free(policies->rules);
	og_stmt_free(policies->approvals);
	og_stmt_free(policies->cite);
	og_stmt_free(policies->scan);
	og_stmt_free(policies->passage);
	og_stmt_free(policies->unembedded);
	og_stmt_free(policies->embeds);
	free(policies);
}

static int bad(struct og_err *err, const char *what)
{
	return og_fail(err, OG_EDATA, "policy: %s", what);
}

static int check_limits(const json_t *policy, struct og_err *err)
{
	json_t *limits = json_object_get(policy, "limits"), *value;
	const char *name;

	if (!limits)
		return 0;
	if (!json_is_object(limits) || json_object_size(limits) > 50)
		return bad(err, "'limits' is no object of names and numbers");
	json_object_foreach(limits, name,
			    value) if (!json_is_number(value) ||
				       !*name) return og_fail(err, OG_EDATA,
							      "policy: limit '%s' is no number",
							      name);
	return 0;
}

static int check_passages(const json_t *policy, struct og_err *err)
{
	const json_t *passages = json_object_get(policy, "passages"), *passage;
	size_t i;

	if (!json_is_array(passages) || json_array_size(passages) == 0 ||
	    json_array_size(passages) > OG_PASSAGES_MAX)
		return bad(err, "'passages' is missing, empty or too long");
	json_array_foreach(
		passages, i,
		passage) if (!og_json_str(passage, "heading") || !og_json_str(passage, "text") ||
			     og_json_int(passage, "line", -1) < 0 ||
			     strlen(og_json_str(passage, "heading")) > 2 * OG_PASSAGE_MAX ||
			     strlen(og_json_str(passage, "text")) >
				     4 * OG_PASSAGE_MAX) return bad(err, "a passage is malformed");
	return 0;
}

static int check_source(const char *source, struct og_err *err)
{
	static const char *const sources[] = { "law", "email", "internal_doc", "policy" };

	for (size_t i = 0; i < sizeof(sources) / sizeof(*sources); i++)
		if (strcmp(source, sources[i]) == 0)
			return 0;
	og_fail(err, OG_EDATA, "policy: source '%s' is unknown", source);
	return og_hint(err, "sources are law, email, internal_doc and policy");
}

/* Longer ones are no names or titles, and would make lists too long to send. */
static int check_lengths(const json_t *policy, struct og_err *err)
{
	static const struct {
		const char *key;
		size_t max;
	} texts[] = { { "name", 100 },	   { "node", 64 },
		      { "title", 300 },	   { "message", 500 },
		      { "rule", 4000 },	   { "approval", 4000 },
		      { "rule_step", 64 }, { "body", OG_POLICY_BODY_MAX } };

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		const json_t *value = json_object_get(policy, texts[i].key);
		const char *text = og_json_str(policy, texts[i].key);

		if (value && (!text || !*text))
			return og_fail(err, OG_EDATA, "policy: '%s' is no text", texts[i].key);
		if (text && strlen(text) > texts[i].max)
			return og_fail(err, OG_EDATA, "policy: '%s' is longer than %zu bytes",
				       texts[i].key, texts[i].max);
	}
	return 0;
}

/* A whole number between 1 and max, if it is there at all. */
static int check_number(const json_t *policy, const char *key, int64_t max, struct og_err *err)
{
	int64_t number = og_json_int(policy, key, 0);

	if (!json_object_get(policy, key))
		return 0;
	if (!og_json_str(policy, "approval"))
		return og_fail(err, OG_EDATA, "policy: '%s' goes with an approval", key);
	if (number >= 1 && number <= max)
		return 0;
	return og_fail(err, OG_EDATA, "policy: '%s' is no whole number from 1 to %lld", key,
		       (long long)max);
}

static int check_conditions(const json_t *policy, struct og_err *err)
{
	int conditions = og_json_str(policy, "rule") || og_json_str(policy, "approval");

	if (conditions && !og_json_str(policy, "rule_step"))
		return bad(err, "a rule or an approval needs the step before which it is judged");
	if (!conditions && og_json_str(policy, "rule_step"))
		return bad(err, "a step goes with a rule or an approval");
	if (check_number(policy, "approver_clearance", 3, err) < 0)
		return -1;
	return check_number(policy, "approval_seconds", OG_APPROVAL_SECONDS_MAX, err);
}

int og_policy_check(const json_t *policy, struct og_err *err)
{
	static const char *const keys[] = { "name",
					    "source",
					    "clearance",
					    "node",
					    "title",
					    "body",
					    "limits",
					    "rule",
					    "approval",
					    "approver_clearance",
					    "approval_seconds",
					    "rule_step",
					    "message",
					    "passages",
					    NULL };
	const char *name, *source, *text;
	int64_t clearance;

	if (og_json_only(policy, "policy", keys, err) < 0 ||
	    og_json_need_str(policy, "policy", "name", &name, err) < 0 ||
	    og_json_need_str(policy, "policy", "source", &source, err) < 0 ||
	    og_json_need_str(policy, "policy", "node", &text, err) < 0 ||
	    og_json_need_str(policy, "policy", "title", &text, err) < 0 ||
	    og_json_need_str(policy, "policy", "body", &text, err) < 0 ||
	    og_json_need_int(policy, "policy", "clearance", &clearance, err) < 0)
		return -1;
	if (check_lengths(policy, err) < 0)
		return -1;
	if (strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(name))
		return og_fail(err, OG_EDATA, "policy: '%s' is no name", name);
	if (clearance < 1 || clearance > 3)
		return bad(err, "clearance is 1, 2 or 3");
	if (check_conditions(policy, err) < 0 || check_source(source, err) < 0 ||
	    check_limits(policy, err) < 0)
		return -1;
	return check_passages(policy, err);
}

/* The version: hash of the record without its passages, which follow from it. */
static int hash_of(const json_t *policy, char out[65], struct og_err *err)
{
	json_t *copy = json_copy((json_t *)(uintptr_t)policy);
	struct og_buf text;
	struct og_hash hash;
	int rc;

	og_buf_init(&text, RECORD_MAX);
	json_object_del(copy, "passages");
	rc = copy ? og_json_canon(copy, &text, err) : og_fail_nomem(err);
	if (rc == 0) {
		og_sha256(text.data, text.len, &hash);
		og_hash_hex(&hash, out);
	}
	json_decref(copy);
	og_buf_release(&text);
	return rc;
}

/* 1: this very version is active; 0: not; fills id. */
static int active_version(struct og_policies *policies, const char *name, const char *hash,
			  struct og_policy_id *ret, struct og_err *err)
{
	struct og_stmt *stmt;
	int found;

	if (og_stmt_new(policies->db,
			"SELECT id FROM og_policy WHERE name = ?1 AND hash = ?2 AND active = 1",
			&stmt, err) < 0)
		return -1;
	og_bind_text(stmt, 1, name);
	og_bind_text(stmt, 2, hash);
	found = og_stmt_step(stmt, err);
	if (found > 0)
		ret->id = og_col_int(stmt, 0);
	og_stmt_free(stmt);
	return found;
}

/* Runs one statement with one text bound. */
static int run_with(struct og_db *db, const char *sql, const char *text, struct og_err *err)
{
	struct og_stmt *stmt;
	int rc;

	if (og_stmt_new(db, sql, &stmt, err) < 0)
		return -1;
	og_bind_text(stmt, 1, text);
	rc = og_stmt_run(stmt, err);
	og_stmt_free(stmt);
	return rc;
}

/* The older version stays on record; its passages are found no more. */
static int retire(struct og_policies *policies, const char *name, struct og_err *err)
{
	static const char *const statements[] = {
		"INSERT INTO og_passage_fts(og_passage_fts, rowid, heading, text) "
		"SELECT 'delete', s.id, s.heading, s.text FROM og_passage s "
		"JOIN og_policy p ON p.id = s.policy WHERE p.name = ?1",
		"DELETE FROM og_passage WHERE policy IN (SELECT id FROM og_policy WHERE name = ?1)",
		"UPDATE og_policy SET active = 0 WHERE name = ?1 AND active = 1",
	};

	for (size_t i = 0; i < sizeof(statements) / sizeof(*statements); i++)
		if (run_with(policies->db, statements[i], name, err) < 0)
			return -1;
	return 0;
}

static int bind_limits(struct og_stmt *stmt, int i, const json_t *limits, struct og_err *err)
{
	struct og_buf text;
	int rc = 0;

	og_buf_init(&text, 65536);
	if (limits)
		rc = og_json_canon(limits, &text, err);
	else
		og_buf_adds(&text, "{}");
	if (rc == 0)
		og_bind_textn(stmt, i, text.data, text.len);
	og_buf_release(&text);
	return rc;
}

static int insert_policy(struct og_policies *policies, const json_t *policy, const char *hash,
			 int64_t *ret_id, struct og_err *err)
{
	static const char *const texts[] = { "name", "source",	  "node",    "title",	"body",
					     "rule", "rule_step", "message", "approval" };
	char now[OG_TIME_LEN + 1];
	struct og_stmt *stmt;
	int rc = -1;

	if (og_stmt_new(policies->db,
			"INSERT INTO og_policy(name, source, node, title, body, rule, rule_step, "
			"message, approval, hash, clearance, limits, created, "
			"approver_clearance, approval_seconds) VALUES "
			"(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,nullif(?14,0),nullif(?15,0))",
			&stmt, err) < 0)
		return -1;
	og_time_format(og_now_ms(), now);
	for (int i = 0; i < 9; i++)
		og_bind_text(stmt, i + 1, og_json_str(policy, texts[i]));
	og_bind_text(stmt, 10, hash);
	og_bind_int(stmt, 11, og_json_int(policy, "clearance", 3));
	og_bind_text(stmt, 13, now);
	og_bind_int(stmt, 14, og_json_int(policy, "approver_clearance", 0));
	og_bind_int(stmt, 15, og_json_int(policy, "approval_seconds", 0));
	if (bind_limits(stmt, 12, json_object_get(policy, "limits"), err) == 0 &&
	    og_stmt_run(stmt, err) == 0) {
		*ret_id = og_db_last_id(policies->db);
		rc = 0;
	}
	og_stmt_free(stmt);
	return rc;
}

/* Of what is embedded: the heading says what the text is about. */
static int passage_digest(const json_t *passage, char out[OG_HASH_HEX + 1], struct og_err *err)
{
	struct og_hash hash;
	struct og_buf text;
	int rc;

	og_buf_init(&text, 8 * OG_PASSAGE_MAX);
	og_buf_addf(&text, "%s\n%s", og_json_str(passage, "heading"), og_json_str(passage, "text"));
	rc = og_buf_check(&text, "passage", err);
	if (rc == 0) {
		og_sha256(text.data, text.len, &hash);
		og_hash_hex(&hash, out);
	}
	og_buf_release(&text);
	return rc;
}

static int insert_passage(struct og_stmt *row, struct og_stmt *index, const json_t *passage,
			  struct og_db *db, struct og_err *err)
{
	char digest[OG_HASH_HEX + 1];

	if (passage_digest(passage, digest, err) < 0)
		return -1;
	og_bind_text(row, 8, digest);
	og_bind_text(row, 5, og_json_str(passage, "heading"));
	og_bind_int(row, 6, og_json_int(passage, "line", 0));
	og_bind_text(row, 7, og_json_str(passage, "text"));
	if (og_stmt_run(row, err) < 0)
		return -1;
	og_bind_int(index, 1, og_db_last_id(db));
	og_bind_text(index, 2, og_json_str(passage, "heading"));
	og_bind_text(index, 3, og_json_str(passage, "text"));
	return og_stmt_run(index, err);
}

static int insert_passages(struct og_policies *policies, const json_t *policy, int64_t id,
			   struct og_err *err)
{
	const json_t *passages = json_object_get(policy, "passages"), *passage;
	struct og_stmt *row = NULL, *index = NULL;
	size_t i;
	int rc = -1;

	if (og_stmt_new(
		    policies->db,
		    "INSERT INTO og_passage(policy, node, clearance, ordinal, heading, line, text, "
		    "digest) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
		    &row, err) < 0 ||
	    og_stmt_new(policies->db,
			"INSERT INTO og_passage_fts(rowid, heading, text) VALUES (?1, ?2, ?3)",
			&index, err) < 0)
		goto out;
	json_array_foreach(passages, i, passage)
	{
		og_bind_int(row, 1, id);
		og_bind_text(row, 2, og_json_str(policy, "node"));
		og_bind_int(row, 3, og_json_int(policy, "clearance", 3));
		og_bind_int(row, 4, (int64_t)i);
		if (insert_passage(row, index, passage, policies->db, err) < 0)
			goto out;
	}
	rc = 0;
out:
	og_stmt_free(row);
	og_stmt_free(index);
	return rc;
}

int og_policies_put(struct og_policies *policies, const json_t *policy, struct og_policy_id *ret,
		    struct og_err *err)
{
	const char *name = og_json_str(policy, "name");
	int same;

	if (og_policy_check(policy, err) < 0 || hash_of(policy, ret->hash, err) < 0)
		return -1;
	same = active_version(policies, name, ret->hash, ret, err);
	ret->changed = same == 0;
	if (same != 0)
		return same < 0 ? -1 : 0;
	if (retire(policies, name, err) < 0 ||
	    insert_policy(policies, policy, ret->hash, &ret->id, err) < 0)
		return -1;
	return insert_passages(policies, policy, ret->id, err);
}
