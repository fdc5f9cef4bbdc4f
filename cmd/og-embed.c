/* See og-embed.h. */
#include "cmd/og-embed.h"

#include <stdlib.h>
#include <string.h>

#include "cmd/og-main.h"
#include "cmd/og-model.h"
#include "cmd/og-progress.h"
#include "lib/base/text.h"
#include "lib/vector/vector.h"

#define BATCH	  32   /* texts in one request: their vectors fit an answer */
#define TEXT_MAX  8000 /* bytes of one; models read no more of it, or refuse */
#define ANSWER_MS 60

struct og_embedder {
	const struct og_ctx *ctx;
	const struct og_conf *conf;
	struct og_model model;
	struct og_provider *provider; /* NULL: not started yet */
	unsigned quirks;
	const char *came_to; /* the last call, for its settlement */
	const char *task;    /* whose query it is, or NULL: the session's */
	int64_t epoch;
};

int og_embedder_open(const struct og_ctx *ctx, const struct og_conf *conf, struct og_embedder **ret,
		     struct og_err *err)
{
	struct og_embedder *embedder = calloc(1, sizeof(*embedder));
	int found;

	*ret = NULL;
	if (!embedder)
		return og_fail_nomem(err);
	found = og_model_from(conf->embed, &embedder->model, err);
	if (found != 1) {
		free(embedder);
		return found < 0 ? og_wrap(err, "embed") : 0;
	}
	embedder->ctx = ctx;
	embedder->conf = conf;
	*ret = embedder;
	return 1;
}

void og_embedder_close(struct og_embedder *embedder)
{
	if (!embedder)
		return;
	og_provider_close(embedder->provider);
	free(embedder);
}

/* A request in the name of who asks; taken. */
static int ask(const struct og_embedder *embedder, struct og_channel *channel, const char *verb,
	       json_t *request, struct og_err *err)
{
	if (request && embedder->task &&
	    (json_object_set_new(request, "task", json_string(embedder->task)) < 0 ||
	     json_object_set_new(request, "epoch", json_integer(embedder->epoch)) < 0)) {
		json_decref(request);
		return og_fail_nomem(err);
	}
	return og_channel_ask(channel, verb, request, NULL, err);
}

int og_embedder_start(struct og_embedder *embedder, struct og_err *err)
{
	const struct og_provider_place place = { .model = &embedder->model,
						 .key = embedder->conf->embed_key,
						 .seconds = ANSWER_MS,
						 .stop_fd = -1 };

	if (embedder->provider)
		return 0;
	return og_provider_open(embedder->ctx, embedder->conf, &place, &embedder->provider, err);
}

/* Whole characters of a text, as many as are sent. */
static json_t *cut(const char *text, size_t len)
{
	if (len > TEXT_MAX) {
		len = TEXT_MAX;
		while (len > 0 && ((unsigned char)text[len] & 0xC0) == 0x80)
			len--;
	}
	return json_stringn(text, len);
}

/* The texts of items, for the provider. New reference. */
static json_t *texts_of(const json_t *items)
{
	json_t *texts = json_array(), *item;
	size_t i;

	json_array_foreach(items, i, item)
	{
		const json_t *text = json_object_get(item, "text");

		if (json_array_append_new(
			    texts, cut(json_string_value(text), json_string_length(text))) < 0) {
			json_decref(texts);
			return NULL;
		}
	}
	return texts;
}

/* --- asking the provider ---------------------------------------------------------- */

/* What an answer is worth until it is read: one that nobody has seen, or that
 * is none, may be paid for. */
static const char *came_to(const struct og_call_answer *answer)
{
	int good = answer->outcome == OG_CALL_ANSWERED && answer->status == 200;

	return good || answer->outcome == OG_CALL_UNKNOWN ? "unknown" : "unpaid";
}

static int post(struct og_embedder *embedder, const json_t *body, struct og_call_answer *ret,
		struct og_err *err)
{
	struct og_buf url, text;
	int rc = -1;

	og_buf_init(&url, 8192);
	og_buf_init(&text, OG_MODEL_ANSWER_MAX);
	if (og_embed_url(&embedder->model, &url, err) == 0 &&
	    og_json_canon(body, &text, err) == 0) {
		og_provider_ask(embedder->provider, url.data, text.data, text.len, 0, ret);
		embedder->came_to = came_to(ret);
		rc = 0;
	}
	og_buf_release(&url);
	og_buf_release(&text);
	return rc;
}

/* An answer that is none, in words. 1: ask again, it does not know something. */
static int refused(struct og_embedder *embedder, const struct og_call_answer *answer,
		   struct og_err *err)
{
	struct og_model_refusal refusal;

