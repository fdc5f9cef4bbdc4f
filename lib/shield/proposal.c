/* See proposal.h. */
#include "lib/shield/proposal.h"

#include <string.h>

#include "lib/policy/passages.h"
#include "lib/policy/store.h"

/* The proposal of the request's task, a new reference; NULL: it is none. */
static json_t *proposal_of(const struct og_request *rq)
{
	json_t *envelope =
		rq->has_task && rq->task.envelope ? json_loads(rq->task.envelope, 0, NULL) : NULL;
	json_t *action = json_object_get(envelope, "action");
	json_t *proposal = og_json_str(action, "propose") ? json_incref(action) : NULL;

	json_decref(envelope);
	return proposal;
}

const char *og_proposal_right(const struct og_request *rq, const char *verb)
{
	static const struct {
		const char *verb, *kind;
	} kinds[] = { { "skill.put", "skill" }, { "policy.put", "policy" } };
	json_t *proposal = proposal_of(rq);
	const char *kind = og_json_str(proposal, "propose");
	const char *right = NULL;

	for (size_t i = 0; kind && verb && i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strcmp(kinds[i].verb, verb) == 0 && strcmp(kinds[i].kind, kind) == 0)
			right = kinds[i].kind;
	json_decref(proposal);
	return right;
}

/* Those that its body is split into: 1, 0, -1. */
static int has_its_passages(const json_t *policy, struct og_err *err)
{
	const char *body = og_json_str(policy, "body");
	json_t *passages = NULL;
	int same;

	if (og_policy_check(policy, err) < 0 ||
	    og_passages_split(body, strlen(body), &passages, err) < 0)
		return -1;
	same = json_equal(passages, json_object_get(policy, "passages"));
	json_decref(passages);
	return same;
}

/* A skill's record has all of its text, a policy's what is behind the front
 * matter. */
static int is_signed(const char *text, const json_t *puts)
{
	const char *source = og_json_str(json_object_get(puts, "doc"), "source");
	const char *body = og_json_str(json_object_get(puts, "policy"), "body");
	size_t len = strlen(text), end = body ? strlen(body) : 0;

	if (strcmp(og_json_str(puts, "verb"), "skill.put") == 0)
		return source && strcmp(source, text) == 0;
	return body && end <= len && strcmp(text + len - end, body) == 0;
}

int og_proposal_agrees(struct og_request *rq, const json_t *puts, struct og_err *err)
{
	const char *verb = og_json_str(puts, "verb"), *text;
	int whole = 1, is_policy = verb && strcmp(verb, "policy.put") == 0, rc = 0;
	json_t *proposal;

	if (is_policy && (whole = has_its_passages(json_object_get(puts, "policy"), err)) < 0)
		return -1;
	if (!whole)
		return og_refuse(rq, OG_DENY, "text", err,
				 "the passages are not those of the policy's text");
	proposal = og_proposal_right(rq, verb) ? proposal_of(rq) : NULL;
	text = og_json_str(proposal, "text");
	if (proposal && !(text && is_signed(text, puts)))
		rc = og_refuse(rq, OG_DENY, "text", err, "this is not the text that was proposed");
	json_decref(proposal);
	return rc;
}

int og_proposal_may(struct og_request *rq, const char *verb, const char *right, struct og_err *err)
{
	const char *lent =
		json_object_get(rq->body, "approval") ? og_proposal_right(rq, verb) : NULL;

	if (lent && strcmp(lent, right) == 0)
		return 0;
	return og_request_right(rq, right, err);
}
