/* Shared by the files of og-task: a session, and finding a task in it
 * (og-task-find.c). */
#ifndef OG_CMD_TASK_H
#define OG_CMD_TASK_H

#include "cmd/og-main.h"
#include "lib/base/clock.h"

/* What every command needs. */
struct task_session {
	const struct og_ctx *ctx;
	const struct og_args *args;
	struct og_conf *conf;
	struct og_channel *channel;
	struct og_queue *queue; /* NULL before it is needed */
	struct og_err away;	/* why a broker's could not be opened */
	const char *principal;
	int all; /* may see everybody's tasks; known after task_all() */
};

int task_open(struct task_session *s, const struct og_ctx *ctx, const struct og_args *args,
	      struct og_err *err);
void task_close(struct task_session *s);
int task_queue(struct task_session *s, struct og_err *err);

#define TASK_LIST_MAX 1000
/* The newest tasks this principal can see, in no order; with a state only
 * those, and perhaps some of others. New reference. */
int task_all(struct task_session *s, const char *state, json_t **ret, struct og_err *err);
/* A whole id from a prefix that only one visible task has. */
int task_whole_id(struct task_session *s, const char *prefix, char ret[OG_UUID_LEN + 1],
		  struct og_err *err);
/* What the shield knows of it, else what the queue does. */
int task_status(struct task_session *s, const char *id, json_t **ret, struct og_err *err);
/* The exit status that tells its state. */
int task_exit(const json_t *task);

/* og-task-say.c: a signed envelope into the queue, its id on stdout; and the
 * words of --note among what it carries. */
struct og_envelope_draft;
#define TASK_WORD_MS ((int64_t)24 * 3600 * 1000) /* how long one counts */
int task_say(struct task_session *s, const struct og_envelope_draft *draft, struct og_err *err);
int task_add_note(const struct og_args *args, json_t *more, struct og_err *err);

/* og-task-answer.c: runs what is said about the task that the first
 * argument names; task is NULL when only a broker could know it. */
typedef int task_word_fn(struct task_session *s, const char *id, const json_t *task,
			 struct og_err *err);
int task_word(const struct og_ctx *ctx, const struct og_args *args, task_word_fn *what,
	      struct og_err *err);

int task_run_cancel(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err);
int task_run_decide(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err);
int task_run_answer(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err);
int task_run_resolve(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err);

/* journal ID (og-task-journal.c). */
int task_run_journal(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err);

/* prune --older SPAN (og-task-prune.c). */
int task_run_prune(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err);

#endif
