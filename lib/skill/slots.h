/*
 * Slots: the blanks of a skill's patterns, and how words become values.
 *
 * A pattern is a sentence with blanks: "buy {quantity:int=1} {product:ref(products.name)}".
 *   {NAME:TYPE}        a value that must be there
 *   {NAME:TYPE=VALUE}  the value when the sentence gives none
 *   {NAME=VALUE}       this pattern always binds VALUE, it takes no words
 *   {NAME}             the same as a typed {NAME:...} in another pattern
 *   (buy|purchase)     one of these words      [please]  may be missing
 * Types, and the JSON value they bind as :NAME
 *   int       whole number; digits or words ("a dozen")     integer
 *   number    decimal number                                number
 *   money     number that counts no currency                number
 *   money(C)  number with or without currency C ("EUR")     number
 *   quantity(U) number with or without a unit, in units U   number
 *   date      a day ("by Friday"), as YYYY-MM-DD            string
 *   period    days ("last month"), as FROM/TO               string;
 *             :NAME_from and :NAME_to the first and the last
 *   word      one word                                      string
 *   name      some words, a title ("Express Freight")       string
 *   text      quoted text, or the rest of the sentence      string
 *   enum(a|b) one of these words                            string
 *   ref(T.C)  a row of table T called so in column C        string; :NAME_id its id
 *   table     a table the principal may see                 string
 *   node      a skill: its name, or its number as "node 3"  string; :NAME_id its number
 * Numbers beyond +-(2^53 - 1) do not bind, nor does a word, name or text
 * with characters that nobody can see.
 *
 * Numbers: "twelve", "2 dozen", "1,250.50", "1.250,50", "499,50"; a mark
 * before three digits parts groups when it is a comma, and is a decimal point
 * when it is a point and the only one ("1.250"). "2.5k" and "3½"
 * are numbers; "1/2", "1 000", "1'000" and "5%" are none. Money takes a
 * currency on either side, "5 dollars and 50 cents", which must be its own:
 * what is said in another one is asked back, nothing is converted.
 * Quantities are converted ("1.5 t" for kg is 1500) between units of the
 * same kind: mg g kg t oz lb, mm cm m km in ft yd mi, ml cl l m3, s min h d
 * week, piece pair dozen gross; without a unit they are in U already.
 *
 * Days are counted from the resolver's clock, in UTC; weeks begin on Monday.
 *   - "Friday", "this Friday", "by Friday": the first from today on, today on
 *     a Friday; "next Friday" the first after today, "last Friday" the last
 *     before it; "Friday next week" is what it says.
 *   - "1 March" is one of this year; with "by" or "until" the next one, with
 *     "since" the last one. "the 15th" likewise, of the month. "last March" is
 *     over, "next March" has not begun.
 *   - "in 2 months", "a year ago": the same day of that month, or the last
 *     one it has (31 January + 1 month = 28 or 29 February).
 *   - "last week", "this quarter", "next year": whole ones of the calendar.
 *     "last 7 days", "the past month": so long, and today is the last day;
 *     "next 7 days": today is the first.
 *   - "since A" ends today; "from A" and "after A" do not end (9999-12-31),
 *     "until A" and "before A" do not begin (0001-01-01). Without a year, the
 *     second end of a period follows the first.
 *   - 2026-03-01, 2026/3/1, 1.3.2026, 25/12/2026; but not 3/4/2026, which is
 *     two days, nor 31 April, which is none, nor 29 February without a year
 *     in a year that has none.
 *
 * Names are looked up through a resolver, as the principal: what is not
 * visible to them cannot be found, nor be told from what does not exist.
 * Equal text wins over equal text with case folded, that over equal word
 * stems ("Standing Desks"), that over its words in another order, that over
 * a unique part of a name, and that over a name with few letters wrong: one
 * in a word of 4, two of 8, three of 12 bytes, none in a word with digits.
 * Several equally good candidates are ambiguous and bind nothing.
 *
 * A misspelt name in a sentence is taken for the one that is nearest, which
 * the match then says ("corrected"); where the skill changes something, only
 * when a single letter is wrong in a name of 6 or more. In a value that a
 * caller gives nothing is corrected.
 */
#ifndef OG_SKILL_SLOTS_H
#define OG_SKILL_SLOTS_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/json/json.h"

/* Takes one candidate: its id and text (borrowed). Non-zero: stop. */
typedef int og_candidate_fn(void *each_arg, int64_t id, const char *text);

/* Hands every visible candidate to each, in any order.
 *   ref(T.C):  table T, column C: id is the row's id, text column C's value;
 *   table:     table NULL, column "table": every visible table, id 0;
 *   node:      table NULL, column "node": every skill the principal may
 *              know of, id its number, text its name.
 * about is the sentence's words the name was taken from, or NULL: a
 * resolver may use it to leave out what cannot match, and may ignore it.
 * A table that the principal may not read hands out nothing and is no
 * error. Returns 0, or -1 with err. */
typedef int og_resolve_fn(void *arg, const char *table, const char *column, const char *about,
			  og_candidate_fn *each, void *each_arg, struct og_err *err);

struct og_resolver {
	og_resolve_fn *fn;
	void *arg;
	int64_t now; /* what "today" is: milliseconds since 1970, UTC */
};

#define OG_CANDIDATES_MAX 10000 /* more are not looked at */
#define OG_AMBIGUOUS_MAX  10	/* named in an answer */

/* Checks values a caller gave (an action's params, or what skill.match
 * bound) against a DOC's slots and makes the task's first variables.
 * given: object, slot name -> value; also NAME_id for ref and node, alone
 * or to say which of several equal names; NAME_from and NAME_to for a period,
 * both of them. Numbers may come as text. Every
 * name is resolved again, so a caller cannot smuggle in an id it may not
 * see. Slots that are not given take their default.
 *
 * *ret: the variables, NAME and NAME_id. OG_EDATA: a slot the skill does
 * not have, a value of the wrong type, a missing slot. OG_NO: no visible
 * candidate of that name, or several; the hint names near ones. */
int og_slots_bind(const json_t *doc, const json_t *given, const struct og_resolver *resolver,
		  json_t **ret, struct og_err *err);

/* The slots for which such values say nothing and which have no default: an
 * array of names, in the order of the skill's; empty also when the values
 * name a slot that the skill does not have, for then nobody knows what was
 * meant. New reference, NULL without memory. */
json_t *og_slots_missing(const json_t *doc, const json_t *given);

#endif
