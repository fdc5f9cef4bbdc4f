/*
 * Shared by the files of og-eval. The parent (og-eval.c, og-eval-pool.c)
 * reads scenarios and starts `og-eval one` for each, which makes a scratch
 * instance (og-eval-scratch.c), carries the scenario out in it with our own
 * programs (og-eval-one.c, og-eval-act.c) and judges what came of it.
 */
#ifndef OG_CMD_EVAL_H
#define OG_CMD_EVAL_H

#include "cmd/og-main.h"
#include "lib/eval/eval.h"
#include "lib/proc/proc.h"

#define EVAL_LINE_MAX	OG_CHANNEL_LINE_MAX
#define EVAL_RUN_MAX	((size_t)1 << 28) /* bytes of a file of runs */
#define EVAL_TIMEOUT_MS 120000

/* --- og-eval-temp.c ------------------------------------------------------ */

/* A folder of our own below $TMPDIR, locked while we live; those of runs
 * that were killed are removed on the way. Heap string. */
int eval_temp_make(const struct og_ctx *ctx, char **ret, int *ret_lock, struct og_err *err);
/* Removes it. NULL is legal. */
void eval_temp_remove(char *dir, int lock);
/* Nothing of OG_* in the environment is for scratch instances. */
int eval_forget_environment(struct og_err *err);

/* --- og-eval-scratch.c --------------------------------------------------- */

struct scratch {
	const struct og_ctx *ctx;
	char *temp, *home; /* the folder, and the instance in it */
	int lock;
	int64_t deadline;
};

/* from: the instance to copy, or NULL for the demo company. settings: lines
 * of its og.conf, texts by key, or NULL. */
int scratch_make(struct scratch *s, const struct og_ctx *ctx, const char *from,
		 const json_t *settings, struct og_err *err);
/* Settings once more, in place of those of the same keys. */
int scratch_set(const struct scratch *s, const json_t *settings, struct og_err *err);
void scratch_release(struct scratch *s);

/* One of our programs with its arguments; --home is added. */
#define CALL_WORDS_MAX 160
struct call {
	const char *words[CALL_WORDS_MAX];
	char *owned[CALL_WORDS_MAX];
	size_t n, n_owned;
	int failed;
	const char *input;
	int status; /* of the run */
	struct og_buf out, said;
};
void call_init(struct call *call, const char *program, const char *command);
void call_release(struct call *call);
void call_add(struct call *call, const char *word);
/* option NAME=VALUE for each member of an object of plain values. */
void call_params(struct call *call, const char *option, const json_t *params);
/* 0 when it ran, whatever its status was. */
int call_run(struct call *call, const struct scratch *s, struct og_err *err);
/* The same for any program, which no instance is named to. */
int call_run_path(struct call *call, const char *path, int64_t deadline, struct og_err *err);
/* What it said on standard error, without the program's name. Valid until
 * the call is released. */
const char *call_said(struct call *call);
/* Its output as JSON: one text, or an array of its lines. */
int call_json(const struct call *call, json_t **ret, struct og_err *err);
int call_lines(const struct call *call, json_t **ret, struct og_err *err);

/* --- og-eval-act.c ------------------------------------------------------- */

/* What an act came to. */
struct outcome {
	char *task;	   /* of say and action, heap */
	const char *state; /* "done", "denied", ...; static */
	char *reason;	   /* heap */
};
void outcome_release(struct outcome *outcome);
/* hold: a task is put into the queue, and nobody works yet. about: the task
 * that cancel, approve, ... are about, or NULL. */
int act_carry_out(const struct scratch *s, const json_t *act, int hold, const char *about,
		  struct outcome *ret, struct og_err *err);
/* Lets a worker work until the task has ended or waits for a person. */
int act_work(const struct scratch *s, const char *task, const char *as, struct outcome *ret,
	     struct og_err *err);

/* --- og-eval-pool.c ------------------------------------------------------ */

