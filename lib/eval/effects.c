/*
 * Effects: row changes of the ledger, folded. Each row is followed from how
 * it was first found to how it was last left; what is equal at both ends
 * does not count as an effect, though its table was touched.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/eval/eval.h"

/* rows: {table: {key: {"was":{column:value}|null, "is":{..}|null}}}; null
 * where there is no row. Columns that nobody changed are in neither. */

static char *row_key(const json_t *value)
{
	return json_dumps(value ? value : json_null(), JSON_ENCODE_ANY | JSON_SORT_KEYS);
}

static json_t *row_of(json_t *rows, const char *table, const char *key, int there)
{
	json_t *all = json_object_get(rows, table), *row;

	if (!all) {
		if (json_object_set_new(rows, table, json_object()) < 0)
			return NULL;
		all = json_object_get(rows, table);
	}
	row = json_object_get(all, key);
	if (row)
		return row;
	row = there ? json_pack("{s:{}, s:{}}", "was", "is") : json_pack("{s:n, s:n}", "was", "is");
	if (json_object_set_new(all, key, row) < 0)
		return NULL;
	return row;
}

/* Columns seen for the first time were so before. */
static int remember(json_t *row, json_t *old)
{
	json_t *was = json_object_get(row, "was");
	const char *column;
	json_t *value;

	if (!json_is_object(was))
		return 0;
	json_object_foreach(old, column, value)
	{
		if (!json_object_get(was, column) && json_object_set(was, column, value) < 0)
			return -1;
	}
	return 0;
}

static int fold_insert(json_t *row, json_t *new)
{
	return json_object_set_new(row, "is", json_copy(new));
}

static int fold_update(json_t *row, json_t *old, json_t *new)
{
	json_t *is = json_object_get(row, "is");

	if (!json_is_object(is))
		return -1;
	return remember(row, old) < 0 ? -1 : json_object_update(is, new);
}

static int fold_delete(json_t *row, json_t *old)
{
	if (remember(row, old) < 0)
		return -1;
	return json_object_set_new(row, "is", json_null());
}

/* A row that got another key is the same row, found under the new one. */
static int move_row(json_t *rows, const char *table, const char *key, const json_t *new_key)
{
	json_t *all = json_object_get(rows, table), *row = json_object_get(all, key);
	char *to = row_key(new_key);
	int rc = to && row ? json_object_set(all, to, row) : -1;

	if (rc == 0 && strcmp(to, key) != 0)
		rc = json_object_del(all, key);
	free(to);
	return rc;
}

static int fold_change(json_t *rows, const json_t *change)
{
	const char *op = og_json_str(change, "op"), *table = og_json_str(change, "table");
	json_t *old = json_object_get(change, "old"), *new = json_object_get(change, "new"), *row;
	const json_t *name = json_object_get(change, "rowid");
	char *key = row_key(name ? name : json_object_get(change, "key"));
	int rc = -1;

	row = op && table && key ? row_of(rows, table, key, strcmp(op, "insert") != 0) : NULL;
	if (row && strcmp(op, "insert") == 0)
		rc = fold_insert(row, new);
	else if (row && strcmp(op, "update") == 0)
		rc = fold_update(row, old, new);
	else if (row && strcmp(op, "delete") == 0)
		rc = fold_delete(row, old);
	if (rc == 0 && json_object_get(change, "new_rowid"))
		rc = move_row(rows, table, key, json_object_get(change, "new_rowid"));
	free(key);
	return rc;
}

/* NULL: the row is as it was. */
static const char *row_effect(json_t *row)
{
	json_t *was = json_object_get(row, "was"), *is = json_object_get(row, "is"), *value;
	const char *column;

	if (!json_is_object(was))
		return json_is_object(is) ? "insert" : NULL;
	if (!json_is_object(is))
		return "delete";
	json_object_foreach(was, column, value)
	{
		if (!json_equal(value, json_object_get(is, column)))
			return "update";
	}
	return NULL;
}

static int count_table(json_t *tables, const char *table, json_t *all)
{
	json_t *counts = json_pack("{s:i, s:i, s:i}", "insert", 0, "update", 0, "delete", 0);
	const char *key;
	json_t *row;
	int any = 0;

	json_object_foreach(all, key, row)
	{
		const char *effect = row_effect(row);

		if (!effect || !counts)
			continue;
		any = 1;
		json_object_set_new(counts, effect,
				    json_integer(og_json_int(counts, effect, 0) + 1));
	}
	if (counts && any)
		return json_object_set_new(tables, table, counts);
	json_decref(counts);
	return counts ? 0 : -1;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static json_t *sorted_keys(json_t *object)
{
	size_t n = json_object_size(object), i = 0;
	const char **names = calloc(n + 1, sizeof(*names)), *key;
	json_t *list = names ? json_array() : NULL, *value;

	json_object_foreach(object, key, value)
	{
		if (names && i < n)
			names[i++] = key;
	}
	if (names)
		qsort(names, n, sizeof(*names), by_name);
	for (i = 0; list && i < n; i++)
		json_array_append_new(list, json_string(names[i]));
	free(names);
	return list;
}

static int fold_entry(json_t *rows, json_t *actions, const json_t *entry, int64_t *schema,
		      struct og_err *err)
{
	const json_t *body = json_object_get(entry, "body");
	const json_t *changes = json_object_get(body, "changes");
	const char *action = og_json_str(entry, "action");

	if (!action)
		return og_fail(err, OG_EDATA, "an entry of the ledger has no action");
	if (json_array_append_new(actions, json_string(action)) < 0)
		return og_fail_nomem(err);
	*schema += (int64_t)json_array_size(json_object_get(body, "ddl"));
	for (size_t i = 0; i < json_array_size(changes); i++)
		if (fold_change(rows, json_array_get(changes, i)) < 0)
			return og_fail(err, OG_EDATA, "a change of entry %lld cannot be followed",
				       (long long)og_json_int(entry, "seq", 0));
	return 0;
}

int og_effects_of(const json_t *entries, json_t **ret, struct og_err *err)
{
	json_t *rows = json_object(), *tables = json_object(), *actions = json_array(), *all;
	const char *table;
	int64_t schema = 0;
	int rc = rows && tables && actions ? 0 : og_fail_nomem(err);

	for (size_t i = 0; rc == 0 && i < json_array_size(entries); i++)
		rc = fold_entry(rows, actions, json_array_get(entries, i), &schema, err);
	json_object_foreach(rows, table, all)
	{
		if (rc == 0 && count_table(tables, table, all) < 0)
			rc = og_fail_nomem(err);
	}
	if (rc == 0) {
		*ret = json_pack("{s:O, s:o, s:I, s:O}", "tables", tables, "touched",
				 sorted_keys(rows), "schema", (json_int_t)schema, "actions",
				 actions);
		rc = *ret ? 0 : og_fail_nomem(err);
	}
	json_decref(rows);
	json_decref(tables);
	json_decref(actions);
	return rc;
}
