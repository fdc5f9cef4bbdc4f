/*
 * Ranking the skills of a matcher for a sentence.
 */
#include "lib/skill/match-internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/text.h"
#include "lib/skill/when-internal.h"

#define CANDIDATES_MAX 20
#define CHOICES	       3  /* skills tried when the names of better ones are unknown */
#define FORMS_ALIGNED  32 /* patterns looked at closely, by overlap */
#define OVERLAP_MIN    0.34
#define WORDS_SHARE    0.25  /* of what the pattern left open, the bag of words may close */
#define WORDS_ONLY     0.45  /* what a skill gets for words alone; below the threshold */
#define LEAD	       0.005 /* two skills nearer than this are a tie */
#define ASKED	       0.5   /* of the score, for a question to a skill that acts */
#define TURNED	       0.3   /* the same, for "do not" */
#define UNKNOWN_NAME   0.75  /* of the score, when nothing visible is called so */
#define UNKNOWN_MOVED  0.4   /* the same, and the words are out of order */

/* One pattern's reading of the sentence. */
struct reading {
	double score;
	const struct og_form *form; /* NULL: none */
	struct og_alignment alignment;
};

/* What ranking knows of one skill. */
struct standing {
	size_t skill;
	double words; /* weight of the sentence's words that the skill knows */
	double score; /* of best, or of like, or for its words alone */
	struct og_liken like;
	struct reading best;
	struct reading hope; /* the best one if names turn out to be found */
};

struct ranking {
	const struct og_matcher *m;
	struct og_sentence sentence;
	double total; /* weight of all words of the sentence */
	int asks;     /* it is a question */
	struct standing *standings;
	struct og_grid *grid;
	struct og_alignment scratch;
};

static void weigh_sentence(struct ranking *r)
{
	struct og_sentence *s = &r->sentence;
	const uint32_t *skills;
	size_t n;

	for (size_t j = 0; j < s->words.n; j++) {
		const struct og_word *w = &s->words.w[j];

		s->id[j] = w->kind == OG_WORD ? og_vocabulary_find(r->m->vocabulary, w->stem) : 0;
		s->weight[j] = w->kind == OG_NUMBER
				       ? 1.0
				       : og_vocabulary_weight(r->m->vocabulary, s->id[j], w->stem,
							      r->m->n_skills);
	}
	og_weigh_days(s);
	for (size_t j = 0; j < s->words.n; j++) {
		r->total += s->weight[j];
		if (s->id[j] == 0)
			continue;
		skills = og_vocabulary_skills(r->m->vocabulary, s->id[j], &n);
		for (size_t k = 0; k < n; k++)
			r->standings[skills[k]].words += s->weight[j];
	}
}

/* The pattern itself begins with the sentence's question word. */
static int starts_alike(const struct og_form *form, const struct ranking *r)
{
	return form->pattern->e[0].kind == OG_ELEMENT_WORD &&
	       strcmp(form->pattern->e[0].stems[0], r->sentence.words.w[0].stem) == 0;
}

/* "who approved ..", "how do I buy ..": asking about a thing is not asking
 * for it. "Could you .." asks for it. */
static int is_question(const struct og_words *words)
{
	static const char *const openers[] = { "who", "whos",  "what", "when", "where", "why",
					       "how", "which", "did",  "do",   "doe",	"has",
					       "hav", "is",    "are",  "was",  "wer",	"should" };

	for (size_t i = 0; words->n > 1 && i < sizeof(openers) / sizeof(openers[0]); i++) {
		if (strcmp(words->w[0].stem, openers[i]) == 0)
			return strcmp(openers[i], "do") != 0 ||
			       strchr("iwyt", words->w[1].stem[0]) != NULL;
	}
	return 0;
}

/* A pattern's score, and what the skill's words add to it. */
static double combined(const struct ranking *r, const struct standing *st, double score,
		       double loose)
{
	double rest = r->total - loose;
	double known = rest > 0 && st->words < rest ? st->words / rest : 1;

	return score + (1 - score) * WORDS_SHARE * known * score;
}

static void keep_better(struct reading *best, double score, const struct og_form *form,
			const struct og_alignment *a)
{
	if (score <= best->score + 1e-9)
		return;
	best->score = score;
	best->form = form;
	best->alignment = *a;
}

static void try_form(struct ranking *r, const struct og_form *form)
{
	struct standing *st = &r->standings[form->skill];
	struct og_alignment *a = &r->scratch;
	double ask = r->asks && form->acts && !starts_alike(form, r) ? ASKED : 1;

	og_align(form, &r->sentence, r->grid, a);
	keep_better(&st->best, ask * combined(r, st, a->score, a->loose), form, a);
	if (a->moved)
		keep_better(&st->hope, ask * combined(r, st, a->hope, a->loose), form, a);
}

struct near_form {
	double overlap;
	size_t form;
};

static int nearer(const void *a, const void *b)
{
	const struct near_form *x = a, *y = b;

	if (x->overlap != y->overlap)
		return x->overlap < y->overlap ? 1 : -1;
	return x->form < y->form ? -1 : 1;
}

static int try_forms(struct ranking *r, struct og_err *err)
{
	struct near_form *near = calloc(r->m->n_forms + 1, sizeof(*near));
	size_t n = 0;

	if (near == NULL)
		return og_fail_nomem(err);
	for (size_t f = 0; f < r->m->n_forms; f++) {
		double overlap = og_form_overlap(&r->m->forms[f], &r->sentence);

		if (overlap >= OVERLAP_MIN)
			near[n++] = (struct near_form){ overlap, f };
	}
	qsort(near, n, sizeof(*near), nearer);
	for (size_t i = 0; i < n && i < FORMS_ALIGNED; i++)
		try_form(r, &r->m->forms[near[i].form]);
	free(near);
	return 0;
}

