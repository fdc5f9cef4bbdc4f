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

/* The part of the text where most of the words are, and those in bold. */
static void add_window(struct og_buf *out, const json_t *passage)
{
	const json_t *window = json_object_get(passage, "window"), *mark;
	const char *text = og_json_str(passage, "text");
	size_t at = bound(window, 0, 0), end = bound(window, 1, SIZE_MAX), i;

	if (!text)
		return;
	og_buf_adds(out, at > 0 ? "\u2026 " : "");
	json_array_foreach(json_object_get(passage, "marks"), i, mark)
	{
		size_t from = bound(mark, 0, 0), to = bound(mark, 1, 0);

		if (from < at || to > end)
			continue;
		add_part(out, text, at, from);
		og_buf_adds(out, "\033[1m");
		add_part(out, text, from, to);
		og_buf_adds(out, "\033[0m");
		at = to;
	}
	add_part(out, text, at, end);
	og_buf_adds(out, text[byte_of(text, end)] ? " \u2026" : "");
}

static int print_passage(const json_t *passage, int on_terminal, struct og_err *err)
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
	if (on_terminal)
		add_window(&line, passage);
	else
		add_safe(&line, og_json_str(passage, "text"));
	og_buf_addc(&line, '\n');
	if (og_buf_check(&line, "output", err) == 0)
		rc = og_print(line.data, line.len, err);
	og_buf_release(&line);
	return rc;
}

int og_print_passage(const json_t *passage, struct og_err *err)
{
	return print_passage(passage, 0, err);
}

int og_print_passage_bold(const json_t *passage, struct og_err *err)
{
	return print_passage(passage, 1, err);
}

int og_print_policy(const json_t *policy, struct og_err *err)
{
	json_t *limits = json_object_get(policy, "limits"), *value;
	const char *name;
	struct og_buf line;
	int rc = -1;

	og_buf_init(&line, 65536);
	og_buf_addf(&line, "%-32s %-12s %lld  ", og_json_str(policy, "name"),
		    og_json_str(policy, "source"), (long long)og_json_int(policy, "clearance", 0));
	add_safe(&line, og_json_str(policy, "node"));
	json_object_foreach(limits, name, value)
	{
		og_buf_addc(&line, ' ');
		add_safe(&line, name);
		og_buf_addf(&line, "=%.15g", json_number_value(value));
	}
	if (og_json_str(policy, "rule_step")) {
		og_buf_adds(&line, og_json_str(policy, "rule") ? " rule" : "");
		og_buf_adds(&line, og_json_str(policy, "approval") ? " approval" : "");
		og_buf_adds(&line, " before ");
		add_safe(&line, og_json_str(policy, "rule_step"));
	}
	add_days(&line, policy);
	add_standing(&line, policy);
	og_buf_addc(&line, '\n');
	if (og_buf_check(&line, "output", err) == 0)
		rc = og_print(line.data, line.len, err);
	og_buf_release(&line);
	return rc;
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

/* Each item as a JSON line, or as print does it. Nothing found is status 1. */
int og_print_items(const json_t *list, int json, int (*print)(const json_t *, struct og_err *),
		   struct og_err *err)
{
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		json_object_set_new(item, "v", json_integer(1));
		if ((json ? og_print_json(item, err) : print(item, err)) < 0)
			return -1;
	}
	return json_array_size(list) > 0 ? 0 : 1;
}
