/*
 * Judging the ledger with several processors: whatever is broken, and
 * wherever, is said in the words of one; they see one moment; and bodies that
 * are gone are explained in n log n.
 */
#include "tests/unit/books.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/text.h"
#include "lib/ledger/export.h"
#include "lib/ledger/gone.h"
#include "lib/ledger/ledger.h"
#include "lib/ledger/verify.h"

#define ENTRIES 600 /* ten ranges */
#define JOBS	3

struct place {
	struct books books;
	struct og_db *dbs[JOBS]; /* the first is theirs */
	struct og_err err;
};

static int append_all(struct place *p)
{
	struct og_record record = { "alice", "og", "step", "n", "t", "s" };
	struct og_ledger *ledger;
	struct og_receipt receipt;
	char body[64];
	int rc = 0;

	if (og_ledger_open(p->dbs[0], &ledger, &p->err) < 0)
		return -1;
	for (int i = 1; i <= ENTRIES && rc == 0; i++) {
		/* Every seventh takes the body of one far before it. */
		record.action = i % 7 == 0 && i > 150 ? "redact" : "step";
		snprintf(body, sizeof(body), "{\"redacted\":%d}", i - 150);
		rc = og_ledger_append(ledger, &record, body, strlen(body), &receipt, &p->err);
	}
	og_ledger_free(ledger);
	return rc < 0 ? -1
		      : og_db_exec(p->dbs[0],
				   "DROP TRIGGER audit_ledger_no_update;"
				   "DROP TRIGGER audit_ledger_no_delete;"
				   "UPDATE audit_ledger SET body = NULL, salt = NULL"
				   " WHERE (seq + 150) % 7 = 0 AND seq + 150 <= 600"
				   "  AND action <> 'redact';"
				   "CREATE TABLE kept AS SELECT * FROM audit_ledger",
				   &p->err);
}

static int make_place(struct place *p)
{
	int rc = -1;

	memset(p, 0, sizeof(*p));
	if (books_make(&p->books, &p->err) < 0)
		return -1;
	p->dbs[0] = p->books.db;
	if (og_db_begin(p->dbs[0], 1, &p->err) == 0 && append_all(p) == 0)
		rc = og_db_commit(p->dbs[0], &p->err);
	for (int i = 1; i < JOBS && rc == 0; i++)
		rc = og_db_open(p->books.path, OG_DB_WRITE, &p->dbs[i], &p->err);
	return rc;
}

static void remove_place(struct place *p)
{
	for (int i = 1; i < JOBS; i++)
		og_db_close(p->dbs[i]);
	books_remove(&p->books);
}

/* All that a judgement says, as text to be freed. */
static char *judge(struct place *p, size_t jobs)
{
	struct og_judgement j;
	char head[OG_HASH_HEX + 1], *text = NULL;
	json_t *all;

	if (!OG_CHECK_OK(og_judgement_init(&j, &p->err), &p->err))
		return NULL;
	if (OG_CHECK_OK(og_db_pin_all(p->dbs, jobs, &p->err), &p->err) &&
	    OG_CHECK_OK(og_ledger_verify_many(p->dbs, jobs, &j, &p->err), &p->err)) {
		og_hash_hex(&j.head, head);
		all = json_pack("{s:I,s:I,s:I,s:s,s:O}", "checked", (json_int_t)j.checked,
				"problems", (json_int_t)j.problems, "last", (json_int_t)j.last,
				"head", head, "list", j.list);
		text = json_dumps(all, JSON_SORT_KEYS);
		json_decref(all);
	}
	for (size_t i = 0; i < jobs; i++)
		og_db_rollback(p->dbs[i]);
	og_judgement_release(&j);
	return text;
}

