/*
 * Reading and writing the items of `## Tests`. Strictly: what a reader of
 * the item takes for an expectation and we skipped could never fail.
 */
#include "lib/skill/tests.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/skill/pattern-internal.h"
#include "lib/skill/skill.h"

struct cursor {
	const char *text, *p;
	json_t *test, *acts;
	struct og_err *err;
};

static const char *const states[] = {
	"done",
	"denied",
	"failed",
	"compensated",
	"waiting",
	"cancelled",
	"compensation_failed",
	"interrupted",
	"in_doubt",
	NULL,
};

static const char *const deeds[][2] = {
	{ "approves", "approve" },
	{ "rejects", "reject" },
	{ "cancels", "cancel" },
	{ "answers", "answer" },
};

#define N_DEEDS (sizeof(deeds) / sizeof(*deeds))

/* --- words --------------------------------------------------------------- */

static void skip_blanks(struct cursor *c)
{
	c->p += strspn(c->p, " \t");
}

static int expected(struct cursor *c, const char *what)
{
	char before[32];
	size_t at = (size_t)(c->p - c->text), from = at > 24 ? at - 24 : 0;

	while (from < at && ((unsigned char)c->text[from] & 0xc0) == 0x80)
		from++;
	og_text_format(before, sizeof(before), "%.*s", (int)(at - from), c->text + from);
	return og_fail(c->err, OG_EDATA, at ? "after '%s%s': expected %s" : "%s%sexpected %s",
		       from ? ".." : "", before, what);
}

/* Passes over a mark or a word: 1 when it was there. */
static int take(struct cursor *c, const char *mark)
{
	size_t len = strlen(mark);

	skip_blanks(c);
	if (strncmp(c->p, mark, len) != 0)
		return 0;
	if (mark[0] >= 'a' && c->p[len] && !strchr(" \t,:\"", c->p[len]))
		return 0;
	c->p += len;
	return 1;
}

#define TABLE_MAX	128
#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.@"

static int is_name(const char *name)
{
	size_t len = strlen(name);

	return len > 0 && len <= OG_SKILL_NAME_MAX && name[0] != '-' &&
	       strspn(name, NAME_CHARACTERS) == len;
}

static int name(struct cursor *c, const char *what, char out[OG_SKILL_NAME_MAX + 1])
{
	size_t len;

	skip_blanks(c);
	len = strspn(c->p, NAME_CHARACTERS);
	if (len == 0 || len > OG_SKILL_NAME_MAX || *c->p == '-')
		return expected(c, what);
	memcpy(out, c->p, len);
	out[len] = '\0';
	c->p += len;
	return 0;
}

static int quoted(struct cursor *c, json_t **ret)
{
	struct og_buf text;

	if (!take(c, "\""))
		return expected(c, "a text in \"quotation marks\"");
	og_buf_init(&text, OG_SKILL_TEST_MAX);
	for (; *c->p && *c->p != '"'; c->p++) {
		if (*c->p == '\\' && (c->p[1] == '"' || c->p[1] == '\\'))
			c->p++;
		og_buf_addc(&text, *c->p);
	}
	*ret = *c->p && text.len ? json_stringn(text.data, text.len) : NULL;
	og_buf_release(&text);
	if (!*ret)
		return expected(c, *c->p ? "a text that is not empty" : "a closing '\"'");
	c->p++;
	return 0;
}

/* --- who does what ------------------------------------------------------- */

static int add_act(struct cursor *c, json_t *act)
{
	if (json_array_size(c->acts) == OG_SKILL_TEST_ACTS_MAX) {
		json_decref(act);
		return og_fail(c->err, OG_EDATA, "more than %d sentences and deeds in a test",
			       OG_SKILL_TEST_ACTS_MAX);
	}
	return json_array_append_new(c->acts, act) < 0 ? og_fail_nomem(c->err) : 0;
}

