/*
 * What a matcher learns from sentences: examples that a skill gives, which
 * need not be patterns. They are counted (lib/learn/counts.h), so a graph
 * that has changed is learned anew with the next sentence; the networks of
 * og-skill classify would take seconds for that.
 *
 * Patterns and descriptions are counted too, as evidence of which skill is
 * meant, but only an example can be what a sentence is like: a pattern says
 * itself how much of it must be there.
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

static int keep_example(struct og_matcher *m, size_t text, size_t skill, const json_t *item,
			struct og_err *err)
{
	struct og_example *examples;

	if (text == SIZE_MAX)
		return 0;
	if (text >= m->cap_examples) {
		size_t cap = (text + 32) * 2;

		examples = reallocarray(m->examples, cap, sizeof(*examples));
		if (examples == NULL)
			return og_fail_nomem(err);
		memset(examples + m->cap_examples, 0, (cap - m->cap_examples) * sizeof(*examples));
		m->examples = examples;
		m->cap_examples = cap;
	}
	m->examples[text].skill = skill;
	m->examples[text].line = (size_t)og_json_int(item, "line", 0);
	m->examples[text].text = strdup(og_json_str(item, "text"));
	return m->examples[text].text != NULL ? 0 : og_fail_nomem(err);
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
		if (og_counts_add(m->counts, skill, said, strlen(said), &text, err) < 0 ||
		    keep_example(m, text, skill, item, err) < 0)
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
	free(m->examples);
	og_counts_free(m->counts);
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

int og_ask_examples(const struct og_matcher *m, const struct og_words *words, struct og_liken *ret,
		    struct og_err *err)
{
	struct og_counted *counted;
	size_t best;

	for (size_t i = 0; i < m->n_skills; i++)
		ret[i] = (struct og_liken){ .score = 0 };
	if (m->n_examples == 0)
		return 0;
	counted = calloc(m->n_skills + 1, sizeof(*counted));
	if (counted == NULL)
		return og_fail_nomem(err);
	if (og_counts_ask(m->counts, words->text, words->text_len, counted, m->n_skills, err) < 0) {
		free(counted);
		return -1;
	}
	best = spoken_for(counted, m->n_skills);
	for (size_t i = 0; i < m->n_skills; i++) {
		const struct og_example *e =
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
