/* See proposal.h. */
#include "lib/shield/proposal.h"

#include <string.h>

const char *og_proposal_right(const struct og_request *rq, const char *verb)
{
	static const struct {
		const char *verb, *kind;
	} kinds[] = { { "skill.put", "skill" }, { "policy.put", "policy" } };
	json_t *envelope =
		rq->has_task && rq->task.envelope ? json_loads(rq->task.envelope, 0, NULL) : NULL;
	const char *kind = og_json_str(json_object_get(envelope, "action"), "propose");
	const char *right = NULL;

	for (size_t i = 0; kind && verb && i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strcmp(kinds[i].verb, verb) == 0 && strcmp(kinds[i].kind, kind) == 0)
			right = kinds[i].kind;
	json_decref(envelope);
	return right;
}

int og_proposal_may(struct og_request *rq, const char *verb, const char *right, struct og_err *err)
{
	const char *lent =
		json_object_get(rq->body, "approval") ? og_proposal_right(rq, verb) : NULL;

	if (lent && strcmp(lent, right) == 0)
		return 0;
	return og_request_right(rq, right, err);
}
