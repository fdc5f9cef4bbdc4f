/*
 * Policies: documents cut into passages, put and found, limits and rules.
 * The store is the embedded one, on a database made of our schema.
 */
#include "lib/policy/store.h"

#include <dirent.h>

#include "lib/policy/document.h"
#include "lib/policy/passages.h"
#include "tests/unit/policy.h"

#define DOCUMENTS "../shared/data/policies"

static json_t *split(const char *text)
{
	struct og_err err = OG_ERR_INIT;
	json_t *passages = NULL;

	OG_CHECK_OK(og_passages_split(text, strlen(text), &passages, &err), &err);
	return passages;
}

static void passages_keep_heading_and_line(void)
{
	json_t *p = split("Opening words\nof two lines.\n\n# One\n\nFirst.\n## Two ##\n- a\n- b\n"
			  "\n# Three\r\nLast\r\n");

	OG_CHECK_INT(json_array_size(p), 4);
	OG_CHECK_STR(AT(p, 0, "text"), "Opening words of two lines.");
	OG_CHECK_STR(AT(p, 0, "heading"), "");
	OG_CHECK_INT(og_json_int(json_array_get(p, 0), "line", 0), 1);
	OG_CHECK_STR(AT(p, 1, "heading"), "One");
	OG_CHECK_STR(AT(p, 2, "heading"), "One > Two");
	OG_CHECK_STR(AT(p, 2, "text"), "- a - b");
	OG_CHECK_INT(og_json_int(json_array_get(p, 2), "line", 0), 8);
	OG_CHECK_STR(AT(p, 3, "heading"), "Three");
	OG_CHECK_STR(AT(p, 3, "text"), "Last");
	json_decref(p);
}

static void a_long_paragraph_keeps_its_lines(void)
{
	struct og_buf text;
	json_t *p;

	og_buf_init(&text, 65536);
	for (int i = 0; i < 40; i++)
		og_buf_addf(&text, "Line %02d of a paragraph, all of them of one length.\n", i + 1);
	p = split(text.data);
	OG_CHECK_INT(json_array_size(p), 2);
	OG_CHECK_INT(og_json_int(json_array_get(p, 0), "line", 0), 1);
	OG_CHECK_INT(og_json_int(json_array_get(p, 0), "last", 0), 24);
	OG_CHECK_INT(og_json_int(json_array_get(p, 1), "line", 0), 24);
	OG_CHECK_INT(og_json_int(json_array_get(p, 1), "last", 0), 40);
	json_decref(p);
	og_buf_release(&text);
}

static void a_comment_in_a_fence_is_no_heading(void)
{
	json_t *p =
		split("# Real\n\n```sh\n# not one\nls\n```\n\nAfter.\n~~~\n# nor this\n```\n~~~\n");

	OG_CHECK_INT(json_array_size(p), 2);
	OG_CHECK_STR(AT(p, 0, "heading"), "Real");
	OG_CHECK_STR(AT(p, 1, "heading"), "Real");
	json_decref(p);
}

static void long_paragraphs_are_cut_at_words(void)
{
	char text[5001];
	json_t *p;
	size_t total = 0, i;
	json_t *item;

	for (i = 0; i < 5000; i++)
		text[i] = i % 7 == 6 ? ' ' : 'a';
	text[5000] = '\0';
	p = split(text);
	OG_CHECK_INT(json_array_size(p), 5);
	json_array_foreach(p, i, item)
	{
		const char *part = og_json_str(item, "text");

		OG_CHECK(strlen(part) <= OG_PASSAGE_MAX && part[0] == 'a');
		total += strlen(part) + 1;
	}
	OG_CHECK_INT(total, 5001);
	json_decref(p);
}

/* One word longer than a passage is cut between characters. */
static void a_cut_never_splits_a_character(void)
{
	char text[6001];
	struct og_err err = OG_ERR_INIT;
	json_t *p = NULL;

	for (size_t i = 0; i < 6000; i += 3)
		memcpy(text + i, "\xe2\x82\xac", 3);
	text[6000] = '\0';
	OG_CHECK_OK(og_passages_split(text, 6000, &p, &err), &err);
	OG_CHECK(json_array_size(p) >= 5 && AT(p, 4, "text") != NULL);
	json_decref(p);
}

