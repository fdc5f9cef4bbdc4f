/*
 * Values: from sentences and from callers, resolved against what is visible.
 */
#include "lib/skill/slots.h"

#include "lib/base/clock.h"
#include "lib/skill/match.h"
#include "lib/skill/skill.h"
#include "tests/unit/unit.h"

static const struct {
	int64_t id;
	const char *name;
} rows[] = {
	{ 1, "Ergonomic Chair" },
	{ 2, "Standing Desk" },
	{ 3, "Laptop Stand" },
	{ 4, "Wireless Mouse" },
	{ 5, "Desk Lamp" },
	{ 6, "Twin" },
	{ 7, "Twin" },
	{ 8, "Order Book, A4" },
};

static int list(void *arg, const char *table, const char *column, const char *about,
		og_candidate_fn *each, void *each_arg, struct og_err *err)
{
	(void)about;
	if (arg != NULL)
		return og_fail(err, OG_EUNAVAIL, "the store is away");
	if (table != NULL) {
		OG_CHECK_STR(table, "products");
		for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
			if (each(each_arg, rows[i].id, rows[i].name))
				break;
		}
	} else if (strcmp(column, "table") == 0) {
		each(each_arg, 0, "orders");
		each(each_arg, 0, "order_items");
	} else {
		each(each_arg, 3, "inventory-replenishment");
	}
	return 0;
}

static struct og_resolver resolver = { list, NULL, 1772150400000 }; /* Fri 27 Feb 2026 */

static json_t *skill(const char *pattern)
{
	json_t *doc =
		json_pack("{s:s,s:s,s:[s]}", "name", "s", "description", "d", "patterns", pattern);
	struct og_err err = OG_ERR_INIT;

	OG_CHECK_OK(og_skill_complete(doc, &err), &err);
	OG_CHECK_OK(og_skill_check(doc, &err), &err);
	return doc;
}

/* The slots that a sentence binds, as text; "none" when nothing matches. */
static void says(const char *pattern, const char *sentence, const char *want)
{
	json_t *docs = json_pack("[{s:o,s:s,s:i}]", "doc", skill(pattern), "hash", "h", "id", 1);
	struct og_matcher *matcher = NULL;
	struct og_err err = OG_ERR_INIT;
	json_t *reply = NULL, *match;
	char *got = NULL;

	OG_CHECK_OK(og_matcher_new(docs, &matcher, &err), &err);
	OG_CHECK_OK(
		og_matcher_match(matcher, sentence, strlen(sentence), &resolver, 3, &reply, &err),
		&err);
	match = json_object_get(reply, "match");
	if (json_is_object(match))
		got = json_dumps(json_object_get(match, "slots"), JSON_COMPACT | JSON_SORT_KEYS);
	if (strcmp(got != NULL ? got : "none", want) != 0)
		printf("# '%s' on '%s'\n", sentence, pattern);
	OG_CHECK_STR(got != NULL ? got : "none", want);
	free(got);
	json_decref(reply);
	json_decref(docs);
	og_matcher_free(matcher);
}

static void given(const char *pattern, const char *values, int code, const char *want);
/* A sentence no pattern explains, but like an example of one of two skills. */
static json_t *two_skills(void)
{
	json_t *buy = json_pack(
		"{s:s,s:s,s:[s],s:[s,s,s],s:[{s:s,s:[{s:s,s:s}]}]}", "name", "buy", "description",
		"Buy a product.", "patterns", "buy {n:int} {product:name}", "examples",
		"i am running low on something, get me more", "our shelf is empty, fill it up",
		"what must i do to get more in", "steps", "name", "go", "blocks", "kind", "write",
		"text", "UPDATE t SET a = 1");
	json_t *count = json_pack("{s:s,s:s,s:[s],s:[s]}", "name", "count", "description",
				  "Count what there is.", "patterns", "count the stock", "examples",
				  "how much do we still have on the shelf");
	struct og_err err = OG_ERR_INIT;

	OG_CHECK_OK(og_skill_complete(buy, &err), &err);
	OG_CHECK_OK(og_skill_check(buy, &err), &err);
	OG_CHECK_OK(og_skill_complete(count, &err), &err);
	OG_CHECK_OK(og_skill_check(count, &err), &err);
	return json_pack("[{s:o,s:s,s:i},{s:o,s:s,s:i}]", "doc", buy, "hash", "h", "id", 1, "doc",
			 count, "hash", "g", "id", 2);
}

