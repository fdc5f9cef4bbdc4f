/*
 * og-ledger's judging: verify, and the state that the entries make (verify
 * --state, replay).
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/og-ledger.h"
#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/hash/hash.h"
#include "lib/instance/stage.h"
#include "lib/ledger/state.h"
#include "lib/shield/ddl.h"

/* Without --jobs: so many entries are worth a second processor, and so many
 * processors are left to others at most (measured, see the manual). */
#define SHARED_FROM 20000
#define JOBS_MAX    8

static int replay_ddl(struct og_db *replica, const char *sql, struct og_err *err)
{
	json_t *changes = NULL;
	int rc = og_ddl_run(replica, sql, &changes, err);

	json_decref(changes);
	return rc;
}

/* Where the replica is made: a stage in the instance, since erp.db's size may
 * not fit elsewhere. */
struct scratch {
	char *folder, *replica; /* NULL: not made */
	int lock;
};

static void tell_swept(void *arg, const char *name)
{
	og_note(arg, "removed %s, left by a process that was killed", name);
}

static int scratch_make(const struct ledger_session *s, struct scratch *ret, struct og_err *err)
{
	*ret = (struct scratch){ .lock = 0 };
	og_stage_sweep(s->conf->run, tell_swept, (void *)(uintptr_t)s->ctx);
	ret->folder = og_stage_path(s->conf->run, err);
	if (!ret->folder)
		return -1;
	ret->replica = og_path_join(ret->folder, "replica.db");
	if (!ret->replica)
		return og_fail_nomem(err);
	if (og_stage_make_folder(ret->folder, &ret->lock) < 0)
		return og_fail(err, OG_EIO, "cannot make '%s': %s", ret->folder, strerror(errno));
	return 0;
}

static void scratch_release(struct scratch *scratch)
{
	if (scratch->replica)
		og_folder_remove(scratch->folder);
	if (scratch->lock > 0)
		close(scratch->lock);
	free(scratch->replica);
	free(scratch->folder);
}

static int verify_with(struct ledger_session *s, struct og_db *const *dbs, size_t n,
		       struct og_judgement *judgement, struct og_err *err)
{
	int rc;

	og_progress_begin(&s->progress, s->ctx, "entries verified", 0);
	judgement->meter = &s->progress.meter;
	rc = og_ledger_verify_many(dbs, n, judgement, err);
	og_progress_clear(&s->progress);
	return rc;
}

int ledger_verify(struct ledger_session *s, struct og_judgement *judgement, struct og_err *err)
{
	return verify_with(s, &s->db, 1, judgement, err);
}

/* Where it is not said, as many processors as this process may use, but for
 * a ledger that is judged before the others have begun. */
static int count_jobs(const struct ledger_session *s, int64_t *ret, struct og_err *err)
{
	const char *text = og_arg_value(s->args, "jobs");
	int64_t last = 0;
	cpu_set_t cpus;

	if (text)
		return og_int_parse(text, 1, OG_VERIFY_MANY_MAX, "--jobs", ret, err);
	if (og_db_int(s->db, "SELECT max(seq) FROM audit_ledger", &last, err) < 0)
		return -1;
	*ret = 1;
	if (last >= SHARED_FROM && sched_getaffinity(0, sizeof(cpus), &cpus) == 0)
		*ret = CPU_COUNT(&cpus) < JOBS_MAX ? CPU_COUNT(&cpus) : JOBS_MAX;
	return 0;
}

/* Further connections beside the session's. Without them it goes as well. */
static size_t open_more(const struct ledger_session *s, struct og_db **dbs, size_t n)
{
	struct og_err ignored = OG_ERR_INIT;
	size_t opened;

	for (opened = 1; opened < n; opened++) {
		if (og_db_open(s->conf->erp, OG_DB_WRITE, &dbs[opened], &ignored) < 0)
			break;
		og_db_keep_wal(dbs[opened], INT64_MAX);
	}
	if (opened > 1 && og_db_pin_all(dbs, opened, &ignored) == 0)
		return opened;
	while (opened > 1)
		og_db_close(dbs[--opened]);
	return 1;
}

