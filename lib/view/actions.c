/*
 * From what a document offers to what may be run. Everything that is kept
 * is copied member by member under a rule of its own; what is not known
 * here does not get through.
 */
#include "lib/view/actions.h"

#include <string.h>

#include "lib/base/text.h"

#define NAME_MAX_LEN 64
#define ENUM_MAX     200
#define LENGTH_MAX   2000
#define DIGITS	     "0123456789"
#define LOWER	     "abcdefghijklmnopqrstuvwxyz"
#define LETTERS	     LOWER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* Collecting is sticky like a buffer: memory is asked for once, at the end. */
struct collect {
	const char *principal;
	json_t *list;
	int failed;
};

static void put(struct collect *c, json_t *object, const char *key, json_t *value)
{
	if (!value || json_object_set_new(object, key, value) < 0)
		c->failed = 1;
}

static void push(struct collect *c, json_t *array, json_t *value)
{
	if (!value || json_array_append_new(array, value) < 0)
		c->failed = 1;
}

static int is_made_of(const char *text, const char *allowed)
{
	size_t len = text ? strlen(text) : 0;

	return len > 0 && len <= NAME_MAX_LEN && strspn(text, allowed) == len;
}

/* The name of a skill or a principal: nothing an option could be made of. */
static int is_plain_name(const char *text)
{
	return is_made_of(text, LETTERS DIGITS "-_.@") && text[0] != '-' && text[0] != '.';
}

static int is_param_name(const char *text)
{
	return is_made_of(text, LETTERS DIGITS "_") && !strchr(DIGITS, text[0]);
}

/* Would a person see this text as it is? Control, zero-width and
 * bidirectional characters are what og_text_safe() writes out. */
static int is_visible(const char *text, size_t len)
{
	struct og_buf safe;
	int same;

	if (len > OG_ACTION_TEXT_MAX)
		return 0;
	og_buf_init(&safe, 16 * OG_ACTION_TEXT_MAX);
	og_text_safe(&safe, text, len, 0);
	same = !safe.failed && safe.len == len && memcmp(safe.data, text, len) == 0;
	og_buf_release(&safe);
	return same;
}

static int is_visible_text(const json_t *value)
{
	return json_is_string(value) &&
	       is_visible(json_string_value(value), json_string_length(value));
}

static void copy_text(struct collect *c, json_t *to, const char *key, const json_t *from)
{
	const json_t *value = json_object_get(from, key);

	if (is_visible_text(value) && json_string_length(value) > 0)
		put(c, to, key, json_string(json_string_value(value)));
}

/* --- parameters -------------------------------------------------------------- */

static const char *type_of(const json_t *rule)
{
	static const char *const types[] = { "string", "integer", "number", "boolean" };
	const char *type = og_json_str(rule, "type");

	for (size_t i = 0; type && i < sizeof(types) / sizeof(*types); i++)
		if (strcmp(type, types[i]) == 0)
			return types[i];
	return NULL;
}

static int fits_type(const json_t *value, const char *type)
{
	switch (type[0]) {
	case 's':
		return is_visible_text(value);
	case 'b':
		return json_is_boolean(value);
	case 'i':
		return json_is_integer(value) && json_integer_value(value) <= OG_JSON_INT_MAX &&
		       json_integer_value(value) >= -OG_JSON_INT_MAX;
	default:
		return json_is_number(value);
	}
}

static void copy_enum(struct collect *c, json_t *to, const json_t *rule, const char *type)
{
	json_t *list = json_object_get(rule, "enum"), *kept, *value;
	size_t i;

	if (!json_is_array(list))
		return;
	kept = json_array();
	json_array_foreach(list, i, value)
	{
		if (i < ENUM_MAX && fits_type(value, type))
			push(c, kept, json_incref(value));
	}
	put(c, to, "enum", kept);
}

