/*
 * Which skill does a sentence mean? Every active skill is ranked; the best
 * one is the answer when its score reaches OG_MATCH_THRESHOLD and it leads
 * the next one clearly enough; otherwise no skill fits, and the nearest
 * ones are named. Roles and clearance play no part: who may run a skill is
 * asked when it runs, so that a forbidden wish is refused, not unknown.
 *
 * Two sources of evidence, put together per skill:
 *  - its patterns: how much of a pattern the sentence says, how much of
 *    the sentence the pattern explains, and whether the blanks can be
 *    filled. Words are compared by stem, in any order, order counting a bit;
 *  - its words: name, description and patterns as a bag of words, weighted
 *    by how rare a word is among the skills.
 * A sentence's words that no skill knows count against every skill, unless
 * a blank takes them.
 *
 * Where skills have examples, a third: how like one of them the sentence is
 * (lib/learn/counts.h), or, where there are OG_MATCH_MANY of them and more,
 * what a learner says that was trained on all sentences (lib/learn/learn.h;
 * patterns and descriptions are sentences, too). A sentence that no pattern explains, but which is
 * like an example, means that skill; its blanks are filled from the pattern
 * that comes nearest, as far as that is there, and missing otherwise.
 *
 * A matcher is built once and may be used until the graph's epoch changes.
 * It is read-only after that: the same text gives the same answer.
 */
#ifndef OG_SKILL_MATCH_H
#define OG_SKILL_MATCH_H

#include <stddef.h>

#include "lib/base/err.h"
#include "lib/hash/hash.h"
#include "lib/json/json.h"
#include "lib/learn/learn.h"
#include "lib/skill/slots.h"

struct og_matcher;

#define OG_MATCH_THRESHOLD 0.5
#define OG_MATCH_TEXT_MAX                                                                          \
	((size_t)64 << 10) /* bytes of a sentence; of words, the first 256 count */

/* docs: what og_graph_docs() returns (borrowed for the call only). Skills
 * without patterns take part with their words alone, and cannot win by
 * them: they appear among the candidates. */
int og_matcher_new(const json_t *docs, struct og_matcher **ret, struct og_err *err);

/* From so many examples on a learner is the better one. */
#define OG_MATCH_MANY 1000

/* The digest of all that a learner of these docs learns. 1; 0: there are too
 * few examples for one. -1 only without memory. */
int og_matcher_digest(const json_t *docs, struct og_hash *ret, struct og_err *err);

/* A learner of the sentences of docs, trained: a second or two for 15,000.
 * Skills beyond OG_LEARN_LABELS_MAX are left out. */
int og_matcher_learn(const json_t *docs, struct og_learner **ret, struct og_err *err);

/* A matcher that asks it. learner: of docs with the same digest; it is the
 * matcher's from now on, also when this fails. NULL: as og_matcher_new(). */
int og_matcher_with(const json_t *docs, struct og_learner *learner, struct og_matcher **ret,
		    struct og_err *err);

void og_matcher_free(struct og_matcher *matcher);

/* Ranks the skills for text (UTF-8; OG_EDATA when not, or too long). With
 * resolver NULL names stay as written and nothing is looked up. limit:
 * candidates listed, at most 20. *ret is skill.match's reply body:
 *   {"match":null | {"skill","hash","score","matched_by",
 *       "words":[{"word","share"}],   what it knows of the sentence
 *       "runner_up":{"skill","score"},   absent when there is none
 *       "slots":{..},            all that is bound, defaults included
 *       "missing":[..],          slots that need a value still
 *       "ambiguous":{slot:[..]}, of these: several fit
 *       "unknown":{slot:text},   of these: nothing visible is called so
 *       "near":{slot:text},      of these: what is spelt most alike
 *       "corrected":{slot:{"said","took"}}, of the bound ones: misspelt
 *       "unread":{slot:text},    of these: it cannot be taken as a value
 *       "ids":{slot:[..]},       of the ambiguous ones, where names are equal
 *       "left":{"what","said"}}, a day or a currency that was said and left
 *                                out by a skill that only shows something
 *    "left":{"skill","what","said"},  absent, or the skill that was meant
 *                                would do but half of what was said: match
 *                                is null. what: "day", "currency", "amount",
 *                                "command" (these two of any skill),
 *                                "condition", "words"
 *    "candidates":[{"skill","score"}]}   best first, scores 0 to 1
 * A match with something missing is still the skill that was meant; the
 * caller must not run it until all slots are bound. */
int og_matcher_match(const struct og_matcher *matcher, const char *text, size_t len,
		     const struct og_resolver *resolver, size_t limit, json_t **ret,
		     struct og_err *err);

#endif
