/*
 * Embeddings: their stored form, the store, rankings and their fusion. The
 * store is the embedded one, on a database made of our schema.
 */
#include "lib/vector/vector.h"

#include <math.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "tests/unit/unit.h"

struct house {
	char path[64];
	struct og_db *db;
	struct og_vectors *vectors;
};

static int open_house(struct house *h)
{
	struct og_err err = OG_ERR_INIT;
	struct og_buf sql;
	int rc;

	snprintf(h->path, sizeof(h->path), "/tmp/og-vector.%ld.db", (long)getpid());
	unlink(h->path);
	og_buf_init(&sql, 1 << 20);
	rc = OG_CHECK_OK(og_file_read("share/schema/system.sql", "schema", &sql, &err), &err) &&
	     OG_CHECK_OK(og_db_open(h->path, OG_DB_CREATE, &h->db, &err), &err) &&
	     OG_CHECK_OK(og_db_exec(h->db, sql.data, &err), &err) &&
	     OG_CHECK_OK(og_vectors_new(h->db, &h->vectors, &err), &err);
	og_buf_release(&sql);
	return rc;
}

static void close_house(struct house *h)
{
	static const char *const ends[] = { "", "-wal", "-shm" };
	char file[80];

	og_vectors_free(h->vectors);
	og_db_close(h->db);
	for (size_t i = 0; i < 3; i++) {
		snprintf(file, sizeof(file), "%s%s", h->path, ends[i]);
		unlink(file);
	}
}

/* Encodes and decodes; the code, OG_OK when it is a vector. */
static int through(const float *values, size_t n, struct og_vector *ret)
{
	struct og_err err = OG_ERR_INIT;
	struct og_buf text;

	og_buf_init(&text, 1 << 20);
	OG_CHECK_OK(og_vector_encode(values, n, &text, &err), &err);
	og_vector_decode(text.data ? text.data : "", text.len, ret, &err);
	og_buf_release(&text);
	return err.code;
}

static void a_vector_has_length_one(void)
{
	const float values[] = { 3, 0, -4 };
	struct og_vector vector = { NULL, 0 };

	OG_CHECK_INT(through(values, 3, &vector), OG_OK);
	if (!OG_CHECK_INT(vector.n, 3))
		return;
	OG_CHECK(fabs((double)vector.values[0] - 0.6) < 1e-6);
	OG_CHECK(fabs((double)vector.values[2] + 0.8) < 1e-6);
	OG_CHECK(fabs(og_vector_cosine(vector.values, vector.values, 3) - 1) < 1e-6);
	og_vector_release(&vector);
}

static void what_is_no_vector_is_refused(void)
{
	const float nothing[] = { 0, 0 }, endless[] = { 1, INFINITY }, none[] = { NAN };
	static const char *const texts[] = { "", "AAA=", "AAAA", "!", "AAAAAAA" };
	struct og_vector vector = { NULL, 0 };

	OG_CHECK_INT(through(nothing, 2, &vector), OG_EDATA);
	OG_CHECK_INT(through(endless, 2, &vector), OG_EDATA);
	OG_CHECK_INT(through(none, 1, &vector), OG_EDATA);
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct og_err err = OG_ERR_INIT;

		OG_CHECK(og_vector_decode(texts[i], strlen(texts[i]), &vector, &err) < 0);
		OG_CHECK_INT(err.code, OG_EDATA);
	}
	OG_CHECK(vector.values == NULL);
}

static void one_that_is_too_long_is_refused(void)
{
	float *values = calloc(OG_VECTOR_DIMENSION_MAX + 1, sizeof(*values));
	struct og_vector vector = { NULL, 0 };

	if (!OG_CHECK(values != NULL))
		return;
	values[0] = 1;
	OG_CHECK_INT(through(values, OG_VECTOR_DIMENSION_MAX + 1, &vector), OG_EDATA);
	OG_CHECK_INT(through(values, OG_VECTOR_DIMENSION_MAX, &vector), OG_OK);
	og_vector_release(&vector);
	free(values);
}

