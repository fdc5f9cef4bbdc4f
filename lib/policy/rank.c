/* See rank.h. */
#include "lib/policy/rank.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/policy/hits.h"
#include "lib/policy/store-internal.h"

#define EXPRESSION_MAX ((size_t)16384)
#define FEEDBACK       10  /* passages that say more of the subject */
#define SURE	       4.0 /* power of their scores: the best says the most */
#define GUESSED	       30  /* words of theirs that are looked at, */
#define TAKEN	       20  /* and how many are taken */
#define ASKED	       0.5 /* share of the weights that stays with the query */

/* --- the index ----------------------------------------------------------------------- */

static const char hits_sql[] =
	OG_WITH_GONE "SELECT s.id, s.policy, og_hits(og_passage_fts) FROM og_passage_fts f "
		     "CROSS JOIN og_passage s INDEXED BY og_passage_hit ON s.id = f.rowid "
		     "WHERE og_passage_fts MATCH ?1 AND " OG_PASSAGE_FILTER;
static const char count_sql[] =
	"SELECT count(*) FROM og_passage s WHERE s.clearance <= ?8 AND (?2 IS NULL OR s.node = ?2)";

/* How many passages a term could be in. */
static int count_passages(struct og_policies *policies, const struct og_policy_filter *filter,
			  double *ret, struct og_err *err)
{
	struct og_stmt *stmt = og_policies_prepared(policies, &policies->count, count_sql, err);
	int rc;

	if (!stmt)
		return -1;
	og_bind_text(stmt, 2, filter->node);
	og_bind_int(stmt, 8, filter->clearance);
	rc = og_stmt_step(stmt, err);
	if (rc == 1)
		*ret = (double)og_col_int(stmt, 0);
	og_stmt_reset(stmt);
	return rc < 0 ? -1 : 0;
}

static int read_hits(struct og_policies *policies, const struct og_policy_filter *filter,
		     const struct og_buf *expression, struct og_hits *hits, struct og_err *err)
{
	struct og_stmt *stmt = og_policies_prepared(policies, &policies->search, hits_sql, err);
	int more;

	if (!stmt)
		return -1;
	og_bind_textn(stmt, 1, expression->data, expression->len);
	og_policies_bind_filter(policies, stmt, filter);
	while ((more = og_stmt_step(stmt, err)) > 0) {
		struct og_fts_hits found;

		if (og_fts_hits_read(stmt, 2, &found) == 0 &&
		    og_hits_add(hits, og_col_int(stmt, 0), og_col_int(stmt, 1), &found, err) < 0) {
			og_stmt_reset(stmt);
			return -1;
		}
	}
	/* The count leaves out source and day: more hits than that are no error. */
	hits->passages = fmax(hits->passages, (double)hits->n);
	return more;
}

static int look_up(struct og_policies *policies, const struct og_policy_search *search,
		   const struct og_terms *terms, struct og_hits *ret, struct og_err *err)
{
	struct og_buf expression;
	int rc = -1;

	og_buf_init(&expression, EXPRESSION_MAX);
	og_terms_expression(terms, &expression);
	if (og_buf_check(&expression, "query", err) == 0 &&
	    count_passages(policies, &search->filter, &ret->passages, err) == 0)
		rc = read_hits(policies, &search->filter, &expression, ret, err);
	og_buf_release(&expression);
	return rc;
}

/* --- feedback ---------------------------------------------------------------------- */

/* The words of the best passages, one struct og_term for each time it stands
 * there; its weight is the share of the passage that it is. */
struct vocabulary {
	struct og_buf words;
	const char *text; /* being read */
	size_t tokens;	  /* of it */
	int failed;
};

#define VOCABULARY_MAX ((size_t)8 << 20) /* bytes */

static struct og_term *words_of(const struct vocabulary *v, size_t *ret_n)
{
	*ret_n = v->words.len / sizeof(struct og_term);
	return (struct og_term *)(void *)v->words.data;
}

static int take_word(void *arg, const char *stem, size_t len, size_t from, size_t to)
{
	struct vocabulary *v = arg;
	struct og_term term = { .weight = 1 };

	v->tokens++;
	if (len < 2 || len > OG_TERM_BYTES || to - from > OG_TERM_BYTES ||
	    og_word_is_common(v->text + from, to - from))
		return 0;
	memcpy(term.stem, stem, len);
	if (strspn(term.stem, "0123456789") == len)
		return 0;
	memcpy(term.word, v->text + from, to - from);
	return og_buf_add(&v->words, &term, sizeof(term)) < 0;
}

static int read_passage(struct og_policies *policies, int64_t passage, double weight,
			struct vocabulary *v, struct og_err *err)
{
	struct og_stmt *stmt = og_policies_prepared(
		policies, &policies->text, "SELECT text FROM og_passage WHERE id = ?1", err);
	struct og_term *words;
	size_t before, n;
	int rc = -1;

	if (!stmt)
		return -1;
	words_of(v, &before);
	og_bind_int(stmt, 1, passage);
	if (og_stmt_step(stmt, err) == 1) {
		v->text = og_col_text(stmt, 0);
		v->tokens = 0;
		rc = og_fts_tokens(policies->fts, v->text, og_col_len(stmt, 0), take_word, v, err);
	}
	og_stmt_reset(stmt);
	if (rc < 0 || og_buf_check(&v->words, "words", err) < 0)
		return -1;
	words = words_of(v, &n);
	for (size_t i = before; i < n; i++)
		words[i].weight = weight / (double)v->tokens;
	return 0;
}

