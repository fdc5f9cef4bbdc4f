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

#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/budget/budget.h"
#include "lib/json/json.h"
#include "lib/model/model.h"
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
	OG_OUTCOME_DRY, /* a dry run: the delivery goes back as it was */
};
/* "ack", "dead", ... */
const char *og_outcome_name(enum og_outcome outcome);

struct og_agent_report {
	enum og_outcome outcome;
	char task[OG_UUID_LEN + 1]; /* "" when not known */
	char state[32];		    /* final state, or "" */
	char skill[80];
	char principal[80]; /* whose task it is, or whose word */
	char why[512];
	char said[32]; /* of a word about a task: "approved", "cancel", ..., or "" */
	char trace[OG_CONTEXT_LEN + 1]; /* where telemetry of it belongs, or "" */
	int code;	  /* with OG_OUTCOME_TROUBLE: what the shield said, enum og_code */
	int64_t delay_ms; /* with OG_OUTCOME_WAITING */
	int64_t skew_ms;  /* how far the submitter's clock is ahead, when it is worth a word */
	/* Another task that what was said here concerns: its envelope, to be put
	 * into the queue before the ack. Heap, or NULL. */
	char *resume;
	char resume_id[OG_UUID_LEN + 1];
	/* A task the shield does not know, to be put into the queue again if
	 * that holds it as a dead letter; or "". */
	char revive_id[OG_UUID_LEN + 1];
	/* With OG_OUTCOME_DRY what would have been sent to the model, and what
	 * for it would have been reserved: {"url","body":TEXT,"input","output"}
	 * (tokens); or NULL when there is nothing to send, as why says. */
	json_t *dry;
};
void og_agent_report_release(struct og_agent_report *report);

/* What came of a call to a service outside. */
enum og_called {
	OG_CALL_ANSWERED, /* status; body as far as it could be had */
	OG_CALL_UNSENT,	  /* it certainly had no effect */
	OG_CALL_UNKNOWN,  /* it may have had one */
	OG_CALL_BROKEN,	  /* this caller can make no calls any more */
};

struct og_call_answer {
	enum og_called outcome;
	int status;
	struct og_buf body;
	int64_t retry_ms; /* the service asks to come back not earlier; 0: nothing said */
	char why[256];	  /* why there is no answer, or none that can be read */
	char host[128];	  /* where it went, for telemetry; "" when nowhere */
	int port;
};

/* Makes the call that the shield describes (og-channel(5), effect.begin),
 * once, with key as its idempotency key; its member "trace", if there, is
 * the traceparent to send along. Never fails: what came of it is in
 * the answer, whose body has been initialised. */
typedef void og_call_fn(void *arg, const json_t *send, const char *key, struct og_call_answer *ret);

/* Posts one request to the model: a JSON body to this URL, with the secrets
 * that the transport holds. With stream, the body of an answer with status
 * 200 is the data of its events, a newline after each. Fills ret as
 * og_call_fn does; OG_CALL_BROKEN also when it was told to stop meanwhile. */
typedef void og_ask_fn(void *arg, const char *url, const char *body, size_t len, int stream,
		       struct og_call_answer *ret);

/* Reads a SKILL.md that a model or a proposer wrote, in a process of its own (hostile
 * text): *ret a DOC of og-skill(5); OG_EDATA with "LINE: what" of the first
 * mistakes, one per line as far as there is room; OG_ETEMP or another code
 * when it could not be read now. Pure, so that a rerun comes to the same. */
typedef int og_read_skill_fn(void *arg, const char *text, size_t len, json_t **ret,
			     struct og_err *err);

/* Gives a text that the task searches with a vector at the shield, within the
 * budget of its principal. 0 or -1: it has none. */
typedef int og_embed_fn(void *arg, const char *task, int64_t epoch, const char *text,
			struct og_err *err);

/* Reasoning with a model; all of it is borrowed. */
struct og_reasoning {
	const struct og_model *model;
	og_ask_fn *ask;
	void *arg;
	og_read_skill_fn *read_skill; /* NULL: it cannot put skills */
	void *read_skill_arg;
	long max_output;     /* tokens of an answer */
	int64_t patience_ms; /* how long a task waits for a throttled provider */
	int stream;
	int writes;	 /* may direct writes, schema, skills and policies be offered? */
	int fallback;	 /* may the skill planner take over? */
	unsigned quirks; /* learned of the server, kept between tasks */
};

/* What an agent works with; all of it is borrowed. */
struct og_agent_means {
	struct og_channel *channel;
	const struct og_budget_limits *limits;
	struct og_telemetry *telemetry; /* NULL: off */
	og_call_fn *call;		/* NULL: it reaches no services */
	void *call_arg;
	og_embed_fn *embed; /* NULL: planners search by words alone */
	void *embed_arg;
	json_t *embed_key;	      /* then: {"model","dimension"} */
	og_read_skill_fn *read_skill; /* of proposals; NULL: it cannot read any */
	void *read_skill_arg;
	json_t *skills; /* an object: versions of skills, kept between tasks; or NULL */
	struct og_reasoning *reasoning; /* NULL: the skill planner plans */
	int asks; /* a task may wait for an answer of its principal about its slots */
	int dry;  /* stop before the model is asked; the shield keeps nothing but task.begin */
};

/* envelope: text of any origin. Never fails: what happened is in the report,
 * which is to be released. */
void og_agent_run(const struct og_agent_means *means, const char *envelope, size_t len,
		  struct og_agent_report *ret);

/* The same from a journal alone (og-channel(5), journal.get; all its pages as
 * one object): nobody is asked, nothing is done. *ret_result is what the task
 * comes to now, a new reference, or NULL when it comes to nothing, as the
 * report says: its outcome is OG_OUTCOME_ACK when the records led to the end
 * that is on record, and OG_OUTCOME_DEAD with why when a record is missing or
 * does not fit (the number of the turn or request is in it). What the task
 * did not find out but was told from outside (time, money, a provider, a
 * cancellation, the sum of its cost) is taken from the recorded result. Without ledger, finished,
 * resolved and trace_id the result is the recorded one, in canonical form;
 * 0 when it is, 1 when not (why names the first member that differs), and -1
 * when there is none. means->channel is not used. */
int og_agent_rerun(const struct og_agent_means *means, const json_t *journal, json_t **ret_result,
		   struct og_agent_report *ret);

#endif
