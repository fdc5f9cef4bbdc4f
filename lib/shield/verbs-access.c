/*
 * grant.* and ledger.read: what administrators do.
 */
#include <string.h>

#include "lib/access/propose.h"
#include "lib/shield/channel-gate.h"
#include "lib/shield/channel-grants.h"
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

/* A grant to a role that is misspelt would do nothing, and a prohibition
 * nothing either, until somebody made a role of that name. */
static int check_role(struct og_request *rq, const json_t *grant, struct og_err *err)
{
	const char *subject = og_json_str(grant, "subject"), *role;
	int found;

	if (strncmp(subject, "role:", 5) != 0)
		return 0;
	role = subject + 5;
	found = og_access_role_known(rq->shield->access, role, err);
	if (found != 0)
		return found < 0 ? -1 : 0;
	og_refuse(rq, OG_DENY_QUIET, "no-role", err, "there is no role '%s'", role);
	return og_hint_listed(rq, og_access_roles, role, err);
}

/* A table that is not there, or none that could be granted: bad data of who
 * wrote the grant, and no answer. */
static int check_table(struct og_request *rq, const json_t *grant, struct og_err *err)
{
	if (og_gate_check_grant(rq->shield->db, grant, err) == 0)
		return 0;
	if (err->code != OG_NO)
		return -1;
	err->code = OG_EDATA;
	return og_hint_listed(rq, og_access_shape, og_json_str(grant, "tbl"), err);
}

/* Inside the frame, with its entry; nothing when it was so already. */
static int put_grant(struct og_request *rq, json_t *grant, struct og_err *err)
{
	json_t *body;
	int changed, rc;

	if (og_grant_check(grant, err) < 0 || check_table(rq, grant, err) < 0 ||
	    check_role(rq, grant, err) < 0 ||
	    og_access_grant_put(rq->shield->access, grant, &changed, err) < 0)
		return -1;
	if (!changed)
		return 0;
	body = json_pack("{s:O,s:s}", "grant", grant, "verdict", "allow");
	rc = og_request_write_entry(rq, "grant", body, err);
	json_decref(body);
	return rc;
}

int og_verb_grant_put(struct og_request *rq, struct og_err *err)
{
	json_t *grant = record_of(rq);
	int rc = -1;

	if (!grant)
		return og_fail_nomem(err);
	if ((json_object_get(grant, "effect") ||
	     og_json_set(grant, "effect", json_string("permit"), err) == 0) &&
	    put_grant(rq, grant, err) == 0)
		rc = og_frame_commit(&rq->shield->frame, 1, err);
	json_decref(grant);
	return rc;
}

/* The nearest table of those the subject has a grant on. */
static void hint_grant(const struct og_request *rq, const char *subject, const char *tbl,
		       struct og_err *err)
{
	struct og_err ignored = OG_ERR_INIT;
	json_t *list = NULL;

	if (og_access_grant_list(rq->shield->access, subject, &list, &ignored) == 0)
		og_json_hint_near(tbl, list, "tbl", err);
	json_decref(list);
}

/* named: subject, tbl and perhaps effect, as the entry will have them. */
static int drop_grant(struct og_request *rq, const json_t *named, struct og_err *err)
{
	const char *subject = og_json_str(named, "subject"), *tbl = og_json_str(named, "tbl");
	json_t *body = json_copy((json_t *)(uintptr_t)named);
	int dropped, rc = -1;

	if (!body || !subject || !tbl ||
	    json_object_set_new(body, "verdict", json_string("allow")) < 0) {
		og_fail(err, OG_EDATA, "request: a NUL byte in a name");
		goto out;
	}
	if (og_access_grant_drop(rq->shield->access, subject, tbl, og_json_str(named, "effect"),
				 &dropped, err) < 0)
		goto out;
	if (dropped == 0) {
		og_refuse(rq, OG_DENY_QUIET, "no-grant", err, "'%s' has no such grant on '%s'",
			  subject, tbl);
		hint_grant(rq, subject, tbl, err);
		goto out;
	}
	rc = og_request_write_entry(rq, "revoke", body, err);
out:
	json_decref(body);
	return rc;
}

int og_verb_grant_drop(struct og_request *rq, struct og_err *err)
{
	json_t *named = record_of(rq);
	int rc = -1;

	if (!named)
		return og_fail_nomem(err);
	if (drop_grant(rq, named, err) == 0)
		rc = og_frame_commit(&rq->shield->frame, 1, err);
	json_decref(named);
	return rc;
}

static int apply_change(struct og_request *rq, const json_t *change, struct og_err *err)
{
	json_t *put = json_object_get(change, "put"), *drop = json_object_get(change, "drop");
	const json_t *grant = put ? put : drop;
	json_t *named =
		put ? json_incref(put)
		    : json_pack("{s:O,s:O,s:O}", "subject", json_object_get(drop, "subject"), "tbl",
				json_object_get(drop, "tbl"), "effect",
				json_object_get(drop, "effect"));
	int rc;

	if (!named)
		return og_fail_nomem(err);
	rc = put ? put_grant(rq, named, err) : drop_grant(rq, named, err);
	json_decref(named);
	if (rc == 0)
		og_frame_next(&rq->shield->frame);
	return rc == 0 ? 0
		       : og_wrap(err, "'%s' on '%s'", og_json_str(grant, "subject"),
				 og_json_str(grant, "tbl"));
}

/* What is answered must go on one line, and is known before anything is done. */
static int check_size(const json_t *changes, struct og_err *err)
{
	struct og_buf text;
	int rc;

	og_buf_init(&text, OG_CHANNEL_LINE_MAX / 2);
	rc = og_json_dump(changes, &text, err);
	og_buf_release(&text);
	return rc < 0 ? og_fail(err, OG_EDATA, "grants: too many at a time") : 0;
}

/* All or none: one frame, with an entry for each. */
int og_verb_grant_apply(struct og_request *rq, struct og_err *err)
{
	json_t *present = NULL, *changes = NULL, *change;
	int dry = og_json_bool(rq->body, "dry", 0);
	size_t i;

	if (og_access_grant_list(rq->shield->access, NULL, &present, err) < 0 ||
	    og_grants_diff(json_object_get(rq->body, "grants"), present, &changes, err) < 0) {
		json_decref(present);
		return -1;
	}
	json_decref(present);
	if (og_json_set(rq->reply, "changes", changes, err) < 0 || check_size(changes, err) < 0)
		return -1;
	json_array_foreach(changes, i, change)
	{
		if (apply_change(rq, change, err) < 0)
			return -1;
	}
	if (!dry)
		return og_frame_commit(&rq->shield->frame, 1, err);
	json_object_del(rq->reply, "seq");
	return 0;
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
