/*
 * Skills: found, shown, and put by those who may. Matching ignores roles on
 * purpose: a forbidden wish is to be refused when it is run, not to look
 * unknown. What is shown is cut by clearance.
 */
#include <string.h>

#include "lib/shield/acts.h"
#include "lib/shield/elsewhere-graph.h"
#include "lib/shield/embedding.h"
#include "lib/shield/learned.h"
#include "lib/shield/steps.h"
#include "lib/shield/verbs.h"
#include "lib/skill/versions.h"

#define CLEARANCE_ALL 3
#define CANDIDATES    5

/* That there is such a skill is no secret; its text is one, and what it was
 * matched by is of its text. */
static int hide_text(struct og_request *rq, json_t *found, struct og_err *err)
{
	json_t *match = json_object_get(found, "match");
	const char *by = og_json_str(match, "matched_by"), *colon = by ? strchr(by, ':') : NULL;
	const json_t *skill;

	if (!colon)
		return 0;
	skill = og_shield_skill(rq->shield, og_json_str(match, "skill"), og_json_str(match, "hash"),
				err);
	if (!skill)
		return -1;
	if (og_json_int(json_object_get(skill, "skill"), "clearance", CLEARANCE_ALL) <=
	    rq->who.clearance)
		return 0;
	return og_json_set(match, "matched_by", json_stringn(by, (size_t)(colon - by)), err);
}

int og_verb_skill_match(struct og_request *rq, struct og_err *err)
{
	const json_t *text = json_object_get(rq->body, "text");
	struct og_resolver resolver = og_request_resolver(rq);
	const char *said = json_string_value(text);
	struct og_embedding query = { .there = 0 };
	struct og_matcher *ready;
	json_t *found = NULL;
	size_t limit = 0;
	int rc = -1;

	if (og_request_limit(rq, CANDIDATES, OG_RANKED_MAX, &limit, err) < 0)
		return -1;
	if (og_shield_matcher(rq->shield, &ready, err) < 0 ||
	    og_request_embedding(rq, said, json_string_length(text), &query, err) < 0 ||
	    og_matcher_match(ready, said, json_string_length(text), &resolver, limit, &found, err) <
		    0)
		goto out;
	if (hide_text(rq, found, err) < 0 || og_request_fuse(rq, &query, limit, found, err) < 0)
		json_decref(found);
	else
		rc = og_request_take(rq, found, err);
out:
	og_vector_release(&query.vector);
	return rc;
}

/* A task whose principal may act no more needs its own skill's text to take
 * back what it did, and no other. */
static int may_look(struct og_request *rq, const json_t *found, struct og_err *err)
{
	const char *hash = og_json_str(found, "hash");

	if (!rq->has_task)
		return og_request_cleared(rq, json_object_get(found, "skill"), err);
	if (rq->task.skill_hash && hash && strcmp(hash, rq->task.skill_hash) == 0)
		return 0;
	if (og_request_active(rq, err) < 0)
		return -1;
	return og_request_cleared(rq, json_object_get(found, "skill"), err);
}

/* The version that was asked for, else the active one, out of the shield's
 * cache; *active says which it is. NULL when there is none (OG_NO) or we
 * failed. */
static const json_t *wanted_skill(struct og_request *rq, int *active, struct og_err *err)
{
	const char *name = og_json_str(rq->body, "skill"), *hash = og_json_str(rq->body, "hash");
	struct og_node head;
	int there = og_graph_head(rq->shield->graph, name, &head, err);

	if (there == 0 && !hash)
		og_fail(err, OG_NO, "no such skill");
	if (there < 0 || (there == 0 && !hash))
		return NULL;
	*active = there == 1 && (!hash || strcmp(hash, head.hash) == 0);
	return og_shield_skill(rq->shield, name, hash ? hash : head.hash, err);
}

static int add_versions(struct og_request *rq, struct og_err *err)
{
	json_t *versions = NULL;

	if (og_skill_versions(rq->shield->db, og_json_str(rq->body, "skill"), rq->who.clearance,
			      &versions, err) < 0)
		return -1;
	return og_json_set(rq->reply, "versions", versions, err);
}

/* What is hidden from who asks, or from a task's principal, is neither named
 * nor near. */
static int no_skill(struct og_request *rq, struct og_err *err)
{
	struct og_err ignored = OG_ERR_INIT;
	json_t *list = NULL;

	og_refuse(rq, OG_DENY_QUIET, "no-skill", err, "no such skill");
	if (og_graph_list(rq->shield->graph, rq->who.clearance, &list, &ignored) == 0)
		og_json_hint_near(og_json_str(rq->body, "skill"), list, "name", err);
	json_decref(list);
	return -1;
}

/* That a skill exists is no secret (matching names it); its text is one,
 * for those below its clearance. */
