/*
 * From grants to rights: what one subject may do, table by table. Permit
 * gives, forbid takes away and wins: without columns it takes its verbs,
 * with columns (visible or settable) it takes those columns, and with a
 * predicate it takes the rows for which it holds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/access/access-internal.h"
#include "lib/base/text.h"

static void list_free(char **list)
{
	for (size_t i = 0; list && list[i]; i++)
		free(list[i]);
	free(list);
}

static void table_release(struct og_table_rights *table)
{
	free(table->table);
	list_free(table->visible);
	list_free(table->masked);
	list_free(table->settable);
	list_free(table->forbidden);
	free(table->predicate);
}

void og_rights_free(struct og_rights *rights)
{
	if (!rights)
		return;
	for (size_t i = 0; i < rights->n; i++)
		table_release(&rights->tables[i]);
	free(rights->tables);
	free(rights);
}

const struct og_table_rights *og_rights_table(const struct og_rights *rights, const char *table)
{
	for (size_t i = 0; i < rights->n; i++)
		if (og_ascii_casecmp(rights->tables[i].table, table) == 0)
			return &rights->tables[i];
	return NULL;
}

int og_column_listed(char *const *list, const char *column)
{
	for (; list && *list; list++)
		if (og_ascii_casecmp(*list, column) == 0)
			return 1;
	return 0;
}

/* A JSON array of strings as a list. NULL text is no list at all. */
static int read_list(const char *text, char ***ret, struct og_err *err)
{
	json_t *json = NULL, *item;
	char **list = NULL;
	size_t i;
	int rc = -1;

	*ret = NULL;
	if (!text)
		return 0;
	if (og_json_parse(text, strlen(text), OG_GRANT_JSON_MAX, "grant", &json, err) < 0)
		return -1;
	list = calloc(json_array_size(json) + 1, sizeof(*list));
	if (!list) {
		og_fail_nomem(err);
		goto out;
	}
	json_array_foreach(json, i, item)
	{
		list[i] = json_is_string(item) ? strdup(json_string_value(item)) : NULL;
		if (!list[i]) {
			og_fail(err, OG_EDATA, "grant: a list holds something else than names");
			goto out;
		}
	}
	*ret = list;
	list = NULL;
	rc = 0;
out:
	list_free(list);
	json_decref(json);
	return rc;
}

static int read_verbs(const char *text, unsigned *ret, struct og_err *err)
{
	static const struct {
		const char *name;
		unsigned verb;
	} verbs[] = { { "select", OG_SELECT }, { "insert", OG_INSERT }, { "update", OG_UPDATE } };
	char **names = NULL;

	*ret = 0;
	if (read_list(text, &names, err) < 0)
		return -1;
	for (size_t i = 0; names && names[i]; i++)
		for (size_t k = 0; k < sizeof(verbs) / sizeof(*verbs); k++)
			if (strcmp(names[i], verbs[k].name) == 0)
				*ret |= verbs[k].verb;
	list_free(names);
	return 0;
}

static int copy_text(char **ret, const char *text, struct og_err *err)
{
	*ret = text ? strdup(text) : NULL;
	return text && !*ret ? og_fail_nomem(err) : 0;
}

/* One grant as it stands in og_grant; NULL is SQL NULL. */
enum { TABLE, EFFECT, VERBS, VISIBLE, MASKED, SETTABLE, PREDICATE, COLUMNS };
struct row {
	const char *text[COLUMNS];
};

/* SQLite does not tell "Orders" from "orders", and neither may grants: of
 * two permits only the first counts. */
static int take_permit(struct og_table_rights *table, const struct row *row, struct og_err *err)
{
	if (table->verbs)
		return 0;
	if (read_verbs(row->text[VERBS], &table->verbs, err) < 0 ||
	    read_list(row->text[VISIBLE], &table->visible, err) < 0 ||
	    read_list(row->text[MASKED], &table->masked, err) < 0 ||
	    read_list(row->text[SETTABLE], &table->settable, err) < 0)
		return -1;
	return copy_text(&table->predicate, row->text[PREDICATE], err);
}

/* "(permit) AND NOT coalesce((forbid), 1)": a forbid that cannot tell forbids. */
static int forbid_rows(struct og_table_rights *table, const char *predicate, struct og_err *err)
{
	struct og_buf text;
	char *joined;

	og_buf_init(&text, OG_GRANT_JSON_MAX);
	og_buf_addf(&text, "(%s) AND NOT coalesce((%s), 1)",
		    table->predicate ? table->predicate : "1", predicate);
	joined = og_buf_take(&text);
	if (!joined)
		return og_fail_nomem(err);
	free(table->predicate);
	table->predicate = joined;
	return 0;
}

static int take_forbid(struct og_table_rights *table, const struct row *row, struct og_err *err)
{
	unsigned verbs;

	if (read_verbs(row->text[VERBS], &verbs, err) < 0)
		return -1;
	if (row->text[VISIBLE])
		return read_list(row->text[VISIBLE], &table->forbidden, err);
	if (row->text[PREDICATE])
		return forbid_rows(table, row->text[PREDICATE], err);
	table->verbs &= ~verbs;
	return 0;
}

