/*
 * Examples in, a committee of networks out. Each member is held away from
 * its part of the examples; what it says of them sets the threshold.
 */
#include "lib/learn/learn.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/learn/learn-internal.h"

#define MEMBERS OG_LEARN_MEMBERS
#define ENOUGH	50 /* recognised unseen; with fewer the rule has nothing to stand on */
#define NONE	UINT32_MAX
/* Examples that are all alike say nothing of what others may look like: the
 * threshold stays below this part of what is usual. */
#define ALIKE 0.4f

struct example {
	size_t first, n; /* of the terms */
	uint32_t label;	 /* NONE: fits none */
	uint8_t part;	 /* the member that does not see it */
};

struct og_learner {
	struct og_dictionary dictionary;
	size_t n_labels, n_examples, n_terms;
	size_t cap_examples, cap_terms;
	struct example *examples;
	struct og_term *terms; /* of all examples; none after training */
	char *label[OG_LEARN_LABELS_MAX];
	size_t count[OG_LEARN_LABELS_MAX + 1]; /* examples of each, last: of none */
	int trained;
	struct og_layers member[MEMBERS];
	float threshold; /* what the best label must be said with */
	float scale;	 /* how much more is sure */
	struct og_grams scratch;
};

/* What the members say of a sentence. */
struct opinion {
	uint32_t best, next; /* NONE: there is none */
	float best_says, next_says;
	float none_says; /* -INFINITY without examples of none */
};

int og_learner_new(struct og_learner **ret, struct og_err *err)
{
	struct og_learner *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return og_fail_nomem(err);
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
	for (size_t i = 0; i < MEMBERS; i++)
		og_layers_release(&l->member[i]);
	for (size_t i = 0; i < l->n_labels; i++)
		free(l->label[i]);
	og_dictionary_release(&l->dictionary);
	free(l->examples);
	free(l->terms);
	free(l);
}

size_t og_learner_labels(const struct og_learner *l)
{
	return l->n_labels;
}

/* Labels tend to come in a row: the last ones are looked at first. */
static int label_number(struct og_learner *l, const char *label, uint32_t *ret, struct og_err *err)
{
	for (size_t i = l->n_labels; i-- > 0;) {
		if (strcmp(l->label[i], label) == 0) {
			*ret = (uint32_t)i;
			return 0;
		}
	}
	if (*label == '\0' || strlen(label) > OG_LEARN_LABEL_MAX)
		return og_fail(err, OG_EDATA, "a label has 1 to %d bytes", OG_LEARN_LABEL_MAX);
	if (l->n_labels == OG_LEARN_LABELS_MAX)
		return og_fail(err, OG_EDATA, "more than %d labels", OG_LEARN_LABELS_MAX);
	l->label[l->n_labels] = strdup(label);
	if (l->label[l->n_labels] == NULL)
		return og_fail_nomem(err);
	*ret = (uint32_t)l->n_labels++;
	return 0;
}

