/*
 * A query as an expression of FTS5: its words quoted, joined by OR, so
 * that no operator of that language can be written by the asker. Words
 * that every document holds only blur the ranking and are left out, unless
 * there is nothing else.
 */
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/text.h"
#include "lib/policy/store-internal.h"

#define QUERY_WORDS 32

/* Lower case. */
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

static int is_word_byte(unsigned char c)
{
	return c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z');
}

static int is_common(const char *word, size_t len)
{
	char lower[16];

	if (len >= sizeof(lower))
		return 0;
	for (size_t i = 0; i < len; i++)
		lower[i] = (char)og_ascii_lower((unsigned char)word[i]);
	lower[len] = '\0';
	for (size_t i = 0; i < sizeof(common) / sizeof(*common); i++)
		if (strcmp(common[i], lower) == 0)
			return 1;
	return 0;
}

/* Adds the words of the query; how many there were. */
static int add_words(const char *query, int with_common, struct og_buf *out)
{
	int words = 0;

	while (*query && words < QUERY_WORDS) {
		const char *start;

		while (*query && !is_word_byte((unsigned char)*query))
			query++;
		start = query;
		while (is_word_byte((unsigned char)*query))
			query++;
		if (query == start || (!with_common && is_common(start, (size_t)(query - start))))
			continue;
		og_buf_adds(out, words++ ? " OR \"" : "\"");
		og_buf_add(out, start, (size_t)(query - start));
		og_buf_addc(out, '"');
	}
	return words;
}

int og_policy_match_expression(const char *query, struct og_buf *out)
{
	if (add_words(query, 0, out) == 0)
		add_words(query, 1, out);
	return out->failed ? -1 : 0;
}
