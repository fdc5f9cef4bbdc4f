/*
 * A lint: variables that no slot, earlier step or the shield binds. SQL is
 * not parsed here, only its words are looked at, so this warns and never
 * refuses: any word of an earlier read may be a column that it binds.
 */
#include "lib/skill/parse-internal.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/skill/skill.h"

static int is_word(int c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

static size_t word_length(const char *p)
{
	size_t n = 0;

	while (is_word((unsigned char)p[n]))
		n++;
	return n;
}

/* Skips what SQL does not read as words: texts and comments. */
static size_t quiet_length(const char *p)
{
	const char *end = NULL;

	if (*p == '\'' || *p == '"')
		end = strchr(p + 1, *p);
	else if (strncmp(p, "--", 2) == 0)
		end = strchr(p, '\n');
	else if (strncmp(p, "/*", 2) == 0 && (end = strstr(p + 2, "*/")) != NULL)
		end++;
	else
		return 0;
	return end != NULL ? (size_t)(end - p) + 1 : strlen(p);
}

/* Calls each for every word; variable tells whether ':' stands before it. */
typedef void word_fn(struct og_reader *r, const char *word, int variable, size_t line,
		     json_t *bound);

static void each_word(struct og_reader *r, const json_t *block, word_fn *each, json_t *bound)
{
	const char *p = og_json_str(block, "text");
	size_t line = (size_t)og_json_int(block, "line", 1), n;
	char word[64];

	while (*p != '\0') {
		int variable = *p == ':' && word_length(p + 1) > 0;

		if ((n = quiet_length(p)) > 0) {
			p += n;
			continue;
		}
		p += variable;
		n = word_length(p);
		if (n > 0 && n < sizeof(word)) {
			memcpy(word, p, n);
			word[n] = '\0';
			each(r, word, variable, line, bound);
		}
		p += n > 0 ? n : 1;
	}
}

static void bind_word(struct og_reader *r, const char *word, int variable, size_t line,
		      json_t *bound)
{
	(void)line;
	if (!variable)
		og_reader_set(r, bound, word, json_true());
}

static void warn_word(struct og_reader *r, const char *word, int variable, size_t line,
		      json_t *bound)
{
	if (!variable || json_object_get(bound, word) != NULL)
		return;
	og_note_warning(r, line, "nothing binds ':%s' before this block", word);
	og_reader_set(r, bound, word, json_true());
}

static json_t *first_variables(struct og_reader *r)
{
	json_t *bound = json_pack("{s:b,s:b,s:b,s:b}", "principal_id", 1, "clearance", 1, "role", 1,
				  "task", 1);
	const char *name;
	json_t *decl;
	char id[80];

	json_object_foreach(json_object_get(r->doc, "slots"), name, decl)
	{
		snprintf(id, sizeof(id), "%s_id", name);
		og_reader_set(r, bound, name, json_true());
		og_reader_set(r, bound, id, json_true());
		if (strcmp(og_json_str(decl, "type"), "period") != 0)
			continue;
		snprintf(id, sizeof(id), "%s_from", name);
		og_reader_set(r, bound, id, json_true());
		snprintf(id, sizeof(id), "%s_to", name);
		og_reader_set(r, bound, id, json_true());
	}
	return bound;
}

/* What the answer to a call binds. */
static void bind_answer(struct og_reader *r, const json_t *block, json_t *bound)
{
	const char *text = og_json_str(block, "text"), *name;
	struct og_err ignored = OG_ERR_INIT;
	json_t *call = NULL, *pointer;

	if (og_json_parse(text, strlen(text), OG_SKILL_TEXT_MAX, "block", &call, &ignored) < 0)
		return;
	json_object_foreach(json_object_get(call, "bind"), name, pointer)
		og_reader_set(r, bound, name, json_true());
	json_decref(call);
}

static void read_block(struct og_reader *r, const json_t *block, json_t *bound)
{
	const char *kind = og_json_str(block, "kind"), *as = og_json_str(block, "as");

	if (strcmp(kind, "read") == 0 || strcmp(kind, "write") == 0 || strcmp(kind, "undo") == 0 ||
	    strcmp(kind, "require") == 0)
		each_word(r, block, warn_word, bound);
	if (strcmp(kind, "read") == 0)
		each_word(r, block, bind_word, bound);
	if (strcmp(kind, "http") == 0)
		bind_answer(r, block, bound);
	if (as != NULL)
		og_reader_set(r, bound, as, json_true());
}

void og_read_variables(struct og_reader *r)
{
	json_t *bound = first_variables(r), *step, *block;
	size_t i, k;

	if (bound == NULL)
		r->failed = 1;
	json_array_foreach(json_object_get(r->doc, "steps"), i, step)
	{
		json_array_foreach(json_object_get(step, "blocks"), k, block)
		{
			if (bound != NULL)
				read_block(r, block, bound);
		}
	}
	json_decref(bound);
}
