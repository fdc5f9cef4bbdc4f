/*
 * What a sentence means: of the skills in the order of ranking.c the first
 * that is good enough, clearly better than the next, and whose names are
 * found.
 */
#include "lib/skill/match-internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/skill/ranking-internal.h"
#include "lib/skill/when-internal.h"

#define CANDIDATES_MAX 20
#define CHOICES	       3     /* skills tried when the names of better ones are unknown */
#define LEAD	       0.005 /* two skills nearer than this are a tie */
#define UNKNOWN_NAME   0.75  /* of the score, when nothing visible is called so */
#define UNKNOWN_MOVED  0.4   /* the same, and the words are out of order */

static json_t *rounded(double score)
{
	return json_real(round(score * 1000) / 1000);
}

static json_t *candidates_of(const struct og_ranking *r, size_t limit)
{
	json_t *list = json_array(), *item;

	limit = limit < CANDIDATES_MAX ? limit : CANDIDATES_MAX;
	for (size_t i = 0; i < r->m->n_skills && i < limit; i++) {
		const struct og_standing *st = &r->standings[i];

		if (st->score <= 0.0005)
			break;
		item = json_pack("{s:s,s:o}", "skill", r->m->skills[st->skill].name, "score",
				 rounded(st->score));
		if (json_array_append_new(list, item) < 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

/* Examples spoke louder for it than any pattern. */
static int by_example(const struct og_standing *st)
{
	return st->like.example != NULL && st->like.score >= OG_MATCH_THRESHOLD &&
	       (st->best.form == NULL || st->like.score > st->best.score);
}

/* Why it was chosen: the words it knows, and which skill came next. */
static int add_why(const struct og_ranking *r, const struct og_standing *st, json_t *match,
		   struct og_err *err)
{
	const struct og_standing *next = &r->standings[st == r->standings];
	json_t *words = by_example(st) && r->m->learner != NULL
				? og_match_reasons(r->m, &r->sentence)
				: og_match_words(r->m, &r->sentence, st->skill);

	if (og_json_set(match, "words", words, err) < 0)
		return -1;
	if (r->m->n_skills < 2 || next->score <= 0.0005)
		return 0;
	return og_json_set(match, "runner_up",
			   json_pack("{s:s,s:o}", "skill", r->m->skills[next->skill].name, "score",
				     rounded(next->score)),
			   err);
}

static json_t *matched_by(const struct og_form *form)
{
	if (form->line == 0)
		return json_sprintf("pattern: %s", form->text);
	return json_sprintf("pattern: %s (line %zu)", form->text, form->line);
}

static int describe(const struct og_ranking *r, const struct og_standing *st,
		    const struct og_reading *reading, const struct og_resolver *resolver,
		    json_t **ret, struct og_err *err)
{
	const struct og_known *skill = &r->m->skills[st->skill];
	json_t *match = json_pack("{s:s,s:s,s:o}", "skill", skill->name, "hash", skill->hash,
				  "matched_by", matched_by(reading->form));
	double score = reading->score;

	if (match == NULL)
		return og_fail_nomem(err);
	if (og_fill(reading->form, skill->slots, &r->sentence, &reading->alignment, resolver, match,
		    err) < 0 ||
	    og_left(r->m, reading->form, &r->sentence, &reading->alignment, 0, match, err) < 0)
		goto fail;
	if (json_object_size(json_object_get(match, "unknown")) > 0)
		score *= reading->alignment.disorder ? UNKNOWN_MOVED : UNKNOWN_NAME;
	if (og_json_set(match, "score", rounded(score), err) < 0 || add_why(r, st, match, err) < 0)
		goto fail;
	if (score < OG_MATCH_THRESHOLD) {
		json_decref(match);
		match = NULL;
	}
	*ret = match;
	return 0;
fail:
	json_decref(match);
	return -1;
}

static json_t *example_text(const struct og_known_example *e)
{
	if (e->line == 0)
		return json_sprintf("example: %s", e->text);
	return json_sprintf("example: %s (line %zu)", e->text, e->line);
}

/* Of the skill's patterns the one that comes nearest gives the blanks; what
 * is in its words is taken only from one that is half there. A skill without
 * patterns has no blanks. */
static int fill_learned(const struct og_ranking *r, const struct og_standing *st,
			const struct og_resolver *resolver, json_t *match, struct og_err *err)
{
	static const struct og_alignment nothing;
	const struct og_form *form = st->best.form;
	int there = form != NULL && st->best.score >= OG_MATCH_THRESHOLD / 2;
	json_t *empty;
	int rc;

	for (size_t f = 0; form == NULL && f < r->m->n_forms; f++) {
		if (r->m->forms[f].skill == st->skill)
			form = &r->m->forms[f];
	}
	if (form != NULL) {
		const struct og_alignment *a = there ? &st->best.alignment : &nothing;

		if (og_fill(form, r->m->skills[st->skill].slots, &r->sentence, a, resolver, match,
			    err) < 0)
			return -1;
		return og_left(r->m, form, &r->sentence, a, 1, match, err);
	}
	empty = json_pack("{s:{},s:[],s:{},s:{}}", "slots", "missing", "ambiguous", "unknown");
	rc = empty != NULL ? json_object_update(match, empty) : -1;
	json_decref(empty);
	return rc < 0 ? og_fail_nomem(err) : 0;
}

static int describe_learned(const struct og_ranking *r, const struct og_standing *st,
			    const struct og_resolver *resolver, json_t **ret, struct og_err *err)
{
	const struct og_known *skill = &r->m->skills[st->skill];
	json_t *match = json_pack("{s:s,s:s,s:o,s:o}", "skill", skill->name, "hash", skill->hash,
				  "matched_by", example_text(st->like.example), "score",
				  rounded(st->like.score));

	if (match == NULL)
		return og_fail_nomem(err);
	if (fill_learned(r, st, resolver, match, err) < 0 || add_why(r, st, match, err) < 0) {
		json_decref(match);
		return -1;
	}
	*ret = match;
	return 0;
}

/* The i-th skill is good enough, and clearly better than the next. */
static int fits(const struct og_ranking *r, size_t i)
{
	const struct og_standing *st = &r->standings[i];

	if (st->score < OG_MATCH_THRESHOLD || (st->best.form == NULL && !by_example(st)))
		return 0;
	return i + 1 == r->m->n_skills || (st[1].best.form == NULL && !by_example(&st[1])) ||
	       st[0].score - st[1].score >= LEAD;
}

/* No reading in order will do: one with a name out of its place will, if
 * every name in it is found. */
static int second_chance(const struct og_ranking *r, const struct og_resolver *resolver,
			 json_t **ret, struct og_err *err)
{
	const struct og_standing *best = NULL;
	json_t *match = NULL;

	for (size_t i = 0; i < r->m->n_skills; i++) {
		const struct og_standing *st = &r->standings[i];

		if (st->hope.form != NULL && st->hope.score >= OG_MATCH_THRESHOLD &&
		    (best == NULL || st->hope.score > best->hope.score))
			best = st;
	}
	if (best == NULL)
		return 0;
	if (describe(r, best, &best->hope, resolver, &match, err) < 0)
		return -1;
	if (match != NULL && json_array_size(json_object_get(match, "missing")) > 0) {
		json_decref(match);
		match = NULL;
	}
	*ret = match;
	return 0;
}

static int choose(const struct og_ranking *r, const struct og_resolver *resolver, json_t **ret,
		  struct og_err *err)
{
	*ret = NULL;
	if (r->m->n_skills == 0)
		return 0;
	for (size_t i = 0; i < r->m->n_skills && i < CHOICES && *ret == NULL && fits(r, i); i++) {
		const struct og_standing *st = &r->standings[i];

		if ((by_example(st) ? describe_learned(r, st, resolver, ret, err)
				    : describe(r, st, &st->best, resolver, ret, err)) < 0)
			return -1;
	}
	if (*ret != NULL || resolver == NULL)
		return 0;
	return second_chance(r, resolver, ret, err);
}

/* What acts does all that was said or nothing. What only shows something may
 * leave out a day, but neither one of two commands nor what is counted. */
static int refuse_half(const struct og_ranking *r, json_t **match, json_t **left,
		       struct og_err *err)
{
	json_t *half = json_object_get(*match, "left"), *skill = json_object_get(*match, "skill");
	const char *what = og_json_str(half, "what");
	int acts = what != NULL && (strcmp(what, "command") == 0 || strcmp(what, "amount") == 0);

	for (size_t i = 0; half != NULL && i < r->m->n_skills; i++)
		acts |= r->m->skills[i].acts &&
			strcmp(r->m->skills[i].name, json_string_value(skill)) == 0;
	if (!acts)
		return 0;
	if (og_json_set(half, "skill", json_incref(skill), err) < 0)
		return -1;
	*left = json_incref(half);
	json_decref(*match);
	*match = NULL;
	return 0;
}

static int answer(const struct og_ranking *r, const struct og_resolver *resolver, size_t limit,
		  json_t **ret, struct og_err *err)
{
	json_t *match = NULL, *left = NULL, *candidates = candidates_of(r, limit), *reply;

	if (candidates == NULL)
		return og_fail_nomem(err);
	if (choose(r, resolver, &match, err) < 0 || refuse_half(r, &match, &left, err) < 0) {
		json_decref(match);
		json_decref(candidates);
		return -1;
	}
	reply = json_pack("{s:o,s:o,s:o*}", "match", match != NULL ? match : json_null(),
			  "candidates", candidates, "left", left);
	if (reply == NULL)
		return og_fail_nomem(err);
	*ret = reply;
	return 0;
}

int og_matcher_match(const struct og_matcher *m, const char *text, size_t len,
		     const struct og_resolver *resolver, size_t limit, json_t **ret,
		     struct og_err *err)
{
	struct og_ranking *r;
	int rc = -1;

	if (len > OG_MATCH_TEXT_MAX)
		return og_fail(err, OG_EDATA, "the sentence is longer than %zu bytes",
			       OG_MATCH_TEXT_MAX);
	if (!og_utf8_valid(text, len))
		return og_fail(err, OG_EDATA, "the sentence is not UTF-8");
	r = calloc(1, sizeof(*r));
	if (r == NULL)
		return og_fail_nomem(err);
	r->m = m;
	r->standings = calloc(m->n_skills + 1, sizeof(*r->standings));
	og_words_split(text, len, &r->sentence.words);
	r->sentence.today = resolver != NULL ? og_day_of(resolver->now) : 0;
	if (r->standings == NULL) {
		og_fail_nomem(err);
		goto out;
	}
	if (og_grid_new(r->sentence.words.n, &r->grid, err) < 0 || og_rank(r, err) < 0)
		goto out;
	rc = answer(r, resolver, limit, ret, err);
out:
	og_grid_free(r->grid);
	free(r->standings);
	free(r);
	return rc;
}
