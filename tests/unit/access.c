/* Grants as records, and what they amount to: permit, forbid, names. */
#include "tests/unit/warehouse.h"

struct fixture {
	char folder[64], path[96];
	struct og_db *db;
	struct og_access *access;
	struct og_principal who;
};

static void set_up(struct fixture *f)
{
	struct og_err err = OG_ERR_INIT;

	house_folder(f->folder, sizeof(f->folder));
	snprintf(f->path, sizeof(f->path), "%s/erp.db", f->folder);
	house_make_variant(f->path, 0);
	f->db = house_open(f->path);
	OG_CHECK_OK(og_access_open(f->db, &f->access, &err), &err);
	OG_CHECK_OK(og_access_principal(f->access, "ann", &f->who, &err), &err);
}

static void tear_down(struct fixture *f)
{
	og_access_free(f->access);
	og_db_close(f->db);
	house_unlink(f->path);
	rmdir(f->folder);
}

static int put(struct fixture *f, const char *text, int *changed)
{
	struct og_err err = OG_ERR_INIT;
	json_t *grant = json_loads(text, 0, NULL);
	int rc;

	og_db_begin(f->db, 1, &err);
	rc = og_access_grant_put(f->access, grant, changed, &err);
	if (rc == 0)
		OG_CHECK_OK(og_db_commit(f->db, &err), &err);
	else
		og_db_rollback(f->db);
	json_decref(grant);
	return rc;
}

static struct og_rights *rights(struct fixture *f, const char *const *only)
{
	struct og_err err = OG_ERR_INIT;
	struct og_rights *ret = NULL;

	OG_CHECK_OK(og_access_rights(f->access, &f->who, NULL, only, &ret, &err), &err);
	return ret;
}

static void every_change_moves_the_epoch(void)
{
	static const char grant[] = "{\"subject\":\"role:ann\",\"tbl\":\"tickets\","
				    "\"verbs\":[\"select\"]}";
	struct og_err err = OG_ERR_INIT;
	int64_t before, after;
	struct fixture f;
	int changed, dropped;

	set_up(&f);
	OG_CHECK_OK(og_access_epoch(f.access, &before, &err), &err);
	OG_CHECK_INT(put(&f, grant, &changed), 0);
	OG_CHECK_INT(changed, 1);
	OG_CHECK_OK(og_access_epoch(f.access, &after, &err), &err);
	OG_CHECK(after > before);
	before = after;
	OG_CHECK_INT(put(&f, grant, &changed), 0);
	OG_CHECK_INT(changed, 0);
	OG_CHECK_OK(og_access_epoch(f.access, &after, &err), &err);
	OG_CHECK_INT(after, before);
	OG_CHECK_OK(og_access_grant_drop(f.access, "role:ann", "tickets", NULL, &dropped, &err),
		    &err);
	OG_CHECK_INT(dropped, 1);
	OG_CHECK_OK(og_access_epoch(f.access, &after, &err), &err);
	OG_CHECK(after > before);
	tear_down(&f);
}

static void forbid_wins(void)
{
	const struct og_table_rights *table;
	struct og_rights *all;
	struct fixture f;
	int changed;

	set_up(&f);
	OG_CHECK_INT(put(&f,
			 "{\"subject\":\"role:ann\",\"tbl\":\"gen\",\"effect\":\"forbid\","
			 "\"verbs\":[\"insert\",\"update\"]}",
			 &changed),
		     0);
	OG_CHECK_INT(put(&f,
			 "{\"subject\":\"role:ann\",\"tbl\":\"users\",\"effect\":\"forbid\","
			 "\"verbs\":[\"select\"],\"visible\":[\"email\"]}",
			 &changed),
		     0);
	OG_CHECK_INT(put(&f,
			 "{\"subject\":\"role:ann\",\"tbl\":\"tickets\",\"effect\":\"forbid\","
			 "\"verbs\":[\"select\"],\"predicate\":\"t.body = 'help'\"}",
			 &changed),
		     0);
	all = rights(&f, NULL);
	table = og_rights_table(all, "gen");
	OG_CHECK_INT(table->verbs, OG_SELECT);
	table = og_rights_table(all, "users");
	OG_CHECK_INT(table->verbs, OG_SELECT);
	OG_CHECK(og_column_listed(table->forbidden, "EMAIL"));
	table = og_rights_table(all, "tickets");
	OG_CHECK_STR(table->predicate,
		     "(t.user_id=:principal_id) AND NOT coalesce((t.body = 'help'), 1)");
	og_rights_free(all);
	tear_down(&f);
}

/* What the gate shows of the same: the forbidden rows and columns are gone. */
static void forbidden_is_not_there(void)
{
	static const struct {
		const char *sql, *rows;
	} list[] = {
		{ "SELECT count(*) FROM tickets", "[[0]]" },
		{ "SELECT email FROM users", NULL },
		{ "SELECT b FROM gen", "[[10]]" },
		{ "UPDATE gen SET a = 1", NULL },
	};
	struct og_err err = OG_ERR_INIT;
	struct house_gate g;
	struct fixture f;

	set_up(&f);
	OG_CHECK_OK(
		og_db_exec(f.db,
			   "INSERT INTO og_grant(subject,tbl,effect,verbs,visible,predicate) VALUES"
			   "('role:ann','TICKETS','forbid','[\"select\"]',NULL,'t.body=''help'''),"
			   "('role:ann','Users','forbid','[\"select\"]','[\"email\"]',NULL),"
			   "('role:ann','GEN','forbid','[\"update\"]',NULL,NULL)",
			   &err),
		&err);
	if (!house_gate_open(&g, f.db, "ann", NULL))
		return;
	for (size_t i = 0; i < sizeof(list) / sizeof(*list); i++) {
		struct og_gate_result r;
		char *rows;

		OG_CHECK_OK(og_db_begin(f.db, 1, &err), &err);
		OG_CHECK_OK(og_gate_run(g.gate, list[i].sql, strlen(list[i].sql), NULL,
					OG_GATE_WRITE, &r, &err),
			    &err);
		og_db_rollback(f.db);
		rows = r.rows ? json_dumps(r.rows, JSON_COMPACT) : NULL;
		OG_CHECK_STR(rows, list[i].rows);
		OG_CHECK_INT(r.verdict == OG_ALLOW, list[i].rows != NULL);
		free(rows);
		og_gate_result_release(&r);
	}
	house_gate_close(&g);
	tear_down(&f);
}

