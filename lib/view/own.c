/*
 * A view of the document's own: a tree ("view.tree") or static JSX
 * ("view.jsx") that somebody wrote for this result, a skill's author or a
 * model. It becomes what stands on the page; what the page itself says
 * (state, principal, task, ledger) stays the document's to say.
 */
#include <string.h>

#include "lib/base/text.h"
#include "lib/view/actions.h"
#include "lib/view/conform-internal.h"
#include "lib/view/format-internal.h"
#include "lib/view/tree-internal.h"

#define COMMAND_MAX ((size_t)256 << 10)

int og_has_own_view(const struct build *b)
{
	json_t *states = json_object_get(b->hints, "states"), *state;
	size_t i;

	if (!json_is_object(json_object_get(b->hints, "tree")) &&
	    !json_is_string(json_object_get(b->hints, "jsx")))
		return 0;
	if (!json_is_array(states))
		return strcmp(b->state, "done") == 0;
	json_array_foreach(states, i, state)
	{
		if (json_is_string(state) && strcmp(json_string_value(state), b->state) == 0)
			return 1;
	}
	return 0;
}

static int read_view(const struct build *b, json_t **ret, struct og_err *err)
{
	const json_t *tree = json_object_get(b->hints, "tree");
	const json_t *jsx = json_object_get(b->hints, "jsx");
	json_t *scope = json_pack("{s:O*, s:O}", "data", json_object_get(b->result, "data"),
				  "result", b->result);
	int rc;

	if (!scope)
		return og_fail_nomem(err);
	if (tree)
		rc = og_conform_tree(tree, scope, ret, err);
	else
		rc = og_view_jsx(json_string_value(jsx), json_string_length(jsx), scope, ret, err);
	json_decref(scope);
	if (rc < 0 && err->code == OG_EDATA && !*err->hint)
		og_hint(err, "--view none draws the result without this view");
	return rc;
}

/* --- what a view leaves to us ----------------------------------------------------- */

/* Columns as the rows suggest them, where the view names none. */
static void add_columns(struct build *b, json_t *table)
{
	const json_t *props = json_object_get(table, "p");
	struct profile profile;

	if (json_object_get(props, "columns") || !json_is_array(json_object_get(props, "rows")))
		return;
	og_profile(json_object_get(props, "rows"), &profile);
	for (size_t i = 0; i < profile.n_columns; i++)
		og_table_column(b, table, &profile, &profile.columns[i]);
}

/* Appends "NAME=<NAME>", or the value that the button brings. */
static void add_word(struct og_buf *command, const char *word, const json_t *params)
{
	const char *eq = strchr(word, '=');
	char name[OG_ERR_MSG_MAX];
	struct og_buf filled;
	json_t *value;

	og_buf_init(&filled, COMMAND_MAX);
	og_text_format(name, sizeof(name), "%.*s", (int)(eq ? eq - word : 0), word);
	if (eq && eq[1] == '{' && strncmp(eq + 2, name, strlen(name)) == 0 &&
	    strcmp(eq + 2 + strlen(name), "}") == 0) {
		value = json_object_get(params, name);
		og_buf_addf(&filled, "%s=", name);
		if (value && og_text_of(params, name)[0] != '$')
			og_format(&filled, value, "id", NULL);
		else
			og_buf_addf(&filled, "<%s>", name);
	} else {
		og_buf_adds(&filled, word);
	}
	og_buf_adds(command, command->len > 0 ? " " : "");
	if (filled.failed)
		command->failed = filled.failed;
	else
		og_shell_word(command, filled.len > 0 ? filled.data : "");
	og_buf_release(&filled);
}

