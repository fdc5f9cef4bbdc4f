/*
 * The judge. Each rule looks at one member of the expectation; a member
 * that is absent expects nothing, but for effects and the schema: what is
 * not named there must not have changed.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/eval/eval.h"

struct judge {
	const json_t *expect, *seen, *result;
	json_t *failures;
	struct og_err *err;
};

int og_judge_add(json_t *failures, const char *rule, const char *at, json_t *want, json_t *got,
		 struct og_err *err)
{
	json_t *failure = json_pack("{s:s, s:o, s:o}", "rule", rule, "want",
				    want ? want : json_null(), "got", got ? got : json_null());

	if (failure && at)
		json_object_set_new(failure, "at", json_string(at));
	if (json_array_append_new(failures, failure) < 0)
		return og_fail_nomem(err);
	return 0;
}

static int fail(struct judge *j, const char *rule, const char *at, const json_t *want,
		const json_t *got)
{
	return og_judge_add(j->failures, rule, at, json_deep_copy(want), json_deep_copy(got),
			    j->err);
}

int og_value_same(const json_t *a, const json_t *b)
{
	if (json_is_integer(a) && json_is_integer(b))
		return json_integer_value(a) == json_integer_value(b);
	if (json_is_number(a) && json_is_number(b))
		return json_number_value(a) == json_number_value(b);
	return json_equal(a, b);
}

/* ASCII letters without case; the rest byte for byte. */
static int has_word(const char *text, const char *word)
{
	size_t len = strlen(word);

	for (; text && strlen(text) >= len; text++) {
		size_t i = 0;

		while (i < len && og_ascii_lower((unsigned char)text[i]) ==
					  og_ascii_lower((unsigned char)word[i]))
			i++;
		if (i == len)
			return 1;
	}
	return 0;
}

/* A text or any of a list of texts. */
static int is_any(const json_t *want, const char *got)
{
	for (size_t i = 0; i < json_array_size(want); i++)
		if (is_any(json_array_get(want, i), got))
			return 1;
	return json_is_string(want) && got && strcmp(json_string_value(want), got) == 0;
}

static int contains_all(const json_t *want, const char *got)
{
	for (size_t i = 0; i < json_array_size(want); i++)
		if (!contains_all(json_array_get(want, i), got))
			return 0;
	return !json_is_string(want) || (got && has_word(got, json_string_value(want)));
}

/* --- rules: what the result says ----------------------------------------- */

static int judge_state(struct judge *j)
{
	const json_t *want = json_object_get(j->expect, "state");
	const json_t *got = json_object_get(j->seen, "state");

	return is_any(want, json_string_value(got)) ? 0 : fail(j, "state", NULL, want, got);
}

static int judge_reason(struct judge *j)
{
	const json_t *want = json_object_get(j->expect, "reason");
	const json_t *got = json_object_get(j->seen, "reason");

	return !want || contains_all(want, json_string_value(got))
		       ? 0
		       : fail(j, "reason", NULL, want, got);
}

/* A member of the result that must be just so. */
static int judge_member(struct judge *j, const char *name)
{
	const json_t *want = json_object_get(j->expect, name);
	const json_t *got = json_object_get(j->result, name);

	return !want || json_equal(want, got) ? 0 : fail(j, name, NULL, want, got);
}

/* What is shown to whoever asked must hold them all; none of the others may
 * stand anywhere in the result, shown or not. */
static int judge_words(struct judge *j)
{
	const json_t *words = json_object_get(j->expect, "words");
	const json_t *not_words = json_object_get(j->expect, "not_words");
	const char *text = og_json_str(j->seen, "text");
	char *whole = j->result ? json_dumps(j->result, JSON_ENCODE_ANY) : strdup("");
	int rc = whole ? 0 : og_fail_nomem(j->err);

	for (size_t i = 0; rc == 0 && i < json_array_size(words); i++)
		if (!contains_all(json_array_get(words, i), text))
			rc = fail(j, "words", NULL, json_array_get(words, i),
				  json_object_get(j->seen, "text"));
	for (size_t i = 0; rc == 0 && i < json_array_size(not_words); i++) {
		const json_t *word = json_array_get(not_words, i);

		if (contains_all(word, text) || contains_all(word, whole))
			rc = fail(j, "not_words", NULL, word, word);
	}
	free(whole);
	return rc;
}

