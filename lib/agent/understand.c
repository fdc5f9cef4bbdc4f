/*
 * From a sentence to a skill with its slots. The shield's matcher is who
 * understands; here its answer becomes a plan, or the reason why there is
 * none, in words that say what to do about it.
 */
#include <string.h>

#include "lib/agent/planner.h"
#include "lib/base/buf.h"
#include "lib/base/text.h"
#include "lib/task/result.h"

#define NEAREST	  5
#define NAMED	  3 /* of the nearest, in a sentence */
#define NAMES_MAX ((size_t)4096)

static void name_nearest(const json_t *candidates, struct og_buf *out)
{
	json_t *candidate;
	size_t i;

	json_array_foreach(candidates, i,
			   candidate) if (i < NAMED && og_json_str(candidate, "skill"))
		og_buf_addf(out, "%s%s", out->len ? ", " : "", og_json_str(candidate, "skill"));
}

static void no_skill(struct og_job *job, const json_t *candidates)
{
	struct og_err ignored = OG_ERR_INIT;
	struct og_buf names;
	json_t *rows = json_pack("{s:O}", "nearest", candidates);

	og_buf_init(&names, NAMES_MAX);
	name_nearest(candidates, &names);
	og_job_end(job, OG_TASK_DENIED, "no_skill: no skill fits this sentence%s%s",
		   names.len ? "; nearest: " : "", names.len ? names.data : "");
	if (rows)
		og_result_rows(job->result, rows, &ignored);
	json_object_set_new(job->result, "answer",
			    json_sprintf("No skill fits this sentence.%s%s",
					 names.len ? " The nearest are: " : "",
					 names.len ? names.data : ""));
	og_job_trace(job, "match", "no skill");
	json_decref(rows);
	og_buf_release(&names);
}

/* Why doing it would be half of what was said, and what to say instead. */
static const char *why_half(const char *what)
{
	static const struct {
		const char *what, *why;
	} whys[] = {
		{ "day", "has no place for a day and would do it now; leave the day out, or send "
			 "the sentence then (og-submit --at)" },
		{ "currency", "has no place for a currency" },
		{ "amount", "would take the number as it stands" },
		{ "condition", "would do it at once, whatever is asked or has to come first" },
		{ "command", "does one thing; send the others as sentences of their own" },
	};

	for (size_t i = 0; i < sizeof(whys) / sizeof(whys[0]); i++) {
		if (what && strcmp(what, whys[i].what) == 0)
			return whys[i].why;
	}
	return "has no place for it";
}

/* A skill fits, and the sentence says more than it does. */
static void says_more(struct og_job *job, const json_t *left)
{
	const char *skill = og_json_str(left, "skill"), *said = og_json_str(left, "said");
	const char *why = why_half(og_json_str(left, "what"));

	og_job_end(job, OG_TASK_DENIED, "says_more: the sentence says '%s', and %s %s", said, skill,
		   why);
	json_object_set_new(job->result, "answer",
			    json_sprintf("Nothing was done: the sentence says '%s', and %s %s.",
					 said, skill, why));
	og_job_trace(job, "match", "skill %s would leave out '%s'", skill, said);
}

static void ambiguous(struct og_job *job, const char *slot, const json_t *several)
{
	struct og_buf names;
	json_t *name;
	size_t i;

	og_buf_init(&names, NAMES_MAX);
	json_array_foreach(several, i, name)
		og_buf_addf(&names, "%s%s", i ? ", " : "", json_string_value(name));
	og_job_end(job, OG_TASK_DENIED, "ambiguous_slot: '%s' may be any of %s", slot,
		   names.len ? names.data : "several");
	og_buf_release(&names);
}

/* A slot with a name that nothing visible has, nor one like it: to ask for
 * another would be to ask for another wish. NULL: there is none. */
static const char *nobodys_name(const json_t *match)
{
	const json_t *name;
	size_t i;

	json_array_foreach(json_object_get(match, "missing"), i, name)
	{
		const char *slot = json_string_value(name);

		if (og_json_str(json_object_get(match, "unknown"), slot) &&
		    !og_json_str(json_object_get(match, "near"), slot) &&
		    !json_object_get(json_object_get(match, "ambiguous"), slot))
			return slot;
	}
	return NULL;
}

/* What keeps a matched sentence from running. */
static void say_missing(struct og_job *job, const json_t *match, const char *slot)
{
	const json_t *several;
	const char *text;

	several = json_object_get(json_object_get(match, "ambiguous"), slot);
	text = og_json_str(json_object_get(match, "unknown"), slot);
	if (several)
		ambiguous(job, slot, several);
	else if (og_json_str(json_object_get(match, "unread"), slot))
		og_job_end(job, OG_TASK_DENIED, "unread_value: '%s' is no value for '%s'",
			   og_json_str(json_object_get(match, "unread"), slot), slot);
	else if (text)
		og_job_end(job, OG_TASK_DENIED, "unknown_value: there is no %s called '%s'", slot,
			   text);
	else
		og_job_end(job, OG_TASK_DENIED, "missing_slot: the sentence does not say '%s'",
			   slot);
}

