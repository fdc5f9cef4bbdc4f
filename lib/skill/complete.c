/*
 * A DOC that was not read from a SKILL.md (a `put skill` template): what
 * it leaves out is filled in, and its source is written, so that it can be
 * shown, exported and read back like any other.
 */
#include "lib/skill/skill.h"

#include <string.h>

#include "lib/skill/pattern-internal.h"

static int set_missing(json_t *obj, const char *key, json_t *value, struct og_err *err)
{
	if (json_object_get(obj, key) == NULL)
		return og_json_set(obj, key, value, err);
	json_decref(value);
	return 0;
}

static int number_lines(json_t *list, struct og_err *err)
{
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		if (json_is_object(item) && set_missing(item, "line", json_integer(0), err) < 0)
			return -1;
	}
	return 0;
}

/* Patterns may be plain texts in a template. */
static int complete_patterns(json_t *patterns, struct og_err *err)
{
	json_t *item;
	size_t i;

	json_array_foreach(patterns, i, item)
	{
		if (!json_is_string(item))
			continue;
		item = json_pack("{s:O}", "text", item);
		if (item == NULL || json_array_set_new(patterns, i, item) < 0)
			return og_fail_nomem(err);
	}
	return number_lines(patterns, err);
}

static int complete_steps(json_t *steps, struct og_err *err)
{
	json_t *step;
	size_t i;

	json_array_foreach(steps, i, step)
	{
		if (number_lines(json_object_get(step, "blocks"), err) < 0)
			return -1;
	}
	return number_lines(steps, err);
}

static const struct {
	const char *member, *key;
} listed[] = {
	{ "roles", "og-roles" }, { "depends_on", "og-depends-on" }, { "governs", "og-governs" },
	{ "next", "og-next" },	 { "touches", "og-touches" },
};

static int join_list(json_t *metadata, const char *key, const json_t *list, struct og_err *err)
{
	struct og_buf buf;
	json_t *item;
	size_t i;
	int rc;

	if (json_array_size(list) == 0)
		return 0;
	og_buf_init(&buf, OG_SKILL_DOC_MAX);
	json_array_foreach(list, i, item)
	{
		const char *text = json_string_value(item);

		og_buf_addf(&buf, "%s%s", i > 0 ? " " : "", text != NULL ? text : "");
	}
	rc = og_buf_check(&buf, "list", err);
	if (rc == 0)
		rc = og_json_set(metadata, key, json_string(buf.data), err);
	og_buf_release(&buf);
	return rc;
}

/* The og-* keys that parsing the source would need. */
static int complete_metadata(json_t *doc, struct og_err *err)
{
	json_t *metadata = json_object_get(doc, "metadata");
	const char *kind = og_json_str(doc, "kind");
	char number[24];

	if (set_missing(metadata, "og-kind", json_string(kind != NULL ? kind : ""), err) < 0)
		return -1;
	snprintf(number, sizeof(number), "%d", (int)og_json_int(doc, "clearance", 1));
	if (set_missing(metadata, "og-clearance", json_string(number), err) < 0)
		return -1;
	if (json_object_get(doc, "id") != NULL) {
		snprintf(number, sizeof(number), "%lld", (long long)og_json_int(doc, "id", 0));
		if (set_missing(metadata, "og-id", json_string(number), err) < 0)
			return -1;
	}
	for (size_t i = 0; i < sizeof(listed) / sizeof(listed[0]); i++) {
		if (join_list(metadata, listed[i].key, json_object_get(doc, listed[i].member),
			      err) < 0)
			return -1;
	}
	return 0;
}

static int complete_lists(json_t *doc, struct og_err *err)
{
	static const char *const lists[] = { "roles",	"depends_on", "governs", "next",
					     "touches", "patterns",   "steps",	 "asks" };

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		if (set_missing(doc, lists[i], json_array(), err) < 0)
			return -1;
	}
	return 0;
}

static int complete_slots(json_t *doc, struct og_err *err)
{
	json_t *slots;

	if (json_object_get(doc, "slots") != NULL)
		return 0;
	if (og_slots_of(json_object_get(doc, "patterns"), &slots, err) < 0)
		return -1;
	return og_json_set(doc, "slots", slots, err);
}

static int complete_source(json_t *doc, struct og_err *err)
{
	struct og_buf buf;
	int rc;

	if (json_object_get(doc, "source") != NULL)
		return 0;
	og_buf_init(&buf, OG_SKILL_TEXT_MAX);
	rc = og_skill_source(doc, &buf, err);
	if (rc == 0)
		rc = og_json_set(doc, "source", json_stringn(buf.data, buf.len), err);
	og_buf_release(&buf);
	return rc;
}

int og_skill_complete(json_t *doc, struct og_err *err)
{
	if (!json_is_object(doc))
		return og_fail(err, OG_EDATA, "a skill is a JSON object");
	if (set_missing(doc, "v", json_integer(1), err) < 0 ||
	    set_missing(doc, "kind", json_string("workflow"), err) < 0 ||
	    set_missing(doc, "clearance", json_integer(1), err) < 0 ||
	    set_missing(doc, "metadata", json_object(), err) < 0 || complete_lists(doc, err) < 0)
		return -1;
	if (complete_patterns(json_object_get(doc, "patterns"), err) < 0 ||
	    complete_patterns(json_object_get(doc, "examples"), err) < 0 ||
	    complete_steps(json_object_get(doc, "steps"), err) < 0 ||
	    complete_slots(doc, err) < 0 || complete_metadata(doc, err) < 0)
		return -1;
	return complete_source(doc, err);
}