/* Does the row have these values, whatever else it has? */
static int row_has(const json_t *row, const json_t *part)
{
	json_t *mutable, *value;
	const char *column;

	memcpy(&mutable, &part, sizeof(mutable)); /* jansson's iterators take no const */
	json_object_foreach(mutable, column, value)
	{
		if (!og_value_same(value, json_object_get(row, column)))
			return 0;
	}
	return 1;
}

static int any_row_has(const json_t *rows, const json_t *part)
{
	for (size_t i = 0; i < json_array_size(rows); i++)
		if (row_has(json_array_get(rows, i), part))
			return 1;
	return 0;
}

static int judge_rows(struct judge *j, const char *name, const json_t *want, const json_t *rows)
{
	static const char *const members[] = { "contains", "lacks" };
	int rc = 0;

	for (size_t m = 0; m < 2; m++) {
		const json_t *parts = json_object_get(want, members[m]);

		for (size_t i = 0; rc == 0 && i < json_array_size(parts); i++)
			if (any_row_has(rows, json_array_get(parts, i)) != (m == 0))
				rc = fail(j, m == 0 ? "data.contains" : "data.lacks", name,
					  json_array_get(parts, i), rows);
	}
	return rc;
}

static int judge_count(struct judge *j, const char *name, const json_t *want, const json_t *rows)
{
	int64_t n = (int64_t)json_array_size(rows);
	json_t *got;
	int rc;

	if (og_json_int(want, "rows", n) == n && og_json_int(want, "at_least", n) <= n &&
	    og_json_int(want, "at_most", n) >= n)
		return 0;
	got = json_integer(n);
	rc = fail(j, "data.rows", name, want, got);
	json_decref(got);
	return rc;
}

static int judge_columns(struct judge *j, const char *name, const json_t *want, const json_t *rows)
{
	const json_t *columns = json_object_get(want, "columns"), *row = json_array_get(rows, 0);

	for (size_t i = 0; i < json_array_size(columns); i++)
		if (!json_object_get(row, json_string_value(json_array_get(columns, i))))
			return fail(j, "data.columns", name, columns, row);
	return 0;
}

static int judge_data(struct judge *j)
{
	json_t *sets = json_object_get(j->expect, "data"), *want;
	const json_t *data = json_object_get(j->result, "data");
	const char *name;
	int rc = 0;

	json_object_foreach(sets, name, want)
	{
		const json_t *rows = json_object_get(data, name);

		if (rc < 0)
			break;
		if (!json_is_array(rows))
			rc = fail(j, "data", name, want, NULL);
		else if (judge_count(j, name, want, rows) < 0 ||
			 judge_columns(j, name, want, rows) < 0 ||
			 judge_rows(j, name, want, rows) < 0)
			rc = -1;
	}
	return rc;
}

/* Things with a name that must be among those of the result. */
static int judge_named(struct judge *j, const char *rule, const char *member, const char *key)
{
	const json_t *want = json_object_get(j->expect, rule);
	const json_t *got = json_object_get(j->result, member);
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < json_array_size(want); i++) {
		json_t *part = json_pack("{s:O}", key, json_array_get(want, i));

		if (!part)
			rc = og_fail_nomem(j->err);
		else if (!any_row_has(got, part))
			rc = fail(j, rule, NULL, json_array_get(want, i), got);
		json_decref(part);
	}
	return rc;
}

