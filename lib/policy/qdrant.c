/*
 * The client; see qdrant.h. What is said and what answers mean is
 * qdrant-wire.h's; here they travel.
 */
#include "lib/policy/qdrant.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/policy/qdrant-wire.h"

#define SEARCH_MS 10000
#define OTHER_MS  60000
#define TRIES	  4
#define URL_MAX	  ((size_t)512)

struct og_qdrant {
	struct og_net *net;
	struct og_qdrant_place place;
	char instance[OG_QDRANT_OWNER_MAX + 1];
	int64_t search_ms, other_ms;
	size_t ready; /* width that og_qdrant_setup() has seen to, or 0 */
};

/* --- the client ------------------------------------------------------------------ */

int og_qdrant_open(const char *url, const char *instance, struct og_net *net,
		   struct og_qdrant **ret, struct og_err *err)
{
	struct og_qdrant *qdrant = calloc(1, sizeof(*qdrant));

	if (!qdrant)
		return og_fail_nomem(err);
	if (og_qdrant_place(url, &qdrant->place, err) < 0) {
		free(qdrant);
		return -1;
	}
	og_text_format(qdrant->instance, sizeof(qdrant->instance), "%s", instance);
	qdrant->net = net;
	og_qdrant_patience(qdrant, SEARCH_MS, OTHER_MS);
	*ret = qdrant;
	return 0;
}

void og_qdrant_free(struct og_qdrant *qdrant)
{
	free(qdrant);
}

const char *og_qdrant_instance(const struct og_qdrant *qdrant)
{
	return qdrant->instance;
}

void og_qdrant_patience(struct og_qdrant *qdrant, int64_t search_ms, int64_t other_ms)
{
	qdrant->search_ms = search_ms;
	qdrant->other_ms = other_ms;
}

/* --- one request -------------------------------------------------------------------- */

struct talk {
	const char *doing;	   /* for messages */
	const char *method, *path; /* below the collection */
	int search;		   /* somebody waits for it */
};

/* All of them may be sent again: they say what is to be, not what to do. */
static int send(struct og_qdrant *qdrant, const struct talk *talk, const struct og_buf *body,
		struct og_net_reply *reply, struct og_err *err)
{
	static const char *const headers[] = { "Content-Type: application/json",
					       "Accept: application/json", NULL };
	struct og_net_request request = { .method = talk->method,
					  .headers = headers,
					  .timeout_ms = talk->search ? qdrant->search_ms
								     : qdrant->other_ms,
					  .max_bytes = OG_QDRANT_BODY_MAX,
					  .tries = talk->search ? 2 : TRIES,
					  .idempotent = 1 };
	struct og_err why = OG_ERR_INIT;
	struct og_buf url;
	int rc;

	og_buf_init(&url, URL_MAX);
	og_buf_addf(&url, "%s/collections/%s%s", qdrant->place.origin, qdrant->place.collection,
		    talk->path);
	request.url = url.data;
	if (body) {
		request.body = body->data;
		request.len = body->len;
	}
	rc = og_buf_check(&url, "URL of the vectors' store", err);
	/* An answer that is too large says something about the server. */
	if (rc == 0 && og_net_call(qdrant->net, &request, reply, &why) < 0)
		rc = og_fail(err, why.code == OG_EDATA ? OG_EUNAVAIL : why.code,
			     "vectors' store: %s: %s", talk->doing, why.msg);
	og_buf_release(&url);
	return rc;
}

/* *ret: the "result", a new reference. ret_status (may be NULL) is set when
 * there was an answer at all, else 0. */
static int ask(struct og_qdrant *qdrant, const struct talk *talk, const struct og_buf *body,
	       int *ret_status, json_t **ret, struct og_err *err)
{
	struct og_net_reply reply;
	int rc;

	og_net_reply_init(&reply);
	rc = send(qdrant, talk, body, &reply, err);
	if (ret_status)
		*ret_status = rc == 0 ? reply.status : 0;
	if (rc == 0)
		rc = og_qdrant_hear(talk->doing, reply.status, reply.body.data, reply.body.len, ret,
				    err);
	if (reply.status == 404)
		qdrant->ready = 0;
	og_net_reply_release(&reply);
	return rc;
}