	if (answer->outcome != OG_CALL_ANSWERED)
		return og_fail(err, OG_EUNAVAIL, "embedding model '%s': %s", embedder->model.name,
			       answer->why);
	og_model_refused(&embedder->model, answer->status, answer->body.data, answer->body.len,
			 &refusal);
	if (refusal.fault == OG_FAULT_QUIRK && !(embedder->quirks & refusal.quirk)) {
		embedder->quirks |= refusal.quirk;
		return 1;
	}
	return og_fail(err,
		       refusal.fault == OG_FAULT_THROTTLED ? OG_ETEMP
		       : refusal.fault == OG_FAULT_KEY	   ? OG_EPERM
							   : OG_EUNAVAIL,
		       "embedding model '%s': %s: %s", embedder->model.name,
		       og_model_fault_name(refusal.fault), refusal.why);
}

/* --- what it costs ----------------------------------------------------------------- */

/* No text has more tokens than bytes; beside them there may be marks. */
#define MARKS 4

static int reserve(struct og_embedder *embedder, struct og_channel *channel, const json_t *texts,
		   struct og_err *err)
{
	json_int_t worst = 0;

	for (size_t i = 0; i < json_array_size(texts); i++)
		worst += MARKS + (json_int_t)json_string_length(json_array_get(texts, i));
	return ask(embedder, channel, "embed.reserve",
		   json_pack("{s:s,s:I}", "model", embedder->model.name, "input", worst), err);
}

/* tokens: of an answer, -1 when the provider does not count them. */
static int settle(const struct og_embedder *embedder, struct og_channel *channel,
		  const char *outcome, int64_t tokens, struct og_err *err)
{
	return ask(embedder, channel, "embed.settle",
		   json_pack("{s:s,s:o*}", "outcome", outcome, "input",
			     tokens < 0 ? NULL : json_integer((json_int_t)tokens)),
		   err);
}

/* Vectors for texts, one after the other, n of *ret_width values each. */
static int embed(struct og_embedder *embedder, const json_t *texts, const char *kind, float **ret,
		 size_t *ret_width, int64_t *ret_tokens, struct og_err *err)
{
	struct og_call_answer answer;
	json_t *body = NULL;
	int again = og_embedder_start(embedder, err) < 0 ? -1 : 1;

	while (again == 1) {
		memset(&answer, 0, sizeof(answer));
		og_buf_init(&answer.body, OG_MODEL_ANSWER_MAX);
		if (og_embed_request(&embedder->model, texts, kind, embedder->conf->embed_dimension,
				     embedder->quirks, &body, err) < 0 ||
		    post(embedder, body, &answer, err) < 0)
			again = -1;
		else if (answer.outcome == OG_CALL_ANSWERED && answer.status == 200)
			again = og_embed_answer(&embedder->model, answer.body.data, answer.body.len,
						json_array_size(texts), ret, ret_width, ret_tokens,
						err);
		else
			again = refused(embedder, &answer, err);
		json_decref(body);
		body = NULL;
		og_buf_release(&answer.body);
	}
	return again;
}

/* The same within the budget of the channel's principal. */
static int embed_paid(struct og_embedder *embedder, struct og_channel *channel, const json_t *texts,
		      const char *kind, float **ret, size_t *ret_width, int64_t *ret_tokens,
		      struct og_err *err)
{
	struct og_err ignored = OG_ERR_INIT;

	embedder->came_to = "unpaid";
	if (reserve(embedder, channel, texts, err) < 0)
		return -1;
	if (embed(embedder, texts, kind, ret, ret_width, ret_tokens, err) == 0)
		return settle(embedder, channel, "answered", *ret_tokens, err);
	settle(embedder, channel, embedder->came_to, -1, &ignored);
	return -1;
}

/* Puts a vector into each item. */
static int add_vectors(json_t *items, const float *values, size_t width, struct og_err *err)
{
	json_t *item;
	size_t i;

	json_array_foreach(items, i, item)
	{
		struct og_buf text;
		int rc;

		og_buf_init(&text, 8 * OG_VECTOR_DIMENSION_MAX);
		rc = og_vector_encode(values + i * width, width, &text, err);
		if (rc == 0)
			rc = og_json_set(item, "vector", json_stringn(text.data, text.len), err);
		og_buf_release(&text);
		if (rc < 0)
			return -1;
	}
	return 0;
}

