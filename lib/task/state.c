/* Names of states, and what they mean to a shell. */
#include "lib/task/state.h"

#include <string.h>

static const char *const names[OG_TASK_STATES] = {
	"queued",      "running",  "waiting",	  "done",
	"denied",      "failed",   "compensated", "compensation_failed",
	"interrupted", "in_doubt", "cancelled",
};

const char *og_state_name(enum og_task_state state)
{
	return names[state];
}

int og_state_parse(const char *name)
{
	for (int i = 0; i < OG_TASK_STATES; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return -1;
}

int og_state_final(enum og_task_state state)
{
	return state >= OG_TASK_DONE;
}

int og_state_exit(enum og_task_state state)
{
	switch (state) {
	case OG_TASK_DONE:
		return 0;
	case OG_TASK_COMPENSATION_FAILED:
	case OG_TASK_IN_DOUBT:
		return 71;
	case OG_TASK_QUEUED:
	case OG_TASK_RUNNING:
	case OG_TASK_WAITING:
		return 75;
	default:
		return 1;
	}
}
