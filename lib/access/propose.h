/*
 * What a schema that nobody has granted anything of yet suggests: grants
 * per role, each with its reason, and the questions that are left. It reads
 * names, keys and types, never content. It is cautious: what it does not
 * recognise it leaves out and asks about, it proposes rows of one's own
 * only along declared foreign keys, writing only to those who may grant
 * anyway, and it never changes what is granted already.
 *
 * How names are read is in names.h; why a grant is proposed stands in it.
 */
#ifndef OG_ACCESS_PROPOSE_H
#define OG_ACCESS_PROPOSE_H

#include "lib/access/access.h"

/* The business tables: [{"name","columns":[{"name","type","pk":N?,
 * "generated":true?}],"keys":[{"table","from":[NAME],"to":[NAME]}]}], "to"
 * empty where the parent's primary key is meant. A table that no grant can
 * name or no gate can open is {"name","unfit":WHY}; its name is repaired
 * where it is not UTF-8. */
int og_access_shape(struct og_access *access, json_t **ret, struct og_err *err);
/* Every role: [{"name","rights":[..]}]. */
int og_access_roles(struct og_access *access, json_t **ret, struct og_err *err);

/* known: {"tables": a shape,"roles","grants": what is granted now}. *ret:
 *
 *   {"grants":[GRANT],"questions":[{"about","question","answer"?}]}
 *
 * The grants are the whole truth for every subject they name, as
 * og_grants_apply() takes it: those of the subject that are there, as they
 * are, and the proposed ones, told by their "why". A subject with nothing
 * new is left out. "answer" is a command that would answer with yes. */
int og_grants_propose(const json_t *known, json_t **ret, struct og_err *err);

#endif