static void what_is_no_document(void)
{
	static const struct {
		const char *text;
		size_t len;
		const char *why;
	} bad[] = {
		{ "", 0, "the document holds no text" },
		{ " \n\n# Only a heading\n", 20, "the document holds no text" },
		{ "a\xff", 2, "the document is not a UTF-8 text" },
		{ "a\0b", 3, "the document is not a UTF-8 text" },
		{ "---\nname: x\n", 12, "the front matter is not closed by ---" },
		{ "---\ntitle\n---\nx", 15, "line 2: 'title' is not of the form key: value" },
		{ "---\nclearance: 4\n---\nx", 22, "line 2: clearance: 4 is not within 1 and 3" },
		{ "---\nlimits: a=b\n---\nx", 21,
		  "line 2: limit 'a=b' is not of the form name=number" },
		{ "---\nlimits: a=1e999\n---\nx", 25,
		  "line 2: limit 'a=1e999' is not of the form name=number" },
		{ "words", 5, "the policy governs no node" },
		{ "---\nnode: n\nsource: rumour\n---\nx", 32,
		  "policy: source 'rumour' is unknown" },
		{ "---\nnode: n\nrule: 1\n---\nx", 25,
		  "policy: a rule or an approval needs the step before which it is judged" },
		{ "---\nnode: n\napproval: 1\n---\nx", 29,
		  "policy: a rule or an approval needs the step before which it is judged" },
		{ "---\nnode: n\nstep: a\n---\nx", 25,
		  "policy: a step goes with a rule or an approval" },
		{ "---\nnode: n\nrule: 1\nstep: a\napprover-clearance: 2\n---\nx", 55,
		  "policy: 'approver_clearance' goes with an approval" },
		{ "---\nnode: n\napproval: 1\nstep: a\napprover-clearance: 4\n---\nx", 59,
		  "line 5: approver-clearance: 4 is not within 1 and 3" },
		{ "---\nnode: n\napproval: 1\nstep: a\napproval-expires: 0s\n---\nx", 58,
		  "policy: 'approval_seconds' is no whole number from 1 to 31622400" },
		{ "---\nnode: n\napproval: 1\nstep: a\napproval-expires: soon\n---\nx", 60,
		  "line 5: approval-expires: 'soon' is not a span of time" },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct og_err err = OG_ERR_INIT;
		json_t *record = json_object();

		OG_CHECK(og_policy_read(bad[i].text, bad[i].len, "d", record, &err) < 0);
		OG_CHECK_STR(err.msg, bad[i].why);
		json_decref(record);
	}
}

static void front_matter_and_what_wins_over_it(void)
{
	static const char text[] =
		"\xef\xbb\xbf---\r\n# a comment\r\nname: \"the-name\"\r\nnode: a\r\n"
		"limits: x=1.5, y=-2 z=1e15\r\n---\r\n# The title\r\n\r\nBody.\r\n";
	struct og_err err = OG_ERR_INIT;
	json_t *record = json_pack("{s:s}", "node", "b"), *limits;

	OG_CHECK_OK(og_policy_read(text, sizeof(text) - 1, "file", record, &err), &err);
	OG_CHECK_STR(og_json_str(record, "name"), "the-name");
	OG_CHECK_STR(og_json_str(record, "node"), "b");
	OG_CHECK_STR(og_json_str(record, "title"), "The title");
	OG_CHECK_STR(og_json_str(record, "source"), "policy");
	OG_CHECK_INT(og_json_int(record, "clearance", 0), 1);
	limits = json_object_get(record, "limits");
	OG_CHECK(json_number_value(json_object_get(limits, "x")) == 1.5);
	OG_CHECK_INT(og_json_int(limits, "y", 0), -2);
	OG_CHECK(json_number_value(json_object_get(limits, "z")) == 1e15);
	json_decref(record);
	record = json_pack("{s:s}", "node", "b");
	OG_CHECK_OK(og_policy_read("Body", 4, "An Odd  File_name (2)!", record, &err), &err);
	OG_CHECK_STR(og_json_str(record, "name"), "an-odd-file-name-2");
	json_decref(record);
}