static int by_stem(const void *a, const void *b)
{
	return strcmp(((const struct og_term *)a)->stem, ((const struct og_term *)b)->stem);
}

static int by_weight(const void *a, const void *b)
{
	const struct og_term *x = a, *y = b;

	return x->weight < y->weight ? 1 : x->weight > y->weight ? -1 : strcmp(x->stem, y->stem);
}

/* Each word once, with all its weight, the heaviest first; how many. */
static size_t merge(struct vocabulary *v)
{
	size_t n, kept = 0;
	struct og_term *words = words_of(v, &n);

	if (n > 0)
		qsort(words, n, sizeof(*words), by_stem);
	for (size_t i = 0; i < n; i++)
		if (kept > 0 && strcmp(words[kept - 1].stem, words[i].stem) == 0)
			words[kept - 1].weight += words[i].weight;
		else
			words[kept++] = words[i];
	if (kept > 0)
		qsort(words, kept, sizeof(*words), by_weight);
	return kept;
}

static int read_best(struct og_policies *policies, const struct og_top *best, struct vocabulary *v,
		     struct og_err *err)
{
	for (size_t i = 0; i < best->n; i++) {
		double weight = pow(best->best[i].score / best->best[0].score, SURE);

		if (read_passage(policies, best->best[i].number, weight, v, err) < 0)
			return -1;
	}
	return 0;
}

/* What the passages say of the subject, and where it is among the terms. */
struct guess {
	int term;
	double weight;
};

/* The terms of the second search: those asked for, and the guesses. */
static size_t guess(const struct og_term *words, size_t n, struct og_terms *terms,
		    struct guess *ret)
{
	size_t guesses = 0;

	for (size_t i = 0; i < n && i < GUESSED; i++) {
		struct og_term none = words[i];

		none.weight = 0;
		if (!og_terms_add(terms, &none))
			continue;
		ret[guesses].term = og_terms_find(terms, words[i].stem, strlen(words[i].stem));
		ret[guesses++].weight = words[i].weight;
	}
	return guesses;
}

static int by_guess(const void *a, const void *b)
{
	const struct guess *x = a, *y = b;

	return x->weight < y->weight ? 1 : x->weight > y->weight ? -1 : x->term - y->term;
}

/* Divides the weight between what was asked and what was guessed; rare words
 * tell more. */
static void share(const struct og_hits *hits, struct guess *guesses, size_t n,
		  struct og_terms *terms)
{
	double asked = 0, guessed = 0;

	for (size_t i = 0; i < n; i++) {
		double df = fmax((double)hits->df[guesses[i].term], 1);

		guesses[i].weight *= log((hits->passages + 1) / df);
	}
	qsort(guesses, n, sizeof(*guesses), by_guess);
	n = n < TAKEN ? n : TAKEN;
	for (size_t i = 0; i < n; i++)
		guessed += guesses[i].weight;
	for (size_t i = 0; i < terms->n; i++)
		asked += terms->term[i].weight;
	for (size_t i = 0; i < terms->n; i++)
		terms->term[i].weight *= ASKED / asked;
	for (size_t i = 0; i < n && guessed > 0; i++)
		terms->term[guesses[i].term].weight += (1 - ASKED) * guesses[i].weight / guessed;
}

/* The search again, with what its best passages say. */
static int search_again(struct og_policies *policies, const struct og_policy_search *search,
			const struct og_terms *asked, const struct og_top *best, struct og_top *top,
			struct og_err *err)
{
	struct og_terms terms = *asked;
	struct guess guesses[GUESSED];
	struct vocabulary v = { .text = NULL };
	struct og_hits hits;
	size_t n;
	int rc = -1;

	og_buf_init(&v.words, VOCABULARY_MAX);
	og_hits_init(&hits);
	if (read_best(policies, best, &v, err) < 0)
		goto out;
	n = merge(&v);
	n = guess(words_of(&v, &(size_t){ 0 }), n, &terms, guesses);
	if (look_up(policies, search, &terms, &hits, err) < 0)
		goto out;
	share(&hits, guesses, n, &terms);
	og_hits_score(&hits, &terms, search->one_each, top);
	rc = 0;
out:
	og_buf_release(&v.words);
	og_hits_release(&hits);
	return rc;
}

int og_rank_words(struct og_policies *policies, const struct og_policy_search *search,
		  struct og_terms *terms, struct og_top *top, struct og_err *err)
{
	struct og_best room[FEEDBACK];
	struct og_top best = { room, FEEDBACK, 0 };
	struct og_hits hits;
	int rc = -1;

	if (og_terms_of(policies->fts, search->query, terms, err) < 0)
		return -1;
	if (terms->n == 0)
		return 0;
	og_hits_init(&hits);
	if (look_up(policies, search, terms, &hits, err) < 0)
		goto out;
	if (hits.n > FEEDBACK && hits.passages <= OG_RANK_FEEDBACK_MAX) {
		og_hits_score(&hits, terms, 0, &best);
		rc = search_again(policies, search, terms, &best, top, err);
	} else {
		og_hits_score(&hits, terms, search->one_each, top);
		rc = 0;
	}
out:
	og_hits_release(&hits);
	return rc;
}
