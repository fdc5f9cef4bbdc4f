/* See catalog.h. Everything is asked of SQLite's own pragma functions. */
#include "lib/shield/catalog.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"

void og_catalog_free(struct og_table *table)
{
	if (!table)
		return;
	for (int i = 0; i < table->n; i++) {
		free(table->columns[i].name);
		free(table->columns[i].type);
		free(table->columns[i].collation);
		free(table->columns[i].fallback);
	}
	for (int i = 0; i < table->n_parents; i++) {
		for (int k = 0; k < table->parents[i].n; k++)
			free(table->parents[i].parent_columns[k]);
		free(table->parents[i].table);
	}
	free(table->columns);
	free(table->parents);
	free(table->name);
	free(table);
}

int og_catalog_column(const struct og_table *table, const char *name)
{
	for (int i = 0; i < table->n; i++)
		if (og_ascii_casecmp(table->columns[i].name, name) == 0)
			return i;
	return -1;
}

static int contains(const char *type, const char *word)
{
	size_t len = strlen(word);

	for (; *type; type++) {
		size_t i = 0;

		while (i < len && og_ascii_lower((unsigned char)type[i]) == word[i])
			i++;
		if (i == len)
			return 1;
	}
	return 0;
}

/* SQLite's rules of column affinity (datatype3, section 3.1), in order. */
static char affinity_of(const char *type)
{
	if (contains(type, "int"))
		return 'I';
	if (contains(type, "char") || contains(type, "clob") || contains(type, "text"))
		return 'T';
	if (!*type || contains(type, "blob"))
		return 'B';
	if (contains(type, "real") || contains(type, "floa") || contains(type, "doub"))
		return 'R';
	return 'N';
}

typedef int take_fn(struct og_db *db, struct og_table *table, struct og_stmt *row);

static int each(struct og_db *db, const char *sql, struct og_table *table, take_fn *take,
		struct og_err *err)
{
	struct og_stmt *stmt;
	int more;

	if (og_stmt_new(db, sql, &stmt, err) < 0)
		return -1;
	og_bind_text(stmt, 1, table->name);
	while ((more = og_stmt_step(stmt, err)) > 0)
		if (take(db, table, stmt) < 0) {
			more = og_fail_nomem(err);
			break;
		}
	og_stmt_free(stmt);
	return more;
}

static char *copy(const char *text)
{
	return text ? strdup(text) : NULL;
}

static void note_key(struct og_table *table, int pk, int index)
{
	if (pk < 1 || pk > 16)
		return;
	table->pk[pk - 1] = index;
	if (pk > table->n_pk)
		table->n_pk = pk;
}

static int take_column(struct og_db *db, struct og_table *table, struct og_stmt *row)
{
	const char *collation = NULL;
	struct og_column *column;

	column = realloc(table->columns, ((size_t)table->n + 1) * sizeof(*column));
	if (!column)
		return -1;
	table->columns = column;
	column += table->n;
	memset(column, 0, sizeof(*column));
	column->name = copy(og_col_text(row, 0));
	column->type = copy(og_col_text(row, 1) ? og_col_text(row, 1) : "");
	column->notnull = (int)og_col_int(row, 2);
	column->fallback = copy(og_col_text(row, 3));
	column->pk = (int)og_col_int(row, 4);
	column->generated = og_col_int(row, 5) > 1;
	table->n++;
	if (!column->name || !column->type)
		return -1;
	column->affinity = affinity_of(column->type);
	sqlite3_table_column_metadata(og_db_handle(db), "main", table->name, column->name, NULL,
				      &collation, NULL, NULL, NULL);
	column->collation = copy(collation ? collation : "BINARY");
	note_key(table, column->pk, table->n - 1);
	return column->collation ? 0 : -1;
}

static int take_index(struct og_db *db, struct og_table *table, struct og_stmt *row)
{
	int64_t column = og_col_int(row, 0);

	(void)db;
	if (column < 0 || column >= table->n)
		return 0;
	table->columns[column].leads = 1;
	if (og_col_int(row, 1) && og_col_int(row, 2) == 1 && og_col_text(row, 3) &&
	    og_ascii_casecmp(og_col_text(row, 3), table->columns[column].collation) == 0)
		table->columns[column].is_unique = 1;
	return 0;
}

static int take_kind(struct og_db *db, struct og_table *table, struct og_stmt *row)
{
	(void)db;
	table->without_rowid = (int)og_col_int(row, 0);
	table->rows = OG_ROWS_UNKNOWN; /* found: an ordinary table */
	return 0;
}

