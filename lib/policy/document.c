/* See document.h. */
#include "lib/policy/document.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/text.h"
#include "lib/policy/passages.h"
#include "lib/policy/store.h"

static const char *const keys[] = { "name",	 "title",    "source",
				    "clearance", "node",     "limits",
				    "rule",	 "approval", "approver-clearance",
				    "step",	 "message",  "approval-expires",
				    "effective", "expires",  "supersedes",
				    NULL };

int og_policy_add_limit(json_t *limits, const char *pair, struct og_err *err)
{
	const char *equals = strchr(pair, '=');
	struct og_err ignored = OG_ERR_INIT;
	char name[64];
	double value;
	int whole;

	if (!equals || equals == pair || (size_t)(equals - pair) >= sizeof(name) ||
	    og_double_parse(equals + 1, "limit", &value, &ignored) < 0)
		return og_fail(err, OG_EDATA, "limit '%s' is not of the form name=number", pair);
	memcpy(name, pair, (size_t)(equals - pair));
	name[equals - pair] = '\0';
	whole = fabs(value) <= 9007199254740992.0 && value == floor(value);
	return og_json_set(limits, name, whole ? json_integer((json_int_t)value) : json_real(value),
			   err);
}

/* "a=1 b=2" into an object; words are cut in place. */
static int add_limits(json_t *record, char *text, struct og_err *err)
{
	json_t *limits = json_object();

	while (limits && *text) {
		size_t len = strcspn(text, " ,");
		char after = text[len];

		text[len] = '\0';
		if (len > 0 && og_policy_add_limit(limits, text, err) < 0) {
			json_decref(limits);
			return -1;
		}
		text += len + (after != '\0');
	}
	return og_json_set(record, "limits", limits, err);
}

int og_policy_set_expires(json_t *record, const char *span, const char *what, struct og_err *err)
{
	int64_t ms;

	if (og_span_parse(span, what, &ms, err) < 0)
		return -1;
	return og_json_set(record, "approval_seconds", json_integer(ms / 1000), err);
}

/* The record's member for a key of the front matter. */
static const char *member_of(const char *key)
{
	static const char *const others[][2] = {
		{ "step", "rule_step" },
		{ "approver-clearance", "approver_clearance" },
		{ "approval-expires", "approval_seconds" },
	};

	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (strcmp(key, others[i][0]) == 0)
			return others[i][1];
	return key;
}

/* Sets a member unless the caller gave it. */
static int set_member(json_t *record, const char *key, char *value, struct og_err *err)
{
	const char *member = member_of(key);
	int64_t clearance;

	if (json_object_get(record, member))
		return 0;
	if (strcmp(key, "limits") == 0)
		return add_limits(record, value, err);
	if (strcmp(key, "approval-expires") == 0)
		return og_policy_set_expires(record, value, key, err);
	if (strcmp(key, "clearance") == 0 || strcmp(key, "approver-clearance") == 0) {
		if (og_int_parse(value, 1, 3, key, &clearance, err) < 0)
			return -1;
		return og_json_set(record, member, json_integer(clearance), err);
	}
	return og_json_set(record, member, json_string(value), err);
}

static char *trim(char *text)
{
	size_t len;

	while (*text == ' ' || *text == '\t')
		text++;
	len = strlen(text);
	while (len > 0 && strchr(" \t\r", text[len - 1]))
		text[--len] = '\0';
	len = strlen(text);
	if (len >= 2 && (*text == '"' || *text == '\'') && text[len - 1] == *text) {
		text[len - 1] = '\0';
		text++;
	}
	return text;
}

static int take_line(json_t *record, char *line, struct og_err *err)
{
	char *colon = strchr(line, ':'), *key;
	const char *nearest;

	if (!colon)
		return og_fail(err, OG_EDATA, "'%s' is not of the form key: value", line);
	*colon = '\0';
	key = trim(line);
	for (const char *const *known = keys; *known; known++)
		if (strcmp(*known, key) == 0)
			return set_member(record, *known, trim(colon + 1), err);
	nearest = og_nearest(key, keys);
	og_fail(err, OG_EDATA, "unknown key '%s'", key);
	return nearest ? og_hint(err, "did you mean '%s'?", nearest) : -1;
}

