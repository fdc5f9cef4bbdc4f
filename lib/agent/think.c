/*
 * The model planner: the loop around the model.
 */
#include "lib/agent/thinking.h"

static enum og_turn run(struct og_job *job)
{
	og_job_end(job, OG_TASK_FAILED, "reasoning with a model is not in this version");
	return OG_TURN_OK;
}

const struct og_planner og_planner_model = {
	.name = "model",
	.agent = "og-worker/model",
	.run = run,
};
