/*
 * store.diff and store.sync: a store elsewhere held against the local
 * record, and brought to it, both by who may put there: where a store is, how
 * much it holds and how much is due tell of what others may not see, and
 * reading all of it is work. The store is asked while no transaction is
 * open. What is there and was never put here is named and left alone: it
 * may be somebody else's.
 */
#include <string.h>

#include "lib/base/clock.h"
#include "lib/shield/elsewhere.h"
#include "lib/shield/outbox.h"
#include "lib/shield/verbs.h"

#define SHOWN_MAX	1000 /* differences of one reply, and intended by one entry */
#define PORTION_DEFAULT 100  /* told by one store.sync */
#define PORTION_MAX	1000
#define PORTION_MS	15000 /* in which one store.sync tells; half of what its client waits */
#define CLEARANCE_ALL	3

static const char *const rights[] = { [OG_STORE_GRAPH] = "skill", [OG_STORE_VECTORS] = "policy" };

static int find_store(struct og_request *rq, enum og_store *ret, struct og_err *err)
{
	return og_store_from_word(og_json_str(rq->body, "store"), ret, err);
}

static int no_way(struct og_request *rq, enum og_store store, struct og_err *err)
{
	(void)rq;
	og_fail(err, OG_EUNAVAIL, "this shield has no way to the %s elsewhere",
		og_store_word(store));
	return og_hint(err, "ask one that serves a channel");
}

/* --- what there is of a name here ---------------------------------------------------- */

/* The clearance of what is active by this name, 0: nothing is. */
static int clearance_here(struct og_db *db, enum og_store store, const char *name, int64_t *ret,
			  struct og_err *err)
{
	struct og_stmt *stmt;
	int rc;

	*ret = 0;
	if (og_stmt_new(db,
			store == OG_STORE_GRAPH
				? "SELECT clearance FROM og_skill WHERE name = ?1 AND active = 1"
				: "SELECT clearance FROM og_policy WHERE name = ?1 AND active = 1",
			&stmt, err) < 0)
		return -1;
	og_bind_text(stmt, 1, name);
	rc = og_stmt_step(stmt, err);
	if (rc == 1)
		*ret = og_col_int(stmt, 0);
	og_stmt_free(stmt);
	return rc < 0 ? -1 : 0;
}

/* Was there ever one by this name? */
static int ever_here(struct og_db *db, enum og_store store, const char *name, struct og_err *err)
{
	struct og_stmt *stmt;
	int rc;

	if (og_stmt_new(db,
			store == OG_STORE_GRAPH ? "SELECT 1 FROM og_skill WHERE name = ?1 LIMIT 1"
						: "SELECT 1 FROM og_policy WHERE name = ?1 LIMIT 1",
			&stmt, err) < 0)
		return -1;
	og_bind_text(stmt, 1, name);
	rc = og_stmt_step(stmt, err);
	og_stmt_free(stmt);
	return rc;
}

static int is_due(struct og_db *db, enum og_store store, const char *name, struct og_err *err)
{
	struct og_stmt *stmt;
	int rc;

	if (og_stmt_new(db, "SELECT 1 FROM og_remote WHERE store = ?1 AND name = ?2", &stmt, err) <
	    0)
		return -1;
	og_bind_text(stmt, 1, og_store_word(store));
	og_bind_text(stmt, 2, name);
	rc = og_stmt_step(stmt, err);
	og_stmt_free(stmt);
	return rc;
}

/* --- store.diff ----------------------------------------------------------------------- */

/* What is not known here is shown to who may see all. */
static int may_see(struct og_request *rq, enum og_store store, const char *name, struct og_err *err)
{
	int64_t clearance;

	if (clearance_here(rq->shield->db, store, name, &clearance, err) < 0)
		return -1;
	return (clearance ? clearance : CLEARANCE_ALL) <= rq->who.clearance;
}

/* Of found, what the asker may see, each with whether it is due already. */
static int show(struct og_request *rq, enum og_store store, const json_t *found, json_t *shown,
		struct og_err *err)
{
	json_t *item;
	size_t i;