/* Says the same, and whether that is a problem; ?1 is a place in the ledger. */
static void damage(struct place *p, const char *sql, int64_t at)
{
	struct og_stmt *stmt;
	char *one, *many;

	if (!OG_CHECK_OK(og_stmt_new(p->dbs[0], sql, &stmt, &p->err), &p->err))
		return;
	og_bind_int(stmt, 1, at);
	OG_CHECK_OK(og_stmt_run(stmt, &p->err), &p->err);
	og_stmt_free(stmt);
	one = judge(p, 1);
	many = judge(p, JOBS);
	if (!OG_CHECK_STR(many, one))
		printf("# %s, at %lld\n", sql, (long long)at);
	if (!OG_CHECK(one && !strstr(one, "\"problems\": 0}")))
		printf("# nothing is found: %s, at %lld\n", sql, (long long)at);
	free(one);
	free(many);
	OG_CHECK_OK(og_db_exec(p->dbs[0],
			       "BEGIN; DELETE FROM audit_ledger;"
			       "INSERT INTO audit_ledger SELECT * FROM kept; COMMIT",
			       &p->err),
		    &p->err);
}

static void many_say_what_one_says(void)
{
	static const char *const damages[] = {
		"UPDATE audit_ledger SET entry = replace(entry, 'alice', 'mally') WHERE seq = ?1",
		"UPDATE audit_ledger SET entry = 'x' WHERE seq = ?1",
		"UPDATE audit_ledger SET hash = replace(hash, substr(hash, 9, 1), 'g')"
		" WHERE seq = ?1",
		"UPDATE audit_ledger SET hash = 'short' WHERE seq = ?1",
		"UPDATE audit_ledger SET salt = zeroblob(32), body = '{}' WHERE seq = ?1",
		"UPDATE audit_ledger SET salt = zeroblob(3), body = '{}' WHERE seq = ?1",
		"UPDATE audit_ledger SET time = '2020' WHERE seq = ?1",
		"UPDATE audit_ledger SET principal = 'mallory' WHERE seq = ?1",
		"UPDATE audit_ledger SET action = 'redact' || seq WHERE seq = ?1",
		"UPDATE audit_ledger SET body = NULL, salt = NULL"
		" WHERE seq = ?1 + ((?1 + 150) % 7 = 0)",
		"DELETE FROM audit_ledger WHERE seq = ?1 - (?1 = 600)",
		"DELETE FROM audit_ledger WHERE seq >= min(?1, 598) AND seq < 600",
		"DELETE FROM audit_ledger WHERE seq <= ?1",
		"UPDATE audit_ledger SET seq = 1000 + ?1 WHERE seq = ?1",
		"UPDATE audit_ledger SET seq = 1 - ?1 WHERE seq = ?1 + (?1 = 1)",
		"UPDATE audit_ledger SET seq = 4611686018427387904 + ?1 WHERE seq = ?1",
		/* All redactions of what comes after: nothing says why any more. */
		"UPDATE audit_ledger SET body = NULL, salt = NULL"
		" WHERE seq >= min(?1, 590) AND action = 'redact'",
		"UPDATE audit_ledger SET principal = 'mallory' WHERE seq % 10 = ?1 % 10",
	};
	static const int64_t at[] = { 1, 2, 63, 64, 65, 66, 128, 129, 301, 449, 513, 599, 600 };
	struct place p;
	char *one, *many;

	if (!OG_CHECK_OK(make_place(&p), &p.err))
		return;
	one = judge(&p, 1);
	many = judge(&p, JOBS);
	if (!OG_CHECK(one && strstr(one, "\"problems\": 0}")))
		printf("# %s\n", one ? one : "nothing");
	OG_CHECK_STR(many, one);
	free(one);
	free(many);
	for (size_t i = 0; i < sizeof(damages) / sizeof(*damages); i++)
		for (size_t k = 0; k < sizeof(at) / sizeof(*at); k++)
			damage(&p, damages[i], at[k]);
	remove_place(&p);
}

/* --- one moment ------------------------------------------------------------- */

/* A child that commits all the time. */
static pid_t writer(const char *path)
{
	struct og_err err = OG_ERR_INIT;
	struct og_db *db;
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	if (og_db_open(path, OG_DB_WRITE, &db, &err) < 0)
		_exit(1);
	for (;;) {
		if (og_db_exec(db, "UPDATE kept SET node = node + 1 WHERE seq = 1", &err) < 0)
			_exit(1);
		usleep(20);
	}
}

