/*
 * The form of scenarios, strictly: a misspelt expectation would never be
 * held against anything, so that the scenario could not fail.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/eval/eval.h"

#define WHAT_MAX 256

enum kind {
	TEXT,	/* a string */
	TEXTS,	/* an array of strings */
	EITHER, /* one of the two */
	NUMBER,
	COUNT, /* an integer from 0 */
	TRUE,  /* true */
	OBJECT,
	CHANGES, /* an object, or "any" */
	LIST,
	SCALARS, /* an object of strings, numbers, booleans, null */
};

struct member {
	const char *name;
	enum kind kind;
	int must;
	/* What is inside; for a LIST, of each of its elements. */
	int (*inside)(const json_t *value, const char *what, struct og_err *err);
};

static int is_text(const json_t *value)
{
	return json_is_string(value) &&
	       strlen(json_string_value(value)) == json_string_length(value);
}

static int are_texts(const json_t *value)
{
	for (size_t i = 0; i < json_array_size(value); i++)
		if (!is_text(json_array_get(value, i)))
			return 0;
	return json_is_array(value);
}

static int are_scalars(const json_t *value)
{
	json_t *object;
	const char *key;
	json_t *each;

	memcpy(&object, &value, sizeof(object)); /* jansson's iterators take no const */
	json_object_foreach(object, key, each)
	{
		if (json_is_object(each) || json_is_array(each))
			return 0;
	}
	return json_is_object(value);
}

static int is_kind(const json_t *value, enum kind kind)
{
	switch (kind) {
	case TEXT:
		return is_text(value);
	case TEXTS:
		return are_texts(value);
	case EITHER:
		return is_text(value) || are_texts(value);
	case NUMBER:
		return json_is_number(value);
	case COUNT:
		return json_is_integer(value) && json_integer_value(value) >= 0;
	case TRUE:
		return json_is_true(value);
	case OBJECT:
		return json_is_object(value);
	case CHANGES:
		return json_is_object(value) ||
		       (is_text(value) && strcmp(json_string_value(value), "any") == 0);
	case LIST:
		return json_is_array(value);
	case SCALARS:
		return are_scalars(value);
	}
	return 0;
}

static const char *kind_name(enum kind kind)
{
	static const char *const names[] = {
		"a text",
		"a list of texts",
		"a text or a list of texts",
		"a number",
		"a whole number from 0",
		"true",
		"an object",
		"an object or \"any\"",
		"a list",
		"an object of plain values",
	};

	return names[kind];
}

static int check_inside(const json_t *value, const struct member *m, const char *what,
			struct og_err *err)
{
	char where[WHAT_MAX];

	if (!m->inside)
		return 0;
	if (m->kind != LIST) {
		og_text_format(where, sizeof(where), "%s: %s", what, m->name);
		return m->inside(value, where, err);
	}
	for (size_t i = 0; i < json_array_size(value); i++) {
		og_text_format(where, sizeof(where), "%s: %s %zu", what, m->name, i + 1);
		if (m->inside(json_array_get(value, i), where, err) < 0)
			return -1;
	}
	return 0;
}

#define MEMBERS_MAX 32

static int check_members(const json_t *object, const char *what, const struct member *members,
			 struct og_err *err)
{
	const char *names[MEMBERS_MAX + 1];
	size_t n = 0;

	for (const struct member *m = members; m->name; m++)
		names[n++] = m->name;
	names[n] = NULL;
	if (og_json_only(object, what, names, err) < 0)
		return -1;
	for (const struct member *m = members; m->name; m++) {
		const json_t *value = json_object_get(object, m->name);

		if (!value && m->must)
			return og_fail(err, OG_EDATA, "%s: '%s' is missing", what, m->name);
		if (value && !is_kind(value, m->kind))
			return og_fail(err, OG_EDATA, "%s: '%s' is not %s", what, m->name,
				       kind_name(m->kind));
		if (value && check_inside(value, m, what, err) < 0)
			return -1;
	}
	return 0;
}

/* Every value of an object whose keys are free. */
static int check_each(const json_t *object, const char *what, const struct member *members,
		      struct og_err *err)
{
	char where[WHAT_MAX];
	json_t *mutable, *value;
	const char *key;

	memcpy(&mutable, &object, sizeof(mutable));
	json_object_foreach(mutable, key, value)
	{
		og_text_format(where, sizeof(where), "%s: %s", what, key);
		if (check_members(value, where, members, err) < 0)
			return -1;
	}
	return 0;
}

/* --- what is expected ---------------------------------------------------- */

static int check_row(const json_t *row, const char *what, struct og_err *err)
{
	return are_scalars(row) ? 0 : og_fail(err, OG_EDATA, "%s is no row of plain values", what);
}