static void a_record_from_outside_is_checked(void)
{
	static const char *const changes[] = {
		"{\"name\":\"No\"}",
		"{\"name\":\"\"}",
		"{\"clearance\":0}",
		"{\"clearance\":\"1\"}",
		"{\"source\":\"x\"}",
		"{\"limits\":{\"a\":\"1\"}}",
		"{\"limits\":{\"\":1}}",
		"{\"limits\":[]}",
		"{\"passages\":[]}",
		"{\"passages\":[{}]}",
		"{\"passages\":\"x\"}",
		"{\"rule\":\"1\"}",
		"{\"rule_step\":\"s\"}",
		"{\"body\":null}",
		"{\"extra\":1}",
		"{\"node\":\"\"}",
		"{\"message\":1}",
		"{\"passages\":[{\"heading\":\"\",\"line\":-1,\"text\":\"t\"}]}",
	};
	struct og_err err = OG_ERR_INIT;
	json_t *good = json_object();

	json_object_set_new(good, "node", json_string("n"));
	OG_CHECK_OK(og_policy_read("text", 4, "good", good, &err), &err);
	OG_CHECK_OK(og_policy_check(good, &err), &err);
	for (size_t i = 0; i < sizeof(changes) / sizeof(*changes); i++) {
		json_t *bad = json_deep_copy(good), *change = json_loads(changes[i], 0, NULL);

		json_object_update(bad, change);
		if (!OG_CHECK(og_policy_check(bad, &err) < 0 && err.code == OG_EDATA))
			printf("# %s\n", changes[i]);
		json_decref(bad);
		json_decref(change);
	}
	json_decref(good);
}

static void found_by_words_within_clearance_and_node(void)
{
	struct og_policy_id id;
	struct house h;
	json_t *found;

	if (!open_house(&h))
		return;
	put(&h, "open", "---\nnode: a\n---\n# Chairs\n\nChairs come on Tuesdays.\n", &id);
	put(&h, "secret", "---\nnode: a\nclearance: 3\n---\nSecret chairs.\n", &id);
	put(&h, "other", "---\nnode: b\n---\nChairs elsewhere.\n", &id);
	found = search(&h, NULL, 1, "a chair");
	OG_CHECK_INT(json_array_size(found), 2);
	json_decref(found);
	found = search(&h, "a", 3, "chairs");
	OG_CHECK_INT(json_array_size(found), 2);
	json_decref(found);
	found = search(&h, "a", 2, "secret");
	OG_CHECK_INT(json_array_size(found), 0);
	json_decref(found);
	found = search(&h, "a", 1, "tuesday");
	OG_CHECK_STR(AT(found, 0, "policy"), "open");
	OG_CHECK_STR(AT(found, 0, "heading"), "Chairs");
	json_decref(found);
	close_house(&h);
}

/* Whatever is written, it is words: no column filter, no operator, no error. */
static void a_query_is_never_syntax(void)
{
	static const char *const queries[] = { "",
					       "\"",
					       "\"\"",
					       "a\" OR \"b",
					       "NEAR(a b)",
					       "heading:chairs",
					       "^chairs",
					       "chair*",
					       "- chairs",
					       "a AND",
					       "(",
					       "{heading}: x",
					       "\xe2\x80\x94",
					       "\x01\x02",
					       "'; --",
					       "chairs NOT chairs" };
	struct og_policy_id id;
	struct house h;

	if (!open_house(&h))
		return;
	put(&h, "p", "---\nnode: a\n---\n# Heading\n\nChairs.\n", &id);
	for (size_t i = 0; i < sizeof(queries) / sizeof(*queries); i++) {
		json_t *found = search(&h, NULL, 3, queries[i]);
		int names_it =
			strstr(queries[i], "hair") != NULL || strstr(queries[i], "eading") != NULL;

		if (!OG_CHECK(found && json_array_size(found) == (size_t)names_it))
			printf("# query %s\n", queries[i]);
		json_decref(found);
	}
	close_house(&h);
}

