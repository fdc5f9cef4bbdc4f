/* See index.h. og_sizes has a row for each active policy: where its passages
 * are and how long, so that all of them are known without reading one. */
#include "lib/policy/index.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/policy/store-internal.h"
#include "lib/policy/words.h"

#define PASSAGES_MAX ((size_t)512 << 20) /* bytes */
#define NODE_MAX     64			 /* bytes of a name, as og_policy_check() has it */
#define HEIGHT	     4			 /* bytes of a passage in og_sizes */

struct list {
	struct og_index_hit *hits;
	size_t n;
	int there;
};

struct og_index {
	struct og_db *db;
	struct og_fts *fts;
	struct og_stmt *stamp, *all, *of_node, *rows, *text; /* prepared at their first use */
	int64_t seen;					     /* the stamp of what is held */
	int filled, whole;				     /* 0: nothing is held; every node */
	char node[NODE_MAX + 1];			     /* else this one */
	struct og_buf documents, passages;
	struct og_words nodes, words;
	struct list *lists; /* of each word that has room there */
	size_t n_lists;
	struct og_index_text **texts; /* of each passage, or NULL */
	size_t held;		      /* bytes of lists and texts */
};

int og_index_new(struct og_db *db, struct og_fts *fts, struct og_index **ret, struct og_err *err)
{
	struct og_index *index = calloc(1, sizeof(*index));

	if (!index)
		return og_fail_nomem(err);
	index->db = db;
	index->fts = fts;
	og_buf_init(&index->documents, PASSAGES_MAX);
	og_buf_init(&index->passages, PASSAGES_MAX);
	og_words_init(&index->words);
	*ret = index;
	return 0;
}

const struct og_index_document *og_index_documents(const struct og_index *index, size_t *ret_n)
{
	*ret_n = index->documents.len / sizeof(struct og_index_document);
	return (const struct og_index_document *)(const void *)index->documents.data;
}

const struct og_index_passage *og_index_passages(const struct og_index *index, size_t *ret_n)
{
	*ret_n = index->passages.len / sizeof(struct og_index_passage);
	return (const struct og_index_passage *)(const void *)index->passages.data;
}

/* --- what is held --------------------------------------------------------------------- */

static void drop_lists(struct og_index *index)
{
	for (size_t i = 0; i < index->n_lists; i++) {
		index->held -= index->lists[i].n * sizeof(struct og_index_hit);
		free(index->lists[i].hits);
		index->lists[i] = (struct list){ NULL, 0, 0 };
	}
}

/* Everything but the passages. */
static void drop_words(struct og_index *index)
{
	size_t n;

	drop_lists(index);
	free(index->lists);
	index->lists = NULL;
	index->n_lists = 0;
	og_index_passages(index, &n);
	for (size_t i = 0; index->texts && i < n; i++) {
		free(index->texts[i]);
		index->texts[i] = NULL;
	}
	og_words_clear(&index->words);
	index->held = 0;
}

static void drop_all(struct og_index *index)
{
	drop_words(index);
	free(index->texts);
	index->texts = NULL;
	og_words_clear(&index->nodes);
	og_buf_release(&index->documents);
	og_buf_release(&index->passages);
	og_buf_init(&index->documents, PASSAGES_MAX);
	og_buf_init(&index->passages, PASSAGES_MAX);
	index->filled = 0;
}

void og_index_free(struct og_index *index)
{
	if (!index)
		return;
	drop_all(index);
	og_words_release(&index->nodes);
	og_words_release(&index->words);
	og_stmt_free(index->stamp);
	og_stmt_free(index->all);
	og_stmt_free(index->of_node);
	og_stmt_free(index->rows);
	og_stmt_free(index->text);
	free(index);
}

size_t og_index_held(const struct og_index *index)
{
	return index->held + og_words_held(&index->words);
}

static struct og_stmt *prepared(struct og_index *index, struct og_stmt **stmt, const char *sql,
				struct og_err *err)
{
	if (!*stmt && og_stmt_new(index->db, sql, stmt, err) < 0)
		return NULL;
	return *stmt;
}

/* --- passages ------------------------------------------------------------------------- */

/* A number out of two bytes, the low one first. */
static uint32_t size_at(const unsigned char *sizes)
{
	return (uint32_t)sizes[0] | (uint32_t)sizes[1] << 8;
}

/* Columns of og_sizes. */
enum { FIRST, CLEARANCE, NODE, SOURCE, SIZES };
#define SIZES_SQL "SELECT first, clearance, node, source, sizes FROM og_sizes "

