/*
 * The embedded store: finding passages, by their words and, where the
 * asker brings a vector, by meaning. See store.h. Clearance is part of every
 * statement, and is asked again of every row.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/policy/store-internal.h"

#define EXPRESSION_MAX ((size_t)8192)
#define RANKED	       50 /* of each ranking, at least; the fused one is made of them */

/* Columns of a passage, as both statements that give one have them. */
enum { POLICY, TITLE, SOURCE, NODE, HEADING, LINE, TEXT, SCORE, CLEARANCE, ID };

static json_t *passage_json(struct og_stmt *row, double score)
{
	return json_pack("{s:s*,s:s*,s:s*,s:s*,s:s*,s:I,s:s*,s:f}", "policy",
			 og_col_text(row, POLICY), "title", og_col_text(row, TITLE), "source",
			 og_col_text(row, SOURCE), "node", og_col_text(row, NODE), "heading",
			 og_col_text(row, HEADING), "line", (json_int_t)og_col_int(row, LINE),
			 "text", og_col_text(row, TEXT), "score", score);
}

/* The statement that finds by words, bound; NULL when no word is left to
 * look for (err is untouched) or we failed. */
static struct og_stmt *by_words(struct og_policies *policies, const struct og_policy_search *search,
				size_t limit, struct og_err *err)
{
	struct og_buf expression;
	struct og_stmt *stmt = NULL;

	og_buf_init(&expression, EXPRESSION_MAX);
	og_policy_match_expression(search->query, &expression);
	if (og_buf_check(&expression, "query", err) == 0 && expression.len > 0) {
		stmt = policies->search;
		og_bind_textn(stmt, 1, expression.data, expression.len);
		og_bind_int(stmt, 2, search->clearance);
		og_bind_text(stmt, 3, search->node);
		og_bind_int(stmt, 4, (int64_t)limit);
	}
	og_buf_release(&expression);
	return stmt;
}

static int search_words(struct og_policies *policies, const struct og_policy_search *search,
			json_t *list, struct og_err *err)
{
	struct og_err none = OG_ERR_INIT;
	struct og_stmt *stmt = by_words(policies, search, search->limit, &none);
	int more;

	if (!stmt)
		return none.code ? og_fail(err, none.code, "%s", none.msg) : 0;
	while ((more = og_stmt_step(stmt, err)) > 0) {
		/* A filter that was lost in the store shows nothing. */
		if (og_col_int(stmt, CLEARANCE) > search->clearance)
			continue;
		if (json_array_append_new(list, passage_json(stmt, -og_col_real(stmt, SCORE))) <
		    0) {
			og_stmt_reset(stmt);
			return og_fail_nomem(err);
		}
	}
	return more;
}

/* --- both rankings ------------------------------------------------------------ */

struct rankings {
	size_t k;
	struct og_top words, meaning;
	struct og_best *fused; /* room for both */
	struct og_best *room;  /* of all three, heap */
};

static int rankings_new(size_t limit, struct rankings *ret, struct og_err *err)
{
	size_t k = limit > RANKED ? limit : RANKED;

	ret->room = calloc(4 * k, sizeof(*ret->room));
	if (!ret->room)
		return og_fail_nomem(err);
	ret->k = k;
	ret->words = (struct og_top){ ret->room, k, 0 };
	ret->meaning = (struct og_top){ ret->room + k, k, 0 };
	ret->fused = ret->room + 2 * k;
	return 0;
}

static int rank_words(struct og_policies *policies, const struct og_policy_search *search,
		      struct rankings *rankings, struct og_err *err)
{
	struct og_err none = OG_ERR_INIT;
	struct og_stmt *stmt = by_words(policies, search, rankings->k, &none);
	int more;

	if (!stmt)
		return none.code ? og_fail(err, none.code, "%s", none.msg) : 0;
	while ((more = og_stmt_step(stmt, err)) > 0)
		og_top_offer(&rankings->words, og_col_int(stmt, ID), -og_col_real(stmt, SCORE));
	return more;
}

static struct og_stmt *prepared(struct og_policies *policies, struct og_stmt **stmt,
				const char *sql, struct og_err *err)
{
	if (!*stmt && og_stmt_new(policies->db, sql, stmt, err) < 0)
		return NULL;
	return *stmt;
}

static const char scan_sql[] =
	"SELECT s.id, v.vector FROM og_passage s JOIN og_policy p ON p.id = s.policy "
	"JOIN og_vector v ON v.model = ?1 AND v.dimension = ?2 AND v.task = 'document' "
	"AND v.digest = s.digest WHERE p.active = 1 AND s.clearance <= ?3 "
	"AND p.clearance <= ?3 AND (?4 IS NULL OR s.node = ?4)";

static int rank_meaning(struct og_policies *policies, const struct og_policy_search *search,
			struct rankings *rankings, struct og_err *err)
{
	struct og_stmt *stmt = prepared(policies, &policies->scan, scan_sql, err);
	size_t bytes = search->vector->n * sizeof(float);
	int more;

