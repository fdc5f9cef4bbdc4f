/*
 * A planner's searches: by words, and by meaning where there is somebody who
 * gives texts their vectors (agent.h). The vector is put before the search
 * is asked by its number, so that what is on record is the one search; a
 * rerun, and whoever goes on from records, needs none. Where there is no
 * vector to be had words alone decide, which is no reason to stop.
 */
#include <string.h>

#include "lib/agent/thinking.h"

/* Is this very search on record already, or not to be paid for? */
static int has_no_need(const struct og_job *job)
{
	return job->means->dry || og_records_went_on(job);
}

/* Does the shield have the vector of this text? Asked without a number. */
static int is_embedded(struct og_job *job, const char *verb, const json_t *request)
{
	struct og_err ignored = OG_ERR_INIT;
	json_t *probe = json_copy((json_t *)(uintptr_t)request), *reply = NULL;
	int there = 1;

	if (probe && json_object_set_new(probe, "task", json_string(job->task)) == 0 &&
	    json_object_set_new(probe, "epoch", json_integer(job->epoch)) == 0 &&
	    og_job_call(job, verb, json_incref(probe), &reply, &ignored) == 0)
		there = og_json_bool(reply, "embedded", 1);
	json_decref(probe);
	json_decref(reply);
	return there;
}

enum og_turn og_job_search(struct og_job *job, const char *verb, json_t *request, const char *text,
			   json_t **ret)
{
	const struct og_agent_means *means = job->means;
	struct og_err ignored = OG_ERR_INIT;

	if (means->embed && request && text && *text &&
	    json_object_set(request, "embed", means->embed_key) == 0 && !has_no_need(job) &&
	    !is_embedded(job, verb, request))
		means->embed(means->embed_arg, job->task, job->epoch, text, &ignored);
	return og_job_ask(job, verb, request, ret);
}