static int add_document(struct og_index *index, struct og_stmt *row, struct og_err *err)
{
	const unsigned char *sizes = og_col_blob(row, SIZES);
	const char *name = og_col_text(row, NODE);
	int64_t node = og_words_take(&index->nodes, name, strlen(name), "", 0);
	struct og_index_document document = {
		.passage = og_col_int(row, FIRST),
		.n = (uint32_t)(og_col_len(row, SIZES) / HEIGHT),
		.clearance = (unsigned char)og_col_int(row, CLEARANCE),
		.source = (signed char)og_policy_source_number(og_col_text(row, SOURCE)),
	};
	struct og_index_passage passage;
	size_t documents, passages;

	if (node < 0)
		return og_fail_nomem(err);
	og_index_documents(index, &documents);
	og_index_passages(index, &passages);
	document.node = (uint32_t)node;
	document.first = (uint32_t)passages;
	passage.document = (uint32_t)documents;
	for (uint32_t i = 0; i < document.n; i++, sizes += HEIGHT) {
		passage.length = OG_INDEX_HEADING * size_at(sizes) + size_at(sizes + 2);
		document.length += passage.length;
		og_buf_add(&index->passages, &passage, sizeof(passage));
	}
	og_buf_add(&index->documents, &document, sizeof(document));
	if (og_buf_check(&index->documents, "policies", err) < 0)
		return -1;
	return og_buf_check(&index->passages, "passages", err);
}

static int fill(struct og_index *index, const char *node, struct og_err *err)
{
	struct og_stmt *stmt = node ? prepared(index, &index->of_node,
					       SIZES_SQL "WHERE node = ?1 ORDER BY first", err)
				    : prepared(index, &index->all, SIZES_SQL "ORDER BY first", err);
	size_t n;
	int more;

	if (!stmt)
		return -1;
	if (node)
		og_bind_text(stmt, 1, node);
	while ((more = og_stmt_step(stmt, err)) > 0)
		if (add_document(index, stmt, err) < 0) {
			og_stmt_reset(stmt);
			return -1;
		}
	if (more < 0)
		return -1;
	og_index_passages(index, &n);
	index->texts = calloc(n + 1, sizeof(*index->texts));
	return index->texts ? 0 : og_fail_nomem(err);
}

/* What the policies were stamped with when they last changed; 0: never. */
static int read_stamp(struct og_index *index, int64_t *ret, struct og_err *err)
{
	struct og_stmt *stmt =
		prepared(index, &index->stamp,
			 "SELECT value FROM og_counter WHERE name = 'policy-stamp'", err);
	int there;

	if (!stmt)
		return -1;
	there = og_stmt_step(stmt, err);
	*ret = there > 0 ? og_col_int(stmt, 0) : 0;
	og_stmt_reset(stmt);
	return there < 0 ? -1 : 0;
}

/* Is what is held enough for this node, or for all? */
static int holds(const struct og_index *index, const char *node)
{
	return index->whole || (node && strcmp(index->node, node) == 0);
}

int og_index_begin(struct og_index *index, const char *node, struct og_err *err)
{
	int64_t stamp = 0;

	if (node && strlen(node) > NODE_MAX)
		node = ""; /* none has that name, or this one */
	if (read_stamp(index, &stamp, err) < 0)
		return -1;
	if (og_index_held(index) > OG_INDEX_HELD)
		drop_words(index);
	if (index->filled && index->seen == stamp && holds(index, node))
		return 0;
	drop_all(index);
	if (fill(index, node, err) < 0) {
		drop_all(index);
		return -1;
	}
	index->filled = 1;
	index->seen = stamp;
	index->whole = node == NULL;
	snprintf(index->node, sizeof(index->node), "%s", node ? node : "");
	return 0;
}

int64_t og_index_node(const struct og_index *index, const char *node)
{
	return og_words_find(&index->nodes, node, strlen(node));
}

int64_t og_index_number(const struct og_index *index, uint32_t passage)
{
	const struct og_index_document *documents;
	const struct og_index_passage *passages;
	size_t n;

	documents = og_index_documents(index, &n);
	passages = og_index_passages(index, &n);
	documents += passages[passage].document;
	return documents->passage + (passage - documents->first);
}

int64_t og_index_place(const struct og_index *index, int64_t number)
{
	const struct og_index_document *documents;
	size_t n, low = 0, high;

	documents = og_index_documents(index, &n);
	for (high = n; low < high;) {
		size_t middle = low + (high - low) / 2;

		if (documents[middle].passage <= number)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0 || number - documents[low - 1].passage >= documents[low - 1].n)
		return -1;
	return documents[low - 1].first + (number - documents[low - 1].passage);
}

/* --- words ---------------------------------------------------------------------------- */

int64_t og_index_word(struct og_index *index, const char *stem, const char *word)
{
	return og_words_take(&index->words, stem, strlen(stem), word, strlen(word));
}

