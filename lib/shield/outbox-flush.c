/* Telling the stores, and keeping what came of it. See outbox.h. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/door.h"
#include "lib/base/text.h"
#include "lib/shield/elsewhere.h"
#include "lib/shield/outbox.h"

/* --- what is due ------------------------------------------------------------------- */

/* At most limit of them: [{"id","name","intent"}]. */
static json_t *load(struct og_db *db, enum og_store store, size_t limit, struct og_err *err)
{
	json_t *list = json_array(), *item;
	struct og_stmt *stmt = NULL;
	int rc = -1;

	if (!list)
		og_fail_nomem(err);
	else
		rc = og_stmt_new(db,
				 "SELECT id, name, seq FROM og_remote WHERE store = ?1 "
				 "ORDER BY tries, id LIMIT ?2",
				 &stmt, err);
	if (rc == 0) {
		og_bind_text(stmt, 1, og_store_word(store));
		og_bind_int(stmt, 2, (int64_t)limit);
	}
	while (rc >= 0 && (rc = og_stmt_step(stmt, err)) == 1) {
		item = json_pack("{s:I,s:s,s:I}", "id", (json_int_t)og_col_int(stmt, 0), "name",
				 og_col_text(stmt, 1), "intent", (json_int_t)og_col_int(stmt, 2));
		if (!item || json_array_append_new(list, item) < 0)
			rc = og_fail_nomem(err);
	}
	og_stmt_free(stmt);
	if (rc == 0)
		return list;
	json_decref(list);
	return NULL;
}

/* --- telling ------------------------------------------------------------------------ */

static int note_failure(json_t *item, const struct og_err *why, struct og_flushed *ret,
			struct og_err *err)
{
	ret->failed++;
	ret->code = why->code;
	og_text_format(ret->why, sizeof(ret->why), "%s", why->msg);
	return og_json_set(item, "why", og_request_text(ret->why), err);
}

/* 1: the next one may be told; 0: there is no point; -1. */
static int tell(struct og_shield *shield, enum og_store store, json_t *item, struct og_flushed *ret,
		struct og_err *err)
{
	struct og_err why = OG_ERR_INIT;
	char hash[OG_HASH_HEX + 1] = "";
	int rc = og_elsewhere_put(shield, store, og_json_str(item, "name"), hash, &why);

	if (og_json_set(item, "ok", json_boolean(rc == 0), err) < 0 ||
	    og_json_set(item, "hash", json_string(hash), err) < 0)
		return -1;
	if (rc == 0) {
		ret->done++;
		return 1;
	}
	if (note_failure(item, &why, ret, err) < 0)
		return -1;
	return why.code != OG_EUNAVAIL && why.code != OG_ETEMP;
}

/* Leaves in list what was tried. */
static int tell_all(struct og_shield *shield, enum og_store store, json_t *list, int64_t deadline,
		    struct og_flushed *ret, struct og_err *err)
{
	int more = 1;
	size_t n = 0;

	while (n < json_array_size(list) && more > 0 && og_mono_ms() < deadline) {
		more = tell(shield, store, json_array_get(list, n), ret, err);
		n++;
	}
	if (more < 0)
		return -1;
	while (json_array_size(list) > n)
		json_array_remove(list, json_array_size(list) - 1);
	return 0;
}

/* --- the outcome --------------------------------------------------------------------- */

static int keep_one(struct og_db *db, const json_t *item, struct og_err *err)
{
	int ok = og_json_bool(item, "ok", 0), rc;
	struct og_stmt *stmt;

	if (og_stmt_new(db,
			ok ? "DELETE FROM og_remote WHERE id = ?1"
			   : "UPDATE og_remote SET tries = tries + 1, why = ?2 WHERE id = ?1",
			&stmt, err) < 0)
		return -1;
	og_bind_int(stmt, 1, og_json_int(item, "id", 0));
	if (!ok)
		og_bind_text(stmt, 2, og_json_str(item, "why"));
	rc = og_stmt_run(stmt, err);
	og_stmt_free(stmt);
	return rc;
}