static void examples(void)
{
	static const struct {
		const char *text, *skill, *missing;
	} sentences[] = {
		{ "I am running low on it, get me more please", "buy", "[\"n\",\"product\"]" },
		{ "the shelf is empty, fill it up", "buy", "[\"n\",\"product\"]" },
		{ "how much do we have on the shelf", "count", "[]" },
		{ "buy 3 chairs", "buy", "[]" },
		{ "why are we running low on it, who will get me more", NULL, NULL },
		{ "the weather is fine on the shelf of ice today", NULL, NULL },
		{ "get lost", NULL, NULL },
		{ "", NULL, NULL },
	};
	struct og_matcher *matcher = NULL;
	struct og_err err = OG_ERR_INIT;
	json_t *docs = two_skills();

	OG_CHECK_OK(og_matcher_new(docs, &matcher, &err), &err);
	for (size_t i = 0; i < sizeof(sentences) / sizeof(sentences[0]); i++) {
		const char *text = sentences[i].text;
		json_t *reply = NULL, *match;
		char *missing = NULL;

		OG_CHECK_OK(
			og_matcher_match(matcher, text, strlen(text), &resolver, 3, &reply, &err),
			&err);
		match = json_object_get(reply, "match");
		if (json_is_object(match)) {
			missing = json_dumps(json_object_get(match, "missing"), JSON_COMPACT);
			OG_CHECK(json_array_size(json_object_get(match, "words")) > 0);
		}
		if (!OG_CHECK_STR(og_json_str(match, "skill"), sentences[i].skill))
			printf("# '%s'\n", text);
		OG_CHECK_STR(missing, sentences[i].missing);
		free(missing);
		json_decref(reply);
	}
	json_decref(docs);
	og_matcher_free(matcher);
}

static void numbers(void)
{
	says("pay {n:int} now", "pay 3 now", "{\"n\":3}");
	says("pay {n:int} now", "pay twenty-five now", "{\"n\":25}");
	says("pay {n:int} now", "pay a dozen now", "{\"n\":12}");
	says("pay {n:int} now", "pay two dozen now", "{\"n\":24}");
	says("pay {n:int} now", "pay two hundred fifty now", "{\"n\":250}");
	says("pay {n:int} now", "pay a couple of now", "{\"n\":2}");
	says("pay {n:int} now", "pay -5 now", "{\"n\":-5}");
	says("pay {n:int} now", "pay 1,250 now", "{\"n\":1250}");
	says("pay {n:int} now", "pay 007 now", "{\"n\":7}");
	says("pay {n:int} now", "pay #7 now", "{\"n\":7}");
	says("pay {n:int=4} now", "pay now", "{\"n\":4}");
	says("pay {n:number} now", "pay 2.5 now", "{\"n\":2.5}");
	says("pay {n:money(USD)} now", "pay $1,250.75 now", "{\"n\":1250.75}");
	says("pay {n:int} now", "pay 2.5 now", "{}");
	says("pay {n:int} now", "pay 99999999999999999999 now", "{}");
	says("pay {n:number} now", "pay .5 now", "{\"n\":0.5}");
	says("pay {n:number} now", "pay -.25 now", "{\"n\":-0.25}");
	given("pay {n:number} now", "{\"n\":\"two three\"}", OG_EDATA,
	      "slot 'n': the value is no number");
	says("pay {n:int} now", "pay two thousand three hundred and five now", "{\"n\":2305}");
	says("pay {n:int} now", "pay 1.000 now", "{}");
	says("pay {n:money} now", "pay 1.250 EUR now", "{}");
	says("pay {n:number} now", "pay 1.250 now", "{\"n\":1.25}");
	/* What cannot be read is not the default. */
	says("pay {n:int=4} now", "pay 2.5 now", "{}");
	says("pay {n:int=4} now", "pay 99999999999999999999 now", "{}");
}