const char *og_index_stem(const struct og_index *index, uint32_t word)
{
	return og_words_stem(&index->words, word);
}

const char *og_index_spelt(const struct og_index *index, uint32_t word)
{
	return og_words_spelt(&index->words, word);
}

size_t og_index_words(const struct og_index *index)
{
	return og_words_count(&index->words);
}

/* Hits as they come: rows ascend, as documents do. */
struct collecting {
	const struct og_index_document *documents;
	size_t n, at; /* documents, and the one that was hit last */
	struct og_buf hits;
};

static int collect(void *arg, int64_t number, unsigned heading, unsigned text)
{
	struct collecting *c = arg;
	struct og_index_hit hit = { 0, (unsigned char)heading, (unsigned char)text };

	while (c->at < c->n && number - c->documents[c->at].passage >= c->documents[c->at].n)
		c->at++;
	if (c->at == c->n || number < c->documents[c->at].passage)
		return c->at == c->n;
	hit.passage = c->documents[c->at].first + (uint32_t)(number - c->documents[c->at].passage);
	return og_buf_add(&c->hits, &hit, sizeof(hit)) < 0;
}

static int read_list(struct og_index *index, uint32_t word, struct list *list, struct og_err *err)
{
	struct og_stmt *stmt = prepared(index, &index->rows,
					"SELECT og_rows(og_passage_fts) FROM og_passage_fts "
					"WHERE og_passage_fts MATCH ?1 LIMIT 1",
					err);
	struct collecting c = { .at = 0 };
	int rc;

	if (!stmt)
		return -1;
	c.documents = og_index_documents(index, &c.n);
	og_buf_init(&c.hits, PASSAGES_MAX);
	rc = og_fts_rows(index->fts, stmt, og_index_spelt(index, word), collect, &c, err);
	if (rc < 0 || og_buf_check(&c.hits, "passages that match", err) < 0) {
		og_buf_release(&c.hits);
		return -1;
	}
	list->there = 1;
	list->n = c.hits.len / sizeof(struct og_index_hit);
	index->held += c.hits.len;
	list->hits = list->n ? (struct og_index_hit *)(void *)og_buf_take(&c.hits) : NULL;
	og_buf_release(&c.hits);
	return 0;
}

/* Room for the lists of all words there are, and of some more. */
static int make_room(struct og_index *index, uint32_t word, struct og_err *err)
{
	size_t n = index->n_lists ? index->n_lists : 256;
	struct list *lists;

	if (word < index->n_lists)
		return 0;
	while (n <= word)
		n *= 2;
	lists = realloc(index->lists, n * sizeof(*lists));
	if (!lists)
		return og_fail_nomem(err);
	memset(lists + index->n_lists, 0, (n - index->n_lists) * sizeof(*lists));
	index->lists = lists;
	index->n_lists = n;
	return 0;
}

int og_index_list(struct og_index *index, uint32_t word, struct og_index_list *ret,
		  struct og_err *err)
{
	if (make_room(index, word, err) < 0)
		return -1;
	if (!index->lists[word].there) {
		if (og_index_held(index) > OG_INDEX_HELD)
			drop_lists(index);
		if (read_list(index, word, &index->lists[word], err) < 0)
			return -1;
	}
	*ret = (struct og_index_list){ index->lists[word].hits, index->lists[word].n };
	return 0;
}

/* --- texts ---------------------------------------------------------------------------- */

static int read_text(struct og_index *index, int64_t number, struct og_word_counter *counter,
		     struct og_err *err)
{
	struct og_stmt *stmt =
		prepared(index, &index->text, "SELECT text FROM og_passage WHERE id = ?1", err);
	int there;

	if (!stmt)
		return -1;
	og_bind_int(stmt, 1, number);
	there = og_stmt_step(stmt, err);
	if (there > 0)
		there = og_words_read(counter, index->fts, og_col_text(stmt, 0),
				      og_col_len(stmt, 0), err);
	og_stmt_reset(stmt);
	return there;
}

const struct og_index_text *og_index_text(struct og_index *index, uint32_t passage,
					  struct og_err *err)
{
	struct og_word_counter counter;
	struct og_index_text *text = NULL;
	size_t bytes;

	if (index->texts[passage])
		return index->texts[passage];
	og_words_count_from(&index->words, &counter);
	if (read_text(index, og_index_number(index, passage), &counter, err) == 0) {
		bytes = counter.n * sizeof(struct og_index_word_times);
		text = malloc(sizeof(*text) + bytes);
		if (text) {
			text->n = counter.n;
			memcpy(text->words, counter.words, bytes);
			index->texts[passage] = text;
			index->held += sizeof(*text) + bytes;
		} else
			og_fail_nomem(err);
	}
	return text;
}