/* The plain sum, term by term. */
static void the_cosine_is_that_of_the_terms(void)
{
	for (size_t n = 1; n < 40; n++) {
		float a[40], b[40];
		double sum = 0;

		for (size_t i = 0; i < n; i++) {
			a[i] = (float)((int)((i * 7 + n) % 11) - 5);
			b[i] = (float)((int)((i * 5 + 3) % 13) - 6);
			sum += (double)a[i] * (double)b[i];
		}
		OG_CHECK(fabs(og_vector_cosine(a, b, n) - sum) < 1e-4);
	}
}

static int put(struct house *h, const char *model, enum og_vector_task task, const char *digest,
	       float first, size_t n)
{
	const struct og_vector_key key = { model, 0 };
	struct og_err err = OG_ERR_INIT;
	float values[8] = { first, 1 };
	const struct og_vector vector = { values, n };

	og_vectors_put(h->vectors, &key, task, digest, &vector, &err);
	return err.code;
}

static double get(struct house *h, const char *model, enum og_vector_task task, const char *digest)
{
	const struct og_vector_key key = { model, 0 };
	struct og_err err = OG_ERR_INIT;
	struct og_vector vector = { NULL, 0 };
	double first = -1;

	if (og_vectors_get(h->vectors, &key, task, digest, &vector, &err) == 1)
		first = (double)vector.values[0];
	og_vector_release(&vector);
	return first;
}

static void what_is_kept_is_found_by_all_of_its_key(void)
{
	struct house h = { .db = NULL };

	if (open_house(&h)) {
		OG_CHECK_INT(put(&h, "m", OG_VECTOR_DOCUMENT, "aa", 2, 4), OG_OK);
		OG_CHECK_INT(put(&h, "m", OG_VECTOR_QUERY, "aa", 3, 4), OG_OK);
		OG_CHECK_INT(put(&h, "other", OG_VECTOR_DOCUMENT, "aa", 4, 8), OG_OK);
		OG_CHECK(get(&h, "m", OG_VECTOR_DOCUMENT, "aa") == 2);
		OG_CHECK(get(&h, "m", OG_VECTOR_QUERY, "aa") == 3);
		OG_CHECK(get(&h, "other", OG_VECTOR_DOCUMENT, "aa") == 4);
		OG_CHECK(get(&h, "m", OG_VECTOR_DOCUMENT, "bb") == -1);
		OG_CHECK_INT(put(&h, "m", OG_VECTOR_DOCUMENT, "aa", 5, 4), OG_OK);
		OG_CHECK(get(&h, "m", OG_VECTOR_DOCUMENT, "aa") == 5);
	}
	close_house(&h);
}

static void vectors_of_two_widths_are_not_mixed(void)
{
	struct house h = { .db = NULL };

	if (open_house(&h)) {
		OG_CHECK_INT(put(&h, "m", OG_VECTOR_DOCUMENT, "aa", 2, 4), OG_OK);
		OG_CHECK_INT(put(&h, "m", OG_VECTOR_DOCUMENT, "bb", 2, 5), OG_EDATA);
		OG_CHECK_INT(put(&h, "m", OG_VECTOR_QUERY, "cc", 2, 5), OG_EDATA);
		OG_CHECK(get(&h, "m", OG_VECTOR_DOCUMENT, "bb") == -1);
	}
	close_house(&h);
}

/* Anybody may search; what is put for a search decides nothing about the
 * documents, and is not kept before there are any. */
