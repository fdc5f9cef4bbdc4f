/*
 * What is said to a Qdrant server and what its answers mean, without a
 * server: bodies as text, and answers as text with the status they came
 * with. Everything read here is hostile.
 */
#ifndef OG_POLICY_QDRANT_WIRE_H
#define OG_POLICY_QDRANT_WIRE_H

#include "lib/base/buf.h"
#include "lib/policy/qdrant.h"

#define OG_QDRANT_BODY_MAX ((size_t)4 << 20) /* either way */

/* What is filtered by has an index, so that a server which allows no other
 * filters (strict mode) answers too. */
#define OG_QDRANT_INDEXES 9
struct og_qdrant_index {
	const char *field, *type;
};
extern const struct og_qdrant_index og_qdrant_indexes[OG_QDRANT_INDEXES];

struct og_qdrant_batch {
	const char *instance;
	const struct og_qdrant_point *points;
	size_t n;
};

struct og_qdrant_version {
	const char *instance, *policy, *hash;
	int64_t seq;
};

/* --- bodies; the buffer is empty, with OG_QDRANT_BODY_MAX as its maximum --- */

int og_qdrant_say_create(size_t width, struct og_buf *out, struct og_err *err);
int og_qdrant_say_index(size_t i, struct og_buf *out, struct og_err *err);
/* As many points as one request takes; *ret_n, at least 1, are in it. */
int og_qdrant_say_points(const struct og_qdrant_batch *batch, struct og_buf *out, size_t *ret_n,
			 struct og_err *err);
int og_qdrant_say_have(const struct og_qdrant_batch *batch, struct og_buf *out, struct og_err *err);
int og_qdrant_say_query(const struct og_qdrant_query *query, struct og_buf *out,
			struct og_err *err);
/* policy, hash: or NULL. */
int og_qdrant_say_count(const struct og_qdrant_version *version, struct og_buf *out,
			struct og_err *err);
int og_qdrant_say_scroll(const char *instance, const json_t *offset, struct og_buf *out,
			 struct og_err *err);
/* Which points there are of other versions: the first of them. */
int og_qdrant_say_others(const struct og_qdrant_version *version, struct og_buf *out,
			 struct og_err *err);
/* Those of them with these ids, unless they are newer than version->seq. */
int og_qdrant_say_drop(const struct og_qdrant_version *version, const json_t *ids,
		       struct og_buf *out, struct og_err *err);
/* What is older, and of its hash, gets its seq. */
int og_qdrant_say_renew(const struct og_qdrant_version *version, struct og_buf *out,
			struct og_err *err);
/* --- answers ------------------------------------------------------------------ */

/* The envelope: *ret is a new reference to its "result". A status other than
 * 200 is an error with the server's own words; what doing names. */
int og_qdrant_hear(const char *doing, int status, const char *body, size_t len, json_t **ret,
		   struct og_err *err);
/* Was it done, and not only taken? */
int og_qdrant_hear_update(const char *doing, const json_t *result, struct og_err *err);
int og_qdrant_hear_exists(const json_t *result, int *ret, struct og_err *err);
int og_qdrant_hear_state(const json_t *result, struct og_qdrant_state *ret, unsigned *ret_indexes,
			 struct og_err *err);
int og_qdrant_hear_count(const json_t *result, int64_t *ret, struct og_err *err);
int og_qdrant_hear_have(const json_t *result, const struct og_qdrant_batch *batch,
			unsigned char *ret, struct og_err *err);
int og_qdrant_hear_hits(const json_t *result, const struct og_qdrant_query *query,
			struct og_qdrant_hit *ret, size_t *ret_n, size_t *ret_left,
			struct og_err *err);

/* *ret: new array of the ids, which may be empty; *ret_seq: of the newest. */
int og_qdrant_hear_others(const json_t *result, json_t **ret, int64_t *ret_seq, struct og_err *err);

struct og_qdrant_reader {
	const char *instance;
	og_qdrant_take_fn *take;
	void *arg;
	int64_t foreign; /* counted on */
};
/* Hands on the points of a page. *ret_n: how many are on it; *ret_next: new
 * reference to where the next one begins, NULL at the end. */
int og_qdrant_hear_page(const json_t *result, struct og_qdrant_reader *reader, size_t *ret_n,
			json_t **ret_next, struct og_err *err);

#endif
