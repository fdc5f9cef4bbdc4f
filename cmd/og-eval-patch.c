/*
 * The difference between a SKILL.md and the same with lines added in one
 * place, as diff -u has it.
 */
#include <string.h>

#include "cmd/og-eval.h"

#define CONTEXT 3 /* lines around it */

static const char *line_at(const char *text, size_t number)
{
	while (number-- > 1 && *text)
		text += strcspn(text, "\n") + (text[strcspn(text, "\n")] == '\n');
	return text;
}

static void add_lines(struct og_buf *out, char mark, const char *text, size_t n)
{
	for (; n > 0 && *text; n--) {
		size_t len = strcspn(text, "\n");

		og_buf_addc(out, mark);
		og_buf_add(out, text, len);
		og_buf_adds(out, text[len] ? "\n" : "\n\\ No newline at end of file\n");
		text += len + (text[len] == '\n');
	}
}

static size_t count_lines(const char *text)
{
	size_t n = 0;

	for (; *text; n++)
		text += strcspn(text, "\n") + (text[strcspn(text, "\n")] == '\n');
	return n;
}

void patch_write(const char *skill, const char *old, const char *new, struct og_buf *out)
{
	size_t n_old = count_lines(old), added = count_lines(new) - n_old, at = 1, from, after;

	while (at <= n_old) { /* the first line that differs */
		const char *a = line_at(old, at), *b = line_at(new, at);
		size_t len = strcspn(a, "\n");

		if (len != strcspn(b, "\n") || memcmp(a, b, len) != 0)
			break;
		at++;
	}
	from = at > CONTEXT ? at - CONTEXT : 1;
	after = n_old - (at - 1) < CONTEXT ? n_old - (at - 1) : CONTEXT;
	og_buf_addf(out, "--- a/%s/SKILL.md\n+++ b/%s/SKILL.md\n@@ -%zu,%zu +%zu,%zu @@\n", skill,
		    skill, from, at - from + after, from, at - from + after + added);
	add_lines(out, ' ', line_at(old, from), at - from);
	add_lines(out, '+', line_at(new, at), added);
	add_lines(out, ' ', line_at(old, at), after);
}