static int judge_cost(struct judge *j)
{
	static const char *const limits[][3] = { { "at_most_nanousd", "nanousd", NULL },
						 { "at_most_calls", "calls", NULL },
						 { "at_most_tokens", "input", "output" } };
	const json_t *want = json_object_get(j->expect, "cost");
	const json_t *cost = json_object_get(j->result, "cost");
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < sizeof(limits) / sizeof(*limits); i++) {
		int64_t got = og_json_int(cost, limits[i][1], 0);

		if (limits[i][2])
			got += og_json_int(cost, limits[i][2], 0);
		if (got > og_json_int(want, limits[i][0], got))
			rc = og_judge_add(j->failures, "cost", limits[i][0],
					  json_incref(json_object_get(want, limits[i][0])),
					  json_integer(got), j->err);
	}
	return rc;
}

/* --- rules: what became of the database ---------------------------------- */

static int same_counts(const json_t *want, const json_t *got)
{
	static const char *const ops[] = { "insert", "update", "delete" };

	for (size_t i = 0; i < 3; i++)
		if (og_json_int(want, ops[i], 0) != og_json_int(got, ops[i], 0))
			return 0;
	return 1;
}

/* The whole difference is expected, or it is a failure: what was changed
 * beside it cannot hide. */
static int judge_effects(struct judge *j)
{
	json_t *want = json_object_get(j->expect, "effects"), *counts;
	json_t *got = json_object_get(json_object_get(j->seen, "effects"), "tables");
	const char *table;
	int rc = 0;

	if (!json_is_object(want)) /* "any" */
		return 0;
	json_object_foreach(want, table, counts)
	{
		if (rc == 0 && !same_counts(counts, json_object_get(got, table)))
			rc = fail(j, "effects", table, counts, json_object_get(got, table));
	}
	json_object_foreach(got, table, counts)
	{
		if (rc == 0 && !json_object_get(want, table))
			rc = fail(j, "effects", table, NULL, counts);
	}
	return rc;
}

static int judge_schema(struct judge *j)
{
	int64_t want = og_json_int(j->expect, "schema", 0);
	int64_t got = og_json_int(json_object_get(j->seen, "effects"), "schema", 0);

	if (json_is_string(json_object_get(j->expect, "effects")) &&
	    !json_object_get(j->expect, "schema"))
		return 0;
	return want == got ? 0
			   : og_judge_add(j->failures, "schema", NULL, json_integer(want),
					  json_integer(got), j->err);
}

static int has_text(const json_t *list, const char *text)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (is_any(json_array_get(list, i), text))
			return 1;
	return 0;
}

static int judge_forbidden(struct judge *j)
{
	const json_t *forbid = json_object_get(j->expect, "forbid");
	const json_t *touched = json_object_get(json_object_get(j->seen, "effects"), "touched");
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < json_array_size(forbid); i++) {
		const json_t *each = json_array_get(forbid, i);
		const json_t *reads = json_array_get(json_object_get(j->seen, "forbid"), i);

		if (json_is_string(each) && has_text(touched, json_string_value(each)))
			rc = fail(j, "forbid", json_string_value(each), NULL, each);
		else if (json_is_object(each) && !json_equal(json_object_get(reads, "before"),
							     json_object_get(reads, "after")))
			rc = fail(j, "forbid", og_json_str(each, "as"),
				  json_object_get(reads, "before"),
				  json_object_get(reads, "after"));
	}
	return rc;
}

static int same_rows(const json_t *want, const json_t *got)
{
	if (!json_is_array(got) || json_array_size(want) != json_array_size(got))
		return 0;
	for (size_t i = 0; i < json_array_size(want); i++) {
		const json_t *a = json_array_get(want, i), *b = json_array_get(got, i);

		if (json_is_array(a) && json_is_array(b) ? !same_rows(a, b) : !og_value_same(a, b))
			return 0;
	}
	return 1;
}

