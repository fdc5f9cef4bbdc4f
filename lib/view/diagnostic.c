/*
 * What stopped a task: its limits as meters, the statement that came again
 * and again, and the likely cause. Read from the document's "diagnostic";
 * a row set of names with values and maxima will do as well.
 */
#include <string.h>

#include "lib/view/format-internal.h"
#include "lib/view/tree-internal.h"

static const json_t *diagnostic(const struct build *b)
{
	return json_object_get(b->result, "diagnostic");
}

static json_t *find_limits(const struct build *b)
{
	json_t *limits = json_object_get(diagnostic(b), "limits");

	return limits ? limits : json_object_get(json_object_get(b->result, "data"), "limits");
}

static const char *limit_name(const json_t *limit)
{
	const char *name = og_json_str(limit, "name");

	return name ? name : og_text_of(limit, "limit");
}

void og_part_budgets(struct build *b, json_t *column)
{
	json_t *limits = find_limits(b), *limit, *meters, *item;
	size_t i;

	if (json_array_size(limits) == 0)
		return;
	meters = og_node(b, og_node_section(b, column, "Limits", NULL), "Meters");
	json_array_foreach(limits, i, limit)
	{
		item = og_item(b, meters, "items");
		og_set_words(b, item, "label", limit_name(limit));
		og_set_member(b, item, "value", limit, "value");
		og_set_member(b, item, "max", limit, "max");
		og_set_member(b, item, "unit", limit, "unit");
	}
}

static void add_repeated(struct build *b, json_t *column)
{
	const json_t *repeated = json_object_get(diagnostic(b), "repeated");
	const char *text = og_json_str(repeated, "text");
	int64_t count = og_json_int(repeated, "count", 0);
	json_t *section;

	if (!text)
		return;
	section = og_node_section(b, column, "What came again", NULL);
	if (count > 0)
		og_putf(b, section, "hint", "%lld times, same result", (long long)count);
	og_put(b, og_node(b, section, "Code"), "text", text);
}

void og_part_cause(struct build *b, json_t *column)
{
	const char *cause = og_json_str(diagnostic(b), "cause");

	add_repeated(b, column);
	if (cause)
		og_put(b, og_node(b, og_node_section(b, column, "Likely cause", NULL), "Text"),
		       "text", cause);
}
