/*
 * The check of a DOC that came from outside: one pass over the members,
 * each with its own small judge. What passes here is relied on everywhere.
 */
#include "lib/skill/skill.h"

#include <string.h>

#include "lib/base/text.h"
#include "lib/skill/allowed.h"
#include "lib/skill/http.h"
#include "lib/skill/pattern-internal.h"
#include "lib/skill/tests.h"

typedef int check_fn(const json_t *value, struct og_err *err);

static int bad(struct og_err *err, const char *what)
{
	return og_fail(err, OG_EDATA, "%s", what);
}

static int check_text(const json_t *value, struct og_err *err)
{
	return json_is_string(value) ? 0 : bad(err, "is not a text");
}

static int check_version(const json_t *value, struct og_err *err)
{
	return json_is_integer(value) && json_integer_value(value) == 1 ? 0 : bad(err, "is not 1");
}

static int check_name(const json_t *value, struct og_err *err)
{
	if (!json_is_string(value) || !og_skill_name_valid(json_string_value(value)))
		return bad(err, "is not 1 to 64 of a-z, 0-9 and single hyphens");
	return 0;
}

static int check_description(const json_t *value, struct og_err *err)
{
	if (!json_is_string(value) || json_string_length(value) == 0)
		return bad(err, "is not a text");
	if (json_string_length(value) > OG_SKILL_DESCRIPTION_MAX)
		return bad(err, "is too long");
	return 0;
}

static int check_kind(const json_t *value, struct og_err *err)
{
	const char *kind = json_string_value(value);

	if (kind == NULL || (strcmp(kind, "workflow") != 0 && strcmp(kind, "regulation") != 0 &&
			     strcmp(kind, "agent") != 0))
		return bad(err, "is not workflow, regulation or agent");
	return 0;
}

static int check_clearance(const json_t *value, struct og_err *err)
{
	if (!json_is_integer(value) || json_integer_value(value) < 1 ||
	    json_integer_value(value) > 3)
		return bad(err, "is not 1, 2 or 3");
	return 0;
}

static int check_id(const json_t *value, struct og_err *err)
{
	if (!json_is_integer(value) || json_integer_value(value) < 1 ||
	    json_integer_value(value) > 1000000000)
		return bad(err, "is not a node number");
	return 0;
}

static int check_map(const json_t *value, struct og_err *err)
{
	const char *key;
	json_t *item;

	if (!json_is_object(value))
		return bad(err, "is not a map");
	json_object_foreach((json_t *)value, key, item)
	{
		if (!json_is_string(item))
			return bad(err, "holds something that is not a text");
	}
	return 0;
}

static int check_list(const json_t *value, int (*valid)(const char *), struct og_err *err)
{
	json_t *item;
	size_t i;

	if (!json_is_array(value))
		return bad(err, "is not a list");
	if (json_array_size(value) > OG_SKILL_LIST_MAX)
		return bad(err, "is too long a list");
	json_array_foreach(value, i, item)
	{
		if (!json_is_string(item) || !valid(json_string_value(item)))
			return bad(err, "holds something that is not a name");
	}
	return 0;
}

static int check_nodes(const json_t *value, struct og_err *err)
{
	return check_list(value, og_skill_name_valid, err);
}

static int any_table(const char *name)
{
	size_t len = strlen(name);

	return len > 0 && len <= 128;
}

static int check_tables(const json_t *value, struct og_err *err)
{
	return check_list(value, any_table, err);
}

static int role_name(const char *name)
{
	return og_ident_valid(name) || og_skill_name_valid(name);
}

static int check_roles(const json_t *value, struct og_err *err)
{
	return check_list(value, role_name, err);
}

static int check_patterns(const json_t *value, struct og_err *err)
{
	static const char *const keys[] = { "text", "line", NULL };
	json_t *item;
	size_t i;

	if (!json_is_array(value) || json_array_size(value) > OG_SKILL_PATTERNS_MAX)
		return bad(err, "is not a list, or too long");
	json_array_foreach(value, i, item)
	{
		if (!json_is_object(item) || og_json_str(item, "text") == NULL ||
		    og_json_int(item, "line", -1) < 0)
			return bad(err, "holds something that is not a pattern");
		if (og_json_only(item, "pattern", keys, err) < 0)
			return -1;
	}
	return 0;
}

