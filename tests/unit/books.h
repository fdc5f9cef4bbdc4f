/* A database with the system's tables and nothing in it, in a folder of its
 * own: what a ledger is kept in. */
#ifndef OG_TESTS_BOOKS_H
#define OG_TESTS_BOOKS_H

#include <stdlib.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/db/db.h"
#include "tests/unit/unit.h"

struct books {
	char dir[32], path[48];
	struct og_db *db;
};

static inline int books_make(struct books *books, struct og_err *err)
{
	struct og_buf sql;
	int rc = -1;

	snprintf(books->dir, sizeof(books->dir), "/tmp/og-unit-books-XXXXXX");
	if (!mkdtemp(books->dir))
		return og_fail(err, OG_EOS, "no folder");
	snprintf(books->path, sizeof(books->path), "%s/erp.db", books->dir);
	og_buf_init(&sql, 1 << 20);
	if (og_file_read("share/schema/system.sql", "schema", &sql, err) == 0 &&
	    og_db_open(books->path, OG_DB_CREATE, &books->db, err) == 0)
		rc = og_db_exec(books->db, sql.data, err);
	og_buf_release(&sql);
	return rc;
}

static inline void books_remove(struct books *books)
{
	og_db_close(books->db);
	og_folder_remove(books->dir);
}

#endif
