/*
 * Finding passages among many: that what is hidden changes nothing, that an
 * answer is the beginning of a longer one, that what is kept in memory goes
 * when the policies change, and that citations and marks are what they say.
 * On the documents of ../shared/data where they are there.
 */
#include "lib/policy/store.h"

#include <dirent.h>

#include "lib/base/text.h"
#include "lib/db/fts.h"
#include "lib/policy/index.h"
#include "tests/unit/policy.h"

#define DATA	  "../shared/data"
#define DIMENSION 48
#define FEW	  240 /* documents of the collection, where all would take long */

static const struct og_vector_key key = { "made-up", DIMENSION };

/* --- documents ---------------------------------------------------------------------- */

/* A file of DATA in text; 0 when it is not there. */
static int load(const char *name, struct og_buf *text)
{
	struct og_err err = OG_ERR_INIT;
	char path[512];

	snprintf(path, sizeof(path), DATA "/%s", name);
	og_buf_init(text, 64 << 20);
	return access(path, R_OK) == 0 && OG_CHECK_OK(og_file_read(path, "data", text, &err), &err);
}

/* Cuts the next field off, which ends with end. */
static char *field(char **at, char end)
{
	char *begin = *at, *stop = strchr(begin, end);

	*at = stop ? stop + 1 : begin + strlen(begin);
	if (stop)
		*stop = '\0';
	return begin;
}

/* The next line of a collection: "N TAB title TAB text". 0 at the end. */
static int next_document(char **at, char **title, char **body)
{
	char *line;

	do {
		if (!**at)
			return 0;
		line = field(at, '\n');
		field(&line, '\t');
		*title = field(&line, '\t');
		*body = line;
	} while (!**body);
	return 1;
}

/* Every third one is hidden from clearance 2; some have an end, some an heir. */
static int is_hidden(int i)
{
	return i % 3 == 0;
}

static void put_one(struct house *h, int i, const char *title, const char *body)
{
	struct og_policy_id id;
	struct og_buf text;
	char name[32];

	snprintf(name, sizeof(name), "d%d", i);
	og_buf_init(&text, 1 << 20);
	og_buf_addf(&text, "---\nnode: n%d\nsource: %s\nclearance: %d\n", i % 5,
		    i % 2 ? "law" : "email", is_hidden(i) ? 3 : 1 + i % 2);
	if (i % 11 == 1)
		og_buf_adds(&text, "expires: 2001-01-01\n");
	if (i % 7 == 2 && i > 7 && !is_hidden(i) && !is_hidden(i - 1))
		og_buf_addf(&text, "supersedes: d%d\n", i - 1);
	og_buf_addf(&text, "---\n# %s\n\n%s\n", title, body);
	put(h, name, text.data, &id);
	og_buf_release(&text);
}

/* --- made-up vectors ------------------------------------------------------------------ */

static void make_vector(const char *text, float *ret)
{
	float length = 0;

	memset(ret, 0, DIMENSION * sizeof(*ret));
	for (uint32_t hash = 5381; *text; text++) {
		hash = hash * 33 + (unsigned char)*text;
		if (*text == ' ') {
			ret[hash % DIMENSION] += hash & 64 ? 1 : -1;
			hash = 5381;
		}
	}
	ret[0] += 0.5f;
	for (int i = 0; i < DIMENSION; i++)
		length += ret[i] * ret[i];
	for (int i = 0; i < DIMENSION; i++)
		ret[i] /= __builtin_sqrtf(length);
}

static void embed_all(struct house *h)
{
	struct og_err err = OG_ERR_INIT;
	struct og_vectors *vectors = NULL;
	json_t *list = NULL, *item;
	float values[DIMENSION];
	struct og_vector vector = { values, DIMENSION };
	int64_t left = 0;
	size_t i;

	if (!OG_CHECK_OK(og_vectors_new(h->db, &vectors, &err), &err) ||
	    !OG_CHECK_OK(og_db_begin(h->db, 1, &err), &err) ||
	    !OG_CHECK_OK(og_policies_unembedded(h->policies, &key, 3, 100000, &list, &left, &err),
			 &err))
		return;
	json_array_foreach(list, i, item)
	{
		const char *digest = og_json_str(item, "digest");

		make_vector(og_json_str(item, "text"), values);
		og_vectors_put(vectors, &key, OG_VECTOR_DOCUMENT, digest, &vector, &err);
		og_policies_vector(h->policies, &key, digest, OG_VECTOR_NEW, &err);
	}
	OG_CHECK_OK(og_db_commit(h->db, &err), &err);
	json_decref(list);
	og_vectors_free(vectors);
}

