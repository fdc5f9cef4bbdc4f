/* See og-policy-print.h. */
#include "cmd/og-policy-print.h"

#include <stdint.h>
#include <string.h>

#include "cmd/og-main.h"
#include "lib/base/text.h"
#include "lib/policy/store.h"

/* Documents are somebody else's words: nothing in them reaches a terminal raw. */
static void add_safe(struct og_buf *out, const char *text)
{
	if (text)
		og_text_safe(out, text, strlen(text), 0);
}

/* " [superseded by x]": why it does not bind; nothing when it does. */
static void add_standing(struct og_buf *out, const json_t *item)
{
	const char *standing = og_json_str(item, "standing"), *by = og_json_str(item, "by");

	if (!standing)
		return;
	og_buf_adds(out, "  [");
	add_safe(out, standing);
	if (by) {
		og_buf_adds(out, " by ");
		add_safe(out, by);
	}
	og_buf_addc(out, ']');
}

static void add_days(struct og_buf *out, const json_t *policy)
{
	static const char *const words[][2] = { { "effective", " from " },
						{ "expires", " until " },
						{ "supersedes", " supersedes " } };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (og_json_str(policy, words[i][0])) {
			og_buf_adds(out, words[i][1]);
			add_safe(out, og_json_str(policy, words[i][0]));
		}
}

/* The byte where a character begins. */
static size_t byte_of(const char *text, size_t character)
{
	size_t at = 0;

	for (size_t n = 0; text[at]; at++)
		if (((unsigned char)text[at] & 0xc0) != 0x80 && n++ == character)
			break;
	return at;
}

static size_t bound(const json_t *range, size_t i, size_t fallback)
{
	json_t *number = json_array_get(range, i);

	return number ? (size_t)json_integer_value(number) : fallback;
}

static void add_part(struct og_buf *out, const char *text, size_t from, size_t to)
{
	size_t begin = byte_of(text, from);

	if (to <= from) /* whoever said so is another program */
		return;
	og_text_safe(out, text + begin, byte_of(text, to) - begin, 0);
}

/* What was looked for is strong in the text from at to end. */
static void add_marked(struct og_buf *out, const json_t *passage, size_t at, size_t end)
{
	const char *text = og_json_str(passage, "text");
	json_t *mark;
	size_t i;

	json_array_foreach(json_object_get(passage, "marks"), i, mark)
	{
		size_t from = bound(mark, 0, 0), to = bound(mark, 1, 0);

		if (from < at || to > end)
			continue;
		add_part(out, text, at, from);
		og_buf_adds(out, og_tone_begin(OG_TONE_STRONG));
		add_part(out, text, from, to);
		og_buf_adds(out, OG_TONE_END);
		at = to;
	}
	add_part(out, text, at, end);
}

/* On a terminal the part of it where most of the words are. */
static void add_window(struct og_buf *out, const json_t *passage, int color)
{
	const json_t *window = json_object_get(passage, "window");
	const char *text = og_json_str(passage, "text");
	size_t at = 0, end = SIZE_MAX;

	if (!text)
		return;
	if (og_print_is_terminal()) {
		at = bound(window, 0, 0);
		end = bound(window, 1, SIZE_MAX);
	}
	og_buf_adds(out, at > 0 ? "\u2026 " : "");
	if (color)
		add_marked(out, passage, at, end);
	else
		add_part(out, text, at, end);
	og_buf_adds(out, text[byte_of(text, end)] ? " \u2026" : "");
}

static int print_passage(const json_t *passage, int color, struct og_err *err)
{
	const char *cite = og_json_str(passage, "cite");
	struct og_buf line;
	int rc = -1;

	og_buf_init(&line, 65536);
	add_safe(&line, cite);
	og_buf_adds(&line, "  ");
	add_safe(&line, og_json_str(passage, "heading"));
	add_standing(&line, passage);
	og_buf_adds(&line, "\n    ");
	add_window(&line, passage, color);
	og_buf_addc(&line, '\n');
	if (og_buf_check(&line, "output", err) == 0)
		rc = og_print(line.data, line.len, err);
	og_buf_release(&line);
	return rc;
}

/* What it limits, what it demands before which step, when, and whether it
 * binds. */
