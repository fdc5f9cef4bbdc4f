/* What a record of a policy may hold. See store.h. Touches no database. */
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/text.h"
#include "lib/policy/passages.h"
#include "lib/policy/store-internal.h"
#include "lib/policy/store.h"

static int bad(struct og_err *err, const char *what)
{
	return og_fail(err, OG_EDATA, "policy: %s", what);
}

static int check_limits(const json_t *policy, struct og_err *err)
{
	json_t *limits = json_object_get(policy, "limits"), *value;
	const char *name;

	if (!limits)
		return 0;
	if (!json_is_object(limits) || json_object_size(limits) > 50)
		return bad(err, "'limits' is no object of names and numbers");
	json_object_foreach(limits, name,
			    value) if (!json_is_number(value) ||
				       !*name) return og_fail(err, OG_EDATA,
							      "policy: limit '%s' is no number",
							      name);
	return 0;
}

static int check_passages(const json_t *policy, struct og_err *err)
{
	const json_t *passages = json_object_get(policy, "passages"), *passage;
	size_t i;

	if (!json_is_array(passages) || json_array_size(passages) == 0 ||
	    json_array_size(passages) > OG_PASSAGES_MAX)
		return bad(err, "'passages' is missing, empty or too long");
	json_array_foreach(
		passages, i,
		passage) if (!og_json_str(passage, "heading") || !og_json_str(passage, "text") ||
			     og_json_int(passage, "line", -1) < 0 ||
			     strlen(og_json_str(passage, "heading")) > 2 * OG_PASSAGE_MAX ||
			     strlen(og_json_str(passage, "text")) >
				     4 * OG_PASSAGE_MAX) return bad(err, "a passage is malformed");
	return 0;
}

static int check_source(const char *source, struct og_err *err)
{
	if (og_policy_source_number(source) >= 0)
		return 0;
	og_fail(err, OG_EDATA, "policy: source '%s' is unknown", source);
	return og_hint(err, "sources are law, email, internal_doc and policy");
}

/* Longer ones are no names or titles, and would make lists too long to send. */
static int check_lengths(const json_t *policy, struct og_err *err)
{
	static const struct {
		const char *key;
		size_t max;
	} texts[] = { { "name", 100 },	   { "node", 64 },	  { "title", 300 },
		      { "message", 500 },  { "rule", 4000 },	  { "approval", 4000 },
		      { "rule_step", 64 }, { "supersedes", 100 }, { "body", OG_POLICY_BODY_MAX } };

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		const json_t *value = json_object_get(policy, texts[i].key);
		const char *text = og_json_str(policy, texts[i].key);

		if (value && (!text || !*text))
			return og_fail(err, OG_EDATA, "policy: '%s' is no text", texts[i].key);
		if (text && strlen(text) > texts[i].max)
			return og_fail(err, OG_EDATA, "policy: '%s' is longer than %zu bytes",
				       texts[i].key, texts[i].max);
	}
	return 0;
}

/* A whole number between 1 and max, if it is there at all. */
static int check_number(const json_t *policy, const char *key, int64_t max, struct og_err *err)
{
	int64_t number = og_json_int(policy, key, 0);

	if (!json_object_get(policy, key))
		return 0;
	if (!og_json_str(policy, "approval"))
		return og_fail(err, OG_EDATA, "policy: '%s' goes with an approval", key);
	if (number >= 1 && number <= max)
		return 0;
	return og_fail(err, OG_EDATA, "policy: '%s' is no whole number from 1 to %lld", key,
		       (long long)max);
}

static int check_conditions(const json_t *policy, struct og_err *err)
{
	int conditions = og_json_str(policy, "rule") || og_json_str(policy, "approval");

	if (conditions && !og_json_str(policy, "rule_step"))
		return bad(err, "a rule or an approval needs the step before which it is judged");
	if (!conditions && og_json_str(policy, "rule_step"))
		return bad(err, "a step goes with a rule or an approval");
	if (check_number(policy, "approver_clearance", 3, err) < 0)
		return -1;
	return check_number(policy, "approval_seconds", OG_APPROVAL_SECONDS_MAX, err);
}

