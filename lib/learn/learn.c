/*
 * Examples in, a network out.
 */
#include "lib/learn/learn.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/learn/learn-internal.h"

#define NONE OG_LEARN_NONE

/* How often examples are gone through: few of them more often, within reason. */
#define ROUNDS	   10
#define ROUNDS_MAX 100
#define STEPS_MIN  20000
/* Of so many examples, what only one of them has is no loss. */
#define MANY 4000
/* A label must be said with this part of what is usual for examples. */
#define LIKE 0.31f
/* One example of nothing to so many of something. */
#define SILENCE 20

int og_learner_new(struct og_learner **ret, struct og_err *err)
{
	struct og_learner *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return og_fail_nomem(err);
	l->none = NONE;
	if (og_dictionary_init(&l->dictionary, err) < 0) {
		free(l);
		return -1;
	}
	*ret = l;
	return 0;
}

void og_learner_free(struct og_learner *l)
{
	if (l == NULL)
		return;
	og_layers_release(&l->layers);
	for (uint32_t i = 0; i < l->n_labels; i++)
		free(l->label[i]);
	og_dictionary_release(&l->dictionary);
	free(l->examples);
	free(l->terms);
	free(l);
}

size_t og_learner_labels(const struct og_learner *l)
{
	size_t n = 0;

	for (uint32_t i = 0; i < l->n_labels; i++)
		n += l->label[i] != NULL;
	return n;
}

/* Labels tend to come in a row: the last ones are looked at first. */
static uint32_t find_label(const struct og_learner *l, const char *label)
{
	for (uint32_t i = l->n_labels; i-- > 0;) {
		if (l->label[i] != NULL && strcmp(l->label[i], label) == 0)
			return i;
	}
	return NONE;
}

static int new_label(struct og_learner *l, const char *label, uint32_t *ret, struct og_err *err)
{
	char *copy = NULL;

	if (label != NULL && (*label == '\0' || strlen(label) > OG_LEARN_LABEL_MAX))
		return og_fail(err, OG_EDATA, "a label has 1 to %d bytes", OG_LEARN_LABEL_MAX);
	if (l->n_labels - (l->none != NONE) == OG_LEARN_LABELS_MAX && label != NULL)
		return og_fail(err, OG_EDATA, "more than %d labels", OG_LEARN_LABELS_MAX);
	if (label != NULL && (copy = strdup(label)) == NULL)
		return og_fail_nomem(err);
	*ret = l->n_labels++;
	l->label[*ret] = copy;
	return 0;
}

static int label_number(struct og_learner *l, const char *label, uint32_t *ret, struct og_err *err)
{
	uint32_t found = label != NULL ? find_label(l, label) : l->none;

	if (found == NONE && new_label(l, label, &found, err) < 0)
		return -1;
	if (label == NULL)
		l->none = found;
	*ret = found;
	return 0;
}

const char *og_learner_label(const struct og_learner *l, size_t i)
{
	for (uint32_t k = 0; k < l->n_labels; k++) {
		if (l->label[k] != NULL && i-- == 0)
			return l->label[k];
	}
	return NULL;
}

static int make_room(struct og_learner *l, size_t n_terms, struct og_err *err)
{
	if (l->n_examples == OG_LEARN_TEXTS_MAX)
		return og_fail(err, OG_EDATA, "more than %d examples", OG_LEARN_TEXTS_MAX);
	if (l->n_examples == l->cap_examples) {
		size_t cap = l->cap_examples == 0 ? 256 : l->cap_examples * 2;
		struct og_example *examples = reallocarray(l->examples, cap, sizeof(*examples));

		if (examples == NULL)
			return og_fail_nomem(err);
		l->examples = examples;
		l->cap_examples = cap;
	}
	if (l->n_terms + n_terms > l->cap_terms) {
		size_t cap = (l->n_terms + n_terms) * 2;
		struct og_term *terms = reallocarray(l->terms, cap, sizeof(*terms));

		if (terms == NULL)
			return og_fail_nomem(err);
		l->terms = terms;
		l->cap_terms = cap;
	}
	return 0;
}

int og_learner_add(struct og_learner *l, const char *label, const char *text, size_t len,
		   struct og_err *err)
{
	uint32_t number;

