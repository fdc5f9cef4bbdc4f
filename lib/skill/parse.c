/*
 * SKILL.md to DOC: front matter, body, then what must hold between them.
 * Everything wrong is noted with its line; the first error is the answer
 * of a parse that fails.
 */
#include "lib/skill/parse.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/skill/allowed.h"
#include "lib/skill/parse-internal.h"
#include "lib/skill/pattern-internal.h"

static void add_note(struct og_reader *r, size_t line, const char *level, const char *fmt,
		     va_list args)
{
	char text[OG_ERR_MSG_MAX];
	json_t *note;

	if (json_array_size(r->notes) >= OG_NOTES_MAX)
		return;
	vsnprintf(text, sizeof(text), fmt, args);
	if (!og_utf8_valid(text, strlen(text))) {
		for (char *p = text; *p != '\0'; p++) {
			if ((unsigned char)*p >= 0x80)
				*p = '?';
		}
	}
	note = json_pack("{s:I,s:s,s:s}", "line", (json_int_t)line, "level", level, "text", text);
	og_reader_append(r, r->notes, note);
}

void og_note_error(struct og_reader *r, size_t line, const char *fmt, ...)
{
	va_list args;

	r->errors++;
	va_start(args, fmt);
	add_note(r, line, "error", fmt, args);
	va_end(args);
}

void og_note_warning(struct og_reader *r, size_t line, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	add_note(r, line, "warning", fmt, args);
	va_end(args);
}

void og_reader_set(struct og_reader *r, json_t *obj, const char *key, json_t *value)
{
	if (json_object_set_new(obj, key, value) < 0)
		r->failed = 1;
}

void og_reader_append(struct og_reader *r, json_t *list, json_t *value)
{
	if (json_array_append_new(list, value) < 0)
		r->failed = 1;
}

/* The line on which a top-level or metadata key stands, for messages. */
static size_t key_line(const struct og_reader *r, const char *key)
{
	size_t line = 1, n = strlen(key), at = 0;

	for (size_t i = 1; i + n < r->body; i++) {
		for (; at < i; at++)
			line += r->text[at] == '\n';
		if (strchr("\n {,\"'", r->text[i - 1]) != NULL &&
		    memcmp(r->text + i, key, n) == 0 && strchr(":\"'", r->text[i + n]) != NULL)
			return line;
	}
	return 1;
}

/* Front matter that was not read to its end misses more than it says. */
static void note_missing(struct og_reader *r, const char *key)
{
	if (r->errors == 0)
		og_note_error(r, 1, "front matter: '%s' is missing", key);
}

static void check_name(struct og_reader *r)
{
	const char *name = og_json_str(r->doc, "name");

	if (name == NULL || *name == '\0')
		note_missing(r, "name");
	else if (!og_skill_name_valid(name))
		og_note_error(r, key_line(r, "name"),
			      "name: '%.80s' is not 1 to 64 of a-z, 0-9 and single hyphens", name);
}