static void a_query_does_not_set_the_width(void)
{
	struct og_err err = OG_ERR_INIT;
	struct house h = { .db = NULL };
	int64_t n = -1;

	if (open_house(&h)) {
		OG_CHECK_INT(put(&h, "m", OG_VECTOR_QUERY, "qq", 2, 1), OG_OK);
		OG_CHECK_OK(og_db_int(h.db, "SELECT count(*) FROM og_vector", &n, &err), &err);
		OG_CHECK_INT(n, 0);
		OG_CHECK_INT(put(&h, "m", OG_VECTOR_DOCUMENT, "aa", 2, 4), OG_OK);
		OG_CHECK_INT(put(&h, "m", OG_VECTOR_QUERY, "qq", 2, 4), OG_OK);
		OG_CHECK(get(&h, "m", OG_VECTOR_QUERY, "qq") == 2);
	}
	close_house(&h);
}

/* The ten thousandth query finds room; documents stay. */
static void queries_do_not_fill_the_store(void)
{
	struct og_err err = OG_ERR_INIT;
	struct house h = { .db = NULL };
	int64_t n = 0;
	char digest[32];

	if (open_house(&h)) {
		OG_CHECK_INT(put(&h, "m", OG_VECTOR_DOCUMENT, "aa", 2, 4), OG_OK);
		OG_CHECK_OK(og_db_exec(h.db,
				       "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 "
				       "FROM c WHERE i < 10000) INSERT INTO "
				       "og_vector(model, dimension, task, digest, vector) "
				       "SELECT 'm', 0, 'query', 'q' || i, zeroblob(16) FROM c",
				       &err),
			    &err);
		snprintf(digest, sizeof(digest), "new");
		OG_CHECK_INT(put(&h, "m", OG_VECTOR_QUERY, digest, 7, 4), OG_OK);
		OG_CHECK_OK(og_db_int(h.db, "SELECT count(*) FROM og_vector", &n, &err), &err);
		OG_CHECK_INT(n, 2);
		OG_CHECK(get(&h, "m", OG_VECTOR_QUERY, digest) == 7);
		OG_CHECK(get(&h, "m", OG_VECTOR_DOCUMENT, "aa") == 2);
	}
	close_house(&h);
}

static void the_best_come_first_and_the_rest_not_at_all(void)
{
	static const double scores[] = { 0.5, 0.9, 0.1, 0.9, 0.7, -1 };
	struct og_best room[3];
	struct og_top top = { room, 3, 0 };

	for (size_t i = 0; i < 6; i++)
		og_top_offer(&top, (int64_t)i, scores[i]);
	OG_CHECK_INT(top.n, 3);
	OG_CHECK_INT(room[0].number, 1);
	OG_CHECK_INT(room[1].number, 3);
	OG_CHECK_INT(room[2].number, 4);
	top = (struct og_top){ room, 0, 0 };
	og_top_offer(&top, 1, 1);
	OG_CHECK_INT(top.n, 0);
}

static void what_both_rankings_know_wins(void)
{
	const struct og_best words[] = { { 1, 9 }, { 2, 8 }, { 3, 7 } };
	const struct og_best meaning[] = { { 4, 0.9 }, { 2, 0.8 } };
	struct og_best all[5];

	OG_CHECK_INT(og_fuse(words, 3, meaning, 2, all), 4);
	OG_CHECK_INT(all[0].number, 2);
	OG_CHECK_INT(all[1].number, 1);
	OG_CHECK_INT(all[2].number, 4);
	OG_CHECK_INT(all[3].number, 3);
	OG_CHECK_INT(og_fuse(NULL, 0, meaning, 2, all), 2);
	OG_CHECK_INT(all[0].number, 4);
}

int main(void)
{
	OG_RUN(a_vector_has_length_one);
	OG_RUN(what_is_no_vector_is_refused);
	OG_RUN(one_that_is_too_long_is_refused);
	OG_RUN(the_cosine_is_that_of_the_terms);
	OG_RUN(what_is_kept_is_found_by_all_of_its_key);
	OG_RUN(vectors_of_two_widths_are_not_mixed);
	OG_RUN(a_query_does_not_set_the_width);
	OG_RUN(queries_do_not_fill_the_store);
	OG_RUN(the_best_come_first_and_the_rest_not_at_all);
	OG_RUN(what_both_rankings_know_wins);
	return og_done();
}
