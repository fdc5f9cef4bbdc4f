/*
 * og-ledger check: are the databases whole, as SQLite sees it, apart from
 * what the ledger says of them? And what og doctor, which opens none, needs
 * to know of an instance: whose keys count, when it was last backed up.
 */
#include <stdlib.h>
#include <string.h>

#include "cmd/og-ledger.h"
#include "lib/access/access.h"
#include "lib/hash/hash.h"

#define PROBLEMS_MAX 20

static int add(json_t *problems, const char *file, const char *what, struct og_err *err)
{
	json_t *problem = json_pack("{s:s,s:s}", "file", file, "what", what);

	if (!problem)
		problem = json_pack("{s:s,s:s}", "file", file, "what", "damaged");
	return json_array_append_new(problems, problem) < 0 ? og_fail_nomem(err) : 0;
}

/* Rows of a pragma, each a problem, but for the one "ok". */
static int add_rows(struct og_db *db, const char *file, const char *sql, json_t *problems,
		    struct og_err *err)
{
	struct og_stmt *stmt = NULL;
	int more = og_stmt_new(db, sql, &stmt, err), rc = more;

	while (rc == 0 && (more = og_stmt_step(stmt, err)) == 1 &&
	       json_array_size(problems) < PROBLEMS_MAX) {
		const char *what = og_col_text(stmt, 0);

		if (what && strcmp(what, "ok") != 0)
			rc = add(problems, file, what, err);
	}
	/* What cannot even be read is the finding, not our failure. */
	if (rc == 0 && more < 0 && err->code == OG_EDATA) {
		rc = add(problems, file, err->msg, err);
		og_err_clear(err);
		more = 0;
	}
	og_stmt_free(stmt);
	return rc < 0 || more < 0 ? -1 : 0;
}

static int check_pages(struct og_db *db, const char *file, json_t *problems, struct og_err *err)
{
	return add_rows(db, file, "PRAGMA quick_check(5)", problems, err);
}

static int check_references(struct og_db *db, json_t *problems, struct og_err *err)
{
	return add_rows(db, "erp.db",
			"SELECT 'row ' || coalesce(rowid, '?') || ' of ' || \"table\" || "
			"' names a row of ' || parent || ' that is not there' "
			"FROM pragma_foreign_key_check LIMIT 5",
			problems, err);
}

static int check_base(const struct ledger_session *s, json_t *problems, struct og_err *err)
{
	struct og_err why = OG_ERR_INIT;
	struct og_db *base = NULL;
	int rc;

	if (og_db_open(s->conf->base, OG_DB_STILL, &base, &why) < 0)
		return add(problems, "base.db", why.msg, err);
	rc = check_pages(base, "base.db", problems, err);
	og_db_close(base);
	return rc;
}

static json_t *time_of(const struct ledger_session *s, const char *sql)
{
	struct og_err ignored = OG_ERR_INIT;
	char *time = NULL;
	json_t *json;

	json = og_db_text(s->db, sql, &time, &ignored) == 1 ? json_string(time) : json_null();
	free(time);
	return json;
}

static json_t *principals(const struct ledger_session *s)
{
	struct og_err ignored = OG_ERR_INIT;
	struct og_access *access = NULL;
	json_t *list = NULL;

	if (og_access_open(s->db, &access, &ignored) == 0)
		og_access_principal_list(access, &list, &ignored);
	og_access_free(access);
	return list ? list : json_null();
}

static int report(const struct ledger_session *s, json_t *problems, struct og_err *err)
{
	json_t *json =
		json_pack("{s:i,s:b,s:O,s:o,s:o,s:o}", "v", 1, "ok", json_array_size(problems) == 0,
			  "problems", problems, "began",
			  time_of(s, "SELECT time FROM audit_ledger WHERE seq = 1"), "backup",
			  time_of(s, "SELECT time FROM audit_ledger WHERE action = 'backup' "
				     "ORDER BY seq DESC LIMIT 1"),
			  "principals", principals(s));
	int rc = json ? og_print_json(json, err) : og_fail_nomem(err);

	json_decref(json);
	return rc;
}

static int report_text(const json_t *problems, struct og_err *err)
{
	json_t *problem;
	size_t i;

	json_array_foreach(problems, i, problem)
	{
		if (og_printf(err, "%s: %s\n", og_json_str(problem, "file"),
			      og_json_str(problem, "what")) < 0)
			return -1;
	}
	return json_array_size(problems)
		       ? 0
		       : og_print_verdict("ok", err, ": erp.db and base.db are whole");
}

int ledger_run_check(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	json_t *problems = json_array();
	struct ledger_session s;
	int quick = og_arg_flag(args, "quick"), rc = -1;

	if (!problems)
		return og_fail_nomem(err);
	if (ledger_open(&s, ctx, args, err) == 0 &&
	    (quick || (check_pages(s.db, "erp.db", problems, err) == 0 &&
		       check_references(s.db, problems, err) == 0)) &&
	    check_base(&s, problems, err) == 0 &&
	    (og_arg_flag(args, "json") ? report(&s, problems, err) : report_text(problems, err)) ==
		    0)
		rc = json_array_size(problems) > 0;
	ledger_close(&s);
	json_decref(problems);
	return rc;
}
