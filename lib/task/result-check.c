/* Judging a result document that came from outside. */
#include <string.h>

#include "lib/task/result.h"

static int bad(struct og_err *err, const char *what)
{
	return og_fail(err, OG_EDATA, "result document: %s", what);
}

struct member {
	const char *name;
	json_type type;
	int needed;
};

static const struct member members[] = {
	{ "v", JSON_INTEGER, 1 },	   { "task", JSON_STRING, 1 },
	{ "state", JSON_STRING, 1 },	   { "reason", JSON_STRING, 0 },
	{ "skill", JSON_STRING, 0 },	   { "planner", JSON_STRING, 0 },
	{ "model", JSON_STRING, 0 },	   { "answer", JSON_STRING, 0 },
	{ "data", JSON_OBJECT, 0 },	   { "steps", JSON_ARRAY, 0 },
	{ "trace", JSON_ARRAY, 0 },	   { "actions", JSON_ARRAY, 0 },
	{ "ledger", JSON_OBJECT, 0 },	   { "cost", JSON_OBJECT, 0 },
	{ "view", JSON_OBJECT, 0 },	   { "principal", JSON_STRING, 0 },
	{ "text", JSON_STRING, 0 },	   { "submitted", JSON_STRING, 0 },
	{ "finished", JSON_STRING, 0 },	   { "citations", JSON_ARRAY, 0 },
	{ "compensation", JSON_ARRAY, 0 }, { "trace_id", JSON_STRING, 0 },
	{ "cause", JSON_STRING, 0 },	   { "next", JSON_STRING, 0 },
	{ "resolved", JSON_ARRAY, 0 },	   { "answer_by", JSON_STRING, 0 },
	{ "view_by", JSON_STRING, 0 },	   { "view_refused", JSON_STRING, 0 },
	{ "entries", JSON_ARRAY, 0 },	   { "fallback", JSON_STRING, 0 },
};

static int check_member(const json_t *result, const struct member *member, struct og_err *err)
{
	const json_t *value = json_object_get(result, member->name);

	if (!value && member->needed)
		return og_fail(err, OG_EDATA, "result document: '%s' is missing", member->name);
	if (!value || json_is_null(value) || json_typeof(value) == member->type)
		return member->needed && json_is_null(value)
			       ? og_fail(err, OG_EDATA, "result document: '%s' is null",
					 member->name)
			       : 0;
	return og_fail(err, OG_EDATA, "result document: '%s' has the wrong type", member->name);
}

/* A cell is a plain value, or one tagged by its reader ({"b":BASE64}). */
static int check_row(const json_t *row, const char *set, struct og_err *err)
{
	const char *column;
	json_t *cell;

	if (!json_is_object(row))
		return og_fail(err, OG_EDATA, "result document: a row of '%s' is no object", set);
	json_object_foreach((json_t *)(uintptr_t)row, column, cell)
	{
		if (json_is_array(cell) || (json_is_object(cell) && json_object_size(cell) != 1))
			return og_fail(err, OG_EDATA,
				       "result document: '%s' in '%s' is not a plain value", column,
				       set);
	}
	return 0;
}

static int check_data(const json_t *data, struct og_err *err)
{
	const char *name;
	json_t *set, *row;
	size_t i;

	json_object_foreach((json_t *)(uintptr_t)data, name, set)
	{
		if (!json_is_array(set))
			return og_fail(err, OG_EDATA, "result document: data '%s' is no array",
				       name);
		json_array_foreach(set, i, row) if (check_row(row, name, err) < 0) return -1;
	}
	return 0;
}

static int check_objects(const json_t *result, const char *list, struct og_err *err)
{
	json_t *item;
	size_t i;

	json_array_foreach(json_object_get(result, list), i, item) if (
		!json_is_object(item)) return og_fail(err, OG_EDATA,
						      "result document: '%s' holds no objects",
						      list);
	return 0;
}

int og_result_check(const json_t *result, struct og_err *err)
{
	static const char *const lists[] = { "steps",	  "trace",	  "actions",
					     "citations", "compensation", "resolved" };

	if (!json_is_object(result))
		return bad(err, "it is no object");
	for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++)
		if (check_member(result, &members[i], err) < 0)
			return -1;
	if (og_json_int(result, "v", 0) != 1)
		return bad(err, "it is of another version");
	if (!og_json_str(result, "state") || og_state_parse(og_json_str(result, "state")) < 0)
		return bad(err, "its state is none");
	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++)
		if (check_objects(result, lists[i], err) < 0)
			return -1;
	return check_data(json_object_get(result, "data"), err);
}
