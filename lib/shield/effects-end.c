/*
 * effect.end: what came of a call, as whoever made it says. It is kept
 * before anything is done with it, so that an answer is not lost when the
 * step cannot be completed now. See effects.h.
 */
#include <string.h>

#include "lib/shield/effects.h"
#include "lib/shield/verbs.h"

/* What an outcome means. */
enum meaning {
	DONE,	 /* it happened */
	REFUSED, /* it did not, and will not */
	AWAY,	 /* it did not, and may if it is tried again */
	UNKNOWN,
};

static int expected(const json_t *send, int64_t status)
{
	const json_t *expect = json_object_get(send, "expect");

	for (size_t i = 0; i < json_array_size(expect); i++)
		if (json_integer_value(json_array_get(expect, i)) == status)
			return 1;
	return !expect && status >= 200 && status <= 299;
}

static int is_one_of(int64_t status, const int *list)
{
	for (; *list; list++)
		if (status == *list)
			return 1;
	return 0;
}

static int meaning_of(const json_t *body, const json_t *send, enum meaning *ret, struct og_err *err)
{
	static const int away[] = { 429, 503, 0 };
	static const int unknown[] = { 408, 425, 500, 502, 504, 0 };
	const char *outcome = og_json_str(body, "outcome");
	int64_t status = og_json_int(body, "status", 0);

	if (outcome && strcmp(outcome, "unsent") == 0)
		*ret = AWAY;
	else if (outcome && strcmp(outcome, "unknown") == 0)
		*ret = UNKNOWN;
	else if (!outcome || strcmp(outcome, "answered") != 0 || status < 100 || status > 999)
		return og_fail(err, OG_EDATA,
			       "request: 'outcome' is none of answered (with a status), unsent, "
			       "unknown");
	else if (expected(send, status))
		*ret = DONE;
	else if (is_one_of(status, away))
		*ret = AWAY;
	else
		*ret = is_one_of(status, unknown) || status > 504 ? UNKNOWN : REFUSED;
	return 0;
}

/* Values that the skill asked for, and nothing else. */
static int check_values(const json_t *values, const json_t *bind, struct og_err *err)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)values, name, value)
	{
		if (!json_object_get(bind, name))
			return og_fail(err, OG_EDATA, "request: nobody asked for '%s'", name);
		if (!json_is_number(value) && !json_is_string(value))
			return og_fail(err, OG_EDATA, "request: '%s' is no single value", name);
		if (json_string_length(value) > OG_EFFECT_VALUE_MAX)
			return og_fail(err, OG_EDATA, "request: '%s' is longer than %zu bytes",
				       name, OG_EFFECT_VALUE_MAX);
	}
	return 0;
}

static int check_digest(const char *digest, struct og_err *err)
{
	if (digest &&
	    (strlen(digest) != OG_HASH_HEX || digest[strspn(digest, "0123456789abcdef")] != '\0'))
		return og_fail(err, OG_EDATA, "request: 'digest' is none");
	return 0;
}

/* What is kept of an outcome. */
static json_t *answer_of(const json_t *body, int done)
{
	static const char *const members[] = { "outcome", "status",  "values", "digest",
					       "size",	  "problem", NULL };
	json_t *answer = json_pack("{s:b}", "done", done);

	for (size_t i = 0; answer && members[i]; i++) {
		json_t *value = json_object_get(body, members[i]);

		if (value && json_object_set(answer, members[i], value) < 0) {
			json_decref(answer);
			answer = NULL;
		}
	}
	return answer;
}

/* 1: there is an answer to settle by; 0: it stays pending; -1. */
static int take_meaning(struct og_request *rq, json_t *effect, enum meaning meaning,
			struct og_err *err)
{
	int again = og_json_bool(rq->body, "again", 0);

	if (meaning == UNKNOWN && og_json_set(effect, "maybe", json_true(), err) < 0)
		return -1;
	if (og_json_set(effect, "open", json_false(), err) < 0)
		return -1;
	if (meaning == UNKNOWN || (meaning == AWAY && (again || og_json_bool(effect, "maybe", 0))))
		return 0;
	return og_json_set(effect, "answer", answer_of(rq->body, meaning == DONE), err) < 0 ? -1
											    : 1;
}

static int take(struct og_request *rq, json_t *effect, struct og_err *err)
{
	const json_t *send = json_object_get(effect, "send");
	enum meaning meaning = UNKNOWN;
	int settled;

	if (meaning_of(rq->body, send, &meaning, err) < 0 ||
	    check_values(json_object_get(rq->body, "values"), json_object_get(send, "bind"), err) <
		    0 ||
	    check_digest(og_json_str(rq->body, "digest"), err) < 0)
		return -1;
	settled = take_meaning(rq, effect, meaning, err);
	if (settled < 0 || og_effect_set(&rq->task, effect, err) < 0 ||
	    og_tasks_save(rq->shield->tasks, &rq->task, err) < 0)
		return -1;
	if (settled == 0 && (og_json_set(rq->reply, "pending", json_true(), err) < 0 ||
			     og_json_set(rq->reply, "unknown",
					 json_boolean(og_json_bool(effect, "maybe", 0)), err) < 0))
		return -1;
	return settled;
}

/* Ended before: a repetition gets what it got. */
static int ended_before(struct og_request *rq, const char *step, struct og_err *err)
{
	json_t *effect = og_effect_of(&rq->task);
	const char *its = og_json_str(effect, "step");
	int rc;

	if (effect && its && strcmp(its, step) == 0 && og_json_bool(effect, "closed", 0))
		rc = og_effect_refused(rq, json_object_get(effect, "refusal"), err);
	else
		rc = og_refuse(rq, OG_CONFLICT, "no-effect", err, "step '%s' has no effect to end",
			       step);
	json_decref(effect);
	return rc;
}

int og_verb_effect_end(struct og_request *rq, struct og_err *err)
{
	const char *step = og_json_str(rq->body, "step"), *its;
	json_t *effect = NULL;
	int settled = -1;

	if (og_request_task(rq, err) < 0 || og_request_running(rq, err) < 0)
		return -1;
	effect = og_effect_of(&rq->task);
	its = og_json_str(effect, "step");
	if (!step || !og_effect_pending(effect) || !its || strcmp(its, step) != 0)
		ended_before(rq, step ? step : "", err);
	else if (!og_json_bool(effect, "open", 0) && !json_object_get(effect, "answer"))
		og_refuse(rq, OG_CONFLICT, "no-effect", err, "no try of step '%s' is under way",
			  step);
	else if (json_object_get(effect, "answer"))
		settled = 1;
	else
		settled = take(rq, effect, err);
	json_decref(effect);
	if (settled < 0 || og_frame_commit(&rq->shield->frame, settled == 0, err) < 0)
		return -1;
	return settled ? og_effect_settle(rq, err) : 0;
}