/* --- what is hidden ------------------------------------------------------------------- */

/* The answers to a query with filters of every kind, one after the other. */
static void ask_all_ways(struct house *h, const char *query, int clearance, struct og_buf *out)
{
	struct og_policy_search search = { .query = query };
	float values[DIMENSION];
	struct og_vector vector = { values, DIMENSION };

	make_vector(query, values);
	for (int way = 0; way < 64; way++) {
		struct og_err err = OG_ERR_INIT;
		json_t *found = NULL;
		char *text;

		search.filter = (struct og_policy_filter){
			.clearance = clearance,
			.node = way & 1 ? "n1" : NULL,
			.source = way & 2 ? "law" : NULL,
			.in_force = (way & 4) != 0,
			.at = way & 8 ? "2000-06-01" : NULL,
		};
		search.one_each = (way & 16) != 0;
		search.key = way & 32 ? &key : NULL;
		search.vector = way & 32 ? &vector : NULL;
		search.limit = way % 3 ? 10 : 70;
		if (!OG_CHECK_OK(og_policies_search(h->policies, &search, &found, &err), &err))
			return;
		text = json_dumps(found, JSON_COMPACT | JSON_SORT_KEYS);
		og_buf_addf(out, "%d %s\n", way, text);
		free(text);
		json_decref(found);
	}
}

/* Every so many of the queries. */
static void ask_some(struct house *h, char *queries, struct og_buf *out)
{
	for (int i = 0; *queries; i++) {
		char *line = field(&queries, '\n');

		field(&line, '\t');
		if (i % 19 != 0)
			continue;
		/* Whoever may read all of it has asked before, of the same process. */
		if (i % 2 == 0) {
			json_decref(search(h, NULL, 3, line));
			json_decref(search(h, "n1", 3, line));
		}
		ask_all_ways(h, line, 2, out);
	}
}

/* What is found at clearance 2 in a store with or without hidden documents. */
static void answers(int with_hidden, struct og_buf *out)
{
	struct og_buf corpus, queries;
	char *at, *title, *body;
	struct house h;

	if (!load("cranfield/corpus.tsv", &corpus) || !load("cranfield/queries.tsv", &queries) ||
	    !open_house(&h))
		return;
	at = corpus.data;
	for (int i = 0; i < FEW && next_document(&at, &title, &body); i++)
		if (with_hidden || !is_hidden(i))
			put_one(&h, i, title, body);
	embed_all(&h);
	ask_some(&h, queries.data, out);
	close_house(&h);
	og_buf_release(&corpus);
	og_buf_release(&queries);
}

static void what_is_hidden_changes_nothing(void)
{
	struct og_buf with, without;
	size_t same = 0;

	if (access(DATA "/cranfield/corpus.tsv", R_OK) < 0)
		OG_SKIP(DATA "/cranfield is absent");
	og_buf_init(&with, 256 << 20);
	og_buf_init(&without, 256 << 20);
	answers(1, &with);
	answers(0, &without);
	OG_CHECK(without.len > 300000 && strstr(without.data, "\"standing\":\"superseded\"") &&
		 strstr(without.data, "\"standing\":\"expired\""));
	while (same < with.len && same < without.len && with.data[same] == without.data[same])
		same++;
	if (!OG_CHECK(with.len == without.len && same == with.len))
		printf("# with:    %.300s\n# without: %.300s\n",
		       with.data + (same > 100 ? same - 100 : 0),
		       without.data + (same > 100 ? same - 100 : 0));
	og_buf_release(&with);
	og_buf_release(&without);
}

/* --- what is kept ----------------------------------------------------------------------- */

