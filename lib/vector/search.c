/* Searching og_block, here or in its copy. See blocks.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/vector/blocks-internal.h"

/* Those who may be among the best and wait for being scored by their values. */
#define WAITING_MAX 1024

struct waiting {
	int64_t passage, vector;
	float score, most;
};

struct seek {
	struct og_blocks *blocks;
	const struct og_block_search *search;
	struct og_code_query query;
	struct waiting *waiting;
	size_t n;
	struct og_top least; /* what passages are at least, by their codes */
	struct og_top *ret;
	float enough;	       /* whoever is at most less is not among the best */
	size_t wanted, missed; /* rows, and those the copy did not have */
};

static int by_number(const void *a, const void *b)
{
	const int64_t *left = a, *right = b;

	return *left < *right ? -1 : *left > *right;
}

static int wanted(const struct og_block_slot *slot, const struct og_block_search *search)
{
	if (slot->clearance < 1 || slot->clearance > search->clearance)
		return 0;
	if (search->kinds && (slot->kind > 31 || !(search->kinds >> slot->kind & 1)))
		return 0;
	return search->n_without == 0 || !bsearch(&slot->passage, search->without,
						  search->n_without, sizeof(int64_t), by_number);
}

/* --- by values ---------------------------------------------------------------------- */

static void raise_to(struct seek *seek, const struct og_top *top)
{
	if (top->n == top->k)
		seek->enough = fmaxf(seek->enough, (float)top->best[top->k - 1].score);
}

/* One whose values are gone keeps the score of its codes. */
static int score_by_values(struct seek *seek, const struct waiting *one, double *ret,
			   struct og_err *err)
{
	const struct og_vector *vector = seek->search->vector;
	struct og_stmt *stmt = og_block_statement(seek->blocks, OG_BLOCK_VALUES, err);
	int there;

	if (!stmt)
		return -1;
	og_bind_int(stmt, 1, one->vector);
	there = og_stmt_step(stmt, err);
	if (there < 0)
		return -1;
	*ret = (double)one->score;
	if (there > 0 && og_col_len(stmt, 0) == vector->n * sizeof(float))
		*ret = og_vector_cosine(og_col_blob(stmt, 0), vector->values, vector->n);
	og_stmt_reset(stmt);
	return 0;
}

/* The most promising first; passages of one text together. */
static int by_promise(const void *a, const void *b)
{
	const struct waiting *left = a, *right = b;

	if (left->most > right->most || left->most < right->most)
		return left->most > right->most ? -1 : 1;
	return by_number(&left->vector, &right->vector);
}

/* Scores those who wait, until none that is left can be among the best. */
static int score_waiting(struct seek *seek, struct og_err *err)
{
	double score = 0;

	qsort(seek->waiting, seek->n, sizeof(*seek->waiting), by_promise);
	for (size_t i = 0; i < seek->n && !(seek->waiting[i].most < seek->enough); i++) {
		const struct waiting *one = &seek->waiting[i];

		if ((i == 0 || one->vector != one[-1].vector) &&
		    score_by_values(seek, one, &score, err) < 0)
			return -1;
		og_top_offer(seek->ret, one->passage, score);
		raise_to(seek, seek->ret);
	}
	seek->n = 0;
	return 0;
}

/* --- by codes ----------------------------------------------------------------------- */

static int look_closer(struct seek *seek, const struct og_block_slot *slot, float step, int32_t sum,
		       struct og_err *err)
{
	float off = og_codes_off(&seek->query, slot->left_out);
	float score = (float)sum * seek->query.fine_step * step;

	if (!(score + off >= seek->enough))
		return 0;
	if (seek->n == WAITING_MAX && score_waiting(seek, err) < 0)
		return -1;
	seek->waiting[seek->n++] =
		(struct waiting){ slot->passage, slot->vector, score, score + off };
	og_top_offer(&seek->least, slot->passage, (double)(score - off));
	raise_to(seek, &seek->least);
	return 0;
}

/* The rest of a row: the one in the database where stmt stands on it. */
static int rest_of(struct seek *seek, const struct og_block_view *view, struct og_stmt *stmt,
		   struct og_block_rest *ret)
{
	if (!stmt)
		return og_copy_rest(seek->blocks->copy, view, ret);
	og_block_rest(stmt, ret);
	return ret->slots && ret->low;
}

