/* principal.put and principal.list: who there is, and who may act. */
#include <string.h>

#include "lib/access/propose.h"
#include "lib/shield/channel-internal.h"
#include "lib/shield/verbs.h"

/* Members that stay as they are when a request does not bring them. */
static int fill_in(json_t *record, const json_t *known, struct og_err *err)
{
	static const char *const members[] = { "role", "clearance", "active" };

	for (size_t i = 0; known && i < sizeof(members) / sizeof(*members); i++)
		if (!json_object_get(record, members[i]) &&
		    og_json_set(record, members[i], json_incref(json_object_get(known, members[i])),
				err) < 0)
			return -1;
	return 0;
}

/* The principal as it is to be, without its password, which goes nowhere
 * but into its hash: not into the entry. "id" is the request's own, so the
 * number travels under another name. */
static json_t *wanted(const struct og_request *rq, const json_t *known, struct og_err *err)
{
	static const char *const members[] = { "name", "role", "clearance", "pubkey", "active" };
	json_t *record = json_object(), *number = json_object_get(rq->body, "number");
	int rc = record ? 0 : og_fail_nomem(err);

	for (size_t i = 0; rc == 0 && i < sizeof(members) / sizeof(*members); i++) {
		json_t *given = json_object_get(rq->body, members[i]);

		if (given)
			rc = og_json_set(record, members[i], json_incref(given), err);
	}
	if (rc == 0 && number)
		rc = og_json_set(record, "id", json_incref(number), err);
	if (rc == 0)
		rc = fill_in(record, known, err);
	if (rc == 0)
		return record;
	json_decref(record);
	return NULL;
}

/* Does the request fit what is there? new true: it must not be; false: it
 * must; absent: either. */
static int check_newness(struct og_request *rq, const json_t *known, struct og_err *err)
{
	const char *name = og_json_str(rq->body, "name");
	const json_t *is_new = json_object_get(rq->body, "new");

	if (json_is_true(is_new) && known)
		return og_refuse(rq, OG_DENY_QUIET, "exists", err, "there is a principal '%s'",
				 name);
	if (json_is_false(is_new) && !known) {
		og_refuse(rq, OG_DENY_QUIET, "no-principal", err, "there is no principal '%s'",
			  name);
		return og_hint_listed(rq, og_access_principal_list, name, err);
	}
	if (known && json_object_get(rq->body, "number") &&
	    og_json_int(rq->body, "number", 0) != og_json_int(known, "number", 0))
		return og_refuse(rq, OG_DENY_QUIET, "number", err,
				 "'%s' has the number %lld for good", name,
				 (long long)og_json_int(known, "number", 0));
	return 0;
}

static int check_role(struct og_request *rq, const json_t *record, struct og_err *err)
{
	const char *role = og_json_str(record, "role");
	int found = role ? og_access_role_known(rq->shield->access, role, err) : 1;

	if (found == 0) {
		og_refuse(rq, OG_DENY_QUIET, "no-role", err, "there is no role '%s'", role);
		return og_hint_listed(rq, og_access_roles, role, err);
	}
	return found < 0 ? -1 : 0;
}

/* Nobody may lock everybody out. */
static int check_keepers(struct og_request *rq, struct og_err *err)
{
	int held = og_access_right_held(rq->shield->access, "register", err);

	if (held == 0)
		return og_refuse(rq, OG_DENY_QUIET, "last", err,
				 "then nobody could register anybody any more");
	return held < 0 ? -1 : 0;
}

static int put(struct og_request *rq, const json_t *record, struct og_err *err)
{
	struct og_access *access = rq->shield->access;
	const char *password = og_json_str(rq->body, "password");
	json_t *body = NULL;
	int64_t id;
	int rc = -1;

	if (check_role(rq, record, err) < 0 ||
	    og_access_principal_put(access, record, &id, err) < 0 ||
	    (password && og_access_password_set(access, id, password, err) < 0) ||
	    check_keepers(rq, err) < 0 ||
	    og_json_set(rq->reply, "number", json_integer(id), err) < 0)
		return -1;
	body = json_pack("{s:O,s:b,s:s}", "record", record, "password", password != NULL, "verdict",
			 "allow");
	if (og_request_write_entry(rq, "principal", body, err) == 0)
		rc = og_frame_commit(&rq->shield->frame, 1, err);
	json_decref(body);
	return rc;
}

int og_verb_principal_put(struct og_request *rq, struct og_err *err)
{
	const char *name = og_json_str(rq->body, "name");
	json_t *known = NULL, *record = NULL;
	int rc = -1;

	if (!name || (json_object_get(rq->body, "password") && !og_json_str(rq->body, "password")))
		return og_fail(err, OG_EDATA, "request: a NUL byte in a string");
	if (og_access_principal_record(rq->shield->access, name, &known, err) >= 0 &&
	    check_newness(rq, known, err) == 0 && (record = wanted(rq, known, err)))
		rc = put(rq, record, err);
	json_decref(record);
	json_decref(known);
	return rc;
}

int og_verb_principal_list(struct og_request *rq, struct og_err *err)
{
	json_t *list = NULL;

	if (og_access_principal_list(rq->shield->access, &list, err) < 0)
		return -1;
	return og_json_set(rq->reply, "principals", list, err);
}
