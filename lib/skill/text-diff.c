/*
 * A unified difference: what both texts begin and end with is passed over,
 * and the rest is compared by the longest common subsequence. That takes a
 * table, so where the rest is large it is one change.
 */
#include "lib/skill/diff.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"

#define CONTEXT	  3
#define TABLE_MAX ((size_t)4000000)

struct text {
	const char **lines; /* and one past the last */
	size_t n;
};

struct both {
	struct text old, new;
	unsigned char *keep_old, *keep_new; /* lines that are in both */
	struct og_buf *out;
};

static int split(const char *text, struct text *ret)
{
	size_t n = 0;

	for (const char *p = text; *p; n++)
		p += strcspn(p, "\n") + (p[strcspn(p, "\n")] == '\n');
	ret->lines = calloc(n + 1, sizeof(*ret->lines));
	if (!ret->lines)
		return -1;
	ret->n = n;
	for (size_t i = 0; i < n; i++) {
		ret->lines[i] = text;
		text += strcspn(text, "\n") + (text[strcspn(text, "\n")] == '\n');
	}
	ret->lines[n] = text;
	return 0;
}

static int same(const struct both *b, size_t i, size_t k)
{
	size_t len = (size_t)(b->old.lines[i + 1] - b->old.lines[i]);

	return len == (size_t)(b->new.lines[k + 1] - b->new.lines[k]) &&
	       memcmp(b->old.lines[i], b->new.lines[k], len) == 0;
}

/* Marks what a longest common subsequence of the middles keeps. */
static int mark_middle(struct both *b, size_t from, size_t n, size_t m)
{
	unsigned short *table;

	if (n == 0 || m == 0 || (n + 1) * (m + 1) > TABLE_MAX || n > 65000 || m > 65000)
		return 0;
	table = calloc((n + 1) * (m + 1), sizeof(*table));
	if (!table)
		return -1;
	for (size_t i = n; i-- > 0;)
		for (size_t k = m; k-- > 0;) {
			unsigned short down = table[(i + 1) * (m + 1) + k];
			unsigned short right = table[i * (m + 1) + k + 1];

			table[i * (m + 1) + k] =
				same(b, from + i, from + k)
					? (unsigned short)(table[(i + 1) * (m + 1) + k + 1] + 1)
				: down > right ? down
					       : right;
		}
	for (size_t i = 0, k = 0; i < n && k < m;) {
		if (same(b, from + i, from + k)) {
			b->keep_old[from + i++] = 1;
			b->keep_new[from + k++] = 1;
		} else if (table[(i + 1) * (m + 1) + k] >= table[i * (m + 1) + k + 1]) {
			i++;
		} else {
			k++;
		}
	}
	free(table);
	return 0;
}

static int mark(struct both *b)
{
	size_t head = 0, tail = 0;

	while (head < b->old.n && head < b->new.n &&same(b, head, head)) {
		b->keep_old[head] = b->keep_new[head] = 1;
		head++;
	}
	while (tail < b->old.n - head &&
	       tail < b->new.n - head &&same(b, b->old.n - 1 - tail, b->new.n - 1 - tail)) {
		tail++;
		b->keep_old[b->old.n - tail] = b->keep_new[b->new.n - tail] = 1;
	}
	return mark_middle(b, head, b->old.n - head - tail, b->new.n - head - tail);
}

/* --- hunks --------------------------------------------------------------- */

static void add_line(struct og_buf *out, char sign, const struct text *text, size_t i)
{
	size_t len = (size_t)(text->lines[i + 1] - text->lines[i]);
	int ended = len > 0 && text->lines[i][len - 1] == '\n';

	og_buf_addc(out, sign);
	og_text_safe(out, text->lines[i], ended ? len - 1 : len, 1);
	og_buf_adds(out, ended ? "\n" : "\n\\ No newline at end of file\n");
}

/* Where the hunk that begins at (i, k) ends: after so many kept lines in a
 * row that the next change needs no line of them. */
static void hunk_end(const struct both *b, size_t *i, size_t *k)
{
	size_t kept = 0, end_i = *i, end_k = *k;

	while ((*i < b->old.n || *k < b->new.n) && kept <= 2 * CONTEXT) {
		if (*i < b->old.n && !b->keep_old[*i]) {
			++*i;
			kept = 0;
		} else if (*k < b->new.n && !b->keep_new[*k]) {
			++*k;
			kept = 0;
		} else {
			++*i;
			++*k;
			kept++;
		}
		if (kept <= CONTEXT) {
			end_i = *i;
			end_k = *k;
		}
	}
	*i = end_i;
	*k = end_k;
}

static void add_hunk(const struct both *b, size_t i, size_t k, size_t end_i, size_t end_k)
{
	og_buf_addf(b->out, "@@ -%zu,%zu +%zu,%zu @@\n", end_i > i ? i + 1 : i, end_i - i,
		    end_k > k ? k + 1 : k, end_k - k);
	while (i < end_i || k < end_k) {
		if (i < end_i && !b->keep_old[i])
			add_line(b->out, '-', &b->old, i++);
		else if (k < end_k && !b->keep_new[k])
			add_line(b->out, '+', &b->new, k++);
		else {
			add_line(b->out, ' ', &b->old, i++);
			k++;
		}
	}
}

static void add_hunks(const struct both *b)
{
	size_t i = 0, k = 0;

	for (;;) {
		size_t from, end_i, end_k;

		while (i < b->old.n && k < b->new.n && b->keep_old[i] && b->keep_new[k]) {
			i++;
			k++;
		}
		if (i == b->old.n && k == b->new.n)
			return;
		from = i < CONTEXT || k < CONTEXT ? (i < k ? i : k) : CONTEXT;
		for (size_t back = 0; back < from; back++)
			if (!b->keep_old[i - 1 - back])
				from = back;
		end_i = i;
		end_k = k;
		hunk_end(b, &end_i, &end_k);
		add_hunk(b, i - from, k - from, end_i, end_k);
		i = end_i;
		k = end_k;
	}
}

int og_lines_diff(const char *name, const char *old, const char *new, struct og_buf *out,
		  struct og_err *err)
{
	struct both b = { .out = out };
	int rc = -1;

	if (strcmp(old, new) == 0)
		return 0;
	if (split(old, &b.old) == 0 && split(new, &b.new) == 0) {
		b.keep_old = calloc(b.old.n + 1, 1);
		b.keep_new = calloc(b.new.n + 1, 1);
		if (b.keep_old && b.keep_new)
			rc = mark(&b);
	}
	if (rc == 0) {
		og_buf_adds(out, "--- a/");
		og_text_safe(out, name, strlen(name), 0);
		og_buf_adds(out, "\n+++ b/");
		og_text_safe(out, name, strlen(name), 0);
		og_buf_addc(out, '\n');
		add_hunks(&b);
		rc = og_buf_check(out, "difference", err);
	} else {
		og_fail_nomem(err);
	}
	free(b.old.lines);
	free(b.new.lines);
	free(b.keep_old);
	free(b.keep_new);
	return rc;
}