	if (!stmt)
		return -1;
	og_bind_text(stmt, 1, search->key->model);
	og_bind_int(stmt, 2, search->key->dimension);
	og_bind_int(stmt, 3, search->clearance);
	og_bind_text(stmt, 4, search->node);
	while ((more = og_stmt_step(stmt, err)) > 0)
		if (og_col_len(stmt, 1) == bytes)
			og_top_offer(&rankings->meaning, og_col_int(stmt, 0),
				     og_vector_cosine(og_col_blob(stmt, 1), search->vector->values,
						      search->vector->n));
	return more;
}

static const char passage_sql[] =
	"SELECT p.name, p.title, p.source, p.node, s.heading, s.line, s.text, 0, "
	"max(p.clearance, s.clearance), s.id FROM og_passage s "
	"JOIN og_policy p ON p.id = s.policy WHERE s.id = ?1 AND p.active = 1";

static int add_passage(struct og_policies *policies, const struct og_policy_search *search,
		       const struct og_best *found, json_t *list, struct og_err *err)
{
	struct og_stmt *stmt = prepared(policies, &policies->passage, passage_sql, err);
	int there, rc = 0;

	if (!stmt)
		return -1;
	og_bind_int(stmt, 1, found->number);
	there = og_stmt_step(stmt, err);
	if (there == 1 && og_col_int(stmt, CLEARANCE) <= search->clearance &&
	    json_array_append_new(list, passage_json(stmt, found->score)) < 0)
		rc = og_fail_nomem(err);
	og_stmt_reset(stmt);
	return there < 0 ? -1 : rc;
}

static int search_both(struct og_policies *policies, const struct og_policy_search *search,
		       json_t *list, struct og_err *err)
{
	struct rankings rankings;
	size_t n;
	int rc = -1;

	if (rankings_new(search->limit, &rankings, err) < 0)
		return -1;
	if (rank_words(policies, search, &rankings, err) < 0 ||
	    rank_meaning(policies, search, &rankings, err) < 0)
		goto out;
	n = og_fuse(rankings.words.best, rankings.words.n, rankings.meaning.best,
		    rankings.meaning.n, rankings.fused);
	rc = 0;
	for (size_t i = 0; i < n && i < search->limit && rc == 0; i++)
		rc = add_passage(policies, search, &rankings.fused[i], list, err);
out:
	free(rankings.room);
	return rc;
}

int og_policies_search(struct og_policies *policies, const struct og_policy_search *search,
		       json_t **ret, struct og_err *err)
{
	json_t *list = json_array();
	int rc;

	if (!list)
		return og_fail_nomem(err);
	rc = search->vector ? search_both(policies, search, list, err)
			    : search_words(policies, search, list, err);
	if (rc == 0)
		*ret = list;
	else
		json_decref(list);
	return rc;
}

/* --- what has no vector yet ----------------------------------------------------- */

static const char unembedded_sql[] =
	"SELECT s.digest, s.heading, s.text FROM og_passage s JOIN og_policy p ON p.id = s.policy "
	"WHERE p.active = 1 AND s.clearance <= ?3 AND p.clearance <= ?3 AND NOT EXISTS "
	"(SELECT 1 FROM og_vector v WHERE v.model = ?1 AND v.dimension = ?2 "
	"AND v.task = 'document' AND v.digest = s.digest) GROUP BY s.digest ORDER BY min(s.id)";

static json_t *text_json(struct og_stmt *row)
{
	return json_pack("{s:s*,s:s++}", "digest", og_col_text(row, 0), "text",
			 og_col_text(row, 1) ? og_col_text(row, 1) : "", "\n",
			 og_col_text(row, 2) ? og_col_text(row, 2) : "");
}

int og_policies_unembedded(struct og_policies *policies, const struct og_vector_key *key,
			   int clearance, size_t limit, json_t **ret, int64_t *ret_left,
			   struct og_err *err)
{
	struct og_stmt *stmt = prepared(policies, &policies->unembedded, unembedded_sql, err);
	json_t *list = json_array();
	int64_t left = 0;
	int more = stmt && list ? 1 : stmt ? og_fail_nomem(err) : -1;

	if (more > 0) {
		og_bind_text(stmt, 1, key->model);
		og_bind_int(stmt, 2, key->dimension);
		og_bind_int(stmt, 3, clearance);
	}
	while (more > 0 && (more = og_stmt_step(stmt, err)) > 0)
		if (left++ < (int64_t)limit && json_array_append_new(list, text_json(stmt)) < 0) {
			og_stmt_reset(stmt);
			more = og_fail_nomem(err);
		}
	if (more < 0) {
		json_decref(list);
		return -1;
	}
	*ret = list;
	*ret_left = left;
	return 0;
}

int og_policies_embeds(struct og_policies *policies, const char *digest, int clearance,
		       struct og_err *err)
{
	struct og_stmt *stmt = prepared(policies, &policies->embeds,
					"SELECT 1 FROM og_passage WHERE digest = ?1 "
					"AND clearance <= ?2",
					err);
	int found;

	if (!stmt)
		return -1;
	og_bind_text(stmt, 1, digest);
	og_bind_int(stmt, 2, clearance);
	found = og_stmt_step(stmt, err);
	og_stmt_reset(stmt);
	return found;
}
