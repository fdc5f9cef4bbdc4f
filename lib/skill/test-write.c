/*
 * A skill's tests going out: as the items they were read from, and as
 * scenarios, which og-eval carries out and judges.
 */
#include "lib/skill/tests.h"

#include <stdio.h>
#include <string.h>

#include "lib/skill/skill.h"

#define SCENARIO_NAME_MAX 64 /* of og-scenario(5) */

/* --- items --------------------------------------------------------------- */

static void add_quoted(struct og_buf *buf, const char *text)
{
	og_buf_addc(buf, '"');
	for (; text && *text; text++) {
		if (*text == '"' || *text == '\\')
			og_buf_addc(buf, '\\');
		og_buf_addc(buf, *text);
	}
	og_buf_addc(buf, '"');
}

static void add_act(const json_t *act, struct og_buf *buf)
{
	const char *as = og_json_str(act, "as"), *say = og_json_str(act, "say");
	const char *kind = og_json_str(act, "do"), *text = og_json_str(act, "text");

	if (say) {
		og_buf_addf(buf, "as %s: ", as);
		add_quoted(buf, say);
		return;
	}
	og_buf_addf(buf, "%s %ss", as, kind);
	if (text) {
		og_buf_addc(buf, ' ');
		add_quoted(buf, text);
	}
}

static void add_texts(const json_t *test, const char *member, struct og_buf *buf)
{
	json_t *text;
	size_t i;

	json_array_foreach(json_object_get(test, member), i, text)
	{
		og_buf_addf(buf, ", %s ", member);
		add_quoted(buf, json_string_value(text));
	}
}

#define PLAIN_TABLE "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"

static void add_changes(const json_t *changes, struct og_buf *buf)
{
	static const char *const kinds[][2] = { { "insert", "+" },
						{ "update", "~" },
						{ "delete", "-" } };
	json_t *mutable, *counts;
	const char *table, *lead = " ";

	og_buf_adds(buf, json_object_size(changes) ? ", changes" : ", changes nothing");
	memcpy(&mutable, &changes, sizeof(mutable)); /* jansson's iterators take no const */
	json_object_foreach(mutable, table, counts)
	{
		for (size_t i = 0; i < 3; i++) {
			int64_t n = og_json_int(counts, kinds[i][0], 0);

			if (n == 0)
				continue;
			og_buf_adds(buf, lead);
			if (table[strspn(table, PLAIN_TABLE)])
				add_quoted(buf, table);
			else
				og_buf_adds(buf, table);
			og_buf_addf(buf, " %s%lld", kinds[i][1], (long long)n);
			lead = ", ";
		}
	}
}

void og_skill_test_write(const json_t *test, struct og_buf *buf)
{
	json_t *act;
	size_t i;

	json_array_foreach(json_object_get(test, "acts"), i, act)
	{
		og_buf_adds(buf, i ? ", then " : "");
		add_act(act, buf);
	}
	og_buf_addf(buf, " -> %s", og_json_str(test, "state"));
	if (og_json_str(test, "by"))
		og_buf_addf(buf, ", by %s", og_json_str(test, "by"));
	add_texts(test, "says", buf);
	add_texts(test, "hides", buf);
	if (json_object_get(test, "changes"))
		add_changes(json_object_get(test, "changes"), buf);
}

/* --- scenarios ----------------------------------------------------------- */

static json_t *then_of(const json_t *act)
{
	const char *kind = og_json_str(act, "do"), *text = og_json_str(act, "text");

	return json_pack("{s:s,s:o}", "as", og_json_str(act, "as"), kind,
			 text ? json_string(text) : json_true());
}

/* Where something came of the sentence, the skill itself has to be it. */
static const char *skill_of(const json_t *doc, const json_t *test)
{
	static const char *const some[] = { "done", "compensated", "waiting" };
	const char *by = og_json_str(test, "by"), *state = og_json_str(test, "state");

	if (by || strcmp(og_json_str(doc, "kind"), "workflow") != 0)
		return by;
	for (size_t i = 0; i < sizeof(some) / sizeof(*some); i++)
		if (strcmp(state, some[i]) == 0)
			return og_json_str(doc, "name");
	return NULL;
}

static json_t *expect_of(const json_t *doc, const json_t *test)
{
	json_t *changes = json_object_get(test, "changes");

	return json_pack("{s:O,s:o,s:s*,s:O*,s:O*}", "state", json_object_get(test, "state"),
			 "effects", changes ? json_incref(changes) : json_string("any"), "skill",
			 skill_of(doc, test), "words", json_object_get(test, "says"), "not_words",
			 json_object_get(test, "hides"));
}

/* Sentences but the last are its setup, deeds come after it. */
static int put_acts(json_t *scenario, const json_t *acts)
{
	json_t *setup = json_array(), *then = json_array(), *act, *last = NULL;
	int failed = !setup || !then;
	size_t i;

	json_array_foreach(acts, i, act)
	{
		if (!json_object_get(act, "say")) {
			failed |= json_array_append_new(then, then_of(act)) < 0;
			continue;
		}
		if (last)
			failed |= json_array_append(setup, last) < 0;
		last = act;
	}
	failed |= json_object_update(scenario, last) < 0;
	if (json_array_size(setup))
		failed |= json_object_set(scenario, "setup", setup) < 0;
	if (json_array_size(then))
		failed |= json_object_set(scenario, "then", then) < 0;
	json_decref(setup);
	json_decref(then);
	return failed ? -1 : 0;
}

json_t *og_skill_test_scenario(const json_t *doc, size_t i)
{
	const json_t *test = json_array_get(json_object_get(doc, "tests"), i);
	char name[SCENARIO_NAME_MAX + 1], number[16];
	struct og_buf about;
	json_t *scenario;

	snprintf(number, sizeof(number), "-%zu", i + 1);
	snprintf(name, sizeof(name), "%.*s%s", (int)(SCENARIO_NAME_MAX - strlen(number)),
		 og_json_str(doc, "name"), number);
	og_buf_init(&about, (size_t)4 * OG_SKILL_TEST_MAX);
	og_skill_test_write(test, &about);
	scenario = about.failed ? NULL
				: json_pack("{s:i,s:s,s:s,s:o}", "v", 1, "name", name, "about",
					    about.data, "expect", expect_of(doc, test));
	og_buf_release(&about);
	if (scenario && put_acts(scenario, json_object_get(test, "acts")) < 0) {
		json_decref(scenario);
		return NULL;
	}
	return scenario;
}
