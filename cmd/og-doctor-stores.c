/*
 * og doctor: the graph and the vectors where they are elsewhere. With --fix
 * they are made ready and brought to what the ledger says, in portions.
 */
#include <stdlib.h>
#include <string.h>

#include "cmd/og-ask.h"
#include "cmd/og.h"
#include "lib/base/file.h"

#define NAMED 3 /* of what differs */
#define IDLE  3 /* portions in a row that get nowhere: a busy server may be late */
#define STUCK 3 /* comparisons that are no better than those before */

static int ask(struct og_doctor *doctor, const char *verb, const char *store, json_t **ret,
	       struct og_err *err)
{
	return og_ask_shield(doctor->ctx, doctor->conf, verb, json_pack("{s:s}", "store", store),
			     ret, err);
}

struct syncing {
	int64_t done, left; /* of the last portion */
	int64_t all;	    /* done by all of them */
	int64_t same, differ;
	int idle, stuck;
};

/* Did the portion lead on? A store that says it has taken what it is told and
 * has not kept it would be told for ever: what a comparison finds has to
 * become better. */
static int leads_on(struct syncing *s, const json_t *reply, struct og_err *err)
{
	const char *why = og_json_str(reply, "why");
	int64_t differ = og_json_int(reply, "differ", 0), same = og_json_int(reply, "same", 0);

	s->idle = s->done > 0 ? 0 : s->idle + 1;
	if (s->left > 0 && s->idle == IDLE)
		return og_fail(err, OG_EUNAVAIL, "%s", why ? why : "it takes nothing");
	if (differ == 0)
		return 0;
	s->stuck = same > s->same || differ < s->differ ? 0 : s->stuck + 1;
	s->same = same > s->same ? same : s->same;
	s->differ = differ < s->differ ? differ : s->differ;
	return s->stuck < STUCK ? 0
				: og_fail(err, OG_EUNAVAIL,
					  "it says it has taken what it is told, and does not "
					  "hold it");
}

/* Portion after portion, as long as they get somewhere. *ret_done: of all. */
static int sync_all(struct og_doctor *doctor, const char *store, int64_t *ret_done,
		    struct og_err *err)
{
	struct syncing s = { .same = -1, .differ = INT64_MAX };
	int rc;

	do {
		json_t *reply = NULL;

		if (ask(doctor, "store.sync", store, &reply, err) < 0)
			return -1;
		s.done = og_json_int(reply, "done", 0);
		s.left = og_json_int(reply, "left", 0);
		s.all += s.done;
		rc = leads_on(&s, reply, err);
		json_decref(reply);
	} while (rc == 0 && (s.done > 0 || s.left > 0));
	*ret_done = s.all;
	return rc;
}

/* "hello (missing), greeting (stale), ..." */
static void name_some(const json_t *items, struct og_buf *out)
{
	json_t *item;
	size_t i;

	json_array_foreach(items, i, item)
	{
		const char *name = og_json_str(item, "name"), *why = og_json_str(item, "why");

		if (i == NAMED) {
			og_buf_adds(out, ", ...");
			return;
		}
		og_buf_addf(out, "%s%s (%s)", i ? ", " : "", name ? name : "?", why ? why : "?");
	}
}

/* What nobody here put there is nobody's here to remove. */
static size_t count_unknown(const json_t *items)
{
	size_t i, n = 0;
	json_t *item;

	json_array_foreach(items, i, item)
	{
		const char *why = og_json_str(item, "why");

		n += why && strcmp(why, "unknown") == 0 && !og_json_bool(item, "due", 0);
	}
	return n;
}

static int say_differences(struct og_doctor *doctor, const char *store, const json_t *reply,
			   struct og_err *err)
{
	const json_t *items = json_object_get(reply, "differences");
	int strangers =
		count_unknown(items) == json_array_size(items) && og_json_int(reply, "due", 0) == 0;
	struct og_buf some;
	int rc;