	json_array_foreach(found, i, item)
	{
		const char *name = og_json_str(item, "name");
		int see = may_see(rq, store, name, err);
		int due = see == 1 ? is_due(rq->shield->db, store, name, err) : 0;

		if (see < 0 || due < 0 || og_json_set(item, "due", json_boolean(due), err) < 0)
			return -1;
		if (see && json_array_append(shown, item) < 0)
			return og_fail_nomem(err);
	}
	return 0;
}

static int compare(struct og_request *rq, enum og_store store, struct og_err *err)
{
	json_t *found = NULL, *shown = json_array();
	int64_t same = 0;
	int rc = -1;

	if (!shown)
		return og_fail_nomem(err);
	if (og_elsewhere_compare(rq->shield, store, SHOWN_MAX, &found, &same, err) == 0 &&
	    og_frame_read(&rq->shield->frame, err) == 0 && show(rq, store, found, shown, err) == 0)
		rc = og_json_set(rq->reply, "same", json_integer(same), err);
	if (rc == 0)
		rc = og_json_set(
			rq->reply, "hidden",
			json_integer((json_int_t)(json_array_size(found) - json_array_size(shown))),
			err);
	if (rc == 0)
		rc = og_json_set(rq->reply, "differences", json_incref(shown), err);
	json_decref(found);
	json_decref(shown);
	return rc;
}

/* Who it is, whether it is made ready, and what is due to it. */
static int look(struct og_request *rq, enum og_store store, struct og_err *err)
{
	json_t *seen = NULL;
	int64_t due = 0;

	if (og_elsewhere_look(rq->shield, store, &seen, err) < 0)
		return -1;
	if (json_object_update(rq->reply, seen) < 0) {
		json_decref(seen);
		return og_fail_nomem(err);
	}
	json_decref(seen);
	if (og_outbox_due(rq->shield->db, store, &due, err) < 0)
		return -1;
	return og_json_set(rq->reply, "due", json_integer(due), err);
}

int og_verb_store_diff(struct og_request *rq, struct og_err *err)
{
	enum og_store store;

	if (find_store(rq, &store, err) < 0 || og_request_right(rq, rights[store], err) < 0)
		return -1;
	if (!og_elsewhere_on(rq->shield, store))
		return og_json_set(rq->reply, "kind", json_string("sqlite"), err);
	if (!og_elsewhere_reachable(rq->shield, store))
		return no_way(rq, store, err);
	if (look(rq, store, err) < 0)
		return -1;
	/* Where nothing was made ready there is nothing to compare with. */
	if (og_json_bool(rq->body, "brief", 0) || !og_json_bool(rq->reply, "ready", 0))
		return 0;
	return compare(rq, store, err);
}

/* --- store.sync ----------------------------------------------------------------------- */

/* -1 is the mark of what the open frame makes due (outbox.c). */
static int make_due(struct og_db *db, enum og_store store, const char *name, struct og_err *err)
{
	struct og_stmt *stmt;
	int rc;

	if (og_stmt_new(
		    db,
		    store == OG_STORE_GRAPH
			    ? "INSERT OR IGNORE INTO og_remote(store, name, hash, seq) SELECT "
			      "?1, ?2, coalesce((SELECT hash FROM og_skill WHERE name = ?2 AND "
			      "active = 1), ''), -1"
			    : "INSERT OR IGNORE INTO og_remote(store, name, hash, seq) SELECT "
			      "?1, ?2, coalesce((SELECT hash FROM og_policy WHERE name = ?2 AND "
			      "active = 1), ''), -1",
		    &stmt, err) < 0)
		return -1;
	og_bind_text(stmt, 1, og_store_word(store));
	og_bind_text(stmt, 2, name);
	rc = og_stmt_run(stmt, err);
	og_stmt_free(stmt);
	return rc;
}