static int64_t seen(struct og_db *db)
{
	struct og_err err = OG_ERR_INIT;
	int64_t n = -1;

	og_db_int(db, "SELECT node + 0 FROM kept WHERE seq = 1", &n, &err);
	return n;
}

static void all_see_one_moment(void)
{
	int pinned = 0, differ = 0;
	int64_t first = 0;
	struct place p;
	pid_t pid;

	if (!OG_CHECK_OK(make_place(&p), &p.err))
		return;
	pid = writer(p.books.path);
	for (int i = 0; i < 300; i++) {
		if (og_db_pin_all(p.dbs, JOBS, &p.err) == 0) {
			pinned++;
			first = seen(p.dbs[0]);
			for (int k = 1; k < JOBS; k++)
				differ += seen(p.dbs[k]) != first;
		} else if (!OG_CHECK_INT(p.err.code, OG_ETEMP)) {
			break;
		}
		for (int k = 0; k < JOBS; k++)
			og_db_rollback(p.dbs[k]);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	OG_CHECK(pinned > 0);
	OG_CHECK(first > 0);
	OG_CHECK_INT(differ, 0);
	remove_place(&p);
}

/* --- bodies that are gone ----------------------------------------------------- */

static void only_a_later_one_explains(void)
{
	struct og_err err = OG_ERR_INIT;
	struct og_gone gone;

	og_gone_init(&gone, 100, 0);
	OG_CHECK_OK(og_gone_explain(&gone, 5, 1, &err), &err);
	OG_CHECK_OK(og_gone_note(&gone, 9, 2, &err), &err);
	OG_CHECK_OK(og_gone_note(&gone, 5, 3, &err), &err);
	OG_CHECK_OK(og_gone_note(&gone, 7, 4, &err), &err);
	OG_CHECK_OK(og_gone_note(&gone, 7, 5, &err), &err);
	OG_CHECK_OK(og_gone_explain(&gone, 7, 6, &err), &err);
	OG_CHECK_OK(og_gone_note(&gone, 7, 7, &err), &err);
	OG_CHECK_OK(og_gone_explain(&gone, 8, 8, &err), &err);
	og_gone_settle(&gone);
	OG_CHECK_INT((intmax_t)gone.n, 3);
	OG_CHECK_INT(gone.marks[0].seq, 9);
	OG_CHECK_INT(gone.marks[1].seq, 5);
	OG_CHECK_INT(gone.marks[2].at, 7);
	og_gone_release(&gone);
}

/* A million of each, in an order that suits nobody, and never room for more
 * than what is open; and one too many. */
static void room_is_for_what_is_open(void)
{
	struct og_err err = OG_ERR_INIT;
	struct og_gone gone;
	int64_t at = 0;
	int rc = 0;

	og_gone_init(&gone, 1000, 0);
	for (int64_t round = 0; round < 1000 && rc == 0; round++) {
		for (int64_t i = 0; i < 999 && rc == 0; i++)
			rc = og_gone_note(&gone, (i * 7919) % 999, ++at, &err);
		for (int64_t i = 0; i < 999 && rc == 0; i++)
			rc = og_gone_explain(&gone, (i * 104729) % 999, ++at, &err);
	}
	OG_CHECK_OK(rc, &err);
	OG_CHECK(gone.size <= 4000);
	og_gone_settle(&gone);
	OG_CHECK_INT((intmax_t)gone.n, 0);
	for (int64_t i = 0; i < 5000 && rc == 0; i++)
		rc = og_gone_note(&gone, i, ++at, &err);
	OG_CHECK(rc < 0);
	OG_CHECK_STR(err.msg, "more than 1000 bodies are gone");
	og_gone_release(&gone);
}

/* --- an export with very many ------------------------------------------------ */

#define REDACTIONS 10000

/* The line of an entry that follows *prev, with its body or without. */
static void make_line(int64_t seq, const char *action, const char *body, char *prev,
		      struct og_buf *ret)
{
	static const unsigned char salt[32] = "every salt is as good as another";
	char hex[OG_HASH_HEX + 1], text[1024];
	struct og_err err = OG_ERR_INIT;
	struct og_export_entry entry = { .seq = seq };
	struct og_hash hash;
	int n;

	og_sha256v((struct og_slice[]){ { salt, 32 }, { body, strlen(body) } }, 2, &hash);
	og_hash_hex(&hash, hex);
	n = snprintf(text, sizeof(text),
		     "{\"action\":\"%s\",\"agent\":\"\",\"body_hash\":\"%s\",\"node\":\"\","
		     "\"prev_hash\":\"%s\",\"principal\":\"alice\",\"seq\":%lld,\"step\":\"\","
		     "\"task\":\"\",\"time\":\"2026-01-01T00:00:00.000Z\",\"v\":1}",
		     action, hex, prev, (long long)seq);
	og_merkle_leaf(text, (size_t)n, &hash);
	og_hash_hex(&hash, prev);
	entry.entry = (struct og_slice){ text, (size_t)n };
	entry.hash = (struct og_slice){ prev, OG_HASH_HEX };
	if (strcmp(action, "redact") == 0) {
		entry.salt = (struct og_slice){ salt, 32 };
		entry.body = (struct og_slice){ body, strlen(body) };
	}
	og_buf_clear(ret);
	OG_CHECK_OK(og_export_print(&entry, ret, &err), &err);
}

/* As many bodies gone as redactions, which come in the order that makes a
 * search from the front the longest; all but the last are explained. */
static void export_with_many(void)
{
	struct og_err err = OG_ERR_INIT;
	struct og_export_check *check = NULL;
	struct og_judgement j;
	char prev[OG_HASH_HEX + 1], body[64];
	const char *signer;
	struct og_buf line;
	int64_t whole = 0;
	int rc = 0;

	memset(prev, '0', OG_HASH_HEX);
	prev[OG_HASH_HEX] = '\0';
	og_buf_init(&line, 1 << 20);
	OG_CHECK_OK(og_judgement_init(&j, &err), &err);
	OG_CHECK_OK(og_export_check_new(NULL, &j, &check, &err), &err);
	for (int64_t seq = 1; seq < 2 * REDACTIONS && rc == 0; seq++) {
		snprintf(body, sizeof(body), "{\"redacted\":%lld}",
			 (long long)(2 * REDACTIONS - seq));
		make_line(seq, seq > REDACTIONS ? "redact" : "step", body, prev, &line);
		rc = og_export_check_line(check, line.data, line.len - 1, &err);
	}
	OG_CHECK_OK(rc, &err);
	OG_CHECK_OK(og_export_check_end(check, &whole, &signer, &err), &err);
	OG_CHECK_INT(whole, 2 * REDACTIONS - 1);
	OG_CHECK_INT(j.problems, 2); /* it has no end, and one is not explained */
	OG_CHECK_INT(og_json_int(json_array_get(j.list, 1), "seq", 0), REDACTIONS);
	og_export_check_free(check);
	og_judgement_release(&j);
	og_buf_release(&line);
}

/* A million of both, the last gone explained first: what a search for each
 * would not do in a day. */
static void very_many_gone(void)
{
	const int64_t n = 1000000;
	struct og_err err = OG_ERR_INIT;
	struct og_gone gone;
	int64_t at = 0;
	int rc = 0;

	og_gone_init(&gone, (size_t)n, 0);
	for (int64_t i = 0; i < n && rc == 0; i++)
		rc = og_gone_note(&gone, i, ++at, &err);
	for (int64_t i = n - 1; i > 0 && rc == 0; i--)
		rc = og_gone_explain(&gone, i, ++at, &err);
	OG_CHECK_OK(rc, &err);
	og_gone_settle(&gone);
	OG_CHECK_INT((intmax_t)gone.n, 1);
	OG_CHECK_INT(gone.marks[0].seq, 0);
	OG_CHECK((int64_t)gone.size <= 4 * n);
	og_gone_release(&gone);
}

int main(void)
{
	OG_RUN(many_say_what_one_says);
	OG_RUN(all_see_one_moment);
	OG_RUN(only_a_later_one_explains);
	OG_RUN(room_is_for_what_is_open);
	OG_RUN(very_many_gone);
	OG_RUN(export_with_many);
	return og_done();
}
