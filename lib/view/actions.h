/*
 * What can be done from a view: an action names a skill (or a sentence) and
 * the parameters a reader fills in, and becomes an argument vector of
 * og-submit with the same principal. No shell reads it: quoting is only for
 * whoever pastes it.
 *
 * Actions come from a result document ("actions", from the worker, and
 * "view.actions", from the skill's view block), so all of it is hostile.
 * What does not name a skill or a sentence, what has no principal, and what
 * holds a character that a reader would not see is never runnable: it is
 * left out here, and views show it at most as text.
 */
#ifndef OG_VIEW_ACTIONS_H
#define OG_VIEW_ACTIONS_H

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/json/json.h"

#define OG_ACTIONS_MAX	   40		  /* of a document; the rest is left out */
#define OG_ACTION_PARAMS   24		  /* of an action */
#define OG_ACTION_TEXT_MAX ((size_t)2000) /* bytes of a sentence or a value */

/* The runnable actions of a result document that og_result_check() has
 * accepted, in its order, the worker's first; a name that came already is
 * left out. New reference to an array of
 *
 *   {"name","title","effect":"read"|"write","summary"?,
 *    "argv":["og-submit","--as",PRINCIPAL,"--action",SKILL,"--param","a=1","--param","b={b}"],
 *    "inputSchema":{"type":"object","properties":{"b":{"type","title"?,...}},
 *                   "required":["b"],"additionalProperties":false}}
 *
 * The word after "--param" that reads NAME={NAME}, NAME being one of the
 * properties, is replaced by NAME=VALUE, and goes with its "--param" when
 * there is no value. Properties are of type string, integer, number or
 * boolean, with minimum, maximum, minLength, maxLength, enum, default,
 * title and description as of JSON Schema; there are no patterns, because
 * a pattern is a program. An effect that is not "read" is "write". */
int og_view_actions(json_t *result, json_t **ret, struct og_err *err);

/* The action called name, borrowed, or NULL. */
const json_t *og_view_action(const json_t *actions, const char *name);

/* {"v":1,"task","title","principal","state","actions":[...]}: what
 * --to=actions prints. title is the page's. New reference. */
int og_view_actions_document(json_t *result, const char *title, json_t **ret, struct og_err *err);

/* Appends one word for a POSIX shell, quoted where it needs to be. */
void og_shell_word(struct og_buf *buf, const char *word);

#endif