static json_t *search_n(struct house *h, const char *query, size_t limit)
{
	const struct og_policy_search wanted = { .filter = { .clearance = 3 },
						 .query = query,
						 .limit = limit };
	struct og_err err = OG_ERR_INIT;
	json_t *found = NULL;

	OG_CHECK_OK(og_policies_search(h->policies, &wanted, &found, &err), &err);
	return found;
}

/* Enough documents for feedback; each with a subject of its own, too. */
static void put_crates(struct house *h, int from, int to)
{
	static const char *const more[] = { "oak", "pine", "steel", "paper", "glass" };
	struct og_policy_id id;
	char name[32], text[256];

	for (int i = from; i < to; i++) {
		snprintf(name, sizeof(name), "c%d", i);
		snprintf(text, sizeof(text),
			 "---\nnode: a\n---\n# Crate %d\n\nCrates of %s are stacked by kind%d.\n",
			 i, more[i % 5], i);
		put(h, name, text, &id);
	}
}

static void the_first_of_many_are_the_few(void)
{
	json_t *few, *many;
	struct house h;

	if (!open_house(&h))
		return;
	put_crates(&h, 0, 300);
	few = search_n(&h, "how are oak crates stacked", 7);
	many = search_n(&h, "how are oak crates stacked", 290);
	OG_CHECK_INT(json_array_size(few), 7);
	OG_CHECK_INT(json_array_size(many), 290);
	while (json_array_size(many) > 7)
		json_array_remove(many, 7);
	OG_CHECK(json_equal(few, many));
	json_decref(few);
	json_decref(many);
	close_house(&h);
}

/* A change is seen, by whomever it was made; one that was rolled back is not. */
static void what_is_kept_goes_with_a_change(void)
{
	struct og_err err = OG_ERR_INIT;
	struct og_policies *others = NULL;
	struct og_policy_id id;
	struct house h, other;
	json_t *found, *record = json_object();

	if (!open_house(&h))
		return;
	put_crates(&h, 0, 20);
	json_decref(search_n(&h, "crates", 5));
	other = h;
	OG_CHECK_OK(og_db_open(h.path, OG_DB_WRITE, &other.db, &err), &err);
	OG_CHECK_OK(og_policies_open("sqlite:", other.db, &others, &err), &err);
	other.policies = others;
	put(&other, "c3", "---\nnode: a\n---\nNothing any more.\n", &id);
	put(&other, "late", "---\nnode: a\n---\nLate crates of zinc.\n", &id);
	found = search_n(&h, "zinc", 5);
	OG_CHECK_STR(AT(found, 0, "policy"), "late");
	json_decref(found);
	found = search_n(&h, "kind3", 5);
	OG_CHECK_INT(json_array_size(found), 0);
	json_decref(found);
	og_policies_free(others);
	og_db_close(other.db);

	OG_CHECK_OK(og_policy_read("Brass crates", 12, "gone",
				   (json_object_set_new(record, "node", json_string("a")), record),
				   &err),
		    &err);
	OG_CHECK_OK(og_db_begin(h.db, 1, &err), &err);
	OG_CHECK_OK(og_policies_put(h.policies, record, &id, &err), &err);
	found = search_n(&h, "brass", 5);
	OG_CHECK_INT(json_array_size(found), 1);
	json_decref(found);
	og_db_rollback(h.db);
	put(&h, "tin", "---\nnode: a\n---\nTin crates.\n", &id);
	found = search_n(&h, "brass", 5);
	OG_CHECK_INT(json_array_size(found), 0);
	json_decref(found);
	found = search_n(&h, "tin", 5);
	OG_CHECK_STR(AT(found, 0, "policy"), "tin");
	json_decref(found);
	json_decref(record);
	close_house(&h);
}

/* --- tokens ----------------------------------------------------------------------------- */

static int join_token(void *arg, const char *token, size_t len, size_t from, size_t to)
{
	return og_buf_addf(arg, "%.*s %zu %zu\n", (int)len, token, from, to);
}