static int judge_sql(struct judge *j)
{
	const json_t *asked = json_object_get(j->expect, "sql");
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < json_array_size(asked); i++) {
		const json_t *want = json_array_get(asked, i);
		const json_t *got = json_array_get(json_object_get(j->seen, "sql"), i);
		const json_t *rows = json_object_get(want, "rows");
		const char *as = og_json_str(want, "as");

		if (!rows && !json_object_get(got, "refused"))
			rc = fail(j, "sql.refused", as, json_object_get(want, "sql"), got);
		else if (rows && !same_rows(rows, json_object_get(got, "rows")))
			rc = fail(j, "sql.rows", as, rows,
				  json_object_get(got, "rows") ? json_object_get(got, "rows")
							       : got);
	}
	return rc;
}

/* Entries of these kinds in this order, with others between them. */
static int judge_ledger(struct judge *j)
{
	const json_t *want = json_object_get(json_object_get(j->expect, "ledger"), "actions");
	const json_t *lacks = json_object_get(json_object_get(j->expect, "ledger"), "lacks");
	const json_t *got = json_object_get(json_object_get(j->seen, "effects"), "actions");
	size_t next = 0;

	for (size_t i = 0; i < json_array_size(got); i++)
		if (next < json_array_size(want) &&
		    json_equal(json_array_get(want, next), json_array_get(got, i)))
			next++;
	if (next < json_array_size(want) && fail(j, "ledger.actions", NULL, want, got) < 0)
		return -1;
	for (size_t i = 0; i < json_array_size(lacks); i++)
		if (has_text(got, json_string_value(json_array_get(lacks, i))) &&
		    fail(j, "ledger.lacks", NULL, json_array_get(lacks, i), got) < 0)
			return -1;
	return 0;
}

/* Whatever is expected: the ledger is whole, and tells all there is. */
static int judge_verify(struct judge *j)
{
	const json_t *verify = json_object_get(j->seen, "verify");

	return og_json_bool(verify, "ok", 0) ? 0 : fail(j, "verify", NULL, json_true(), verify);
}

int og_judge(const json_t *expect, const json_t *seen, json_t **ret, struct og_err *err)
{
	struct judge j = { expect, seen, json_object_get(seen, "result"), json_array(), err };
	int rc = j.failures ? 0 : og_fail_nomem(err);

	if (rc == 0 && json_array_extend(j.failures, json_object_get(seen, "acts")) < 0 &&
	    json_object_get(seen, "acts"))
		rc = og_fail_nomem(err);
	if (rc == 0 &&
	    (judge_state(&j) < 0 || judge_reason(&j) < 0 || judge_member(&j, "skill") < 0 ||
	     judge_member(&j, "planner") < 0 || judge_words(&j) < 0 || judge_data(&j) < 0 ||
	     judge_named(&j, "citations", "citations", "policy") < 0 ||
	     judge_named(&j, "offers", "actions", "skill") < 0 || judge_cost(&j) < 0 ||
	     judge_effects(&j) < 0 || judge_schema(&j) < 0 || judge_forbidden(&j) < 0 ||
	     judge_sql(&j) < 0 || judge_ledger(&j) < 0 || judge_verify(&j) < 0))
		rc = -1;
	if (rc == 0)
		*ret = j.failures;
	else
		json_decref(j.failures);
	return rc;
}

static void add_value(struct og_buf *out, const json_t *value)
{
	char *text = json_is_string(value) ? strdup(json_string_value(value))
					   : json_dumps(value, JSON_ENCODE_ANY);

	if (text)
		og_text_safe(out, text, strnlen(text, 300), 0);
	if (text && strlen(text) > 300)
		og_buf_adds(out, "...");
	free(text);
}

void og_judge_say(const json_t *failure, struct og_buf *out)
{
	const char *rule = og_json_str(failure, "rule"), *at = og_json_str(failure, "at");

	og_buf_addf(out, "%s%s", rule ? rule : "?", at ? " of " : "");
	if (at)
		og_text_safe(out, at, strlen(at), 0);
	og_buf_adds(out, ": want ");
	add_value(out, json_object_get(failure, "want"));
	og_buf_adds(out, ", got ");
	add_value(out, json_object_get(failure, "got"));
}