static int add_about(const json_t *policy, struct og_buf *out, struct og_err *err)
{
	json_t *limits = json_object_get(policy, "limits"), *value;
	const char *name, *step = og_json_str(policy, "rule_step");

	(void)err;
	json_object_foreach(limits, name, value)
	{
		og_buf_adds(out, out->len > 0 ? " " : "");
		add_safe(out, name);
		og_buf_addf(out, "=%.15g", json_number_value(value));
	}
	if (step) {
		og_buf_adds(out, out->len > 0 ? " " : "");
		og_buf_adds(out, og_json_str(policy, "rule") ? "rule " : "");
		og_buf_adds(out, og_json_str(policy, "approval") ? "approval " : "");
		og_buf_adds(out, "before ");
		add_safe(out, step);
	}
	add_days(out, policy);
	add_standing(out, policy);
	return out->failed ? -1 : 0;
}

static int add_place(const json_t *policy, struct og_buf *out, struct og_err *err)
{
	const char *node = og_json_str(policy, "node");

	(void)err;
	return og_buf_adds(out, node ? node : "");
}

static const struct og_field policy_fields[] = {
	{ "name", "name", OG_FIELD_KEY, NULL },
	{ "source", "source", OG_FIELD_TEXT, NULL },
	{ "clearance", "clearance", OG_FIELD_TEXT, NULL },
	{ "node", "governs", OG_FIELD_TEXT, add_place },
	{ "about", "about", OG_FIELD_TEXT, add_about },
	{ "title", NULL, OG_FIELD_TEXT, NULL },
	{ "limits", NULL, OG_FIELD_TEXT, NULL },
	{ "rule_step", NULL, OG_FIELD_TEXT, NULL },
	{ "effective", NULL, OG_FIELD_TEXT, NULL },
	{ "expires", NULL, OG_FIELD_TEXT, NULL },
	{ "supersedes", NULL, OG_FIELD_TEXT, NULL },
	{ "standing", NULL, OG_FIELD_TEXT, NULL },
	{ "by", NULL, OG_FIELD_TEXT, NULL },
	{ "hash", NULL, OG_FIELD_TEXT, NULL },
	{ NULL, NULL, OG_FIELD_TEXT, NULL },
};

static const struct og_field passage_fields[] = {
	{ "cite", NULL, OG_FIELD_KEY, NULL },	   { "policy", NULL, OG_FIELD_TEXT, NULL },
	{ "title", NULL, OG_FIELD_TEXT, NULL },	   { "heading", NULL, OG_FIELD_TEXT, NULL },
	{ "text", NULL, OG_FIELD_TEXT, NULL },	   { "line", NULL, OG_FIELD_TEXT, NULL },
	{ "last", NULL, OG_FIELD_TEXT, NULL },	   { "score", NULL, OG_FIELD_TEXT, NULL },
	{ "source", NULL, OG_FIELD_TEXT, NULL },   { "node", NULL, OG_FIELD_TEXT, NULL },
	{ "standing", NULL, OG_FIELD_TEXT, NULL }, { NULL, NULL, OG_FIELD_TEXT, NULL },
};

int og_policies_out(const struct og_ctx *ctx, const struct og_args *args, struct og_out **ret,
		    struct og_err *err)
{
	return og_out_new(ctx, args, policy_fields, NULL, ret, err);
}

int og_passages_out(const struct og_ctx *ctx, const struct og_args *args, struct og_out **ret,
		    struct og_err *err)
{
	return og_out_new(ctx, args, passage_fields, print_passage, ret, err);
}

int og_print_whole(const json_t *policy, struct og_err *err)
{
	static const char *const keys[] = {
		"title",     "source",	  "node",     "clearance",	    "limits",
		"rule_step", "rule",	  "approval", "approver_clearance", "approval_seconds",
		"message",   "effective", "expires",  "supersedes",	    "standing",
		"by",	     "created",	  "hash"
	};
	const char *body = og_json_str(policy, "body");
	struct og_buf out;
	int rc = -1;

	og_buf_init(&out, 2 * OG_POLICY_BODY_MAX);
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		json_t *value = json_object_get(policy, keys[i]);

		if (!value)
			continue;
		og_buf_addf(&out, "%-10s ", keys[i]);
		if (json_is_string(value))
			add_safe(&out, json_string_value(value));
		else if (og_json_dump(value, &out, err) < 0)
			goto out;
		og_buf_addc(&out, '\n');
	}
	og_buf_addc(&out, '\n');
	og_text_safe(&out, body ? body : "", body ? strlen(body) : 0, 1);
	if (og_buf_check(&out, "output", err) == 0)
		rc = og_print(out.data, out.len, err);
out:
	og_buf_release(&out);
	return rc;
}

int og_print_items(struct og_out *out, const json_t *list, struct og_err *err)
{
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		if (og_out_add(out, item, err) < 0)
			return -1;
	}
	if (og_out_end(out, err) < 0)
		return -1;
	return json_array_size(list) > 0 ? 0 : 1;
}