/* Every entry, of one moment, at which the session's connection stays. */
static int verify_jobs(struct ledger_session *s, struct og_judgement *judgement, struct og_err *err)
{
	struct og_db *dbs[OG_VERIFY_MANY_MAX] = { s->db };
	int64_t jobs;
	size_t n;
	int rc = -1;

	if (count_jobs(s, &jobs, err) < 0)
		return -1;
	n = open_more(s, dbs, (size_t)jobs);
	if (n > 1 || og_db_begin(s->db, 0, err) == 0)
		rc = verify_with(s, dbs, n, judgement, err);
	while (n > 1)
		og_db_close(dbs[--n]);
	return rc;
}

static int verify_state(struct ledger_session *s, struct og_judgement *judgement,
			struct og_err *err)
{
	struct scratch scratch;
	int rc = -1;

	if (scratch_make(s, &scratch, err) < 0)
		goto out;
	og_progress_stage(&s->progress, "entries replayed");
	if (og_ledger_replay(s->db, s->conf->base, 0, scratch.replica, replay_ddl, judgement,
			     err) == 0) {
		og_progress_stage(&s->progress, "tables compared");
		rc = og_ledger_compare(s->db, scratch.replica, judgement, err);
	}
	og_progress_clear(&s->progress);
out:
	scratch_release(&scratch);
	return rc;
}

/* --head: the last entry of an earlier time, and its hash. */
struct earlier {
	int64_t seq;
	char hash[OG_HASH_HEX + 1];
};

/* "12:HASH": what --json says in last and head. */
static int read_earlier(const char *text, struct earlier *ret, struct og_err *err)
{
	const char *colon = strchr(text, ':');
	struct og_hash hash;
	char number[24];

	if (!colon || (size_t)(colon - text) >= sizeof(number) ||
	    strlen(colon + 1) != OG_HASH_HEX || og_hash_unhex(colon + 1, &hash) < 0)
		return og_fail(err, OG_EUSAGE, "--head: '%s' is not SEQ:HASH", text);
	memcpy(number, text, (size_t)(colon - text));
	number[colon - text] = '\0';
	og_hash_hex(&hash, ret->hash);
	return og_int_parse(number, 1, OG_JSON_INT_MAX, "--head", &ret->seq, err);
}

static int judge_earlier(const struct ledger_session *s, const struct earlier *earlier,
			 struct og_judgement *judgement, struct og_err *err)
{
	struct og_stmt *stmt;
	const char *hash;
	int found;

	if (og_stmt_new(s->db, "SELECT hash FROM audit_ledger WHERE seq = ?1", &stmt, err) < 0)
		return -1;
	og_bind_int(stmt, 1, earlier->seq);
	found = og_stmt_step(stmt, err);
	hash = found > 0 ? og_col_text(stmt, 0) : NULL;
	if (found == 0)
		og_judgement_add(judgement, 0, "head",
				 "the ledger was cut: it had %lld entries, now the last is %lld",
				 (long long)earlier->seq, (long long)judgement->last);
	else if (found > 0 && (!hash || strcmp(hash, earlier->hash) != 0))
		og_judgement_add(judgement, earlier->seq, "head",
				 "history was rewritten: it is not the entry it was");
	og_stmt_free(stmt);
	return found < 0 ? -1 : 0;
}

static int judge(struct ledger_session *s, const struct earlier *earlier,
		 struct og_judgement *judgement, struct og_err *err)
{
	int rc;

	/* Judging changes nothing, not even by being the last to close the file. */
	og_db_keep_wal(s->db, INT64_MAX);
	/* One snapshot: entries that arrive meanwhile are the next one's. */
	rc = verify_jobs(s, judgement, err);
	if (rc == 0 && og_arg_flag(s->args, "state"))
		rc = verify_state(s, judgement, err);
	if (rc == 0 && earlier->seq)
		rc = judge_earlier(s, earlier, judgement, err);
	if (rc == 0 && og_arg_value(s->args, "checkpoint"))
		rc = ledger_checkpoint_problems(s, og_arg_value(s->args, "checkpoint"), judgement,
						err);
	og_db_rollback(s->db);
	return rc;
}

int ledger_print_problems(const json_t *problems, int64_t checked, struct og_err *err)
{
	json_t *problem;
	size_t i;

	json_array_foreach(problems, i, problem)
	{
		const char *what = og_json_str(problem, "what");
		struct og_buf safe;
		int rc;

		og_buf_init(&safe, 65536);
		og_text_safe(&safe, what ? what : "", what ? strlen(what) : 0, 0);
		rc = json_is_integer(json_object_get(problem, "seq"))
			     ? og_printf(err, "entry %lld: %s: %s\n",
					 (long long)og_json_int(problem, "seq", 0),
					 og_json_str(problem, "field"), safe.data)
			     : og_printf(err, "%s: %s\n", og_json_str(problem, "field"), safe.data);
		og_buf_release(&safe);
		if (rc < 0)
			return -1;
	}
	return og_print_verdict("broken", err, ": %zu problems in %lld entries",
				json_array_size(problems), (long long)checked);
}

