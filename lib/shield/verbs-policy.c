/*
 * Policies: found, shown, and put by those who may. What is shown is cut by
 * clearance.
 */
#include <string.h>

#include "lib/base/clock.h"
#include "lib/policy/remote.h"
#include "lib/shield/acts.h"
#include "lib/shield/elsewhere.h"
#include "lib/shield/embedding.h"
#include "lib/shield/verbs.h"

#define CLEARANCE_ALL	   3 /* a name is taken, whoever may read the text */
#define PASSAGES	   5
#define PASSAGES_MAX_ASKED 1000
#define PASSAGES_MAX_TASK  50 /* what a task is told is kept */

/* Which policies a request is about. A clearance in it narrows only. */
static int filter_of(const struct og_request *rq, struct og_policy_filter *ret, struct og_err *err)
{
	int64_t asked = og_json_int(rq->body, "clearance", rq->who.clearance);

	*ret = (struct og_policy_filter){ .node = og_json_str(rq->body, "node"),
					  .source = og_json_str(rq->body, "source"),
					  .at = og_json_str(rq->body, "at"),
					  .clearance = rq->who.clearance,
					  .in_force = og_json_bool(rq->body, "in_force", 0) };
	if (ret->at && !og_day_valid(ret->at))
		return og_fail(err, OG_EDATA, "request: 'at' is no day");
	if (asked < 1)
		return og_fail(err, OG_EDATA, "request: 'clearance' is none");
	if (asked < ret->clearance)
		ret->clearance = (int)asked;
	return 0;
}

/* How asking the store elsewhere went, where it was asked. */
static int tell_asked(struct og_request *rq, struct og_err *err)
{
	const struct og_policies_asked *asked = og_policies_asked(rq->shield->policies);

	return asked->asked ? og_request_asked(rq, &asked->why, asked->mistrusted, err) : 0;
}

int og_verb_policy_search(struct og_request *rq, struct og_err *err)
{
	struct og_policy_search search = { .query = og_json_str(rq->body, "query"),
					   .one_each = og_json_bool(rq->body, "docs", 0) };
	struct og_embedding query = { .there = 0 };
	json_t *found = NULL;
	int rc = -1;

	if (!search.query)
		return og_fail(err, OG_EDATA, "request: a NUL byte in 'query'");
	if (filter_of(rq, &search.filter, err) < 0 ||
	    og_request_limit(rq, PASSAGES, rq->has_task ? PASSAGES_MAX_TASK : PASSAGES_MAX_ASKED,
			     &search.limit, err) < 0 ||
	    og_request_embedding(rq, search.query, strlen(search.query), &query, err) < 0)
		return -1;
	if (query.there) {
		search.key = &query.key;
		search.vector = &query.vector;
	}
	if (og_policies_search(rq->shield->policies, &search, &found, err) == 0)
		rc = og_json_set(rq->reply, "passages", found, err);
	if (rc == 0)
		rc = tell_asked(rq, err);
	og_vector_release(&query.vector);
	return rc;
}

/* One policy, with its text. */
static int policy_by_name(struct og_request *rq, const char *name, struct og_err *err)
{
	json_t *list = json_array(), *policy = NULL;
	int found = og_policies_show(rq->shield->policies, name, rq->who.clearance, &policy, err);

	if (found > 0 && (!list || json_array_append_new(list, policy) < 0))
		found = og_fail_nomem(err);
	if (found < 0) {
		json_decref(list);
		return -1;
	}
	return og_json_set(rq->reply, "policies", list, err);
}

int og_verb_policy_list(struct og_request *rq, struct og_err *err)
{
	const char *name = og_json_str(rq->body, "name");
	struct og_policy_filter filter;
	json_t *list = NULL;

	if (name)
		return policy_by_name(rq, name, err);
	if (filter_of(rq, &filter, err) < 0 ||
	    og_policies_list(rq->shield->policies, &filter, &list, err) < 0)
		return -1;
	return og_json_set(rq->reply, "policies", list, err);
}

/* 1 there is one of this name, 0, -1. */
static int policy_there(struct og_request *rq, const char *name, int clearance, struct og_err *err)
{
	json_t *there = NULL;
	int found = name ? og_policies_show(rq->shield->policies, name, clearance, &there, err) : 0;

	json_decref(there);
	return found;
}