	og_buf_init(&some, 4096);
	name_some(items, &some);
	rc = og_buf_check(&some, "names", err);
	if (rc == 0 && strangers)
		rc = og_doctor_say(doctor, store, "warn", err,
				   "%zu at %s are none of ours and were left alone: %s",
				   json_array_size(items), og_json_str(reply, "at"), some.data);
	else if (rc == 0)
		rc = og_doctor_say(doctor, store, "bad", err,
				   "%s differs from the ledger in %zu, %lld are due%s%s; "
				   "og doctor --fix",
				   og_json_str(reply, "at"), json_array_size(items),
				   (long long)og_json_int(reply, "due", 0), some.len ? ": " : "",
				   some.len ? some.data : "");
	og_buf_release(&some);
	return rc;
}

static int say_state(struct og_doctor *doctor, const char *store, const json_t *reply, int64_t done,
		     struct og_err *err)
{
	const char *version = og_json_str(reply, "version"), *what = og_json_str(reply, "what");
	const char *at = og_json_str(reply, "at");

	if (!og_json_bool(reply, "ready", 0))
		return og_doctor_say(doctor, store, "bad", err, "%s: %s; og doctor --fix", at,
				     what ? what : "it is not made ready");
	if (json_array_size(json_object_get(reply, "differences")) > 0 ||
	    og_json_int(reply, "due", 0) > 0)
		return say_differences(doctor, store, reply, err);
	return og_doctor_say(doctor, store, done > 0 ? "fixed" : "ok", err,
			     "%s%s%s at %s, where %lld agree with the ledger",
			     og_json_str(reply, "kind"), version ? " " : "", version ? version : "",
			     at, (long long)og_json_int(reply, "same", 0));
}

/* Whose fault, and what to do. */
static int say_trouble(struct og_doctor *doctor, const char *store, const struct og_err *why,
		       struct og_err *err)
{
	if (why->code == OG_EPERM)
		return og_doctor_say(doctor, store, "bad", err, "%s; is %s_key right?", why->msg,
				     store);
	return og_doctor_say(doctor, store, "bad", err, "%s%s%s", why->msg,
			     why->hint[0] ? "; " : "", why->hint);
}

/* Passages are then found by their words alone, wherever they are. */
static int say_no_vectors(struct og_doctor *doctor, struct og_err *err)
{
	return og_doctor_say(doctor, "vectors", "bad", err,
			     "og.conf keeps vectors elsewhere, and no embedding model makes any; "
			     "set embed, or vectors = sqlite:");
}

static int check_store(struct og_doctor *doctor, const char *store, struct og_err *err)
{
	struct og_err why = OG_ERR_INIT;
	json_t *reply = NULL;
	int64_t done = 0;
	int rc;

	if (ask(doctor, "store.diff", store, &reply, &why) < 0)
		return say_trouble(doctor, store, &why, err);
	if (doctor->fix && (!og_json_bool(reply, "ready", 0) || og_json_int(reply, "due", 0) > 0 ||
			    json_array_size(json_object_get(reply, "differences")) > 0)) {
		int ready = og_json_bool(reply, "ready", 0);

		json_decref(reply);
		reply = NULL;
		if (sync_all(doctor, store, &done, &why) < 0 ||
		    ask(doctor, "store.diff", store, &reply, &why) < 0)
			return say_trouble(doctor, store, &why, err);
		done += !ready;
	}
	rc = say_state(doctor, store, reply, done, err);
	json_decref(reply);
	return rc;
}

int og_doctor_stores(struct og_doctor *doctor, struct og_err *err)
{
	static const char *const stores[] = {
		[OG_STORE_GRAPH] = "graph", [OG_STORE_VECTORS] = "vectors"
	};
	struct og_store_place place;

	if (og_conf_remote(doctor->conf) || !doctor->books)
		return 0;
	for (int i = 0; i < 2; i++) {
		struct og_err why = OG_ERR_INIT;
		int there = og_conf_store(doctor->conf, (enum og_store)i, &place, &why);

		if (there < 0 && say_trouble(doctor, stores[i], &why, err) < 0)
			return -1;
		if (there == 1 && i == OG_STORE_VECTORS &&
		    strcmp(doctor->conf->embed, "none") == 0) {
			if (say_no_vectors(doctor, err) < 0)
				return -1;
		} else if (there == 1 && check_store(doctor, stores[i], err) < 0) {
			return -1;
		}
	}
	return 0;
}
