/*
 * effect.begin and effect.end, and what saga.undo does for steps that
 * called a service. See effects.h.
 */
#include "lib/shield/effects.h"

#include <stdlib.h>
#include <string.h>

#include "lib/shield/saga.h"
#include "lib/shield/verbs.h"
#include "lib/skill/http.h"

#define DO   "do"
#define UNDO "undo"

json_t *og_effect_of(const struct og_task_row *task)
{
	return task->effect ? json_loads(task->effect, 0, NULL) : NULL;
}

int og_effect_pending(const json_t *effect)
{
	return effect && !og_json_bool(effect, "closed", 0);
}

int og_effect_unknown(const json_t *effect)
{
	return og_effect_pending(effect) && !json_object_get(effect, "answer") &&
	       (og_json_bool(effect, "open", 0) || og_json_bool(effect, "maybe", 0));
}

int og_effect_answered(const json_t *effect)
{
	const char *phase = og_json_str(effect, "phase");

	return og_effect_pending(effect) && json_object_get(effect, "answer") && phase &&
	       strcmp(phase, DO) == 0;
}

int og_effect_set(struct og_task_row *task, const json_t *effect, struct og_err *err)
{
	char *text = effect ? json_dumps(effect, JSON_COMPACT) : NULL;

	if (effect && !text)
		return og_fail_nomem(err);
	free(task->effect);
	task->effect = text;
	return 0;
}

json_t *og_effect_describe(const struct og_task_row *task)
{
	json_t *effect = og_effect_of(task), *ret = NULL;

	if (og_effect_pending(effect))
		ret = json_pack("{s:O,s:O,s:O,s:O,s:O}", "step", json_object_get(effect, "step"),
				"phase", json_object_get(effect, "phase"), "service",
				json_object_get(json_object_get(effect, "send"), "service"), "key",
				json_object_get(effect, "key"), "attempts",
				json_object_get(effect, "attempts"));
	json_decref(effect);
	return ret;
}

int og_effect_retry(struct og_task_row *task, struct og_err *err)
{
	json_t *effect = og_effect_of(task);
	int rc = 0;

	if (effect && (og_json_set(effect, "retry", json_true(), err) < 0 ||
		       og_json_set(effect, "attempts", json_integer(0), err) < 0 ||
		       og_effect_set(task, effect, err) < 0))
		rc = -1;
	json_decref(effect);
	return rc;
}

static int is_for(const json_t *effect, const char *step, const char *phase)
{
	const char *its = og_json_str(effect, "step"), *in = og_json_str(effect, "phase");

	return its && in && strcmp(its, step) == 0 && strcmp(in, phase) == 0;
}

/* One more try: what is to be sent, and on the disk that it may have been. */
static int open_try(struct og_request *rq, json_t *effect, struct og_err *err)
{
	json_t *send = json_object_get(effect, "send");
	int64_t attempts = og_json_int(effect, "attempts", 0) + 1;

	if (og_json_set(effect, "attempts", json_integer(attempts), err) < 0 ||
	    og_json_set(effect, "open", json_true(), err) < 0 ||
	    og_effect_set(&rq->task, effect, err) < 0 ||
	    og_tasks_save(rq->shield->tasks, &rq->task, err) < 0 ||
	    og_json_set(rq->reply, "step", json_incref(json_object_get(effect, "step")), err) < 0 ||
	    og_json_set(rq->reply, "key", json_incref(json_object_get(effect, "key")), err) < 0 ||
	    og_json_set(rq->reply, "send", json_incref(send), err) < 0)
		return -1;
	return og_json_set(rq->reply, "attempt", json_integer(attempts), err);
}

/* A try nobody has ended may have happened. Then only a call that does
 * nothing twice may be made again, or a person's word lets it. */
static int try_again(struct og_request *rq, json_t *effect, struct og_err *err)
{
	const json_t *send = json_object_get(effect, "send");

	if (og_json_bool(effect, "open", 0) && og_json_set(effect, "maybe", json_true(), err) < 0)
		return -1;
	if (og_json_bool(effect, "maybe", 0) && !og_json_bool(send, "idempotent", 0) &&
	    !og_json_bool(effect, "retry", 0)) {
		og_refuse(rq, OG_CONFLICT, "in-doubt", err,
			  "step '%s' was sent to service '%s', and it is not known what came of it",
			  og_json_str(effect, "step"), og_json_str(send, "service"));
		return og_hint(err, "it is not idempotent: a person has to look");
	}
	json_object_del(effect, "retry");
	return open_try(rq, effect, err);
}

