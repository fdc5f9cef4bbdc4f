/*
 * What is sent to the model for one turn: the conversation so far, and on
 * the last turn a word about why it is the last, with the tools that end a
 * task and no others. The bytes are canonical, so that the same
 * conversation has the same digest, today and from the records.
 */
#include <string.h>

#include "lib/agent/thinking.h"

#define BODY_MAX ((size_t)8 << 20)

static const char *why_last(const struct og_thinking *t, enum og_last last)
{
	if (last == OG_LAST_MONEY)
		return "there are tokens for one more answer only";
	if (last == OG_LAST_TIME)
		return "the time for this task is nearly over";
	if (t->trip == OG_TRIP_REPEAT)
		return "the same call has had the same result too often";
	if (t->trip == OG_TRIP_CYCLE)
		return "the same calls take turns and nothing changes";
	return "as many calls as one task may make have been made";
}

/* The conversation, with what the last turn has to know. */
static json_t *turns_of(const struct og_thinking *t, enum og_last last)
{
	json_t *turns = json_copy(t->turns), *note;

	if (last == OG_LAST_NO)
		return turns;
	note = json_pack("{s:s,s:o}", "role", "user", "text",
			 json_sprintf("This is your last turn: %s. Call %s with what you know "
				      "and say what is missing, or %s with the reason. Nothing "
				      "else is possible.",
				      why_last(t, last), OG_TOOL_FINISH, OG_TOOL_GIVE_UP));
	if (json_array_append_new(turns, note) == 0)
		return turns;
	json_decref(turns);
	return NULL;
}

static int ends(const json_t *tool)
{
	const char *name = og_json_str(tool, "name");

	return name && (strcmp(name, OG_TOOL_FINISH) == 0 || strcmp(name, OG_TOOL_GIVE_UP) == 0);
}

static json_t *tools_of(const struct og_thinking *t, enum og_last last)
{
	json_t *tools, *tool;
	size_t i;

	if (last == OG_LAST_NO)
		return json_incref(t->tools);
	tools = json_array();
	json_array_foreach(t->tools, i, tool) if (ends(tool)) json_array_append(tools, tool);
	return tools;
}

static int say(struct og_thinking *t, enum og_last last, unsigned quirks, struct og_buf *text,
	       struct og_err *err)
{
	json_t *turns = turns_of(t, last), *tools = tools_of(t, last), *body = NULL;
	struct og_model_talk talk = {
		.system = t->system.len > 0 ? t->system.data : "",
		.tools = tools,
		.turns = turns,
		.choice = "auto",
		.max_output = t->with->max_output,
		.stream = t->with->stream,
		.quirks = quirks,
	};
	int rc = -1;

	og_buf_clear(text);
	text->max = BODY_MAX;
	if (!turns || !tools)
		og_fail_nomem(err);
	else if (og_model_request(t->with->model, &talk, &body, err) == 0 &&
		 og_json_canon(body, text, err) == 0)
		rc = og_buf_check(text, "request to the model", err);
	json_decref(turns);
	json_decref(tools);
	json_decref(body);
	return rc;
}

static void digest_of(const struct og_buf *text, char digest[OG_HASH_HEX + 1])
{
	struct og_hash hash;

	og_sha256(text->data, text->len, &hash);
	og_hash_hex(&hash, digest);
}

int og_think_body(struct og_thinking *t, enum og_last last, struct og_buf *text,
		  char digest[OG_HASH_HEX + 1], struct og_err *err)
{
	if (say(t, last, t->with->quirks, text, err) < 0)
		return -1;
	digest_of(text, digest);
	return 0;
}

static int is_this(struct og_thinking *t, enum og_last last, unsigned quirks, const char *digest)
{
	struct og_err ignored = OG_ERR_INIT;
	char here[OG_HASH_HEX + 1] = "";
	struct og_buf text;

	og_buf_init(&text, BODY_MAX);
	if (say(t, last, quirks, &text, &ignored) == 0)
		digest_of(&text, here);
	og_buf_release(&text);
	if (strcmp(here, digest) != 0)
		return 0;
	t->why_last = last;
	t->with->quirks = quirks;
	return 1;
}

/* A limit that tripped is found out again; what the money or the time was,
 * is not. */
static int recall_with(struct og_thinking *t, unsigned quirks, const char *digest)
{
	if (t->trip != OG_TRIP_NONE)
		return is_this(t, OG_LAST_LIMIT, quirks, digest);
	return is_this(t, OG_LAST_NO, quirks, digest) ||
	       is_this(t, OG_LAST_MONEY, quirks, digest) ||
	       is_this(t, OG_LAST_TIME, quirks, digest);
}

int og_think_recall(struct og_thinking *t, const char *digest)
{
	static const unsigned all = OG_QUIRK_MAX_TOKENS | OG_QUIRK_NO_USAGE | OG_QUIRK_NO_PARALLEL |
				    OG_QUIRK_NO_TEMPERATURE | OG_QUIRK_NO_STRICT;
	unsigned other = t->with->quirks & ~all;

	if (recall_with(t, t->with->quirks, digest))
		return 1;
	/* Every subset of them, the smaller first. */
	for (unsigned quirks = 0;; quirks = (quirks - all) & all) {
		if (recall_with(t, quirks | other, digest))
			return 1;
		if (quirks == all)
			return 0;
	}
}