static void system_tables_are_nobodys(void)
{
	static const char *const names[] = { "og_principal",   "OG_CREDENTIAL", "Og_Grant",
					     "audit_ledger",   "AUDIT_LEDGER",	"sqlite_master",
					     "SQLite_sequence" };
	struct fixture f;

	set_up(&f);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char text[160];
		int changed = 0;

		snprintf(text, sizeof(text),
			 "{\"subject\":\"role:ann\",\"tbl\":\"%s\",\"verbs\":[\"select\"]}",
			 names[i]);
		OG_CHECK_INT(put(&f, text, &changed), -1);
		OG_CHECK_INT(changed, 0);
	}
	tear_down(&f);
}

static void malformed_grants(void)
{
	static const char *const list[] = {
		"{}",
		"{\"subject\":\"role:\",\"tbl\":\"t\",\"verbs\":[\"select\"]}",
		"{\"subject\":\"ann\",\"tbl\":\"t\",\"verbs\":[\"select\"]}",
		"{\"subject\":\"role:a\",\"tbl\":\"t\",\"verbs\":[]}",
		"{\"subject\":\"role:a\",\"tbl\":\"t\",\"verbs\":[\"delete\"]}",
		"{\"subject\":\"role:a\",\"tbl\":\"t\",\"verbs\":\"select\"}",
		"{\"subject\":\"role:a\",\"tbl\":\"t\",\"verbs\":[\"select\"],\"visible\":[]}",
		"{\"subject\":\"role:a\",\"tbl\":\"t\",\"verbs\":[\"select\"],\"visible\":[1]}",
		"{\"subject\":\"role:a\",\"tbl\":\"t\",\"verbs\":[\"select\"],\"predicate\":1}",
		"{\"subject\":\"role:a\",\"tbl\":\"t\",\"verbs\":[\"select\"],\"effect\":"
		"\"maybe\"}",
		"{\"subject\":\"role:a\",\"tbl\":\"t\",\"verbs\":[\"select\"],\"colour\":\"x\"}",
	};

	for (size_t i = 0; i < sizeof(list) / sizeof(*list); i++) {
		struct og_err err = OG_ERR_INIT;
		json_t *grant = json_loads(list[i], 0, NULL);

		OG_CHECK(grant != NULL);
		OG_CHECK_INT(og_grant_check(grant, &err), -1);
		OG_CHECK_INT(err.code, OG_EDATA);
		json_decref(grant);
	}
}

static void narrowing(void)
{
	static const char *const only[] = { "ORDERS", "stock_log", NULL };
	struct og_rights *some;
	struct fixture f;

	set_up(&f);
	some = rights(&f, only);
	OG_CHECK_INT(some->n, 1);
	OG_CHECK(og_rights_table(some, "orders") != NULL);
	OG_CHECK(og_rights_table(some, "users") == NULL);
	og_rights_free(some);
	tear_down(&f);
}

static void unknown_and_inactive_principals_sound_alike(void)
{
	struct og_err none = OG_ERR_INIT, idle = OG_ERR_INIT;
	struct og_principal who;
	struct fixture f;

	set_up(&f);
	OG_CHECK_OK(
		og_db_exec(f.db, "UPDATE og_principal SET active = 0 WHERE name = 'adm'", &none),
		&none);
	OG_CHECK_INT(og_access_principal(f.access, "adm", &who, &idle), -1);
	OG_CHECK_INT(og_access_principal(f.access, "xyz", &who, &none), -1);
	OG_CHECK_INT(idle.code, OG_EPERM);
	OG_CHECK_INT(none.code, OG_EPERM);
	OG_CHECK_INT(strlen(idle.msg), strlen(none.msg));
	tear_down(&f);
}

static void passwords(void)
{
	struct og_err err = OG_ERR_INIT;
	struct fixture f;

	set_up(&f);
	OG_CHECK_OK(og_db_begin(f.db, 1, &err), &err);
	OG_CHECK_OK(og_access_password_set(f.access, 9, "correct horse", &err), &err);
	OG_CHECK_OK(og_db_commit(f.db, &err), &err);
	OG_CHECK_INT(og_access_password(f.access, 9, "correct horse", &err), 1);
	OG_CHECK_INT(og_access_password(f.access, 9, "wrong horse", &err), 0);
	OG_CHECK_INT(og_access_password(f.access, 9, "", &err), 0);
	OG_CHECK_INT(og_access_password(f.access, 0, "correct horse", &err), 0);
	tear_down(&f);
}

int main(void)
{
	OG_RUN(every_change_moves_the_epoch);
	OG_RUN(forbid_wins);
	OG_RUN(forbidden_is_not_there);
	OG_RUN(system_tables_are_nobodys);
	OG_RUN(malformed_grants);
	OG_RUN(narrowing);
	OG_RUN(unknown_and_inactive_principals_sound_alike);
	OG_RUN(passwords);
	return og_done();
}
