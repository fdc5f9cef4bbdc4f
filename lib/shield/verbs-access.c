/*
 * grant.* and ledger.read: what administrators do.
 */
#include <string.h>

#include "lib/access/propose.h"
#include "lib/shield/channel-gate.h"
#include "lib/shield/verbs.h"

#define ENTRIES	    50
#define ENTRIES_MAX 1000

/* The request's members without the channel's own. */
static json_t *record_of(const struct og_request *rq)
{
	json_t *record = json_copy((json_t *)rq->body);

	if (record) {
		json_object_del(record, "v");
		json_object_del(record, "id");
		json_object_del(record, "verb");
	}
	return record;
}

static int put_grant(struct og_request *rq, json_t *grant, struct og_err *err)
{
	struct og_frame *frame = &rq->shield->frame;
	json_t *body = NULL;
	int changed, rc = -1;

	if (og_grant_check(grant, err) < 0 || og_gate_check_grant(rq->shield->db, grant, err) < 0 ||
	    og_access_grant_put(rq->shield->access, grant, &changed, err) < 0)
		goto out;
	body = json_pack("{s:O,s:s}", "grant", grant, "verdict", "allow");
	if (!changed || og_request_write_entry(rq, "grant", body, err) == 0)
		rc = og_frame_commit(frame, 1, err);
out:
	json_decref(body);
	return rc;
}

int og_verb_grant_put(struct og_request *rq, struct og_err *err)
{
	json_t *grant = record_of(rq);
	int rc = -1;

	if (!grant)
		return og_fail_nomem(err);
	if (json_object_get(grant, "effect") ||
	    og_json_set(grant, "effect", json_string("permit"), err) == 0)
		rc = put_grant(rq, grant, err);
	json_decref(grant);
	return rc;
}

int og_verb_grant_drop(struct og_request *rq, struct og_err *err)
{
	struct og_frame *frame = &rq->shield->frame;
	const char *subject = og_json_str(rq->body, "subject"), *tbl = og_json_str(rq->body, "tbl");
	json_t *body = record_of(rq);
	int dropped, rc = -1;

	if (!body || !subject || !tbl ||
	    json_object_set_new(body, "verdict", json_string("allow")) < 0) {
		og_fail(err, OG_EDATA, "request: a NUL byte in a name");
		goto out;
	}
	if (og_access_grant_drop(rq->shield->access, subject, tbl, og_json_str(rq->body, "effect"),
				 &dropped, err) < 0)
		goto out;
	if (dropped == 0) {
		og_refuse(rq, OG_DENY_QUIET, "no-grant", err, "'%s' has no such grant on '%s'",
			  subject, tbl);
		goto out;
	}
	if (og_request_write_entry(rq, "revoke", body, err) == 0)
		rc = og_frame_commit(frame, 1, err);
out:
	json_decref(body);
	return rc;
}

/* What the tables are that grants are about: names, types and keys. */
static int add_shape(struct og_request *rq, struct og_err *err)
{
	json_t *list = NULL;

	if (og_access_shape(rq->shield->access, &list, err) < 0 ||
	    og_json_set(rq->reply, "tables", list, err) < 0 ||
	    og_access_roles(rq->shield->access, &list, err) < 0)
		return -1;
	return og_json_set(rq->reply, "roles", list, err);
}

int og_verb_grant_list(struct og_request *rq, struct og_err *err)
{
	json_t *list = NULL;

	if (og_access_grant_list(rq->shield->access, og_json_str(rq->body, "subject"), &list, err) <
	    0)
		return -1;
	if (og_json_set(rq->reply, "grants", list, err) < 0 ||
	    og_access_ungranted(rq->shield->access, &list, err) < 0)
		return -1;
	if (og_json_set(rq->reply, "missing", list, err) < 0)
		return -1;
	return og_json_bool(rq->body, "shape", 0) ? add_shape(rq, err) : 0;
}

static json_t *entry_item(struct og_stmt *stmt)
{
	json_t *entry = json_loads(og_col_text(stmt, 1), 0, NULL);
	const char *body = og_col_text(stmt, 3);
	json_t *parsed = body ? json_loads(body, 0, NULL) : NULL;

	return json_pack("{s:I,s:o,s:s,s:o}", "seq", (json_int_t)og_col_int(stmt, 0), "entry",
			 entry ? entry : json_null(), "hash", og_col_text(stmt, 2), "body",
			 parsed ? parsed : json_null());
}

int og_verb_ledger_read(struct og_request *rq, struct og_err *err)
{
	int64_t limit = og_json_int(rq->body, "limit", ENTRIES);
	int64_t before = og_json_int(rq->body, "before", INT64_MAX);
	json_t *list = json_array();
	struct og_stmt *stmt = NULL;
	int more = -1;

	if (og_json_set(rq->reply, "entries", list, err) < 0)
		return -1;
	if (limit < 1 || limit > ENTRIES_MAX)
		return og_fail(err, OG_EDATA, "request: 'limit' is not between 1 and %d",
			       ENTRIES_MAX);
	if (og_stmt_new(rq->shield->db,
			"SELECT seq, entry, hash, body FROM main.audit_ledger WHERE seq < ?1"
			" ORDER BY seq DESC LIMIT ?2",
			&stmt, err) < 0)
		return -1;
	og_bind_int(stmt, 1, before);
	og_bind_int(stmt, 2, limit);
	while ((more = og_stmt_step(stmt, err)) == 1)
		if (json_array_append_new(list, entry_item(stmt)) < 0) {
			more = og_fail_nomem(err);
			break;
		}
	og_stmt_free(stmt);
	return more;
}
