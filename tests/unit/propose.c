/*
 * Patterns that are proposed: what becomes a blank, what stays, what is
 * left to a person; and where a pattern is put in.
 */
#include "lib/skill/propose.h"

#include "tests/unit/unit.h"

static int list(void *arg, const char *table, const char *column, const char *about,
		og_candidate_fn *each, void *each_arg, struct og_err *err)
{
	static const char *const names[] = { "Ergonomic Chair", "Standing Desk", "Desk Lamp",
					     "Quantum Processor 9", NULL };

	(void)about;
	if (arg != NULL)
		return og_fail(err, OG_EUNAVAIL, "the store is away");
	if (!table)
		return each(each_arg, 0, strcmp(column, "table") == 0 ? "orders" : "price-list");
	for (const char *const *name = names; *name; name++)
		each(each_arg, 1, *name);
	return 0;
}

#define REF "\"product\":{\"type\":\"ref\",\"table\":\"products\",\"column\":\"name\"}"

/* want: the pattern, or what the refusal says. */
static void check(const char *slots, const char *text, const char *want)
{
	struct og_resolver resolver = { list, NULL, 0 };
	struct og_err err = OG_ERR_INIT;
	json_t *decls = json_loads(slots, 0, NULL);
	char *pattern = NULL;

	if (og_pattern_propose(decls, text, &resolver, &pattern, &err) < 0)
		OG_CHECK_INT(err.code, OG_NO);
	OG_CHECK_STR(pattern ? pattern : err.msg, want);
	free(pattern);
	json_decref(decls);
}

static void blanks(void)
{
	check("{" REF ",\"quantity\":{\"type\":\"int\",\"default\":1}}",
	      "Please hand over 3 ergonomic chairs!", "[please] hand over {quantity} {product}");
	check("{" REF ",\"quantity\":{\"type\":\"int\",\"default\":1}}", "hand over a chair",
	      "hand over [a] {product}");
	check("{" REF ",\"quantity\":{\"type\":\"int\"}}", "hand over two dozen standing desks",
	      "hand over {quantity} {product}");
	/* a number that belongs to a name is none */
	check("{\"quantity\":{\"type\":\"int\",\"default\":1}," REF "}",
	      "fetch quantum processor 9", "fetch {product}");
	check("{\"table\":{\"type\":\"table\"}}", "purge orders", "purge {table}");
	check("{\"node\":{\"type\":\"node\"}}", "explain price-list", "explain {node}");
	check("{\"size\":{\"type\":\"enum\",\"values\":[\"small\",\"large\"]}}",
	      "fetch a LARGE box", "fetch [a] {size} box");
	check("{}", "what costs least", "[what] costs least");
}

static void left_to_people(void)
{
	check("{" REF "}", "hand over something", "the sentence holds no value for 'product'");
	check("{" REF "}", "hand over a desk", "the sentence holds no value for 'product'");
	check("{" REF "}", "swap the ergonomic chair for a standing desk",
	      "the sentence holds several names for 'product'");
	check("{\"n\":{\"type\":\"int\"}}", "take 3 of 5",
	      "the sentence holds several numbers for 'n'");
	check("{\"title\":{\"type\":\"name\"}}", "call it a day",
	      "'title' takes any words: where they begin and end is for a person to say");
	check("{" REF "}", "the ergonomic chair",
	      "'[the] {product}' has no word of its own to be known by");
}

static void store_away(void)
{
	int here = 0;
	struct og_resolver resolver = { list, &here, 0 };
	json_t *decls = json_loads("{" REF "}", 0, NULL);
	struct og_err err = OG_ERR_INIT;
	char *pattern = NULL;

	OG_CHECK(og_pattern_propose(decls, "buy a chair", &resolver, &pattern, &err) < 0);
	OG_CHECK_INT(err.code, OG_EUNAVAIL);
	json_decref(decls);
}

static void check_insert(const char *source, const char *want, size_t want_line)
{
	struct og_err err = OG_ERR_INIT;
	char *got = NULL;
	size_t line = 0;

	if (want)
		OG_CHECK_OK(og_pattern_insert(source, "x y", &got, &line, &err), &err);
	else
		OG_CHECK(og_pattern_insert(source, "x y", &got, &line, &err) < 0);
	OG_CHECK_STR(got, want);
	if (want)
		OG_CHECK_INT(line, want_line);
	free(got);
}

static void inserting(void)
{
	check_insert("# S\n\n## When\n\n- a\n- b\n\n## Steps\n\n- c\n",
		     "# S\n\n## When\n\n- a\n- b\n- x y\n\n## Steps\n\n- c\n", 7);
	check_insert("## When\n- a", "## When\n- a\n- x y\n", 3);
	check_insert("## Whenever\n- a\n", NULL, 0);
	check_insert("", NULL, 0);
}

int main(void)
{
	OG_RUN(blanks);
	OG_RUN(left_to_people);
	OG_RUN(store_away);
	OG_RUN(inserting);
	return og_done();
}