static size_t characters(const char *text)
{
	size_t n = 0;

	for (; *text != '\0'; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

static void check_description(struct og_reader *r)
{
	const char *text = og_json_str(r->doc, "description");
	size_t line = key_line(r, "description");

	if (text == NULL || *text == '\0')
		note_missing(r, "description");
	else if (strlen(text) > OG_SKILL_DESCRIPTION_MAX)
		og_note_error(r, line, "description: longer than %d bytes",
			      OG_SKILL_DESCRIPTION_MAX);
	else if (characters(text) > 1024)
		og_note_warning(r, line,
				"description: longer than the 1024 characters of the format");
}

/* The words of metadata KEY as a list in the DOC. */
static void set_list(struct og_reader *r, const char *key, const char *member,
		     int (*valid)(const char *))
{
	const char *text = og_json_str(json_object_get(r->doc, "metadata"), key);
	json_t *list = json_object_get(r->doc, member);
	char *copy = strdup(text != NULL ? text : ""), *rest = copy, *word;

	while (copy != NULL && (word = strsep(&rest, " ,\t\n")) != NULL) {
		if (*word == '\0')
			continue;
		if (!valid(word))
			og_note_error(r, key_line(r, key), "%s: '%.80s' is not a name", key, word);
		else
			og_reader_append(r, list, json_string(word));
	}
	if (json_array_size(list) > OG_SKILL_LIST_MAX)
		og_note_error(r, key_line(r, key), "%s: more than %d names", key,
			      OG_SKILL_LIST_MAX);
	if (copy == NULL)
		r->failed = 1;
	free(copy);
}

static int table_name(const char *name)
{
	return strlen(name) <= 128;
}

static int role_name(const char *name)
{
	return og_ident_valid(name) || og_skill_name_valid(name);
}

static void set_number(struct og_reader *r, const char *key, const char *member, int64_t max)
{
	const char *text = og_json_str(json_object_get(r->doc, "metadata"), key);
	struct og_err err = OG_ERR_INIT;
	int64_t value;

	if (text == NULL)
		return;
	if (og_int_parse(text, 1, max, key, &value, &err) < 0)
		og_note_error(r, key_line(r, key), "%s", err.msg);
	else
		og_reader_set(r, r->doc, member, json_integer(value));
}

static void set_kind(struct og_reader *r)
{
	const char *kind = og_json_str(json_object_get(r->doc, "metadata"), "og-kind");

	if (kind == NULL)
		kind = r->ours ? "workflow" : "agent";
	if (strcmp(kind, "workflow") != 0 && strcmp(kind, "regulation") != 0 &&
	    strcmp(kind, "agent") != 0)
		og_note_error(r, key_line(r, "og-kind"),
			      "og-kind: '%.60s' is not workflow, regulation or agent", kind);
	else
		og_reader_set(r, r->doc, "kind", json_string(kind));
}

static void read_metadata(struct og_reader *r)
{
	set_kind(r);
	set_number(r, "og-clearance", "clearance", 3);
	set_number(r, "og-id", "id", 1000000000);
	set_list(r, "og-roles", "roles", role_name);
	set_list(r, "og-depends-on", "depends_on", og_skill_name_valid);
	set_list(r, "og-governs", "governs", og_skill_name_valid);
	set_list(r, "og-next", "next", og_skill_name_valid);
	set_list(r, "og-touches", "touches", table_name);
}

/* Each pattern by itself, so that an error has its line. */
static void read_slots(struct og_reader *r)
{
	json_t *slots = json_object_get(r->doc, "slots"), *item;
	struct og_err err = OG_ERR_INIT;
	struct og_pattern *pattern;
	size_t i;

	json_array_foreach(json_object_get(r->doc, "patterns"), i, item)
	{
		if (og_pattern_parse(og_json_str(item, "text"), &pattern, &err) < 0) {
			og_note_error(r, (size_t)og_json_int(item, "line", 1), "%s", err.msg);
			continue;
		}
		if (og_slots_declare(slots, pattern, &err) < 0)
			og_note_error(r, (size_t)og_json_int(item, "line", 1), "%s", err.msg);
		og_pattern_free(pattern);
	}
	if (og_slots_close(slots, &err) < 0)
		og_note_error(r, 1, "%s", err.msg);
}

static void warn_empty(struct og_reader *r)
{
	const json_t *steps = json_object_get(r->doc, "steps");
	json_t *step;
	size_t i;

	if (!r->ours)
		return;
	json_array_foreach(steps, i, step)
	{
		if (json_array_size(json_object_get(step, "blocks")) == 0)
			og_note_warning(r, (size_t)og_json_int(step, "line", 1),
					"step '%s' has no blocks, it does nothing",
					og_json_str(step, "name"));
	}
	if (json_array_size(steps) > 0 &&
	    json_array_size(json_object_get(r->doc, "patterns")) == 0 &&
	    json_array_size(json_object_get(r->doc, "examples")) == 0)
		og_note_warning(r, 1, "no patterns under 'When': no sentence runs this skill");
}

/* Tools that are not ours allow nothing; a block needs its tool. */
static void check_tools(struct og_reader *r)
{
	json_t *unknown = og_allowed_unknown(og_json_str(r->doc, "allowed_tools")), *word;
	struct og_err err = OG_ERR_INIT;
	int64_t line = 1;
	size_t i;

	if (!unknown)
		r->failed = 1;
	json_array_foreach(unknown, i, word)
		og_note_warning(r, key_line(r, "allowed-tools"),
				"allowed-tools: '%.80s' is no tool here, it allows nothing",
				json_string_value(word));
	json_decref(unknown);
	if (og_allowed_check(r->doc, &line, &err) < 0)
		og_note_error(r, (size_t)line, "%s", err.msg);
}

/* What only the whole DOC shows; nothing a reader could fix by line. */
static void check_whole(struct og_reader *r)
{
	struct og_err err = OG_ERR_INIT;

	if (r->errors == 0 && !r->failed && og_skill_check(r->doc, &err) < 0)
		og_note_error(r, 1, "%s", err.msg);
}

static void read_all(struct og_reader *r)
{
	og_read_hidden(r);
	if (r->errors > 0)
		return;
	og_read_front(r);
	if (r->body == 0)
		return;
	og_reader_set(r, r->doc, "source", json_stringn(r->text, r->len));
	check_name(r);
	check_description(r);
	read_metadata(r);
	og_read_body(r);
	read_slots(r);
	og_read_variables(r);
	warn_empty(r);
	check_tools(r);
	check_whole(r);
}

static int by_line(const void *a, const void *b)
{
	json_t *const *x = a, *const *y = b;

	return (int)(og_json_int(*x, "line", 0) - og_json_int(*y, "line", 0));
}

/* By line; the sort is stable enough: equal lines keep no order of note. */
static json_t *sorted(json_t *notes)
{
	size_t n = json_array_size(notes);
	json_t **items = calloc(n + 1, sizeof(*items)), *out = json_array();

	for (size_t i = 0; items != NULL && i < n; i++)
		items[i] = json_array_get(notes, i);
	if (items != NULL)
		qsort(items, n, sizeof(*items), by_line);
	for (size_t i = 0; items != NULL && i < n; i++)
		json_array_append(out, items[i]);
	if (items == NULL || json_array_size(out) != n) {
		json_decref(out);
		out = NULL;
	}
	free(items);
	return out;
}

static int first_error(const char *file, const json_t *notes, struct og_err *err)
{
	json_t *note;
	size_t i;

	json_array_foreach(notes, i, note)
	{
		if (strcmp(og_json_str(note, "level"), "error") == 0)
			return og_fail(err, OG_EDATA, "%s:%lld: %s", file,
				       (long long)og_json_int(note, "line", 1),
				       og_json_str(note, "text"));
	}
	return og_fail(err, OG_EBUG, "%s: an error without a note", file);
}

static int finish(struct og_reader *r, json_t **ret_doc, json_t **ret_notes, struct og_err *err)
{
	json_t *notes = r->failed ? NULL : sorted(r->notes);
	int rc = 0;

	if (notes == NULL)
		rc = og_fail_nomem(err);
	else if (r->errors > 0)
		rc = first_error(r->file, notes, err);
	if (rc == 0)
		*ret_doc = json_incref(r->doc);
	if (ret_notes != NULL)
		*ret_notes = json_incref(notes);
	json_decref(notes);
	return rc;
}

int og_skill_parse(const char *file, const char *text, size_t len, json_t **ret_doc,
		   json_t **ret_notes, struct og_err *err)
{
	struct og_reader r = { .file = file, .text = text, .len = len };
	int rc;

	r.notes = json_array();
	r.doc = json_pack("{s:i,s:i,s:{},s:[],s:[],s:[],s:[],s:[],s:[],s:{},s:[],s:[]}", "v", 1,
			  "clearance", 1, "metadata", "roles", "depends_on", "governs", "next",
			  "touches", "patterns", "slots", "steps", "asks");
	if (r.notes == NULL || r.doc == NULL)
		r.failed = 1;
	else if (len > OG_SKILL_TEXT_MAX)
		og_note_error(&r, 1, "a skill has at most %zu bytes", OG_SKILL_TEXT_MAX);
	else if (!og_utf8_valid(text, len))
		og_note_error(&r, 1, "not UTF-8");
	else
		read_all(&r);
	rc = finish(&r, ret_doc, ret_notes, err);
	json_decref(r.notes);
	json_decref(r.doc);
	return rc;
}
