/*
 * The authorizer of the agent's connection: SQLite asks it about every
 * object a statement touches, after its own parser understood it. What is
 * not plainly a read of a granted table or a permitted write is denied.
 * It is the second line: even if it said yes to everything, the
 * connection holds nothing but barrier tables.
 */
#include <string.h>

#include "lib/base/text.h"
#include "lib/shield/gate-internal.h"

static const char *verb_of(int action)
{
	switch (action) {
	case SQLITE_DELETE:
		return "DELETE";
	case SQLITE_PRAGMA:
		return "PRAGMA";
	case SQLITE_TRANSACTION:
	case SQLITE_SAVEPOINT:
		return "transaction control";
	case SQLITE_ATTACH:
	case SQLITE_DETACH:
		return "ATTACH";
	case SQLITE_ANALYZE:
	case SQLITE_REINDEX:
		return "maintenance";
	default:
		return "a change of the schema";
	}
}

static int is_ddl(int action)
{
	switch (action) {
	case SQLITE_DELETE:
	case SQLITE_PRAGMA:
	case SQLITE_TRANSACTION:
	case SQLITE_SAVEPOINT:
	case SQLITE_ATTACH:
	case SQLITE_DETACH:
	case SQLITE_ANALYZE:
	case SQLITE_REINDEX:
		return 0;
	default:
		return 1;
	}
}

static int deny_action(struct og_gate *gate, int action)
{
	og_gate_refuse(gate, OG_REFUSED, is_ddl(action) ? "no-ddl" : "no-verb", "%s is nobody's",
		       verb_of(action));
	if (action == SQLITE_DELETE)
		og_gate_fix(gate, "correct with a new row, or set a status");
	else if (is_ddl(action))
		og_gate_fix(gate, "schema changes go through `og-shield ddl`");
	return SQLITE_DENY;
}

static int deny_table(struct og_gate *gate, const char *verb, const char *table)
{
	char rule[32] = "no-";

	memcpy(rule + 3, verb, strlen(verb) + 1);
	og_gate_refuse(gate, OG_REFUSED, rule, "%s may not %s in table '%s'", gate->rights->subject,
		       verb, table);
	og_gate_fix(gate, "og-shield grant %s %s %s", gate->rights->subject, table, verb);
	return SQLITE_DENY;
}

static int deny_column(struct og_gate *gate, const char *verb, const char *table,
		       const char *column)
{
	og_gate_refuse(gate, OG_REFUSED, "no-column", "%s may not %s column '%s' of '%s'",
		       gate->rights->subject, verb, column, table);
	return SQLITE_DENY;
}

static void note_touched(struct og_gate *gate, const char *table, const char *column)
{
	json_t *list = gate->result ? gate->result->touched : NULL;
	char name[256];

	if (!list || !column || !*column || json_array_size(list) >= 1000)
		return;
	sqlite3_snprintf((int)sizeof(name), name, "%s.%s", table, column);
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *known = json_string_value(json_array_get(list, i));

		if (known && strcmp(known, name) == 0)
			return;
	}
	json_array_append_new(list, json_string(name));
}

static int starts(const char *text, const char *prefix)
{
	for (; *prefix; text++, prefix++)
		if (og_ascii_lower((unsigned char)*text) != *prefix)
			return 0;
	return 1;
}

static int internal_name(const char *table)
{
	return starts(table, "sqlite_") || starts(table, "pragma_") || starts(table, "dbstat");
}

static int is_rowid(const char *column)
{
	return og_ascii_casecmp(column, "rowid") == 0;
}

static int read_barrier(struct og_gate *gate, struct og_barrier *barrier, const char *column)
{
	const char *table = barrier->rights->table;

	if (!(barrier->rights->verbs & OG_SELECT))
		return deny_table(gate, "select", table);
	barrier->mentioned = 1;
	if (strcmp(column, OG_ROW_KEY) == 0)
		return deny_column(gate, "read", table, "the row key");
	if (is_rowid(column) && barrier->table && !barrier->rowid_shown &&
	    og_barrier_shown(barrier, column) < 0)
		return deny_column(gate, "read", table, "rowid");
	note_touched(gate, table, column);
	return SQLITE_OK;
}

/* CTEs, subqueries and our temporary views report reads under their own
 * names. They hold only what a barrier let through. */
static int may_read(struct og_gate *gate, const char *table, const char *column,
		    const char *database)
{
	struct og_barrier *barrier = og_gate_barrier(gate, table);

	if (barrier)
		return read_barrier(gate, barrier, column ? column : "");
	if (og_ascii_casecmp(table, "json_each") == 0)
		return SQLITE_OK;
	if (!internal_name(table) &&
	    ((database && strcmp(database, "temp") == 0) || (!database && column && !*column)))
		return SQLITE_OK;
	og_gate_refuse(gate, OG_REFUSED, "no-select", "there is no table '%s'", table);
	return SQLITE_DENY;
}

/* INSERT tells no columns: those are checked row by row (barrier-write.c). */
static int may_write(struct og_gate *gate, unsigned verb, const char *table, const char *column,
		     const char *context)
{
	struct og_barrier *barrier = og_gate_barrier(gate, table);
	const char *name = verb == OG_INSERT ? "insert" : "update";
	int shown;

	if (!barrier || context) {
		if (starts(table, "sqlite_"))
			og_gate_refuse(gate, OG_REFUSED, "no-ddl", "%s is nobody's",
				       verb_of(SQLITE_CREATE_TABLE));
		else
			og_gate_refuse(gate, OG_REFUSED, "no-write", "there is no table '%s'",
				       table);
		return SQLITE_DENY;
	}
	if (!(barrier->rights->verbs & verb))
		return deny_table(gate, name, barrier->rights->table);
	barrier->mentioned = 1;
	note_touched(gate, barrier->rights->table, column);
	gate->saw_write = 1;
	if (verb == OG_INSERT || !barrier->table)
		return SQLITE_OK;
	shown = og_barrier_shown(barrier, column);
	if (shown < 0 || !barrier->shown[shown].settable)
		return deny_column(gate, "set", barrier->rights->table, column);
	barrier->shown[shown].set = 1;
	return SQLITE_OK;
}

int og_gate_authorize(void *arg, int action, const char *a, const char *b, const char *database,
		      const char *context)
{
	struct og_gate *gate = arg;

	if (gate->trusted)
		return SQLITE_OK;
	switch (action) {
	case SQLITE_SELECT:
		gate->saw_select = 1;
		return SQLITE_OK;
	case SQLITE_RECURSIVE:
		return SQLITE_OK;
	case SQLITE_READ:
		return may_read(gate, a, b, database);
	case SQLITE_INSERT:
		return may_write(gate, OG_INSERT, a, NULL, context);
	case SQLITE_UPDATE:
		return may_write(gate, OG_UPDATE, a, b, context);
	case SQLITE_FUNCTION:
		if (og_gate_function_allowed(b))
			return SQLITE_OK;
		og_gate_refuse(gate, OG_REFUSED, "no-function", "function '%s' is not available",
			       b);
		return SQLITE_DENY;
	default:
		return deny_action(gate, action);
	}
}