/* The list ends at OG_PROBLEMS_MAX; the count does not. */
static int print_problems(const struct og_judgement *judgement, struct og_err *err)
{
	if (judgement->problems > OG_PROBLEMS_MAX &&
	    og_printf(err, "of %lld problems the first:\n", (long long)judgement->problems) < 0)
		return -1;
	return ledger_print_problems(judgement->list, judgement->checked, err);
}

static int print_judgement(const struct ledger_session *s, const struct og_judgement *judgement,
			   struct og_err *err)
{
	char head[OG_HASH_HEX + 1];
	json_t *json;
	int rc;

	og_hash_hex(&judgement->head, head);
	if (og_arg_flag(s->args, "json")) {
		json = json_pack("{s:i,s:b,s:I,s:O,s:s,s:I}", "v", 1, "ok",
				 judgement->problems == 0, "checked",
				 (json_int_t)judgement->checked, "problems", judgement->list,
				 "head", head, "last", (json_int_t)judgement->last);
		rc = json ? og_print_json(json, err) : og_fail_nomem(err);
		json_decref(json);
		return rc;
	}
	if (judgement->problems)
		return print_problems(judgement, err);
	return og_print_verdict(
		"ok", err, ": %lld entries%s, head %s", (long long)judgement->checked,
		og_arg_flag(s->args, "state") ? " and the state they make" : "", head);
}

/* A file has no state, and nothing but itself to be held against. */
static int run_verify_export(const struct og_args *args, struct og_err *err)
{
	if (og_arg_flag(args, "state") || og_arg_value(args, "checkpoint") ||
	    og_arg_value(args, "head") || og_arg_value(args, "jobs"))
		return og_fail(err, OG_EUSAGE,
			       "--export judges a file: --state, --checkpoint, --head and --jobs "
			       "are of a ledger");
	return ledger_verify_export(args, og_arg_value(args, "export"), err);
}

int ledger_run_verify(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	struct og_judgement judgement;
	struct earlier earlier = { 0 };
	struct ledger_session s;
	int rc = -1;

	if (og_arg_value(args, "export"))
		return run_verify_export(args, err);
	if (og_arg_value(args, "head") &&
	    read_earlier(og_arg_value(args, "head"), &earlier, err) < 0)
		return -1;
	if (og_judgement_init(&judgement, err) < 0)
		return -1;
	if (ledger_open(&s, ctx, args, err) == 0 && judge(&s, &earlier, &judgement, err) == 0 &&
	    print_judgement(&s, &judgement, err) == 0)
		rc = judgement.problems > 0;
	ledger_close(&s);
	og_judgement_release(&judgement);
	return rc;
}

static int replay(struct ledger_session *s, int64_t to, const char *out,
		  struct og_judgement *judgement, struct og_err *err)
{
	int rc;

	og_progress_begin(&s->progress, s->ctx, "entries replayed", 0);
	judgement->meter = &s->progress.meter;
	rc = og_ledger_replay(s->db, s->conf->base, to, out, replay_ddl, judgement, err);
	og_progress_clear(&s->progress);
	if (rc < 0 || !judgement->problems)
		return rc;
	return print_problems(judgement, err) < 0 ? -1 : 1;
}

int ledger_run_replay(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	const char *to = og_arg_value(args, "to"), *out = og_arg_value(args, "out");
	struct og_judgement judgement;
	struct ledger_session s;
	int64_t seq = 0;
	int rc = -1;

	if (!out)
		return og_fail(err, OG_EUSAGE, "replay needs --out FILE");
	if (to && og_int_parse(to, 1, OG_JSON_INT_MAX, "--to", &seq, err) < 0)
		return -1;
	if (og_judgement_init(&judgement, err) < 0)
		return -1;
	if (ledger_open(&s, ctx, args, err) == 0 && ledger_may(&s, "ledger", "read", err) == 0 &&
	    og_db_begin(s.db, 0, err) == 0)
		rc = replay(&s, seq, out, &judgement, err);
	og_db_rollback(s.db);
	ledger_close(&s);
	og_judgement_release(&judgement);
	return rc;
}
