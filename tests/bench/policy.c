/*
 * How well and how fast policies are found: the documents of a collection
 * are put into a scratch store, its queries are asked, and the answers are
 * held against what people have judged.
 *
 *	policy SCHEMA DATA
 *
 * DATA/cranfield: corpus.tsv, queries.tsv, qrels.tsv; a document is relevant
 * when its code is over 0. ndcg_10 counts each relevant one alike, and
 * ndcg_10_codes with the code as its gain; both over the ideal order of all
 * relevant ones. DATA/policies: docs/, questions.jsonl; a hit is a passage of
 * doc or of one of also, first or among the first three. Where a part is
 * missing it is null. Prints a JSON object; milliseconds are of one query.
 */
#include <dirent.h>
#include <math.h>
#include <string.h>

#include "lib/base/file.h"
#include "lib/policy/document.h"
#include "lib/policy/store.h"
#include "tests/bench/bench.h"

#define DEPTH	    100
#define QUERIES_MAX 1000
#define FIRST	    10

struct desk {
	struct og_db *db;
	struct og_policies *policies;
	double load_ms, ms[QUERIES_MAX];
	size_t documents, asked;
};

static void open_desk(struct desk *d, const char *schema)
{
	struct og_err err = OG_ERR_INIT;
	struct og_buf sql;

	memset(d, 0, sizeof(*d));
	unlink("policy.db");
	og_buf_init(&sql, 1 << 20);
	must(og_file_read(schema, "schema", &sql, &err), &err);
	must(og_db_open("policy.db", OG_DB_CREATE, &d->db, &err), &err);
	must(og_db_exec(d->db, sql.data, &err), &err);
	must(og_policies_open("sqlite:", d->db, &d->policies, &err), &err);
	og_buf_release(&sql);
}

static void close_desk(struct desk *d)
{
	og_policies_free(d->policies);
	og_db_close(d->db);
	unlink("policy.db");
}

/* One transaction a document, as a shield puts them. */
static void put(struct desk *d, const char *name, const char *text, size_t len)
{
	json_t *record = json_pack("{s:s}", "node", "bench");
	struct og_err err = OG_ERR_INIT;
	int64_t start = og_mono_us();
	struct og_policy_id id;

	must(og_policy_read(text, len, name, record, &err), &err);
	must(og_db_begin(d->db, 1, &err), &err);
	must(og_policies_put(d->policies, record, &id, &err), &err);
	must(og_db_commit(d->db, &err), &err);
	d->load_ms += (double)(og_mono_us() - start) / 1000;
	d->documents++;
	json_decref(record);
}

static json_t *ask(struct desk *d, const char *query, size_t limit, int one_each)
{
	const struct og_policy_search search = {
		.filter = { .clearance = 3 }, .query = query, .limit = limit, .one_each = one_each
	};
	struct og_err err = OG_ERR_INIT;
	int64_t start = og_mono_us();
	json_t *found = NULL;

	must(og_policies_search(d->policies, &search, &found, &err), &err);
	if (d->asked < QUERIES_MAX)
		d->ms[d->asked++] = (double)(og_mono_us() - start) / 1000;
	return found;
}

static int by_size(const void *a, const void *b)
{
	return *(const double *)a < *(const double *)b ? -1
						       : *(const double *)a > *(const double *)b;
}

static double median(struct desk *d)
{
	qsort(d->ms, d->asked, sizeof(double), by_size);
	return d->asked ? d->ms[d->asked / 2] : 0;
}

/* Lines of a file, cut in place; ends with an empty one. NULL at the end. */
static char *next_line(char **at)
{
	char *line = *at, *end;

	if (!*line)
		return NULL;
	end = strchr(line, '\n');
	*at = end ? end + 1 : line + strlen(line);
	if (end)
		*end = '\0';
	return line;
}

static int read_file(const char *folder, const char *name, struct og_buf *ret)
{
	struct og_err err = OG_ERR_INIT;
	char path[1024];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	og_buf_init(ret, 64 << 20);
	if (access(path, R_OK) == 0 && og_file_read(path, "data", ret, &err) == 0)
		return 0;
	fprintf(stderr, "no %s: null\n", path);
	return -1;
}

