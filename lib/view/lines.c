/* Lines of two texts; see the header. */
#include "lib/view/lines-internal.h"

#include <string.h>

static size_t split(const char *text, struct og_line lines[OG_DIFF_LINES], int *ret_cut)
{
	size_t n = 0;

	while (*text && n < OG_DIFF_LINES) {
		lines[n].text = text;
		lines[n].len = strcspn(text, "\n");
		text += lines[n].len + (text[lines[n].len] ? 1 : 0);
		n++;
	}
	if (*text)
		*ret_cut = 1;
	return n;
}

static int is_same(const struct og_line *a, const struct og_line *b)
{
	return a->len == b->len && memcmp(a->text, b->text, a->len) == 0;
}

void og_diff_lines(const char *before, const char *after, struct og_diff *ret)
{
	size_t least;

	ret->head = ret->tail = 0;
	ret->cut = 0;
	ret->n_before = split(before, ret->before, &ret->cut);
	ret->n_after = split(after, ret->after, &ret->cut);
	least = ret->n_before < ret->n_after ? ret->n_before : ret->n_after;
	while (ret->head < least && is_same(&ret->before[ret->head], &ret->after[ret->head]))
		ret->head++;
	while (ret->head + ret->tail < least && is_same(&ret->before[ret->n_before - ret->tail - 1],
							&ret->after[ret->n_after - ret->tail - 1]))
		ret->tail++;
}