/* A change, which has to be done when this comes back. */
static int change(struct og_qdrant *qdrant, const struct talk *talk, const struct og_buf *body,
		  struct og_err *err)
{
	json_t *result = NULL;
	int rc = ask(qdrant, talk, body, NULL, &result, err);

	if (rc == 0)
		rc = og_qdrant_hear_update(talk->doing, result, err);
	json_decref(result);
	return rc;
}

/* --- the collection ------------------------------------------------------------------- */

static int look(struct og_qdrant *qdrant, struct og_qdrant_state *ret, unsigned *ret_indexes,
		struct og_err *err)
{
	static const struct talk exists = { "looking for the collection", "GET", "/exists", 0 };
	static const struct talk get = { "reading the collection", "GET", "", 0 };
	json_t *result = NULL;
	int there = 0, rc = ask(qdrant, &exists, NULL, NULL, &result, err);

	if (rc == 0)
		rc = og_qdrant_hear_exists(result, &there, err);
	json_decref(result);
	if (rc < 0 || !there)
		return rc;
	result = NULL;
	rc = ask(qdrant, &get, NULL, NULL, &result, err);
	if (rc == 0)
		rc = og_qdrant_hear_state(result, ret, ret_indexes, err);
	json_decref(result);
	return rc < 0 ? -1 : 1;
}

int og_qdrant_look(struct og_qdrant *qdrant, struct og_qdrant_state *ret, struct og_err *err)
{
	unsigned indexes;

	return look(qdrant, ret, &indexes, err);
}

static void fail_as(struct og_err *err, const struct og_err *why)
{
	og_fail(err, why->code, "%s", why->msg);
	og_hint(err, "%s", why->hint);
}

/* Somebody else may have made it since we looked: 409, or 400 of older
 * servers, is then no failure. What it is, the next look says. */
static int create(struct og_qdrant *qdrant, size_t width, struct og_err *err)
{
	static const struct talk put = { "making the collection", "PUT", "", 0 };
	struct og_err why = OG_ERR_INIT;
	json_t *result = NULL;
	struct og_buf body;
	int status = 0, rc;

	og_buf_init(&body, OG_QDRANT_BODY_MAX);
	rc = og_qdrant_say_create(width, &body, &why);
	if (rc == 0)
		rc = ask(qdrant, &put, &body, &status, &result, &why);
	if (rc < 0 && (status == 409 || status == 400))
		rc = 0;
	else if (rc < 0)
		fail_as(err, &why);
	json_decref(result);
	og_buf_release(&body);
	return rc;
}

static int index_fields(struct og_qdrant *qdrant, unsigned there, struct og_err *err)
{
	static const struct talk put = { "making an index", "PUT", "/index?wait=true", 0 };
	int rc = 0;

	for (unsigned i = 0; rc == 0 && i < OG_QDRANT_INDEXES; i++) {
		struct og_buf body;

		if (there & 1u << i)
			continue;
		og_buf_init(&body, OG_QDRANT_BODY_MAX);
		rc = og_qdrant_say_index(i, &body, err);
		if (rc == 0)
			rc = change(qdrant, &put, &body, err);
		og_buf_release(&body);
	}
	return rc;
}

static int agrees(const struct og_qdrant *qdrant, const struct og_qdrant_state *state, size_t width,
		  struct og_err *err)
{
	if (state->width == (int64_t)width && state->cosine)
		return 0;
	if (state->width == (int64_t)width)
		og_fail(err, OG_ECONF,
			"vectors' store: collection '%s' has another distance than "
			"Cosine",
			qdrant->place.collection);
	else
		og_fail(err, OG_ECONF,
			"vectors' store: collection '%s' is for vectors of %lld values, these have "
			"%zu",
			qdrant->place.collection, (long long)state->width, width);
	return og_hint(err, "name another collection in og.conf, or remove this one there");
}

int og_qdrant_setup(struct og_qdrant *qdrant, size_t width, struct og_err *err)
{
	struct og_qdrant_state state;
	unsigned indexes = 0;
	int there;

	if (width && qdrant->ready == width)
		return 0;
	there = look(qdrant, &state, &indexes, err);
	if (there == 0) {
		if (create(qdrant, width, err) < 0)
			return -1;
		there = look(qdrant, &state, &indexes, err);
	}
	if (there == 0)
		return og_fail(err, OG_EUNAVAIL,
			       "vectors' store: collection '%s' was made and is not there",
			       qdrant->place.collection);
	if (there < 0 || agrees(qdrant, &state, width, err) < 0 ||
	    index_fields(qdrant, indexes, err) < 0)
		return -1;
	qdrant->ready = width;
	return 0;
}