/* Looks at a row: 0; 1 when it was no use, and nothing came of it; -1. */
static int look_at(struct seek *seek, const struct og_block_view *view, struct og_stmt *stmt,
		   struct og_err *err)
{
	const struct og_codes_way *way = seek->blocks->way;
	struct og_code_scale scales[OG_BLOCK_SLOTS];
	struct og_block_rest rest = { NULL, NULL };
	int32_t sums[OG_BLOCK_SLOTS];
	struct og_block_slot slot;

	way->high(&seek->query, view->high, view->used, sums);
	memcpy(scales, view->scales, view->used * sizeof(*scales));
	for (size_t i = 0; i < view->used; i++) {
		if (og_codes_most(&seek->query, &scales[i], sums[i]) < seek->enough)
			continue;
		if (!rest.slots && !rest_of(seek, view, stmt, &rest))
			return 1;
		memcpy(&slot, rest.slots + i * sizeof(slot), sizeof(slot));
		if (!wanted(&slot, seek->search))
			continue;
		sums[i] = way->whole(&seek->query, view->high + i * view->half,
				     rest.low + i * view->half);
		if (look_closer(seek, &slot, scales[i].step, sums[i], err) < 0)
			return -1;
	}
	return 0;
}

/* A row as the database has it. */
static int look_here(struct seek *seek, int64_t id, struct og_err *err)
{
	struct og_stmt *stmt = og_block_statement(seek->blocks, OG_BLOCK_ONE, err);
	struct og_block_view view;
	int rc;

	if (!stmt)
		return -1;
	og_bind_int(stmt, 1, id);
	rc = og_stmt_step(stmt, err);
	if (rc <= 0)
		return rc;
	if (!og_block_view(stmt, &view) || 2 * view.half != seek->query.stride)
		return og_block_damaged(stmt, err);
	rc = look_at(seek, &view, stmt, err);
	og_stmt_reset(stmt);
	return rc > 0 ? og_fail_nomem(err) : rc;
}

static int look_at_row(struct seek *seek, int64_t id, int64_t stamp, struct og_err *err)
{
	struct og_block_view view;
	int rc = 1;

	seek->wanted++;
	if (og_copy_find(seek->blocks->copy, id, stamp, &view) &&
	    2 * view.half == seek->query.stride)
		rc = look_at(seek, &view, NULL, err);
	if (rc <= 0)
		return rc;
	seek->missed++;
	return look_here(seek, id, err);
}

static int look_at_all(struct seek *seek, struct og_err *err)
{
	const struct og_block_search *search = seek->search;
	struct og_stmt *stmt =
		og_block_of_space(seek->blocks, search->node ? OG_BLOCK_ALL_OF_NODE : OG_BLOCK_ALL,
				  search->key, search->node, err);
	int more;

	if (!stmt)
		return -1;
	while ((more = og_stmt_step(stmt, err)) > 0)
		if (look_at_row(seek, og_col_int(stmt, 0), og_col_int(stmt, 1), err) < 0) {
			og_stmt_reset(stmt);
			return -1;
		}
	return more;
}

int og_blocks_search(struct og_blocks *blocks, const struct og_block_search *search,
		     struct og_top *ret, struct og_err *err)
{
	const struct og_vector *vector = search->vector;
	struct seek seek = { .blocks = blocks, .search = search, .ret = ret, .enough = -INFINITY };
	void *room;
	int rc = -1;

	if (ret->k == 0)
		return 0;
	room = malloc(og_codes_room(vector->n));
	seek.waiting = malloc(WAITING_MAX * sizeof(*seek.waiting));
	seek.least.best = calloc(ret->k, sizeof(*seek.least.best));
	seek.least.k = ret->k;
	if (!room || !seek.waiting || !seek.least.best) {
		og_fail_nomem(err);
	} else {
		og_codes_query(vector->values, vector->n, room, &seek.query);
		rc = look_at_all(&seek, err);
	}
	if (rc == 0)
		rc = score_waiting(&seek, err);
	if (rc == 0)
		og_copy_renew(blocks->copy, blocks->db, seek.wanted, seek.missed);
	free(room);
	free(seek.waiting);
	free(seek.least.best);
	return rc;
}
