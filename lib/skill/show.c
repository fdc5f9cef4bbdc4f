/*
 * Text and DOT of skills and their graph.
 */
#include "lib/skill/show.h"

#include <string.h>

#include "lib/base/text.h"

static void add_safe(struct og_buf *buf, const char *text)
{
	if (text != NULL)
		og_text_safe(buf, text, strlen(text), 0);
}

/* "before a,b,c", or nothing for an empty list. */
static void add_list(struct og_buf *buf, const char *before, const json_t *list)
{
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		og_buf_adds(buf, i == 0 ? before : ",");
		add_safe(buf, json_string_value(item));
	}
}

void og_asks_text(const json_t *asks, struct og_buf *buf)
{
	const char *predicate;
	json_t *ask;
	size_t i;

	json_array_foreach(asks, i, ask)
	{
		add_list(buf, "  ", json_object_get(ask, "verbs"));
		og_buf_adds(buf, " on ");
		add_safe(buf, og_json_str(ask, "tbl"));
		add_list(buf, ", sees ", json_object_get(ask, "visible"));
		add_list(buf, ", sets ", json_object_get(ask, "settable"));
		predicate = og_json_str(ask, "predicate");
		if (predicate != NULL)
			og_buf_adds(buf, ", where ");
		add_safe(buf, predicate);
		og_buf_addc(buf, '\n');
	}
}

static void add_member(struct og_buf *buf, const char *name, const json_t *list)
{
	if (json_array_size(list) == 0)
		return;
	og_buf_addf(buf, "%-12s", name);
	add_list(buf, "", list);
	og_buf_addc(buf, '\n');
}

static void add_patterns(struct og_buf *buf, const json_t *patterns)
{
	json_t *item;
	size_t i;

	if (json_array_size(patterns) > 0)
		og_buf_adds(buf, "\nwhen\n");
	json_array_foreach(patterns, i, item)
	{
		og_buf_adds(buf, "  ");
		add_safe(buf, og_json_str(item, "text"));
		og_buf_addc(buf, '\n');
	}
}

static void add_steps(struct og_buf *buf, const json_t *steps)
{
	json_t *step, *block;
	size_t i, k;

	if (json_array_size(steps) > 0)
		og_buf_adds(buf, "\nsteps\n");
	json_array_foreach(steps, i, step)
	{
		og_buf_addf(buf, "  %zu. ", i + 1);
		add_safe(buf, og_json_str(step, "name"));
		json_array_foreach(json_object_get(step, "blocks"), k, block)
		{
			og_buf_adds(buf, k == 0 ? ": " : ", ");
			add_safe(buf, og_json_str(block, "kind"));
		}
		og_buf_addc(buf, '\n');
	}
}

int og_skill_text(const json_t *doc, const char *hash, struct og_buf *buf, struct og_err *err)
{
	og_buf_addf(buf, "%-12s%s@%.12s\n%-12s", "skill", og_json_str(doc, "name"), hash,
		    "description");
	add_safe(buf, og_json_str(doc, "description"));
	og_buf_addf(buf, "\n%-12s%s\n%-12s%lld\n", "kind", og_json_str(doc, "kind"), "clearance",
		    (long long)og_json_int(doc, "clearance", 1));
	add_member(buf, "roles", json_object_get(doc, "roles"));
	add_member(buf, "depends on", json_object_get(doc, "depends_on"));
	add_member(buf, "governs", json_object_get(doc, "governs"));
	add_member(buf, "next", json_object_get(doc, "next"));
	add_patterns(buf, json_object_get(doc, "patterns"));
	add_steps(buf, json_object_get(doc, "steps"));
	if (json_array_size(json_object_get(doc, "asks")) > 0)
		og_buf_adds(buf, "\nasks for\n");
	og_asks_text(json_object_get(doc, "asks"), buf);
	return og_buf_check(buf, "skill", err);
}