/* A word is the same alone, remembered, and among others; the table counts as we do. */
static void words_are_what_the_index_has(void)
{
	static const char text[] =
		"Running RUNS ran, na\xc3\xafve caf\xc3\xa9-society 3rd 42nd x_y "
		"anextraordinarilylongwordthatnobodyeverwroteintoanydocument\xe2\x80\x94"
		"dash \xe2\x82\xac"
		"5 it's running";
	struct og_err err = OG_ERR_INIT;
	struct og_buf first, again;
	struct og_fts *fts = NULL;
	struct house h;

	if (!open_house(&h))
		return;
	og_buf_init(&first, 65536);
	og_buf_init(&again, 65536);
	OG_CHECK_OK(og_fts_new(h.db, &fts, &err), &err);
	OG_CHECK_OK(og_fts_tokens(fts, text, strlen(text), join_token, &first, &err), &err);
	OG_CHECK_OK(og_fts_tokens(fts, text, strlen(text), join_token, &again, &err), &err);
	OG_CHECK_STR(first.data, again.data);
	OG_CHECK(strstr(first.data, "run 0 7\nrun 8 12\nran 13 16\nnaiv 18 24\n") == first.data);
	OG_CHECK(strstr(first.data, "3rd ") && strstr(first.data, "dash ") &&
		 strstr(first.data, "\nx ") && strstr(first.data, "\ny "));
	og_fts_free(fts);
	og_buf_release(&first);
	og_buf_release(&again);
	close_house(&h);
}

/* What og_sizes says of every passage is what FTS5 has counted. */
static void check_sizes(struct house *h)
{
	struct og_err err = OG_ERR_INIT;
	int64_t wrong = -1;

	OG_CHECK_OK(
		og_db_int(
			h->db,
			"SELECT count(*) FROM og_passage s JOIN og_sizes z ON z.policy = s.policy "
			"JOIN og_passage_fts_docsize d ON d.id = s.id WHERE "
			"length(z.sizes) <> 4 * (SELECT count(*) FROM og_passage t "
			"WHERE t.policy = s.policy) OR z.node <> s.node OR "
			"z.clearance <> s.clearance OR z.first + s.ordinal <> s.id OR "
			/* sizes below 128 are one byte in both */
			"(length(d.sz) = 2 AND hex(d.sz) <> "
			"hex(substr(z.sizes, 4 * s.ordinal + 1, 1)) || "
			"hex(substr(z.sizes, 4 * s.ordinal + 3, 1)))",
			&wrong, &err),
		&err);
	OG_CHECK_INT(wrong, 0);
}

/* --- citations ------------------------------------------------------------------------ */

/* The lines of a text from one to another, its spaces made one. */
static void lines_of(const char *text, int from, int to, struct og_buf *out)
{
	int line = 1, space = 0;

	for (; *text && line <= to; text++) {
		if (line >= from && !strchr(" \t\r\n", *text)) {
			if (space && out->len > 0)
				og_buf_addc(out, ' ');
			og_buf_addc(out, *text);
		}
		space = strchr(" \t\r\n", *text) != NULL;
		line += *text == '\n';
	}
}

static void one_space(const char *text, struct og_buf *out)
{
	lines_of(text, 1, 1 << 30, out);
}

/* The passage is in those lines, and begins and ends with them. */
static int is_cited(const char *body, const json_t *passage)
{
	int line = (int)og_json_int(passage, "line", 0),
	    last = (int)og_json_int(passage, "last", 0);
	struct og_buf lines, text, less;
	char cite[200];
	int good;

	snprintf(cite, sizeof(cite), "%s:%d-%d", og_json_str(passage, "policy"), line, last);
	og_buf_init(&lines, 2 << 20);
	og_buf_init(&less, 2 << 20);
	og_buf_init(&text, 2 << 20);
	lines_of(body, line, last, &lines);
	one_space(og_json_str(passage, "text"), &text);
	good = line > 0 && strcmp(cite, og_json_str(passage, "cite")) == 0 && text.len > 0 &&
	       strstr(lines.data, text.data);
	if (good && last > line) {
		lines_of(body, line + 1, last, &less);
		good = !strstr(less.data, text.data);
		og_buf_clear(&less);
		lines_of(body, line, last - 1, &less);
		good = good && !strstr(less.data, text.data);
	}
	og_buf_release(&lines);
	og_buf_release(&less);
	og_buf_release(&text);
	return good;
}

