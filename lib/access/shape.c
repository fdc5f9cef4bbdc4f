/* The schema as it is, for whoever has to decide who sees it. */
#include "lib/access/propose.h"

#include <stdlib.h>
#include <string.h>

#include "lib/access/access-internal.h"
#include "lib/base/text.h"

#define NAME_TEXT_MAX ((size_t)1 << 20)

/* Three of them are used over and over. */
struct shape {
	struct og_stmt *tables, *columns, *keys;
	json_t *list;
};

static const char *const statements[] = {
	"SELECT name, type FROM pragma_table_list WHERE schema = 'main' "
	"AND type IN ('table', 'virtual') "
	"AND name NOT LIKE 'og\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' "
	"AND name NOT LIKE 'audit\\_ledger%' ESCAPE '\\' ORDER BY name",
	"SELECT name, type, pk, hidden FROM pragma_table_xinfo(?1) ORDER BY cid",
	"SELECT id, \"table\", \"from\", \"to\" FROM pragma_foreign_key_list(?1) ORDER BY id, seq",
};

json_t *og_access_text(struct og_stmt *row, int i, int *clean)
{
	const char *text = og_col_text(row, i);
	size_t len = text ? og_col_len(row, i) : 0;
	struct og_buf buf;
	json_t *json;

	og_buf_init(&buf, NAME_TEXT_MAX);
	if (!og_utf8_valid(text ? text : "", len) || memchr(text ? text : "", '\0', len))
		*clean = 0;
	if (text)
		og_utf8_repair(&buf, text, strlen(text));
	json = json_string(buf.data ? buf.data : "");
	og_buf_release(&buf);
	return json;
}

static int add_column(json_t *columns, struct og_stmt *row, int *clean, struct og_err *err)
{
	json_t *column = json_pack("{s:o,s:o}", "name", og_access_text(row, 0, clean), "type",
				   og_access_text(row, 1, clean));

	if (og_col_int(row, 2) > 0 &&
	    og_json_set(column, "pk", json_integer(og_col_int(row, 2)), err) < 0)
		goto fail;
	if (og_col_int(row, 3) > 0 && og_json_set(column, "generated", json_true(), err) < 0)
		goto fail;
	return json_array_append_new(columns, column) == 0 ? 0 : og_fail_nomem(err);
fail:
	json_decref(column);
	return -1;
}

static int add_columns(struct shape *shape, json_t *table, const char *name, int *clean,
		       struct og_err *err)
{
	json_t *columns = json_array();
	int more;

	if (og_json_set(table, "columns", columns, err) < 0)
		return -1;
	og_bind_text(shape->columns, 1, name);
	while ((more = og_stmt_step(shape->columns, err)) > 0)
		if (add_column(columns, shape->columns, clean, err) < 0)
			return -1;
	return more;
}

/* One column of a key; the first of each makes it. */
static int add_key(json_t *keys, struct og_stmt *row, int64_t *last, int *clean, struct og_err *err)
{
	size_t n = json_array_size(keys);
	json_t *key = n ? json_array_get(keys, n - 1) : NULL;

	if (og_col_int(row, 0) != *last) {
		key = json_pack("{s:o,s:[],s:[]}", "table", og_access_text(row, 1, clean), "from",
				"to");
		if (json_array_append_new(keys, key) < 0)
			return og_fail_nomem(err);
		*last = og_col_int(row, 0);
	}
	if (json_array_append_new(json_object_get(key, "from"), og_access_text(row, 2, clean)) <
		    0 ||
	    (!og_col_null(row, 3) &&
	     json_array_append_new(json_object_get(key, "to"), og_access_text(row, 3, clean)) < 0))
		return og_fail_nomem(err);
	return 0;
}

static int add_keys(struct shape *shape, json_t *table, const char *name, int *clean,
		    struct og_err *err)
{
	json_t *keys = json_array();
	int64_t last = -1;
	int more;

	if (og_json_set(table, "keys", keys, err) < 0)
		return -1;
	og_bind_text(shape->keys, 1, name);
	while ((more = og_stmt_step(shape->keys, err)) > 0)
		if (add_key(keys, shape->keys, &last, clean, err) < 0)
			return -1;
	return more;
}

static int add_table(struct shape *shape, struct og_err *err)
{
	int clean = 1, is_virtual = strcmp(og_col_text(shape->tables, 1), "virtual") == 0;
	json_t *table = json_pack("{s:o}", "name", og_access_text(shape->tables, 0, &clean));
	char *name = strdup(og_col_text(shape->tables, 0));
	const char *unfit = NULL;
	int rc = table && name ? 0 : og_fail_nomem(err);

	if (rc == 0 && !is_virtual &&
	    (add_columns(shape, table, name, &clean, err) < 0 ||
	     add_keys(shape, table, name, &clean, err) < 0))
		rc = -1;
	if (is_virtual)
		unfit = "it is a virtual table";
	else if (!clean)
		unfit = "it has a name, or columns with names, that are not UTF-8";
	if (rc == 0 && unfit)
		rc = og_json_set(table, "unfit", json_string(unfit), err);
	free(name);
	if (rc == 0 && json_array_append(shape->list, table) < 0)
		rc = og_fail_nomem(err);
	json_decref(table);
	return rc;
}

int og_access_shape(struct og_access *access, json_t **ret, struct og_err *err)
{
	struct shape shape = { .list = json_array() };
	struct og_stmt **slots[] = { &shape.tables, &shape.columns, &shape.keys };
	int more = shape.list ? 0 : og_fail_nomem(err);

	for (size_t i = 0; more == 0 && i < sizeof(slots) / sizeof(*slots); i++)
		more = og_stmt_new(access->db, statements[i], slots[i], err);
	if (more == 0)
		while ((more = og_stmt_step(shape.tables, err)) > 0)
			if (add_table(&shape, err) < 0) {
				more = -1;
				break;
			}
	for (size_t i = 0; i < sizeof(slots) / sizeof(*slots); i++)
		og_stmt_free(*slots[i]);
	if (more < 0)
		json_decref(shape.list);
	else
		*ret = shape.list;
	return more;
}

static int add_role(json_t *list, struct og_stmt *row, struct og_err *err)
{
	const char *text = og_col_text(row, 1);
	json_t *rights = NULL;

	if (og_json_parse(text ? text : "", og_col_len(row, 1), NAME_TEXT_MAX, "rights", &rights,
			  err) < 0)
		return -1;
	if (json_array_append_new(list, json_pack("{s:s,s:o}", "name", og_col_text(row, 0),
						  "rights", rights)) < 0)
		return og_fail_nomem(err);
	return 0;
}

int og_access_roles(struct og_access *access, json_t **ret, struct og_err *err)
{
	json_t *list = json_array();
	struct og_stmt *stmt = NULL;
	int more = list ? og_stmt_new(access->db, "SELECT name, rights FROM og_role ORDER BY name",
				      &stmt, err)
			: og_fail_nomem(err);

	if (more == 0)
		while ((more = og_stmt_step(stmt, err)) > 0)
			if (add_role(list, stmt, err) < 0) {
				more = -1;
				break;
			}
	og_stmt_free(stmt);
	if (more < 0)
		json_decref(list);
	else
		*ret = list;
	return more;
}
