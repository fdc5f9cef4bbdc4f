/*
 * Proposing a pattern: a skill was meant and was not understood, so what
 * line of its `## When` would have been? The sentence itself is, with its
 * values made blanks. Whether that line is a good one is found by trying
 * it, and decided by a person.
 */
#ifndef OG_SKILL_PROPOSE_H
#define OG_SKILL_PROPOSE_H

#include "lib/base/err.h"
#include "lib/json/json.h"
#include "lib/skill/slots.h"

/* slots: a DOC's. Numbers, enum values and names (ref, table, node) that the
 * sentence holds become blanks; names are those the resolver hands out. A
 * word that says little becomes optional, the others stay. *ret: heap.
 *
 * OG_NO says why there is none: no value for a blank that has no default,
 * two that a value may be for, or a blank that takes any words, of which
 * nothing in the sentence tells where they end. The same arguments give the
 * same pattern. */
int og_pattern_propose(const json_t *slots, const char *text, const struct og_resolver *resolver,
		       char **ret, struct og_err *err);

/* A SKILL.md with the pattern as the last of its `## When`. Heap string;
 * *ret_line: the line it stands in, from 1. OG_EDATA when there is no list
 * below such a heading. */
int og_pattern_insert(const char *source, const char *pattern, char **ret, size_t *ret_line,
		      struct og_err *err);

#endif
