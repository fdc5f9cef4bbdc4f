/* Two texts line by line, for the drawers of Diff. */
#ifndef OG_VIEW_LINES_INTERNAL_H
#define OG_VIEW_LINES_INTERNAL_H

#include <stddef.h>

#define OG_DIFF_LINES 400 /* of either text; the rest is left out, and said */

struct og_line {
	const char *text; /* borrowed */
	size_t len;
};

/* Which lines stand in both texts: those at the start and at the end that
 * are alike. What is between was taken out or put in. */
struct og_diff {
	struct og_line before[OG_DIFF_LINES], after[OG_DIFF_LINES];
	size_t n_before, n_after;
	size_t head, tail; /* lines alike */
	int cut;	   /* a text had more lines */
};

void og_diff_lines(const char *before, const char *after, struct og_diff *ret);

#endif
