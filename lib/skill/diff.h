/*
 * What a new version of a skill changes: first what matters for security
 * (who may run it, what it may touch, what its steps change), then its text.
 */
#ifndef OG_SKILL_DIFF_H
#define OG_SKILL_DIFF_H

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/json/json.h"

/* Appends a unified difference of two texts as diff -u has it, with three
 * lines around each change; nothing when they are equal. Lines are made
 * visible. Texts that differ much are shown as one change. */
int og_lines_diff(const char *name, const char *old, const char *new, struct og_buf *out,
		  struct og_err *err);

/* Two DOCs; old NULL: there was none. *ret, a new reference:
 *   [{"what":T,"removed":[T],"added":[T]}]
 * what is clearance, kind, roles, grants, writes, depends on, governs,
 * next, touches, tools, slots, patterns, requires, answer, tests or
 * description, in that order, only those that differ; writes are the steps
 * with each block that changes something, requires those that refuse. */
int og_skill_changes(const json_t *old, const json_t *new, json_t **ret, struct og_err *err);

/* The changes and the difference of the sources, for people. Nothing when
 * the records are equal. */
int og_skill_diff(const json_t *old, const json_t *new, struct og_buf *out, struct og_err *err);

#endif
