/* See terms.h. */
#include "lib/policy/terms.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"

#define SYNONYM_WEIGHT 0.4 /* of the word it stands for */

/* Lower case, in order. */
static const char *const common[] = {
	"a",	 "about", "after", "all",   "also",   "am",    "an",	"and",	  "any",   "are",
	"as",	 "at",	  "be",	   "been",  "before", "but",   "by",	"can",	  "could", "did",
	"do",	 "does",  "for",   "from",  "had",    "has",   "have",	"he",	  "her",   "his",
	"how",	 "i",	  "if",	   "in",    "into",   "is",    "it",	"its",	  "may",   "me",
	"might", "more",  "most",  "must",  "my",     "no",    "not",	"of",	  "on",	   "one",
	"only",	 "or",	  "our",   "out",   "over",   "shall", "she",	"should", "so",	   "some",
	"such",	 "than",  "that",  "the",   "their",  "them",  "then",	"there",  "these", "they",
	"this",	 "to",	  "too",   "under", "up",     "us",    "was",	"we",	  "were",  "what",
	"when",	 "where", "which", "while", "who",    "whom",  "whose", "why",	  "will",  "with",
	"would", "you",	  "your",
};

static int by_word(const void *a, const void *b)
{
	return strcmp(a, *(const char *const *)b);
}

int og_word_is_common(const char *word, size_t len)
{
	char lower[8];

	if (len >= sizeof(lower))
		return 0;
	for (size_t i = 0; i < len; i++)
		lower[i] = (char)og_ascii_lower((unsigned char)word[i]);
	lower[len] = '\0';
	return bsearch(lower, common, sizeof(common) / sizeof(*common), sizeof(*common), by_word) !=
	       NULL;
}

int og_terms_find(const struct og_terms *terms, const char *stem, size_t len)
{
	for (size_t i = 0; i < terms->n; i++)
		if (terms->term[i].stem[0] == *stem &&
		    strncmp(terms->term[i].stem, stem, len) == 0 && !terms->term[i].stem[len])
			return (int)i;
	return -1;
}

int og_terms_add(struct og_terms *terms, const struct og_term *term)
{
	int there = og_terms_find(terms, term->stem, strlen(term->stem));

	if (there >= 0)
		terms->term[there].weight += term->weight;
	else if (terms->n == OG_TERMS_MAX)
		return 0;
	else
		terms->term[terms->n++] = *term;
	return 1;
}

/* --- the words of a text ------------------------------------------------------------ */

struct reading {
	const char *text;
	struct og_terms *terms;
	size_t max;
	double weight;
	int with_common;
};

/* Takes the parts of a term; 0 when they are too long for one. */
static int make_term(struct og_term *term, const char *stem, size_t len, const char *word,
		     size_t word_len)
{
	if (len == 0 || len > OG_TERM_BYTES || word_len == 0 || word_len > OG_TERM_BYTES)
		return 0;
	memset(term, 0, sizeof(*term));
	memcpy(term->stem, stem, len);
	memcpy(term->word, word, word_len);
	return 1;
}

static int read_word(void *arg, const char *stem, size_t len, size_t from, size_t to)
{
	struct reading *reading = arg;
	struct og_term term;

	if (!reading->with_common && og_word_is_common(reading->text + from, to - from))
		return 0;
	if (!make_term(&term, stem, len, reading->text + from, to - from))
		return 0;
	term.weight = reading->weight;
	if (reading->terms->n < reading->max || og_terms_find(reading->terms, stem, len) >= 0)
		og_terms_add(reading->terms, &term);
	return 0;
}

/* --- what stands for them ------------------------------------------------------------- */

/* A query's own words keep their weight: one that stands for another as well
 * counts once. */
struct standing {
	const char *line;
	const struct og_terms *asked;
	struct og_terms *terms;
	double weight; /* 0: its first word is not asked for */
};

static int read_synonym(void *arg, const char *stem, size_t len, size_t from, size_t to)
{
	struct standing *standing = arg;
	struct og_term term;
	int at;

	if (from == 0) {
		at = og_terms_find(standing->asked, stem, len);
		standing->weight = at < 0 ? 0 : standing->asked->term[at].weight;
		return at < 0;
	}
	if (og_terms_find(standing->terms, stem, len) < 0 && standing->terms->n < OG_TERMS_QUERY &&
	    make_term(&term, stem, len, standing->line + from, to - from)) {
		term.weight = SYNONYM_WEIGHT * standing->weight;
		og_terms_add(standing->terms, &term);
	}
	return 0;
}

static int add_synonyms(struct og_fts *fts, struct og_terms *terms, struct og_err *err)
{
	const struct og_terms asked = *terms;

	for (const char *const *line = og_synonyms; *line; line++) {
		struct standing standing = { *line, &asked, terms, 0 };

		if (og_fts_tokens(fts, *line, strlen(*line), read_synonym, &standing, err) < 0)
			return -1;
	}
	return 0;
}

/* How much of a query is read: what comes after is no longer a question. */
#define QUERY_BYTES ((size_t)4096)
#define QUERY_TERMS 20

int og_terms_of(struct og_fts *fts, const char *query, struct og_terms *ret, struct og_err *err)
{
	struct reading reading = { query, ret, QUERY_TERMS, 1, 0 };
	size_t len = strnlen(query, QUERY_BYTES);

	/* Not in the middle of a character. */
	while (len == QUERY_BYTES && ((unsigned char)query[len] & 0xc0) == 0x80)
		len--;
	ret->n = 0;
	if (og_fts_tokens(fts, query, len, read_word, &reading, err) < 0)
		return -1;
	reading.with_common = 1;
	if (ret->n == 0 && og_fts_tokens(fts, query, len, read_word, &reading, err) < 0)
		return -1;
	return add_synonyms(fts, ret, err);
}