/* --- points ---------------------------------------------------------------------------- */

int og_qdrant_have(struct og_qdrant *qdrant, const struct og_qdrant_point *points, size_t n,
		   unsigned char *ret, struct og_err *err)
{
	static const struct talk post = { "looking for points", "POST", "/points", 0 };
	const struct og_qdrant_batch batch = { qdrant->instance, points, n };
	json_t *result = NULL;
	struct og_buf body;
	int rc;

	if (n > OG_QDRANT_BATCH)
		return og_fail(err, OG_EBUG, "vectors' store: %zu points at once", n);
	og_buf_init(&body, OG_QDRANT_BODY_MAX);
	rc = og_qdrant_say_have(&batch, &body, err);
	if (rc == 0)
		rc = ask(qdrant, &post, &body, NULL, &result, err);
	if (rc == 0)
		rc = og_qdrant_hear_have(result, &batch, ret, err);
	json_decref(result);
	og_buf_release(&body);
	return rc;
}

int og_qdrant_put(struct og_qdrant *qdrant, const struct og_qdrant_point *points, size_t n,
		  struct og_err *err)
{
	static const struct talk put = { "writing points", "PUT", "/points?wait=true", 0 };
	struct og_qdrant_batch batch = { qdrant->instance, points, n };
	int rc = 0;

	while (rc == 0 && batch.n > 0) {
		struct og_buf body;
		size_t taken = 0;

		og_buf_init(&body, OG_QDRANT_BODY_MAX);
		rc = og_qdrant_say_points(&batch, &body, &taken, err);
		if (rc == 0)
			rc = change(qdrant, &put, &body, err);
		og_buf_release(&body);
		batch.points += taken;
		batch.n -= taken;
	}
	return rc;
}

/* *ret: ids of some that are of other versions. */
static int others(struct og_qdrant *qdrant, const struct og_qdrant_version *version, json_t **ret,
		  int64_t *ret_seq, struct og_err *err)
{
	static const struct talk post = { "looking for old points", "POST", "/points/scroll", 0 };
	json_t *result = NULL;
	struct og_buf body;
	int rc;

	og_buf_init(&body, OG_QDRANT_BODY_MAX);
	rc = og_qdrant_say_others(version, &body, err);
	if (rc == 0)
		rc = ask(qdrant, &post, &body, NULL, &result, err);
	if (rc == 0)
		rc = og_qdrant_hear_others(result, ret, ret_seq, err);
	json_decref(result);
	og_buf_release(&body);
	return rc;
}

static int drop(struct og_qdrant *qdrant, const struct og_qdrant_version *version,
		const json_t *ids, struct og_err *err)
{
	static const struct talk post = { "removing points", "POST", "/points/delete?wait=true",
					  0 };
	struct og_buf body;
	int rc;

	og_buf_init(&body, OG_QDRANT_BODY_MAX);
	rc = og_qdrant_say_drop(version, ids, &body, err);
	if (rc == 0)
		rc = change(qdrant, &post, &body, err);
	og_buf_release(&body);
	return rc;
}

/* Page by page: one that comes again was not removed. */
int og_qdrant_drop(struct og_qdrant *qdrant, const char *policy, const char *keep,
		   struct og_err *err)
{
	struct og_qdrant_version version = { qdrant->instance, policy, keep, 0 };
	json_t *ids = NULL, *before = NULL;
	int rc;

	do {
		json_decref(before);
		before = ids;
		ids = NULL;
		version.seq = 0;
		rc = others(qdrant, &version, &ids, &version.seq, err);
		if (rc == 0 && json_array_size(ids) > 0 && json_equal(ids, before))
			rc = og_fail(err, OG_EUNAVAIL,
				     "vectors' store: it does not remove what it says it has");
		if (rc == 0 && json_array_size(ids) > 0)
			rc = drop(qdrant, &version, ids, err);
	} while (rc == 0 && json_array_size(ids) == OG_QDRANT_PAGE);
	json_decref(before);
	json_decref(ids);
	return rc;
}

