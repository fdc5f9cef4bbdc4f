/*
 * An adopted database is somebody else's work, and may be meant to harm:
 * triggers and views are bound when they run, so one that names a table of
 * ours would reach it later, from inside the gate. Such a file is refused.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/instance/make-internal.h"

/* One text from the database, or NULL; -1 when it cannot be asked. */
static int find(struct og_making *making, const char *sql, char **ret, struct og_err *err)
{
	*ret = NULL;
	return og_db_text(making->db, sql, ret, err);
}

/* The ledger is read as it lies, so its text must lie in UTF-8. */
static int check_encoding(struct og_making *making, const char *from, struct og_err *err)
{
	char *encoding;
	int found = find(making, "PRAGMA encoding", &encoding, err), rc = found < 0 ? -1 : 0;

	if (found > 0 && strcmp(encoding, "UTF-8") != 0) {
		rc = og_fail(err, OG_EDATA, "'%s' keeps its text in %s", from, encoding);
		og_hint(err, "make a copy in UTF-8: sqlite3 FILE .dump | sqlite3 COPY");
	}
	free(encoding);
	return rc;
}

static int check_names_and_damage(struct og_making *making, const char *from, struct og_err *err)
{
	char *name, *sound = NULL;
	int found, rc = 0;

	found = find(making,
		     "SELECT name FROM sqlite_schema WHERE name LIKE 'og\\_%' ESCAPE '\\' "
		     "OR tbl_name LIKE 'og\\_%' ESCAPE '\\' "
		     "OR name LIKE 'audit\\_ledger%' ESCAPE '\\' "
		     "OR tbl_name LIKE 'audit\\_ledger%' ESCAPE '\\' LIMIT 1",
		     &name, err);
	if (found > 0)
		rc = og_fail(err, OG_EDATA, "'%s' holds '%s', a name that belongs to the system",
			     from, name);
	else if (found == 0)
		found = find(making, "PRAGMA quick_check(1)", &sound, err);
	if (found > 0 && sound && strcmp(sound, "ok") != 0)
		rc = og_fail(err, OG_EDATA, "'%s' is damaged: %s", from, sound);
	free(name);
	free(sound);
	return found < 0 ? -1 : rc;
}

int og_adopt_check(struct og_making *making, const char *from, struct og_err *err)
{
	if (check_encoding(making, from, err) < 0)
		return -1;
	return check_names_and_damage(making, from, err);
}

/* A name of ours as a word of its own; bytes before it that are no part of
 * a word, because "blog_role" is none of ours. */
int og_adopt_check_code(struct og_making *making, const char *from, struct og_err *err)
{
	char *name;
	int found =
		find(making,
		     "SELECT code.type || ' ''' || code.name || '''' "
		     "FROM sqlite_schema code, sqlite_schema ours "
		     "WHERE code.type IN ('trigger', 'view') "
		     "AND code.name NOT LIKE 'audit\\_ledger\\_%' ESCAPE '\\' "
		     "AND ours.type = 'table' AND (ours.name = 'audit_ledger' "
		     "OR ours.name LIKE 'og\\_%' ESCAPE '\\') "
		     "AND ' ' || lower(code.sql) GLOB '*[^a-z0-9_$]' || ours.name || '*' LIMIT 1",
		     &name, err);

	if (found > 0) {
		og_fail(err, OG_EDATA, "%s of '%s' reaches for tables of the system", name, from);
		og_hint(err, "drop it in the source, or adopt a copy without it");
	}
	free(name);
	return found == 0 ? 0 : -1;
}

#define COUNT(what)                                                                                \
	"SELECT count(*) FROM sqlite_schema WHERE type = '" what "' "                              \
	"AND tbl_name NOT LIKE 'og\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' "   \
	"AND tbl_name NOT LIKE 'audit\\_ledger%' ESCAPE '\\'"

int og_making_adopted(struct og_making *making, struct og_adopted *ret, struct og_err *err)
{
	struct og_adopted found = { 0 };

	if (og_db_int(making->db, COUNT("table"), &found.tables, err) < 0 ||
	    og_db_int(making->db, COUNT("view"), &found.views, err) < 0 ||
	    og_db_int(making->db, COUNT("trigger"), &found.triggers, err) < 0)
		return -1;
	*ret = found;
	return 0;
}
