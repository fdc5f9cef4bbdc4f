/*
 * Views of the real file, made again as temporary views of the agent's
 * connection: there their tables are the barriers, so rows and columns
 * stay hidden through them. A view that touches anything not granted does
 * not exist at all.
 */
#include <string.h>

#include "lib/shield/gate-internal.h"

/* SQLite stores the text of a view behind exactly these words. */
#define STORED "CREATE VIEW "

static char *stored_text(struct og_gate *gate, const char *name)
{
	sqlite3_stmt *stmt = NULL;
	const char *sql;
	char *text = NULL;

	if (sqlite3_prepare_v2(
		    gate->inner,
		    "SELECT sql FROM main.sqlite_schema WHERE type = 'view' "
		    "AND name = ?1 COLLATE NOCASE AND name NOT LIKE 'og\\_%' ESCAPE '\\'",
		    -1, &stmt, NULL) != SQLITE_OK)
		return NULL;
	sqlite3_bind_text(stmt, 1, name, -1, SQLITE_STATIC);
	if (sqlite3_step(stmt) == SQLITE_ROW) {
		sql = (const char *)sqlite3_column_text(stmt, 0);
		if (sql && strncmp(sql, STORED, strlen(STORED)) == 0)
			text = sqlite3_mprintf("CREATE TEMP VIEW %s", sql + strlen(STORED));
	}
	sqlite3_finalize(stmt);
	return text;
}

/* Runs a statement of ours on the agent's connection. */
static int run_trusted(struct og_gate *gate, const char *sql)
{
	int rc;

	gate->trusted++;
	rc = sqlite3_exec(gate->agent, sql, NULL, NULL, NULL);
	gate->trusted--;
	return rc;
}

/* Does it stand on granted tables only? Nested views are made on the way. */
static int usable(struct og_gate *gate, const char *name)
{
	char *probe = sqlite3_mprintf("SELECT 1 FROM temp.\"%w\"", name);
	sqlite3_stmt *stmt = NULL;
	int rc = probe ? sqlite3_prepare_v2(gate->agent, probe, -1, &stmt, NULL) : SQLITE_NOMEM;

	sqlite3_finalize(stmt);
	sqlite3_free(probe);
	return rc == SQLITE_OK;
}

static int make(struct og_gate *gate, const char *name, int depth)
{
	static const char missing[] = "no such table: ";
	struct og_gate_result *result = gate->result;
	char *sql = depth < 8 ? stored_text(gate, name) : NULL, *drop, *inner = NULL;
	int made = 0, saw_select;

	if (!sql)
		return 0;
	if (run_trusted(gate, sql) != SQLITE_OK)
		goto out;
	/* Probing must leave no verdict behind. */
	gate->result = NULL;
	saw_select = gate->saw_select;
	for (int i = 0; i < 8 && !made; i++) {
		const char *message;

		made = usable(gate, name);
		message = sqlite3_errmsg(gate->agent);
		if (made || strncmp(message, missing, sizeof(missing) - 1) != 0)
			break;
		inner = sqlite3_mprintf("%s", message + sizeof(missing) - 1);
		if (!inner || make(gate, inner, depth + 1) <= 0)
			break;
		sqlite3_free(inner);
		inner = NULL;
	}
	gate->result = result;
	gate->saw_select = saw_select;
	if (!made) {
		drop = sqlite3_mprintf("DROP VIEW temp.\"%w\"", name);
		if (drop)
			run_trusted(gate, drop);
		sqlite3_free(drop);
	}
out:
	sqlite3_free(inner);
	sqlite3_free(sql);
	return made;
}

int og_gate_make_view(struct og_gate *gate, const char *name)
{
	char *copy = sqlite3_mprintf("%s", name); /* name stands in SQLite's message buffer */
	int made = copy ? make(gate, copy, 0) : 0;

	sqlite3_free(copy);
	return made;
}
