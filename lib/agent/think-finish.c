/* See thinking.h. */
#include "lib/agent/thinking.h"

int og_think_finish(struct og_thinking *t, const json_t *arguments, int last, json_t **ret_error)
{
	(void)last;
	*ret_error = NULL;
	json_object_set(t->job->result, "answer", json_object_get(arguments, "answer"));
	og_job_end(t->job, OG_TASK_DONE, "%s", "");
	return 1;
}
