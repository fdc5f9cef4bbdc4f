/* See state.h: from base.db and entries to a database. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/text.h"
#include "lib/db/rowlog.h"
#include "lib/ledger/state.h"

#define BODY_MAX ((size_t)32 << 20)

struct replay {
	struct og_db *replica;
	struct og_rowapply *apply;
	og_replay_ddl_fn *ddl;
	struct og_judgement *j;
};

/* Is base.db still the file that entry 1 was made for? */
static int check_base(struct og_db *db, const char *base, struct og_judgement *j,
		      struct og_err *err)
{
	char hex[OG_HASH_HEX + 1], *named = NULL;
	struct og_hash hash;
	int fd = open(base, O_RDONLY | O_CLOEXEC), found;

	if (fd < 0)
		return og_fail(err, OG_ENOINPUT, "cannot open '%s'", base);
	if (og_sha256_fd(fd, &hash, err) < 0) {
		close(fd);
		return -1;
	}
	close(fd);
	og_hash_hex(&hash, hex);
	found = og_db_text(db,
			   "SELECT json_extract(body, '$.digest_of_base') FROM audit_ledger "
			   "WHERE seq = 1",
			   &named, err);
	if (found >= 0 && (!named || strcmp(named, hex) != 0))
		og_judgement_add(j, 1, "base", "base.db is not the file the ledger starts from");
	free(named);
	return found < 0 ? -1 : 0;
}

static int apply_ddl(struct replay *r, const json_t *body, struct og_err *err)
{
	json_t *change;
	size_t i;

	if (json_array_size(json_object_get(body, "ddl")) > 0)
		og_rowapply_rest(r->apply);
	json_array_foreach(json_object_get(body, "ddl"), i, change)
	{
		const char *sql = og_json_str(change, "sql");

		if (!sql)
			return og_fail(err, OG_EDATA, "a schema change has no statement");
		if (r->ddl(r->replica, sql, err) < 0)
			return -1;
	}
	return 0;
}

/* One entry's effect. What cannot be applied is a problem, not an end. */
static int apply_body(struct replay *r, int64_t seq, const char *text, size_t len,
		      struct og_err *err)
{
	struct og_err why = OG_ERR_INIT;
	json_t *body = NULL;
	const json_t *changes;
	int rc;

	if (og_json_parse(text, len, BODY_MAX, "body", &body, &why) < 0) {
		og_judgement_add(r->j, seq, "body", "%s", why.msg);
		return 0;
	}
	changes = json_object_get(body, "changes");
	rc = apply_ddl(r, body, &why);
	if (rc == 0 && json_array_size(changes) > 0)
		rc = og_rowapply_run(r->apply, changes, &why);
	if (rc < 0)
		og_judgement_add(r->j, seq, "changes", "cannot be applied: %s", why.msg);
	(void)err;
	json_decref(body);
	return 0;
}

static int apply_entries(struct replay *r, struct og_db *db, int64_t to, struct og_err *err)
{
	struct og_stmt *stmt;
	int64_t last = 0;
	int more;

	if (og_db_int(db, "SELECT max(seq) FROM audit_ledger", &last, err) < 0 ||
	    og_stmt_new(
		    db,
		    "SELECT seq, body FROM audit_ledger WHERE (?1 = 0 OR seq <= ?1) ORDER BY seq",
		    &stmt, err) < 0)
		return -1;
	og_bind_int(stmt, 1, to);
	og_meter_start(r->j->meter, to ? to : last);
	while ((more = og_stmt_step(stmt, err)) > 0) {
		int64_t seq = og_col_int(stmt, 0);

		og_meter_add(r->j->meter, 1);
		if (og_col_null(stmt, 1))
			og_judgement_add(r->j, seq, "body",
					 "redacted: its changes cannot be replayed");
		else if (apply_body(r, seq, og_col_text(stmt, 1), og_col_len(stmt, 1), err) < 0)
			break;
	}
	og_stmt_free(stmt);
	return more;
}

int og_ledger_replay(struct og_db *db, const char *base, int64_t to, const char *out,
		     og_replay_ddl_fn *ddl, struct og_judgement *judgement, struct og_err *err)
{
	struct replay r = { .ddl = ddl, .j = judgement };
	int rc = -1;

	if (check_base(db, base, judgement, err) < 0 || og_db_copy(base, out, NULL, err) < 0 ||
	    og_db_open(out, OG_DB_WRITE, &r.replica, err) < 0)
		return -1;
	/* Rows are put back one by one, in the order that kept them valid as a whole. */
	if (og_db_exec(r.replica, "PRAGMA foreign_keys = OFF", err) == 0 &&
	    og_rowapply_new(r.replica, 1, &r.apply, err) == 0 &&
	    og_db_begin(r.replica, 1, err) == 0 && apply_entries(&r, db, to, err) == 0) {
		og_rowapply_rest(r.apply);
		if (og_db_commit(r.replica, err) == 0)
			rc = og_db_exec(r.replica, "PRAGMA journal_mode = DELETE", err);
	}
	og_rowapply_free(r.apply);
	og_db_rollback(r.replica);
	og_db_close(r.replica);
	return rc;
}
