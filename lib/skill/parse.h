/*
 * SKILL.md text to DOC (og-skill(5), lib/skill/skill.h). Only og-skill
 * links this: it pulls in libyaml and cmark-gfm and reads hostile text, so
 * it belongs into a process that holds no database.
 *
 * Front matter is YAML between two "---" lines: one flat map of scalars,
 * and metadata, one map of scalars. Anchors, aliases, tags, merge keys,
 * duplicate keys, lists and deeper maps are refused. name and description
 * must be there. Unknown top-level keys are kept in "extra" with a warning.
 *
 * A text without og-* keys in its metadata is somebody else's: its body is
 * prose whatever its headings are called. In ours the body is CommonMark,
 * and read are, at level 2: When, Steps, Answer, Grants,
 * View, Examples, Tests; everything else is prose for people and models. Under When each
 * list item is a pattern (lib/skill/slots.h), under Examples a
 * plain sentence, under Tests a test
 * (lib/skill/tests.h). Under Steps each level 3
 * heading is a step and its fenced blocks are what it does, by info string:
 *   sql read [as NAME]     sql write [as NAME] [any]    sql undo
 *   sql require MESSAGE    ddl    put skill    put policy    view
 *   http    http undo
 * A fenced block with another info string is an example, not executed.
 * ddl, put, view, http and grants hold JSON, which must parse.
 */
#ifndef OG_SKILL_PARSE_H
#define OG_SKILL_PARSE_H

#include "lib/base/err.h"
#include "lib/json/json.h"
#include "lib/skill/skill.h"

/* Parses len bytes. file names them in errors ("-" for standard input).
 *
 * 0: *ret_doc is a DOC that og_skill_check() passes. -1: OG_EDATA with the
 * first error as "FILE:LINE: what" (OG_EOS when memory is out).
 * *ret_notes, unless NULL, is set in both cases (NULL only without memory):
 * an array, in order of lines, of {"line":N,"level":"error"|"warning",
 * "text":T}, all that og-skill lint says. Warned of: what the Agent Skills
 * specification forbids but public skills do, a skill nobody can match, a
 * step without blocks, a variable that no earlier step or slot binds.
 * Errors besides bad syntax: invalid UTF-8, control, bidi and invisible
 * characters anywhere in the text. */
int og_skill_parse(const char *file, const char *text, size_t len, json_t **ret_doc,
		   json_t **ret_notes, struct og_err *err);

#endif