/* The byte where a character begins. */
static size_t byte_of(const char *text, int64_t character)
{
	size_t at = 0;

	for (int64_t n = 0; text[at]; at++)
		if (((unsigned char)text[at] & 0xc0) != 0x80 && n++ == character)
			break;
	return at;
}

static int is_word_byte(char c)
{
	return (unsigned char)c >= 0x80 || (c >= '0' && c <= '9') ||
	       ((c | 32) >= 'a' && (c | 32) <= 'z');
}

/* Marks are whole words, in order, within the text; so is the window. */
static int is_marked(const json_t *passage)
{
	const char *text = og_json_str(passage, "text");
	const json_t *window = json_object_get(passage, "window"), *mark;
	size_t i, before = 0, len = strlen(text);

	json_array_foreach(json_object_get(passage, "marks"), i, mark)
	{
		size_t from = byte_of(text, json_integer_value(json_array_get(mark, 0)));
		size_t to = byte_of(text, json_integer_value(json_array_get(mark, 1)));

		if (from < before || to <= from || to > len || !is_word_byte(text[from]) ||
		    !is_word_byte(text[to - 1]))
			return 0;
		if (from > 0 && (unsigned char)text[from - 1] < 0x80 &&
		    is_word_byte(text[from - 1]))
			return 0;
		if ((unsigned char)text[to] < 0x80 && is_word_byte(text[to]))
			return 0;
		before = to;
	}
	if (window) {
		size_t from = byte_of(text, json_integer_value(json_array_get(window, 0)));
		size_t to = byte_of(text, json_integer_value(json_array_get(window, 1)));

		if (to <= from || to > len || (from > 0 && text[from - 1] != ' ') ||
		    (text[to] && text[to] != ' '))
			return 0;
	}
	return 1;
}

static size_t check_answer(struct house *h, const json_t *found)
{
	struct og_err err = OG_ERR_INIT;
	json_t *passage, *policy;
	size_t i;

	json_array_foreach(found, i, passage)
	{
		policy = NULL;
		og_policies_show(h->policies, og_json_str(passage, "policy"), 3, &policy, &err);
		if (!OG_CHECK(policy && is_cited(og_json_str(policy, "body"), passage)))
			printf("# %s: %.200s\n", og_json_str(passage, "cite"),
			       og_json_str(passage, "text"));
		if (!OG_CHECK(is_marked(passage)))
			printf("# %s\n", og_json_str(passage, "cite"));
		json_decref(policy);
	}
	return i;
}

static void put_plain(struct house *h, const char *name, const char *text, size_t len)
{
	struct og_err err = OG_ERR_INIT;
	json_t *record = json_pack("{s:s}", "node", "n");
	struct og_policy_id id;

	if (OG_CHECK_OK(og_policy_read(text, len, name, record, &err), &err) &&
	    OG_CHECK_OK(og_db_begin(h->db, 1, &err), &err) &&
	    OG_CHECK_OK(og_policies_put(h->policies, record, &id, &err), &err))
		og_db_commit(h->db, &err);
	og_db_rollback(h->db);
	json_decref(record);
}

static void put_corpus(struct house *h, char *at)
{
	char *title, *body, name[32];
	struct og_buf text;

	og_buf_init(&text, 1 << 20);
	for (int i = 0; next_document(&at, &title, &body); i++) {
		snprintf(name, sizeof(name), "d%d", i);
		og_buf_clear(&text);
		og_buf_addf(&text, "# %s\n\n%s\n", title, body);
		put_plain(h, name, text.data, text.len);
	}
	og_buf_release(&text);
}

static void citations_of_the_collection(void)
{
	struct og_buf corpus, queries;
	size_t n = 0;
	struct house h;
	char *at;

	if (access(DATA "/cranfield/corpus.tsv", R_OK) < 0)
		OG_SKIP(DATA "/cranfield is absent");
	if (!load("cranfield/corpus.tsv", &corpus) || !load("cranfield/queries.tsv", &queries) ||
	    !open_house(&h))
		return;
	put_corpus(&h, corpus.data);
	check_sizes(&h);
	for (at = queries.data; *at;) {
		char *line = field(&at, '\n');
		json_t *found;

		field(&line, '\t');
		found = search_n(&h, line, 40);
		n += check_answer(&h, found);
		json_decref(found);
	}
	OG_CHECK(n > 4000);
	close_house(&h);
	og_buf_release(&corpus);
	og_buf_release(&queries);
}

