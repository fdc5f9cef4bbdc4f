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

	if (strcmp(url, "sqlite:") != 0 && !og_qdrant_is(url))
		return og_fail(err, OG_ECONF, "policy store '%s' is not known", url);
	policies = calloc(1, sizeof(*policies));
	if (!policies)
		return og_fail_nomem(err);
	policies->db = db;
	policies->now = og_now_ms;
	if (og_fts_new(db, &policies->fts, err) < 0 ||
	    og_index_new(db, policies->fts, &policies->index, err) < 0 ||
	    og_blocks_new(db, &policies->blocks, err) < 0) {
		og_policies_free(policies);
		return -1;
	}
	*ret = policies;
	return 0;
}

int og_policies_copy(struct og_policies *policies, const char *path, struct og_err *err)
{
	return og_blocks_copy(policies->blocks, path, err);
}

void og_policies_clock(struct og_policies *policies, int64_t (*now)(void))
{
	policies->now = now;
}

struct og_stmt *og_policies_prepared(struct og_policies *policies, struct og_stmt **stmt,
				     const char *sql, struct og_err *err)
{
	if (!*stmt && og_stmt_new(policies->db, sql, stmt, err) < 0)
		return NULL;
	return *stmt;
}

void og_policies_bind_day(const struct og_policies *policies, struct og_stmt *stmt, const char *at)
{
	char today[OG_DAY_LEN + 1];

	og_day_format(policies->now(), today);
	og_bind_text(stmt, 9, at ? at : today);
}

int og_policies_numbers(const struct og_policies *policies, struct og_stmt *stmt,
			const struct og_policy_filter *filter, struct og_buf *ret,
			struct og_err *err)
{
	int more;

	if (!stmt)
		return -1;
	og_bind_text(stmt, 2, filter->node);
	og_policies_bind_day(policies, stmt, filter->at);
	while ((more = og_stmt_step(stmt, err)) > 0) {
		int64_t number = og_col_int(stmt, 0);

		og_buf_add(ret, &number, sizeof(number));
	}
	return more < 0 ? -1 : og_buf_check(ret, "policies that are not in force", err);
}

