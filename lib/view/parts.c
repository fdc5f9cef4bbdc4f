/* The parts that stand beside what a task came to: trace, sources, skills
 * that came near, commands to go on with, the ledger's entries. */
#include <string.h>

#include "lib/view/format-internal.h"
#include "lib/view/tree-internal.h"

#define EVENTS_MAX  60 /* of the trace; the section says so */
#define COMMAND_MAX ((size_t)256 << 10)

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

/* One word of a command for a POSIX shell. */
static void add_word(struct og_buf *buf, const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_-./:=,@%+";

	og_buf_addc(buf, ' ');
	if (*word && strspn(word, plain) == strlen(word)) {
		og_buf_adds(buf, word);
		return;
	}
	og_buf_addc(buf, '\'');
	for (; *word; word++) {
		if (*word == '\'')
			og_buf_adds(buf, "'\\''");
		else
			og_buf_addc(buf, *word);
	}
	og_buf_addc(buf, '\'');
}

static void add_params(struct og_buf *command, json_t *params)
{
	struct og_buf word;
	const char *key;
	json_t *value;

	og_buf_init(&word, COMMAND_MAX);
	json_object_foreach(params, key, value)
	{
		og_buf_clear(&word);
		og_buf_addf(&word, "%s=", key);
		if (json_is_object(value)) /* a schema: what to fill in */
			og_buf_addf(&word, "<%s>", key);
		else
			og_format(&word, value, "id", NULL);
		og_buf_adds(command, " --param");
		if (word.failed)
			command->failed = word.failed;
		else
			add_word(command, word.data);
	}
	og_buf_release(&word);
}

/* Somebody else's to say: whose principal that is, is not known here. */
static void resolve_command(const struct build *b, const char *state, struct og_buf *command)
{
	const char *task = og_json_str(b->result, "task");

	og_buf_adds(command, "og-task resolve");
	add_word(command, task ? task : "");
	og_buf_adds(command, " --state");
	add_word(command, state);
}

/* The exact words to paste; "" when the action names nothing to run. */
static void action_command(const struct build *b, const json_t *action, struct og_buf *command)
{
	const char *text = og_json_str(action, "text"), *skill = og_json_str(action, "skill");
	const char *resolve = og_json_str(action, "resolve");
	const char *principal = og_json_str(b->result, "principal");
	json_t *params = json_object_get(action, "params");

	if (resolve) {
		resolve_command(b, resolve, command);
		return;
	}
	if (!text && !skill && !(skill = og_json_str(action, "name")))
		return;
	og_buf_adds(command, "og-submit");
	if (principal) {
		og_buf_adds(command, " --as");
		add_word(command, principal);
	}
	og_buf_adds(command, " --wait");
	if (text) {
		add_word(command, text);
		return;
	}
	og_buf_adds(command, " --action");
	add_word(command, skill);
	add_params(command, params);
}

void og_part_actions(struct build *b, json_t *column)
{
	json_t *list = json_object_get(b->result, "actions"), *action, *section, *node;
	struct og_buf command;
	size_t i;

	if (json_array_size(list) == 0)
		return;
	section = og_node_section(b, column, "What can be done next", "Paste into a shell");
	og_buf_init(&command, COMMAND_MAX);
	json_array_foreach(list, i, action)
	{
		og_buf_clear(&command);
		action_command(b, action, &command);
		if (command.failed || command.len == 0)
			continue;
		node = og_node(b, section, "Command");
		og_put_member(b, node, "title", action,
			      og_json_str(action, "title") ? "title" : "name");
		og_put_member(b, node, "effect", action, "effect");
		og_put(b, node, "text", command.data);
	}
	og_buf_release(&command);
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
