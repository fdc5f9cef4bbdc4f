/* See fts.h. */
#include "lib/db/fts.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/db/db-internal.h"

#define COLUMNS	   2
#define EXPRESSION 512 /* bytes of one */

/* A word of plain letters and digits, and what the tokenizer made of it. */
#define KNOWN	    4096 /* a power of two */
#define KNOWN_BYTES 30
struct known {
	unsigned char word_len, stem_len; /* 0: none */
	char word[KNOWN_BYTES], stem[KNOWN_BYTES];
};

struct walk {
	og_fts_token_fn *each;
	og_fts_row_fn *row;
	void *arg;
	int ended;   /* what the callback said */
	size_t from; /* of what is read, in the text */
};

struct og_fts {
	fts5_tokenizer tokenizer;
	Fts5Tokenizer *handle;
	struct walk *rows; /* while og_rows() runs */
	struct known known[KNOWN];
};

/* --- rows --------------------------------------------------------------------------- */

static int count_row(const Fts5ExtensionApi *api, Fts5Context *row, void *arg)
{
	struct walk *walk = arg;
	unsigned times[COLUMNS] = { 0, 0 };
	Fts5PhraseIter at;
	int column, offset, rc;

	for (rc = api->xPhraseFirst(row, 0, &at, &column, &offset); rc == SQLITE_OK && column >= 0;
	     api->xPhraseNext(row, &at, &column, &offset))
		if (column < COLUMNS && times[column] < 255)
			times[column]++;
	if (rc != SQLITE_OK)
		return rc;
	walk->ended = walk->row(walk->arg, api->xRowid(row), times[0], times[1]);
	return walk->ended ? SQLITE_DONE : SQLITE_OK;
}

static void rows(const Fts5ExtensionApi *api, Fts5Context *row, sqlite3_context *result, int n,
		 sqlite3_value **values)
{
	const struct og_fts *fts = api->xUserData(row);
	int rc;

	(void)values;
	if (n != 0 || api->xColumnCount(row) != COLUMNS || !fts->rows) {
		sqlite3_result_error(result, "og_rows: not asked as it is to be", -1);
		return;
	}
	rc = api->xQueryPhrase(row, 0, fts->rows, count_row);
	if (rc != SQLITE_OK && rc != SQLITE_DONE)
		sqlite3_result_error_code(result, rc);
}

/* A word as a phrase: between quotes, its own doubled. */
static int phrase(const char *word, struct og_buf *out, struct og_err *err)
{
	og_buf_addc(out, '"');
	for (; *word; word++) {
		og_buf_addc(out, *word);
		if (*word == '"')
			og_buf_addc(out, '"');
	}
	og_buf_addc(out, '"');
	return og_buf_check(out, "word", err);
}

int og_fts_rows(struct og_fts *fts, struct og_stmt *sql, const char *word, og_fts_row_fn *each,
		void *arg, struct og_err *err)
{
	struct walk walk = { .row = each, .arg = arg };
	struct og_buf expression;
	int rc;

	og_buf_init(&expression, EXPRESSION);
	rc = phrase(word, &expression, err);
	if (rc == 0) {
		og_bind_textn(sql, 1, expression.data, expression.len);
		fts->rows = &walk;
		rc = og_stmt_step(sql, err);
		fts->rows = NULL;
		og_stmt_reset(sql);
	}
	og_buf_release(&expression);
	return rc < 0 ? -1 : walk.ended;
}

/* --- the connection ------------------------------------------------------------------ */

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
	rc = api->xCreateFunction(api, "og_rows", fts, rows, NULL);
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

/* --- tokens ------------------------------------------------------------------------- */

static int on_token(void *arg, int flags, const char *token, int len, int from, int to)
{
	struct walk *walk = arg;

	(void)flags;
	walk->ended = walk->each(walk->arg, token, (size_t)len, walk->from + (size_t)from,
				 walk->from + (size_t)to);
	return walk->ended ? SQLITE_DONE : SQLITE_OK;
}

static int tokenize(struct og_fts *fts, const char *text, size_t len, struct walk *walk,
		    struct og_err *err)
{
	int rc = fts->tokenizer.xTokenize(fts->handle, walk, FTS5_TOKENIZE_AUX, text, (int)len,
					  on_token);

	if (walk->ended || rc == SQLITE_OK)
		return walk->ended;
	if (rc == SQLITE_NOMEM)
		return og_fail_nomem(err);
	return og_fail(err, OG_EBUG, "cannot read the words of a text");
}

struct stem {
	struct known *known;
	int tokens;
};

static int take_stem(void *arg, const char *token, size_t len, size_t from, size_t to)
{
	struct stem *stem = arg;

	(void)from;
	(void)to;
	stem->tokens++;
	if (len > 0 && len <= KNOWN_BYTES) {
		memcpy(stem->known->stem, token, len);
		stem->known->stem_len = (unsigned char)len;
	}
	return 0;
}

/* What a short word of letters and digits alone is known by; NULL with err.
 * stem_len is 0 when it is not remembered. */
static const struct known *know(struct og_fts *fts, const char *word, size_t len, uint32_t hash,
				struct og_err *err)
{
	struct known *known = &fts->known[(hash ^ hash >> 15) & (KNOWN - 1)];
	struct stem stem = { known, 0 };
	struct walk walk = { .each = take_stem, .arg = &stem };

	if (known->word_len == len && memcmp(known->word, word, len) == 0)
		return known;
	memset(known, 0, sizeof(*known));
	if (tokenize(fts, word, len, &walk, err) < 0)
		return NULL;
	if (stem.tokens != 1)
		known->stem_len = 0;
	memcpy(known->word, word, len);
	known->word_len = (unsigned char)len;
	return known;
}

static int is_plain(unsigned char c)
{
	return (unsigned char)((c | 32) - 'a') < 26 || (unsigned char)(c - '0') < 10;
}

/* A run of letters and digits, and of bytes above ASCII: the tokenizer ends
 * a token at every other one, so that a text can be read run by run. */
static int read_run(struct og_fts *fts, const char *text, size_t *end, struct walk *walk,
		    struct og_err *err)
{
	const char *run = text + walk->from;
	size_t left = *end - walk->from, len = 0;
	const struct known *known;
	uint32_t hash = 2166136261u;
	int plain = 1;

	for (; len < left; len++) {
		unsigned char c = (unsigned char)run[len];

		if (c >= 0x80)
			plain = 0;
		else if (!is_plain(c))
			break;
		hash = (hash ^ c) * 16777619u;
	}
	*end = walk->from + len;
	if (!plain || len > KNOWN_BYTES)
		return tokenize(fts, run, len, walk, err);
	known = know(fts, run, len, hash, err);
	if (!known)
		return -1;
	if (known->stem_len == 0)
		return tokenize(fts, run, len, walk, err);
	return walk->each(walk->arg, known->stem, known->stem_len, walk->from, walk->from + len);
}

int og_fts_tokens(struct og_fts *fts, const char *text, size_t len, og_fts_token_fn *each,
		  void *arg, struct og_err *err)
{
	struct walk walk = { .each = each, .arg = arg };
	size_t end;
	int rc = 0;

	for (size_t at = 0; rc == 0 && at < len; at = end) {
		end = at + 1;
		if ((unsigned char)text[at] < 0x80 && !is_plain((unsigned char)text[at]))
			continue;
		walk.from = at;
		end = len;
		rc = read_run(fts, text, &end, &walk, err);
	}
	return rc;
}
