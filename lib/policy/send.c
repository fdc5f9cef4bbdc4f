/* What a store elsewhere is given; see remote.h. */
#include <stdlib.h>
#include <string.h>

#include "lib/policy/store-internal.h"

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

/* Where nobody says whose: the last ones that came. */
static int newest_width(struct og_db *db, size_t *ret, struct og_err *err)
{
	struct og_stmt *stmt;
	int found;

	if (og_stmt_new(db,
			"SELECT length(vector) FROM og_vector WHERE task = 'document' "
			"ORDER BY id DESC LIMIT 1",
			&stmt, err) < 0)
		return -1;
	found = og_stmt_step(stmt, err);
	*ret = found == 1 ? (size_t)og_col_int(stmt, 0) / sizeof(float) : 0;
	og_stmt_free(stmt);
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
		if (!there && newest_width(policies->db, &width, err) < 0)
			return -1;
	}
	*ret = width;
	return width ? og_qdrant_setup(policies->remote, width, err) : 0;
}

/* --- sending --------------------------------------------------------------------------- */

struct version {
	int64_t id, clearance;
	int64_t seq; /* the ledger's next number, read after the row: what is told
		      * of a later version has a higher one */
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
	if (found >= 0 && og_db_int(policies->db,
				    "SELECT coalesce(max(seq), 0) + 1 "
				    "FROM audit_ledger",
				    &ret->seq, err) < 0)
		return -1;
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

/* Sends those of a batch that are not there as they are: of a document whose
 * passages get their vectors bit by bit, each is sent once. */
static int send_batch(struct og_qdrant *qdrant, const struct batch *batch, int64_t *there,
		      struct og_err *err)
{
	unsigned char have[BATCH];
	struct og_qdrant_point *lacking;
	size_t n = 0;
	int rc;

	if (batch->n == 0)
		return 0;
	lacking = calloc(batch->n, sizeof(*lacking));
	if (!lacking)
		return og_fail_nomem(err);
	rc = og_qdrant_have(qdrant, batch->points, batch->n, have, err);
	for (size_t i = 0; rc == 0 && i < batch->n; i++)
		if (!have[i])
			lacking[n++] = batch->points[i];
	*there += (int64_t)(batch->n - n);
	if (rc == 0)
		rc = og_qdrant_put(qdrant, lacking, n, err);
	free(lacking);
	return rc;
}

/* What of a version is there now: all, and without having been sent. */
struct sent {
	int64_t all, old;
};

/* The passages of one version that this model gave vectors. */
static int send_made(struct og_policies *policies, const char *name, const struct version *version,
		     const struct og_made *made, struct sent *sent, struct og_err *err)
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
			point->seq = version->seq;
			point->key = made->key;
			if (point->clearance < version->clearance)
				point->clearance = version->clearance;
		}
		if (rc == 0)
			rc = send_batch(policies->remote, batch, &sent->old, err);
		sent->all += rc == 0 ? (int64_t)batch->n : 0;
	} while (rc == 0 && batch->n == BATCH);
	batch_clear(batch);
	free(batch);
	return rc;
}

static int send_version(struct og_policies *policies, const char *name,
			const struct version *version, size_t width, struct sent *sent,
			struct og_err *err)
{
	struct og_made made = { .model = "" };
	int found, rc = 0;

	while (rc == 0 && (found = og_made_next(policies->db, &made, err)) != 0)
		if (found < 0)
			rc = -1;
		else if (made.width == width)
			rc = send_made(policies, name, version, &made, sent, err);
	/* What was told before this and comes late must not remove them. */
	if (rc == 0 && sent->old > 0)
		rc = og_qdrant_renew(policies->remote, name, version->hash, version->seq, err);
	return rc;
}

static const char width_of_version_sql[] =
	"SELECT length(v.vector) FROM og_passage s JOIN og_vector v ON v.digest = s.digest "
	"AND v.task = 'document' WHERE s.policy = ?1 ORDER BY v.id DESC LIMIT 1";

/* Nothing of it fits the collection: is that because it has no vectors, or
 * because they are of another width? */
static int nothing_fits(struct og_policies *policies, const struct version *version, size_t width,
			struct og_err *err)
{
	struct og_stmt *stmt;
	size_t other = 0;
	int found;

	if (og_stmt_new(policies->db, width_of_version_sql, &stmt, err) < 0)
		return -1;
	og_bind_int(stmt, 1, version->id);
	found = og_stmt_step(stmt, err);
	if (found == 1)
		other = (size_t)og_col_int(stmt, 0) / sizeof(float);
	og_stmt_free(stmt);
	if (found <= 0 || other == width)
		return found < 0 ? -1 : 0;
	og_fail(err, OG_ECONF,
		"vectors' store: the collection is for vectors of %zu values, these have %zu",
		width, other);
	return og_hint(err, "name another collection in og.conf, or remove this one there");
}

static int send_once(struct og_policies *policies, const char *name,
		     const struct og_vector_key *prefer, int64_t *ret_points, struct og_err *err)
{
	struct version version = { 0 };
	struct sent sent = { 0, 0 };
	size_t width;
	int there = active(policies, name, &version, err);
	if (there < 0 || prepare(policies, prefer, &width, err) < 0)
		return -1;
	*ret_points = 0;
	if (width == 0)
		return 0;
	if (there && send_version(policies, name, &version, width, &sent, err) < 0)
		return -1;
	if (there && sent.all == 0 && nothing_fits(policies, &version, width, err) < 0)
		return -1;
	if (og_qdrant_drop(policies->remote, name, there ? version.hash : NULL, err) < 0)
		return -1;
	*ret_points = sent.all;
	return 0;
}

/* A collection that was removed since it was last seen is made again. */
int og_policies_send(struct og_policies *policies, const char *name,
		     const struct og_vector_key *prefer, int64_t *ret_points, struct og_err *err)
{
	struct og_err why = OG_ERR_INIT;

	if (!policies->remote)
		return og_fail(err, OG_EBUG, "policies: no store elsewhere is attached");
	if (send_once(policies, name, prefer, ret_points, &why) == 0)
		return 0;
	if (why.code == OG_ENOINPUT)
		return send_once(policies, name, prefer, ret_points, err);
	og_fail(err, why.code, "%s", why.msg);
	return og_hint(err, "%s", why.hint);
}
