/* The embedded store: og_vector in erp.db. See vector.h. */
#include <stdlib.h>
#include <string.h>

#include "lib/vector/vector.h"

enum { GET, HAVE, PUT, WIDTH, COUNT, DROP, STATEMENTS };

static const char *const sql[STATEMENTS] = {
	[GET] = "SELECT vector FROM main.og_vector WHERE model = ?1 AND dimension = ?2 "
		"AND task = ?3 AND digest = ?4",
	[HAVE] = "SELECT vector = ?5 FROM main.og_vector WHERE model = ?1 AND dimension = ?2 "
		 "AND task = ?3 AND digest = ?4",
	[PUT] = "INSERT INTO main.og_vector(model, dimension, task, digest, vector) "
		"VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE SET vector = excluded.vector",
	[WIDTH] = "SELECT length(vector) FROM main.og_vector WHERE model = ?1 AND dimension = ?2 "
		  "AND task = ?3 LIMIT 1",
	[COUNT] = "SELECT count(*) FROM main.og_vector WHERE model = ?1 AND dimension = ?2 "
		  "AND task = ?3",
	[DROP] = "DELETE FROM main.og_vector WHERE model = ?1 AND dimension = ?2 AND task = ?3",
};

struct og_vectors {
	struct og_db *db;
	struct og_stmt *statements[STATEMENTS];
};

const char *og_vector_task_name(enum og_vector_task task)
{
	return task == OG_VECTOR_QUERY ? "query" : "document";
}

int og_vectors_new(struct og_db *db, struct og_vectors **ret, struct og_err *err)
{
	struct og_vectors *vectors = calloc(1, sizeof(*vectors));

	if (!vectors)
		return og_fail_nomem(err);
	vectors->db = db;
	*ret = vectors;
	return 0;
}

void og_vectors_free(struct og_vectors *vectors)
{
	if (!vectors)
		return;
	for (size_t i = 0; i < STATEMENTS; i++)
		og_stmt_free(vectors->statements[i]);
	free(vectors);
}

/* Prepared at its first use, with the key bound; NULL with err. */
static struct og_stmt *statement(struct og_vectors *vectors, int which,
				 const struct og_vector_key *key, enum og_vector_task task,
				 struct og_err *err)
{
	struct og_stmt **stmt = &vectors->statements[which];

	if (!*stmt && og_stmt_new(vectors->db, sql[which], stmt, err) < 0)
		return NULL;
	og_bind_text(*stmt, 1, key->model);
	og_bind_int(*stmt, 2, key->dimension);
	og_bind_text(*stmt, 3, og_vector_task_name(task));
	return *stmt;
}

/* Runs a statement that gives one number: 1, 0 no row, -1. */
static int number(struct og_stmt *stmt, int64_t *ret, struct og_err *err)
{
	int found = stmt ? og_stmt_step(stmt, err) : -1;

	if (found == 1)
		*ret = og_col_int(stmt, 0);
	if (stmt)
		og_stmt_reset(stmt);
	return found;
}

/* Documents set the width; who may only search does not. 1: it has theirs;
 * 0: there are none; -1. */
static int same_width(struct og_vectors *vectors, const struct og_vector_key *key, size_t n,
		      struct og_err *err)
{
	int64_t bytes = 0;
	int found = number(statement(vectors, WIDTH, key, OG_VECTOR_DOCUMENT, err), &bytes, err);

	if (found <= 0 || (size_t)bytes == n * sizeof(float))
		return found;
	og_fail(err, OG_EDATA, "vector: it has %zu values, those of '%s' have %lld", n, key->model,
		(long long)bytes / (long long)sizeof(float));
	return og_hint(err, "a model that changed its width needs another name or dimension");
}

/* Queries come without end; they can be made again. */
static int make_room(struct og_vectors *vectors, const struct og_vector_key *key,
		     struct og_err *err)
{
	int64_t n = 0;
	struct og_stmt *stmt;

	if (number(statement(vectors, COUNT, key, OG_VECTOR_QUERY, err), &n, err) < 0)
		return -1;
	if (n < OG_VECTOR_QUERIES)
		return 0;
	stmt = statement(vectors, DROP, key, OG_VECTOR_QUERY, err);
	return stmt ? og_stmt_run(stmt, err) : -1;
}

/* The statement with a vector and its text's digest bound; NULL with err. */
static struct og_stmt *with_vector(struct og_vectors *vectors, int which,
				   const struct og_vector_key *key, enum og_vector_task task,
				   const char *digest, const struct og_vector *vector,
				   struct og_err *err)
{
	struct og_stmt *stmt = statement(vectors, which, key, task, err);

	if (!stmt)
		return NULL;
	og_bind_text(stmt, 4, digest);
	og_bind_blob(stmt, 5, vector->values, vector->n * sizeof(float));
	return stmt;
}

int og_vectors_put(struct og_vectors *vectors, const struct og_vector_key *key,
		   enum og_vector_task task, const char *digest, const struct og_vector *vector,
		   struct og_err *err)
{
	int64_t same = 0;
	struct og_stmt *stmt;
	int known = same_width(vectors, key, vector->n, err), found;

	if (known < 0)
		return -1;
	if (task == OG_VECTOR_QUERY && known == 0)
		return OG_VECTOR_SAME;
	found = number(with_vector(vectors, HAVE, key, task, digest, vector, err), &same, err);
	if (found < 0 || (found == 1 && same))
		return found < 0 ? -1 : OG_VECTOR_SAME;
	if (task == OG_VECTOR_QUERY && make_room(vectors, key, err) < 0)
		return -1;
	stmt = with_vector(vectors, PUT, key, task, digest, vector, err);
	if (!stmt || og_stmt_run(stmt, err) < 0)
		return -1;
	return found == 1 ? OG_VECTOR_OTHER : OG_VECTOR_NEW;
}

int og_vectors_get(struct og_vectors *vectors, const struct og_vector_key *key,
		   enum og_vector_task task, const char *digest, struct og_vector *ret,
		   struct og_err *err)
{
	struct og_stmt *stmt = statement(vectors, GET, key, task, err);
	size_t len;
	int found;

	if (!stmt)
		return -1;
	og_bind_text(stmt, 4, digest);
	found = og_stmt_step(stmt, err);
	if (found != 1)
		return found;
	len = og_col_len(stmt, 0);
	ret->values = malloc(len ? len : 1);
	if (ret->values) {
		memcpy(ret->values, og_col_blob(stmt, 0), len);
		ret->n = len / sizeof(float);
	}
	og_stmt_reset(stmt);
	return ret->values ? 1 : og_fail_nomem(err);
}
