/*
 * What a model gets to see of data, and what is kept of it. Everything here
 * may be hostile: it is shown as values below "untrusted_data", with
 * characters that cannot be seen written out, and cut to a size.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/agent/tools.h"
#include "lib/base/text.h"

#define VISIBLE_MAX ((size_t)1 << 20)
#define SOURCE_MAX  ((size_t)1 << 20)

/* --- texts and values --------------------------------------------------------------- */

/* At most max bytes of valid UTF-8, whole characters. */
static size_t cut_at(const char *text, size_t len, size_t max)
{
	if (len <= max)
		return len;
	while (max > 0 && ((unsigned char)text[max] & 0xc0) == 0x80)
		max--;
	return max;
}

json_t *og_show_text(const char *text, size_t len, size_t max)
{
	size_t shown = cut_at(text, len, max);
	struct og_buf buf;
	json_t *value;

	og_buf_init(&buf, VISIBLE_MAX);
	og_text_visible(&buf, text, shown);
	if (shown < len)
		og_buf_addf(&buf, " <cut: %zu more bytes>", len - shown);
	value = buf.failed ? NULL : json_stringn(buf.len ? buf.data : "", buf.len);
	og_buf_release(&buf);
	return value;
}

/* {"i":"9007199254740993"} as its digits, {"b":BASE64} as its size. */
static json_t *show_tagged(const json_t *value)
{
	const char *digits = og_json_str(value, "i"), *bytes = og_json_str(value, "b");

	if (digits)
		return og_show_text(digits, strlen(digits), OG_SHOW_CELL);
	if (bytes)
		return json_sprintf("<%zu bytes>", strlen(bytes) / 4 * 3);
	return json_string("<a value that cannot be shown>");
}

json_t *og_show_value(const json_t *value)
{
	if (json_is_string(value))
		return og_show_text(json_string_value(value), json_string_length(value),
				    OG_SHOW_CELL);
	if (json_is_object(value))
		return show_tagged(value);
	if (json_is_array(value))
		return json_string("<a list>");
	return value ? json_incref((json_t *)(uintptr_t)value) : json_null();
}

static int compare_keys(const void *a, const void *b)
{
	return og_json_key_compare(*(const char *const *)a, *(const char *const *)b);
}

json_t *og_sorted_keys(const json_t *object)
{
	size_t n = json_object_size(object), i = 0;
	const char **keys = calloc(n ? n : 1, sizeof(*keys)), *key;
	json_t *sorted = keys ? json_array() : NULL, *value;

	if (!sorted)
		goto out;
	json_object_foreach((json_t *)(uintptr_t)object, key, value)
	{
		keys[i++] = key;
	}
	qsort(keys, n, sizeof(*keys), compare_keys);
	for (i = 0; i < n; i++)
		json_array_append_new(sorted, json_string(keys[i]));
out:
	free(keys);
	return sorted;
}

json_t *og_names_joined(const json_t *names, size_t max)
{
	size_t n = json_array_size(names), i;
	struct og_buf buf;
	json_t *text;

	og_buf_init(&buf, max + 128);
	for (i = 0; i < n; i++) {
		const char *name = json_string_value(json_array_get(names, i));

		if (buf.len + (name ? strlen(name) : 0) > max)
			break;
		og_buf_addf(&buf, "%s%s", i ? ", " : "", name ? name : "?");
	}
	if (i < n)
		og_buf_addf(&buf, " and %zu more", n - i);
	text = og_show_text(buf.len ? buf.data : "", buf.len, max + 128);
	og_buf_release(&buf);
	return text;
}

/* --- row sets ----------------------------------------------------------------------- */

int og_sets_keep(struct og_thinking *t, const char *name, json_t *rows)
{
	if (json_object_size(t->sets) >= OG_SETS_MAX && !json_object_get(t->sets, name))
		return 0;
	return json_object_set(t->sets, name, rows);
}

/* The columns of rows in a fixed order: that of an object's members is no
 * more known when the rows come out of a record. */
static json_t *columns_of(const json_t *rows)
{
	return og_sorted_keys(json_array_get(rows, 0));
}

static json_t *show_row(const json_t *row, const json_t *columns)
{
	json_t *cells = json_array(), *column;
	size_t i;

	json_array_foreach(columns, i, column) json_array_append_new(
		cells, og_show_value(json_object_get(row, json_string_value(column))));
	return cells;
}

static json_t *show_columns(const json_t *columns)
{
	json_t *shown = json_array(), *column;
	size_t i;

	json_array_foreach(columns, i, column) json_array_append_new(shown, og_show_value(column));
	return shown;
}

