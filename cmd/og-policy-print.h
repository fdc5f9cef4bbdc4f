/*
 * How og-policy shows passages and policies to a person: nothing of a
 * document reaches a terminal raw.
 */
#ifndef OG_CMD_POLICY_PRINT_H
#define OG_CMD_POLICY_PRINT_H

#include "lib/base/err.h"
#include "lib/json/json.h"

typedef int og_print_fn(const json_t *item, struct og_err *err);

og_print_fn og_print_passage; /* where it stands, and the text */
/* The same for a terminal: what was asked for in bold, of a long one a part. */
og_print_fn og_print_passage_bold;
og_print_fn og_print_policy; /* a line of a list */
og_print_fn og_print_whole;  /* with its text */

/* Each item as a JSON line, or as print does it. Nothing found is status 1. */
int og_print_items(const json_t *list, int json, og_print_fn *print, struct og_err *err);

#endif