/* It waits for what is missing, or ends for it. */
static enum og_turn ask_or_end(struct og_job *job, const json_t *match)
{
	const json_t *missing = json_object_get(match, "missing");
	const char *nobodys = nobodys_name(match);
	enum og_turn turn = OG_TURN_OK;

	if (!nobodys && og_job_may_ask(job))
		turn = og_job_ask_slots(job, match);
	if (turn == OG_TURN_OK && !job->reason[0])
		say_missing(job, match,
			    nobodys ? nobodys : json_string_value(json_array_get(missing, 0)));
	return turn;
}

/* What was read differently from how it is written, everybody is told. */
static void take_corrected(struct og_job *job, const json_t *match)
{
	json_t *corrected = json_object_get(match, "corrected"), *one;
	const char *slot;

	json_object_foreach(corrected, slot, one)
		og_job_trace(job, "match", "took '%s' for '%s'", og_json_str(one, "said"),
			     og_json_str(one, "took"));
	json_decref(job->corrected);
	job->corrected = json_incref(corrected);
	json_decref(job->left);
	job->left = json_incref(json_object_get(match, "left"));
}

static enum og_turn take_match(struct og_job *job, const json_t *reply)
{
	const json_t *match = json_object_get(reply, "match");
	const char *skill = og_json_str(match, "skill"), *hash = og_json_str(match, "hash");

	if (!skill && json_object_get(reply, "left")) {
		says_more(job, json_object_get(reply, "left"));
		return OG_TURN_OK;
	}
	if (!skill) {
		no_skill(job, json_object_get(reply, "candidates"));
		return OG_TURN_OK;
	}
	og_text_format(job->name, sizeof(job->name), "%s", skill);
	og_text_format(job->hash, sizeof(job->hash), "%s", hash ? hash : "");
	json_object_set_new(job->result, "skill", json_string(skill));
	og_job_trace(job, "match", "skill %s", skill);
	take_corrected(job, match);
	job->slots = json_incref(json_object_get(match, "slots"));
	return json_array_size(json_object_get(match, "missing")) > 0 ? ask_or_end(job, match)
								      : OG_TURN_OK;
}

/* What was begun stays what it was, however the sentence reads today. Its
 * slots are wanted only to recognise the first step's record. */
static void keep_frozen(struct og_job *job, const json_t *reply)
{
	const json_t *match = json_object_get(reply, "match");
	const char *frozen = og_json_str(job->begun, "skill"), *now = og_json_str(match, "skill");
	const char *hash = og_json_str(job->begun, "skill_hash");

	og_text_format(job->name, sizeof(job->name), "%s", frozen);
	og_text_format(job->hash, sizeof(job->hash), "%s", hash ? hash : "");
	og_job_trace(job, "match", "skill %s, as begun", frozen);
	if (!now || strcmp(now, frozen) != 0)
		return;
	take_corrected(job, match);
	job->slots = json_incref(json_object_get(match, "slots"));
}

static enum og_turn ask_matcher(struct og_job *job)
{
	const char *text = og_json_str(job->begun, "text");
	json_t *reply = NULL;
	enum og_turn turn = og_job_ask(
		job, "skill.match",
		json_pack("{s:s,s:i}", "text", text ? text : "", "limit", NEAREST), &reply);

	if (turn != OG_TURN_BROKEN && json_object_get(job->begun, "skill"))
		keep_frozen(job, reply);
	else if (turn == OG_TURN_OK)
		turn = take_match(job, reply);
	else if (turn == OG_TURN_REFUSED)
		og_job_refused(job, OG_TASK_FAILED, reply);
	json_decref(reply);
	return turn == OG_TURN_BROKEN ? turn : OG_TURN_OK;
}

static void take_action(struct og_job *job, const json_t *action)
{
	const char *hash = og_json_str(job->begun, "skill_hash");
	const char *name = og_json_str(action, "skill");

	og_text_format(job->name, sizeof(job->name), "%s", name ? name : "");
	og_text_format(job->hash, sizeof(job->hash), "%s", hash ? hash : "");
	job->slots = json_incref(json_object_get(action, "params"));
	og_job_trace(job, "match", "skill %s, by name", job->name);
}

enum og_turn og_job_understand(struct og_job *job)
{
	const json_t *action = json_object_get(job->begun, "action");

	if (!action)
		return ask_matcher(job);
	take_action(job, action);
	return OG_TURN_OK;
}