static int is_fence(const char *line)
{
	size_t len = strcspn(line, "\n");

	while (len > 0 && strchr(" \t\r", line[len - 1]))
		len--;
	return len == 3 && memcmp(line, "---", 3) == 0;
}

/* Reads the front matter, if there is one; *body is what follows. */
static int read_front(char *text, json_t *record, const char **body, struct og_err *err)
{
	char *line = text, *next;
	int number = 1;

	*body = text;
	if (!is_fence(text))
		return 0;
	for (line = strchr(text, '\n'); line; line = next) {
		line++;
		number++;
		if (is_fence(line)) {
			line += strcspn(line, "\n");
			*body = *line ? line + 1 : line;
			return 0;
		}
		next = strchr(line, '\n');
		if (next)
			*next = '\0';
		line = trim(line);
		if (*line && *line != '#' && take_line(record, line, err) < 0)
			return og_wrap(err, "line %d", number);
	}
	return og_fail(err, OG_EDATA, "the front matter is not closed by ---");
}

/* Lower case letters, digits and single hyphens of any text. */
static int set_name(json_t *record, const char *from, struct og_err *err)
{
	char name[101];
	size_t n = 0;

	if (json_object_get(record, "name"))
		return 0;
	for (; *from && n < 100; from++) {
		int c = og_ascii_lower((unsigned char)*from);

		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
			name[n++] = (char)c;
		else if (n > 0 && name[n - 1] != '-')
			name[n++] = '-';
	}
	while (n > 0 && name[n - 1] == '-')
		n--;
	if (n == 0)
		return og_fail(err, OG_EDATA, "the policy has no name");
	return og_json_set(record, "name", json_stringn(name, n), err);
}

static int set_defaults(json_t *record, const json_t *passages, struct og_err *err)
{
	const char *heading = og_json_str(json_array_get(passages, 0), "heading");
	size_t len = heading ? strcspn(heading, ">") : 0;

	while (len > 0 && heading[len - 1] == ' ')
		len--;
	if (!json_object_get(record, "title") &&
	    og_json_set(record, "title",
			len ? json_stringn(heading, len) : json_string(og_json_str(record, "name")),
			err) < 0)
		return -1;
	if (!json_object_get(record, "source") &&
	    og_json_set(record, "source", json_string("policy"), err) < 0)
		return -1;
	if (!json_object_get(record, "clearance") &&
	    og_json_set(record, "clearance", json_integer(1), err) < 0)
		return -1;
	return 0;
}

static int fill(char *text, const char *name, json_t *record, struct og_err *err)
{
	json_t *passages = NULL;
	const char *body;

	if (read_front(text, record, &body, err) < 0 ||
	    og_passages_split(body, strlen(body), &passages, err) < 0)
		return -1;
	if (set_name(record, name, err) < 0 || set_defaults(record, passages, err) < 0 ||
	    og_json_set(record, "body", json_string(body), err) < 0) {
		json_decref(passages);
		return -1;
	}
	if (og_json_set(record, "passages", passages, err) < 0)
		return -1;
	if (!og_json_str(record, "node")) {
		og_fail(err, OG_EDATA, "the policy governs no node");
		return og_hint(err, "name the skill it governs: --node NAME, or node: in the file");
	}
	return og_policy_check(record, err);
}

int og_policy_read(const char *text, size_t len, const char *name, json_t *record,
		   struct og_err *err)
{
	char *copy;
	int rc;

	if (memchr(text, 0, len) || !og_utf8_valid(text, len))
		return og_fail(err, OG_EDATA, "the document is not a UTF-8 text");
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
		text += 3; /* a byte order mark is no part of the text */
		len -= 3;
	}
	copy = strndup(text, len);
	if (!copy)
		return og_fail_nomem(err);
	rc = fill(copy, name, record, err);
	free(copy);
	return rc;
}
