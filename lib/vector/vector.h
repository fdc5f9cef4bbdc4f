/*
 * Embeddings: vectors that stand for texts, kept by what made them (model,
 * dimension) and by the text's digest, so that no text is paid for twice
 * and two models are never mixed. Nothing here asks a model: whoever wants
 * vectors brings them.
 *
 * Vectors are 32-bit floats, little endian as they are stored, of length 1,
 * so that the product of two is the cosine between them. They are derived:
 * the ledger does not hold them, and they can all be made again.
 */
#ifndef OG_VECTOR_VECTOR_H
#define OG_VECTOR_VECTOR_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/db/db.h"

#define OG_VECTOR_DIMENSION_MAX 8192
#define OG_VECTOR_QUERIES	10000 /* kept of one model; then they go, all together */

/* What made a vector. dimension as it was asked for, 0: the model's own. */
struct og_vector_key {
	const char *model;
	int64_t dimension;
};

enum og_vector_task { OG_VECTOR_DOCUMENT, OG_VECTOR_QUERY };
const char *og_vector_task_name(enum og_vector_task task); /* "document", "query" */

struct og_vector {
	float *values; /* heap */
	size_t n;
};
void og_vector_release(struct og_vector *vector);

/* base64 of the stored form, both ways. Decoding judges: a whole number of
 * finite floats, at most the maximum, of length 1 (it is brought there from
 * anything that is not 0). OG_EDATA. */
int og_vector_decode(const char *text, size_t len, struct og_vector *ret, struct og_err *err);
int og_vector_encode(const float *values, size_t n, struct og_buf *out, struct og_err *err);

struct og_vectors;
int og_vectors_new(struct og_db *db, struct og_vectors **ret, struct og_err *err);
void og_vectors_free(struct og_vectors *vectors); /* before og_db_close() */

/* What a put came to. */
enum og_vector_kept { OG_VECTOR_SAME, OG_VECTOR_NEW, OG_VECTOR_OTHER };

/* Inside the caller's write transaction. digest: of the text, hexadecimal.
 * Returns enum og_vector_kept, or -1. All vectors of a key have as many
 * values as its first document: OG_EDATA. A query finds nothing before there
 * is one, and is not kept until then. */
int og_vectors_put(struct og_vectors *vectors, const struct og_vector_key *key,
		   enum og_vector_task task, const char *digest, const struct og_vector *vector,
		   struct og_err *err);
/* 1 found, release it; 0; -1. */
int og_vectors_get(struct og_vectors *vectors, const struct og_vector_key *key,
		   enum og_vector_task task, const char *digest, struct og_vector *ret,
		   struct og_err *err);

/* The cosine of two vectors of n values. */
double og_vector_cosine(const float *a, const float *b, size_t n);

/* The k best of a row of scores: offer each, then read them best first; of
 * equal scores the smaller number comes first. */
struct og_best {
	int64_t number;
	double score;
};
struct og_top {
	struct og_best *best; /* the caller's, k of them */
	size_t k, n;
};
void og_top_offer(struct og_top *top, int64_t number, double score);

/* Reciprocal rank fusion (Cormack, Clarke and Buettcher 2009): what two
 * rankings come to together. a and b are best first; ret has room for
 * na + nb; returns how many it holds, best first. */
#define OG_FUSE_CONSTANT 60
size_t og_fuse(const struct og_best *a, size_t na, const struct og_best *b, size_t nb,
	       struct og_best *ret);

#endif