/* Makes due what differs and was ours at some time. The number of the rest. */
static int64_t intend(struct og_request *rq, enum og_store store, const json_t *found,
		      struct og_err *err)
{
	struct og_db *db = rq->shield->db;
	int64_t unknown = 0;
	json_t *item;
	size_t i;

	json_array_foreach(found, i, item)
	{
		const char *name = og_json_str(item, "name");
		int ours = ever_here(db, store, name, err);

		if (ours < 0 || (ours == 1 && make_due(db, store, name, err) < 0))
			return -1;
		unknown += ours == 0;
	}
	return unknown;
}

static int intend_all(struct og_request *rq, enum og_store store, const json_t *found,
		      struct og_err *err)
{
	struct og_frame *frame = &rq->shield->frame;
	int64_t unknown;
	json_t *body;
	int rc = -1;

	if (og_frame_begin(frame, err) < 0)
		return -1;
	unknown = intend(rq, store, found, err);
	if (unknown < 0 || unknown == (int64_t)json_array_size(found)) {
		og_frame_abort(frame);
		return unknown < 0 ? -1 : 0;
	}
	body = json_pack("{s:s,s:s,s:b}", "verdict", "allow", "store", og_store_word(store),
			 "repair", 1);
	if (!body)
		og_fail_nomem(err);
	else if (og_request_note(rq, "store", body, err) == 0)
		rc = og_frame_commit(frame, 1, err);
	json_decref(body);
	og_frame_abort(frame);
	frame->due = 0; /* it is told here, not after the request */
	return rc;
}

/* When nothing is due any more: does it hold what it should? The reply says
 * what it was found to hold, as "same" and "differ". */
static int look_for_more(struct og_request *rq, enum og_store store, struct og_err *err)
{
	json_t *found = NULL;
	int64_t same, due = 0;
	int rc;

	if (og_outbox_due(rq->shield->db, store, &due, err) < 0)
		return -1;
	if (due > 0)
		return 0;
	rc = og_elsewhere_compare(rq->shield, store, SHOWN_MAX, &found, &same, err);
	if (rc == 0 && (og_json_set(rq->reply, "same", json_integer(same), err) < 0 ||
			og_json_set(rq->reply, "differ",
				    json_integer((json_int_t)json_array_size(found)), err) < 0))
		rc = -1;
	if (rc == 0 && json_array_size(found) > 0)
		rc = intend_all(rq, store, found, err);
	json_decref(found);
	return rc;
}

static int tell(struct og_request *rq, enum og_store store, size_t limit, struct og_err *err)
{
	struct og_flushed flushed;

	if (og_outbox_flush(rq, store, limit, og_deadline(PORTION_MS), &flushed, err) < 0)
		return -1;
	if (og_json_set(rq->reply, "done", json_integer(flushed.done), err) < 0 ||
	    og_json_set(rq->reply, "failed", json_integer(flushed.failed), err) < 0 ||
	    og_json_set(rq->reply, "left", json_integer(flushed.left), err) < 0)
		return -1;
	return flushed.failed ? og_json_set(rq->reply, "why", og_request_text(flushed.why), err)
			      : 0;
}

int og_verb_store_sync(struct og_request *rq, struct og_err *err)
{
	int64_t limit = og_json_int(rq->body, "limit", PORTION_DEFAULT);
	enum og_store store;

	if (find_store(rq, &store, err) < 0 || og_request_right(rq, rights[store], err) < 0)
		return -1;
	if (limit < 1 || limit > PORTION_MAX)
		return og_fail(err, OG_EDATA, "request: 'limit' is not between 1 and %d",
			       PORTION_MAX);
	if (!og_elsewhere_on(rq->shield, store))
		return og_fail(err, OG_NO, "og.conf names no %s elsewhere", og_store_word(store));
	if (!og_elsewhere_reachable(rq->shield, store))
		return no_way(rq, store, err);
	if (og_elsewhere_setup(rq->shield, store, err) < 0 || look_for_more(rq, store, err) < 0)
		return -1;
	return tell(rq, store, (size_t)limit, err);
}
