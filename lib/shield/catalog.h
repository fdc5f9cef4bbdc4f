/*
 * What a barrier table has to know of the real one: columns with their
 * affinity and collation, keys, parents, and how many rows a key finds.
 */
#ifndef OG_SHIELD_CATALOG_H
#define OG_SHIELD_CATALOG_H

#include <sqlite3.h>

#include "lib/base/err.h"
#include "lib/db/db.h"

/* Nobody counted: assume many, so that indexes are preferred. */
#define OG_ROWS_UNKNOWN 1000000.0

struct og_column {
	char *name, *type, *collation;
	char *fallback; /* DEFAULT's SQL, or NULL */
	char affinity;	/* 'T'ext, 'I'nteger, 'R'eal, 'N'umeric, 'B'lob */
	int notnull;
	int pk; /* place in the primary key from 1, or 0 */
	int generated;
	int leads;	/* first column of some index */
	int is_unique;	/* alone a key */
	double per_key; /* rows per value, as ANALYZE left it; 0: unknown */
};

/* One foreign key; columns[k] of this table is parent_columns[k]. */
struct og_parent {
	int id;
	char *table;
	int n;
	int columns[8];
	char *parent_columns[8]; /* NULL: the parent's primary key */
};

struct og_table {
	char *name;
	struct og_column *columns;
	int n;
	const char *rowid; /* a name of the rowid that no column took, or NULL */
	int without_rowid;
	int rowid_column; /* index of the INTEGER PRIMARY KEY, or -1 */
	int n_pk;
	int pk[16]; /* indexes, in key order */
	struct og_parent *parents;
	int n_parents;
	double rows; /* estimated */
};

/* OG_NO when main has no such ordinary table (views, virtual and shadow
 * tables are none), OG_EDATA when its rows cannot be named. */
int og_catalog_load(struct og_db *db, const char *name, struct og_table **ret, struct og_err *err);
void og_catalog_free(struct og_table *table);
/* Index of a column by name, case folded; -1. */
int og_catalog_column(const struct og_table *table, const char *name);

#endif