	if (l->trained)
		return og_fail(err, OG_EDATA, "examples come before the training");
	if (label_number(l, label, &number, err) < 0)
		return -1;
	og_grams_read(text, len, &l->scratch);
	if (make_room(l, l->scratch.n, err) < 0 ||
	    og_dictionary_add(&l->dictionary, &l->scratch, l->terms + l->n_terms, err) < 0)
		return -1;
	l->examples[l->n_examples++] = (struct og_example){ l->n_terms, l->scratch.n, number };
	l->n_terms += l->scratch.n;
	return 0;
}

/* Terms of one example are the bulk of the terms, and tell nothing. */
static int prune(struct og_learner *l, struct og_err *err)
{
	uint32_t *number = calloc(l->dictionary.n + 1, sizeof(*number));
	int rc;

	if (number == NULL)
		return og_fail_nomem(err);
	rc = og_dictionary_prune(&l->dictionary, number, err);
	for (size_t i = 0; rc == 0 && i < l->n_terms; i++) {
		if (!(l->terms[i].id & OG_TERM_UNKNOWN))
			l->terms[i].id = number[l->terms[i].id];
	}
	free(number);
	return rc;
}

/* All of them, and after each so many nothing at all: it fits no label. */
static size_t weigh_all(struct og_learner *l, struct og_lesson *lessons)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n_examples; i++) {
		const struct og_example *e = &l->examples[i];

		og_dictionary_weigh(&l->dictionary, l->terms + e->first, e->n);
		lessons[n++] = (struct og_lesson){ l->terms + e->first, e->n, e->label };
		if (i % SILENCE == 0)
			lessons[n++] = (struct og_lesson){ l->terms, 0, l->none };
	}
	return n;
}

static int by_value(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return x < y ? -1 : x > y;
}

/* With what an example's own label is said as a rule. */
static int set_threshold(struct og_learner *l, const struct og_lesson *lessons, size_t n_lessons,
			 struct og_err *err)
{
	float *usual = calloc(n_lessons, sizeof(*usual)), says[OG_NET_CLASSES], middle;
	size_t n = 0;

	if (usual == NULL)
		return og_fail_nomem(err);
	for (size_t i = 0; i < n_lessons; i++) {
		if (lessons[i].label == l->none)
			continue;
		og_layers_ask(&l->layers, lessons[i].terms, lessons[i].n, says);
		usual[n++] = says[lessons[i].label];
	}
	qsort(usual, n, sizeof(*usual), by_value);
	middle = fmaxf(usual[n / 2], 1e-3f);
	l->threshold = LIKE * middle;
	l->scale = (middle - l->threshold) / 4;
	free(usual);
	return 0;
}

static struct og_course course_for(size_t n)
{
	size_t rounds = STEPS_MIN / n;

	rounds = rounds < ROUNDS ? ROUNDS : rounds > ROUNDS_MAX ? ROUNDS_MAX : rounds;
	return (struct og_course){ rounds, 1, 0.05f };
}

static int learn(struct og_learner *l, struct og_lesson *lessons, struct og_err *err)
{
	const struct og_course course = course_for(l->n_examples);
	size_t n = weigh_all(l, lessons);

	if (og_layers_grow(&l->layers, l->dictionary.n, l->n_labels, err) < 0 ||
	    og_layers_learn(&l->layers, lessons, n, &course, err) < 0)
		return -1;
	return set_threshold(l, lessons, n, err);
}

int og_learner_train(struct og_learner *l, struct og_err *err)
{
	struct og_lesson *lessons;
	int rc;

	if (l->trained || og_learner_labels(l) == 0)
		return og_fail(err, OG_EDATA,
			       l->trained ? "it is trained" : "there is no example with a label");
	if (l->n_examples >= MANY && prune(l, err) < 0)
		return -1;
	if (l->none == NONE && new_label(l, NULL, &l->none, err) < 0)
		return -1;
	lessons = calloc(2 * l->n_examples, sizeof(*lessons));
	if (lessons == NULL)
		return og_fail_nomem(err);
	rc = learn(l, lessons, err);
	l->trained = 1;
	free(lessons);
	free(l->terms);
	free(l->examples);
	l->terms = NULL;
	l->examples = NULL;
	l->n_terms = l->cap_terms = l->n_examples = l->cap_examples = 0;
	return rc;
}
