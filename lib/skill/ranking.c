/*
 * Ranking the skills of a matcher for a sentence; see ranking-internal.h.
 * Nothing is looked up here: whether the names in a reading are anybody's is
 * found out for the best ones alone, by match.c.
 */
#include "lib/skill/ranking-internal.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define FORMS_ALIGNED 32 /* patterns looked at closely, by overlap */
#define OVERLAP_MIN   0.34
#define WORDS_SHARE   0.25 /* of what the pattern left open, the bag of words may close */
#define WORDS_ONLY    0.45 /* what a skill gets for words alone; below the threshold */
#define ASKED	      0.5  /* of the score, for a question to a skill that acts */
#define TURNED	      0.3  /* the same, for "do not" */

static void weigh_sentence(struct og_ranking *r)
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
static int starts_alike(const struct og_form *form, const struct og_ranking *r)
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
static double combined(const struct og_ranking *r, const struct og_standing *st, double score,
		       double loose)
{
	double rest = r->total - loose;
	double known = rest > 0 && st->words < rest ? st->words / rest : 1;

	return score + (1 - score) * WORDS_SHARE * known * score;
}

static void keep_better(struct og_reading *best, double score, const struct og_form *form,
			const struct og_alignment *a)
{
	if (score <= best->score + 1e-9)
		return;
	best->score = score;
	best->form = form;
	best->alignment = *a;
}

static void try_form(struct og_ranking *r, const struct og_form *form)
{
	struct og_standing *st = &r->standings[form->skill];
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

static int try_forms(struct og_ranking *r, struct og_err *err)
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
	const struct og_standing *x = a, *y = b;

	if (x->score != y->score)
		return x->score < y->score ? 1 : -1;
	return x->skill < y->skill ? -1 : 1;
}

/* The nearest example begins with the sentence's question word, too. */
static int asked_alike(const struct og_ranking *r, const char *example)
{
	const struct og_word *first = &r->sentence.words.w[0];

	return strncasecmp(example, r->sentence.words.text + first->at, first->len) == 0;
}

/* "do not ..", and the example says no such thing. */
static int is_turned(const struct og_ranking *r, const char *example)
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

static int liken(struct og_ranking *r, struct og_err *err)
{
	struct og_liken *like = calloc(r->m->n_skills + 1, sizeof(*like));
	int rc;

	if (like == NULL)
		return og_fail_nomem(err);
	rc = og_ask_examples(r->m, &r->sentence, like, err);
	for (size_t i = 0; rc == 0 && i < r->m->n_skills; i++) {
		struct og_standing *st = &r->standings[i];

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

int og_rank(struct og_ranking *r, struct og_err *err)
{
	for (size_t i = 0; i < r->m->n_skills; i++)
		r->standings[i].skill = i;
	weigh_sentence(r);
	for (size_t i = 0; i < r->m->n_skills; i++) {
		struct og_standing *st = &r->standings[i];

		st->score = r->total > 0 ? WORDS_ONLY * st->words / r->total : 0;
	}
	r->asks = is_question(&r->sentence.words);
	if (try_forms(r, err) < 0 || liken(r, err) < 0)
		return -1;
	for (size_t i = 0; i < r->m->n_skills; i++) {
		struct og_standing *st = &r->standings[i];

		if (st->best.form != NULL && st->best.score > st->score)
			st->score = st->best.score;
		if (st->like.score > st->score)
			st->score = st->like.score;
	}
	qsort(r->standings, r->m->n_skills, sizeof(*r->standings), better_standing);
	return 0;
}
