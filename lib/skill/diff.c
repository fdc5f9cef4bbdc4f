/* Two versions of a skill, held against each other. */
#include "lib/skill/diff.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/skill/skill.h"
#include "lib/skill/tests.h"

#define ITEM_MAX OG_SKILL_TEXT_MAX

/* Each makes of a DOC (maybe NULL) an array of texts, which are compared as
 * a set. */
typedef int items_fn(const json_t *doc, json_t *items);

static int add(json_t *items, struct og_buf *text)
{
	int rc = text->failed
			 ? -1
			 : json_array_append_new(
				   items, json_stringn(text->len ? text->data : "", text->len));

	og_buf_release(text);
	return rc;
}

static int add_value(json_t *items, const json_t *value)
{
	char *text =
		value ? json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_SORT_KEYS) : NULL;
	int rc = 0;

	if (json_is_string(value))
		rc = json_array_append_new(items, json_string(json_string_value(value)));
	else if (value)
		rc = text ? json_array_append_new(items, json_string(text)) : -1;
	free(text);
	return rc;
}

static int add_list(json_t *items, const json_t *list)
{
	json_t *item;
	size_t i;
	int rc = 0;

	json_array_foreach(list, i, item)
	{
		if (rc == 0)
			rc = add_value(items, item);
	}
	return rc;
}

#define MEMBER(fn, member)                                                                         \
	static int fn(const json_t *doc, json_t *items)                                            \
	{                                                                                          \
		return add_value(items, json_object_get(doc, member));                             \
	}
#define LIST(fn, member)                                                                           \
	static int fn(const json_t *doc, json_t *items)                                            \
	{                                                                                          \
		return add_list(items, json_object_get(doc, member));                              \
	}

MEMBER(clearance, "clearance")
MEMBER(kind, "kind")
MEMBER(tools, "allowed_tools")
MEMBER(answer, "answer")
MEMBER(description, "description")
LIST(grants, "asks")
LIST(depends_on, "depends_on")
LIST(governs, "governs")
LIST(next, "next")
LIST(touches, "touches")

/* An empty list is every role, which is not less than one. */
static int roles(const json_t *doc, json_t *items)
{
	const json_t *list = json_object_get(doc, "roles");

	if (doc && json_array_size(list) == 0)
		return json_array_append_new(items, json_string("every role"));
	return add_list(items, list);
}

static int patterns(const json_t *doc, json_t *items)
{
	json_t *item;
	size_t i;
	int rc = 0;

	json_array_foreach(json_object_get(doc, "patterns"), i, item)
	{
		if (rc == 0)
			rc = add_value(items, json_object_get(item, "text"));
	}
	return rc;
}

static int slots(const json_t *doc, json_t *items)
{
	json_t *decl;
	const char *name;
	int rc = 0;

	json_object_foreach(json_object_get(doc, "slots"), name, decl)
	{
		char *text = json_dumps(decl, JSON_COMPACT | JSON_SORT_KEYS);
		struct og_buf item;

		og_buf_init(&item, ITEM_MAX);
		og_buf_addf(&item, "%s %s", name, text ? text : "");
		rc = rc == 0 && text ? add(items, &item) : -1;
		if (rc < 0)
			og_buf_release(&item);
		free(text);
	}
	return rc;
}

static int tests(const json_t *doc, json_t *items)
{
	json_t *test;
	size_t i;
	int rc = 0;

	json_array_foreach(json_object_get(doc, "tests"), i, test)
	{
		struct og_buf item;

		og_buf_init(&item, ITEM_MAX);
		og_skill_test_write(test, &item);
		if (add(items, &item) < 0)
			rc = -1;
	}
	return rc;
}

/* Blocks of these kinds, as "STEP: KIND: TEXT". */
static int add_blocks(const json_t *doc, int requires, json_t *items)
{
	json_t *step, *block;
	size_t i, k;
	int rc = 0;

	json_array_foreach(json_object_get(doc, "steps"), i, step)
	{
		json_array_foreach(json_object_get(step, "blocks"), k, block)
		{
			const char *is = og_json_str(block, "kind");
			const char *message = og_json_str(block, "message");
			struct og_buf item;

			if (strcmp(is, "read") == 0 || strcmp(is, "view") == 0 ||
			    (strcmp(is, "require") == 0) != requires)
				continue;
			og_buf_init(&item, ITEM_MAX);
			og_buf_addf(&item, "%s: %s%s%s: %s", og_json_str(step, "name"), is,
				    message ? " " : "", message ? message : "",
				    og_json_str(block, "text"));
			if (add(items, &item) < 0)
				rc = -1;
		}
	}
	return rc;
}