static void copy_bounds(struct collect *c, json_t *to, const json_t *rule, const char *type)
{
	static const char *const numbers[] = { "minimum", "maximum" };
	static const char *const lengths[] = { "minLength", "maxLength" };

	for (size_t i = 0; i < 2; i++) {
		const json_t *value = json_object_get(rule, numbers[i]);
		int64_t length = og_json_int(rule, lengths[i], -1);

		if (type[0] != 's' && type[0] != 'b' && json_is_number(value))
			put(c, to, numbers[i], json_deep_copy(value));
		if (type[0] == 's' && length >= 0 && length <= LENGTH_MAX)
			put(c, to, lengths[i], json_integer(length));
	}
}

/* A property of the schema, or NULL for what is none. */
static json_t *property(struct collect *c, const json_t *rule)
{
	const char *type = type_of(rule);
	const json_t *fallback = json_object_get(rule, "default");
	json_t *out;

	if (!type)
		return NULL;
	out = json_pack("{s:s}", "type", type);
	if (!out) {
		c->failed = 1;
		return NULL;
	}
	copy_text(c, out, "title", rule);
	copy_text(c, out, "description", rule);
	copy_bounds(c, out, rule, type);
	copy_enum(c, out, rule, type);
	if (fallback && fits_type(fallback, type))
		put(c, out, "default", json_deep_copy(fallback));
	return out;
}

/* NAME=VALUE of a fixed parameter, or NULL when it is not plain. */
static json_t *fixed_word(const char *name, const json_t *value)
{
	struct og_buf word;
	json_t *out = NULL;

	og_buf_init(&word, OG_ACTION_TEXT_MAX + NAME_MAX_LEN + 2);
	og_buf_addf(&word, "%s=", name);
	if (is_visible_text(value))
		og_buf_adds(&word, json_string_value(value));
	else if (json_is_integer(value))
		og_buf_addf(&word, "%lld", (long long)json_integer_value(value));
	else if (json_is_boolean(value))
		og_buf_adds(&word, json_is_true(value) ? "true" : "false");
	else if (!json_is_real(value) || og_json_dump(value, &word, NULL) < 0)
		word.failed = OG_EDATA;
	if (!word.failed)
		out = json_string(word.data);
	og_buf_release(&word);
	return out;
}

static int is_required(const json_t *action, const char *name, const json_t *rule)
{
	json_t *list = json_object_get(action, "required"), *item;
	size_t i;

	if (!json_is_array(list))
		return !json_object_get(rule, "default");
	json_array_foreach(list, i, item)
	{
		if (json_is_string(item) && strcmp(json_string_value(item), name) == 0)
			return 1;
	}
	return 0;
}

/* 0: taken; -1: a parameter nobody could vouch for, so no action. */
static int add_param(struct collect *c, const json_t *action, json_t *schema, json_t *argv,
		     const char *name)
{
	const json_t *value = json_object_get(json_object_get(action, "params"), name);
	json_t *made;

	if (!is_param_name(name))
		return -1;
	if (json_is_object(value)) {
		made = property(c, value);
		if (!made)
			return -1;
		put(c, json_object_get(schema, "properties"), name, made);
		if (is_required(action, name, value))
			push(c, json_object_get(schema, "required"), json_string(name));
		made = json_sprintf("%s={%s}", name, name);
	} else {
		made = fixed_word(name, value);
		if (!made)
			return -1;
	}
	push(c, argv, json_string("--param"));
	push(c, argv, made);
	return 0;
}

static int add_params(struct collect *c, const json_t *action, json_t *schema, json_t *argv)
{
	json_t *params = json_object_get(action, "params"), *value;
	const char *name;

	if (params && !json_is_object(params))
		return -1;
	if (json_object_size(params) > OG_ACTION_PARAMS)
		return -1;
	json_object_foreach(params, name, value)
	{
		if (add_param(c, action, schema, argv, name) < 0)
			return -1;
	}
	return 0;
}

/* --- one action -------------------------------------------------------------- */