static void texts(void)
{
	says("note {t:text}", "note buy milk today", "{\"t\":\"buy milk today\"}");
	says("note {t:text}", "note \"don't \\\" do\" it", "{\"t\":\"don't \\\\\"}");
	says("note {t:text} for {w:word}", "note \"a b\" for bob", "{\"t\":\"a b\",\"w\":\"bob\"}");
	says("make {t:name} here", "make an Express Freight here", "{\"t\":\"Express Freight\"}");
	says("paint {c:enum(red|blue)} door", "paint the door Blue", "{\"c\":\"blue\"}");
	says("paint {c:enum(red|blue)} door", "paint the door green", "{}");
	says("go {a=const} home", "go home", "{\"a\":\"const\"}");
}

static void names(void)
{
	says("buy {p:ref(products.name)}", "buy the Standing Desks",
	     "{\"p\":\"Standing Desk\",\"p_id\":2}");
	says("buy {p:ref(products.name)}", "buy STANDING DESK",
	     "{\"p\":\"Standing Desk\",\"p_id\":2}");
	says("buy {p:ref(products.name)}", "buy a chair", "{\"p\":\"Ergonomic Chair\",\"p_id\":1}");
	says("buy {p:ref(products.name)}", "buy mice", "{\"p\":\"Wireless Mouse\",\"p_id\":4}");
	says("buy {p:ref(products.name)}", "buy ergonom", "{\"p\":\"Ergonomic Chair\",\"p_id\":1}");
	says("buy {p:ref(products.name)}", "buy a desk", "{}");
	says("buy {p:ref(products.name)}", "buy a unicorn", "{}");
	says("buy {p:ref(products.name)}", "buy \"Order Book, A4\"",
	     "{\"p\":\"Order Book, A4\",\"p_id\":8}");
	says("open {t:table} list", "open the order list", "{\"t\":\"orders\"}");
	says("open {t:table} list", "open order items list", "{\"t\":\"order_items\"}");
	says("pin {n:node} up", "pin 3 up", "{\"n\":\"inventory-replenishment\",\"n_id\":3}");
	says("pin {n:node} up", "pin inventory replenishment up",
	     "{\"n\":\"inventory-replenishment\",\"n_id\":3}");
	says("pin {n:node} up", "pin 9 up", "{}");
}

/* Slips of the finger, in any order; never where two are as near, in a short
 * word, or with digits. */
static void typos(void)
{
	const char *buy = "buy {p:ref(products.name)}",
		   *chair = "{\"p\":\"Ergonomic Chair\",\"p_id\":1}";
	const char *stand = "{\"p\":\"Laptop Stand\",\"p_id\":3}";

	says(buy, "buy chair ergonomic", chair);
	says(buy, "buy an ergonmic chair", chair);
	says(buy, "buy ergonomic chiar", chair);
	says(buy, "buy ergonmic chiars", chair);
	says(buy, "buy chiar", chair);
	says(buy, "buy ergnoomic", chair);
	says(buy, "buy laptopstand", stand);
	says(buy, "buy lpatop stnad", stand);
	says(buy, "buy ergxxxmic chair", "{}");
	says(buy, "buy dsk", "{}");
	says(buy, "buy stading desk", "{\"p\":\"Standing Desk\",\"p_id\":2}");
	says(buy, "buy dask", "{}"); /* Standing Desk, Desk Lamp */
	says(buy, "buy twim", "{}"); /* two are called so */
	says(buy, "buy order book a5", "{}");
	says(buy, "buy ordre book a4", "{\"p\":\"Order Book, A4\",\"p_id\":8}");
	given(buy, "{\"p\":\"ergonmic chair\"}", OG_NO,
	      "slot 'p': nothing you may see is called 'ergonmic chair'");
}

/* What was corrected is said; for a skill that writes it takes a slip that
 * cannot be anything else. */
