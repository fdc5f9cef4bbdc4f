/* Shared inside lib/db: the connection and how SQLite's codes become ours. */
#ifndef OG_DB_INTERNAL_H
#define OG_DB_INTERNAL_H

#define SQLITE_ENABLE_PREUPDATE_HOOK 1
#include <sqlite3.h>

#include "lib/db/db.h"

struct og_db {
	sqlite3 *handle;
	char *path;
	int64_t keep_wal; /* bytes of WAL that may stay after the last close */
	int muted;	  /* changes are not logged: og_rowlog_mute */
	/* prepared once, since every transaction runs them */
	sqlite3_stmt *begin_read, *begin_write, *commit, *rollback;
};

struct og_stmt {
	struct og_db *db;
	sqlite3_stmt *handle;
	int bind_rc; /* the first failed bind, or SQLITE_OK */
};

/* SQLite's result code as ours. */
int og_db_code(int rc);

/* A new file of mode 0600; an existing one is refused. */
int og_db_create_file(const char *path, struct og_err *err);

/* Fills err from the connection's last error; returns -1. doing: "read". */
int og_db_fail(struct og_db *db, int rc, const char *doing, struct og_err *err);

#endif