/* A member that is there is a day. */
static int check_day(const json_t *policy, const char *key, struct og_err *err)
{
	const char *day = og_json_str(policy, key);

	if (!json_object_get(policy, key) || (day && og_day_valid(day)))
		return 0;
	og_fail(err, OG_EDATA, "policy: '%s' is no day", key);
	return og_hint(err, "a day of UTC: YYYY-MM-DD");
}

static int check_name(const char *name, struct og_err *err)
{
	if (strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(name))
		return 0;
	return og_fail(err, OG_EDATA, "policy: '%s' is no name", name);
}

static int check_validity(const json_t *policy, struct og_err *err)
{
	const char *effective = og_json_str(policy, "effective");
	const char *expires = og_json_str(policy, "expires");
	const char *supersedes = og_json_str(policy, "supersedes");

	if (check_day(policy, "effective", err) < 0 || check_day(policy, "expires", err) < 0)
		return -1;
	if (effective && expires && strcmp(effective, expires) > 0)
		return og_fail(err, OG_EDATA, "policy: it expires before it is effective");
	if (!supersedes)
		return 0;
	if (strcmp(supersedes, og_json_str(policy, "name")) == 0) {
		og_fail(err, OG_EDATA, "policy: it supersedes itself");
		return og_hint(err, "the same name is a new version already");
	}
	return check_name(supersedes, err);
}

/* What binds is read before it is put; its text may be a printed one, with
 * soft hyphens. */
static int check_seen(const json_t *policy, struct og_err *err)
{
	static const char *const texts[] = { "name",	  "source",   "node",	   "title",
					     "rule",	  "approval", "message",   "rule_step",
					     "effective", "expires",  "supersedes" };
	json_t *limits = json_object_get(policy, "limits"), *value;
	const char *limit;
	size_t at;
	uint32_t c;

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		const char *text = og_json_str(policy, texts[i]);

		at = 0;
		if (text && og_utf8_hidden(text, strlen(text), &at, &c))
			return og_fail(err, OG_EDATA, "policy: '%s' holds the invisible U+%04X",
				       texts[i], (unsigned)c);
	}
	json_object_foreach(limits, limit, value)
	{
		if (og_text_hidden(limit, strlen(limit)))
			return bad(err, "the name of a limit holds what cannot be seen");
	}
	return 0;
}

int og_policy_check(const json_t *policy, struct og_err *err)
{
	static const char *const keys[] = { "name",
					    "source",
					    "clearance",
					    "node",
					    "title",
					    "body",
					    "limits",
					    "rule",
					    "approval",
					    "approver_clearance",
					    "approval_seconds",
					    "rule_step",
					    "message",
					    "effective",
					    "expires",
					    "supersedes",
					    "passages",
					    NULL };
	const char *name, *source, *text;
	int64_t clearance;

	if (og_json_only(policy, "policy", keys, err) < 0 ||
	    og_json_need_str(policy, "policy", "name", &name, err) < 0 ||
	    og_json_need_str(policy, "policy", "source", &source, err) < 0 ||
	    og_json_need_str(policy, "policy", "node", &text, err) < 0 ||
	    og_json_need_str(policy, "policy", "title", &text, err) < 0 ||
	    og_json_need_str(policy, "policy", "body", &text, err) < 0 ||
	    og_json_need_int(policy, "policy", "clearance", &clearance, err) < 0)
		return -1;
	if (check_lengths(policy, err) < 0 || check_seen(policy, err) < 0)
		return -1;
	if (check_name(name, err) < 0)
		return -1;
	if (clearance < 1 || clearance > 3)
		return bad(err, "clearance is 1, 2 or 3");
	if (check_conditions(policy, err) < 0 || check_validity(policy, err) < 0 ||
	    check_source(source, err) < 0 || check_limits(policy, err) < 0)
		return -1;
	return check_passages(policy, err);
}
