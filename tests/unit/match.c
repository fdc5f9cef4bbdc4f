/*
 * Sentences against the demo skills: tests/sentences.tsv says which skill
 * each one means and what its slots must be. The resolver here plays the
 * demo instance: seven products, some above a principal's clearance.
 */
#include "lib/skill/match.h"

#include <dirent.h>
#include <time.h>

#include "lib/base/file.h"
#include "lib/skill/parse.h"
#include "tests/unit/unit.h"

static const struct {
	const char *name;
	int clearance;
} products[] = {
	{ "Ergonomic Chair", 1 },
	{ "Standing Desk", 1 },
	{ "Laptop Stand", 1 },
	{ "Wireless Mouse", 1 },
	{ "Mechanical Keyboard", 1 },
	{ "Quantum Processor v1", 2 },
	{ "Mainframe Core Server Cluster", 3 },
};

/* What else sentences name; staff may know of it. */
static const char *const others[][9] = {
	{ "bins", "Pick Shelf", "Small Parts", "North Rack", "South Rack", "Inspection",
	  "Blocked" },
	{ "accounts", "Bank", "Receivables", "Inventory", "Rent", "Marketing", "Travel", "Freight",
	  "Office Supplies" },
	{ "cost_centres", "Administration", "Sales", "Warehouse", "Logistics", "Production" },
	{ "projects", "Web Shop", "Warehouse Layout", "Office Move" },
	{ "equipment", "Forklift", "Delivery Van", "Assembly Line" },
};

static const char *const tables[] = { "invoices", "order_items", "orders",  "payments",
				      "products", "users",	 "waivers", NULL };

static const char *const nodes[] = { "order-verification", "high-value-transaction",
				     "inventory-replenishment", "procure-to-pay", NULL };

static void offer(const char *table, og_candidate_fn *each, void *each_arg)
{
	int stop = 0;

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (strcmp(others[i][0], table) != 0)
			continue;
		for (size_t k = 1; !stop && k < 9 && others[i][k] != NULL; k++)
			stop = each(each_arg, (int64_t)k, others[i][k]);
	}
}

static int demo(void *arg, const char *table, const char *column, const char *about,
		og_candidate_fn *each, void *each_arg, struct og_err *err)
{
	const int *clearance = arg;
	int stop = 0;

	(void)about;
	(void)err;
	if (table != NULL && strcmp(table, "products") != 0) {
		if (*clearance > 1)
			offer(table, each, each_arg);
		return 0;
	}
	if (table != NULL) {
		for (size_t i = 0; !stop && i < sizeof(products) / sizeof(products[0]); i++) {
			if (products[i].clearance <= *clearance)
				stop = each(each_arg, (int64_t)i + 1, products[i].name);
		}
		return 0;
	}
	const char *const *names = strcmp(column, "node") == 0 ? nodes : tables;
	for (size_t i = 0; !stop && names[i] != NULL; i++)
		stop = each(each_arg, names == nodes ? (int64_t)i + 1 : 0, names[i]);
	return 0;
}

static int clearance_of(const char *principal)
{
	return strcmp(principal, "alice") == 0 ? 3 : strcmp(principal, "bob") == 0 ? 2 : 1;
}

static json_t *load_skill(const char *name)
{
	struct og_err err = OG_ERR_INIT;
	char path[512], hash[OG_HASH_HEX + 1];
	struct og_buf buf;
	json_t *doc = NULL;

	snprintf(path, sizeof(path), "share/skills/%s/SKILL.md", name);
	og_buf_init(&buf, OG_SKILL_TEXT_MAX);
	if (OG_CHECK_OK(og_file_read(path, "skill", &buf, &err), &err) &&
	    OG_CHECK_OK(og_skill_parse(path, buf.data, buf.len, &doc, NULL, &err), &err))
		og_skill_hash(doc, hash, &err);
	og_buf_release(&buf);
	return doc == NULL ? NULL : json_pack("{s:o,s:s,s:i}", "doc", doc, "hash", hash, "id", 1);
}