static int better_standing(const void *a, const void *b)
{
	const struct standing *x = a, *y = b;

	if (x->score != y->score)
		return x->score < y->score ? 1 : -1;
	return x->skill < y->skill ? -1 : 1;
}

/* The nearest example begins with the sentence's question word, too. */
static int asked_alike(const struct ranking *r, const char *example)
{
	const struct og_word *first = &r->sentence.words.w[0];

	return strncasecmp(example, r->sentence.words.text + first->at, first->len) == 0;
}

/* "do not ..", and the example says no such thing. */
static int is_turned(const struct ranking *r, const char *example)
{
	const struct og_words *said = &r->sentence.words;
	struct og_words *words;
	size_t here = 0, there = 0;

	for (size_t j = 0; j < said->n; j++)
		here += said->w[j].negation || said->w[j].turns;
	if (here == 0 || (words = malloc(sizeof(*words))) == NULL)
		return here > 0;
	og_words_split(example, strlen(example), words);
	for (size_t j = 0; j < words->n; j++)
		there += words->w[j].negation || words->w[j].turns;
	free(words);
	return there == 0;
}

static int liken(struct ranking *r, struct og_err *err)
{
	struct og_liken *like = calloc(r->m->n_skills + 1, sizeof(*like));
	int rc;

	if (like == NULL)
		return og_fail_nomem(err);
	rc = og_ask_examples(r->m, &r->sentence, like, err);
	for (size_t i = 0; rc == 0 && i < r->m->n_skills; i++) {
		struct standing *st = &r->standings[i];

		st->like = like[i];
		if (!r->m->skills[i].acts || like[i].example == NULL)
			continue;
		if (r->asks && !asked_alike(r, like[i].example->text))
			st->like.score *= ASKED;
		if (like[i].score >= OG_MATCH_THRESHOLD && is_turned(r, like[i].example->text))
			st->like.score *= TURNED;
	}
	free(like);
	return rc;
}

static int rank(struct ranking *r, struct og_err *err)
{
	for (size_t i = 0; i < r->m->n_skills; i++)
		r->standings[i].skill = i;
	weigh_sentence(r);
	for (size_t i = 0; i < r->m->n_skills; i++) {
		struct standing *st = &r->standings[i];

		st->score = r->total > 0 ? WORDS_ONLY * st->words / r->total : 0;
	}
	r->asks = is_question(&r->sentence.words);
	if (try_forms(r, err) < 0 || liken(r, err) < 0)
		return -1;
	for (size_t i = 0; i < r->m->n_skills; i++) {
		struct standing *st = &r->standings[i];

		if (st->best.form != NULL && st->best.score > st->score)
			st->score = st->best.score;
		if (st->like.score > st->score)
			st->score = st->like.score;
	}
	qsort(r->standings, r->m->n_skills, sizeof(*r->standings), better_standing);
	return 0;
}

static json_t *rounded(double score)
{
	return json_real(round(score * 1000) / 1000);
}

static json_t *candidates_of(const struct ranking *r, size_t limit)
{
	json_t *list = json_array(), *item;

	limit = limit < CANDIDATES_MAX ? limit : CANDIDATES_MAX;
	for (size_t i = 0; i < r->m->n_skills && i < limit; i++) {
		const struct standing *st = &r->standings[i];

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
static int by_example(const struct standing *st)
{
	return st->like.example != NULL && st->like.score >= OG_MATCH_THRESHOLD &&
	       (st->best.form == NULL || st->like.score > st->best.score);
}

/* Why it was chosen: the words it knows, and which skill came next. */
static int add_why(const struct ranking *r, const struct standing *st, json_t *match,
		   struct og_err *err)
{
	const struct standing *next = &r->standings[st == r->standings];
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

static int describe(const struct ranking *r, const struct standing *st,
		    const struct reading *reading, const struct og_resolver *resolver, json_t **ret,
		    struct og_err *err)
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
static int fill_learned(const struct ranking *r, const struct standing *st,
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

static int describe_learned(const struct ranking *r, const struct standing *st,
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
static int fits(const struct ranking *r, size_t i)
{
	const struct standing *st = &r->standings[i];

	if (st->score < OG_MATCH_THRESHOLD || (st->best.form == NULL && !by_example(st)))
		return 0;
	return i + 1 == r->m->n_skills || (st[1].best.form == NULL && !by_example(&st[1])) ||
	       st[0].score - st[1].score >= LEAD;
}

/* No reading in order will do: one with a name out of its place will, if
 * every name in it is found. */
static int second_chance(const struct ranking *r, const struct og_resolver *resolver, json_t **ret,
			 struct og_err *err)
{
	const struct standing *best = NULL;
	json_t *match = NULL;

	for (size_t i = 0; i < r->m->n_skills; i++) {
		const struct standing *st = &r->standings[i];

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

static int choose(const struct ranking *r, const struct og_resolver *resolver, json_t **ret,
		  struct og_err *err)
{
	*ret = NULL;
	if (r->m->n_skills == 0)
		return 0;
	for (size_t i = 0; i < r->m->n_skills && i < CHOICES && *ret == NULL && fits(r, i); i++) {
		const struct standing *st = &r->standings[i];

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
static int refuse_half(const struct ranking *r, json_t **match, json_t **left, struct og_err *err)
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

static int answer(const struct ranking *r, const struct og_resolver *resolver, size_t limit,
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
	struct ranking *r;
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
	if (og_grid_new(r->sentence.words.n, &r->grid, err) < 0 || rank(r, err) < 0)
		goto out;
	rc = answer(r, resolver, limit, ret, err);
out:
	og_grid_free(r->grid);
	free(r->standings);
	free(r);
	return rc;
}
