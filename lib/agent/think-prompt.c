/*
 * What a model is told at the start: asked of the shield as the task's
 * principal, so that nothing can be in it which that principal may not see.
 */
#include <string.h>

#include "lib/agent/tools.h"
#include "lib/base/clock.h"
#include "lib/base/text.h"

#define GOVERNING    3	   /* passages of documents that govern the best skill */
#define SENTENCE_MAX 65536 /* bytes of a sentence, as an envelope has it */

/* What was found out for the prompt. */
struct found {
	json_t *match;	/* of skill.match */
	json_t *skills; /* [{"skill","hash"}] */
};

/* The text of one skill; one that may not be looked at is left out. */
static enum og_turn add_skill(struct og_thinking *t, struct found *found, const char *name)
{
	json_t *error = NULL, *item;
	const json_t *doc = NULL;
	enum og_turn turn;
	size_t i;

	json_array_foreach(found->skills, i, item)
	{
		const char *known = og_json_str(json_object_get(item, "skill"), "name");

		if (known && strcmp(known, name) == 0)
			return OG_TURN_OK;
	}
	turn = og_skill_doc(t, name, &doc, &error);
	if (turn == OG_TURN_OK && doc)
		json_array_append(found->skills, (json_t *)(uintptr_t)doc);
	json_decref(error);
	return turn;
}

static enum og_turn take_candidates(struct og_thinking *t, struct found *found, const json_t *reply)
{
	const char *best = og_json_str(found->match, "skill");
	enum og_turn turn = best ? add_skill(t, found, best) : OG_TURN_OK;
	json_t *candidate;
	size_t i;

	json_array_foreach(json_object_get(reply, "candidates"), i, candidate)
	{
		const char *name = og_json_str(candidate, "skill");

		if (turn == OG_TURN_OK && name && i < OG_BRIEF_SKILLS)
			turn = add_skill(t, found, name);
	}
	return turn;
}

static enum og_turn ask_skills(struct og_thinking *t, const char *text, struct found *found)
{
	json_t *reply = NULL;
	enum og_turn turn = og_job_search(
		t->job, "skill.match",
		json_pack("{s:s,s:i}", "text", text, "limit", OG_BRIEF_SKILLS), text, &reply);

	if (turn == OG_TURN_OK) {
		found->match = json_incref(json_object_get(reply, "match"));
		turn = take_candidates(t, found, reply);
	}
	json_decref(reply);
	return turn == OG_TURN_REFUSED ? OG_TURN_OK : turn;
}

static enum og_turn ask_passages(struct og_thinking *t, const char *text, const char *node,
				 int limit)
{
	json_t *reply = NULL, *passage;
	enum og_turn turn = og_job_search(
		t->job, "policy.search",
		json_pack("{s:s,s:s*,s:i}", "query", text, "node", node, "limit", limit), text,
		&reply);
	size_t i;

	if (turn == OG_TURN_OK)
		json_array_foreach(json_object_get(reply, "passages"), i, passage)
			og_passage_key(t, passage);
	json_decref(reply);
	return turn == OG_TURN_REFUSED ? OG_TURN_OK : turn;
}

static int offers_writes(const struct og_thinking *t)
{
	return og_tool_offered(t, og_tool_find("write"));
}

static enum og_turn write_brief(struct og_thinking *t, const char *text, const struct found *found)
{
	const char *principal = og_json_str(t->job->begun, "principal");
	const char *role = og_json_str(t->job->begun, "role");
	struct og_err err = OG_ERR_INIT;
	char now[OG_TIME_LEN + 1];
	struct og_brief brief = { .principal = principal ? principal : "?",
				  .role = role ? role : "?",
				  .date = now,
				  .clearance = og_json_int(t->job->begun, "clearance", 1),
				  .sentence = text,
				  .tables = t->schema,
				  .match = found->match,
				  .skills = found->skills,
				  .passages = t->passages,
				  .writes = offers_writes(t) };

	og_time_format(og_job_time(t->job), now);
	now[10] = '\0';
	og_source_text(t, now);
	og_source_text(t, text);
	if (og_brief_write(&brief, &t->system, &err) == 0)
		return OG_TURN_OK;
	og_job_broken(t->job, err.msg);
	return OG_TURN_BROKEN;
}

static enum og_turn say_sentence(struct og_thinking *t, const char *text)
{
	json_t *turn = json_pack("{s:s,s:o}", "role", "user", "text",
				 og_show_text(text, strlen(text), SENTENCE_MAX));

	if (turn && json_array_append_new(t->turns, turn) == 0)
		return OG_TURN_OK;
	og_job_broken(t->job, "out of memory");
	return OG_TURN_BROKEN;
}

static enum og_turn ask_all(struct og_thinking *t, const char *text, struct found *found)
{
	enum og_turn turn = ask_skills(t, text, found);
	const char *best;

	best = og_json_str(json_object_get(json_array_get(found->skills, 0), "skill"), "name");
	if (turn == OG_TURN_OK)
		turn = ask_passages(t, text, NULL, OG_BRIEF_PASSAGES);
	if (turn == OG_TURN_OK && best)
		turn = ask_passages(t, text, best, GOVERNING);
	if (turn == OG_TURN_OK)
		turn = write_brief(t, text, found);
	if (turn == OG_TURN_OK)
		turn = say_sentence(t, text);
	return turn == OG_TURN_OK ? og_think_offer(t) : turn;
}

enum og_turn og_think_prepare(struct og_thinking *t)
{
	const char *text = og_json_str(t->job->begun, "text");
	struct found found = { NULL, json_array() };
	enum og_turn turn = ask_all(t, text ? text : "", &found);

	json_decref(found.match);
	json_decref(found.skills);
	return turn;
}
