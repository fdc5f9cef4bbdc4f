/*
 * Counting what a model does. Two calls are the same when the tool, what it
 * was given and what came of it are the same; what differs only because it
 * is another call (the name of a row set, the number of an entry) does not
 * count, or a model that goes round in circles would never be found out.
 */
#include <string.h>

#include "lib/agent/thinking.h"
#include "lib/base/text.h"

static json_t *without(const json_t *object, const char *const *names)
{
	json_t *copy = json_copy((json_t *)(uintptr_t)object);

	for (size_t i = 0; copy && names[i]; i++)
		json_object_del(copy, names[i]);
	return copy;
}

static json_t *values_of(const json_t *object)
{
	json_t *list = json_array(), *value;
	const char *name;

	json_object_foreach((json_t *)(uintptr_t)object, name, value)
		json_array_append(list, value);
	return list;
}

/* An output without names that were made for it. */
static json_t *bare_output(const json_t *output)
{
	static const char *const own[] = { "entry", "step", "seq", "rows", NULL };
	const json_t *data = json_object_get(output, "untrusted_data");
	const json_t *sets = json_object_get(data, "sets");
	json_t *bare = without(output, own), *shown;

	if (!bare || !json_is_object(sets))
		return bare;
	shown = json_copy((json_t *)(uintptr_t)data);
	json_object_set_new(shown, "sets", values_of(sets));
	json_object_set_new(bare, "untrusted_data", shown);
	return bare;
}

static void digest_of(const char *tool, const json_t *arguments, const json_t *result,
		      struct og_hash *ret)
{
	static const char *const names[] = { "as", NULL };
	struct og_err ignored = OG_ERR_INIT;
	json_t *given = without(arguments, names);
	json_t *output = bare_output(json_object_get(result, "output"));
	json_t *what = json_pack("{s:s,s:O*,s:O*,s:O*}", "tool", tool, "arguments", given, "output",
				 output, "error", json_object_get(result, "error"));
	struct og_buf text;

	og_buf_init(&text, OG_CHANNEL_LINE_MAX);
	og_json_canon(what, &text, &ignored);
	og_sha256(text.len > 0 ? text.data : "", text.len, ret);
	og_buf_release(&text);
	json_decref(what);
	json_decref(given);
	json_decref(output);
}

/* The call at which a limit trips is told in the diagnostic. */
static void note_call(struct og_thinking *t, const char *tool, const json_t *arguments)
{
	const char *sql = og_json_str(arguments, "sql"), *skill = og_json_str(arguments, "skill");

	og_text_format(t->trip_tool, sizeof(t->trip_tool), "%s", tool);
	og_text_format(t->trip_statement, sizeof(t->trip_statement), "%s",
		       sql     ? sql
		       : skill ? skill
			       : "");
}

/* Time has no say in the middle of a turn: it is not on record. */
void og_think_count(struct og_thinking *t, const char *tool, const json_t *arguments,
		    const json_t *result)
{
	struct og_budget *budget = &t->job->budget;
	struct og_hash what;
	enum og_trip trip;

	digest_of(tool, arguments, result, &what);
	note_call(t, tool, arguments);
	trip = og_budget_call(budget, &what);
	if (trip == OG_TRIP_REPEAT || trip == OG_TRIP_CYCLE)
		t->trip = trip;
	else if (budget->steps >= budget->limits.steps)
		t->trip = OG_TRIP_STEPS;
}
