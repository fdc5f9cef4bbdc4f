/*
 * The agent: takes one envelope to its end. It knows the shield only as a
 * channel and has no other way to the database; it decides what to try
 * next, never whether that is permitted.
 *
 * A planner turns a command into steps. The skill planner executes the
 * matched skill's own steps, deterministically; planners that ask a model
 * come beside it behind the same interface (planner.h).
 */
#ifndef OG_AGENT_AGENT_H
#define OG_AGENT_AGENT_H

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/budget/budget.h"
#include "lib/proc/channel.h"
#include "lib/task/state.h"
#include "lib/telemetry/telemetry.h"

/* What to do with the delivery. */
enum og_outcome {
	OG_OUTCOME_ACK,	  /* the shield holds the result: forget the delivery */
	OG_OUTCOME_DEAD,  /* it can never be begun: why says it */
	OG_OUTCOME_LOST,  /* another worker took the task over: leave it alone */
	OG_OUTCOME_RETRY, /* the channel failed: the task goes on from its journal */
	/* The shield lives and cannot do its work now (disk full, locked): the
	 * task goes on when it can, and it is not the task's fault. */
	OG_OUTCOME_TROUBLE,
	/* It waits, for somebody's word or for its time: deliver it again after
	 * delay_ms, or when it is put into the queue once more. */
	OG_OUTCOME_WAITING,
};
/* "ack", "dead", ... */
const char *og_outcome_name(enum og_outcome outcome);

struct og_agent_report {
	enum og_outcome outcome;
	char task[OG_UUID_LEN + 1]; /* "" when not known */
	char state[32];		    /* final state, or "" */
	char skill[80];
	char principal[80];
	char why[512];
	char trace[OG_CONTEXT_LEN + 1]; /* where telemetry of it belongs, or "" */
	int code;	  /* with OG_OUTCOME_TROUBLE: what the shield said, enum og_code */
	int64_t delay_ms; /* with OG_OUTCOME_WAITING */
	int64_t skew_ms;  /* how far the submitter's clock is ahead, when it is worth a word */
	/* Another task that what was said here concerns: its envelope, to be put
	 * into the queue before the ack. Heap, or NULL. */
	char *resume;
	char resume_id[OG_UUID_LEN + 1];
};
void og_agent_report_release(struct og_agent_report *report);

/* What an agent works with; all of it is borrowed. */
struct og_agent_means {
	struct og_channel *channel;
	const struct og_budget_limits *limits;
	struct og_telemetry *telemetry; /* NULL: off */
};

/* envelope: text of any origin. Never fails: what happened is in the report,
 * which is to be released. */
void og_agent_run(const struct og_agent_means *means, const char *envelope, size_t len,
		  struct og_agent_report *ret);

#endif