/* What the ledger says of it: whom, what, with which key; not the content,
 * of which it has the digest. */
static json_t *entry_body(const struct og_run *run, const json_t *effect, const char *phase)
{
	const json_t *send = json_object_get(effect, "send");
	const char *text = og_json_str(send, "body");
	json_t *body = og_run_body(run);
	char digest[OG_HASH_HEX + 1];
	struct og_hash hash;
	json_t *more = json_pack(
		"{s:s,s:O,s:O,s:O,s:O}", "phase", phase, "service",
		json_object_get(send, "service"), "method", json_object_get(send, "method"), "path",
		json_object_get(send, "path"), "key", json_object_get(effect, "key"));

	if (body && text) {
		og_sha256(text, json_string_length(json_object_get(send, "body")), &hash);
		og_hash_hex(&hash, digest);
		json_object_set_new(body, "body_digest", json_string(digest));
	}
	if (!body || !more || json_object_update(body, more) < 0) {
		json_decref(body);
		body = NULL;
	}
	json_decref(more);
	return body;
}

static int record_begin(struct og_run *run, const json_t *effect, const char *phase,
			struct og_err *err)
{
	json_t *body = entry_body(run, effect, phase);
	int rc = body ? og_request_write_entry(run->rq, "effect.begin", body, err)
		      : og_fail_nomem(err);

	json_decref(body);
	return rc;
}

/* A new effect of the run's step, begun. send is taken. */
static int begin(struct og_run *run, const char *phase, int64_t round, const char *digest,
		 json_t *send, struct og_err *err)
{
	char key[OG_HASH_HEX + 1];
	json_t *effect;
	int rc = -1;

	if (og_effect_key(run->rq->task.id, run->name, phase, round, key) < 0) {
		json_decref(send);
		return og_fail(err, OG_EBUG, "step '%s' has too long a name", run->name);
	}
	effect = json_pack("{s:s,s:s,s:I,s:I,s:s,s:s,s:o,s:i,s:O,s:O,s:O,s:O}", "step", run->name,
			   "phase", phase, "ordinal", (json_int_t)run->ordinal, "round",
			   (json_int_t)round, "key", key, "digest", digest, "send", send,
			   "attempts", 0, "vars", run->vars, "rows", run->rows, "reads", run->reads,
			   "citations", run->citations);
	if (!effect)
		og_fail_nomem(err);
	else if (record_begin(run, effect, phase, err) == 0)
		rc = open_try(run->rq, effect, err);
	json_decref(effect);
	return rc;
}

/* --- effect.begin --------------------------------------------------------- */

static int begin_step(struct og_run *run, struct og_err *err)
{
	struct og_task_row *task = &run->rq->task;
	char digest[OG_HASH_HEX + 1];
	const json_t *block;
	json_t *send = NULL;
	size_t at = 0;
	int done = og_run_start(run, digest, err);

	if (done != 0)
		return done;
	block = og_http_block(run->step, "http");
	if (!block)
		return og_refuse(run->rq, OG_CONFLICT, "effect", err, "step '%s' calls no service",
				 run->name);
	/* What the first step's slots came to is kept as it is now: the reads
	 * before the call are kept with the call. */
	json_decref(task->vars);
	task->vars = json_deep_copy(run->vars);
	if (!task->vars)
		return og_fail_nomem(err);
	while (json_array_get(json_object_get(run->step, "blocks"), at) != block)
		at++;
	if (og_run_blocks(run, 0, at, err) < 0 || og_effect_send(run, block, &send, err) < 0)
		return -1;
	return begin(run, DO, 0, digest, send, err);
}

/* What to do with a request that meets an effect. */
static int begin_or_go_on(struct og_run *run, const char *step, struct og_err *err)
{
	struct og_request *rq = run->rq;
	json_t *effect = og_effect_of(&rq->task);
	int rc;

	if (og_effect_pending(effect) && !is_for(effect, step, DO))
		rc = og_refuse(rq, OG_CONFLICT, "effect-pending", err,
			       "the effect of step '%s' is not ended", og_json_str(effect, "step"));
	else if (og_effect_pending(effect))
		rc = try_again(rq, effect, err);
	else if (effect && is_for(effect, step, DO))
		rc = og_effect_refused(rq, json_object_get(effect, "refusal"), err);
	else if (!json_object_get(rq->body, "skill"))
		rc = og_refuse(rq, OG_CONFLICT, "no-effect", err, "step '%s' has no effect to end",
			       step);
	else
		rc = begin_step(run, err);
	json_decref(effect);
	return rc;
}

