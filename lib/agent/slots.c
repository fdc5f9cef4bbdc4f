/*
 * What a sentence leaves open, asked back: which slots have no value, and
 * which ones they might have. The shield keeps the question, and binds the
 * answer; the task comes again with its skill and variables frozen.
 */
#include <string.h>

#include "lib/agent/planner.h"
#include "lib/base/buf.h"
#include "lib/skill/slots.h"

#define QUESTION_MAX ((size_t)3500)
#define CHOICES_TOLD 10

/* One slot that has no value yet. */
struct open_slot {
	const char *name, *said; /* said: the name nobody has, or NULL */
	const char *near;	 /* and what is spelt like it, or NULL */
	const char *unread;	 /* what was said and is no value for it, or NULL */
	const json_t *several, *ids;
};

static struct open_slot slot_of(const json_t *match, const char *name)
{
	return (struct open_slot){
		.name = name,
		.said = og_json_str(json_object_get(match, "unknown"), name),
		.near = og_json_str(json_object_get(match, "near"), name),
		.unread = og_json_str(json_object_get(match, "unread"), name),
		.several = json_object_get(json_object_get(match, "ambiguous"), name),
		.ids = json_object_get(json_object_get(match, "ids"), name),
	};
}

static const char *why_of(const struct open_slot *slot)
{
	return slot->several  ? "ambiguous"
	       : slot->said   ? "unknown"
	       : slot->unread ? "unread"
			      : "missing";
}

/* What may be answered: names, with their numbers where names are equal. */
static json_t *choices_of(const struct open_slot *slot)
{
	json_t *choices = json_array(), *name;
	size_t i;

	json_array_foreach(slot->several, i, name)
	{
		json_t *id = json_array_get(slot->ids, i);

		json_array_append_new(choices, json_pack("{s:O,s:O*}", "name", name, "id", id));
	}
	if (slot->near)
		json_array_append_new(choices, json_pack("{s:s}", "name", slot->near));
	return choices;
}

static void tell_choices(const struct open_slot *slot, struct og_buf *out)
{
	size_t n = json_array_size(slot->several), told = n < CHOICES_TOLD ? n : CHOICES_TOLD;

	for (size_t i = 0; i < told; i++) {
		json_t *id = json_array_get(slot->ids, i);

		og_buf_addf(out, "%s%s",
			    i == 0	    ? ""
			    : i + 1 == told ? " or "
					    : ", ",
			    json_string_value(json_array_get(slot->several, i)));
		if (id)
			og_buf_addf(out, " (%lld)", (long long)json_integer_value(id));
	}
}

/* "Which product: Standing Desk or Desk Lamp?" */
static void tell_slot(const struct open_slot *slot, struct og_buf *out)
{
	if (out->len)
		og_buf_adds(out, " ");
	if (slot->several) {
		og_buf_addf(out, "Which %s: ", slot->name);
		tell_choices(slot, out);
		og_buf_adds(out, "?");
	} else if (slot->said) {
		og_buf_addf(out, "There is no %s called '%.200s'. Did you mean '%s'?", slot->name,
			    slot->said, slot->near);
	} else if (slot->unread) {
		og_buf_addf(out, "'%.200s' is no value for '%s'. What is it?", slot->unread,
			    slot->name);
	} else {
		og_buf_addf(out, "What is '%s'?", slot->name);
	}
}

/* What is wanted, and how that is put in words. */
static json_t *wanted_of(const json_t *match, struct og_buf *question)
{
	json_t *wanted = json_object(), *name;
	size_t i;

	json_array_foreach(json_object_get(match, "missing"), i, name)
	{
		struct open_slot slot = slot_of(match, json_string_value(name));
		json_t *choices = choices_of(&slot);

		tell_slot(&slot, question);
		json_object_set_new(
			wanted, slot.name,
			json_pack("{s:s,s:s*,s:o*}", "why", why_of(&slot), "said",
				  slot.said ? slot.said : slot.unread, "choices",
				  json_array_size(choices) ? json_incref(choices) : NULL));
		json_decref(choices);
	}
	return wanted;
}

static json_t *request_of(const struct og_job *job, const json_t *match)
{
	struct og_buf question;
	json_t *request, *wanted;

	og_buf_init(&question, QUESTION_MAX);
	wanted = wanted_of(match, &question);
	if (question.failed) /* too many words; the slots say it, too */
		request = NULL;
	else
		request = json_pack("{s:s,s:s,s:{s:s,s:s,s:O,s:O}}", "for", "answer", "question",
				    question.data, "slots", "skill", job->name, "hash", job->hash,
				    "bound", json_object_get(match, "slots"), "wanted", wanted);
	json_decref(wanted);
	og_buf_release(&question);
	return request;
}

int og_job_may_ask(const struct og_job *job)
{
	const char *ask = og_json_str(job->envelope, "ask");

	return job->envelope && job->means->asks && (!ask || strcmp(ask, "fail") != 0);
}

enum og_turn og_job_ask_slots(struct og_job *job, const json_t *match)
{
	json_t *request = request_of(job, match), *reply = NULL;
	const char *rule;
	enum og_turn turn;

	if (!request)
		return OG_TURN_OK;
	turn = og_job_ask(job, "ask", request, &reply);
	rule = og_json_str(reply, "rule");
	if (turn == OG_TURN_REFUSED && rule && strcmp(rule, "answer-expired") == 0)
		og_job_trace(job, "refused", "%s", og_json_str(reply, "why"));
	else if (turn == OG_TURN_REFUSED)
		og_job_refused_call(job, reply);
	json_decref(reply);
	return turn == OG_TURN_BROKEN ? turn : OG_TURN_OK;
}

enum og_turn og_job_ask_params(struct og_job *job)
{
	const json_t *action = json_object_get(job->begun, "action");
	json_t *params = json_object_get(action, "params"), *missing, *match, *none;
	enum og_turn turn = OG_TURN_OK;

	if (!action || json_object_get(job->begun, "skill") || !og_job_may_ask(job))
		return OG_TURN_OK;
	none = json_object();
	missing = og_slots_missing(job->doc, params);
	match = json_pack("{s:O,s:O}", "slots", params ? params : none, "missing", missing);
	if (match && json_array_size(missing) > 0)
		turn = og_job_ask_slots(job, match);
	json_decref(match);
	json_decref(missing);
	json_decref(none);
	return turn;
}
