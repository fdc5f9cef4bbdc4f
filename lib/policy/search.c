/*
 * The embedded store: finding passages, by their words and, where the
 * asker brings a vector, by meaning. See store.h. Clearance is part of every
 * statement, and is asked again of every row.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/policy/marks.h"
#include "lib/policy/rank.h"
#include "lib/policy/store-internal.h"

#define WITHOUT_MAX ((size_t)64 << 20)
#define ANSWER_MAX  ((size_t)2 << 20) /* bytes: escaped, it still fits a line of the channel */
#define RANKED	    50		      /* of each ranking, at least; the fused one is made of them */

/* --- rankings ------------------------------------------------------------------- */

struct rankings {
	size_t k;
	struct og_terms terms; /* what was asked for */
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

/* Numbers of the passages that are not in force on the day, ascending. */
static int not_in_force(struct og_policies *policies, const struct og_policy_filter *filter,
			struct og_buf *ret, struct og_err *err)
{
	static const char sql[] = OG_WITH_GONE
		"SELECT s.id FROM og_passage s WHERE (?2 IS NULL OR s.node = ?2) AND s.policy IN "
		"(SELECT p.id FROM og_policy p WHERE p.active = 1 AND NOT " OG_IN_FORCE(
			"p") ") ORDER BY s.id";
	struct og_stmt *stmt = og_policies_prepared(policies, &policies->not_in_force, sql, err);

	return og_policies_numbers(policies, stmt, filter, ret, err);
}

static int rank_meaning(struct og_policies *policies, const struct og_policy_search *search,
			struct rankings *rankings, struct og_err *err)
{
	const struct og_policy_filter *filter = &search->filter;
	struct og_block_search by = { .key = search->key,
				      .vector = search->vector,
				      .node = filter->node,
				      .clearance = filter->clearance };
	struct og_buf without;
	int rc = 0;

	if (filter->source && og_policy_source_number(filter->source) < 0)
		return 0;
	if (filter->source)
		by.kinds = 1u << og_policy_source_number(filter->source);
	og_buf_init(&without, WITHOUT_MAX);
	if (filter->in_force)
		rc = not_in_force(policies, filter, &without, err);
	by.without = (const int64_t *)(const void *)without.data;
	by.n_without = without.len / sizeof(int64_t);
	if (rc == 0)
		rc = og_policies_ask(policies, search, &by, &rankings->meaning, err);
	if (rc == 0)
		rc = og_blocks_search(policies->blocks, &by, &rankings->meaning, err);
	og_buf_release(&without);
	return rc < 0 ? -1 : 0;
}

/* --- what was found --------------------------------------------------------------- */

/* Most policies have no heir: what stands in their way is their dates alone. */
#define PASSAGE_COLUMNS                                                                            \
	"SELECT p.name, p.title, p.source, p.node, s.heading, s.line, s.text, s.last, "            \
	"max(p.clearance, s.clearance), "
#define PASSAGE_FROM                                                                               \
	" FROM og_passage s JOIN og_policy p ON p.id = s.policy WHERE s.id = ?1 AND p.active = 1"
static const char passage_sql[] = PASSAGE_COLUMNS
	"CASE WHEN p.effective > ?9 THEN 'future' WHEN p.expires < ?9 THEN 'expired' END, NULL, "
	"EXISTS (SELECT 1 FROM og_policy q WHERE q.active = 1 AND q.supersedes = p.name), "
	"?8" PASSAGE_FROM;
static const char inherited_sql[] =
	OG_WITH_GONE PASSAGE_COLUMNS OG_STANDING("p") ", " OG_SUPERSEDED_BY("p") PASSAGE_FROM;

/* Columns of both; the last of the first alone. */
enum { POLICY, TITLE, SOURCE, NODE, HEADING, LINE, TEXT, LAST, CLEARANCE, STANDING, BY, HEIR };

static json_t *passage_json(struct og_stmt *row, double score)
{
	const char *policy = og_col_text(row, POLICY);
	int64_t line = og_col_int(row, LINE), last = og_col_int(row, LAST);
	char cite[160];

	last = last > line ? last : line;
	snprintf(cite, sizeof(cite), "%s:%lld-%lld", policy ? policy : "", (long long)line,
		 (long long)last);
	return json_pack("{s:s*,s:s*,s:s*,s:s*,s:s*,s:I,s:I,s:s,s:s*,s:f,s:s*,s:s*}", "policy",
			 policy, "title", og_col_text(row, TITLE), "source",
			 og_col_text(row, SOURCE), "node", og_col_text(row, NODE), "heading",
			 og_col_text(row, HEADING), "line", (json_int_t)line, "last",
			 (json_int_t)last, "cite", cite, "text", og_col_text(row, TEXT), "score",
			 score, "standing", og_col_text(row, STANDING), "by", og_col_text(row, BY));
}

static int step_passage(struct og_policies *policies, const struct og_policy_filter *filter,
			int64_t number, struct og_stmt *stmt, struct og_err *err)
{
	og_bind_int(stmt, 1, number);
	og_bind_int(stmt, 8, filter->clearance);
	og_policies_bind_day(policies, stmt, filter->at);
	return og_stmt_step(stmt, err);
}

/* The passage, if this clearance may read it: a filter that was lost in a
 * ranking shows nothing. 1, 0, -1. */
static int fetch_passage(struct og_policies *policies, const struct og_policy_filter *filter,
			 const struct og_best *found, json_t **ret, struct og_err *err)
{
	struct og_stmt *stmt = og_policies_prepared(policies, &policies->passage, passage_sql, err);
	int there;

	if (!stmt)
		return -1;
	there = step_passage(policies, filter, found->number, stmt, err);
	if (there == 1 && og_col_int(stmt, HEIR)) {
		og_stmt_reset(stmt);
		stmt = og_policies_prepared(policies, &policies->inherited, inherited_sql, err);
		there = stmt ? step_passage(policies, filter, found->number, stmt, err) : -1;
	}
	if (there == 1 && og_col_int(stmt, CLEARANCE) > filter->clearance)
		there = 0;
	if (there == 1 && !(*ret = passage_json(stmt, found->score)))
		there = og_fail_nomem(err);
	if (stmt)
		og_stmt_reset(stmt);
	return there;
}

struct answer {
	json_t *binding, *others;
	const struct og_policy_search *search;
	json_t *seen;  /* names of the policies in it, with one_each */
	size_t weight; /* bytes */
};

/* Is it of a policy that has its passage already? */
static int is_again(const struct answer *answer, const json_t *passage)
{
	return answer->search->one_each &&
	       json_object_get(answer->seen, og_json_str(passage, "policy"));
}

/* Counts what the passage weighs in a reply; 0 when it is too much. */
static int is_light(struct answer *answer, const json_t *passage)
{
	const char *text = og_json_str(passage, "text"), *heading = og_json_str(passage, "heading");

	answer->weight += (text ? strlen(text) : 0) + (heading ? strlen(heading) : 0) + 1024;
	return answer->weight <= ANSWER_MAX;
}

/* Takes a passage into the answer. 1 when there is room for more. */
static int take_passage(struct answer *answer, json_t *passage, struct og_err *err)
{
	int binds = json_object_get(passage, "standing") == NULL;
	size_t binding = json_array_size(answer->binding);
	size_t others = json_array_size(answer->others);

	if (is_again(answer, passage) || !is_light(answer, passage)) {
		json_decref(passage);
		return answer->weight <= ANSWER_MAX;
	}
	if (answer->search->one_each &&
	    json_object_set_new(answer->seen, og_json_str(passage, "policy"), json_true()) < 0) {
		json_decref(passage);
		return og_fail_nomem(err);
	}
	if (binding + others >= answer->search->limit) {
		if (!binds) {
			json_decref(passage);
			return 1;
		}
		json_array_remove(answer->others, others - 1);
		others--;
	}
	if (json_array_append_new(binds ? answer->binding : answer->others, passage) < 0)
		return og_fail_nomem(err);
	/* Full, but of what does not bind: the best that does is looked for. */
	return binding + others + 1 < answer->search->limit || (!binds && binding == 0);
}

static int fetch(struct og_policies *policies, const struct og_policy_search *search,
		 const struct rankings *rankings, size_t n, struct answer *answer,
		 struct og_err *err)
{
	int more = 1;