/* Embeds the items' texts and hands the vectors to the shield. */
static int put(struct og_embedder *embedder, struct og_channel *channel, const char *kind,
	       json_t *items, int64_t *ret_tokens, struct og_err *err)
{
	json_t *texts = texts_of(items), *item;
	float *values = NULL;
	size_t i, width = 0;
	int rc = -1;

	if (!texts)
		return og_fail_nomem(err);
	if (embed_paid(embedder, channel, texts, kind, &values, &width, ret_tokens, err) < 0 ||
	    add_vectors(items, values, width, err) < 0)
		goto out;
	json_array_foreach(items, i, item) if (strcmp(kind, "document") == 0)
		json_object_del(item, "text");
	rc = ask(embedder, channel, "vector.put",
		 json_pack("{s:s,s:I,s:s,s:O}", "model", embedder->model.name, "dimension",
			   (json_int_t)embedder->conf->embed_dimension, "kind", kind, "items",
			   items),
		 err);
out:
	json_decref(texts);
	free(values);
	return rc;
}

/* --- a query ------------------------------------------------------------------------ */

json_t *og_embedder_key(const struct og_embedder *embedder)
{
	return json_pack("{s:s,s:I}", "model", embedder->model.name, "dimension",
			 (json_int_t)embedder->conf->embed_dimension);
}

static int put_query(struct og_embedder *embedder, struct og_channel *channel, const char *text,
		     struct og_err *err)
{
	json_t *items = json_pack("[{s:s}]", "text", text);
	int64_t tokens;
	int rc = items ? put(embedder, channel, "query", items, &tokens, err) : og_fail_nomem(err);

	json_decref(items);
	return rc;
}

int og_embedder_query(struct og_embedder *embedder, struct og_channel *channel, const char *task,
		      int64_t epoch, const char *text, struct og_err *err)
{
	int rc;

	embedder->task = task;
	embedder->epoch = epoch;
	rc = put_query(embedder, channel, text, err);
	embedder->task = NULL;
	return rc;
}

int og_embedder_ask(struct og_embedder *embedder, struct og_channel *channel, const char *verb,
		    json_t *request, const char *text, json_t **ret, struct og_err *err)
{
	struct og_err why = OG_ERR_INIT;
	json_t *reply = NULL;
	int rc = -1;

	if (embedder &&
	    (!request || json_object_set_new(request, "embed", og_embedder_key(embedder)) < 0)) {
		og_fail_nomem(err);
		goto out;
	}
	if (og_channel_ask(channel, verb, json_incref(request), &reply, err) < 0)
		goto out;
	if (embedder && *text && !og_json_bool(reply, "embedded", 1)) {
		if (put_query(embedder, channel, text, &why) < 0) {
			og_note(embedder->ctx, "found by words alone: %s", why.msg);
		} else {
			json_decref(reply);
			reply = NULL;
			if (og_channel_ask(channel, verb, json_incref(request), &reply, err) < 0)
				goto out;
		}
	}
	*ret = reply;
	reply = NULL;
	rc = 0;
out:
	json_decref(request);
	json_decref(reply);
	return rc;
}

/* --- all that have none --------------------------------------------------------------- */

static int want(struct og_embedder *embedder, struct og_channel *channel, json_t **ret_texts,
		int64_t *ret_left, struct og_err *err)
{
	json_t *request = og_embedder_key(embedder), *reply = NULL;

	if (!request || json_object_set_new(request, "limit", json_integer(BATCH)) < 0) {
		json_decref(request);
		return og_fail_nomem(err);
	}
	if (og_channel_ask(channel, "vector.want", request, &reply, err) < 0)
		return -1;
	*ret_texts = json_incref(json_object_get(reply, "texts"));
	*ret_left = og_json_int(reply, "left", 0);
	json_decref(reply);
	return 0;
}

/* One batch: 1 there may be more, 0 that was all, -1. */
static int fill_some(struct og_embedder *embedder, struct og_channel *channel,
		     struct og_embedded *ret, struct og_err *err)
{
	json_t *texts = NULL;
	int64_t tokens = 0, n;
	int rc = want(embedder, channel, &texts, &ret->left, err);

	n = (int64_t)json_array_size(texts);
	if (rc == 0 && n > 0) {
		rc = put(embedder, channel, "document", texts, &tokens, err);
		if (rc == 0) {
			ret->texts += n;
			ret->left -= n;
			ret->tokens = tokens < 0 || ret->tokens < 0 ? -1 : ret->tokens + tokens;
			rc = 1;
		}
	}
	json_decref(texts);
	return rc;
}

int og_embedder_fill(struct og_embedder *embedder, struct og_channel *channel,
		     struct og_embedded *ret, struct og_err *err)
{
	struct og_progress progress;
	int more;

	*ret = (struct og_embedded){ 0 };
	og_progress_begin(&progress, embedder->ctx, "texts with a vector", 0);
	while ((more = fill_some(embedder, channel, ret, err)) == 1)
		og_progress_at(&progress, (size_t)ret->texts);
	og_progress_clear(&progress);
	return more;
}
