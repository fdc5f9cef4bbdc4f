/*
 * Which words of a passage were asked for, and the part of a long one that
 * has the most of them.
 */
#ifndef OG_POLICY_MARKS_H
#define OG_POLICY_MARKS_H

#include "lib/json/json.h"
#include "lib/policy/terms.h"

#define OG_WINDOW 320 /* characters of the part, about */
#define OG_MARKS  200 /* of a passage, at most */

/* Adds to {"text"}: "marks", [[from,to],...], in order; and where the text is
 * longer than that, "window", [from,to]. Characters (code points), counted
 * from 0; to is the first one after. */
int og_marks_add(struct og_fts *fts, const struct og_terms *terms, json_t *passage,
		 struct og_err *err);

#endif