static int take_parent(struct og_db *db, struct og_table *table, struct og_stmt *row)
{
	int id = (int)og_col_int(row, 0), column;
	struct og_parent *parent = NULL, *grown;

	(void)db;
	for (int i = 0; i < table->n_parents; i++)
		if (table->parents[i].id == id)
			parent = &table->parents[i];
	if (!parent) {
		grown = realloc(table->parents, ((size_t)table->n_parents + 1) * sizeof(*grown));
		if (!grown)
			return -1;
		table->parents = grown;
		parent = &grown[table->n_parents++];
		memset(parent, 0, sizeof(*parent));
		parent->id = id;
		parent->table = copy(og_col_text(row, 1));
	}
	column = og_catalog_column(table, og_col_text(row, 2) ? og_col_text(row, 2) : "");
	if (!parent->table || column < 0 || parent->n == 8)
		return -1;
	parent->columns[parent->n] = column;
	parent->parent_columns[parent->n++] = copy(og_col_text(row, 3));
	return 0;
}

/* sqlite_stat1: "rows per-key ..." of each index. */
static int take_statistics(struct og_db *db, struct og_table *table, struct og_stmt *row)
{
	const char *text = og_col_text(row, 0), *column = og_col_text(row, 1);
	double rows, per_key;
	char *end;
	int i;

	(void)db;
	if (!text)
		return 0;
	rows = strtod(text, &end);
	per_key = strtod(end, NULL);
	if (rows > 0 && (table->rows == OG_ROWS_UNKNOWN || rows > table->rows))
		table->rows = rows;
	i = column ? og_catalog_column(table, column) : -1;
	if (i >= 0 && per_key > 0)
		table->columns[i].per_key = per_key;
	return 0;
}

/* A column may be called rowid, and would be read instead of it. */
static const char *free_rowid(const struct og_table *table)
{
	static const char *const names[] = { "rowid", "_rowid_", "oid" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (og_catalog_column(table, names[i]) < 0)
			return names[i];
	return NULL;
}

static void find_rowid_column(struct og_table *table)
{
	table->rowid = free_rowid(table);
	table->rowid_column = -1;
	if (table->without_rowid || table->n_pk != 1 ||
	    og_ascii_casecmp(table->columns[table->pk[0]].type, "INTEGER") != 0)
		return;
	table->rowid_column = table->pk[0];
	table->columns[table->pk[0]].leads = table->columns[table->pk[0]].is_unique = 1;
}

static int load(struct og_db *db, struct og_table *table, struct og_err *err)
{
	int analyzed = sqlite3_table_column_metadata(og_db_handle(db), "main", "sqlite_stat1", NULL,
						     NULL, NULL, NULL, NULL, NULL) == SQLITE_OK;

	if (each(db,
		 "SELECT wr FROM pragma_table_list WHERE schema = 'main' AND type = 'table' "
		 "AND name = ?1 COLLATE NOCASE",
		 table, take_kind, err) < 0)
		return -1;
	if (table->rows == 0)
		return og_fail(err, OG_NO, "there is no table '%s'", table->name);
	if (each(db,
		 "SELECT name, type, \"notnull\", dflt_value, pk, hidden "
		 "FROM pragma_table_xinfo(?1, 'main')",
		 table, take_column, err) < 0 ||
	    each(db,
		 "SELECT ii.cid, il.\"unique\" AND NOT il.partial, "
		 "(SELECT count(*) FROM pragma_index_info(il.name)), ii.coll "
		 "FROM pragma_index_list(?1, 'main') il, pragma_index_xinfo(il.name) ii "
		 "WHERE ii.seqno = 0",
		 table, take_index, err) < 0 ||
	    each(db,
		 "SELECT id, \"table\", \"from\", \"to\" FROM pragma_foreign_key_list(?1, 'main') "
		 "ORDER BY id, seq",
		 table, take_parent, err) < 0)
		return -1;
	find_rowid_column(table);
	if (!table->without_rowid && !table->rowid)
		return og_fail(err, OG_EDATA, "rows of table '%s' cannot be named", table->name);
	return analyzed ? each(db,
			       "SELECT stat, (SELECT name FROM pragma_index_info(s.idx) WHERE "
			       "seqno = 0) "
			       "FROM main.sqlite_stat1 s WHERE tbl = ?1 COLLATE NOCASE",
			       table, take_statistics, err)
			: 0;
}

int og_catalog_load(struct og_db *db, const char *name, struct og_table **ret, struct og_err *err)
{
	struct og_table *table = calloc(1, sizeof(*table));

	if (table)
		table->name = strdup(name);
	if (!table || !table->name) {
		og_catalog_free(table);
		return og_fail_nomem(err);
	}
	if (load(db, table, err) < 0) {
		og_catalog_free(table);
		return -1;
	}
	*ret = table;
	return 0;
}
