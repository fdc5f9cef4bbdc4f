/*
 * The rules of properties: conform-plain.c has those of plain values,
 * conform-rule.c the others. A rule gets a value, written or bound, and gives
 * a new reference to what may be drawn, or nothing (*ret stays as it is) for
 * a value that says nothing.
 */
#ifndef OG_VIEW_CONFORM_RULE_H
#define OG_VIEW_CONFORM_RULE_H

#include "lib/view/conform-internal.h"

/* Where a value came from. */
enum og_origin {
	OG_WRITTEN, /* in the view */
	OG_BOUND,   /* what a binding leads to */
	OG_INSIDE,  /* a member of what a binding leads to */
};

typedef int og_take_fn(struct og_conform *c, const struct og_prop *prop, json_t *value,
		       enum og_origin origin, json_t **ret);

og_take_fn og_take_text, og_take_number, og_take_integer, og_take_bool, og_take_value,
	og_take_choice;

/* Not of the type: refused (-1), or from inside of data: left out (0). */
int og_conform_wrong(struct og_conform *c, const struct og_prop *prop, const json_t *value,
		     enum og_origin origin);
/* Hands on value, a new reference; NULL: out of memory. */
int og_conform_give(struct og_conform *c, json_t *value, json_t **ret);
/* Hands on value, which is borrowed. */
int og_conform_keep(json_t *value, json_t **ret);

#endif