static struct og_table_rights *table_for(struct og_rights *rights, const char *name,
					 struct og_err *err)
{
	struct og_table_rights *grown;

	for (size_t i = 0; i < rights->n; i++)
		if (og_ascii_casecmp(rights->tables[i].table, name) == 0)
			return &rights->tables[i];
	grown = realloc(rights->tables, (rights->n + 1) * sizeof(*grown));
	if (!grown) {
		og_fail_nomem(err);
		return NULL;
	}
	rights->tables = grown;
	memset(&grown[rights->n], 0, sizeof(*grown));
	if (copy_text(&grown[rights->n].table, name, err) < 0)
		return NULL;
	return &grown[rights->n++];
}

static int wanted(const char *name, const char *const *only)
{
	if (!only)
		return 1;
	for (; *only; only++)
		if (og_ascii_casecmp(*only, name) == 0)
			return 1;
	return 0;
}

/* Permits come before forbids of the same table (ORDER BY effect DESC). */
static int take_row(struct og_rights *rights, const struct row *row, const char *const *only,
		    struct og_err *err)
{
	const char *name = row->text[TABLE], *effect = row->text[EFFECT];
	struct og_table_rights *table;

	if (!name || !effect)
		return og_fail(err, OG_EDATA, "a grant is damaged");
	if (!wanted(name, only))
		return 0;
	table = table_for(rights, name, err);
	if (!table)
		return -1;
	return strcmp(effect, "forbid") == 0 ? take_forbid(table, row, err)
					     : take_permit(table, row, err);
}

static struct og_rights *new_rights(const struct og_principal *who, const char *subject,
				    struct og_err *err)
{
	struct og_rights *rights = calloc(1, sizeof(*rights));

	if (!rights) {
		og_fail_nomem(err);
		return NULL;
	}
	rights->who = *who;
	if (subject)
		snprintf(rights->subject, sizeof(rights->subject), "%s", subject);
	else
		snprintf(rights->subject, sizeof(rights->subject), "role:%s", who->role);
	return rights;
}

/* Borrowed until the statement is stepped again. */
static void read_row(struct og_stmt *stmt, struct row *ret)
{
	for (int i = 0; i < COLUMNS; i++)
		ret->text[i] = og_col_text(stmt, i);
}

int og_access_rights(struct og_access *access, const struct og_principal *who, const char *subject,
		     const char *const *only, struct og_rights **ret, struct og_err *err)
{
	struct og_rights *rights = new_rights(who, subject, err);
	struct og_stmt *stmt = access->grants;
	struct row row;
	int more, rc = -1;

	if (!rights || og_access_epoch(access, &rights->epoch, err) < 0)
		goto out;
	og_bind_text(stmt, 1, rights->subject);
	while ((more = og_stmt_step(stmt, err)) > 0) {
		read_row(stmt, &row);
		if (take_row(rights, &row, only, err) < 0)
			goto out;
	}
	if (more < 0)
		goto out;
	*ret = rights;
	rights = NULL;
	rc = 0;
out:
	og_stmt_reset(stmt);
	og_rights_free(rights);
	return rc;
}

static json_t *row_json(const struct row *row)
{
	json_t *list = json_array();

	for (int i = 0; list && i < COLUMNS; i++)
		json_array_append_new(list, row->text[i] ? json_string(row->text[i]) : json_null());
	return list;
}

int og_access_grants_keep(struct og_access *access, const char *subject, json_t **ret,
			  struct og_err *err)
{
	struct og_stmt *stmt = access->grants;
	json_t *list = json_array();
	struct row row;
	int more = list ? 1 : og_fail_nomem(err);

	og_bind_text(stmt, 1, subject);
	while (more > 0 && (more = og_stmt_step(stmt, err)) > 0) {
		read_row(stmt, &row);
		if (json_array_append_new(list, row_json(&row)) < 0)
			more = og_fail_nomem(err);
	}
	og_stmt_reset(stmt);
	if (more < 0) {
		json_decref(list);
		return -1;
	}
	*ret = list;
	return 0;
}

int og_access_rights_kept(const json_t *kept, const struct og_principal *who, const char *subject,
			  struct og_rights **ret, struct og_err *err)
{
	struct og_rights *rights = new_rights(who, subject, err);
	const json_t *item;
	size_t i;

	if (!rights)
		return -1;
	rights->epoch = -1;
	json_array_foreach(kept, i, item)
	{
		struct row row;

		for (size_t k = 0; k < COLUMNS; k++)
			row.text[k] = json_string_value(json_array_get(item, k));
		if (take_row(rights, &row, NULL, err) < 0) {
			og_rights_free(rights);
			return -1;
		}
	}
	*ret = rights;
	return 0;
}