/* Runs `og-eval one` for each of n inputs, at most jobs at a time. */
struct pool {
	const char *const *argv; /* of each */
	const char *const *env;	 /* added to its environment */
	int jobs;
	int64_t timeout_ms; /* then one is killed */
	size_t n;
	/* Heap string: what the i-th reads. */
	char *(*input)(void *arg, size_t i);
	/* It has ended; out is NULL when it could not be started or took too
	 * long, and said holds why. In any order. 0 or -1. */
	int (*done)(void *arg, size_t i, const struct og_buf *out, const char *said,
		    struct og_err *err);
	void *arg;
};
/* OG_ETEMP when a signal asked us to stop; whoever still ran is dead. */
int pool_run(const struct pool *pool, struct og_err *err);

/* --- og-eval-look.c ------------------------------------------------------ */

/* One scenario at work (og-eval-one.c). */
struct trial {
	const struct og_args *args;
	struct scratch scratch;
	json_t *scenario, *expect;
	json_t *seen;	       /* for the judge */
	json_t *acts;	       /* failures on the way */
	struct og_child model; /* a scripted one */
	char *task, *state;
	int64_t since; /* the last entry before the scenario's own */
	int64_t ms;
	struct og_err *err;
};

/* Puts something seen before the judge; value is taken. */
int trial_keep(struct trial *t, const char *name, json_t *value);
/* Which entries of the ledger are the scenario's own: from now on. */
int trial_note_since(struct trial *t);
/* The rows that expect's queries of that name ("sql", "forbid") give. */
int trial_read_all(struct trial *t, const char *name);
/* Those of "forbid" again, beside what they gave before. */
int trial_read_forbidden(struct trial *t, const json_t *before);
int trial_read_result(struct trial *t);
int trial_read_effects(struct trial *t);
int trial_verify(struct trial *t);

/* --- og-eval-script.c ---------------------------------------------------- */

/* Starts a scripted model and adds what og.conf must say of it. It is
 * started with --script FILE, a line of JSON for each turn, prints the port
 * of 127.0.0.1 where it speaks OpenAI's protocol, and is killed in the end. */
int scripted_start(const char *program, const struct scratch *s, const json_t *script,
		   struct og_child *child, json_t *settings, struct og_err *err);

/* --- og-eval-opinion.c --------------------------------------------------- */

/* Asks a program for its opinion and puts it into the line: {"by",
 * "verdict":"good"|"bad"|"none","why"}. */
int opinion_ask(const char *program, int64_t deadline, const json_t *scenario, json_t *line,
		struct og_err *err);

/* The same of a model, as og.conf names one; its secret is conf's model_key.
 * text: what a person is shown. A model that cannot be asked is an error, one
 * that does not answer has no opinion. */
int opinion_of_model(const struct og_ctx *ctx, const struct og_conf *conf, const char *name,
		     const json_t *scenario, const char *text, json_t *line, struct og_err *err);

/* --- og-eval-patch.c ----------------------------------------------------- */

/* Appends a unified difference of SKILL/SKILL.md: new is old with lines
 * added, all in one place. */
void patch_write(const char *skill, const char *old, const char *new, struct og_buf *out);

/* --- og-eval-files.c ----------------------------------------------------- */

/* Appends {"file","scenario"} of each that is to run. A name stands for one
 * scenario in what is told, and in comparisons: OG_EDATA when it is there
 * twice, OG_ENOINPUT for an --only that names none. */
int eval_read_scenarios(const struct og_ctx *ctx, const struct og_args *args, json_t *scenarios,
			struct og_err *err);

/* --- commands ------------------------------------------------------------ */

og_command_fn eval_run, eval_one, eval_compare, eval_judge, eval_suggest;

/* The lines of a run: all, or those of scenarios only. "-" is standard input. */
int eval_lines_read(const char *path, json_t **ret, struct og_err *err);
json_t *eval_lines_of(const json_t *lines, const char *member);

#endif