/* The words that do the same, for paper and terminals. */
static void add_command(struct build *b, json_t *control)
{
	const json_t *props = json_object_get(control, "p");
	const json_t *action = og_view_action(b->actions, og_json_str(props, "action"));
	json_t *argv = json_object_get(action, "argv"), *word, *node;
	struct og_buf command;
	size_t i;

	if (!action || json_array_size(json_object_get(control, "k")) > 0)
		return;
	og_buf_init(&command, COMMAND_MAX);
	json_array_foreach(argv, i, word)
		add_word(&command, json_string_value(word), json_object_get(props, "params"));
	node = og_node(b, control, "Command");
	og_put_member(b, node, "title", action, "title");
	og_put_member(b, node, "effect", action, "effect");
	if (command.failed)
		b->failed = 1;
	else
		og_put(b, node, "text", command.data);
	og_buf_release(&command);
}

static void complete(struct build *b, json_t *node)
{
	const struct og_component *component = og_component_find(og_text_of(node, "c"));
	json_t *children = json_object_get(node, "k"), *child, *props = json_object_get(node, "p");
	const char *currency = og_json_str(b->hints, "currency");
	size_t i;

	if (strcmp(component->name, "Table") == 0)
		add_columns(b, node);
	if (strcmp(component->name, "ActionForm") == 0 ||
	    strcmp(component->name, "ActionButton") == 0)
		add_command(b, node);
	if (currency && !json_object_get(props, "currency") &&
	    og_prop_find(component->props, "currency"))
		og_put(b, node, "currency", currency);
	json_array_foreach(children, i, child) complete(b, child);
}

/* What a view may say of the page: its title and what stands below it. */
static void take_page(struct build *b, json_t *page, const json_t *root)
{
	og_put_member(b, page, "title", json_object_get(root, "p"), "title");
	og_put_member(b, page, "subtitle", json_object_get(root, "p"), "subtitle");
	if (json_array_extend(json_object_get(page, "k"), json_object_get(root, "k")) < 0)
		b->failed = 1;
}

int og_part_own(struct build *b, json_t *page, struct og_err *err)
{
	json_t *root = NULL;

	if (read_view(b, &root, err) < 0)
		return -1;
	complete(b, root);
	if (strcmp(og_text_of(root, "c"), "Page") == 0)
		take_page(b, page, root);
	else if (json_array_append(json_object_get(page, "k"), root) < 0)
		b->failed = 1;
	json_decref(root);
	return 0;
}

/* --- a view from elsewhere ---------------------------------------------------------- */

static int is_tree(const char *text, size_t len)
{
	size_t n = 0;

	while (n < len && strchr(" \t\r\n", text[n]) && text[n])
		n++;
	return n < len && text[n] == '{';
}

static int parse_view(const char *text, size_t len, const char **ret_key, json_t **ret,
		      struct og_err *err)
{
	if (is_tree(text, len)) {
		*ret_key = "tree";
		return og_json_parse(text, len, OG_VIEW_TEXT_MAX, "view", ret, err);
	}
	if (len > OG_VIEW_TEXT_MAX)
		return og_fail(err, OG_EDATA, "view: larger than %zu bytes", OG_VIEW_TEXT_MAX);
	if (!og_utf8_valid(text, len))
		return og_fail(err, OG_EDATA, "view: not valid UTF-8");
	*ret_key = "jsx";
	*ret = json_stringn(text, len);
	return *ret ? 0 : og_fail_nomem(err);
}

int og_view_put(json_t *result, const char *text, size_t len, struct og_err *err)
{
	json_t *view = json_object_get(result, "view"), *value = NULL;
	const char *key = "jsx";

	if (text && parse_view(text, len, &key, &value, err) < 0)
		return -1;
	if (!json_is_object(view)) {
		view = json_object();
		if (og_json_set(result, "view", view, err) < 0) {
			json_decref(value);
			return -1;
		}
	}
	json_object_del(view, "tree");
	json_object_del(view, "jsx");
	json_object_del(view, "states");
	if (!text)
		return 0;
	if (og_json_set(view, key, value, err) < 0)
		return -1;
	return og_json_set(view, "states", json_pack("[s]", og_text_of(result, "state")), err);
}