static int check_examples(const json_t *value, struct og_err *err)
{
	static const char *const keys[] = { "text", "line", NULL };
	json_t *item;
	size_t i;

	if (json_array_size(value) == 0 || json_array_size(value) > OG_SKILL_EXAMPLES_MAX)
		return bad(err, "is not a list, empty, or too long");
	json_array_foreach(value, i, item)
	{
		const json_t *text = json_object_get(item, "text");

		if (!json_is_string(text) || json_string_length(text) == 0 ||
		    json_string_length(text) > OG_SKILL_PATTERN_MAX ||
		    og_json_int(item, "line", -1) < 0)
			return bad(err, "holds something that is not a sentence");
		if (og_json_only(item, "example", keys, err) < 0)
			return -1;
	}
	return 0;
}

static int check_object(const json_t *value, struct og_err *err)
{
	return json_is_object(value) ? 0 : bad(err, "is not an object");
}

static const char *const block_kinds[] = { "read", "write",	"require",    "undo",
					   "ddl",  "put-skill", "put-policy", "view",
					   "http", "http-undo", NULL };

static int check_block(const json_t *block, struct og_err *err)
{
	static const char *const keys[] = { "kind", "line", "text", "as", "any", "message", NULL };
	const char *kind = og_json_str(block, "kind"), *as = og_json_str(block, "as");
	size_t i = 0;

	if (kind == NULL || og_json_str(block, "text") == NULL ||
	    og_json_int(block, "line", -1) < 0)
		return bad(err, "a block has no kind, text or line");
	while (block_kinds[i] != NULL && strcmp(kind, block_kinds[i]) != 0)
		i++;
	if (block_kinds[i] == NULL)
		return og_fail(err, OG_EDATA, "there is no block '%s'", kind);
	if (json_object_get(block, "as") != NULL && (as == NULL || !og_ident_valid(as)))
		return bad(err, "a block's 'as' is not a name");
	if (strcmp(kind, "require") == 0 && og_json_str(block, "message") == NULL)
		return bad(err, "a require block has no message");
	return og_json_only(block, "block", keys, err);
}

static int check_step(const json_t *step, struct og_err *err)
{
	static const char *const keys[] = { "name", "line", "blocks", NULL };
	const char *name = og_json_str(step, "name");
	const json_t *blocks = json_object_get(step, "blocks");
	int64_t line;
	json_t *block;
	size_t i;

	if (name == NULL || !og_skill_name_valid(name) || og_json_int(step, "line", -1) < 0)
		return bad(err, "a step has no name or line");
	if (og_skill_step_reserved(name))
		return og_fail(err, OG_EDATA, "no step may be called '%s'", name);
	if (!json_is_array(blocks) || json_array_size(blocks) > OG_SKILL_BLOCKS_MAX)
		return og_fail(err, OG_EDATA, "step '%s' has no list of blocks, or over %d", name,
			       OG_SKILL_BLOCKS_MAX);
	json_array_foreach(blocks, i, block)
	{
		if (check_block(block, err) < 0)
			return og_wrap(err, "step '%s'", name);
	}
	if (og_http_step_check(step, &line, err) < 0)
		return og_wrap(err, "step '%s'", name);
	return og_json_only(step, "step", keys, err);
}

static int check_steps(const json_t *value, struct og_err *err)
{
	json_t *step, *other;
	size_t i, k;

	if (!json_is_array(value) || json_array_size(value) > OG_SKILL_STEPS_MAX)
		return bad(err, "is not a list, or too long");
	json_array_foreach(value, i, step)
	{
		if (check_step(step, err) < 0)
			return -1;
		for (k = 0; k < i; k++) {
			other = json_array_get(value, k);
			if (strcmp(og_json_str(other, "name"), og_json_str(step, "name")) == 0)
				return og_fail(err, OG_EDATA, "two steps are called '%s'",
					       og_json_str(step, "name"));
		}
	}
	return 0;
}

