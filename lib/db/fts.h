/*
 * What ranking by words takes from FTS5: the tokens of a text as the index
 * makes them, and which rows have a token. What a score is made of is not
 * decided here.
 */
#ifndef OG_DB_FTS_H
#define OG_DB_FTS_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/db/db.h"

struct og_fts;

/* Makes og_rows() known to the connection, and opens the tokenizer "porter
 * unicode61", which the tables have. What words it has stemmed it remembers,
 * some thousands of them. */
int og_fts_new(struct og_db *db, struct og_fts **ret, struct og_err *err);
void og_fts_free(struct og_fts *fts); /* before og_db_close() */

/* A token: folded and stemmed, not terminated; from and to are the bytes of
 * the text that it was made of. Non-zero ends the walk. */
typedef int og_fts_token_fn(void *arg, const char *token, size_t len, size_t from, size_t to);
/* 0, or what the callback ended it with; -1 with err when FTS5 failed. */
int og_fts_tokens(struct og_fts *fts, const char *text, size_t len, og_fts_token_fn *each,
		  void *arg, struct og_err *err);

/*
 * The rows of a table of two columns that have a token, in order of their
 * numbers, and how often each column has it (a count stops at 255). word is
 * one token of the table's tokenizer, as it stands in texts, not folded or
 * stemmed; any text is legal, one of several tokens is looked for as they
 * follow each other. sql is a statement "SELECT og_rows(TABLE) FROM TABLE
 * WHERE TABLE MATCH ?1 LIMIT 1", prepared after og_fts_new().
 */
typedef int og_fts_row_fn(void *arg, int64_t row, unsigned first, unsigned second);
/* 0, or what the callback ended it with; -1. */
int og_fts_rows(struct og_fts *fts, struct og_stmt *sql, const char *word, og_fts_row_fn *each,
		void *arg, struct og_err *err);

#endif
