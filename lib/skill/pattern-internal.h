/*
 * A pattern (lib/skill/slots.h) taken apart, and the slots that a skill's
 * patterns declare together. Shared inside lib/skill.
 */
#ifndef OG_SKILL_PATTERN_INTERNAL_H
#define OG_SKILL_PATTERN_INTERNAL_H

#include <stddef.h>

#include "lib/base/err.h"
#include "lib/json/json.h"
#include "lib/skill/words-internal.h"

enum og_element_kind {
	OG_ELEMENT_WORD,  /* one of stems */
	OG_ELEMENT_SLOT,  /* takes words */
	OG_ELEMENT_CONST, /* binds a value, takes none */
};

#define OG_ALTERNATIVES_MAX 12
#define OG_ELEMENTS_MAX	    48

struct og_element {
	enum og_element_kind kind;
	int optional;
	size_t n_stems;
	char (*stems)[OG_STEM_MAX + 1]; /* of a word */
	char *slot;			/* name, of the other two */
	char *type;			/* as written, "" when not */
	char *value;			/* default or constant, or NULL */
};

struct og_pattern {
	size_t n;	       /* at most OG_ELEMENTS_MAX */
	struct og_element e[]; /* no more than there are: a graph has many patterns */
};

int og_pattern_parse(const char *text, struct og_pattern **ret, struct og_err *err);
void og_pattern_free(struct og_pattern *pattern);

/* Adds what pattern declares to the object slots; a slot that is declared
 * in two ways, or a default that is not of its type, is OG_EDATA. */
int og_slots_declare(json_t *slots, const struct og_pattern *pattern, struct og_err *err);

/* Gives every slot that only constants named the type "text". Call when
 * all patterns have declared theirs. Too many slots are OG_EDATA. */
int og_slots_close(json_t *slots, struct og_err *err);

/* Text as a value of the slot's declared type (a default, an action's
 * parameter), on that day (when-internal.h); names (ref, table, node) stay
 * text. NULL: not of that type. */
json_t *og_slot_value(const json_t *decl, const char *text, int64_t today);

/* Does a text of this type depend on the day it is read? Defaults of such a
 * type are kept as they are written. */
int og_type_relative(const char *type);

/* Puts a slot's value (taken; of og_slot_value()) into vars under its name,
 * and the ends of a period beside it. NULL is no memory. */
int og_slot_bind(json_t *vars, const char *name, const json_t *decl, json_t *value,
		 struct og_err *err);

/* The same slots, from a DOC's array of patterns. New reference in *ret. */
int og_slots_of(const json_t *patterns, json_t **ret, struct og_err *err);

#endif