static int is_skill(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static struct og_matcher *demo_matcher(void)
{
	struct og_err err = OG_ERR_INIT;
	struct og_matcher *matcher = NULL;
	json_t *docs = json_array();
	struct dirent **names;
	int n = scandir("share/skills", &names, is_skill, alphasort);

	for (int i = 0; i < n; i++) {
		json_array_append_new(docs, load_skill(names[i]->d_name));
		free(names[i]);
	}
	if (n > 0)
		free(names);
	OG_CHECK_OK(og_matcher_new(docs, &matcher, &err), &err);
	json_decref(docs);
	return matcher;
}

struct line {
	char *sentence, *principal, *skill, *slots;
};

static int split(char *text, struct line *ret)
{
	char *rest = text;

	text[strcspn(text, "\n")] = '\0';
	ret->sentence = strsep(&rest, "\t");
	ret->principal = strsep(&rest, "\t");
	ret->skill = strsep(&rest, "\t");
	ret->slots = rest;
	return rest != NULL;
}

/* Every wanted member is there and equal. */
static int holds(const json_t *slots, const char *wanted)
{
	json_t *want = json_loads(wanted, 0, NULL), *value;
	const char *key;
	int good = json_is_object(want);

	json_object_foreach(want, key, value) good =
		good && json_equal(value, json_object_get(slots, key));
	json_decref(want);
	return good;
}

/* "SKILL?SLOT" waits for the slot, "SKILL!WHAT" would be half of what was said. */
static void judge_half(const struct line *line, const json_t *reply)
{
	const json_t *match = json_object_get(reply, "match"), *left;
	char *end = line->skill + strcspn(line->skill, "?!");
	int waits = *end == '?', good = 0;
	json_t *missing;
	size_t i;

	*end++ = '\0';
	left = waits ? match : json_object_get(reply, "left");
	json_array_foreach(json_object_get(match, "missing"), i, missing) good |=
		waits && strcmp(json_string_value(missing), end) == 0;
	if (!waits)
		good = json_is_null(match) && json_is_object(left) &&
		       strcmp(og_json_str(left, "what"), end) == 0;
	good = good && json_is_object(left) && strcmp(og_json_str(left, "skill"), line->skill) == 0;
	if (!good) {
		char *text = json_dumps(reply, 0);

		printf("# '%s' should be %s %c%s\n#   %s\n", line->sentence, line->skill,
		       waits ? '?' : '!', end, text);
		free(text);
	}
	OG_CHECK(good);
}

static void judge(const struct og_matcher *matcher, const struct line *line)
{
	struct og_err err = OG_ERR_INIT;
	int clearance = clearance_of(line->principal);
	struct og_resolver resolver = { demo, &clearance, 0 };
	const char *skill = "no_skill";
	json_t *reply, *match;
	int good;

	if (!OG_CHECK_OK(og_matcher_match(matcher, line->sentence, strlen(line->sentence),
					  &resolver, 3, &reply, &err),
			 &err))
		return;
	match = json_object_get(reply, "match");
	if (json_is_object(match))
		skill = og_json_str(match, "skill");
	if (line->skill[strcspn(line->skill, "?!")] != '\0') {
		judge_half(line, reply);
		json_decref(reply);
		return;
	}
	good = (strcmp(skill, line->skill) == 0 || strcmp(line->skill, "nothing") == 0) &&
	       (json_is_null(match) || (holds(json_object_get(match, "slots"), line->slots) &&
					(json_array_size(json_object_get(match, "missing")) == 0) ==
						(strcmp(line->skill, "nothing") != 0)));
	if (!good) {
		char *text = json_dumps(reply, 0);

		printf("# '%s' should be %s %s\n#   %s\n", line->sentence, line->skill, line->slots,
		       text);
		free(text);
	}
	OG_CHECK(good);
	json_decref(reply);
}

static void read_sentences(const char *path)
{
	struct og_matcher *matcher = demo_matcher();
	FILE *file = fopen(path, "r");
	char text[4096];
	struct line line;
	int n = 0;

	if (!OG_CHECK(file != NULL) || !OG_CHECK(matcher != NULL))
		return;
	while (fgets(text, sizeof(text), file) != NULL) {
		if (text[0] == '#')
			continue;
		OG_CHECK(split(text, &line));
		judge(matcher, &line);
		n++;
	}
	OG_CHECK(n > 150);
	fclose(file);
	og_matcher_free(matcher);
}

static void sentences(void)
{
	read_sentences("tests/sentences.tsv");
}

/* What must be done wholly, asked back or not done at all. */
static void wishes(void)
{
	read_sentences("tests/wishes.tsv");
}

static void is_fast(void)
{
	struct og_matcher *matcher = demo_matcher();
	struct og_err err = OG_ERR_INIT;
	const char *sentence = "Run Procure-to-Pay workflow to purchase 1 Ergonomic Chair";
	int clearance = 1, rounds = 2000;
	struct og_resolver resolver = { demo, &clearance, 0 };
	clock_t start = clock();
	double us;

	for (int i = 0; i < rounds; i++) {
		json_t *reply = NULL;

		og_matcher_match(matcher, sentence, strlen(sentence), &resolver, 3, &reply, &err);
		json_decref(reply);
	}
	us = (double)(clock() - start) / CLOCKS_PER_SEC / rounds * 1e6;
	printf("# %.1f us per sentence\n", us);
	OG_CHECK(us < 2000);
	og_matcher_free(matcher);
}

int main(void)
{
	OG_RUN(sentences);
	OG_RUN(wishes);
	OG_RUN(is_fast);
	return og_done();
}
