/* See og-difference.h. */
#include "cmd/og-difference.h"

#include <string.h>

#include "lib/base/text.h"
#include "lib/policy/store.h"
#include "lib/skill/diff.h"
#include "lib/skill/skill.h"

#define DIFF_MAX  ((size_t)4 << 20)
#define LINES_MAX 400 /* then it is said how many more there are */

/* Lines are already such that a terminal may have them. */
static void note_lines(const struct og_ctx *ctx, char *text)
{
	size_t n = 0, more = 0;
	char *line;

	while ((line = strsep(&text, "\n"))) {
		if (!*line && !text)
			break;
		if (n++ < LINES_MAX)
			og_note(ctx, "    %s", line);
		else
			more++;
	}
	if (more)
		og_note(ctx, "    ... (cut, %zu lines more; see og-task status --json)", more);
}

/* --- skills ------------------------------------------------------------------ */

/* The version in force, as the principal may see it; NULL for none. */
static json_t *skill_in_force(struct og_channel *channel, const char *name)
{
	struct og_err ignored = OG_ERR_INIT;
	json_t *reply = NULL, *doc = NULL;

	if (og_channel_ask(channel, "skill.get", json_pack("{s:s}", "skill", name), &reply,
			   &ignored) == 0)
		doc = json_incref(json_object_get(reply, "skill"));
	json_decref(reply);
	return doc;
}

int og_show_skill(const struct og_ctx *ctx, struct og_channel *channel, const json_t *doc)
{
	struct og_err err = OG_ERR_INIT;
	json_t *old = NULL;
	struct og_buf text;
	int shown = 0;

	if (og_skill_check(doc, &err) < 0)
		return 0;
	old = skill_in_force(channel, og_json_str(doc, "name"));
	og_buf_init(&text, DIFF_MAX);
	og_buf_addf(&text, "skill %s: %s\n", og_json_str(doc, "name"),
		    old ? "a new version" : "a new skill");
	if (og_skill_diff(old, doc, &text, &err) == 0) {
		note_lines(ctx, text.data);
		shown = 1;
	}
	og_buf_release(&text);
	json_decref(old);
	return shown;
}

/* --- policies ---------------------------------------------------------------- */

static json_t *policy_in_force(struct og_channel *channel, const char *name)
{
	struct og_err ignored = OG_ERR_INIT;
	json_t *reply = NULL, *policy = NULL;

	if (og_channel_ask(channel, "policy.list", json_pack("{s:s}", "name", name), &reply,
			   &ignored) == 0)
		policy = json_incref(json_array_get(json_object_get(reply, "policies"), 0));
	json_decref(reply);
	return policy;
}

static void add_value(struct og_buf *out, const char *sign, const char *name, const json_t *value)
{
	struct og_err ignored = OG_ERR_INIT;
	struct og_buf text;

	og_buf_init(&text, DIFF_MAX);
	if (json_is_string(value))
		og_buf_adds(&text, json_string_value(value));
	else
		og_json_canon(value, &text, &ignored);
	og_buf_addf(out, "%s %s: ", sign, name);
	og_text_safe(out, text.data ? text.data : "", text.len, 0);
	og_buf_addc(out, '\n');
	og_buf_release(&text);
}

/* No limits are none. */
static const json_t *member(const json_t *record, const char *name)
{
	const json_t *value = json_object_get(record, name);

	return json_is_object(value) && json_object_size(value) == 0 ? NULL : value;
}

/* What binds, who may read it and from when: before its words. */
static void add_members(struct og_buf *out, const json_t *old, const json_t *new)
{
	static const char *const names[] = {
		"node",	    "clearance",	  "limits",	      "rule",	 "rule_step",
		"approval", "approver_clearance", "approval_seconds", "message", "effective",
		"expires",  "supersedes",	  "source",	      "title",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const json_t *was = member(old, names[i]), *is = member(new, names[i]);

		if (was == is || (was && is && json_equal(was, is)))
			continue;
		if (was)
			add_value(out, "-", names[i], was);
		if (is)
			add_value(out, "+", names[i], is);
	}
}

int og_show_policy(const struct og_ctx *ctx, struct og_channel *channel, const json_t *record)
{
	const char *name = og_json_str(record, "name"), *body, *before;
	struct og_err err = OG_ERR_INIT;
	json_t *old;
	struct og_buf text;
	int shown = 0;

	if (og_policy_check(record, &err) < 0)
		return 0;
	old = policy_in_force(channel, name);
	before = og_json_str(old, "body");
	body = og_json_str(record, "body");
	og_buf_init(&text, DIFF_MAX);
	og_buf_addf(&text, "policy %s: %s\n", name, old ? "a new version" : "a new policy");
	add_members(&text, old, record);
	if (og_lines_diff(name, before ? before : "", body ? body : "", &text, &err) == 0) {
		note_lines(ctx, text.data);
		shown = 1;
	}
	og_buf_release(&text);
	json_decref(old);
	return shown;
}