	for (size_t i = 0; i < n && more > 0; i++) {
		json_t *passage = NULL;
		int there = fetch_passage(policies, &search->filter, &rankings->fused[i], &passage,
					  err);

		if (there > 0 && og_marks_add(policies->fts, &rankings->terms, passage, err) < 0) {
			json_decref(passage);
			there = -1;
		}
		if (there < 0)
			more = -1;
		else if (there > 0)
			more = take_passage(answer, passage, err);
	}
	return more < 0 ? -1 : 0;
}

static int rank(struct og_policies *policies, const struct og_policy_search *search,
		struct rankings *rankings, size_t *ret_n, struct og_err *err)
{
	if (og_rank_words(policies, search, &rankings->terms, &rankings->words, err) < 0 ||
	    (search->vector && rank_meaning(policies, search, rankings, err) < 0))
		return -1;
	if (search->vector) {
		*ret_n = og_fuse(rankings->words.best, rankings->words.n, rankings->meaning.best,
				 rankings->meaning.n, rankings->fused);
		return 0;
	}
	*ret_n = rankings->words.n;
	memcpy(rankings->fused, rankings->words.best, *ret_n * sizeof(*rankings->fused));
	return 0;
}

int og_policies_search(struct og_policies *policies, const struct og_policy_search *search,
		       json_t **ret, struct og_err *err)
{
	struct answer answer = { json_array(), json_array(), search, json_object(), 0 };
	struct rankings rankings;
	size_t n = 0;
	int rc = -1;

	memset(&policies->asked, 0, sizeof(policies->asked));
	if (rankings_new(search->limit, &rankings, err) < 0)
		goto out;
	if (!answer.binding || !answer.others || !answer.seen)
		rc = og_fail_nomem(err);
	else if (rank(policies, search, &rankings, &n, err) == 0 &&
		 fetch(policies, search, &rankings, n, &answer, err) == 0)
		rc = json_array_extend(answer.binding, answer.others) < 0 ? og_fail_nomem(err) : 0;
	free(rankings.room);
out:
	json_decref(answer.others);
	json_decref(answer.seen);
	if (rc == 0)
		*ret = answer.binding;
	else
		json_decref(answer.binding);
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
	struct og_stmt *stmt =
		og_policies_prepared(policies, &policies->unembedded, unembedded_sql, err);
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
	struct og_stmt *stmt = og_policies_prepared(policies, &policies->embeds,
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