static int writes(const json_t *doc, json_t *items)
{
	return add_blocks(doc, 0, items);
}

static int requires(const json_t *doc, json_t *items)
{
	return add_blocks(doc, 1, items);
}

static const struct part {
	const char *what;
	items_fn *items;
} parts[] = {
	{ "clearance", clearance }, { "kind", kind },
	{ "roles", roles },	    { "grants", grants },
	{ "writes", writes },	    { "requires", requires },
	{ "tools", tools },	    { "depends on", depends_on },
	{ "governs", governs },	    { "next", next },
	{ "touches", touches },	    { "slots", slots },
	{ "patterns", patterns },   { "answer", answer },
	{ "tests", tests },	    { "description", description },
};

/* --- comparing ----------------------------------------------------------- */

static int has(const json_t *list, const json_t *value)
{
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		if (json_equal(item, value))
			return 1;
	}
	return 0;
}

/* Those of a that b does not have. */
static json_t *without(const json_t *a, const json_t *b)
{
	json_t *rest = json_array(), *item;
	size_t i;

	json_array_foreach(a, i, item)
	{
		if (!has(b, item) && json_array_append(rest, item) < 0) {
			json_decref(rest);
			return NULL;
		}
	}
	return rest;
}

static int compare(const struct part *part, const json_t *old, const json_t *new, json_t *changes)
{
	json_t *before = json_array(), *after = json_array(), *removed = NULL, *added = NULL;
	int rc = -1;

	if (before && after && part->items(old, before) == 0 && part->items(new, after) == 0 &&
	    (removed = without(before, after)) && (added = without(after, before)))
		rc = 0;
	if (rc == 0 && json_array_size(removed) + json_array_size(added) > 0)
		rc = json_array_append_new(changes, json_pack("{s:s,s:O,s:O}", "what", part->what,
							      "removed", removed, "added", added));
	json_decref(before);
	json_decref(after);
	json_decref(removed);
	json_decref(added);
	return rc;
}

int og_skill_changes(const json_t *old, const json_t *new, json_t **ret, struct og_err *err)
{
	json_t *changes = json_array();
	int rc = changes ? 0 : -1;

	for (size_t i = 0; rc == 0 && i < sizeof(parts) / sizeof(*parts); i++)
		rc = compare(&parts[i], old, new, changes);
	if (rc == 0) {
		*ret = changes;
		return 0;
	}
	json_decref(changes);
	return og_fail_nomem(err);
}

/* --- for people ---------------------------------------------------------- */

static void add_items(struct og_buf *out, const char *what, char sign, const json_t *items)
{
	json_t *item;
	size_t i;

	json_array_foreach(items, i, item)
	{
		const char *text = json_string_value(item);
		size_t len = json_string_length(item);

		while (len && text[len - 1] == '\n')
			len--;
		og_buf_addf(out, "%-11s %c ", what, sign);
		for (size_t k = 0; k < len; k++) {
			size_t line = strcspn(text + k, "\n");

			if (line > len - k)
				line = len - k;
			og_text_safe(out, text + k, line, 0);
			k += line;
			if (k < len)
				og_buf_addf(out, "\n%-11s %c   ", "", sign);
		}
		og_buf_addc(out, '\n');
	}
}

int og_skill_diff(const json_t *old, const json_t *new, struct og_buf *out, struct og_err *err)
{
	const char *before = og_json_str(old, "source"), *after = og_json_str(new, "source");
	const char *name = og_json_str(new, "name");
	json_t *changes = NULL, *change;
	char path[OG_SKILL_NAME_MAX + 16];
	size_t i;

	if (og_skill_changes(old, new, &changes, err) < 0)
		return -1;
	json_array_foreach(changes, i, change)
	{
		add_items(out, og_json_str(change, "what"), '-',
			  json_object_get(change, "removed"));
		add_items(out, og_json_str(change, "what"), '+', json_object_get(change, "added"));
	}
	if (json_array_size(changes))
		og_buf_addc(out, '\n');
	json_decref(changes);
	og_text_format(path, sizeof(path), "%s/SKILL.md", name ? name : "?");
	return og_lines_diff(path, before ? before : "", after ? after : "", out, err);
}
