/* See fts.h. */
#include "lib/db/fts.h"

#include <stdlib.h>
#include <string.h>

#include "lib/db/db-internal.h"

#define COLUMNS 2
#define HEAD	(COLUMNS * sizeof(uint32_t))
#define BLOB	(HEAD + OG_FTS_PHRASES * sizeof(struct og_fts_hit))

struct og_fts {
	fts5_tokenizer tokenizer;
	Fts5Tokenizer *handle;
};

static void count(unsigned char *times)
{
	if (*times < 255)
		(*times)++;
}

/* Counts one phrase of the row. An FTS5 result code. */
static int count_phrase(const Fts5ExtensionApi *api, Fts5Context *row, int phrase,
			struct og_fts_hit *hit)
{
	Fts5PhraseIter at;
	int column, offset, rc;

	*hit = (struct og_fts_hit){ (unsigned char)phrase, 0, 0 };
	for (rc = api->xPhraseFirst(row, phrase, &at, &column, &offset);
	     rc == SQLITE_OK && column >= 0; api->xPhraseNext(row, &at, &column, &offset))
		count(column == 0 ? &hit->first : &hit->second);
	return rc;
}

static int fill(const Fts5ExtensionApi *api, Fts5Context *row, unsigned char *blob, size_t *len)
{
	int phrases = api->xPhraseCount(row), rc = SQLITE_OK;
	uint32_t sizes[COLUMNS] = { 0, 0 };

	for (int i = 0; i < COLUMNS && rc == SQLITE_OK; i++) {
		int size = 0;

		rc = api->xColumnSize(row, i, &size);
		sizes[i] = (uint32_t)size;
	}
	memcpy(blob, sizes, HEAD);
	*len = HEAD;
	for (int i = 0; i < phrases && i < OG_FTS_PHRASES && rc == SQLITE_OK; i++) {
		struct og_fts_hit hit;

		rc = count_phrase(api, row, i, &hit);
		if (rc != SQLITE_OK || hit.first + hit.second == 0)
			continue;
		memcpy(blob + *len, &hit, sizeof(hit));
		*len += sizeof(hit);
	}
	return rc;
}

static void hits(const Fts5ExtensionApi *api, Fts5Context *row, sqlite3_context *result, int n,
		 sqlite3_value **values)
{
	unsigned char blob[BLOB];
	size_t len = 0;
	int rc;

	(void)values;
	if (n != 0 || api->xColumnCount(row) != COLUMNS) {
		sqlite3_result_error(result, "og_hits: not a table of two columns", -1);
		return;
	}
	rc = fill(api, row, blob, &len);
	if (rc == SQLITE_OK)
		sqlite3_result_blob(result, blob, (int)len, SQLITE_TRANSIENT);
	else
		sqlite3_result_error_code(result, rc);
}

int og_fts_hits_read(struct og_stmt *row, int column, struct og_fts_hits *ret)
{
	const unsigned char *blob = og_col_blob(row, column);
	size_t len = og_col_len(row, column);
	uint32_t sizes[COLUMNS];

	if (!blob || len < HEAD || len > BLOB || (len - HEAD) % sizeof(struct og_fts_hit) != 0)
		return -1;
	memcpy(sizes, blob, HEAD);
	ret->first = sizes[0];
	ret->second = sizes[1];
	ret->n = (len - HEAD) / sizeof(struct og_fts_hit);
	memcpy(ret->hits, blob + HEAD, len - HEAD);
	return 0;
}

/* The interface of FTS5, as its documentation says to get it. */
static int api_of(struct og_db *db, fts5_api **ret, struct og_err *err)
{
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(db->handle, "SELECT fts5(?1)", -1, &stmt, NULL);

	*ret = NULL;
	if (rc == SQLITE_OK) {
		sqlite3_bind_pointer(stmt, 1, ret, "fts5_api_ptr", NULL);
		sqlite3_step(stmt);
		rc = sqlite3_finalize(stmt);
	}
	if (rc != SQLITE_OK)
		return og_db_fail(db, rc, "ask for FTS5 of", err);
	return *ret ? 0 : og_fail(err, OG_EBUG, "SQLite has no FTS5");
}

static int open_tokenizer(struct og_db *db, fts5_api *api, struct og_fts *fts, struct og_err *err)
{
	const char *args[] = { "unicode61" };
	void *user = NULL;
	int rc = api->xFindTokenizer(api, "porter", &user, &fts->tokenizer);

	if (rc == SQLITE_OK)
		rc = fts->tokenizer.xCreate(user, args, 1, &fts->handle);
	return rc == SQLITE_OK ? 0 : og_db_fail(db, rc, "open the tokenizer of", err);
}

int og_fts_new(struct og_db *db, struct og_fts **ret, struct og_err *err)
{
	struct og_fts *fts = calloc(1, sizeof(*fts));
	fts5_api *api;
	int rc;

	if (!fts)
		return og_fail_nomem(err);
	if (api_of(db, &api, err) < 0 || open_tokenizer(db, api, fts, err) < 0) {
		og_fts_free(fts);
		return -1;
	}
	rc = api->xCreateFunction(api, "og_hits", NULL, hits, NULL);
	if (rc != SQLITE_OK) {
		og_fts_free(fts);
		return og_db_fail(db, rc, "add a function to", err);
	}
	*ret = fts;
	return 0;
}

void og_fts_free(struct og_fts *fts)
{
	if (!fts)
		return;
	if (fts->handle)
		fts->tokenizer.xDelete(fts->handle);
	free(fts);
}

struct walk {
	og_fts_token_fn *each;
	void *arg;
	int ended; /* what the callback said */
};

static int on_token(void *arg, int flags, const char *token, int len, int from, int to)
{
	struct walk *walk = arg;

	(void)flags;
	walk->ended = walk->each(walk->arg, token, (size_t)len, (size_t)from, (size_t)to);
	return walk->ended ? SQLITE_DONE : SQLITE_OK;
}

int og_fts_tokens(struct og_fts *fts, const char *text, size_t len, og_fts_token_fn *each,
		  void *arg, struct og_err *err)
{
	struct walk walk = { each, arg, 0 };
	int rc = fts->tokenizer.xTokenize(fts->handle, &walk, FTS5_TOKENIZE_AUX, text, (int)len,
					  on_token);

	if (walk.ended)
		return walk.ended;
	if (rc == SQLITE_NOMEM)
		return og_fail_nomem(err);
	return rc == SQLITE_OK ? 0 : og_fail(err, OG_EBUG, "cannot read the words of a text");
}
