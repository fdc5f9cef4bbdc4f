/*
 * What ranking by words takes from FTS5: the tokens of a text as the index
 * makes them, and where a row has the phrases of a MATCH. What a score is
 * made of is not decided here.
 */
#ifndef OG_DB_FTS_H
#define OG_DB_FTS_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/db/db.h"

struct og_fts;

/* Makes og_hits() known to the connection, and opens the tokenizer "porter
 * unicode61", which the tables have. */
int og_fts_new(struct og_db *db, struct og_fts **ret, struct og_err *err);
void og_fts_free(struct og_fts *fts); /* before og_db_close() */

/* A token: folded and stemmed, not terminated; from and to are the bytes of
 * the text that it was made of. Non-zero ends the walk. */
typedef int og_fts_token_fn(void *arg, const char *token, size_t len, size_t from, size_t to);
/* 0, or what the callback ended it with; -1 with err when FTS5 failed. */
int og_fts_tokens(struct og_fts *fts, const char *text, size_t len, og_fts_token_fn *each,
		  void *arg, struct og_err *err);

/*
 * og_hits(TABLE), in a statement with MATCH on a table of two columns: a blob
 * with the tokens of both columns of the row and how often each phrase that
 * it has stands there. Phrases are counted from 0, as they stand in the
 * expression, at most OG_FTS_PHRASES of them; a count stops at 255.
 */
#define OG_FTS_PHRASES 64
struct og_fts_hit {
	unsigned char phrase;
	unsigned char first, second; /* times in each column */
};
struct og_fts_hits {
	uint32_t first, second; /* tokens of each column */
	size_t n;
	struct og_fts_hit hits[OG_FTS_PHRASES];
};
/* Reads the blob in a column of the row. 0, or -1 when it is none. */
int og_fts_hits_read(struct og_stmt *row, int column, struct og_fts_hits *ret);

#endif