static int check_ask(const json_t *ask, struct og_err *err)
{
	static const char *const keys[] = { "tbl",    "verbs",	   "settable", "visible",
					    "masked", "predicate", "effect",   NULL };
	const char *tbl = og_json_str(ask, "tbl"), *effect = og_json_str(ask, "effect");
	const json_t *verbs = json_object_get(ask, "verbs"), *verb;
	size_t i;

	if (tbl == NULL || !any_table(tbl) || json_array_size(verbs) == 0)
		return bad(err, "an entry has no tbl or no verbs");
	json_array_foreach(verbs, i, verb)
	{
		const char *v = json_string_value(verb);

		if (v == NULL || (strcmp(v, "select") != 0 && strcmp(v, "insert") != 0 &&
				  strcmp(v, "update") != 0))
			return bad(err, "a verb is not select, insert or update");
	}
	if (effect != NULL && strcmp(effect, "permit") != 0 && strcmp(effect, "forbid") != 0)
		return bad(err, "an effect is not permit or forbid");
	return og_json_only(ask, "grants", keys, err);
}

static int check_asks(const json_t *value, struct og_err *err)
{
	json_t *ask;
	size_t i;

	if (!json_is_array(value) || json_array_size(value) > OG_SKILL_LIST_MAX)
		return bad(err, "is not a list, or too long");
	json_array_foreach(value, i, ask)
	{
		if (!json_is_object(ask))
			return bad(err, "holds something that is not an object");
		if (check_ask(ask, err) < 0)
			return -1;
	}
	return 0;
}

static const struct member {
	const char *name;
	check_fn *check;
	int optional;
} members[] = {
	{ "v", check_version, 0 },
	{ "name", check_name, 0 },
	{ "description", check_description, 0 },
	{ "license", check_text, 1 },
	{ "compatibility", check_text, 1 },
	{ "allowed_tools", check_text, 1 },
	{ "metadata", check_map, 0 },
	{ "extra", check_map, 1 },
	{ "kind", check_kind, 0 },
	{ "clearance", check_clearance, 0 },
	{ "roles", check_roles, 0 },
	{ "depends_on", check_nodes, 0 },
	{ "governs", check_nodes, 0 },
	{ "next", check_nodes, 0 },
	{ "touches", check_tables, 0 },
	{ "id", check_id, 1 },
	{ "patterns", check_patterns, 0 },
	{ "examples", check_examples, 1 },
	{ "slots", check_object, 0 },
	{ "steps", check_steps, 0 },
	{ "answer", check_text, 1 },
	{ "view", check_object, 1 },
	{ "asks", check_asks, 0 },
	{ "tests", og_skill_tests_check, 1 },
	{ "source", check_text, 0 },
};

#define N_MEMBERS (sizeof(members) / sizeof(members[0]))

static int check_members(const json_t *doc, struct og_err *err)
{
	const char *names[N_MEMBERS + 1] = { NULL };

	for (size_t i = 0; i < N_MEMBERS; i++) {
		const json_t *value = json_object_get(doc, members[i].name);

		names[i] = members[i].name;
		if (value == NULL && members[i].optional)
			continue;
		if (value == NULL)
			return og_fail(err, OG_EDATA, "'%s' is missing", members[i].name);
		if (members[i].check(value, err) < 0)
			return og_wrap(err, "'%s'", members[i].name);
	}
	return og_json_only(doc, "skill", names, err);
}

static int check_slots(const json_t *doc, struct og_err *err)
{
	json_t *slots;
	int equal;

	if (og_slots_of(json_object_get(doc, "patterns"), &slots, err) < 0)
		return og_wrap(err, "'patterns'");
	equal = json_equal(slots, json_object_get(doc, "slots"));
	json_decref(slots);
	return equal ? 0 : bad(err, "'slots' are not those of the patterns");
}

/* Its size, and that whoever approves it sees all of it. A DOC need not come
 * from our parser. */
static int check_seen(const json_t *doc, struct og_err *err)
{
	struct og_buf text;
	size_t at = 0;
	uint32_t c;
	int rc;

	og_buf_init(&text, OG_SKILL_DOC_MAX);
	rc = og_json_canon(doc, &text, err);
	if (rc == 0 && og_utf8_hidden(text.data, text.len, &at, &c))
		rc = og_fail(err, OG_EDATA, "invisible character U+%04X", (unsigned)c);
	og_buf_release(&text);
	return rc;
}

int og_skill_check(const json_t *doc, struct og_err *err)
{
	const char *name = og_json_str(doc, "name");

	if (!json_is_object(doc))
		return bad(err, "a skill is a JSON object");
	if (check_members(doc, err) < 0 || check_slots(doc, err) < 0 ||
	    og_allowed_check(doc, NULL, err) < 0 || check_seen(doc, err) < 0)
		return og_wrap(err, "skill '%.64s'", name != NULL ? name : "?");
	return 0;
}