static void add_value(struct og_buf *buf, const char *name, const json_t *value)
{
	og_buf_addf(buf, "  %s = ", name);
	if (json_is_string(value))
		add_safe(buf, json_string_value(value));
	else
		og_json_dump(value, buf, NULL);
	og_buf_addc(buf, '\n');
}

static void add_words(struct og_buf *buf, const json_t *words)
{
	json_t *item;
	size_t i;

	json_array_foreach(words, i, item)
	{
		og_buf_adds(buf, i == 0 ? "  for it speak: " : ", ");
		add_safe(buf, og_json_str(item, "word"));
		og_buf_addf(buf, " %.2f", json_number_value(json_object_get(item, "share")));
	}
	if (json_array_size(words) > 0)
		og_buf_addc(buf, '\n');
}

static void add_match(struct og_buf *buf, const json_t *match)
{
	const char *name;
	json_t *value;
	size_t i;

	og_buf_addf(buf, "%s %.3f\n  ", og_json_str(match, "skill"),
		    json_number_value(json_object_get(match, "score")));
	add_safe(buf, og_json_str(match, "matched_by"));
	og_buf_addc(buf, '\n');
	add_words(buf, json_object_get(match, "words"));
	json_object_foreach(json_object_get(match, "slots"), name, value)
		add_value(buf, name, value);
	json_array_foreach(json_object_get(match, "missing"), i, value)
	{
		const char *slot = json_string_value(value);
		const json_t *several = json_object_get(json_object_get(match, "ambiguous"), slot);

		og_buf_addf(buf, "  %s is missing", slot);
		if (og_json_str(json_object_get(match, "unknown"), slot) != NULL)
			og_buf_adds(buf, ", nothing visible is called ");
		add_safe(buf, og_json_str(json_object_get(match, "unknown"), slot));
		if (og_json_str(json_object_get(match, "unread"), slot) != NULL)
			og_buf_adds(buf, ", no value for it is ");
		add_safe(buf, og_json_str(json_object_get(match, "unread"), slot));
		add_list(buf, ", it may be any of ", several);
		og_buf_addc(buf, '\n');
	}
}

/* Why nothing is matched. */
static void add_left(struct og_buf *buf, const json_t *left)
{
	if (left == NULL) {
		og_buf_adds(buf, "no skill fits\n");
		return;
	}
	og_buf_addf(buf, "%s would leave out a %s: ", og_json_str(left, "skill"),
		    og_json_str(left, "what"));
	add_safe(buf, og_json_str(left, "said"));
	og_buf_addc(buf, '\n');
}

int og_match_text(const json_t *reply, struct og_buf *buf, struct og_err *err)
{
	const json_t *match = json_object_get(reply, "match");
	json_t *item;
	size_t i;

	if (json_is_object(match))
		add_match(buf, match);
	else
		add_left(buf, json_object_get(reply, "left"));
	json_array_foreach(json_object_get(reply, "candidates"), i, item) og_buf_addf(
		buf, "%s%s %.3f", i == 0 ? "nearest: " : ", ", og_json_str(item, "skill"),
		json_number_value(json_object_get(item, "score")));
	if (json_array_size(json_object_get(reply, "candidates")) > 0)
		og_buf_addc(buf, '\n');
	return og_buf_check(buf, "match", err);
}

int og_graph_text(const json_t *nodes, struct og_buf *buf, struct og_err *err)
{
	json_t *node, *edge;
	size_t i, k;

	json_array_foreach(nodes, i, node)
	{
		const json_t *edges = json_object_get(node, "edges");

		if (json_array_size(edges) == 0) {
			add_safe(buf, og_json_str(node, "name"));
			og_buf_addc(buf, '\n');
		}
		json_array_foreach(edges, k, edge)
		{
			add_safe(buf, og_json_str(node, "name"));
			og_buf_addf(buf, " %s ", og_json_str(edge, "type"));
			add_safe(buf, og_json_str(edge, "target"));
			og_buf_addc(buf, '\n');
		}
	}
	return og_buf_check(buf, "graph", err);
}