int og_qdrant_renew(struct og_qdrant *qdrant, const char *policy, const char *hash, int64_t seq,
		    struct og_err *err)
{
	static const struct talk post = { "renewing points", "POST", "/points/payload?wait=true",
					  0 };
	const struct og_qdrant_version version = { qdrant->instance, policy, hash, seq };
	struct og_buf body;
	int rc;

	og_buf_init(&body, OG_QDRANT_BODY_MAX);
	rc = og_qdrant_say_renew(&version, &body, err);
	if (rc == 0)
		rc = change(qdrant, &post, &body, err);
	og_buf_release(&body);
	return rc;
}

int og_qdrant_search(struct og_qdrant *qdrant, const struct og_qdrant_query *query,
		     struct og_qdrant_hit *ret, size_t *ret_n, size_t *ret_left, struct og_err *err)
{
	static const struct talk post = { "searching", "POST", "/points/query", 1 };
	struct og_qdrant_query own = *query;
	json_t *result = NULL;
	struct og_buf body;
	int rc;

	if (query->limit < 1 || query->limit > OG_QDRANT_LIMIT)
		return og_fail(err, OG_EBUG, "vectors' store: a search for %zu", query->limit);
	own.instance = qdrant->instance;
	og_buf_init(&body, OG_QDRANT_BODY_MAX);
	rc = og_qdrant_say_query(&own, &body, err);
	if (rc == 0)
		rc = ask(qdrant, &post, &body, NULL, &result, err);
	if (rc == 0)
		rc = og_qdrant_hear_hits(result, &own, ret, ret_n, ret_left, err);
	json_decref(result);
	og_buf_release(&body);
	return rc;
}

int og_qdrant_count(struct og_qdrant *qdrant, const char *policy, const char *hash, int64_t *ret,
		    struct og_err *err)
{
	static const struct talk post = { "counting", "POST", "/points/count", 0 };
	const struct og_qdrant_version version = { qdrant->instance, policy, hash, 0 };
	json_t *result = NULL;
	struct og_buf body;
	int rc;

	og_buf_init(&body, OG_QDRANT_BODY_MAX);
	rc = og_qdrant_say_count(&version, &body, err);
	if (rc == 0)
		rc = ask(qdrant, &post, &body, NULL, &result, err);
	if (rc == 0)
		rc = og_qdrant_hear_count(result, ret, err);
	json_decref(result);
	og_buf_release(&body);
	return rc;
}

/* --- all of them -------------------------------------------------------------------------- */

/* One page from *offset on, which becomes where the next one begins. */
static int page(struct og_qdrant *qdrant, json_t **offset, struct og_qdrant_reader *reader,
		size_t *ret_n, struct og_err *err)
{
	static const struct talk post = { "reading all points", "POST", "/points/scroll", 0 };
	json_t *result = NULL, *next = NULL;
	struct og_buf body;
	int rc;

	og_buf_init(&body, OG_QDRANT_BODY_MAX);
	rc = og_qdrant_say_scroll(qdrant->instance, *offset, &body, err);
	if (rc == 0)
		rc = ask(qdrant, &post, &body, NULL, &result, err);
	if (rc == 0)
		rc = og_qdrant_hear_page(result, reader, ret_n, &next, err);
	if (rc == 0 && next && *offset && json_equal(next, *offset))
		rc = og_fail(err, OG_EUNAVAIL, "vectors' store: the same page comes again");
	if (rc == 0) {
		json_decref(*offset);
		*offset = json_incref(next);
	}
	json_decref(next);
	json_decref(result);
	og_buf_release(&body);
	return rc;
}

int og_qdrant_each(struct og_qdrant *qdrant, og_qdrant_take_fn *take, void *arg,
		   int64_t *ret_foreign, struct og_err *err)
{
	struct og_qdrant_reader reader = { qdrant->instance, take, arg, 0 };
	json_t *offset = NULL;
	int64_t all = 0;
	size_t n = 0;
	int rc;

	do {
		rc = page(qdrant, &offset, &reader, &n, err);
		all += (int64_t)n;
		if (rc == 0 && all > OG_QDRANT_POINTS_MAX)
			rc = og_fail(err, OG_EUNAVAIL, "vectors' store: more than %d points",
				     OG_QDRANT_POINTS_MAX);
	} while (rc == 0 && offset);
	json_decref(offset);
	if (rc == 0)
		*ret_foreign = reader.foreign;
	return rc;
}
