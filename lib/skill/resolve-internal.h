/*
 * Finding who or what a name means among a resolver's candidates.
 */
#ifndef OG_SKILL_RESOLVE_INTERNAL_H
#define OG_SKILL_RESOLVE_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

#include "lib/skill/slots.h"
#include "lib/skill/words-internal.h"

struct og_found {
	size_t n; /* equally good candidates; 1 is an answer; at most OG_AMBIGUOUS_MAX */
	int64_t id[OG_AMBIGUOUS_MAX];
	char *text[OG_AMBIGUOUS_MAX];
	size_t typos; /* slips by which what was said differs from these */
	char *near;   /* with n 0: the candidate spelt most alike, or NULL */
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

/* typos.c: how many slips of the finger (swapped neighbours are one) make
 * the words said out of the words of name, in any order, or out of some of
 * them (*ret_part); OG_TYPOS_NONE: too many. Both without words that say
 * little. _allowed: of one word. */
#define OG_TYPOS_NONE SIZE_MAX
size_t og_typos(const struct og_words *said, const struct og_words *name, int *ret_part);
size_t og_typos_allowed(const char *word, size_t len);

/* The same between one word of each. */
size_t og_word_typos(const struct og_words *said, size_t i, const struct og_words *name, size_t j);

/* Does a slot of this type need a resolver, and bind NAME_id as well? */
int og_type_named(const char *type);
int og_type_has_id(const char *type);

#endif
