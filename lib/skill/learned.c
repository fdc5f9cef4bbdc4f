/*
 * What a matcher knows from sentences: examples that a skill gives, which
 * need not be patterns. They are counted (lib/learn/counts.h), so that a
 * graph that has changed is learned anew with the next sentence; or, where
 * there are many, asked of a learner that was trained on them (trained.c).
 *
 * Patterns and descriptions are evidence of which skill is meant, too, but
 * only an example can be what a sentence is like: a pattern says itself how
 * much of it must be there.
 */
#include "lib/skill/match-internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* As near as this to an example, a skill is meant: where it gives few, and
 * where it gives so many that whoever means it would have to say something
 * near to one of them. Of CLINC150 with 100 examples each 0.85 is accepted
 * and right, and 0.66 of what fits nothing refused. */
#define LIKE_FEW  0.45
#define LIKE_MANY 0.30
#define MANY	  100
#define SURE	  0.95 /* what is said in the very words of an example gets */
#define EVIDENCE  8.0  /* of likeness, against the log odds of the words */
#define REASONS	  6

static int make_room(struct og_matcher *m, size_t text, struct og_err *err)
{
	struct og_known_example *examples;
	size_t cap = (text + 32) * 2;

	if (text < m->cap_examples)
		return 0;
	examples = reallocarray(m->examples, cap, sizeof(*examples));
	if (examples == NULL)
		return og_fail_nomem(err);
	memset(examples + m->cap_examples, 0, (cap - m->cap_examples) * sizeof(*examples));
	m->examples = examples;
	m->cap_examples = cap;
	return 0;
}

/* Its words get numbers, which are kept with it. */
static int number_words(struct og_matcher *m, struct og_known_example *e, struct og_err *err)
{
	struct og_words *words = malloc(sizeof(*words));
	int rc = 0;

	if (words == NULL)
		return og_fail_nomem(err);
	og_words_split(e->text, strlen(e->text), words);
	e->ids = calloc(words->n + 1, sizeof(*e->ids));
	for (size_t i = 0; e->ids != NULL && i < words->n && rc == 0; i++) {
		if (words->w[i].kind != OG_WORD || words->w[i].stop)
			continue;
		e->ids[e->n_ids] = og_vocabulary_add(m->vocabulary, words->w[i].stem, e->skill);
		rc = e->ids[e->n_ids++] != 0 ? 0 : -1;
	}
	rc = e->ids == NULL || rc < 0 ? og_fail_nomem(err) : 0;
	free(words);
	return rc;
}

static int keep_example(struct og_matcher *m, size_t text, size_t skill, const json_t *item,
			struct og_err *err)
{
	struct og_known_example *e;

	if (make_room(m, text, err) < 0)
		return -1;
	e = &m->examples[text];
	e->skill = skill;
	e->line = (size_t)og_json_int(item, "line", 0);
	e->text = strdup(og_json_str(item, "text"));
	return e->text != NULL ? number_words(m, e, err) : og_fail_nomem(err);
}

static int count_text(struct og_matcher *m, size_t skill, const char *text, size_t *ret,
		      struct og_err *err)
{
	*ret = m->n_texts < OG_COUNTS_TEXTS_MAX ? m->n_texts : SIZE_MAX;
	if (*ret != SIZE_MAX)
		m->n_texts++;
	return m->learner != NULL ? 0
				  : og_counts_add(m->counts, skill, text, strlen(text), ret, err);
}

int og_learn_text(struct og_matcher *m, size_t skill, const char *text, struct og_err *err)
{
	size_t ignored;

	return count_text(m, skill, text, &ignored, err);
}

int og_learn_examples(struct og_matcher *m, size_t skill, const json_t *examples,
		      struct og_err *err)
{
	json_t *item;
	size_t i, text;

	json_array_foreach(examples, i, item)
	{
		const char *said = og_json_str(item, "text");

		if (said == NULL)
			return og_fail(err, OG_EDATA, "an example has no text");
		if (count_text(m, skill, said, &text, err) < 0 ||
		    (text != SIZE_MAX && keep_example(m, text, skill, item, err) < 0))
			return -1;
		m->skills[skill].n_examples++;
		m->n_examples++;
	}
	return 0;
}

void og_forget_examples(struct og_matcher *m)
{
	for (size_t i = 0; i < m->cap_examples; i++)
		free(m->examples[i].text);
	for (size_t i = 0; i < m->cap_examples; i++)
		free(m->examples[i].ids);
	free(m->examples);
	og_counts_free(m->counts);
	og_learner_free(m->learner);
}

static double score_of(double likeness, size_t n_examples)
{
	double many = fmin((double)n_examples / MANY, 1);
	double like = LIKE_FEW + (LIKE_MANY - LIKE_FEW) * many;

	if (likeness < like)
		return OG_MATCH_THRESHOLD * likeness / like;
	return OG_MATCH_THRESHOLD +
	       (SURE - OG_MATCH_THRESHOLD) * (fmin(likeness, 1) - like) / (1 - like);
}

/* The skill that the words and the examples together speak for. */
static size_t spoken_for(const struct og_counted *counted, size_t n)
{
	size_t best = 0;

	for (size_t i = 1; i < n; i++) {
		if (counted[i].evidence + EVIDENCE * counted[i].likeness >
		    counted[best].evidence + EVIDENCE * counted[best].likeness)
			best = i;
	}
	return best;
}

static int ask_counts(const struct og_matcher *m, const struct og_words *words,
		      struct og_liken *ret, struct og_err *err)
{
	struct og_counted *counted = calloc(m->n_skills + 1, sizeof(*counted));
	size_t best;

