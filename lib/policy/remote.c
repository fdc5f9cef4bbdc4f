/* What is believed of a store elsewhere, and what it is given; see remote.h. */
#include "lib/policy/remote.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/policy/store-internal.h"

/* Of a cosine: what a store may lose by counting with fewer bits. A vector
 * of another text is further away than that, or no worse. */
#define SCORE_SLACK 0.02

void og_policies_attach(struct og_policies *policies, struct og_qdrant *qdrant)
{
	policies->remote = qdrant;
}

const struct og_policies_asked *og_policies_asked(const struct og_policies *policies)
{
	return &policies->asked;
}

/* --- searching ----------------------------------------------------------------------- */

static const char held_sql[] =
	"SELECT s.id, max(p.clearance, s.clearance), p.hash, s.node, p.source, v.vector "
	"FROM og_policy p JOIN og_passage s ON s.policy = p.id AND s.digest = ?2 "
	"JOIN og_vector v ON v.model = ?3 AND v.dimension = ?4 AND v.task = 'document' "
	"AND v.digest = s.digest WHERE p.name = ?1 AND p.active = 1 ORDER BY s.id";

static int is(const char *value, const char *wanted)
{
	return !wanted || (value && strcmp(value, wanted) == 0);
}

static int by_number(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Is the row that is here what the hit says it is? *ret_score: as it is here. */
static int agrees(struct og_stmt *row, const struct og_policy_search *search,
		  const struct og_block_search *by, const struct og_qdrant_hit *hit,
		  double *ret_score)
{
	const struct og_vector *asked = search->vector;
	int64_t passage = og_col_int(row, 0), clearance = og_col_int(row, 1);

	if (clearance != hit->clearance || clearance > by->clearance ||
	    !is(og_col_text(row, 2), hit->hash) || !is(og_col_text(row, 3), by->node) ||
	    !is(og_col_text(row, 4), search->filter.source) ||
	    og_col_len(row, 5) != asked->n * sizeof(float))
		return 0;
	if (by->n_without &&
	    bsearch(&passage, by->without, by->n_without, sizeof(passage), by_number))
		return 0;
	*ret_score = og_vector_cosine(og_col_blob(row, 5), asked->values, asked->n);
	return fabs(*ret_score - hit->score) <= SCORE_SLACK;
}

/* 1: it counts, and was offered, as often as it stands in its document; 0: it
 * does not; -1. */
static int hold(struct og_policies *policies, const struct og_policy_search *search,
		const struct og_block_search *by, const struct og_qdrant_hit *hit,
		struct og_top *top, struct og_err *err)
{
	struct og_stmt *stmt = og_policies_prepared(policies, &policies->held, held_sql, err);
	double score = 0;
	int more, held = 0;

	if (!stmt)
		return -1;
	og_bind_text(stmt, 1, hit->policy);
	og_bind_text(stmt, 2, hit->digest);
	og_bind_text(stmt, 3, by->key->model);
	og_bind_int(stmt, 4, by->key->dimension);
	while ((more = og_stmt_step(stmt, err)) == 1)
		if (agrees(stmt, search, by, hit, &score)) {
			og_top_offer(top, og_col_int(stmt, 0), score);
			held = 1;
		}
	og_stmt_reset(stmt);
	return more < 0 ? -1 : held;
}

/* Policies that are not in force on the day: they would fill the answer. So
 * many that a filter has room for; what is left is left out here. */
static const char without_sql[] = OG_WITH_GONE
	"SELECT p.name FROM og_policy p WHERE p.active = 1 AND (?2 IS NULL OR p.node = ?2) "
	"AND NOT " OG_IN_FORCE("p") " ORDER BY p.id DESC LIMIT 1000";

static int not_wanted(struct og_policies *policies, const struct og_policy_search *search,
		      json_t *names, struct og_err *err)
{
	struct og_stmt *stmt;
	int more = 1;

	if (!search->filter.in_force)
		return 0;
	if (og_stmt_new(policies->db, without_sql, &stmt, err) < 0)
		return -1;
	og_bind_text(stmt, 2, search->filter.node);
	og_policies_bind_day(policies, stmt, search->filter.at);
	while (more == 1 && (more = og_stmt_step(stmt, err)) == 1)
		if (json_array_append_new(names, json_string(og_col_text(stmt, 0))) < 0)
			more = og_fail_nomem(err);
	og_stmt_free(stmt);
	return more;
}

/* Asks, and holds what comes against what is here. */
static int ask(struct og_policies *policies, const struct og_policy_search *search,
	       const struct og_block_search *by, const struct og_qdrant_query *query,
	       struct og_top *top, struct og_err *err)
{
	struct og_policies_asked *asked = &policies->asked;
	struct og_qdrant_hit *hits = calloc(query->limit, sizeof(*hits));
	size_t n = 0, left = 0;
	int rc = 1;

	if (!hits)
		return og_fail_nomem(err);
	asked->asked = 1;
	if (og_qdrant_search(policies->remote, query, hits, &n, &left, &asked->why) < 0)
		rc = 0;
	asked->mistrusted = rc ? (int64_t)left : 0;
	for (size_t i = 0; rc == 1 && i < n; i++) {
		int held = hold(policies, search, by, &hits[i], top, err);

		asked->mistrusted += held == 0;
		if (held < 0)
			rc = -1;
	}
	free(hits);
	return rc;
}

int og_policies_ask(struct og_policies *policies, const struct og_policy_search *search,
		    const struct og_block_search *by, struct og_top *top, struct og_err *err)
{
	json_t *without;
	int rc;

	if (!policies->remote)
		return 0;
	without = json_array();
	if (!without)
		return og_fail_nomem(err);
	rc = not_wanted(policies, search, without, err);
	if (rc == 0) {
		const struct og_qdrant_query query = {
			.clearance = by->clearance,
			.node = by->node,
			.source = search->filter.source,
			.without = without,
			.key = *by->key,
			.values = by->vector->values,
			.n = by->vector->n,
			.limit = top->k < OG_QDRANT_LIMIT ? top->k : OG_QDRANT_LIMIT,
		};

		rc = ask(policies, search, by, &query, top, err);
	}
	json_decref(without);
	return rc;
}

/* --- whose vectors fit --------------------------------------------------------------- */

static const char next_key_sql[] =
	"SELECT model, dimension FROM og_vector WHERE (model, dimension) > (?1, ?2) "
	"ORDER BY model, dimension LIMIT 1";
static const char width_sql[] =
	"SELECT length(vector) FROM og_vector WHERE model = ?1 AND dimension = ?2 "
	"AND task = 'document' LIMIT 1";

/* How wide its documents are; 0: there are none. */
static int width_of(struct og_db *db, const struct og_vector_key *key, size_t *ret,
		    struct og_err *err)
{
	struct og_stmt *stmt;
	int found;

	if (og_stmt_new(db, width_sql, &stmt, err) < 0)
		return -1;
	og_bind_text(stmt, 1, key->model);
	og_bind_int(stmt, 2, key->dimension);
	found = og_stmt_step(stmt, err);
	*ret = found == 1 ? (size_t)og_col_int(stmt, 0) / sizeof(float) : 0;
	og_stmt_free(stmt);
	return found < 0 ? -1 : 0;
}

int og_made_next(struct og_db *db, struct og_made *at, struct og_err *err)
{
	struct og_stmt *stmt;
	const char *model;
	int found;

	if (og_stmt_new(db, next_key_sql, &stmt, err) < 0)
		return -1;
	og_bind_text(stmt, 1, at->model);
	og_bind_int(stmt, 2, at->key.dimension);
	found = og_stmt_step(stmt, err);
	model = found == 1 ? og_col_text(stmt, 0) : NULL;
	if (found == 1) {
		snprintf(at->model, sizeof(at->model), "%s", model ? model : "");
		at->key = (struct og_vector_key){ at->model, og_col_int(stmt, 1) };
	}
	og_stmt_free(stmt);
	return found == 1 && width_of(db, &at->key, &at->width, err) < 0 ? -1 : found;
}

/* Where nobody says whose: those of the model that comes first. */
static int any_width(struct og_db *db, size_t *ret, struct og_err *err)
{
	struct og_made at = { .model = "" };
	int found = 1;

	*ret = 0;
	while (*ret == 0 && (found = og_made_next(db, &at, err)) == 1)
		*ret = at.width;
	return found < 0 ? -1 : 0;
}

/* Sees that the collection is there for them. *ret 0: there are no vectors,
 * and no collection yet. */
static int prepare(struct og_policies *policies, const struct og_vector_key *prefer, size_t *ret,
		   struct og_err *err)
{
	struct og_qdrant_state state;
	size_t width = 0;
	int there;

	if (prefer && width_of(policies->db, prefer, &width, err) < 0)
		return -1;
	if (width == 0) {
		there = og_qdrant_look(policies->remote, &state, err);
		if (there < 0)
			return -1;
		width = there ? (size_t)state.width : 0;
		if (!there && any_width(policies->db, &width, err) < 0)
			return -1;
	}
	*ret = width;
	return width ? og_qdrant_setup(policies->remote, width, err) : 0;
}

/* --- sending --------------------------------------------------------------------------- */

struct version {
	int64_t id, clearance;
	char hash[OG_HASH_HEX + 1], source[16];
};

/* 1 it is active here, 0, -1. */
static int active(struct og_policies *policies, const char *name, struct version *ret,
		  struct og_err *err)
{
	struct og_stmt *stmt;
	int found;

	if (og_stmt_new(policies->db,
			"SELECT id, clearance, hash, source FROM og_policy "
			"WHERE name = ?1 AND active = 1",
			&stmt, err) < 0)
		return -1;
	og_bind_text(stmt, 1, name);
	found = og_stmt_step(stmt, err);
	if (found == 1) {
		ret->id = og_col_int(stmt, 0);
		ret->clearance = og_col_int(stmt, 1);
		snprintf(ret->hash, sizeof(ret->hash), "%s", og_col_text(stmt, 2));
		snprintf(ret->source, sizeof(ret->source), "%s", og_col_text(stmt, 3));
	}
	og_stmt_free(stmt);
	return found;
}

/* A passage that stands twice in a document is one point. */
static const char points_sql[] =
	"SELECT s.id, s.clearance, s.node, s.heading, s.line, s.digest, v.vector "
	"FROM og_passage s JOIN og_vector v ON v.model = ?3 AND v.dimension = ?4 "
	"AND v.task = 'document' AND v.digest = s.digest "
	"WHERE s.policy = ?1 AND s.id > ?2 AND length(v.vector) = ?5 AND NOT EXISTS "
	"(SELECT 1 FROM og_passage o WHERE o.digest = s.digest AND o.policy = s.policy "
	"AND o.id < s.id) ORDER BY s.id LIMIT ?6";

/* Points that are read here and then sent, so that no statement is open
 * while the server is waited for. */
#define BATCH 128
struct batch {
	struct og_qdrant_point points[BATCH];
	char *texts[BATCH][3]; /* node, heading, digest */
	void *values[BATCH];
	size_t n;
	int64_t last; /* passage */
};

static void batch_clear(struct batch *batch)
{
	for (size_t i = 0; i < batch->n; i++) {
		for (size_t j = 0; j < 3; j++)
			free(batch->texts[i][j]);
		free(batch->values[i]);
	}
	batch->n = 0;
}

static char *text_of(struct og_stmt *row, int i)
{
	const char *text = og_col_text(row, i);

	return strdup(text ? text : "");
}

static int take_row(struct batch *batch, struct og_stmt *row, struct og_err *err)
{
	size_t i = batch->n++, len = og_col_len(row, 6);
	struct og_qdrant_point *point = &batch->points[i];

	for (int j = 0; j < 3; j++)
		batch->texts[i][j] = text_of(row, j == 0 ? 2 : j == 1 ? 3 : 5);
	batch->values[i] = malloc(len ? len : 1);
	if (!batch->texts[i][0] || !batch->texts[i][1] || !batch->texts[i][2] || !batch->values[i])
		return og_fail_nomem(err);
	memcpy(batch->values[i], og_col_blob(row, 6), len);
	*point = (struct og_qdrant_point){ .node = batch->texts[i][0],
					   .heading = batch->texts[i][1],
					   .digest = batch->texts[i][2],
					   .clearance = og_col_int(row, 1),
					   .line = og_col_int(row, 4),
					   .values = batch->values[i],
					   .n = len / sizeof(float) };
	batch->last = og_col_int(row, 0);
	return 0;
}

static int read_batch(struct og_policies *policies, const struct version *version,
		      const struct og_made *made, struct batch *batch, struct og_err *err)
{
	struct og_stmt *stmt;
	int more;

	batch_clear(batch);
	if (og_stmt_new(policies->db, points_sql, &stmt, err) < 0)
		return -1;
	og_bind_int(stmt, 1, version->id);
	og_bind_int(stmt, 2, batch->last);
	og_bind_text(stmt, 3, made->key.model);
	og_bind_int(stmt, 4, made->key.dimension);
	og_bind_int(stmt, 5, (int64_t)(made->width * sizeof(float)));
	og_bind_int(stmt, 6, BATCH);
	while ((more = og_stmt_step(stmt, err)) == 1 && (more = take_row(batch, stmt, err)) == 0)
		;
	og_stmt_free(stmt);
	return more;
}

/* The passages of one version that this model gave vectors. */
static int send_made(struct og_policies *policies, const char *name, const struct version *version,
		     const struct og_made *made, int64_t *sent, struct og_err *err)
{
	struct batch *batch = calloc(1, sizeof(*batch));
	int rc;

	if (!batch)
		return og_fail_nomem(err);
	do {
		rc = read_batch(policies, version, made, batch, err);
		for (size_t i = 0; rc == 0 && i < batch->n; i++) {
			struct og_qdrant_point *point = &batch->points[i];

			point->policy = name;
			point->hash = version->hash;
			point->source = version->source;
			point->key = made->key;
			if (point->clearance < version->clearance)
				point->clearance = version->clearance;
		}
		if (rc == 0)
			rc = og_qdrant_put(policies->remote, batch->points, batch->n, err);
		*sent += rc == 0 ? (int64_t)batch->n : 0;
	} while (rc == 0 && batch->n == BATCH);
	batch_clear(batch);
	free(batch);
	return rc;
}

static int send_version(struct og_policies *policies, const char *name,
			const struct version *version, size_t width, int64_t *sent,
			struct og_err *err)
{
	struct og_made made = { .model = "" };
	int found, rc = 0;

	while (rc == 0 && (found = og_made_next(policies->db, &made, err)) != 0)
		if (found < 0)
			rc = -1;
		else if (made.width == width)
			rc = send_made(policies, name, version, &made, sent, err);
	return rc;
}

int og_policies_send(struct og_policies *policies, const char *name,
		     const struct og_vector_key *prefer, int64_t *ret_points, struct og_err *err)
{
	struct version version = { 0 };
	int64_t sent = 0;
	size_t width;
	int there;

	if (!policies->remote)
		return og_fail(err, OG_EBUG, "policies: no store elsewhere is attached");
	there = active(policies, name, &version, err);
	if (there < 0 || prepare(policies, prefer, &width, err) < 0)
		return -1;
	*ret_points = 0;
	if (width == 0)
		return 0;
	if (there && send_version(policies, name, &version, width, &sent, err) < 0)
		return -1;
	if (og_qdrant_drop(policies->remote, name, there ? version.hash : NULL, err) < 0)
		return -1;
	*ret_points = sent;
	return 0;
}
