/* What a gate shows, and whether a grant would work. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/shield/gate-internal.h"

static json_t *column_json(const struct og_barrier *barrier, const struct og_shown *shown)
{
	const struct og_column *column = &barrier->table->columns[shown->column];

	return json_pack("{s:s,s:s,s:b,s:b,s:b}", "name", column->name, "type", column->type,
			 "masked", shown->masked, "settable", shown->settable, "pk",
			 column->pk > 0);
}

static json_t *verbs_json(unsigned verbs)
{
	json_t *list = json_array();

	if (verbs & OG_SELECT)
		json_array_append_new(list, json_string("select"));
	if (verbs & OG_INSERT)
		json_array_append_new(list, json_string("insert"));
	if (verbs & OG_UPDATE)
		json_array_append_new(list, json_string("update"));
	return list;
}

static json_t *table_json(const struct og_barrier *barrier)
{
	json_t *columns = json_array();

	for (int i = 0; i < barrier->n_shown; i++)
		if (json_array_append_new(columns, column_json(barrier, &barrier->shown[i])) < 0) {
			json_decref(columns);
			return NULL;
		}
	return json_pack("{s:s,s:o,s:o}", "name", barrier->rights->table, "verbs",
			 verbs_json(barrier->rights->verbs), "columns", columns);
}

int og_gate_schema(struct og_gate *gate, json_t **ret, struct og_err *err)
{
	json_t *tables = json_array();

	if (!tables)
		return og_fail_nomem(err);
	for (size_t i = 0; i < gate->n_barriers; i++) {
		struct og_barrier *barrier = &gate->barriers[i];
		int rc = barrier->rights->verbs ? og_barrier_load(barrier) : SQLITE_EMPTY;

		/* A granted table that is gone is shown to nobody. */
		if (rc != SQLITE_OK && rc != SQLITE_NOMEM)
			continue;
		if (rc == SQLITE_NOMEM || json_array_append_new(tables, table_json(barrier)) < 0) {
			json_decref(tables);
			return og_fail_nomem(err);
		}
	}
	*ret = tables;
	return 0;
}

static int check_columns(const struct og_table *table, const json_t *grant, const char *list,
			 struct og_err *err)
{
	const json_t *names = json_object_get(grant, list), *name;
	const char **known, *nearest;
	size_t i;
	int rc = 0;

	json_array_foreach(names, i, name)
	{
		if (og_catalog_column(table, json_string_value(name)) >= 0)
			continue;
		rc = og_fail(err, OG_EDATA, "grant: table '%s' has no column '%s'", table->name,
			     json_string_value(name));
		known = calloc((size_t)table->n + 1, sizeof(*known));
		for (int k = 0; known && k < table->n; k++)
			known[k] = table->columns[k].name;
		nearest = known ? og_nearest(json_string_value(name), known) : NULL;
		if (nearest)
			og_hint(err, "did you mean '%s'?", nearest);
		free(known);
		break;
	}
	return rc;
}

/* A predicate may read anything and change nothing. */
static int only_reads(void *arg, int action, const char *a, const char *b, const char *c,
		      const char *d)
{
	(void)arg;
	(void)a;
	(void)b;
	(void)c;
	(void)d;
	return action == SQLITE_SELECT || action == SQLITE_READ || action == SQLITE_FUNCTION ||
			       action == SQLITE_RECURSIVE
		       ? SQLITE_OK
		       : SQLITE_DENY;
}

static int known_variables(sqlite3_stmt *stmt, struct og_err *err)
{
	for (int i = 1; i <= sqlite3_bind_parameter_count(stmt); i++) {
		const char *name = sqlite3_bind_parameter_name(stmt, i);

		if (name &&
		    (strcmp(name, ":principal_id") == 0 || strcmp(name, ":clearance") == 0 ||
		     strcmp(name, ":role") == 0 || strcmp(name, ":task") == 0))
			continue;
		og_fail(err, OG_EDATA, "grant: the predicate uses an unknown variable '%s'",
			name ? name : "?");
		return og_hint(err, "known are :principal_id, :clearance, :role and :task");
	}
	return 0;
}

/* The predicate stands in parentheses in our statements; it must not be
 * able to close them, so it is prepared between others too. */
static int check_predicate(struct og_db *db, const char *table, const char *predicate,
			   struct og_err *err)
{
	sqlite3 *handle = og_db_handle(db);
	char *alone = sqlite3_mprintf("SELECT %s FROM main.\"%w\" AS t", predicate, table);
	char *sql = sqlite3_mprintf("SELECT 1 FROM main.\"%w\" AS t WHERE (%s) AND 1", table,
				    predicate);
	sqlite3_stmt *stmt = NULL, *first = NULL;
	const char *tail = "";
	int rc = alone && sql ? 0 : og_fail_nomem(err);

	sqlite3_set_authorizer(handle, only_reads, NULL);
	if (rc == 0 && (sqlite3_prepare_v2(handle, alone, -1, &first, NULL) != SQLITE_OK ||
			sqlite3_column_count(first) != 1 ||
			sqlite3_prepare_v2(handle, sql, -1, &stmt, &tail) != SQLITE_OK || *tail))
		rc = og_fail(err, OG_EDATA, "grant: the predicate cannot be used: %s",
			     sqlite3_errmsg(handle));
	if (rc == 0)
		rc = known_variables(stmt, err);
	sqlite3_set_authorizer(handle, NULL, NULL);
	sqlite3_finalize(first);
	sqlite3_finalize(stmt);
	sqlite3_free(alone);
	sqlite3_free(sql);
	return rc;
}

int og_gate_check_grant(struct og_db *db, const json_t *grant, struct og_err *err)
{
	const char *name = og_json_str(grant, "tbl"), *predicate = og_json_str(grant, "predicate");
	struct og_table *table = NULL;
	int rc;

	if (og_grant_check(grant, err) < 0)
		return -1;
	if (og_catalog_load(db, name, &table, err) < 0)
		return -1;
	rc = check_columns(table, grant, "visible", err);
	if (rc == 0)
		rc = check_columns(table, grant, "masked", err);
	if (rc == 0)
		rc = check_columns(table, grant, "settable", err);
	if (rc == 0 && predicate)
		rc = check_predicate(db, name, predicate, err);
	og_catalog_free(table);
	return rc;
}
