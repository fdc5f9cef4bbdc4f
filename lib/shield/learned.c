#include "lib/shield/learned.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <string.h>

#include "lib/learn/learn.h"

/* NULL in *ret when there is none of this digest that can be read. */
static int recall(struct og_shield *shield, const struct og_hash *digest, struct og_learner **ret,
		  struct og_err *err)
{
	struct og_err damaged = OG_ERR_INIT;
	struct og_stmt *stmt = NULL;
	int there;

	*ret = NULL;
	if (og_stmt_new(shield->db, "SELECT bytes FROM og_learned WHERE digest = ?1", &stmt, err) <
	    0)
		return -1;
	og_bind_blob(stmt, 1, digest->b, sizeof(digest->b));
	there = og_stmt_step(stmt, err);
	if (there == 1 &&
	    og_learner_read(og_col_blob(stmt, 0), og_col_len(stmt, 0), ret, &damaged) < 0)
		og_err_clear(&damaged);
	og_stmt_free(stmt);
	return there < 0 ? -1 : 0;
}

static int build(struct og_shield *shield, const json_t *docs, struct og_err *err)
{
	struct og_learner *learner = NULL;
	struct og_hash digest;
	int many = og_matcher_digest(docs, &digest, err);

	if (many < 0 || (many && recall(shield, &digest, &learner, err) < 0))
		return -1;
	shield->to_learn = many && learner == NULL;
	return og_matcher_with(docs, learner, &shield->matcher, err);
}

/* All skills as JSON, and what a sentence was taken apart in, were needed this
 * once; an allocator that keeps such heaps of it would hold them for ever. */
static void give_back(void)
{
#ifdef __GLIBC__
	malloc_trim(0);
#endif
}

int og_shield_matcher(struct og_shield *shield, struct og_matcher **ret, struct og_err *err)
{
	json_t *docs = NULL;
	int64_t epoch;
	int rc;

	if (og_graph_epoch(shield->graph, &epoch, err) < 0)
		return -1;
	if (shield->matcher && shield->matcher_epoch == epoch) {
		*ret = shield->matcher;
		return 0;
	}
	og_matcher_free(shield->matcher);
	shield->matcher = NULL;
	if (og_graph_docs(shield->graph, &docs, err) < 0)
		return -1;
	rc = build(shield, docs, err);
	json_decref(docs);
	give_back();
	shield->matcher_epoch = epoch;
	*ret = shield->matcher;
	return rc;
}

/* One is enough: that of the graph as it is. */
static int keep(struct og_shield *shield, const struct og_hash *digest, const struct og_buf *bytes,
		struct og_err *err)
{
	struct og_stmt *stmt = NULL;
	int rc = -1;

	if (og_db_begin(shield->db, 1, err) < 0)
		return -1;
	if (og_db_exec(shield->db, "DELETE FROM og_learned", err) == 0 &&
	    og_stmt_new(shield->db, "INSERT INTO og_learned(digest, bytes) VALUES (?1, ?2)", &stmt,
			err) == 0) {
		og_bind_blob(stmt, 1, digest->b, sizeof(digest->b));
		og_bind_blob(stmt, 2, bytes->data, bytes->len);
		rc = og_stmt_run(stmt, err);
	}
	og_stmt_free(stmt);
	if (rc == 0)
		return og_db_commit(shield->db, err);
	og_db_rollback(shield->db);
	return -1;
}

static int learn(struct og_shield *shield, const json_t *docs, struct og_err *err)
{
	struct og_learner *learner = NULL;
	struct og_hash digest;
	struct og_buf bytes;
	int rc = -1;

	if (og_matcher_digest(docs, &digest, err) <= 0 ||
	    recall(shield, &digest, &learner, err) < 0)
		return -1;
	if (learner != NULL) { /* another shield was faster */
		og_learner_free(learner);
		return 0;
	}
	og_buf_init(&bytes, OG_LEARN_BYTES_MAX);
	if (og_matcher_learn(docs, &learner, err) == 0 &&
	    og_learner_write(learner, &bytes, err) == 0)
		rc = keep(shield, &digest, &bytes, err);
	og_learner_free(learner);
	og_buf_release(&bytes);
	return rc;
}

void og_shield_learn(struct og_shield *shield)
{
	struct og_err err = OG_ERR_INIT;
	json_t *docs = NULL;

	if (!shield->to_learn || og_db_in_transaction(shield->db))
		return;
	shield->to_learn = 0;
	if (og_graph_docs(shield->graph, &docs, &err) == 0 && learn(shield, docs, &err) == 0) {
		og_matcher_free(shield->matcher); /* the next one asks it */
		shield->matcher = NULL;
	}
	json_decref(docs);
	og_err_clear(&err);
}
