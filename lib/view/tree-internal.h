/*
 * Building a UI tree: nodes, their properties, and what the page builders
 * share. Building is sticky: when memory runs out, failed is set, later
 * calls do nothing, and og_view_tree() reports it once.
 */
#ifndef OG_VIEW_TREE_INTERNAL_H
#define OG_VIEW_TREE_INTERNAL_H

#include "lib/view/profile-internal.h"
#include "lib/view/view.h"

struct build {
	json_t *result;	 /* borrowed */
	json_t *hints;	 /* result's "view", or NULL; borrowed */
	json_t *actions; /* what is runnable (lib/view/actions.h) */
	json_t *placed;	 /* by name, of those: true in the rows of a table, false a control */
	const char *state;
	const char *render;
	int failed;
};

/* A node below parent; with parent NULL the caller owns it. Borrowed. */
json_t *og_node(struct build *b, json_t *parent, const char *component);
/* A Section with a title below parent. hint may be NULL. */
json_t *og_node_section(struct build *b, json_t *parent, const char *title, const char *hint);
/* Drops a Section or Stack that got no children. */
void og_node_prune(json_t *parent);

/* Properties of a node. A NULL text is left out. put_json takes value. */
void og_put(struct build *b, json_t *node, const char *key, const char *text);
void og_putf(struct build *b, json_t *node, const char *key, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void og_put_json(struct build *b, json_t *node, const char *key, json_t *value);
/* Copies a member of from, when it is there and not null. */
void og_put_member(struct build *b, json_t *node, const char *key, const json_t *from,
		   const char *member);

/* A number, or null for a sum that no number can hold. */
json_t *og_real(double value);

/* Appends an object to the node's list property; og_set puts members. */
json_t *og_item(struct build *b, json_t *node, const char *list);
void og_set(struct build *b, json_t *item, const char *key, const char *text);
void og_setf(struct build *b, json_t *item, const char *key, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void og_set_json(struct build *b, json_t *item, const char *key, json_t *value);
void og_set_member(struct build *b, json_t *item, const char *key, const json_t *from,
		   const char *member);

/* "stock_quantity" -> "Stock quantity", "order_id" -> "Order ID". */
void og_words(struct og_buf *buf, const char *name);
void og_set_words(struct build *b, json_t *item, const char *key, const char *name);
/* "ok", "warn", "bad", "info" or "" for a word that says a condition. */
const char *og_word_tone(const char *word);

/* A column of a table, named and formatted as its values suggest. */
void og_table_column(struct build *b, json_t *table, const struct profile *profile,
		     const struct column *column);

/* Does the document bring a view that is meant for its state (own.c)? */
int og_has_own_view(const struct build *b);
/* Puts it on the page; OG_EDATA when it is wrong. */
int og_part_own(struct build *b, json_t *page, struct og_err *err);

/* The parts of pages; each adds nothing when the document has nothing. */
/* Row sets: figures and the wide table of the first set go to page, charts
 * and tables to column, other wide tables to tail. */
void og_part_report(struct build *b, json_t *page, json_t *column, json_t *tail);
void og_part_facts(struct build *b, json_t *column);   /* row sets of one row */
void og_part_saga(struct build *b, json_t *column);    /* steps and compensation */
void og_part_events(struct build *b, json_t *column);  /* trace */
void og_part_sources(struct build *b, json_t *column); /* citations */
void og_part_actions(struct build *b, json_t *column); /* what has no other place */
/* The action that view.sets.NAME asks for in each row, if it is runnable. */
void og_part_row_action(struct build *b, json_t *table, const json_t *set_hints);
void og_part_ledger(struct build *b, json_t *column);
void og_part_nearest(struct build *b, json_t *column); /* skills that came near */
/* Is this row of a set an account of a limit that stopped the task? */
int og_is_diagnostic(const json_t *row);
void og_part_budgets(struct build *b, json_t *column); /* an interrupt's limits */
void og_part_cause(struct build *b, json_t *column);   /* its repeated statement, likely cause */

#endif