static int sentence(struct cursor *c)
{
	char as[OG_SKILL_NAME_MAX + 1];
	json_t *say;

	if (name(c, "the name of a principal", as) < 0)
		return -1;
	if (!take(c, ":"))
		return expected(c, "':'");
	return quoted(c, &say) < 0 ? -1 : add_act(c, json_pack("{s:s,s:o}", "as", as, "say", say));
}

static int deed(struct cursor *c)
{
	char as[OG_SKILL_NAME_MAX + 1];
	json_t *text = NULL;

	if (name(c, "'as NAME:', or a principal and what is done", as) < 0)
		return -1;
	for (size_t i = 0; i < N_DEEDS; i++) {
		if (!take(c, deeds[i][0]))
			continue;
		if (i == N_DEEDS - 1 && quoted(c, &text) < 0)
			return -1;
		return add_act(
			c, json_pack("{s:s,s:s,s:o*}", "as", as, "do", deeds[i][1], "text", text));
	}
	return expected(c, "approves, rejects, cancels or answers \"..\"");
}

static int read_acts(struct cursor *c)
{
	if (!take(c, "as"))
		return expected(c, "'as NAME: \"SENTENCE\"'");
	if (sentence(c) < 0)
		return -1;
	while (take(c, ",")) {
		if (!take(c, "then"))
			return expected(c, "'then'");
		if ((take(c, "as") ? sentence(c) : deed(c)) < 0)
			return -1;
	}
	return take(c, "->") ? 0 : expected(c, "'->' or ', then'");
}

/* A deed is about the last sentence's task: none may come before it. */
static int check_order(const json_t *acts, struct og_err *err)
{
	int deed_seen = 0;

	for (size_t i = 0; i < json_array_size(acts); i++) {
		int says = json_object_get(json_array_get(acts, i), "say") != NULL;

		if (says && deed_seen)
			return og_fail(err, OG_EDATA,
				       "a sentence stands after what is done about another one");
		deed_seen |= !says;
	}
	return 0;
}

/* --- what must come of it ------------------------------------------------ */

static int read_state(struct cursor *c)
{
	for (const char *const *state = states; *state; state++)
		if (take(c, *state))
			return og_json_set(c->test, "state", json_string(*state), c->err);
	return expected(c, "a state: done, denied, failed, compensated, waiting, cancelled, "
			   "compensation_failed, interrupted or in_doubt");
}

static int add_text(struct cursor *c, const char *member)
{
	json_t *list = json_object_get(c->test, member), *text;

	if (quoted(c, &text) < 0)
		return -1;
	if (!list) {
		list = json_array();
		if (og_json_set(c->test, member, list, c->err) < 0) {
			json_decref(text);
			return -1;
		}
	}
	return json_array_append_new(list, text) < 0 ? og_fail_nomem(c->err) : 0;
}

static int read_by(struct cursor *c)
{
	char skill[OG_SKILL_NAME_MAX + 1];

	if (name(c, "the name of a skill", skill) < 0)
		return -1;
	if (!og_skill_name_valid(skill) || json_object_get(c->test, "by"))
		return expected(c, "one name of a skill after 'by'");
	return og_json_set(c->test, "by", json_string(skill), c->err);
}

static const char *member_of(char sign)
{
	return sign == '+' ? "insert" : sign == '~' ? "update" : sign == '-' ? "delete" : NULL;
}

/* orders, or "Order Details". */
static int read_table(struct cursor *c, char out[TABLE_MAX + 1])
{
	json_t *text;
	int fits;

	if (c->p[strspn(c->p, " \t")] != '"')
		return name(c, "a table", out);
	if (quoted(c, &text) < 0)
		return -1;
	fits = og_table_name_valid(json_string_value(text));
	if (fits)
		memcpy(out, json_string_value(text), json_string_length(text) + 1);
	json_decref(text);
	return fits ? 0 : expected(c, "a table");
}