/* The words before the parameters; NULL for what names nothing to run. */
static json_t *command_words(const struct collect *c, const json_t *action)
{
	const char *skill = og_json_str(action, "skill"), *text = og_json_str(action, "text");

	if (text) {
		if (!*text || !is_visible_text(json_object_get(action, "text")))
			return NULL;
		if (text[0] == '-')
			return json_pack("[s,s,s,s,s]", "og-submit", "--as", c->principal, "--",
					 text);
		return json_pack("[s,s,s,s]", "og-submit", "--as", c->principal, text);
	}
	if (!is_plain_name(skill))
		return NULL;
	return json_pack("[s,s,s,s,s]", "og-submit", "--as", c->principal, "--action", skill);
}

static json_t *new_schema(void)
{
	return json_pack("{s:s,s:{},s:[],s:b}", "type", "object", "properties", "required",
			 "additionalProperties", 0);
}

static void describe(struct collect *c, const json_t *action, json_t *out)
{
	const char *name = og_json_str(action, "name"), *effect = og_json_str(action, "effect");

	put(c, out, "name", json_string(name));
	copy_text(c, out, "title", action);
	if (!json_object_get(out, "title"))
		put(c, out, "title", json_string(name));
	put(c, out, "effect",
	    json_string(effect && strcmp(effect, "read") == 0 ? "read" : "write"));
	copy_text(c, out, "summary", action);
}

static void add_action(struct collect *c, const json_t *action)
{
	const char *name = og_json_str(action, "name");
	json_t *argv = NULL, *schema = NULL, *out = NULL;

	if (!is_plain_name(name) || og_view_action(c->list, name) ||
	    json_array_size(c->list) >= OG_ACTIONS_MAX)
		return;
	argv = command_words(c, action);
	schema = new_schema();
	out = json_object();
	if (!schema || !out)
		c->failed = 1;
	if (argv && !c->failed &&
	    (og_json_str(action, "text") || add_params(c, action, schema, argv) == 0)) {
		describe(c, action, out);
		put(c, out, "argv", json_incref(argv));
		put(c, out, "inputSchema", json_incref(schema));
		push(c, c->list, json_incref(out));
	}
	json_decref(argv);
	json_decref(schema);
	json_decref(out);
}

static void add_list(struct collect *c, const json_t *list)
{
	json_t *action;
	size_t i;

	if (!json_is_array(list))
		return;
	json_array_foreach(list, i, action) add_action(c, action);
}

int og_view_actions(json_t *result, json_t **ret, struct og_err *err)
{
	struct collect c = { .principal = og_json_str(result, "principal"), .list = json_array() };

	if (!c.list)
		return og_fail_nomem(err);
	if (is_plain_name(c.principal)) {
		add_list(&c, json_object_get(result, "actions"));
		add_list(&c, json_object_get(json_object_get(result, "view"), "actions"));
	}
	if (c.failed) {
		json_decref(c.list);
		return og_fail_nomem(err);
	}
	*ret = c.list;
	return 0;
}

const json_t *og_view_action(const json_t *actions, const char *name)
{
	json_t *action;
	size_t i;

	json_array_foreach(actions, i, action)
	{
		if (name && strcmp(og_json_str(action, "name"), name) == 0)
			return action;
	}
	return NULL;
}

int og_view_actions_document(json_t *result, const char *title, json_t **ret, struct og_err *err)
{
	const char *principal = og_json_str(result, "principal");
	json_t *actions, *out;

	if (og_view_actions(result, &actions, err) < 0)
		return -1;
	out = json_pack("{s:i,s:O,s:s,s:s,s:O,s:o}", "v", 1, "task",
			json_object_get(result, "task"), "title", title ? title : "", "principal",
			principal ? principal : "", "state", json_object_get(result, "state"),
			"actions", actions);
	if (!out)
		return og_fail_nomem(err);
	*ret = out;
	return 0;
}

void og_shell_word(struct og_buf *buf, const char *word)
{
	static const char plain[] = LETTERS DIGITS "_-./:=,@%+";

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