	if (counted == NULL)
		return og_fail_nomem(err);
	if (og_counts_ask(m->counts, words->text, words->text_len, counted, m->n_skills, err) < 0) {
		free(counted);
		return -1;
	}
	best = spoken_for(counted, m->n_skills);
	for (size_t i = 0; i < m->n_skills; i++) {
		const struct og_known_example *e =
			counted[i].text < m->cap_examples ? &m->examples[counted[i].text] : NULL;

		if (e == NULL || e->text == NULL)
			continue;
		ret[i].example = e;
		ret[i].score = score_of(counted[i].likeness, m->skills[i].n_examples);
		if (i != best && ret[i].score >= OG_MATCH_THRESHOLD)
			ret[i].score = OG_MATCH_THRESHOLD - 0.001;
	}
	free(counted);
	return 0;
}

static int has_word(const struct og_sentence *s, uint32_t id, double *ret_weight)
{
	for (size_t j = 0; j < s->words.n; j++) {
		if (s->id[j] == id) {
			*ret_weight = s->weight[j];
			return 1;
		}
	}
	return 0;
}

/* The skill's example that has most of the sentence's words, and little else. */
static const struct og_known_example *nearest_example(const struct og_matcher *m,
						      const struct og_sentence *s, size_t skill)
{
	const struct og_known_example *best = NULL;
	double most = -1, weight;

	for (size_t i = 0; i < m->cap_examples; i++) {
		const struct og_known_example *e = &m->examples[i];
		double shared = 0;

		if (e->text == NULL || e->skill != skill)
			continue;
		for (size_t k = 0; k < e->n_ids; k++)
			shared += has_word(s, e->ids[k], &weight) ? weight : 0;
		shared /= sqrt((double)e->n_ids + 1);
		if (shared > most) {
			most = shared;
			best = e;
		}
	}
	return best;
}

static size_t skill_called(const struct og_matcher *m, const char *name)
{
	for (size_t i = 0; i < m->n_skills; i++) {
		if (strcmp(m->skills[i].name, name) == 0)
			return i;
	}
	return SIZE_MAX;
}

static void like_label(const struct og_matcher *m, const struct og_sentence *s, const char *label,
		       double score, struct og_liken *ret)
{
	size_t skill = label != NULL ? skill_called(m, label) : SIZE_MAX;

	if (skill == SIZE_MAX || m->skills[skill].n_examples == 0)
		return;
	ret[skill].example = nearest_example(m, s, skill);
	ret[skill].score = score;
}

/* What was said in so many words is no better than a pattern that fits. */
static int ask_learner(const struct og_matcher *m, const struct og_sentence *s,
		       struct og_liken *ret, struct og_err *err)
{
	struct og_labelled v;

	if (og_learner_ask(m->learner, s->words.text, s->words.text_len, &v, err) < 0)
		return -1;
	like_label(m, s, v.next, fmin(v.next_score, OG_MATCH_THRESHOLD - 0.001), ret);
	like_label(m, s, v.nearest,
		   v.label != NULL ? fmin(v.score, SURE)
				   : fmin(v.score, OG_MATCH_THRESHOLD - 0.001),
		   ret);
	return 0;
}

int og_ask_examples(const struct og_matcher *m, const struct og_sentence *s, struct og_liken *ret,
		    struct og_err *err)
{
	for (size_t i = 0; i < m->n_skills; i++)
		ret[i] = (struct og_liken){ .score = 0 };
	if (m->n_examples == 0)
		return 0;
	return m->learner != NULL ? ask_learner(m, s, ret, err)
				  : ask_counts(m, &s->words, ret, err);
}

json_t *og_match_reasons(const struct og_matcher *m, const struct og_sentence *s)
{
	struct og_reason reason[OG_LEARN_REASONS];
	json_t *list = json_array();
	struct og_err err = OG_ERR_INIT;
	size_t n = 0;

	if (og_learner_explain(m->learner, s->words.text, s->words.text_len, reason, &n, &err) < 0)
		n = 0;
	for (size_t i = 0; list != NULL && i < n; i++)
		json_array_append_new(list,
				      json_pack("{s:s%,s:o}", "word", s->words.text + reason[i].at,
						reason[i].len, "share",
						json_real(round(reason[i].share * 1000) / 1000)));
	og_err_clear(&err);
	return list;
}

static int knows(const struct og_matcher *m, uint32_t id, size_t skill)
{
	size_t n = 0;
	const uint32_t *skills = id != 0 ? og_vocabulary_skills(m->vocabulary, id, &n) : NULL;

	for (size_t i = 0; i < n; i++) {
		if (skills[i] == skill)
			return 1;
	}
	return 0;
}

json_t *og_match_words(const struct og_matcher *m, const struct og_sentence *s, size_t skill)
{
	json_t *list = json_array();
	unsigned char taken[OG_WORDS_MAX] = { 0 };
	double all = 0;

	for (size_t j = 0; j < s->words.n; j++)
		all += knows(m, s->id[j], skill) ? s->weight[j] : 0;
	for (size_t k = 0; list != NULL && k < REASONS; k++) {
		size_t best = SIZE_MAX;

		for (size_t j = 0; j < s->words.n; j++) {
			if (!taken[j] && knows(m, s->id[j], skill) &&
			    (best == SIZE_MAX || s->weight[j] > s->weight[best]))
				best = j;
		}
		if (best == SIZE_MAX)
			break;
		taken[best] = 1;
		json_array_append_new(
			list, json_pack("{s:s%,s:o}", "word", s->words.text + s->words.w[best].at,
					s->words.w[best].len, "share",
					json_real(round(s->weight[best] / all * 1000) / 1000)));
	}
	return list;
}
