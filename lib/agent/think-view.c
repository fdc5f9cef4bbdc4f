/*
 * Judging the view that a model wrote: static JSX within the catalogue
 * (lib/view), bound only to what the result has, and without a number that
 * was not read. A layout's own numbers (spans, heights, colours) are free.
 */
#include <string.h>

#include "lib/agent/tools.h"
#include "lib/base/text.h"
#include "lib/view/catalog.h"
#include "lib/view/view.h"

struct judge {
	const struct og_thinking *t;
	const json_t *cited, *data;
	struct og_err *err;
};

static int judge_literal(struct judge *j, const json_t *value);

/* A path leads to a row set of the result, or into the result itself. */
static int judge_path(struct judge *j, const char *pointer)
{
	const char *rest = strncmp(pointer, "/data/", 6) == 0 ? pointer + 6 : NULL;
	size_t len = rest ? strcspn(rest, "/") : 0;
	json_t *names, *joined, *name;
	size_t i;
	int known = 0;

	if (!rest)
		return 0;
	names = og_sorted_keys(j->data);
	json_array_foreach(names, i, name)
	{
		const char *set = json_string_value(name);

		known |= strlen(set) == len && memcmp(set, rest, len) == 0;
	}
	joined = og_names_joined(names, 300);
	if (!known) {
		og_fail(j->err, OG_EDATA, "view: data.%.*s is not in the result",
			(int)(len < 100 ? len : 100), rest);
		og_hint(j->err, "shown are: %s",
			json_array_size(names) ? json_string_value(joined) : "none");
	}
	json_decref(joined);
	json_decref(names);
	return known ? 0 : -1;
}

static int judge_words(struct judge *j, const char *text)
{
	json_t *bad = og_numbers_unsupported(j->t, j->cited, text), *names;
	int rc = 0;

	if (!bad)
		return og_fail_nomem(j->err);
	if (json_array_size(bad) > 0) {
		names = og_names_joined(bad, 200);
		rc = og_fail(j->err, OG_EDATA, "view: numbers that were not read: %s",
			     names ? json_string_value(names) : "");
		og_hint(j->err, "bind them by path, such as data.read_1[0].total");
		json_decref(names);
	}
	json_decref(bad);
	return rc;
}

static int judge_number(struct judge *j, double value)
{
	char text[OG_DOUBLE_MAX];

	og_double_format(value, text);
	return judge_words(j, text);
}

static int judge_members(struct judge *j, const json_t *object)
{
	const char *pointer = og_json_str(object, "$"), *name;
	json_t *value;

	if (pointer && json_object_size(object) == 1)
		return judge_path(j, pointer);
	json_object_foreach((json_t *)(uintptr_t)object, name, value)
	{
		if (judge_literal(j, value) < 0)
			return -1;
	}
	return 0;
}

static int judge_literal(struct judge *j, const json_t *value)
{
	json_t *item;
	size_t i;

	if (json_is_string(value))
		return judge_words(j, json_string_value(value));
	if (json_is_number(value))
		return judge_number(j, json_number_value(value));
	if (json_is_object(value))
		return judge_members(j, value);
	json_array_foreach(value, i, item)
	{
		if (judge_literal(j, item) < 0)
			return -1;
	}
	return 0;
}

static int judge_prop(struct judge *j, const struct og_prop *prop, const json_t *value);

/* The members of a list's item, each by its own type. */
static int judge_item(struct judge *j, const struct og_prop *props, const json_t *item)
{
	const char *name, *pointer = og_json_str(item, "$");
	json_t *value;

	if (!json_is_object(item) || (pointer && json_object_size(item) == 1))
		return judge_literal(j, item);
	json_object_foreach((json_t *)(uintptr_t)item, name, value)
	{
		if (judge_prop(j, og_prop_find(props, name), value) < 0)
			return -1;
	}
	return 0;
}

static int judge_prop(struct judge *j, const struct og_prop *prop, const json_t *value)
{
	json_t *item;
	size_t i;

	/* Layout, and words that are chosen or name columns. */
	if (prop && prop->type == OG_PROP_INTEGER && json_is_number(value))
		return 0;
	if (prop && prop->type == OG_PROP_OBJECT)
		return judge_item(j, prop->props, value);
	if (!prop || prop->type != OG_PROP_LIST || !json_is_array(value))
		return judge_literal(j, value);
	json_array_foreach(value, i, item)
	{
		if (judge_item(j, prop->props, item) < 0)
			return -1;
	}
	return 0;
}

static int judge_node(struct judge *j, const json_t *node)
{
	const char *name = og_json_str(node, "c"), *key;
	const struct og_component *component = name ? og_component_find(name) : NULL;
	json_t *props = json_object_get(node, "p"), *value, *child;
	size_t i;

	if (!component)
		return judge_literal(j, node);
	json_object_foreach(props, key, value)
	{
		if (judge_prop(j, og_prop_find(component->props, key), value) < 0)
			return -1;
	}
	json_array_foreach(json_object_get(node, "k"), i, child)
	{
		if (judge_node(j, child) < 0)
			return -1;
	}
	return 0;
}

/* Once with its paths as they stand, once with what they lead to. */
int og_view_judge(const struct og_thinking *t, const json_t *cited, const json_t *data,
		  const char *jsx, struct og_err *err)
{
	struct judge j = { t, cited, data, err };
	json_t *tree = NULL, *drawn = NULL, *scope;
	size_t len = strlen(jsx);
	int rc = -1;

	if (len > OG_MODEL_VIEW_MAX)
		return og_fail(err, OG_EDATA, "view: more than %zu bytes", OG_MODEL_VIEW_MAX);
	if (og_text_hidden(jsx, len))
		return og_fail(err, OG_EDATA, "view: it holds characters that cannot be seen");
	scope = json_pack("{s:O,s:O}", "data", data, "result", t->job->result);
	if (og_view_jsx(jsx, len, NULL, &tree, err) == 0 && judge_node(&j, tree) == 0 && scope)
		rc = og_view_jsx(jsx, len, scope, &drawn, err);
	json_decref(scope);
	json_decref(tree);
	json_decref(drawn);
	return rc;
}