/* The approval that a put used up was the put's. */
static int write_outcome(struct og_request *rq, enum og_store store, json_t *list,
			 const struct og_flushed *flushed, struct og_err *err)
{
	json_t *body = json_pack("{s:s,s:s,s:b,s:O}", "verdict", "allow", "store",
				 og_store_word(store), "ok", flushed->failed == 0, "items", list);
	struct og_request own = *rq;
	int rc;

	own.approval = NULL;
	rc = body ? og_request_note(&own, "store", body, err) : og_fail_nomem(err);

	json_decref(body);
	return rc;
}

static int keep(struct og_request *rq, enum og_store store, json_t *list,
		const struct og_flushed *flushed, struct og_err *err)
{
	struct og_frame *frame = &rq->shield->frame;
	json_t *item;
	size_t i;
	int rc;

	if (json_array_size(list) == 0)
		return 0;
	if (og_frame_begin(frame, err) < 0)
		return -1;
	rc = 0;
	json_array_foreach(list, i, item)
	{
		if (rc == 0)
			rc = keep_one(frame->db, item, err);
		json_object_del(item, "id");
	}
	if (rc == 0)
		rc = write_outcome(rq, store, list, flushed, err);
	/* Should the disk forget it, the store is told again. */
	if (rc == 0)
		rc = og_frame_commit(frame, 0, err);
	og_frame_abort(frame);
	return rc;
}

static int flush(struct og_request *rq, enum og_store store, size_t limit, int64_t deadline,
		 struct og_flushed *ret, struct og_err *err)
{
	struct og_shield *shield = rq->shield;
	json_t *list = load(shield->db, store, limit, err);
	int rc = -1;

	if (list && tell_all(shield, store, list, deadline, ret, err) == 0 &&
	    keep(rq, store, list, ret, err) == 0)
		rc = og_outbox_due(shield->db, store, &ret->left, err);
	json_decref(list);
	return rc;
}

int og_outbox_flush(struct og_request *rq, enum og_store store, size_t limit, int64_t deadline,
		    struct og_flushed *ret, struct og_err *err)
{
	int door = rq->shield->elsewhere.door, rc;

	memset(ret, 0, sizeof(*ret));
	if (door > 0 && og_door_enter(door, "store", err) < 0)
		return -1;
	rc = flush(rq, store, limit, deadline, ret, err);
	if (door > 0)
		og_door_leave(door);
	return rc;
}

/* --- after a put ----------------------------------------------------------------------- */

/* Whatever goes wrong, what was put is in force and due. A version that
 * another shield puts meanwhile is sent along. */
static int send_after(struct og_request *rq, enum og_store store, struct og_flushed *ret)
{
	int64_t due = 0, deadline = og_deadline(OG_OUTBOX_MS);
	struct og_err err = OG_ERR_INIT;

	if (!og_elsewhere_on(rq->shield, store) ||
	    og_outbox_due(rq->shield->db, store, &due, &err) < 0 || due == 0)
		return 1;
	do {
		if (og_outbox_flush(rq, store, OG_OUTBOX_AFTER_PUT, deadline, ret, &err) < 0) {
			og_text_format(ret->why, sizeof(ret->why), "%s", err.msg);
			return 0;
		}
	} while (ret->left > 0 && ret->done > 0 && ret->failed == 0 && og_mono_ms() < deadline);
	if (ret->left > 0 && !ret->why[0])
		og_text_format(ret->why, sizeof(ret->why), "%lld are still due",
			       (long long)ret->left);
	return ret->left == 0;
}

void og_outbox_after(struct og_request *rq)
{
	struct og_err err = OG_ERR_INIT;
	struct og_flushed flushed;
	int stored = 1;

	for (int store = 0; store < 2 && stored; store++) {
		memset(&flushed, 0, sizeof(flushed));
		stored = send_after(rq, (enum og_store)store, &flushed);
	}
	if (!json_object_get(rq->reply, "stored")) /* vector.put counts with it */
		og_json_set(rq->reply, "stored", json_boolean(stored), &err);
	if (!stored)
		og_json_set(rq->reply, "why", og_request_text(flushed.why), &err);
}