static void corrected(const char *sentence, int writes, const char *want)
{
	json_t *doc = skill("buy {p:ref(products.name)}"), *docs, *reply = NULL, *match;
	struct og_matcher *matcher = NULL;
	struct og_err err = OG_ERR_INIT;
	char *got;

	json_object_set_new(doc, "steps",
			    json_pack("[{s:s,s:[{s:s}]}]", "name", "a", "blocks", "kind",
				      writes ? "write" : "read"));
	docs = json_pack("[{s:o,s:s,s:i}]", "doc", doc, "hash", "h", "id", 1);
	OG_CHECK_OK(og_matcher_new(docs, &matcher, &err), &err);
	OG_CHECK_OK(
		og_matcher_match(matcher, sentence, strlen(sentence), &resolver, 3, &reply, &err),
		&err);
	match = json_object_get(reply, "match");
	got = json_dumps(json_object_get(match, "corrected"), JSON_COMPACT | JSON_SORT_KEYS);
	if (got == NULL)
		got = json_dumps(json_object_get(match, "near"), JSON_COMPACT);
	OG_CHECK_STR(got, want);
	OG_CHECK_INT(json_array_size(json_object_get(match, "missing")),
		     strstr(want, "took") == NULL);
	free(got);
	json_decref(reply);
	json_decref(docs);
	og_matcher_free(matcher);
}

static void corrections(void)
{
	const char *one = "{\"p\":{\"said\":\"ergonmic chair\",\"took\":\"Ergonomic Chair\"}}";

	corrected("buy ergonmic chair", 0, one);
	corrected("buy ergonmic chair", 1, one);
	corrected("buy ergonmic chiar", 0,
		  "{\"p\":{\"said\":\"ergonmic chiar\",\"took\":\"Ergonomic Chair\"}}");
	corrected("buy ergonmic chiar", 1, "{\"p\":\"Ergonomic Chair\"}");
	corrected("buy chiar", 1, "{\"p\":\"Ergonomic Chair\"}");
}

static int many(void *arg, const char *table, const char *column, const char *about,
		og_candidate_fn *each, void *each_arg, struct og_err *err)
{
	char name[64];

	(void)arg, (void)table, (void)column, (void)about, (void)err;
	for (int i = 0; i < OG_CANDIDATES_MAX; i++) {
		snprintf(name, sizeof(name), "Part %c%c%c number %d", 'a' + i % 26,
			 'a' + i / 26 % 26, 'a' + i / 676, i);
		if (each(each_arg, i, name))
			break;
	}
	return 0;
}

/* Ten thousand names, none of them it: a bounded piece of work. */
static void crowd(void)
{
	json_t *doc = skill("buy {p:ref(products.name)}"), *in = json_pack("{s:s}", "p", "widgit");
	struct og_resolver crowded = { many, NULL, 0 };
	struct og_err err = OG_ERR_INIT;
	json_t *vars = NULL;
	int64_t from = og_mono_us();

	OG_CHECK_INT(og_slots_bind(doc, in, &crowded, &vars, &err), -1);
	OG_CHECK_INT(err.code, OG_NO);
	printf("# %.1f ms for %d names\n", (double)(og_mono_us() - from) / 1000, OG_CANDIDATES_MAX);
	json_decref(in);
	json_decref(doc);
}

static void negation(void)
{
	says("buy {n:int} thing", "buy 3 things", "{\"n\":3}");
	says("buy {n:int} thing", "do not buy 3 things", "none");
	says("buy {n:int} thing", "don\xe2\x80\x99t buy 3 things", "none");
	says("buy {n:int} thing", "never buy 3 things", "none");
}

/* What a caller gives: 0 and the variables, or a code and a message. */
static void given(const char *pattern, const char *values, int code, const char *want)
{
	json_t *doc = skill(pattern), *in = json_loads(values, 0, NULL), *vars = NULL;
	struct og_err err = OG_ERR_INIT;
	char *got = NULL;
	int rc = og_slots_bind(doc, in, &resolver, &vars, &err);

	OG_CHECK_INT(rc < 0 ? err.code : 0, code);
	if (rc == 0)
		got = json_dumps(vars, JSON_COMPACT | JSON_SORT_KEYS);
	OG_CHECK_STR(rc < 0 ? err.msg : got, want);
	free(got);
	json_decref(vars);
	json_decref(in);
	json_decref(doc);
}

