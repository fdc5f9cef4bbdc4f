/* See allowed.h. */
#include "lib/skill/allowed.h"

#include <string.h>

#include "lib/base/text.h"

#define SEPARATORS " ,\t\n"

/* A model's tools (lib/agent/think-tools.c), and calls to services. */
static const char *const tools[] = {
	"search_skills", "get_skill", "search_policies", "read",      "query",	    "run_step",
	"write",	 "http",      "change_schema",	 "put_skill", "put_policy", "ask_user",
	"ask_approval",	 "finish",    "give_up",	 NULL,
};

static const struct {
	const char *kind, *tool;
} blocks[] = {
	{ "read", "read" },
	{ "require", "read" },
	{ "write", "write" },
	{ "undo", "write" },
	{ "ddl", "change_schema" },
	{ "put-skill", "put_skill" },
	{ "put-policy", "put_policy" },
	{ "http", "http" },
	{ "http-undo", "http" },
};

/* The next word, up to a separator outside of parentheses. */
static const char *next_word(const char **text, size_t *ret_len)
{
	const char *word = *text + strspn(*text, SEPARATORS), *p = word;
	int depth = 0;

	for (; *p && (depth > 0 || !strchr(SEPARATORS, *p)); p++)
		depth += *p == '(' ? 1 : *p == ')' && depth > 0 ? -1 : 0;
	*text = p;
	*ret_len = (size_t)(p - word);
	return word;
}

static int same(const char *word, size_t len, const char *tool)
{
	if (strlen(tool) != len)
		return 0;
	for (size_t i = 0; i < len; i++) {
		int c = og_ascii_lower((unsigned char)word[i]);

		if ((c == '-' ? '_' : c) != tool[i])
			return 0;
	}
	return 1;
}

int og_allowed(const char *list, const char *tool)
{
	const char *word;
	size_t len;

	if (!list)
		return 1;
	while (word = next_word(&list, &len), len > 0)
		if (same(word, len, tool))
			return 1;
	return 0;
}

static int is_tool(const char *word, size_t len)
{
	for (const char *const *tool = tools; *tool; tool++)
		if (same(word, len, *tool))
			return 1;
	return 0;
}

json_t *og_allowed_unknown(const char *list)
{
	json_t *unknown = json_array();
	const char *word;
	size_t len;

	while (list && (word = next_word(&list, &len), len > 0))
		if (!is_tool(word, len) &&
		    json_array_append_new(unknown, json_stringn(word, len)) < 0) {
			json_decref(unknown);
			return NULL;
		}
	return unknown;
}

static const char *tool_of(const json_t *block)
{
	const char *kind = og_json_str(block, "kind");

	for (size_t i = 0; kind && i < sizeof(blocks) / sizeof(*blocks); i++)
		if (strcmp(blocks[i].kind, kind) == 0)
			return blocks[i].tool;
	return NULL;
}

int og_allowed_check(const json_t *doc, int64_t *ret_line, struct og_err *err)
{
	const char *list = og_json_str(doc, "allowed_tools"), *tool;
	json_t *step, *block;
	size_t i, k;

	json_array_foreach(json_object_get(doc, "steps"), i, step)
	{
		json_array_foreach(json_object_get(step, "blocks"), k, block)
		{
			tool = tool_of(block);
			if (!tool || og_allowed(list, tool))
				continue;
			if (ret_line)
				*ret_line = og_json_int(block, "line", 0);
			return og_fail(err, OG_EDATA,
				       "step '%s': a block '%s', and allowed-tools has no '%s'",
				       og_json_str(step, "name"), og_json_str(block, "kind"), tool);
		}
	}
	return 0;
}