int og_verb_skill_get(struct og_request *rq, struct og_err *err)
{
	int active = 0;
	const json_t *found = wanted_skill(rq, &active, err);

	if (!found)
		return err->code == OG_NO ? no_skill(rq, err) : -1;
	/* A task was matched to it and learns why not; a reader learns nothing. */
	if (may_look(rq, found, err) < 0)
		return rq->has_task ? -1 : no_skill(rq, err);
	if (json_object_update(rq->reply, (json_t *)found) < 0 ||
	    json_object_set_new(rq->reply, "active", json_boolean(active)) < 0)
		return og_fail_nomem(err);
	if (!og_json_bool(rq->body, "text", 1))
		json_object_del(rq->reply, "skill");
	if (og_json_bool(rq->body, "versions", 0) && add_versions(rq, err) < 0)
		return -1;
	return og_json_set(rq->reply, "node", json_incref(json_object_get(found, "id")), err);
}

/* Whose skills these are: a lock is of one instance. */
static int add_genesis(struct og_request *rq, struct og_err *err)
{
	char genesis[OG_HASH_HEX + 1];
	struct og_err none = OG_ERR_INIT;

	if (rq->has_task)
		return 0;
	if (og_ledger_genesis(rq->shield->db, genesis, &none) == 0)
		return og_json_set(rq->reply, "genesis", json_string(genesis), err);
	if (none.code == OG_NO)
		return 0;
	*err = none;
	return -1;
}

int og_verb_skill_list(struct og_request *rq, struct og_err *err)
{
	json_t *list = NULL;

	if (og_graph_list(rq->shield->graph, rq->who.clearance, &list, err) < 0)
		return -1;
	if (og_json_set(rq->reply, "skills", list, err) < 0 || add_genesis(rq, err) < 0)
		return -1;
	return og_graph_elsewhere_ask(rq, err);
}

/* What the skill asks for and was not granted yet, as grants to give. */
static int missing_grants(struct og_request *rq, const json_t *doc, const struct og_node *node,
			  json_t **ret, struct og_err *err)
{
	char subject[OG_SUBJECT_MAX + 1];
	json_t *asks = json_array(), *have = NULL, *ask;
	size_t i;

	snprintf(subject, sizeof(subject), "skill:%s@%s", node->name, node->hash);
	if (!asks || og_access_grant_list(rq->shield->access, subject, &have, err) < 0) {
		json_decref(asks);
		return asks ? -1 : og_fail_nomem(err);
	}
	if (json_array_size(have) == 0) {
		json_array_foreach(json_object_get(doc, "asks"), i, ask)
		{
			json_t *grant = json_copy(ask);

			json_object_set_new(grant, "subject", json_string(subject));
			json_array_append_new(asks, grant);
		}
	}
	json_decref(have);
	*ret = asks;
	return 0;
}

static int put_reply(struct og_request *rq, const json_t *doc, const struct og_node *node,
		     struct og_err *err)
{
	json_t *asks = NULL;

	if (missing_grants(rq, doc, node, &asks, err) < 0)
		return -1;
	return og_request_take(rq,
			       json_pack("{s:s,s:s,s:I,s:b,s:o}", "name", node->name, "hash",
					 node->hash, "node", (json_int_t)node->id, "changed",
					 node->changed, "asks", asks),
			       err);
}

/* Is there one of this name in another version? 1, 0, -1. */
static int replaces_skill(struct og_request *rq, const json_t *doc, struct og_err *err)
{
	char hash[OG_HASH_HEX + 1];
	struct og_node head;
	int found = og_graph_head(rq->shield->graph, og_json_str(doc, "name"), &head, err);

	if (found <= 0)
		return found;
	return og_skill_hash(doc, hash, err) < 0 ? -1 : strcmp(hash, head.hash) != 0;
}

/* A task's document may be a short one; and it replaces nothing unasked. */
static int skill_of_task(struct og_request *rq, json_t *doc, struct og_err *err)
{
	int replaces;

	if (!rq->has_task)
		return 0;
	if (og_skill_complete(doc, err) < 0)
		return -1;
	replaces = rq->approval || !og_json_str(doc, "name") ? 0 : replaces_skill(rq, doc, err);
	if (replaces <= 0)
		return replaces;
	return og_act_exists(rq, "skill", og_json_str(doc, "name"), err);
}

int og_verb_skill_put(struct og_request *rq, struct og_err *err)
{
	json_t *doc = json_deep_copy(json_object_get(rq->body, "doc"));
	struct og_node node;
	json_t *body = NULL;
	int rc = -1;

	if (!doc)
		return og_fail_nomem(err);
	if (og_act_begin(rq, err) < 0 || skill_of_task(rq, doc, err) < 0 ||
	    og_skill_check(doc, err) < 0 || og_graph_put(rq->shield->graph, doc, &node, err) < 0 ||
	    put_reply(rq, doc, &node, err) < 0)
		goto out;
	snprintf(rq->node, sizeof(rq->node), "%s@%.12s", node.name, node.hash);
	body = json_pack("{s:s,s:s,s:s}", "skill", node.name, "hash", node.hash, "verdict",
			 "allow");
	if (!node.changed ||
	    (og_request_write_entry(rq, "skill", body, err) == 0 && og_act_keep(rq, 0, err) == 0))
		rc = og_request_commit(rq, 1, err);
out:
	json_decref(doc);
	json_decref(body);
	return rc;
}