/* --- Cranfield -------------------------------------------------------------------- */

/* query -> {document: code} */
static json_t *read_codes(char *at)
{
	json_t *codes = json_object();
	char *line;

	while ((line = next_line(&at))) {
		char *document = strchr(line, '\t'),
		     *code = document ? strchr(document + 1, '\t') : NULL;

		if (!code)
			continue;
		*document++ = '\0';
		*code++ = '\0';
		if (!json_object_get(codes, line))
			json_object_set_new(codes, line, json_object());
		json_object_set_new(json_object_get(codes, line), document,
				    json_integer(strtol(code, NULL, 10)));
	}
	return codes;
}

struct figures {
	double ndcg, ndcg_codes, recall;
	int n;
};

static double gain(const json_t *codes, const char *document, int by_code)
{
	json_int_t code = json_integer_value(json_object_get(codes, document));

	return code <= 0 ? 0 : by_code ? (double)code : 1;
}

static double ndcg(const json_t *found, const json_t *codes, int by_code)
{
	double gains[QUERIES_MAX], sum = 0, ideal = 0;
	const char *document;
	json_t *item;
	size_t i, n = 0;

	json_array_foreach(found, i, item) if (i < FIRST) sum +=
		gain(codes, og_json_str(item, "policy") + 1, by_code) / log2((double)i + 2);
	json_object_foreach((json_t *)(uintptr_t)codes, document, item)
	{
		if (n < QUERIES_MAX && gain(codes, document, by_code) > 0)
			gains[n++] = -gain(codes, document, by_code);
	}
	qsort(gains, n, sizeof(double), by_size);
	for (i = 0; i < n && i < FIRST; i++)
		ideal -= gains[i] / log2((double)i + 2);
	return ideal > 0 ? sum / ideal : 0;
}

static double recall(const json_t *found, const json_t *codes)
{
	int there = 0, all = 0;
	const char *document;
	json_t *item;
	size_t i;

	json_array_foreach(found, i, item) there +=
		gain(codes, og_json_str(item, "policy") + 1, 0) > 0;
	json_object_foreach((json_t *)(uintptr_t)codes, document, item) all +=
		gain(codes, document, 0) > 0;
	return all ? (double)there / all : 0;
}

static void judge(struct figures *f, const json_t *found, const json_t *codes)
{
	f->ndcg += ndcg(found, codes, 0);
	f->ndcg_codes += ndcg(found, codes, 1);
	f->recall += recall(found, codes);
	f->n++;
}

static json_t *figures_json(const struct figures *f)
{
	double n = f->n ? f->n : 1;

	return json_pack("{s:i,s:f,s:f,s:f}", "queries", f->n, "ndcg_10", f->ndcg / n,
			 "ndcg_10_codes", f->ndcg_codes / n, "recall_100", f->recall / n);
}

static void put_corpus(struct desk *d, char *at)
{
	struct og_buf text;
	char name[64], *line;

	og_buf_init(&text, 1 << 20);
	while ((line = next_line(&at))) {
		char *title = strchr(line, '\t'), *body = title ? strchr(title + 1, '\t') : NULL;

		if (!body || body[1] == '\0' || body[1] == '\n')
			continue; /* two have no text */
		*title++ = '\0';
		*body++ = '\0';
		snprintf(name, sizeof(name), "d%s", line);
		og_buf_clear(&text);
		og_buf_addf(&text, "# %s\n\n%s\n", title, body);
		put(d, name, text.data, text.len);
	}
	og_buf_release(&text);
}

/* The queries in two halves, the odd ones and the even ones. */
static void ask_all(struct desk *d, char *at, const json_t *codes, struct figures halves[3])
{
	char *line;

	while ((line = next_line(&at))) {
		char *query = strchr(line, '\t');
		json_t *found, *mine;

		if (!query)
			continue;
		*query++ = '\0';
		mine = json_object_get(codes, line);
		found = ask(d, query, DEPTH, 1);
		judge(&halves[0], found, mine);
		judge(&halves[1 + halves[0].n % 2], found, mine);
		json_decref(found);
	}
}

