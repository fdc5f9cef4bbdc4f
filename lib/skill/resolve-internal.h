/*
 * Finding who or what a name means among a resolver's candidates.
 */
#ifndef OG_SKILL_RESOLVE_INTERNAL_H
#define OG_SKILL_RESOLVE_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

#include "lib/skill/slots.h"

struct og_found {
	size_t n; /* equally good candidates; 1 is an answer; at most OG_AMBIGUOUS_MAX */
	int64_t id[OG_AMBIGUOUS_MAX];
	char *text[OG_AMBIGUOUS_MAX];
	char *near; /* with n 0: the candidate spelt most alike, or NULL */
};

void og_found_release(struct og_found *found);

enum og_find_how {
	OG_FIND_NAME,	/* text is a name, perhaps with words around it */
	OG_FIND_INSIDE, /* text is a sentence; only whole names inside it count */
	OG_FIND_ID,	/* text is ignored, the candidate with that id */
};

/* decl: a ref, table or node slot. */
int og_find(const struct og_resolver *resolver, const json_t *decl, enum og_find_how how,
	    const char *text, int64_t id, struct og_found *ret, struct og_err *err);

/* Does a slot of this type need a resolver, and bind NAME_id as well? */
int og_type_named(const char *type);
int og_type_has_id(const char *type);

#endif