static void from_callers(void)
{
	const char *buy = "buy {quantity:int=1} {product:ref(products.name)}";

	given(buy, "{\"product\":\"standing desks\",\"quantity\":2}", 0,
	      "{\"product\":\"Standing Desk\",\"product_id\":2,\"quantity\":2}");
	given(buy, "{\"product_id\":3}", 0,
	      "{\"product\":\"Laptop Stand\",\"product_id\":3,\"quantity\":1}");
	given(buy, "{\"product\":\"Twin\",\"product_id\":7}", 0,
	      "{\"product\":\"Twin\",\"product_id\":7,\"quantity\":1}");
	given(buy, "{\"product\":\"Laptop Stand\",\"quantity\":\"3\"}", 0,
	      "{\"product\":\"Laptop Stand\",\"product_id\":3,\"quantity\":3}");
	given(buy, "{\"product\":\"Twin\"}", OG_NO, "slot 'product': 'Twin' may mean several");
	given(buy, "{\"product\":\"Laptop Stand\",\"product_id\":2}", OG_NO,
	      "slot 'product': nothing you may see is called 'Laptop Stand'");
	given(buy, "{\"product_id\":99}", OG_NO,
	      "slot 'product': nothing you may see is called 'that number'");
	given(buy, "{\"product\":\"\"}", OG_NO, "slot 'product': nothing you may see is called ''");
	given(buy, "{}", OG_EDATA, "slot 'product' needs a value");
	given(buy, "{\"product\":\"Twin\",\"quantity\":1.5}", OG_EDATA,
	      "slot 'quantity': the value is no int");
	given(buy, "{\"product\":\"Twin\",\"quantity\":null}", OG_EDATA,
	      "slot 'quantity': the value is no int");
	given(buy, "{\"product\":7}", OG_EDATA,
	      "slot 'product': a name is a text and its id a number");
	given(buy, "{\"prduct\":\"x\"}", OG_EDATA, "the skill has no slot 'prduct'");
	given(buy, "{\"quantity_id\":1,\"product\":\"Laptop Stand\"}", OG_EDATA,
	      "the skill has no slot 'quantity_id'");
	given("pay {n:money}", "{\"n\":\"40 euros\"}", OG_EDATA, "slot 'n': the value is no money");
	given("pay {n:money(EUR)}", "{\"n\":\"40 euros\"}", 0, "{\"n\":40}");
	given("pay {n:money(EUR)}", "{\"n\":\"40 yen\"}", OG_EDATA,
	      "slot 'n': the value is no money");
	given("paint {c:enum(red|blue)} door", "{\"c\":\"RED\"}", 0, "{\"c\":\"red\"}");
	given("paint {c:enum(red|blue)} door", "{\"c\":\"green\"}", OG_EDATA,
	      "slot 'c': the value is no enum");
	given("note {t:text}", "{\"t\":\"'; DROP TABLE x\"}", 0, "{\"t\":\"'; DROP TABLE x\"}");
}

/* The last word of a value is the last word there is. */
static void days(void)
{
	says("{a:date} move {b:date}", "2026-03-05 move Friday",
	     "{\"a\":\"2026-03-05\",\"b\":\"2026-02-27\"}");
	given("move by {d:date}", "{\"d\":\"Friday\"}", OG_OK, "{\"d\":\"2026-02-27\"}");
	given("move by {d:date}", "{\"d\":\"next Friday\"}", OG_OK, "{\"d\":\"2026-03-06\"}");
	given("sum {p:period}", "{\"p\":\"since Monday\"}", OG_OK,
	      "{\"p\":\"2026-02-23/"
	      "2026-02-27\",\"p_from\":\"2026-02-23\",\"p_to\":\"2026-02-27\"}");
}

