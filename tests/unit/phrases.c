/*
 * Phrases and the values they are, from tests/slots.tsv: each one as the
 * answer to a question for the slot, and in a sentence.
 */
#include "lib/base/clock.h"
#include "lib/skill/match.h"
#include "lib/skill/pattern-internal.h"
#include "lib/skill/skill.h"
#include "lib/skill/slots.h"
#include "lib/skill/when-internal.h"
#include "tests/unit/unit.h"

#define DAY_MS ((int64_t)86400000)

struct row {
	char *type, *phrase, *value;
	int64_t now;
};

static int nobody(void *arg, const char *table, const char *column, const char *about,
		  og_candidate_fn *each, void *each_arg, struct og_err *err)
{
	(void)arg, (void)table, (void)column, (void)about, (void)each, (void)each_arg, (void)err;
	return 0;
}

static int read_row(char *line, struct row *ret)
{
	char *rest = line, *today, stamp[OG_TIME_LEN + 8];

	line[strcspn(line, "\n")] = '\0';
	ret->type = strsep(&rest, "\t");
	today = strsep(&rest, "\t");
	ret->phrase = strsep(&rest, "\t");
	ret->value = strsep(&rest, "\t");
	if (*line == '#' || ret->value == NULL)
		return 0;
	snprintf(stamp, sizeof(stamp), "%.10sT23:59:59.999Z", today);
	return OG_CHECK_INT(og_time_parse(stamp, &ret->now), 0);
}

static json_t *skill(const char *pattern)
{
	json_t *doc =
		json_pack("{s:s,s:s,s:[s]}", "name", "s", "description", "d", "patterns", pattern);
	struct og_err err = OG_ERR_INIT;

	OG_CHECK_OK(og_skill_complete(doc, &err), &err);
	OG_CHECK_OK(og_skill_check(doc, &err), &err);
	return doc;
}

/* What vars bind to v, as text; "-" for nothing. */
static void check_value(const json_t *vars, const struct row *row, const char *how)
{
	json_t *value = json_object_get(vars, "v");
	char *got = json_is_string(value) ? strdup(json_string_value(value))
		    : value != NULL ? json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15))
				    : strdup("-");

	if (!OG_CHECK_STR(got, row->value))
		printf("# %s: '%s' as %s\n", how, row->phrase, row->type);
	free(got);
}

static void check_ends(const json_t *vars)
{
	char both[64];

	snprintf(both, sizeof(both), "%s/%s", json_string_value(json_object_get(vars, "v_from")),
		 json_string_value(json_object_get(vars, "v_to")));
	OG_CHECK_STR(json_string_value(json_object_get(vars, "v")), both);
}

static void check_sentence(const struct row *row, json_t *doc)
{
	json_t *docs = json_pack("[{s:O,s:s,s:i}]", "doc", doc, "hash", "h", "id", 1), *reply;
	struct og_resolver resolver = { nobody, NULL, row->now };
	struct og_matcher *matcher = NULL;
	struct og_err err = OG_ERR_INIT;
	char sentence[512];

	snprintf(sentence, sizeof(sentence), "schedule %s", row->phrase);
	if (OG_CHECK_OK(og_matcher_new(docs, &matcher, &err), &err) &&
	    OG_CHECK_OK(og_matcher_match(matcher, sentence, strlen(sentence), &resolver, 1, &reply,
					 &err),
			&err)) {
		check_value(json_object_get(json_object_get(reply, "match"), "slots"), row,
			    "in a sentence");
		json_decref(reply);
	}
	og_matcher_free(matcher);
	json_decref(docs);
}

/* As a value it is not in a sentence: quotes would belong to it. */
static void check_answer(const struct row *row, const json_t *doc)
{
	struct og_resolver resolver = { nobody, NULL, row->now };
	json_t *given = json_pack("{s:s}", "v", row->phrase), *vars = NULL;
	struct og_err err = OG_ERR_INIT;

	if (og_slots_bind(doc, given, &resolver, &vars, &err) < 0)
		OG_CHECK_INT(err.code, OG_EDATA);
	check_value(vars, row, "as an answer");
	if (vars != NULL && strcmp(row->type, "period") == 0)
		check_ends(vars);
	json_decref(vars);
	json_decref(given);
}