static void a_new_version_replaces_the_old(void)
{
	struct og_policy_id first, again, second, back;
	struct og_err err = OG_ERR_INIT;
	struct house h;
	json_t *found;
	int64_t n;

	if (!open_house(&h))
		return;
	put(&h, "p", "---\nnode: a\nlimits: m=1\n---\nOld pallets.\n", &first);
	put(&h, "p", "---\nnode: a\nlimits: m=1\n---\nOld pallets.\n", &again);
	OG_CHECK(first.changed && !again.changed && again.id == first.id);
	put(&h, "p", "---\nnode: b\n---\nNew crates.\n", &second);
	OG_CHECK(second.changed && second.id != first.id);
	found = search(&h, NULL, 3, "pallets");
	OG_CHECK_INT(json_array_size(found), 0);
	json_decref(found);
	found = search(&h, "b", 3, "crates");
	OG_CHECK_INT(json_array_size(found), 1);
	json_decref(found);
	put(&h, "p", "---\nnode: a\nlimits: m=1\n---\nOld pallets.\n", &back);
	OG_CHECK(back.changed);
	OG_CHECK_OK(og_db_int(h.db, "SELECT count(*) FROM og_policy WHERE active = 1", &n, &err),
		    &err);
	OG_CHECK_INT(n, 1);
	OG_CHECK_OK(og_db_exec(h.db,
			       "INSERT INTO og_passage_fts(og_passage_fts) "
			       "VALUES ('integrity-check')",
			       &err),
		    &err);
	close_house(&h);
}

static void the_smallest_limit_wins(void)
{
	struct og_err err = OG_ERR_INIT;
	struct og_policy_id id;
	json_t *policy = NULL;
	struct house h;
	double limit = 0;

	if (!open_house(&h))
		return;
	OG_CHECK_INT(og_policies_limit(h.policies, "a", "limit", &limit, NULL, &err), 0);
	put(&h, "high", "---\nnode: a\nlimits: limit=500 other=1\n---\nx\n", &id);
	put(&h, "low", "---\nnode: a\nlimits: limit=99.5\nclearance: 3\n---\nx\n", &id);
	put(&h, "elsewhere", "---\nnode: b\nlimits: limit=1\n---\nx\n", &id);
	OG_CHECK_INT(og_policies_limit(h.policies, "a", "limit", &limit, &policy, &err), 1);
	OG_CHECK(limit == 99.5);
	OG_CHECK_STR(og_json_str(policy, "policy"), "low");
	json_decref(policy);
	OG_CHECK_INT(og_policies_limit(h.policies, "a", "Limit", &limit, NULL, &err), 0);
	close_house(&h);
}

static void rules_bind_unseen_and_citations_do_not(void)
{
	struct og_err err = OG_ERR_INIT;
	struct og_policy_id id;
	json_t *nodes = json_pack("[s,s]", "a", "reg"), *list = NULL;
	struct house h;

	if (!open_house(&h))
		return;
	put(&h, "r",
	    "---\nnode: reg\nclearance: 3\nrule: ':n < 5'\nstep: buy\nmessage: too many\n"
	    "---\nFirst.\n\nSecond.\n",
	    &id);
	put(&h, "s", "---\nnode: c\nrule: 1\nstep: buy\n---\nx\n", &id);
	OG_CHECK_OK(og_policies_rules(h.policies, nodes, "buy", &list, &err), &err);
	OG_CHECK_INT(json_array_size(list), 1);
	OG_CHECK_STR(AT(list, 0, "rule"), ":n < 5");
	OG_CHECK_STR(AT(list, 0, "message"), "too many");
	json_decref(list);
	OG_CHECK_OK(og_policies_rules(h.policies, nodes, "sell", &list, &err), &err);
	OG_CHECK_INT(json_array_size(list), 0);
	json_decref(list);
	OG_CHECK_OK(og_policies_cite(h.policies, nodes, 2, &list, &err), &err);
	OG_CHECK_INT(json_array_size(list), 0);
	json_decref(list);
	OG_CHECK_OK(og_policies_cite(h.policies, nodes, 3, &list, &err), &err);
	OG_CHECK_STR(AT(list, 0, "text"), "First.");
	json_decref(list);
	json_decref(nodes);
	close_house(&h);
}