/* A period by its ends: both, and none that another value belies. */
static void ends(void)
{
	const char *sum = "sum {p:period=today}", *bound;

	bound = "{\"p\":\"2026-03-01/2026-03-31\",\"p_from\":\"2026-03-01\","
		"\"p_to\":\"2026-03-31\"}";
	given(sum, "{\"p_from\":\"2026-03-01\",\"p_to\":\"2026-03-31\"}", OG_OK, bound);
	given(sum, bound, OG_OK, bound);
	given(sum, "{\"p_from\":\"2026-03-01\"}", OG_EDATA,
	      "slot 'p': 'p_from' is given without 'p_to'");
	given(sum, "{\"p_to\":\"2026-03-01\"}", OG_EDATA,
	      "slot 'p': 'p_to' is given without 'p_from'");
	given(sum, "{\"p_from\":20260301,\"p_to\":\"2026-03-31\"}", OG_EDATA,
	      "slot 'p': the ends of a period are texts");
	given(sum, "{\"p_from\":\"2026-03-31\",\"p_to\":\"2026-03-01\"}", OG_EDATA,
	      "slot 'p': the value is no period");
	given(sum, "{\"p\":\"2026-03\",\"p_from\":\"2026-04-01\"}", OG_EDATA,
	      "slot 'p': 'p_from' is not that of 'p'");
}

static void store_away(void)
{
	struct og_resolver away = { list, &away, 0 };
	json_t *doc = skill("buy {p:ref(products.name)}"), *in = json_pack("{s:s}", "p", "x");
	struct og_err err = OG_ERR_INIT;
	json_t *vars = NULL;

	OG_CHECK_INT(og_slots_bind(doc, in, &away, &vars, &err), -1);
	OG_CHECK_INT(err.code, OG_EUNAVAIL);
	OG_CHECK(vars == NULL);
	json_decref(in);
	json_decref(doc);
}

/* Hostile sentences: no crash, no answer out of thin air. */
static void hostile(void)
{
	char *big = malloc(OG_MATCH_TEXT_MAX + 2);
	struct og_err err = OG_ERR_INIT;
	json_t *docs =
		json_pack("[{s:o,s:s,s:i}]", "doc", skill("buy {t:text}"), "hash", "h", "id", 1);
	struct og_matcher *matcher = NULL;
	json_t *reply = NULL;

	OG_CHECK_OK(og_matcher_new(docs, &matcher, &err), &err);
	OG_CHECK_INT(og_matcher_match(matcher, "\xff", 1, NULL, 3, &reply, &err), -1);
	OG_CHECK_INT(err.code, OG_EDATA);
	memset(big, 'a', OG_MATCH_TEXT_MAX + 1);
	OG_CHECK_INT(og_matcher_match(matcher, big, OG_MATCH_TEXT_MAX + 1, NULL, 3, &reply, &err),
		     -1);
	for (size_t i = 0; i < OG_MATCH_TEXT_MAX; i += 2)
		memcpy(big + i, "a ", 2);
	memcpy(big, "buy ", 4);
	OG_CHECK_OK(og_matcher_match(matcher, big, OG_MATCH_TEXT_MAX, &resolver, 3, &reply, &err),
		    &err);
	json_decref(reply);
	OG_CHECK_OK(og_matcher_match(matcher, "", 0, NULL, 3, &reply, &err), &err);
	OG_CHECK(json_is_null(json_object_get(reply, "match")));
	json_decref(reply);
	OG_CHECK_OK(og_matcher_match(matcher, "'\"'\"", 4, NULL, 3, &reply, &err), &err);
	json_decref(reply);
	json_decref(docs);
	og_matcher_free(matcher);
	free(big);
}

int main(void)
{
	OG_RUN(examples);
	OG_RUN(numbers);
	OG_RUN(texts);
	OG_RUN(names);
	OG_RUN(negation);
	OG_RUN(typos);
	OG_RUN(corrections);
	OG_RUN(crowd);
	OG_RUN(from_callers);
	OG_RUN(days);
	OG_RUN(ends);
	OG_RUN(store_away);
	OG_RUN(hostile);
	return og_done();
}