static int check_cells(const json_t *row, const char *what, struct og_err *err)
{
	for (size_t i = 0; i < json_array_size(row); i++)
		if (json_is_object(json_array_get(row, i)) || json_is_array(json_array_get(row, i)))
			return og_fail(err, OG_EDATA, "%s: a cell is a plain value", what);
	return json_is_array(row) ? 0 : og_fail(err, OG_EDATA, "%s is not a list of cells", what);
}

static int check_sets(const json_t *sets, const char *what, struct og_err *err)
{
	static const struct member members[] = {
		{ "rows", COUNT, 0, NULL },
		{ "at_least", COUNT, 0, NULL },
		{ "at_most", COUNT, 0, NULL },
		{ "columns", TEXTS, 0, NULL },
		{ "contains", LIST, 0, check_row },
		{ "lacks", LIST, 0, check_row },
		{ NULL, TEXT, 0, NULL },
	};

	return check_each(sets, what, members, err);
}

static int check_sql(const json_t *sql, const char *what, struct og_err *err)
{
	static const struct member members[] = {
		{ "as", TEXT, 1, NULL },	  { "sql", EITHER, 1, NULL },
		{ "rows", LIST, 0, check_cells }, { "refused", TRUE, 0, NULL },
		{ NULL, TEXT, 0, NULL },
	};

	if (check_members(sql, what, members, err) < 0)
		return -1;
	if (!json_object_get(sql, "rows") == !json_object_get(sql, "refused"))
		return og_fail(err, OG_EDATA, "%s: either 'rows' or 'refused'", what);
	return 0;
}

static int check_forbid(const json_t *forbid, const char *what, struct og_err *err)
{
	static const struct member members[] = {
		{ "as", TEXT, 1, NULL },
		{ "sql", EITHER, 1, NULL },
		{ NULL, TEXT, 0, NULL },
	};

	return is_text(forbid) ? 0 : check_members(forbid, what, members, err);
}

static int check_effects(const json_t *effects, const char *what, struct og_err *err)
{
	static const struct member members[] = {
		{ "insert", COUNT, 0, NULL },
		{ "update", COUNT, 0, NULL },
		{ "delete", COUNT, 0, NULL },
		{ NULL, TEXT, 0, NULL },
	};

	return json_is_object(effects) ? check_each(effects, what, members, err) : 0;
}

static int check_ledger(const json_t *ledger, const char *what, struct og_err *err)
{
	static const struct member members[] = {
		{ "actions", TEXTS, 0, NULL },
		{ "lacks", TEXTS, 0, NULL },
		{ NULL, TEXT, 0, NULL },
	};

	return check_members(ledger, what, members, err);
}

static int check_cost(const json_t *cost, const char *what, struct og_err *err)
{
	static const struct member members[] = {
		{ "at_most_nanousd", COUNT, 0, NULL },
		{ "at_most_calls", COUNT, 0, NULL },
		{ "at_most_tokens", COUNT, 0, NULL },
		{ NULL, TEXT, 0, NULL },
	};

	return check_members(cost, what, members, err);
}

static int check_expect(const json_t *expect, const char *what, struct og_err *err)
{
	static const struct member members[] = {
		{ "state", EITHER, 1, NULL },
		{ "reason", EITHER, 0, NULL },
		{ "skill", TEXT, 0, NULL },
		{ "planner", TEXT, 0, NULL },
		{ "words", TEXTS, 0, NULL },
		{ "not_words", TEXTS, 0, NULL },
		{ "data", OBJECT, 0, check_sets },
		{ "citations", TEXTS, 0, NULL },
		{ "offers", TEXTS, 0, NULL },
		{ "sql", LIST, 0, check_sql },
		{ "effects", CHANGES, 1, check_effects },
		{ "schema", COUNT, 0, NULL },
		{ "forbid", LIST, 0, check_forbid },
		{ "ledger", OBJECT, 0, check_ledger },
		{ "cost", OBJECT, 0, check_cost },
		{ NULL, TEXT, 0, NULL },
	};

	return check_members(expect, what, members, err);
}

/* --- what is done -------------------------------------------------------- */

/* Members that say what is done: one of them in each act. */
static const char *const kinds[] = { "say",    "action",  "sql",    "ddl",    "skill", "policy",
				     "cancel", "approve", "reject", "answer", NULL };
#define KINDS_ALONE 6 /* the first ones need no task to be about */

const char *og_act_kind(const json_t *act)
{
	const char *found = NULL;

	for (const char *const *kind = kinds; *kind; kind++) {
		if (!json_object_get(act, *kind))
			continue;
		if (found)
			return NULL;
		found = *kind;
	}
	return found;
}

char *og_act_text(const json_t *value)
{
	struct og_buf text;
	char *taken;

	og_buf_init(&text, OG_SCENARIO_MAX);
	og_buf_adds(&text, json_is_string(value) ? json_string_value(value) : "");
	for (size_t i = 0; i < json_array_size(value); i++) {
		og_buf_adds(&text, json_string_value(json_array_get(value, i)));
		og_buf_addc(&text, '\n');
	}
	taken = og_buf_take(&text);
	og_buf_release(&text);
	return taken;
}