static int make_room(struct og_learner *l, size_t n_terms, struct og_err *err)
{
	if (l->n_examples == OG_LEARN_TEXTS_MAX)
		return og_fail(err, OG_EDATA, "more than %d examples", OG_LEARN_TEXTS_MAX);
	if (l->n_examples == l->cap_examples) {
		size_t cap = l->cap_examples == 0 ? 256 : l->cap_examples * 2;
		struct example *examples = reallocarray(l->examples, cap, sizeof(*examples));

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
	struct example *e;
	uint32_t number = NONE;
	size_t *count;

	if (l->trained)
		return og_fail(err, OG_EDATA, "examples come before the training");
	if (label != NULL && label_number(l, label, &number, err) < 0)
		return -1;
	og_grams_read(text, len, &l->scratch);
	if (make_room(l, l->scratch.n, err) < 0 ||
	    og_dictionary_add(&l->dictionary, &l->scratch, l->terms + l->n_terms, err) < 0)
		return -1;
	count = &l->count[number == NONE ? OG_LEARN_LABELS_MAX : number];
	e = &l->examples[l->n_examples++];
	*e = (struct example){ l->n_terms, l->scratch.n, number, (uint8_t)(*count % MEMBERS) };
	*count += 1;
	l->n_terms += l->scratch.n;
	return 0;
}

static void form_opinion(const struct og_learner *l, const float *sums, struct opinion *ret)
{
	*ret = (struct opinion){ .best = NONE,
				 .next = NONE,
				 .best_says = -INFINITY,
				 .next_says = -INFINITY,
				 .none_says = -INFINITY };
	for (uint32_t c = 0; c < l->n_labels; c++) {
		if (sums[c] > ret->best_says) {
			ret->next = ret->best;
			ret->next_says = ret->best_says;
			ret->best = c;
			ret->best_says = sums[c];
		} else if (sums[c] > ret->next_says) {
			ret->next = c;
			ret->next_says = sums[c];
		}
	}
	if (l->count[OG_LEARN_LABELS_MAX] > 0)
		ret->none_says = sums[l->n_labels];
}

static int by_value(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return x < y ? -1 : x > y;
}

/* said: with what those were said that were recognised unseen. */
static void set_threshold(struct og_learner *l, float *said, size_t n)
{
	l->threshold = 0;
	l->scale = 1;
	if (n < ENOUGH)
		return;
	qsort(said, n, sizeof(*said), by_value);
	l->threshold = fminf(said[(size_t)((double)n * OG_LEARN_REFUSED)], ALIKE * said[n / 2]);
	l->scale = fmaxf((said[n / 2] - l->threshold) / 4, 1e-3f);
}

static void weigh_all(struct og_learner *l, struct og_lesson *lessons)
{
	for (size_t i = 0; i < l->n_examples; i++) {
		const struct example *e = &l->examples[i];

		og_dictionary_weigh(&l->dictionary, l->terms + e->first, e->n);
		lessons[i].terms = l->terms + e->first;
		lessons[i].n = e->n;
		lessons[i].label = e->label == NONE ? (uint32_t)l->n_labels : e->label;
	}
}

/* Trains one member; appends what it says, rightly, of what it never saw. */
static int train_member(struct og_learner *l, size_t m, struct og_lesson *lessons, float *said,
			size_t *n_said, struct og_err *err)
{
	struct og_layers *layers = &l->member[m];
	float sums[OG_NET_CLASSES];
	struct opinion opinion;

	for (size_t i = 0; i < l->n_examples; i++)
		lessons[i].held = l->examples[i].part == m;
	layers->n_terms = l->dictionary.n;
	layers->n_classes = l->n_labels + (l->count[OG_LEARN_LABELS_MAX] > 0);
	if (og_layers_train(layers, lessons, l->n_examples, (uint32_t)m, err) < 0)
		return -1;
	for (size_t i = 0; i < l->n_examples; i++) {
		if (!lessons[i].held || l->examples[i].label == NONE)
			continue;
		memset(sums, 0, sizeof(sums));
		og_layers_ask(layers, lessons[i].terms, lessons[i].n, sums);
		form_opinion(l, sums, &opinion);
		if (opinion.best == l->examples[i].label && opinion.none_says < opinion.best_says)
			said[(*n_said)++] = opinion.best_says;
	}
	return 0;
}

int og_learner_train(struct og_learner *l, struct og_err *err)
{
	struct og_lesson *lessons = calloc(l->n_examples + 1, sizeof(*lessons));
	float *said = calloc(l->n_examples + 1, sizeof(*said));
	size_t n_said = 0;
	int rc = -1;

	if (lessons == NULL || said == NULL) {
		og_fail_nomem(err);
		goto out;
	}
	if (l->trained || l->n_labels == 0) {
		og_fail(err, OG_EDATA,
			l->trained ? "it is trained" : "there is no example with a label");
		goto out;
	}
	l->trained = 1;
	weigh_all(l, lessons);
	for (size_t m = 0; m < MEMBERS; m++) {
		if (train_member(l, m, lessons, said, &n_said, err) < 0)
			goto out;
	}
	set_threshold(l, said, n_said);
	free(l->terms);
	free(l->examples);
	l->terms = NULL;
	l->examples = NULL;
	rc = 0;
out:
	free(said);
	free(lessons);
	return rc;
}

/* What a sentence is looked at with. Large, so nothing is cleared twice. */
struct question {
	struct og_grams grams;
	struct og_term terms[OG_GRAMS_MAX];
	float sums[OG_NET_CLASSES];
	float speaks[OG_GRAMS_MAX];
	double word[OG_GRAM_WORDS_MAX];
};

static int knows_any(const struct question *q)
{
	for (size_t i = 0; i < q->grams.n; i++) {
		if (!(q->terms[i].id & OG_TERM_UNKNOWN) && q->grams.g[i].kind == OG_GRAM_WORD)
			return 1;
	}
	return 0;
}

/* The question as terms. 0: there is nothing in it that is known. */
static int read_question(const struct og_learner *l, const char *text, size_t len,
			 struct question **ret, struct og_err *err)
{
	struct question *q;

	if (l->member[MEMBERS - 1].in == NULL)
		return og_fail(err, OG_EBUG, "a learner is asked before it is trained");
	q = malloc(sizeof(*q));
	if (q == NULL)
		return og_fail_nomem(err);
	og_grams_read(text, len, &q->grams);
	og_dictionary_find(&l->dictionary, &q->grams, q->terms);
	*ret = q;
	if (!knows_any(q))
		return 0;
	og_dictionary_weigh(&l->dictionary, q->terms, q->grams.n);
	return 1;
}

static double score_of(const struct og_learner *l, float says)
{
	return 1 / (1 + exp(-(double)(says - l->threshold) / (double)l->scale));
}

/* The members' mean. */
static void ask_members(const struct og_learner *l, struct question *q, struct opinion *ret)
{
	memset(q->sums, 0, sizeof(q->sums));
	for (size_t m = 0; m < MEMBERS; m++)
		og_layers_ask(&l->member[m], q->terms, q->grams.n, q->sums);
	for (size_t c = 0; c <= l->n_labels; c++)
		q->sums[c] /= MEMBERS;
	form_opinion(l, q->sums, ret);
	if (ret->none_says > ret->best_says) /* as far below as none is above */
		ret->best_says =
			fminf(ret->best_says, l->threshold) - (ret->none_says - ret->best_says);
}

int og_learner_ask(const struct og_learner *l, const char *text, size_t len, struct og_verdict *ret,
		   struct og_err *err)
{
	struct question *q = NULL;
	struct opinion o;
	int known = read_question(l, text, len, &q, err);

	if (known < 0)
		return -1;
	*ret = (struct og_verdict){ .nearest = l->label[0] };
	if (known) {
		ask_members(l, q, &o);
		ret->nearest = l->label[o.best];
		ret->score = score_of(l, o.best_says);
		ret->label = o.best_says >= l->threshold ? ret->nearest : NULL;
		if (o.next != NONE) {
			ret->next = l->label[o.next];
			ret->next_score = fmin(score_of(l, o.next_says), ret->score);
		}
	}
	free(q);
	return 0;
}

/* Gives each word the part of its grams; a pair's is halved. The sum of
 * what spoke for it. */
static double share_out(struct question *q)
{
	double sum = 0;

	memset(q->word, 0, sizeof(q->word));
	for (size_t i = 0; i < q->grams.n; i++) {
		const struct og_gram *g = &q->grams.g[i];

		q->word[g->from] += (double)q->speaks[i] / 2;
		q->word[g->to] += (double)q->speaks[i] / 2;
	}
	for (size_t i = 0; i < q->grams.n_words; i++)
		sum += q->word[i] > 0 ? q->word[i] : 0;
	return sum;
}

static size_t loudest(struct question *q, struct og_reason *ret)
{
	double sum = share_out(q);
	size_t n = 0;

	for (; n < OG_LEARN_REASONS; n++) {
		size_t best = 0;

		for (size_t i = 1; i < q->grams.n_words; i++)
			best = q->word[i] > q->word[best] ? i : best;
		if (q->word[best] <= 0)
			break;
		ret[n] = (struct og_reason){ q->grams.word[best].at, q->grams.word[best].len,
					     q->word[best] / sum };
		q->word[best] = 0;
	}
	return n;
}

int og_learner_explain(const struct og_learner *l, const char *text, size_t len,
		       struct og_reason ret[OG_LEARN_REASONS], size_t *ret_n, struct og_err *err)
{
	struct question *q = NULL;
	struct opinion o;
	int known = read_question(l, text, len, &q, err);

	if (known < 0)
		return -1;
	*ret_n = 0;
	if (known) {
		ask_members(l, q, &o);
		memset(q->speaks, 0, q->grams.n * sizeof(*q->speaks));
		for (size_t m = 0; m < MEMBERS; m++)
			og_layers_explain(&l->member[m], q->terms, q->grams.n, o.best,
					  o.next == NONE ? o.best : o.next, q->speaks);
		*ret_n = loudest(q, ret);
	}
	free(q);
	return 0;
}
