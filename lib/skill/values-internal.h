/*
 * The values that words can be read as by themselves, without looking
 * anything up: numbers, money, quantities with units, days and spans of
 * days. Shared inside lib/skill.
 */
#ifndef OG_SKILL_VALUES_INTERNAL_H
#define OG_SKILL_VALUES_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

#include "lib/json/json.h"
#include "lib/skill/words-internal.h"

enum og_value {
	OG_VALUE_NONE, /* another type */
	OG_VALUE_NUMBER,
	OG_VALUE_MONEY,
	OG_VALUE_QUANTITY,
	OG_VALUE_DATE,
	OG_VALUE_PERIOD,
};

enum og_value og_value_kind(const char *type);

/* How many words of this kind's value begin at word i; 0: none. today is a
 * day (when-internal.h). */
size_t og_value_words(enum og_value kind, const struct og_words *words, size_t i, int64_t today);

/* The value that begins at word i, which takes *ret_n words: what a slot of
 * the declaration decl binds under its name. A day is YYYY-MM-DD, a span
 * FROM/TO. NULL: what stands there is no such value (a fraction for a whole
 * number, metres for kilograms), or there is no memory. */
json_t *og_value_at(const json_t *decl, const struct og_words *words, size_t i, int64_t today,
		    size_t *ret_n);

/* The same of a whole text, with nothing else in it. */
json_t *og_value_of(const json_t *decl, const char *text, int64_t today);

/* The two ends of a span as it is bound; 0 or -1. ret: YYYY-MM-DD, both. */
int og_value_ends(const char *span, char ret_from[11], char ret_to[11]);

/* money.c. Amounts: so many words at i, or 0. *ret_currency: which ones may be
 * meant ("USD AUD"), "" for one that nobody counts in, NULL for none. */
size_t og_money_at(const struct og_words *words, size_t i, double *ret, const char **ret_currency);
/* Is an amount in one of these (of og_money_at) one in wanted, a code or NULL
 * for amounts that have none? */
int og_currency_fits(const char *said, const char *wanted);
/* Is that the code of a currency (ISO 4217) that amounts can be given in? */
int og_currency_known(const char *code);
/* Names word i a currency? */
int og_currency_at(const struct og_words *words, size_t i);
/* Stands the sign of one beside the words [from, to)? */
int og_currency_signed(const struct og_words *words, size_t from, size_t to);

/* Is that the name of a unit that quantities can be given in? */
int og_unit_known(const char *name);
/* amount of one unit as another, to 15 digits. 0, or -1: they do not measure
 * the same, or nobody knows one of them. */
int og_unit_convert(double amount, const char *from, const char *to, double *ret);
/* Word i is a unit: its name as og_unit_convert() takes it, or NULL. */
const char *og_unit_at(const struct og_words *words, size_t i);

#endif