static int check_kind(const json_t *act, const char *what, size_t n, struct og_err *err)
{
	const char *kind = og_act_kind(act);

	for (size_t i = 0; kind && i < n; i++)
		if (strcmp(kinds[i], kind) == 0)
			return 0;
	og_fail(err, OG_EDATA, "%s: it does not say what is done, or more than one thing", what);
	return og_hint(err, "one of say, action, sql, ddl, skill, policy%s",
		       n > KINDS_ALONE ? ", cancel, approve, reject, answer" : "");
}

#define ACT_MEMBERS                                                                                \
	{ "as", TEXT, 1, NULL }, { "say", TEXT, 0, NULL }, { "action", TEXT, 0, NULL },            \
		{ "params", SCALARS, 0, NULL }, { "sql", EITHER, 0, NULL },                        \
		{ "ddl", EITHER, 0, NULL }, { "skill", EITHER, 0, NULL },                          \
		{ "policy", EITHER, 0, NULL },                                                     \
	{                                                                                          \
		"signed_by", TEXT, 0, NULL                                                         \
	}

static int check_act(const json_t *act, const char *what, size_t n, struct og_err *err)
{
	static const struct member members[] = {
		ACT_MEMBERS,
		{ "refused", TRUE, 0, NULL },
		{ "cancel", TRUE, 0, NULL },
		{ "approve", TRUE, 0, NULL },
		{ "reject", TRUE, 0, NULL },
		{ "answer", TEXT, 0, NULL },
		{ NULL, TEXT, 0, NULL },
	};

	if (check_members(act, what, members, err) < 0)
		return -1;
	return check_kind(act, what, n, err);
}

static int check_setup(const json_t *act, const char *what, struct og_err *err)
{
	return check_act(act, what, KINDS_ALONE, err);
}

static int check_then(const json_t *act, const char *what, struct og_err *err)
{
	return check_act(act, what, sizeof(kinds) / sizeof(*kinds) - 1, err);
}

/* --- the whole ----------------------------------------------------------- */

static int is_name(const char *name)
{
	size_t len = name ? strlen(name) : 0;

	return len > 0 && len <= OG_SCENARIO_NAME_MAX && name[0] != '-' &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == len;
}

int og_scenario_check(const json_t *scenario, const char *what, struct og_err *err)
{
	static const struct member members[] = {
		{ "v", COUNT, 1, NULL },
		{ "name", TEXT, 1, NULL },
		{ "about", TEXT, 0, NULL },
		{ "conf", SCALARS, 0, NULL },
		{ "setup", LIST, 0, check_setup },
		ACT_MEMBERS,
		{ "hold", TRUE, 0, NULL },
		{ "then", LIST, 0, check_then },
		{ "expect", OBJECT, 1, check_expect },
		{ "script", LIST, 0, NULL },
		{ NULL, TEXT, 0, NULL },
	};
	const char *name = og_json_str(scenario, "name");
	char where[WHAT_MAX];

	og_text_format(where, sizeof(where), "%s%s%s", what, is_name(name) ? ": " : "",
		       is_name(name) ? name : "");
	if (check_members(scenario, where, members, err) < 0)
		return -1;
	if (og_json_int(scenario, "v", 0) != 1)
		return og_fail(err, OG_EDATA, "%s: v is not 1", where);
	if (!is_name(name))
		return og_fail(err, OG_EDATA, "%s: '%s' is no name: a-z, 0-9 and -, %d at most",
			       where, name, OG_SCENARIO_NAME_MAX);
	return check_kind(scenario, where, KINDS_ALONE, err);
}

int og_scenarios_parse(const char *text, size_t len, const char *what, json_t **ret,
		       struct og_err *err)
{
	json_t *parsed = NULL, *list;
	char where[WHAT_MAX];
	int rc = 0;

	if (og_json_parse(text, len, OG_SCENARIO_MAX, what, &parsed, err) < 0)
		return -1;
	list = json_is_array(parsed) ? json_incref(parsed) : json_pack("[O]", parsed);
	if (!list)
		rc = og_fail_nomem(err);
	else if (json_array_size(list) == 0 || json_array_size(list) > OG_SCENARIOS_MAX)
		rc = og_fail(err, OG_EDATA, "%s holds no scenario, or more than %d", what,
			     OG_SCENARIOS_MAX);
	for (size_t i = 0; rc == 0 && i < json_array_size(list); i++) {
		og_text_format(where, sizeof(where), "%s", what);
		if (json_is_array(parsed) && !og_json_str(json_array_get(list, i), "name"))
			og_text_format(where, sizeof(where), "%s: scenario %zu", what, i + 1);
		rc = og_scenario_check(json_array_get(list, i), where, err);
	}
	json_decref(parsed);
	if (rc == 0)
		*ret = list;
	else
		json_decref(list);
	return rc;
}
