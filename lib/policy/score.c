/* See score.h. */
#include "lib/policy/score.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/policy/store-internal.h"

#define K1	 1.2  /* how soon a word that comes again counts no more */
#define B	 0.75 /* how much long passages are held back */
#define DOCUMENT 0.5  /* what the whole document's score counts */

void og_scores_release(struct og_scores *scores)
{
	free(scores->seen);
	free(scores->of_passage);
	free(scores->of_document);
	memset(scores, 0, sizeof(*scores));
}

static int by_number(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* A filter in the terms of the index. */
struct sieve {
	int clearance, source; /* source -1: any */
	int64_t node;	       /* -1: any */
	const struct og_buf *without;
};

/* 0: it lets nothing through. */
static int make_sieve(const struct og_index *index, const struct og_policy_filter *filter,
		      const struct og_buf *without, struct sieve *ret)
{
	*ret = (struct sieve){ filter->clearance, -1, -1, without };
	if (filter->source && (ret->source = og_policy_source_number(filter->source)) < 0)
		return 0;
	return !filter->node || (ret->node = og_index_node(index, filter->node)) >= 0;
}

static int lets_through(const struct sieve *sieve, const struct og_index_document *document)
{
	if (document->clearance > sieve->clearance ||
	    (sieve->source >= 0 && document->source != sieve->source) ||
	    (sieve->node >= 0 && document->node != sieve->node))
		return 0;
	return sieve->without->len == 0 ||
	       !bsearch(&document->passage, sieve->without->data,
			sieve->without->len / sizeof(int64_t), sizeof(int64_t), by_number);
}

int og_scores_begin(struct og_scores *scores, struct og_index *index,
		    const struct og_policy_filter *filter, const struct og_buf *without,
		    struct og_err *err)
{
	const struct og_index_document *documents;
	struct sieve sieve;
	size_t n, passages;

	documents = og_index_documents(index, &n);
	og_index_passages(index, &passages);
	memset(scores, 0, sizeof(*scores));
	scores->index = index;
	scores->seen = calloc(n + 1, 1);
	scores->of_passage = calloc(passages + 1, sizeof(double));
	scores->of_document = calloc(n + 1, sizeof(double));
	if (!scores->seen || !scores->of_passage || !scores->of_document) {
		og_scores_release(scores);
		return og_fail_nomem(err);
	}
	n = make_sieve(index, filter, without, &sieve) ? n : 0;
	for (size_t i = 0; i < n; i++) {
		if (!lets_through(&sieve, &documents[i]))
			continue;
		scores->seen[i] = 1;
		scores->documents++;
		scores->passages += documents[i].n;
		scores->document_length += documents[i].length;
	}
	scores->passage_length = scores->document_length / fmax(scores->passages, 1);
	scores->document_length /= fmax(scores->documents, 1);
	return 0;
}

/* --- a word --------------------------------------------------------------------------- */

/* Hits of one document that may be seen. */
struct group {
	const struct og_index_hit *hits;
	size_t n;
	uint32_t document;
};

/* The next one in the list; 0 when there is none. Begin with zeros. */
static int next_group(const struct og_scores *scores, const struct og_index_list *list,
		      struct group *group)
{
	const struct og_index_hit *hit = group->hits ? group->hits + group->n : list->hits;
	const struct og_index_hit *end = list->hits + list->n;
	const struct og_index_passage *passages;
	const struct og_index_document *documents;
	size_t n;

	passages = og_index_passages(scores->index, &n);
	documents = og_index_documents(scores->index, &n);
	while (hit < end && !scores->seen[passages[hit->passage].document])
		hit++;
	if (hit >= end)
		return 0;
	group->hits = hit;
	group->document = passages[hit->passage].document;
	n = documents[group->document].first + documents[group->document].n;
	for (group->n = 1; hit + group->n < end && hit[group->n].passage < n;)
		group->n++;
	return 1;
}

static void count_groups(const struct og_scores *scores, const struct og_index_list *list,
			 double *passages, double *documents)
{
	struct group group = { .hits = NULL };

	*passages = *documents = 0;
	while (list->n > 0 && next_group(scores, list, &group)) {
		*passages += (double)group.n;
		(*documents)++;
	}
}

int og_scores_count(struct og_scores *scores, struct og_score_term *terms, size_t n,
		    struct og_err *err)
{
	for (size_t i = 0; i < n; i++) {
		struct og_index_list list;
		double documents;

		if (og_index_list(scores->index, terms[i].word, &list, err) < 0)
			return -1;
		count_groups(scores, &list, &terms[i].passages, &documents);
	}
	return 0;
}

/* --- scores --------------------------------------------------------------------------- */

static double idf(double all, double n)
{
	return log(1 + (all - n + 0.5) / (n + 0.5));
}

static double saturate(double times, double length, double mean)
{
	return times * (K1 + 1) / (times + K1 * (1 - B + B * length / (mean > 0 ? mean : 1)));
}

static void score_word(struct og_scores *scores, const struct og_index_list *list, double weight)
{
	const struct og_index_document *documents;
	const struct og_index_passage *all;
	struct group group = { .hits = NULL };
	double passages, with, rare, rare_document;
	size_t n;

	documents = og_index_documents(scores->index, &n);
	all = og_index_passages(scores->index, &n);
	count_groups(scores, list, &passages, &with);
	rare = weight * idf(scores->passages, passages);
	rare_document = weight * idf(scores->documents, with);
	while (list->n > 0 && next_group(scores, list, &group)) {
		double heading = 0, text = 0;

		for (size_t i = 0; i < group.n; i++) {
			const struct og_index_hit *hit = &group.hits[i];

			scores->of_passage[hit->passage] +=
				rare * saturate(OG_INDEX_HEADING * hit->heading + hit->text,
						all[hit->passage].length, scores->passage_length);
			/* Headings are the same from passage to passage. */
			heading = fmax(heading, hit->heading);
			text += hit->text;
		}
		scores->of_document[group.document] +=
			rare_document * saturate(OG_INDEX_HEADING * heading + text,
						 documents[group.document].length,
						 scores->document_length);
	}
}

int og_scores_of(struct og_scores *scores, const struct og_score_term *terms, size_t n,
		 struct og_err *err)
{
	size_t passages, documents;

	og_index_passages(scores->index, &passages);
	og_index_documents(scores->index, &documents);
	memset(scores->of_passage, 0, passages * sizeof(double));
	memset(scores->of_document, 0, documents * sizeof(double));
	for (size_t i = 0; i < n; i++) {
		struct og_index_list list;

		if (og_index_list(scores->index, terms[i].word, &list, err) < 0)
			return -1;
		score_word(scores, &list, terms[i].weight);
	}
	return 0;
}

void og_scores_offer(const struct og_scores *scores, int one_each, struct og_top *top)
{
	const struct og_index_document *documents;
	size_t n;

	documents = og_index_documents(scores->index, &n);
	for (size_t i = 0; i < n; i++) {
		double whole = DOCUMENT * scores->of_document[i];
		struct og_best best = { -1, 0 };

		for (size_t j = documents[i].first; j < documents[i].first + documents[i].n; j++) {
			double score = scores->of_passage[j];

			if (score <= 0)
				continue;
			if (!one_each)
				og_top_offer(top, (int64_t)j, whole + score);
			else if (score > best.score)
				best = (struct og_best){ (int64_t)j, score };
		}
		if (best.number >= 0)
			og_top_offer(top, best.number, whole + best.score);
	}
}
