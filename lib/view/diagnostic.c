/*
 * What stopped a task: its limits as meters, the statement that came again
 * and again, and the likely cause. Read from the document's "diagnostic",
 * or from a row that names a limit, what it allows and what was reached.
 */
#include <string.h>

#include "lib/view/format-internal.h"
#include "lib/view/tree-internal.h"

int og_is_diagnostic(const json_t *row)
{
	return json_object_get(row, "limit") && json_is_number(json_object_get(row, "allowed")) &&
	       json_is_number(json_object_get(row, "reached"));
}

static const json_t *diagnostic(const struct build *b)
{
	return json_object_get(b->result, "diagnostic");
}

/* The row of the data that tells of a limit, or NULL. */
static const json_t *diagnostic_row(const struct build *b)
{
	json_t *data = json_object_get(b->result, "data"), *rows;
	const char *name;

	json_object_foreach(data, name, rows)
	{
		if (og_is_diagnostic(json_array_get(rows, 0)))
			return json_array_get(rows, 0);
	}
	return NULL;
}

static void add_meter(struct build *b, json_t *meters, const char *label, const json_t *from,
		      const char *const keys[2])
{
	json_t *item = og_item(b, meters, "items");

	og_set_words(b, item, "label", label);
	og_set_member(b, item, "value", from, keys[0]);
	og_set_member(b, item, "max", from, keys[1]);
	og_set_member(b, item, "unit", from, "unit");
}

static void add_row_meters(struct build *b, json_t *meters, const json_t *row)
{
	static const char *const limit[2] = { "reached", "allowed" };
	static const char *const steps[2] = { "steps", "steps_allowed" };
	const char *name = og_text_of(row, "limit");

	add_meter(b, meters, name, row, limit);
	if (json_object_get(row, "steps_allowed") && strcmp(name, "steps") != 0)
		add_meter(b, meters, "steps", row, steps);
}

void og_part_budgets(struct build *b, json_t *column)
{
	static const char *const keys[2] = { "value", "max" };
	json_t *limits = json_object_get(diagnostic(b), "limits"), *limit, *meters;
	const json_t *row = diagnostic_row(b);
	size_t i;

	if (json_array_size(limits) == 0 && !row)
		return;
	meters = og_node(b, og_node_section(b, column, "Limits", NULL), "Meters");
	json_array_foreach(limits, i, limit)
		add_meter(b, meters, og_text_of(limit, "name"), limit, keys);
	if (json_array_size(limits) == 0)
		add_row_meters(b, meters, row);
}

void og_part_cause(struct build *b, json_t *column)
{
	const json_t *repeated = json_object_get(diagnostic(b), "repeated"),
		     *row = diagnostic_row(b);
	const char *text = og_json_str(repeated, "text"),
		   *cause = og_json_str(diagnostic(b), "cause");
	int64_t count = og_json_int(repeated, "count", 0);
	json_t *section;

	if (!text)
		text = og_json_str(row, "statement");
	if (!cause)
		cause = og_json_str(row, "cause");
	if (text && *text) {
		section = og_node_section(b, column, "What ran last", NULL);
		if (count > 0)
			og_putf(b, section, "hint", "%lld times, same result", (long long)count);
		og_put(b, og_node(b, section, "Code"), "text", text);
	}
	if (cause && *cause)
		og_put(b, og_node(b, og_node_section(b, column, "Likely cause", NULL), "Text"),
		       "text", cause);
}