void og_policies_free(struct og_policies *policies)
{
	if (!policies)
		return;
	og_index_free(policies->index);
	og_blocks_free(policies->blocks);
	og_fts_free(policies->fts);
	og_stmt_free(policies->limit);
	og_stmt_free(policies->rules);
	og_stmt_free(policies->approvals);
	og_stmt_free(policies->cite);
	og_stmt_free(policies->not_in_force);
	og_stmt_free(policies->out_of_force);
	og_stmt_free(policies->passage);
	og_stmt_free(policies->inherited);
	og_stmt_free(policies->unembedded);
	og_stmt_free(policies->embeds);
	og_stmt_free(policies->held);
	free(policies);
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
		"DELETE FROM og_sizes WHERE policy IN (SELECT id FROM og_policy WHERE name = ?1)",
		"DELETE FROM og_passage WHERE policy IN (SELECT id FROM og_policy WHERE name = ?1)",
		"UPDATE og_policy SET active = 0 WHERE name = ?1 AND active = 1",
	};

	if (og_policy_slots_drop(policies, name, err) < 0)
		return -1;
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
	static const char *const texts[] = { "name",	 "source",    "node",	   "title",
					     "body",	 "rule",      "rule_step", "message",
					     "approval", "effective", "expires",   "supersedes" };
	enum { TEXTS = sizeof(texts) / sizeof(*texts) };
	char now[OG_TIME_LEN + 1];
	struct og_stmt *stmt;
	int rc = -1;

	if (og_stmt_new(policies->db,
			"INSERT INTO og_policy(name, source, node, title, body, rule, rule_step, "
			"message, approval, effective, expires, supersedes, hash, clearance, "
			"limits, created, approver_clearance, approval_seconds) VALUES "
			"(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,nullif(?17,0),"
			"nullif(?18,0))",
			&stmt, err) < 0)
		return -1;
	og_time_format(og_now_ms(), now);
	for (int i = 0; i < TEXTS; i++)
		og_bind_text(stmt, i + 1, og_json_str(policy, texts[i]));
	og_bind_text(stmt, TEXTS + 1, hash);
	og_bind_int(stmt, TEXTS + 2, og_json_int(policy, "clearance", 3));
	og_bind_text(stmt, TEXTS + 4, now);
	og_bind_int(stmt, TEXTS + 5, og_json_int(policy, "approver_clearance", 0));
	og_bind_int(stmt, TEXTS + 6, og_json_int(policy, "approval_seconds", 0));
	if (bind_limits(stmt, TEXTS + 3, json_object_get(policy, "limits"), err) == 0 &&
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

/* A passage, its row in the full-text index, and the tokens of both its
 * columns: 16 bits each, the low ones first. */
struct inserting {
	struct og_policies *policies;
	struct og_stmt *row, *index;
	struct og_buf sizes;
	int64_t first; /* number of the first passage; 0: none yet */
};

static int count_token(void *arg, const char *token, size_t len, size_t from, size_t to)
{
	unsigned *n = arg;

	(void)token;
	(void)len;
	(void)from;
	(void)to;
	return ++*n == UINT16_MAX;
}

static int add_size(struct inserting *in, const char *text, struct og_err *err)
{
	unsigned n = 0;

	if (og_fts_tokens(in->policies->fts, text, strlen(text), count_token, &n, err) < 0)
		return -1;
	og_buf_addc(&in->sizes, (char)(n & 0xff));
	og_buf_addc(&in->sizes, (char)(n >> 8));
	return og_buf_check(&in->sizes, "policy", err);
}

static int insert_passage(struct inserting *in, const json_t *passage, struct og_err *err)
{
	const char *heading = og_json_str(passage, "heading"), *text = og_json_str(passage, "text");
	struct og_db *db = in->policies->db;
	char digest[OG_HASH_HEX + 1];

	if (passage_digest(passage, digest, err) < 0)
		return -1;
	og_bind_text(in->row, 8, digest);
	og_bind_text(in->row, 5, heading);
	og_bind_int(in->row, 6, og_json_int(passage, "line", 0));
	og_bind_text(in->row, 7, text);
	og_bind_int(in->row, 9, og_json_int(passage, "last", og_json_int(passage, "line", 0)));
	if (og_stmt_run(in->row, err) < 0)
		return -1;
	if (!in->first)
		in->first = og_db_last_id(db);
	og_bind_int(in->index, 1, og_db_last_id(db));
	og_bind_text(in->index, 2, heading);
	og_bind_text(in->index, 3, text);
	if (og_stmt_run(in->index, err) < 0 || add_size(in, heading, err) < 0)
		return -1;
	return add_size(in, text, err);
}

static int insert_rows(struct inserting *in, const json_t *policy, int64_t id, struct og_err *err)
{
	const json_t *passages = json_object_get(policy, "passages"), *passage;
	size_t i;

	json_array_foreach(passages, i, passage)
	{
		og_bind_int(in->row, 1, id);
		og_bind_text(in->row, 2, og_json_str(policy, "node"));
		og_bind_int(in->row, 3, og_json_int(policy, "clearance", 3));
		og_bind_int(in->row, 4, (int64_t)i);
		if (insert_passage(in, passage, err) < 0)
			return -1;
	}
	return 0;
}

/* Where the passages are: they follow each other. */
static int insert_sizes(struct inserting *in, const json_t *policy, int64_t id, struct og_err *err)
{
	struct og_stmt *stmt;
	int rc;

	if (og_stmt_new(in->policies->db,
			"INSERT INTO og_sizes(first, policy, node, clearance, source, sizes) "
			"VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
			&stmt, err) < 0)
		return -1;
	og_bind_int(stmt, 1, in->first);
	og_bind_int(stmt, 2, id);
	og_bind_text(stmt, 3, og_json_str(policy, "node"));
	og_bind_int(stmt, 4, og_json_int(policy, "clearance", 3));
	og_bind_text(stmt, 5, og_json_str(policy, "source"));
	og_bind_blob(stmt, 6, in->sizes.data, in->sizes.len);
	rc = og_stmt_run(stmt, err);
	og_stmt_free(stmt);
	return rc;
}

/* The policies have changed, whatever was there before: a number nobody has
 * seen, so that one that was rolled back is never met again. */
static int stamp(struct og_policies *policies, struct og_err *err)
{
	return og_db_exec(policies->db,
			  "INSERT INTO og_counter(name, value) VALUES ('policy-stamp', random()) "
			  "ON CONFLICT (name) DO UPDATE SET value = random()",
			  err);
}

static int insert_passages(struct og_policies *policies, const json_t *policy, int64_t id,
			   struct og_err *err)
{
	struct inserting in = { .policies = policies };
	int rc = -1;

	og_buf_init(&in.sizes, 4 * (size_t)OG_PASSAGES_MAX);
	if (og_stmt_new(
		    policies->db,
		    "INSERT INTO og_passage(policy, node, clearance, ordinal, heading, line, text, "
		    "digest, last) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
		    &in.row, err) == 0 &&
	    og_stmt_new(policies->db,
			"INSERT INTO og_passage_fts(rowid, heading, text) VALUES (?1, ?2, ?3)",
			&in.index, err) == 0 &&
	    insert_rows(&in, policy, id, err) == 0 && insert_sizes(&in, policy, id, err) == 0)
		rc = stamp(policies, err);
	og_stmt_free(in.row);
	og_stmt_free(in.index);
	og_buf_release(&in.sizes);
	return rc;
}

/* The chain of what is superseded, from the name on: how long it is, and
 * whether the policy to be put is in it. */
static const char chain_sql[] =
	"WITH RECURSIVE chain(name, n) AS (VALUES (?1, 1) UNION ALL "
	"SELECT p.supersedes, c.n + 1 FROM chain c JOIN og_policy p ON p.name = c.name "
	"AND p.active = 1 WHERE p.supersedes IS NOT NULL AND c.name <> ?2 AND c.n <= ?3) "
	"SELECT max(n), max(name = ?2), EXISTS (SELECT 1 FROM og_policy WHERE name = ?1 "
	"AND active = 1) FROM chain";

static int judge_chain(struct og_stmt *chain, const char *supersedes, struct og_err *err)
{
	if (!og_col_int(chain, 2))
		return og_fail(err, OG_EDATA, "policy: no policy is called '%s', to be superseded",
			       supersedes);
	if (og_col_int(chain, 1))
		return og_fail(err, OG_EDATA,
			       "policy: '%s' supersedes this one, directly or not, already",
			       supersedes);
	if (og_col_int(chain, 0) > OG_SUPERSEDES_MAX)
		return og_fail(err, OG_EDATA,
			       "policy: more than %d policies supersede each other in a row",
			       OG_SUPERSEDES_MAX);
	return 0;
}

/* What it supersedes is there, and nothing comes to supersede itself. */
static int check_supersedes(struct og_policies *policies, const json_t *policy, struct og_err *err)
{
	const char *supersedes = og_json_str(policy, "supersedes");
	struct og_stmt *stmt;
	int rc;

	if (!supersedes)
		return 0;
	if (og_stmt_new(policies->db, chain_sql, &stmt, err) < 0)
		return -1;
	og_bind_text(stmt, 1, supersedes);
	og_bind_text(stmt, 2, og_json_str(policy, "name"));
	og_bind_int(stmt, 3, OG_SUPERSEDES_MAX);
	rc = og_stmt_step(stmt, err);
	if (rc > 0)
		rc = judge_chain(stmt, supersedes, err);
	og_stmt_free(stmt);
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
	if (check_supersedes(policies, policy, err) < 0 || retire(policies, name, err) < 0 ||
	    insert_policy(policies, policy, ret->hash, &ret->id, err) < 0)
		return -1;
	if (insert_passages(policies, policy, ret->id, err) < 0)
		return -1;
	return og_policy_slots_add(policies, ret->id, err);
}
