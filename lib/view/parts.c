/* The parts that stand beside what a task came to: trace, sources, skills
 * that came near, the ledger's entries. */
#include <string.h>

#include "lib/view/format-internal.h"
#include "lib/view/tree-internal.h"

#define EVENTS_MAX 60 /* of the trace; the section says so */

static const char *event_tone(const char *action)
{
	static const struct {
		const char *part, *tone;
	} tones[] = { { "interrupt", "bad" },	{ "INTERRUPT", "bad" }, { "fail", "bad" },
		      { "refus", "bad" },	{ "deni", "bad" },	{ "undo", "warn" },
		      { "compensat", "warn" },	{ "repeat", "warn" },	{ "begin", "info" },
		      { "understand", "info" }, { "match", "info" } };

	for (size_t i = 0; i < sizeof(tones) / sizeof(*tones); i++)
		if (strstr(action, tones[i].part))
			return tones[i].tone;
	return "ok";
}

void og_part_events(struct build *b, json_t *column)
{
	json_t *trace = json_object_get(b->result, "trace"), *event, *section, *list, *item;
	size_t n = json_array_size(trace), first = n > EVENTS_MAX ? n - EVENTS_MAX : 0;
	char hint[64] = "";

	if (n == 0)
		return;
	if (first > 0)
		snprintf(hint, sizeof(hint), "the last %d of %zu", EVENTS_MAX, n);
	section = og_node_section(b, column, "Events", hint);
	list = og_node(b, section, "Timeline");
	for (size_t i = first; i < n; i++) {
		event = json_array_get(trace, i);
		item = og_item(b, list, "items");
		og_set_words(b, item, "title", og_text_of(event, "action"));
		og_set_member(b, item, "time", event, "time");
		og_set_member(b, item, "detail", event, "details");
		og_set_member(b, item, "agent", event, "agent");
		og_set(b, item, "tone", event_tone(og_text_of(event, "action")));
	}
}

void og_part_sources(struct build *b, json_t *column)
{
	json_t *list = json_object_get(b->result, "citations"), *source, *section, *node;
	size_t i;

	if (json_array_size(list) == 0)
		return;
	section = og_node_section(b, column, "Sources", NULL);
	json_array_foreach(list, i, source)
	{
		node = og_node(b, section, "Citation");
		og_put_member(b, node, "policy", source, "policy");
		og_put_member(b, node, "title", source, "title");
		og_put_member(b, node, "line", source, "line");
		og_put_member(b, node, "text", source, "text");
	}
}

static void add_entries(struct build *b, json_t *chain, const char *list, const char *name,
			const char *what)
{
	json_t *items = json_object_get(b->result, list), *step, *item;
	size_t i;

	json_array_foreach(items, i, step)
	{
		int64_t seq = og_json_int(step, "seq", -1);

		if (seq <= 0)
			continue;
		item = og_item(b, chain, "entries");
		og_set_json(b, item, "seq", json_integer(seq));
		og_set_words(b, item, "title", og_text_of(step, name));
		og_set(b, item, "what", what ? what : og_text_of(step, "state"));
	}
}

void og_part_ledger(struct build *b, json_t *column)
{
	json_t *ledger = json_object_get(b->result, "ledger"), *section, *chain;
	int64_t first = og_json_int(ledger, "first", 0), last = og_json_int(ledger, "last", 0);

	if (first <= 0 || last < first)
		return;
	section = og_node_section(b, column, "Ledger", NULL);
	og_putf(b, section, "hint", "%lld %s", (long long)(last - first + 1),
		last == first ? "entry" : "entries");
	chain = og_node(b, section, "Chain");
	og_put_json(b, chain, "first", json_integer(first));
	og_put_json(b, chain, "last", json_integer(last));
	og_put_member(b, chain, "head", ledger, "head");
	add_entries(b, chain, "steps", "name", NULL);
	add_entries(b, chain, "compensation", "step", "undo");
	og_put(b, chain, "check", "og-ledger verify");
}

void og_part_nearest(struct build *b, json_t *column)
{
	json_t *list = json_object_get(b->result, "candidates"), *found, *section, *chart, *series;

	if (json_array_size(list) == 0) /* the planner without a model leaves them as rows */
		list = json_object_get(json_object_get(b->result, "data"), "nearest");
	if (json_array_size(list) == 0)
		return;
	found = json_array_get(list, 0);
	section = og_node_section(b, column, "Nearest skills", "How well the sentence fits");
	chart = og_node(b, section, "BarChart");
	og_put(b, chart, "x", json_object_get(found, "skill") ? "skill" : "name");
	series = og_item(b, chart, "series");
	og_set(b, series, "key", "score");
	og_set(b, series, "label", "Fit");
	og_put(b, chart, "format", "percent");
	og_put_json(b, chart, "max", og_real(1));
	og_put_json(b, chart, "rows", json_incref(list));
}