/* Answered, and the step not completed: that is what is left to do. */
static int has_answer(const struct og_request *rq, const char *phase)
{
	json_t *effect = og_effect_of(&rq->task);
	int has = og_effect_pending(effect) && json_object_get(effect, "answer") &&
		  is_for(effect, og_json_str(effect, "step"), phase);

	json_decref(effect);
	return has;
}

int og_verb_effect_begin(struct og_request *rq, struct og_err *err)
{
	struct og_run run = { .rq = rq };
	int rc = -1;

	if (og_request_task(rq, err) < 0 || og_request_running(rq, err) < 0)
		return -1;
	if (has_answer(rq, DO)) {
		og_frame_abort(&rq->shield->frame);
		return og_effect_settle(rq, err);
	}
	if (begin_or_go_on(&run, og_json_str(rq->body, "step"), err) >= 0)
		rc = og_request_commit(rq, 1, err);
	og_run_release(&run);
	return rc;
}

/* --- saga.undo ------------------------------------------------------------ */

int og_effect_in_the_way(struct og_request *rq, struct og_err *err)
{
	json_t *effect = og_effect_of(&rq->task);
	int rc = 0;

	if (og_effect_pending(effect) && is_for(effect, og_json_str(effect, "step"), DO))
		rc = og_refuse(rq, OG_CONFLICT, "effect-pending", err,
			       "the effect of step '%s' is not ended", og_json_str(effect, "step"));
	json_decref(effect);
	return rc;
}

/* Does the step have a call that changed something outside? */
static int has_call(const json_t *step)
{
	const json_t *block = og_http_block(step, "http");
	const char *text = og_json_str(block, "text");
	struct og_err ignored = OG_ERR_INIT;
	struct og_http_call call;
	json_t *value = text ? json_loads(text, 0, NULL) : NULL;
	int has = value && og_http_call(value, &call, &ignored) == 0 && !og_http_only_reads(&call);

	json_decref(value);
	return has;
}

static int begin_undo(struct og_run *run, const struct og_journal *row, int64_t round,
		      struct og_err *err)
{
	const json_t *block = og_http_block(run->step, "http-undo");
	const char *reason = og_json_str(run->rq->body, "reason");
	struct og_task_row *task = &run->rq->task;
	json_t *send = NULL;

	if (!block)
		return og_refuse(run->rq, OG_DENY, "no-undo", err,
				 "step '%s' called a service, and its skill does not say how "
				 "to take that back",
				 row->step);
	task->next_step = -1; /* turned back: no step runs any more */
	if (!*task->reason && og_task_row_set(&task->reason, reason, err) < 0)
		return -1;
	if (og_effect_send(run, block, &send, err) < 0)
		return -1;
	return begin(run, UNDO, round, row->digest, send, err);
}

static int undo_or_go_on(struct og_run *run, const struct og_journal *row, json_t *effect,
			 struct og_err *err)
{
	struct og_request *rq = run->rq;
	int mine = effect && is_for(effect, row->step, UNDO);
	int64_t round = mine ? og_json_int(effect, "round", 0) : 0;

	if (og_effect_pending(effect) && mine)
		return try_again(rq, effect, err);
	/* The service may remember its refusal by the key. */
	if (mine && og_json_bool(effect, "retry", 0))
		return begin_undo(run, row, round + 1, err);
	if (mine)
		return og_effect_refused(rq, json_object_get(effect, "refusal"), err);
	return begin_undo(run, row, 0, err);
}

int og_effect_undo(struct og_run *run, const struct og_journal *row, struct og_err *err)
{
	json_t *effect;
	int rc;

	if (!has_call(run->step))
		return 0;
	if (has_answer(run->rq, UNDO)) {
		og_frame_abort(&run->rq->shield->frame);
		return og_effect_settle(run->rq, err) < 0 ? -1 : OG_UNDO_ENDED;
	}
	effect = og_effect_of(&run->rq->task);
	rc = undo_or_go_on(run, row, effect, err);
	json_decref(effect);
	return rc < 0 ? -1 : OG_UNDO_SENDS;
}