static void one_is_shown_with_its_text(void)
{
	struct og_err err = OG_ERR_INIT;
	struct og_policy_id id;
	json_t *policy = NULL;
	struct house h;

	if (!open_house(&h))
		return;
	put(&h, "p", "---\nnode: a\nclearance: 2\nlimits: m=3\n---\n# T\n\nWords.\n", &id);
	OG_CHECK_INT(og_policies_show(h.policies, "p", 1, &policy, &err), 0);
	OG_CHECK_INT(og_policies_show(h.policies, "q", 3, &policy, &err), 0);
	OG_CHECK_INT(og_policies_show(h.policies, "p", 2, &policy, &err), 1);
	OG_CHECK_STR(og_json_str(policy, "body"), "# T\n\nWords.\n");
	OG_CHECK_STR(og_json_str(policy, "hash"), id.hash);
	OG_CHECK_INT(og_json_int(json_object_get(policy, "limits"), "m", 0), 3);
	json_decref(policy);
	close_house(&h);
}

static int put_documents(struct house *h)
{
	DIR *dir = opendir(DOCUMENTS "/docs");
	struct dirent *entry;
	int n = 0;

	while (dir && (entry = readdir(dir))) {
		struct og_err err = OG_ERR_INIT;
		struct og_policy_id id;
		struct og_buf text;
		char path[512];

		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), DOCUMENTS "/docs/%s", entry->d_name);
		og_buf_init(&text, 1 << 20);
		og_buf_adds(&text, "---\nnode: handbook\n---\n");
		if (OG_CHECK_OK(og_file_read(path, "document", &text, &err), &err))
			n += put(h, entry->d_name, text.data, &id) == 0;
		og_buf_release(&text);
	}
	if (dir)
		closedir(dir);
	return n;
}

/* "far-13-203.md" is stored as "far-13-203-md". */
static int is_document(const char *policy, const char *file)
{
	size_t len = strlen(file) - 3;

	return policy && strncmp(policy, file, len) == 0 && strcmp(policy + len, "-md") == 0;
}

static void questions_find_their_documents(void)
{
	FILE *questions = fopen(DOCUMENTS "/questions.jsonl", "r");
	int asked = 0, first = 0, among = 0;
	struct house h;
	char line[4096];

	if (!questions) {
		OG_SKIP("no policy documents beside the repository");
		return;
	}
	if (!open_house(&h) || !OG_CHECK(put_documents(&h) > 150))
		goto out;
	while (fgets(line, sizeof(line), questions)) {
		json_t *q = json_loads(line, 0, NULL), *found;
		size_t i, place = 99;
		json_t *passage;

		found = search(&h, "handbook", 3, og_json_str(q, "question"));
		json_array_foreach(found, i,
				   passage) if (place == 99 &&
						is_document(og_json_str(passage, "policy"),
							    og_json_str(q, "doc"))) place = i;
		asked++;
		first += place == 0;
		among += place < 5;
		json_decref(found);
		json_decref(q);
	}
	printf("# %d questions: %d found at once, %d among five\n", asked, first, among);
	OG_CHECK(asked > 20 && first * 100 >= asked * 55);
out:
	fclose(questions);
	close_house(&h);
}

int main(void)
{
	OG_RUN(passages_keep_heading_and_line);
	OG_RUN(a_long_paragraph_keeps_its_lines);
	OG_RUN(a_comment_in_a_fence_is_no_heading);
	OG_RUN(long_paragraphs_are_cut_at_words);
	OG_RUN(a_cut_never_splits_a_character);
	OG_RUN(what_is_no_document);
	OG_RUN(front_matter_and_what_wins_over_it);
	OG_RUN(a_record_from_outside_is_checked);
	OG_RUN(found_by_words_within_clearance_and_node);
	OG_RUN(a_query_is_never_syntax);
	OG_RUN(a_new_version_replaces_the_old);
	OG_RUN(the_smallest_limit_wins);
	OG_RUN(rules_bind_unseen_and_citations_do_not);
	OG_RUN(one_is_shown_with_its_text);
	OG_RUN(questions_find_their_documents);
	return og_done();
}