static void put_folder(struct house *h, const char *folder)
{
	DIR *dir = opendir(folder);
	const struct dirent *entry;
	struct og_buf text;
	char name[512];

	while (dir && (entry = readdir(dir))) {
		snprintf(name, sizeof(name), "policies/docs/%s", entry->d_name);
		if (entry->d_name[0] == '.' || !load(name, &text))
			continue;
		put_plain(h, entry->d_name, text.data, text.len);
		og_buf_release(&text);
	}
	if (dir)
		closedir(dir);
}

static void citations_of_the_policies(void)
{
	struct og_buf lines;
	size_t n = 0;
	struct house h;
	char *at;

	if (access(DATA "/policies/questions.jsonl", R_OK) < 0)
		OG_SKIP(DATA "/policies is absent");
	if (!load("policies/questions.jsonl", &lines) || !open_house(&h))
		return;
	put_folder(&h, DATA "/policies/docs");
	check_sizes(&h);
	for (at = lines.data; *at;) {
		json_t *question = json_loads(field(&at, '\n'), 0, NULL), *found;

		found = search_n(&h, og_json_str(question, "question"), 60);
		n += check_answer(&h, found);
		json_decref(found);
		json_decref(question);
	}
	OG_CHECK(n > 1000);
	close_house(&h);
	og_buf_release(&lines);
}

/* Line ends of every kind, lines without end, and letters of many bytes. */
static void citations_of_odd_texts(void)
{
	static const char *const texts[] = {
		"crates\r\nof oak\r\n\r\n# Next\r\n\r\nmore crates\r\nstacked",
		"no line ends it: crates",
		"\n\n\n  crates\twith\ttabs  \n   and spaces   \n\n",
		"Kisten f\xc3\xbcr \xc3\x96l, crates \xe2\x80\x94 \xe2\x82\xac"
		"5 \xf0\x9f\x93\xa6 "
		"crates\n\xf0\x9f\x93\xa6"
		"crates \xc3\xa9 crates\xc3\xa9\n",
		"# crates\n\n| crates | oak |\n|---|---|\n| 1 | 2 |\n\n```\n# crates\n```\n",
		"\xef\xbb\xbf"
		"crates after a mark\n\xe2\x80\xa8 crates\xc2\xa0"
		"crates\n",
		"crates\n\x0b crates\x0c\ncrates\x01 crates\n",
	};
	struct og_buf text;
	struct house h;
	json_t *found;
	char name[16];

	if (!open_house(&h))
		return;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		snprintf(name, sizeof(name), "t%zu", i);
		put_plain(&h, name, texts[i], strlen(texts[i]));
	}
	og_buf_init(&text, 1 << 20);
	for (int i = 0; i < 4000; i++)
		og_buf_addf(&text, i % 50 ? "w\xc3\xb6rd%d " : "crates ", i);
	put_plain(&h, "line", text.data, text.len);
	og_buf_clear(&text);
	for (int i = 0; i < 4000; i++)
		og_buf_adds(&text, "\xe2\x82\xac");
	og_buf_adds(&text, " crates");
	put_plain(&h, "word", text.data, text.len);
	og_buf_clear(&text);
	for (int i = 0; i < 400; i++)
		og_buf_addf(&text, "line %d of crates\xe2\x80\x99 kind%s\n", i, i % 3 ? "" : "\r");
	put_plain(&h, "lines", text.data, text.len);
	og_buf_release(&text);
	check_sizes(&h);
	found = search_n(&h, "crates of oak", 200);
	OG_CHECK(check_answer(&h, found) >= 20);
	json_decref(found);
	close_house(&h);
}

int main(void)
{
	OG_RUN(words_are_what_the_index_has);
	OG_RUN(the_first_of_many_are_the_few);
	OG_RUN(what_is_kept_goes_with_a_change);
	OG_RUN(what_is_hidden_changes_nothing);
	OG_RUN(citations_of_odd_texts);
	OG_RUN(citations_of_the_collection);
	OG_RUN(citations_of_the_policies);
	return og_done();
}