/* "orders +1"; at TABLE. */
static int read_change(struct cursor *c, json_t *changes)
{
	char table[TABLE_MAX + 1];
	const char *member;
	json_t *counts;
	int64_t n = 0;

	if (read_table(c, table) < 0)
		return -1;
	skip_blanks(c);
	member = member_of(*c->p);
	if (!member)
		return expected(c, "+N, ~N or -N: rows added, changed, removed");
	for (c->p++; *c->p >= '0' && *c->p <= '9' && n < 1000000; c->p++)
		n = 10 * n + *c->p - '0';
	if (n < 1 || (*c->p >= '0' && *c->p <= '9'))
		return expected(c, "a number of rows, 1 to 1000000");
	counts = json_object_get(changes, table);
	if (!counts) {
		counts = json_object();
		if (og_json_set(changes, table, counts, c->err) < 0)
			return -1;
	}
	if (json_object_get(counts, member))
		return expected(c, "each change of a table once");
	return og_json_set(counts, member, json_integer(n), c->err);
}

/* Does another change follow, and not a clause? */
static int change_follows(const struct cursor *c)
{
	const char *p = c->p + strspn(c->p, " \t");

	if (*p != ',')
		return 0;
	p++;
	p += strspn(p, " \t");
	if (*p == '"')
		p += strcspn(p + 1, "\"") + 1 + (p[strcspn(p + 1, "\"") + 1] == '"');
	else
		p += strspn(p, NAME_CHARACTERS);
	p += strspn(p, " \t");
	return member_of(*p) != NULL;
}

static int read_changes(struct cursor *c)
{
	json_t *changes;

	if (json_object_get(c->test, "changes"))
		return expected(c, "'changes' once");
	changes = json_object();
	if (og_json_set(c->test, "changes", changes, c->err) < 0)
		return -1;
	if (take(c, "nothing"))
		return 0;
	if (read_change(c, changes) < 0)
		return -1;
	while (change_follows(c)) {
		take(c, ",");
		if (read_change(c, changes) < 0)
			return -1;
	}
	return 0;
}

static int read_clause(struct cursor *c)
{
	if (take(c, "says"))
		return add_text(c, "says");
	if (take(c, "hides"))
		return add_text(c, "hides");
	if (take(c, "by"))
		return read_by(c);
	if (take(c, "changes"))
		return read_changes(c);
	return expected(c, "says, hides, by or changes");
}

static int read_test(struct cursor *c)
{
	if (read_acts(c) < 0 || check_order(c->acts, c->err) < 0 || read_state(c) < 0)
		return -1;
	while (take(c, ","))
		if (read_clause(c) < 0)
			return -1;
	skip_blanks(c);
	return *c->p ? expected(c, "',' or the end") : 0;
}

int og_skill_test_parse(const char *text, json_t **ret, struct og_err *err)
{
	struct cursor c = { .text = text, .p = text, .acts = json_array(), .err = err };
	int rc;

	if (strlen(text) > OG_SKILL_TEST_MAX) {
		json_decref(c.acts);
		return og_fail(err, OG_EDATA, "a test has at most %d bytes", OG_SKILL_TEST_MAX);
	}
	c.test = json_pack("{s:o}", "acts", c.acts);
	rc = c.test ? read_test(&c) : og_fail_nomem(err);
	if (rc == 0)
		*ret = c.test;
	else
		json_decref(c.test);
	return rc;
}

/* --- the check ----------------------------------------------------------- */

static int one_of(const char *word, const char *const *words)
{
	for (; word && *words; words++)
		if (strcmp(word, *words) == 0)
			return 1;
	return 0;
}

static int check_act(const json_t *act, struct og_err *err)
{
	static const char *const keys[] = { "as", "say", "do", "text", NULL };
	static const char *const kinds[] = { "approve", "reject", "cancel", "answer", NULL };
	const char *as = og_json_str(act, "as"), *say = og_json_str(act, "say");
	const char *kind = og_json_str(act, "do"), *text = og_json_str(act, "text");
	int answers = kind && strcmp(kind, "answer") == 0;

	if (!as || !is_name(as) || !say == !kind || (say && !*say) ||
	    (kind && !one_of(kind, kinds)) || answers != (text && *text))
		return og_fail(err, OG_EDATA, "a test holds something nobody does");
	return og_json_only(act, "test", keys, err);
}

