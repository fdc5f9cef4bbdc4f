/*
 * What ranking by words reads of the store, held in memory: which passages
 * there are and how long they are, which of them have a word, and which
 * words a passage has. Each is read from erp.db when it is first asked for
 * and kept until the policies change, by whomever, or too much is held; so
 * the first search for a word costs a walk of its rows, and the next one
 * none. All of a search is inside one transaction.
 *
 * Nothing here is filtered: passages above a clearance are in it, and whoever
 * counts leaves them out (score.h). Numbers of words depend on what was
 * asked before: no order and no sum may follow them.
 */
#ifndef OG_POLICY_INDEX_H
#define OG_POLICY_INDEX_H

#include "lib/base/buf.h"
#include "lib/db/fts.h"

/* Passages of one policy follow each other; all of them can be seen, or none. */
struct og_index_document {
	int64_t passage;   /* number of its first one; ascending */
	uint32_t first, n; /* its passages, in the order of all */
	uint32_t length;   /* of all of them, as below */
	uint32_t node;	   /* og_index_node() */
	unsigned char clearance;
	signed char source; /* og_policy_source_number() */
};

/* Tokens, those of the heading as often as they count. */
#define OG_INDEX_HEADING 3
struct og_index_passage {
	uint32_t document, length;
};

struct og_index_hit {
	uint32_t passage;	     /* in the order of all */
	unsigned char heading, text; /* times; a count stops at 255 */
};
struct og_index_list {
	const struct og_index_hit *hits; /* in order of passages */
	size_t n;
};

/* The words of a passage's text but those that every text holds, each once,
 * as they first stand there. */
struct og_index_word_times {
	uint32_t word, times;
};
struct og_index_text {
	size_t n;
	struct og_index_word_times words[];
};

struct og_index;
int og_index_new(struct og_db *db, struct og_fts *fts, struct og_index **ret, struct og_err *err);
void og_index_free(struct og_index *index); /* before the database is closed */

/* Begins a search among the passages of a node, NULL: all; those of other
 * nodes may be there, too. What is found below is valid until the next one
 * begins; lists until the next list. */
int og_index_begin(struct og_index *index, const char *node, struct og_err *err);
/* What a node is known by among the documents; -1: by nothing. */
int64_t og_index_node(const struct og_index *index, const char *node);

const struct og_index_document *og_index_documents(const struct og_index *index, size_t *ret_n);
const struct og_index_passage *og_index_passages(const struct og_index *index, size_t *ret_n);
/* The number that a passage has in the database, and the way back, when it
 * is one of them (-1). */
int64_t og_index_number(const struct og_index *index, uint32_t passage);
int64_t og_index_place(const struct og_index *index, int64_t number);

/* The number of a word: of its stem; word is one that has it. -1: no memory. */
int64_t og_index_word(struct og_index *index, const char *stem, const char *word);
const char *og_index_stem(const struct og_index *index, uint32_t word);
const char *og_index_spelt(const struct og_index *index, uint32_t word);
size_t og_index_words(const struct og_index *index); /* numbers are below it */

/* Who has the word. */
int og_index_list(struct og_index *index, uint32_t word, struct og_index_list *ret,
		  struct og_err *err);
/* What the passage holds; NULL with err. */
const struct og_index_text *og_index_text(struct og_index *index, uint32_t passage,
					  struct og_err *err);

/* What is in memory, in bytes: never more than OG_INDEX_HELD besides what
 * one search needs, and some bytes a passage. */
#define OG_INDEX_HELD ((size_t)64 << 20)
size_t og_index_held(const struct og_index *index);

#endif
