/*
 * A DOC written as SKILL.md text. Values of the front matter are JSON
 * strings, which YAML reads as double-quoted ones.
 */
#include "lib/skill/skill.h"

#include <string.h>

#include "lib/skill/tests.h"

static void add_scalar(struct og_buf *buf, const char *indent, const char *key, const json_t *value)
{
	if (!json_is_string(value))
		return;
	og_buf_adds(buf, indent);
	if (og_skill_name_valid(key))
		og_buf_adds(buf, key);
	else
		og_json_quote(buf, key, strlen(key));
	og_buf_adds(buf, ": ");
	og_json_quote(buf, json_string_value(value), json_string_length(value));
	og_buf_addc(buf, '\n');
}

static void add_front(const json_t *doc, struct og_buf *buf)
{
	const char *key;
	json_t *value;

	og_buf_adds(buf, "---\n");
	add_scalar(buf, "", "name", json_object_get(doc, "name"));
	add_scalar(buf, "", "description", json_object_get(doc, "description"));
	add_scalar(buf, "", "license", json_object_get(doc, "license"));
	add_scalar(buf, "", "compatibility", json_object_get(doc, "compatibility"));
	add_scalar(buf, "", "allowed-tools", json_object_get(doc, "allowed_tools"));
	if (json_object_size(json_object_get(doc, "metadata")) > 0) {
		og_buf_adds(buf, "metadata:\n");
		json_object_foreach(json_object_get(doc, "metadata"), key, value)
			add_scalar(buf, "  ", key, value);
	}
	og_buf_adds(buf, "---\n");
}

/* More backticks than any run in text has. */
static void add_fence(struct og_buf *buf, const char *text)
{
	size_t longest = 2, run = 0;

	for (; *text != '\0'; text++) {
		run = *text == '`' ? run + 1 : 0;
		if (run > longest)
			longest = run;
	}
	for (size_t i = 0; i <= longest; i++)
		og_buf_addc(buf, '`');
}

static void add_fenced(struct og_buf *buf, const char *info, const char *text)
{
	size_t len = strlen(text);

	og_buf_addc(buf, '\n');
	add_fence(buf, text);
	og_buf_addf(buf, "%s\n%s%s", info, text, len > 0 && text[len - 1] != '\n' ? "\n" : "");
	add_fence(buf, text);
	og_buf_addc(buf, '\n');
}

static const char *block_word(const char *kind)
{
	static const char *const words[][2] = {
		{ "read", "sql read" },	      { "write", "sql write" },
		{ "undo", "sql undo" },	      { "require", "sql require" },
		{ "put-skill", "put skill" }, { "put-policy", "put policy" },
		{ "http-undo", "http undo" },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(kind, words[i][0]) == 0)
			return words[i][1];
	}
	return kind;
}

static int add_block(struct og_buf *buf, const json_t *block, struct og_err *err)
{
	const char *as = og_json_str(block, "as"), *message = og_json_str(block, "message");
	const char *kind = og_json_str(block, "kind"), *text = og_json_str(block, "text");
	struct og_buf info;
	int rc;

	if (kind == NULL || text == NULL)
		return og_fail(err, OG_EDATA, "a block has no kind or text");
	og_buf_init(&info, OG_SKILL_TEXT_MAX);
	og_buf_adds(&info, block_word(kind));
	if (as != NULL)
		og_buf_addf(&info, " as %s", as);
	if (og_json_bool(block, "any", 0))
		og_buf_adds(&info, " any");
	if (message != NULL)
		og_buf_addf(&info, " %s", message);
	rc = og_buf_check(&info, "block", err);
	if (rc == 0)
		add_fenced(buf, info.data, text);
	og_buf_release(&info);
	return rc;
}

static int add_steps(struct og_buf *buf, const json_t *steps, struct og_err *err)
{
	json_t *step, *block;
	size_t i, k;

	if (json_array_size(steps) > 0)
		og_buf_adds(buf, "\n## Steps\n");
	json_array_foreach(steps, i, step)
	{
		const char *name = og_json_str(step, "name");

		if (name == NULL)
			return og_fail(err, OG_EDATA, "a step has no name");
		og_buf_addf(buf, "\n### %s\n", name);
		json_array_foreach(json_object_get(step, "blocks"), k, block)
		{
			if (add_block(buf, block, err) < 0)
				return -1;
		}
	}
	return 0;
}

static int add_json(struct og_buf *buf, const char *heading, const char *info, const json_t *value,
		    struct og_err *err)
{
	struct og_buf text;
	int rc;

	if (json_object_size(value) + json_array_size(value) == 0)
		return 0;
	og_buf_init(&text, OG_SKILL_TEXT_MAX);
	rc = og_json_dump(value, &text, err);
	if (rc == 0) {
		og_buf_addf(buf, "\n## %s\n", heading);
		add_fenced(buf, info, text.data);
	}
	og_buf_release(&text);
	return rc;
}

static void add_tests(struct og_buf *buf, const json_t *tests)
{
	json_t *test;
	size_t i;

	if (json_array_size(tests) > 0)
		og_buf_adds(buf, "\n## Tests\n\n");
	json_array_foreach(tests, i, test)
	{
		og_buf_adds(buf, "- ");
		og_skill_test_write(test, buf);
		og_buf_addc(buf, '\n');
	}
}

int og_skill_source(const json_t *doc, struct og_buf *buf, struct og_err *err)
{
	const json_t *patterns = json_object_get(doc, "patterns");
	const char *answer = og_json_str(doc, "answer");
	json_t *item;
	size_t i;

	add_front(doc, buf);
	if (json_array_size(patterns) > 0)
		og_buf_adds(buf, "\n## When\n\n");
	json_array_foreach(patterns, i, item)
	{
		const char *text = og_json_str(item, "text");

		og_buf_addf(buf, "- %s\n", text != NULL ? text : "");
	}
	if (json_object_get(doc, "examples") != NULL)
		og_buf_adds(buf, "\n## Examples\n\n");
	json_array_foreach(json_object_get(doc, "examples"), i, item)
	{
		const char *text = og_json_str(item, "text");

		og_buf_addf(buf, "- %s\n", text != NULL ? text : "");
	}
	if (add_steps(buf, json_object_get(doc, "steps"), err) < 0)
		return -1;
	if (answer != NULL)
		og_buf_addf(buf, "\n## Answer\n\n%s\n", answer);
	if (add_json(buf, "Grants", "grants", json_object_get(doc, "asks"), err) < 0 ||
	    add_json(buf, "View", "view", json_object_get(doc, "view"), err) < 0)
		return -1;
	add_tests(buf, json_object_get(doc, "tests"));
	return og_buf_check(buf, "skill", err);
}