static int check_acts(const json_t *acts, struct og_err *err)
{
	size_t n = json_array_size(acts);

	if (n == 0 || n > OG_SKILL_TEST_ACTS_MAX ||
	    !json_object_get(json_array_get(acts, 0), "say"))
		return og_fail(err, OG_EDATA, "a test has no sentence, or too much");
	for (size_t i = 0; i < n; i++)
		if (check_act(json_array_get(acts, i), err) < 0)
			return -1;
	return check_order(acts, err);
}

static int check_texts(const json_t *test, const char *member, struct og_err *err)
{
	const json_t *list = json_object_get(test, member);
	size_t n = json_array_size(list);

	for (size_t i = 0; i < n; i++)
		if (!json_string_length(json_array_get(list, i)))
			n = 0;
	return !list || n ? 0 : og_fail(err, OG_EDATA, "a test's '%s' is no list of texts", member);
}

static int check_counts(const char *table, const json_t *counts, struct og_err *err)
{
	static const char *const keys[] = { "insert", "update", "delete", NULL };
	json_t *mutable, *value;
	const char *key;

	if ((!is_name(table) && !og_table_name_valid(table)) || json_object_size(counts) == 0)
		return og_fail(err, OG_EDATA, "a test's changes are not those of tables");
	memcpy(&mutable, &counts, sizeof(mutable)); /* jansson's iterators take no const */
	json_object_foreach(mutable, key, value)
	{
		if (!json_is_integer(value) || json_integer_value(value) < 1)
			return og_fail(err, OG_EDATA, "a test's changes are not numbers of rows");
	}
	return og_json_only(counts, "changes", keys, err);
}

static int check_changes(const json_t *changes, struct og_err *err)
{
	json_t *mutable, *counts;
	const char *table;

	if (changes && !json_is_object(changes))
		return og_fail(err, OG_EDATA, "a test's changes are not those of tables");
	if (json_object_size(changes) > OG_SKILL_LIST_MAX)
		return og_fail(err, OG_EDATA, "a test changes too many tables");
	memcpy(&mutable, &changes, sizeof(mutable)); /* jansson's iterators take no const */
	json_object_foreach(mutable, table, counts)
	{
		if (check_counts(table, counts, err) < 0)
			return -1;
	}
	return 0;
}

static int check_test(const json_t *test, struct og_err *err)
{
	static const char *const keys[] = { "line",  "acts", "state",	"says",
					    "hides", "by",   "changes", NULL };
	const char *by = og_json_str(test, "by");

	if (!json_is_object(test) || og_json_int(test, "line", -1) < 0 ||
	    !one_of(og_json_str(test, "state"), states))
		return og_fail(err, OG_EDATA, "a test has no line or no state");
	if (json_object_get(test, "by") && (!by || !og_skill_name_valid(by)))
		return og_fail(err, OG_EDATA, "a test's 'by' is no skill");
	if (check_acts(json_object_get(test, "acts"), err) < 0 ||
	    check_texts(test, "says", err) < 0 || check_texts(test, "hides", err) < 0 ||
	    check_changes(json_object_get(test, "changes"), err) < 0)
		return -1;
	return og_json_only(test, "test", keys, err);
}

int og_skill_tests_check(const json_t *tests, struct og_err *err)
{
	size_t n = json_array_size(tests);

	if (n == 0 || n > OG_SKILL_TESTS_MAX)
		return og_fail(err, OG_EDATA, "is no list, empty or too long");
	for (size_t i = 0; i < n; i++)
		if (check_test(json_array_get(tests, i), err) < 0)
			return -1;
	return 0;
}
