/* See hits.h. */
#include "lib/policy/hits.h"

#include <math.h>
#include <string.h>

#define HITS_MAX ((size_t)256 << 20) /* bytes */
#define HEADING	 3		     /* a word in a heading counts like so many */
#define K1	 1.2		     /* how soon a word that comes again counts no more */
#define B	 0.75		     /* how much long passages are held back */
#define DOCUMENT 0.5		     /* what the whole document's score counts */

void og_hits_init(struct og_hits *hits)
{
	memset(hits, 0, sizeof(*hits));
	og_buf_init(&hits->rows, HITS_MAX);
	og_buf_init(&hits->hits, HITS_MAX);
}

void og_hits_release(struct og_hits *hits)
{
	og_buf_release(&hits->rows);
	og_buf_release(&hits->hits);
}

int og_hits_add(struct og_hits *hits, int64_t passage, int64_t policy,
		const struct og_fts_hits *found, struct og_err *err)
{
	const struct og_hits_row row = { passage, policy,
					 (float)(HEADING * found->first + found->second),
					 (uint32_t)found->n };

	og_buf_add(&hits->rows, &row, sizeof(row));
	og_buf_add(&hits->hits, found->hits, found->n * sizeof(found->hits[0]));
	if (og_buf_check(&hits->rows, "passages that match", err) < 0 ||
	    og_buf_check(&hits->hits, "passages that match", err) < 0)
		return -1;
	for (size_t i = 0; i < found->n; i++)
		hits->df[found->hits[i].phrase]++;
	hits->n++;
	return 0;
}

double og_hits_idf(double all, double n)
{
	return log(1 + (all - n + 0.5) / (n + 0.5));
}

static double weigh(double times, double length, double mean)
{
	return times * (K1 + 1) / (times + K1 * (1 - B + B * length / (mean > 0 ? mean : 1)));
}

/* --- documents -------------------------------------------------------------------- */

/* Passages of one policy, taken together. */
struct group {
	const struct og_hits_row *row;
	const struct og_fts_hit *hit;
	size_t n, n_hits;
	double length;
	double heading[OG_TERMS_MAX], text[OG_TERMS_MAX];
};

/* What all of them come to. */
struct whole {
	double n, length;      /* of policies */
	double passage_length; /* of passages */
	size_t df[OG_TERMS_MAX];
};

/* The next group; 0 when there is none. Begin with zeros. */
static int next_group(const struct og_hits *hits, struct group *group)
{
	const struct og_hits_row *rows = (const struct og_hits_row *)(const void *)hits->rows.data;
	const struct og_fts_hit *all = (const struct og_fts_hit *)(const void *)hits->hits.data;
	const struct og_hits_row *row = group->row ? group->row + group->n : rows;
	const struct og_fts_hit *hit = group->row ? group->hit + group->n_hits : all;

	if (hits->n == 0 || row == rows + hits->n)
		return 0;
	memset(group, 0, sizeof(*group));
	group->row = row;
	group->hit = hit;
	while (row + group->n < rows + hits->n && row[group->n].policy == row->policy) {
		for (uint32_t i = 0; i < row[group->n].n; i++, hit++) {
			/* Headings are the same from passage to passage. */
			group->heading[hit->phrase] = fmax(group->heading[hit->phrase], hit->first);
			group->text[hit->phrase] += hit->second;
		}
		group->n_hits += row[group->n].n;
		group->length += (double)row[group->n++].length;
	}
	return 1;
}

static void measure(const struct og_hits *hits, struct whole *ret)
{
	struct group group = { .row = NULL };

	memset(ret, 0, sizeof(*ret));
	while (next_group(hits, &group)) {
		ret->n++;
		ret->length += group.length;
		for (size_t i = 0; i < OG_TERMS_MAX; i++)
			ret->df[i] += group.heading[i] + group.text[i] > 0;
	}
	if (ret->n > 0) {
		ret->passage_length = ret->length / (double)hits->n;
		ret->length /= ret->n;
	}
}

static double document_score(const struct group *group, const struct whole *whole,
			     const struct og_terms *terms)
{
	double score = 0;

	for (size_t i = 0; i < terms->n; i++) {
		double times = HEADING * group->heading[i] + group->text[i];

		if (times > 0)
			score += terms->term[i].weight *
				 og_hits_idf(whole->n, (double)whole->df[i]) *
				 weigh(times, group->length, whole->length);
	}
	return score;
}

static double passage_score(const struct og_hits *hits, const struct og_hits_row *row,
			    const struct og_fts_hit *hit, const struct whole *whole,
			    const struct og_terms *terms)
{
	double score = 0;

	for (uint32_t i = 0; i < row->n; i++) {
		size_t term = hit[i].phrase;

		score += terms->term[term].weight *
			 og_hits_idf(hits->passages, (double)hits->df[term]) *
			 weigh(HEADING * hit[i].first + hit[i].second, (double)row->length,
			       whole->passage_length);
	}
	return score;
}

void og_hits_score(const struct og_hits *hits, const struct og_terms *terms, int one_each,
		   struct og_top *top)
{
	struct group group = { .row = NULL };
	struct whole whole;

	measure(hits, &whole);
	while (next_group(hits, &group)) {
		double document = DOCUMENT * document_score(&group, &whole, terms);
		const struct og_fts_hit *hit = group.hit;
		struct og_best best = { 0, -1 };

		for (size_t i = 0; i < group.n; hit += group.row[i++].n) {
			double score = passage_score(hits, &group.row[i], hit, &whole, terms);

			if (!one_each)
				og_top_offer(top, group.row[i].passage, document + score);
			else if (score > best.score)
				best = (struct og_best){ group.row[i].passage, score };
		}
		if (one_each)
			og_top_offer(top, best.number, document + best.score);
	}
}
