/*
 * What can be done next. A runnable action becomes a form or a button, with
 * the command it stands for as its child: what cannot run it (paper, a
 * page without script, a terminal) draws that instead. An action that only
 * a person can type is a command alone.
 */
#include <string.h>

#include "lib/view/actions.h"
#include "lib/view/format-internal.h"
#include "lib/view/tree-internal.h"

#define COMMAND_MAX ((size_t)256 << 10)

static void add_word(struct og_buf *buf, const char *word)
{
	og_buf_addc(buf, ' ');
	og_shell_word(buf, word);
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

/* The form or button of a runnable action; NULL for a command alone. */
static json_t *add_control(struct build *b, json_t *section, const json_t *action)
{
	const char *name = og_json_str(action, "name");
	const json_t *known = og_view_action(b->actions, name);
	int form = json_object_size(json_object_get(json_object_get(known, "inputSchema"),
						    "properties")) > 0;
	json_t *control;

	if (!known || json_object_get(b->placed, name))
		return NULL;
	control = og_node(b, section, form ? "ActionForm" : "ActionButton");
	og_put(b, control, "action", name);
	og_put(b, control, form ? "title" : "label", og_json_str(known, "title"));
	og_set_json(b, b->placed, name, json_false());
	return control;
}

static void add_action(struct build *b, json_t *section, const json_t *action)
{
	const char *name = og_text_of(action, "name");
	struct og_buf command;
	json_t *control, *node;

	og_buf_init(&command, COMMAND_MAX);
	action_command(b, action, &command);
	if (!command.failed && command.len > 0 && !json_is_true(json_object_get(b->placed, name))) {
		control = add_control(b, section, action);
		node = og_node(b, control ? control : section, "Command");
		og_put_member(b, node, "title", action,
			      og_json_str(action, "title") ? "title" : "name");
		og_put_member(b, node, "effect", action, "effect");
		og_put(b, node, "text", command.data);
	}
	og_buf_release(&command);
}

static void add_actions(struct build *b, json_t *section, const json_t *list)
{
	json_t *action;
	size_t i;

	if (!json_is_array(list))
		return;
	json_array_foreach(list, i, action)
	{
		if (json_is_object(action))
			add_action(b, section, action);
	}
}

void og_part_actions(struct build *b, json_t *column)
{
	json_t *section = og_node_section(b, column, "What can be done next", NULL);
	const char *principal = og_json_str(b->result, "principal");

	if (principal)
		og_putf(b, section, "hint", "as %s", principal);
	add_actions(b, section, json_object_get(b->result, "actions"));
	add_actions(b, section, json_object_get(b->hints, "actions"));
}

/* Parameters of a row: "$column" or a plain value, names that the action has. */
static json_t *row_params(struct build *b, const json_t *known, json_t *asked)
{
	const json_t *rules = json_object_get(json_object_get(known, "inputSchema"), "properties");
	json_t *params = json_object(), *value;
	const char *name;

	json_object_foreach(asked, name, value)
	{
		if (json_object_get(rules, name) && !json_is_object(value) && !json_is_array(value))
			og_set_json(b, params, name, json_incref(value));
	}
	return params;
}

void og_part_row_action(struct build *b, json_t *table, const json_t *set_hints)
{
	const json_t *asked = json_object_get(set_hints, "action"), *known;
	const char *name = og_json_str(asked, "action"), *label = og_json_str(asked, "label");
	json_t *row;

	known = og_view_action(b->actions, name);
	if (!known)
		return;
	row = json_object();
	og_put_json(b, table, "row_action", row);
	og_set(b, row, "action", name);
	og_set(b, row, "label", label ? label : og_json_str(known, "title"));
	og_set_json(b, row, "params", row_params(b, known, json_object_get(asked, "params")));
	og_set_member(b, row, "when", asked, "when");
	og_set_json(b, b->placed, name, json_true());
}
