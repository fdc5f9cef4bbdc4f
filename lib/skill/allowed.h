/*
 * allowed-tools of the front matter: which tools may be used while a skill
 * is followed. It only narrows: what nobody may without it, nobody may with
 * it. The list is words, apart by blanks or commas; a word is compared
 * without case with the names of our tools, and one that is none of them
 * (public skills have theirs), or has conditions in parentheses, allows
 * nothing. No list: every tool.
 */
#ifndef OG_SKILL_ALLOWED_H
#define OG_SKILL_ALLOWED_H

#include "lib/base/err.h"
#include "lib/json/json.h"

/* Does the list (allowed_tools of a DOC, or NULL) allow this tool? */
int og_allowed(const char *list, const char *tool);

/* Holds the blocks of a DOC against its own list: one that reads needs read,
 * write and undo need write, ddl change_schema, put skill put_skill, put
 * policy put_policy, http and its undo http. OG_EDATA names the step;
 * *ret_line, unless NULL, is the block's. */
int og_allowed_check(const json_t *doc, int64_t *ret_line, struct og_err *err);

/* The words that are no tools of ours, in order. New reference, NULL without
 * memory. */
json_t *og_allowed_unknown(const char *list);

#endif
