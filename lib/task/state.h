/* The states of a task, their names, and what they mean to a shell. */
#ifndef OG_TASK_STATE_H
#define OG_TASK_STATE_H

enum og_task_state {
	OG_TASK_QUEUED,
	OG_TASK_RUNNING,
	OG_TASK_WAITING, /* for consent, or for an answer */
	/* final ones: */
	OG_TASK_DONE,
	OG_TASK_DENIED,	     /* a rule, a right or no fitting skill: nothing happened */
	OG_TASK_FAILED,	     /* it could not be done, and nothing of it stands */
	OG_TASK_COMPENSATED, /* begun, refused half way, undone */
	OG_TASK_COMPENSATION_FAILED,
	OG_TASK_INTERRUPTED, /* a limit tripped: SYSTEM_INTERRUPT */
	OG_TASK_IN_DOUBT,    /* an effect outside was asked for and not answered */
	OG_TASK_CANCELLED,
	OG_TASK_STATES /* how many there are */
};

const char *og_state_name(enum og_task_state state);
/* -1 for a name that is none. */
int og_state_parse(const char *name);
int og_state_final(enum og_task_state state);
/* Of `og-submit --wait`: done 0; compensation_failed and in_doubt 71;
 * other final ones 1; not final 75. */
int og_state_exit(enum og_task_state state);

#endif