/* Rows of a set as far as there is room; *left shrinks. */
static json_t *show_rows(const json_t *rows, const json_t *columns, size_t *left)
{
	json_t *shown = json_array(), *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		json_t *cells = i < OG_SHOW_ROWS ? show_row(row, columns) : NULL;
		size_t size = json_dumpb(cells, NULL, 0, JSON_COMPACT);

		if (!cells || size > *left) {
			json_decref(cells);
			break;
		}
		*left -= size;
		json_array_append_new(shown, cells);
	}
	return shown;
}

static void note_hidden_rows(const char *name, size_t had, size_t shown, struct og_buf *notice)
{
	if (shown < had)
		og_buf_addf(notice,
			    "%s%zu of the %zu rows of %s are shown; all are kept under that name. "
			    "Ask for fewer columns, or let SQL count and add up.",
			    notice->len ? " " : "", shown, had, name);
}

json_t *og_show_sets(const json_t *sets, const json_t *columns)
{
	json_t *data = json_object(), *counts = json_object(), *names = og_sorted_keys(sets);
	json_t *name, *output;
	size_t left = OG_SHOW_DATA, i;
	struct og_buf notice;

	og_buf_init(&notice, 8192);
	json_array_foreach(names, i, name)
	{
		const char *set = json_string_value(name);
		json_t *rows = json_object_get(sets, set), *shown;
		json_t *order =
			columns ? json_incref((json_t *)(uintptr_t)columns) : columns_of(rows);

		shown = show_rows(rows, order, &left);
		note_hidden_rows(set, json_array_size(rows), json_array_size(shown), &notice);
		json_object_set_new(counts, set, json_integer((json_int_t)json_array_size(rows)));
		json_object_set_new(
			data, set,
			json_pack("{s:o,s:o}", "columns", show_columns(order), "rows", shown));
		json_decref(order);
	}
	json_decref(names);
	output = json_pack("{s:{s:o},s:o,s:s*}", "untrusted_data", "sets", data, "rows", counts,
			   "notice", notice.len ? notice.data : NULL);
	og_buf_release(&notice);
	return output;
}

/* --- passages, entries, sources ------------------------------------------------------ */

static int same_passage(const json_t *a, const json_t *b)
{
	return json_equal(json_object_get(a, "policy"), json_object_get(b, "policy")) &&
	       json_equal(json_object_get(a, "line"), json_object_get(b, "line"));
}

size_t og_passage_key(struct og_thinking *t, const json_t *passage)
{
	static const char *const kept[] = { "policy", "title", "source", "line", "text" };
	json_t *known, *made;
	size_t i;

	json_array_foreach(t->passages, i, known)
	{
		if (same_passage(known, passage))
			return i + 1;
	}
	made = json_object();
	for (i = 0; i < sizeof(kept) / sizeof(*kept); i++)
		if (json_object_get(passage, kept[i]))
			json_object_set(made, kept[i], json_object_get(passage, kept[i]));
	return json_array_append_new(t->passages, made) == 0 ? json_array_size(t->passages) : 0;
}

static json_t *show_passage(struct og_thinking *t, const json_t *passage)
{
	const json_t *text = json_object_get(passage, "text");
	json_t *shown = json_pack("{s:o}", "key", json_sprintf("P%zu", og_passage_key(t, passage)));

	static const char *const members[] = { "policy", "title", "source", "line" };

	for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++)
		if (json_object_get(passage, members[i]))
			json_object_set_new(shown, members[i],
					    og_show_value(json_object_get(passage, members[i])));
	json_object_set_new(shown, "text",
			    og_show_text(json_is_string(text) ? json_string_value(text) : "",
					 json_string_length(text), OG_SHOW_PASSAGE));
	return shown;
}

json_t *og_show_passages(struct og_thinking *t, const json_t *passages)
{
	json_t *shown = json_array(), *passage;
	size_t i;

	json_array_foreach(passages, i, passage)
		json_array_append_new(shown, show_passage(t, passage));
	return shown;
}

void og_source_text(struct og_thinking *t, const char *text)
{
	if (text && *text)
		json_array_append_new(t->sources, json_string(text));
}

void og_source_json(struct og_thinking *t, const json_t *value)
{
	struct og_err ignored = OG_ERR_INIT;
	struct og_buf text;

	og_buf_init(&text, SOURCE_MAX);
	if (value && og_json_canon(value, &text, &ignored) == 0 && !text.failed)
		json_array_append_new(t->sources, json_stringn(text.data, text.len));
	og_buf_release(&text);
}

int og_entry_note(struct og_thinking *t, const json_t *reply, json_t *output)
{
	int64_t seq = og_json_int(reply, "seq", 0);

	if (seq <= 0)
		return 0;
	json_array_append_new(t->entries, json_integer(seq));
	json_object_set_new(output, "entry", json_sprintf("E%lld", (long long)seq));
	return 1;
}