/* What a policy that was put is now, unless that says of one which this
 * clearance may not read that it is there. */
static int may_be_told(struct og_request *rq, const json_t *now, struct og_err *err)
{
	const char *by = og_json_str(now, "by");

	return by ? policy_there(rq, by, rq->who.clearance, err) : 1;
}

/* A document may come before the skill it governs, and out of its days;
 * whoever adds it is told that it binds nothing yet, or not today. */
static int put_policy_reply(struct og_request *rq, const json_t *policy,
			    const struct og_policy_id *id, struct og_err *err)
{
	const char *name = og_json_str(policy, "name");
	json_t *skill = NULL, *now = NULL, *reply;
	int there = og_graph_get(rq->shield->graph, og_json_str(policy, "node"), NULL, &skill, err);
	int told;

	json_decref(skill);
	if (there < 0 || og_policies_show(rq->shield->policies, name, CLEARANCE_ALL, &now, err) < 0)
		return -1;
	told = may_be_told(rq, now, err);
	if (told < 0) {
		json_decref(now);
		return -1;
	}
	reply = json_pack("{s:s,s:I,s:s,s:b,s:b,s:s*,s:s*}", "name", name, "number",
			  (json_int_t)id->id, "hash", id->hash, "changed", id->changed, "binds",
			  there, "standing", told ? og_json_str(now, "standing") : NULL,
			  "supersedes", og_json_str(policy, "supersedes"));
	json_decref(now);
	return og_request_take(rq, reply, err);
}

/* Nobody lifts what they may not read: neither by superseding it, where a
 * hidden one is told like one that is not there, nor by its name. */
static int may_put_policy(struct og_request *rq, const char *name, const char *supersedes,
			  struct og_err *err)
{
	int there = policy_there(rq, supersedes, rq->who.clearance, err);

	if (there == 0 && supersedes)
		return og_refuse(rq, OG_DENY, "no-policy", err,
				 "no policy is called '%s', to be superseded", supersedes);
	if (there < 0 || (there = policy_there(rq, name, CLEARANCE_ALL, err)) <= 0)
		return there;
	there = policy_there(rq, name, rq->who.clearance, err);
	if (there == 0)
		og_refuse(rq, OG_DENY, "exists", err, "there is a policy called '%s' already",
			  name);
	return there > 0 ? 0 : -1;
}

/* A policy that binds others already is not a task's to replace, nor to
 * supersede, unasked. */
static int policy_of_task(struct og_request *rq, const char *name, const char *supersedes,
			  struct og_err *err)
{
	int found;

	if (!rq->has_task || rq->approval)
		return 0;
	if (supersedes)
		return og_act_supersedes(rq, supersedes, err);
	found = policy_there(rq, name, CLEARANCE_ALL, err);
	return found <= 0 ? found : og_act_exists(rq, "policy", name, err);
}

int og_verb_policy_put(struct og_request *rq, struct og_err *err)
{
	const json_t *policy = json_object_get(rq->body, "policy");
	const char *name = og_json_str(policy, "name");
	const char *supersedes = og_json_str(policy, "supersedes");
	struct og_policy_id id;
	json_t *body = NULL;
	int rc = -1;

	if (og_act_begin(rq, err) < 0 || og_policy_check(policy, err) < 0 ||
	    policy_of_task(rq, name, supersedes, err) < 0 ||
	    may_put_policy(rq, name, supersedes, err) < 0 ||
	    og_policies_put(rq->shield->policies, policy, &id, err) < 0 ||
	    put_policy_reply(rq, policy, &id, err) < 0)
		goto out;
	body = json_pack("{s:s,s:s,s:s,s:s*,s:s*,s:s*}", "policy", name, "hash", id.hash, "verdict",
			 "allow", "supersedes", supersedes, "effective",
			 og_json_str(policy, "effective"), "expires",
			 og_json_str(policy, "expires"));
	if (!id.changed ||
	    (og_request_write_entry(rq, "policy", body, err) == 0 && og_act_keep(rq, 0, err) == 0))
		rc = og_request_commit(rq, 1, err);
out:
	json_decref(body);
	return rc;
}
