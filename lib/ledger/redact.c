/* See redact.h. Freed pages are overwritten (secure_delete), and the WAL,
 * which holds older pages, is cut to nothing. */
#include "lib/ledger/redact.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/json/json.h"

#define BODY_MAX ((size_t)65536)
#define TASK_MAX OG_RECORD_FIELD_MAX

/* What may not go, in words. NULL: it may. */
static const char *obstacle(struct og_stmt *stmt, int with_changes)
{
	const char *action = og_col_text(stmt, 0);

	if (og_col_null(stmt, 1))
		return "was redacted before";
	if (!action || strcmp(action, "genesis") == 0 || strcmp(action, "redact") == 0)
		return "is one the ledger cannot be judged without";
	if (og_col_int(stmt, 2))
		return "is of a task that still runs";
	if (og_col_int(stmt, 3) && !with_changes)
		return "holds row changes";
	return NULL;
}

/* Looks the entry up; its task's id is copied. */
static int check_entry(struct og_db *db, const struct og_redaction *redaction,
		       char task[TASK_MAX + 1], struct og_err *err)
{
	const char *why = NULL, *id = NULL;
	struct og_stmt *stmt;
	int found, rc = 0;

	if (og_stmt_new(db,
			"SELECT l.action, l.body, coalesce(t.finished IS NULL AND t.id IS NOT "
			"NULL, 0), "
			"l.body LIKE '%\"changes\":[{%' OR l.body LIKE '%\"ddl\":[{%', l.task "
			"FROM audit_ledger l LEFT JOIN og_task t ON t.id = l.task AND l.task <> '' "
			"WHERE l.seq = ?1",
			&stmt, err) < 0)
		return -1;
	og_bind_int(stmt, 1, redaction->seq);
	found = og_stmt_step(stmt, err);
	if (found > 0) {
		why = obstacle(stmt, redaction->with_changes);
		id = og_col_text(stmt, 4);
		if (id && strlen(id) <= TASK_MAX)
			memcpy(task, id, strlen(id) + 1);
	}
	if (found < 0)
		rc = -1;
	else if (found == 0)
		rc = og_fail(err, OG_NO, "no entry %lld", (long long)redaction->seq);
	else if (why)
		rc = og_fail(err, OG_NO, "entry %lld %s", (long long)redaction->seq, why);
	if (why && strcmp(why, "holds row changes") == 0)
		og_hint(err, "--with-changes takes them out too; verify --state then cannot "
			     "compute the database any more");
	og_stmt_free(stmt);
	return rc;
}

static int run_with(struct og_db *db, const char *sql, int64_t seq, const char *task,
		    struct og_err *err)
{
	struct og_stmt *stmt;
	int rc;

	if (og_stmt_new(db, sql, &stmt, err) < 0)
		return -1;
	if (task)
		og_bind_text(stmt, 1, task);
	else
		og_bind_int(stmt, 1, seq);
	rc = og_stmt_run(stmt, err);
	og_stmt_free(stmt);
	return rc;
}

/* What a task holds of its own content, in whatever table. */
static int erase_task(struct og_db *db, const char *task, struct og_err *err)
{
	static const char *const sql[] = {
		"UPDATE og_task SET result = NULL, text = '(redacted)', vars = '{}',"
		" envelope = '{}', effect = NULL WHERE id = ?1",
		"UPDATE og_consent SET envelope = '{}' WHERE task = ?1",
		"UPDATE og_journal SET reply = '{}', changes = NULL, vars = NULL WHERE task = ?1",
		"UPDATE og_call SET reply = '{}', size = 2 WHERE task = ?1",
		"UPDATE og_turn SET answer = NULL, size = 0 WHERE task = ?1",
	};

	for (size_t i = 0; i < sizeof(sql) / sizeof(*sql); i++)
		if (run_with(db, sql[i], 0, task, err) < 0)
			return -1;
	return 0;
}

static int erase(struct og_db *db, int64_t seq, const char *task, struct og_err *err)
{
	if (run_with(db, "UPDATE audit_ledger SET body = NULL, salt = NULL WHERE seq = ?1", seq,
		     NULL, err) < 0)
		return -1;
	return *task ? erase_task(db, task, err) : 0;
}

static int append(struct og_db *db, const struct og_redaction *redaction, const char *task,
		  struct og_receipt *ret, struct og_err *err)
{
	struct og_record record = { .principal = redaction->principal,
				    .agent = "og-ledger",
				    .action = "redact",
				    .node = "",
				    .task = task,
				    .step = "" };
	struct og_ledger *ledger = NULL;
	struct og_buf body;
	int rc = -1;

	og_buf_init(&body, BODY_MAX);
	og_buf_adds(&body, "{\"changes\":[],\"reason\":");
	og_json_quote(&body, redaction->reason, strlen(redaction->reason));
	og_buf_addf(&body, ",\"redacted\":%lld,\"verdict\":\"allow\"}", (long long)redaction->seq);
	if (og_buf_check(&body, "reason", err) == 0 && og_ledger_open(db, &ledger, err) == 0)
		rc = og_ledger_append(ledger, &record, body.data, body.len, ret, err);
	og_ledger_free(ledger);
	og_buf_release(&body);
	return rc;
}

int og_ledger_redact(struct og_db *db, const struct og_redaction *redaction, struct og_receipt *ret,
		     struct og_err *err)
{
	char task[TASK_MAX + 1] = "";
	int64_t busy = 0;

	if (og_db_exec(db, "PRAGMA secure_delete = ON", err) < 0 || og_db_begin(db, 1, err) < 0)
		return -1;
	if (check_entry(db, redaction, task, err) < 0 || erase(db, redaction->seq, task, err) < 0 ||
	    append(db, redaction, task, ret, err) < 0 || og_db_commit(db, err) < 0) {
		og_db_rollback(db);
		return -1;
	}
	if (og_db_sync(db, err) < 0 ||
	    og_db_int(db, "PRAGMA wal_checkpoint(TRUNCATE)", &busy, err) < 0)
		return -1;
	if (busy)
		return og_fail(err, OG_ETEMP,
			       "entry %lld is redacted, but a reader keeps old pages "
			       "in erp.db-wal",
			       (long long)redaction->seq);
	return 0;
}
