/*
 * Skills whose sentences are confused with each other: every example is
 * matched as if it had been said. One that is taken for another skill, or
 * for none because another is as near, is a mistake of whoever wrote them:
 * people will say it, and get what they did not mean. Skills that the asker
 * may not see take no part.
 */
#ifndef OG_SKILL_CONFUSED_H
#define OG_SKILL_CONFUSED_H

#include "lib/base/err.h"
#include "lib/json/json.h"

#define OG_CONFUSED_TEXTS_MAX 20000 /* examples looked at */
#define OG_CONFUSED_NOTES_MAX 100

/* docs: DOCs by name (an object). Appends to notes (og_graph_health()) a
 * warning for each pair of skills, with the first such sentence. */
int og_skills_confused(json_t *docs, json_t *notes, struct og_err *err);

#endif