static void phrases(void)
{
	FILE *file = fopen("tests/slots.tsv", "r");
	char line[1024], pattern[128];
	struct row row;
	size_t n = 0;

	if (!OG_CHECK(file != NULL))
		return;
	while (fgets(line, sizeof(line), file) != NULL) {
		json_t *doc;

		if (!read_row(line, &row))
			continue;
		snprintf(pattern, sizeof(pattern), "schedule {v:%s}", row.type);
		doc = skill(pattern);
		check_sentence(&row, doc);
		if (strcmp(row.type, "text") != 0)
			check_answer(&row, doc);
		json_decref(doc);
		n++;
	}
	fclose(file);
	OG_CHECK(n > 350);
}

/* Every day of a span that has all kinds of years, there and back. */
static void calendar(void)
{
	int64_t day, back;
	int weekday;

	OG_CHECK(og_civil_day((struct og_civil){ 1582, 1, 1 }, &day) == 0);
	weekday = og_day_weekday(day);
	for (int i = 0; i < 400000; i++, day++, weekday = (weekday + 1) % 7) {
		if (!OG_CHECK(og_civil_day(og_civil_of(day), &back) == 0 && back == day) ||
		    !OG_CHECK(og_day_weekday(day) == weekday))
			return;
	}
	OG_CHECK_INT(og_day_weekday(0), 3); /* a Thursday */
	OG_CHECK_INT(og_civil_day((struct og_civil){ 1, 1, 1 }, &day), 0);
	OG_CHECK_INT(day, OG_DAY_FIRST);
	OG_CHECK_INT(og_civil_day((struct og_civil){ 9999, 12, 31 }, &day), 0);
	OG_CHECK_INT(day, OG_DAY_LAST);
	OG_CHECK(!og_day_is(og_day_add_months(OG_DAY_LAST, 1)));
	OG_CHECK(!og_day_is(og_day_add_months(OG_DAY_FIRST, -1)));
	OG_CHECK_INT(og_day_of(-1), -1);
	OG_CHECK_INT(og_day_of(DAY_MS), 1);
}

/* "today" is the day of the resolver, whatever was written when. */
static void defaults_move(void)
{
	json_t *doc = skill("pay by {v:date=tomorrow} [for] {p:period=last month}"), *vars = NULL;
	struct og_resolver resolver = { nobody, NULL, 10 * DAY_MS };
	struct og_err err = OG_ERR_INIT;

	OG_CHECK_OK(og_slots_bind(doc, NULL, &resolver, &vars, &err), &err);
	OG_CHECK_STR(og_json_str(vars, "v"), "1970-01-12");
	OG_CHECK_STR(og_json_str(vars, "p_from"), "1969-12-01");
	OG_CHECK_STR(og_json_str(vars, "p_to"), "1969-12-31");
	json_decref(vars);
	resolver.now = 60 * DAY_MS;
	OG_CHECK_OK(og_slots_bind(doc, NULL, &resolver, &vars, &err), &err);
	OG_CHECK_STR(og_json_str(vars, "v"), "1970-03-03");
	json_decref(vars);
	json_decref(doc);
}

/* A sentence full of beginnings of days is read in reasonable time, and to
 * no end. */
static void hostile(void)
{
	static const char *const parts[] = { "between 1 ", "from from ",  "3 days after ",
					     "in 1 ",	   "end of the ", "last last ",
					     "1/1/",	   "2026-",	  "\xe2\x80\x8b" };
	json_t *doc = skill("schedule {v:period} {w:date} {x:money} {y:quantity(kg)}");
	json_t *docs = json_pack("[{s:o,s:s,s:i}]", "doc", doc, "hash", "h", "id", 1), *reply;
	struct og_resolver resolver = { nobody, NULL, INT64_C(1) << 40 };
	char *text = calloc(1, OG_MATCH_TEXT_MAX + 64);
	struct og_matcher *matcher = NULL;
	struct og_err err = OG_ERR_INIT;

	OG_CHECK_OK(og_matcher_new(docs, &matcher, &err), &err);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		size_t len = (size_t)snprintf(text, 16, "schedule ");

		for (size_t n = strlen(parts[i]); len + n <= OG_MATCH_TEXT_MAX; len += n)
			memcpy(text + len, parts[i], n);
		reply = NULL;
		OG_CHECK_OK(og_matcher_match(matcher, text, len, &resolver, 1, &reply, &err), &err);
		json_decref(reply);
	}
	og_matcher_free(matcher);
	json_decref(docs);
	free(text);
}

int main(void)
{
	OG_RUN(calendar);
	OG_RUN(phrases);
	OG_RUN(defaults_move);
	OG_RUN(hostile);
	return og_done();
}