static json_t *cranfield(const char *schema, const char *data)
{
	struct og_buf corpus = { 0 }, queries = { 0 }, codes = { 0 };
	struct figures halves[3] = { { 0 } };
	json_t *judged = NULL, *ret = NULL;
	struct desk d;

	if (read_file(data, "cranfield/corpus.tsv", &corpus) == 0 &&
	    read_file(data, "cranfield/queries.tsv", &queries) == 0 &&
	    read_file(data, "cranfield/qrels.tsv", &codes) == 0) {
		judged = read_codes(codes.data);
		open_desk(&d, schema);
		put_corpus(&d, corpus.data);
		ask_all(&d, queries.data, judged, halves);
		ret = figures_json(&halves[0]);
		json_object_set_new(
			ret, "halves",
			json_pack("[o,o]", figures_json(&halves[2]), figures_json(&halves[1])));
		json_object_set_new(ret, "documents", json_integer((json_int_t)d.documents));
		json_object_set_new(ret, "load_ms", json_real(d.load_ms));
		json_object_set_new(ret, "query_ms", json_real(median(&d)));
		close_desk(&d);
	}
	json_decref(judged);
	og_buf_release(&corpus);
	og_buf_release(&queries);
	og_buf_release(&codes);
	return ret ? ret : json_null();
}

/* --- questions ---------------------------------------------------------------------- */

static void put_folder(struct desk *d, const char *folder)
{
	DIR *dir = opendir(folder);
	const struct dirent *entry;
	struct og_buf text;

	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.' && read_file(folder, entry->d_name, &text) == 0) {
			put(d, entry->d_name, text.data, text.len);
			og_buf_release(&text);
		}
	if (dir)
		closedir(dir);
}

/* Names as the store has them: every other character is a hyphen. */
static int is_of(const json_t *passage, const char *document)
{
	const char *policy = og_json_str(passage, "policy");

	for (; *policy && *document; policy++, document++)
		if (*policy != *document && *policy != '-')
			return 0;
	return !*policy;
}

static int hits(const json_t *found, size_t first, const json_t *question)
{
	json_t *also = json_object_get(question, "also"), *passage, *other;
	size_t i, j;

	json_array_foreach(found, i, passage)
	{
		if (i >= first)
			break;
		if (is_of(passage, og_json_str(question, "doc")))
			return 1;
		json_array_foreach(also, j,
				   other) if (is_of(passage, json_string_value(other))) return 1;
	}
	return 0;
}

static json_t *questions(const char *schema, const char *data)
{
	int n = 0, first = 0, three = 0;
	struct og_buf lines = { 0 };
	json_t *ret = NULL;
	struct desk d;
	char path[1024], *at, *line;

	if (read_file(data, "policies/questions.jsonl", &lines) == 0) {
		snprintf(path, sizeof(path), "%s/policies/docs", data);
		open_desk(&d, schema);
		put_folder(&d, path);
		for (at = lines.data; (line = next_line(&at));) {
			json_t *question = json_loads(line, 0, NULL);
			json_t *found = ask(&d, og_json_str(question, "question"), 5, 0);

			n++;
			first += hits(found, 1, question);
			three += hits(found, 3, question);
			if (getenv("BENCH_MISSES") && !hits(found, 3, question))
				fprintf(stderr, "%s\n", og_json_str(question, "question"));
			json_decref(found);
			json_decref(question);
		}
		ret = json_pack("{s:i,s:f,s:f,s:I,s:f,s:f}", "questions", n, "hit_1",
				(double)first / (n ? n : 1), "hit_3", (double)three / (n ? n : 1),
				"documents", (json_int_t)d.documents, "load_ms", d.load_ms,
				"query_ms", median(&d));
		close_desk(&d);
	}
	og_buf_release(&lines);
	return ret ? ret : json_null();
}

int main(int argc, char **argv)
{
	json_t *all;

	if (argc != 3)
		return 64;
	all = json_pack("{s:o,s:o}", "cranfield", cranfield(argv[1], argv[2]), "questions",
			questions(argv[1], argv[2]));
	json_dumpf(all, stdout, JSON_REAL_PRECISION(4) | JSON_COMPACT);
	puts("");
	json_decref(all);
	return 0;
}
