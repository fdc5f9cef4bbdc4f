/*
 * og-ledger: reads the ledger, judges it, and computes the database from
 * it again. One of the three programs that open erp.db; it has no network
 * and runs nobody's SQL.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/og-ledger.h"
#include "lib/access/access.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/db/db.h"
#include "lib/hash/hash.h"
#include "lib/ledger/line.h"
#include "lib/ledger/state.h"
#include "lib/ledger/verify.h"
#include "lib/sandbox/sandbox.h"
#include "lib/shield/ddl.h"

#define LIMIT_MAX 1000000
#define BODY_MAX  ((size_t)32 << 20)

static int check_format(struct og_db *db, struct og_err *err)
{
	int64_t format = 0, id = 0;

	if (og_db_int(db, "PRAGMA user_version", &format, err) < 0 ||
	    og_db_int(db, "PRAGMA application_id", &id, err) < 0)
		return -1;
	if (id != 1330071860)
		return og_fail(err, OG_ECONF, "erp.db is not the database of an instance");
	return og_format_check("erp.db", format, err);
}

/* A ledger is judged where it is: over a channel it would be hearsay. */
static int check_here(const struct og_conf *conf, struct og_err *err)
{
	if (!og_conf_remote(conf))
		return 0;
	og_fail(err, OG_ECONF, "'%s' is a remote instance: it has no ledger", conf->home);
	return og_hint(err, "run og-ledger where the shield is: %s", conf->shield);
}

int ledger_open(struct ledger_session *s, const struct og_ctx *ctx, const struct og_args *args,
		struct og_err *err)
{
	memset(s, 0, sizeof(*s));
	s->ctx = ctx;
	s->args = args;
	if (og_sandbox_no_network(0, err) < 0 || og_sandbox_no_exec(err) < 0 ||
	    og_conf_from(ctx, args, &s->conf, err) < 0 || check_here(s->conf, err) < 0 ||
	    og_db_open(s->conf->erp, OG_DB_WRITE, &s->db, err) < 0)
		return -1;
	return check_format(s->db, err);
}

void ledger_close(struct ledger_session *s)
{
	og_db_close(s->db);
	og_conf_free(s->conf);
}

/* --- who may read --------------------------------------------------------- */

/* The principal's key must be readable here and be the one on record. */
static int prove_identity(const struct ledger_session *s, const struct og_principal *who,
			  struct og_err *err)
{
	unsigned char seed[OG_KEY_SEED], pub[OG_KEY_PUBLIC];
	char *path = NULL;
	int rc = -1;

	if (og_conf_key_path(s->conf, who->name, &path, err) == 0 &&
	    og_key_read(path, seed, err) == 0 && og_key_public(seed, pub, err) == 0)
		rc = who->has_key && memcmp(pub, who->pubkey, sizeof(pub)) == 0
			     ? 0
			     : og_fail(err, OG_EPERM, "the key is not that of '%s'", who->name);
	explicit_bzero(seed, sizeof(seed));
	free(path);
	return rc;
}

int ledger_may(const struct ledger_session *s, const char *right, const char *what,
	       struct og_err *err)
{
	struct og_access *access = NULL;
	struct og_principal who;
	const char *name;
	int rc = -1;

	if (og_principal_from(s->ctx, s->args, &name, err) < 0 ||
	    og_access_open(s->db, &access, err) < 0)
		return -1;
	if (og_access_principal(access, name, &who, err) == 0 && prove_identity(s, &who, err) == 0)
		rc = og_access_right(&who, right)
			     ? 0
			     : og_fail(err, OG_EPERM, "role '%s' may not %s the ledger", who.role,
				       what);
	og_access_free(access);
	return rc;
}

static int may_read(const struct ledger_session *s, struct og_err *err)
{
	return ledger_may(s, "ledger", "read", err);
}

/* --- log and show --------------------------------------------------------- */

enum { SEQ, ENTRY, HASH, BODY };

/* A row as {"v":1,"seq",...}: the entry's members, its hash, its body. */
static json_t *row_json(struct og_stmt *row, struct og_err *err)
{
	const char *entry = og_col_text(row, ENTRY), *body = og_col_text(row, BODY);
	json_t *json = NULL, *parsed = NULL;

	if (!entry ||
	    og_json_parse(entry, og_col_len(row, ENTRY), BODY_MAX, "entry", &json, err) < 0)
		return NULL;
	if (body &&
	    og_json_parse(body, og_col_len(row, BODY), BODY_MAX, "body", &parsed, err) < 0) {
		json_decref(json);
		return NULL;
	}
	json_object_set_new(json, "hash", json_string(og_col_text(row, HASH)));
	json_object_set_new(json, "body", parsed ? parsed : json_null());
	return json;
}

static int print_line(const json_t *row, struct og_err *err)
{
	struct og_buf line;
	int rc;

	og_buf_init(&line, OG_ENTRY_LINE_MAX);
	rc = og_entry_line(row, &line, err);
	if (rc == 0)
		rc = og_printf(err, "%s\n", line.data);
	og_buf_release(&line);
	return rc;
}

static int print_rows(struct og_stmt *stmt, int json, int64_t *ret_n, struct og_err *err)
{
	int more, rc = 0;

	for (*ret_n = 0; rc == 0 && (more = og_stmt_step(stmt, err)) != 0; ++*ret_n) {
		json_t *row = more > 0 ? row_json(stmt, err) : NULL;

		if (!row)
			return -1;
		rc = json ? og_print_json(row, err) : print_line(row, err);
		json_decref(row);
	}
	return rc;
}

/* The newest entries that fit, oldest of them first. */
static const char log_sql[] =
	"SELECT seq, entry, hash, body FROM (SELECT * FROM audit_ledger WHERE seq > ?1 "
	"AND (?2 IS NULL OR task = ?2) AND (?3 IS NULL OR principal = ?3) "
	"AND (?4 IS NULL OR action = ?4) ORDER BY seq DESC LIMIT ?5) ORDER BY seq";

static int run_log(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	const char *limit = og_arg_value(args, "limit"), *since = og_arg_value(args, "since");
	int64_t n = 20, after = 0, printed;
	struct og_stmt *stmt = NULL;
	struct ledger_session s;
	int rc = -1;

	if (limit && og_int_parse(limit, 1, LIMIT_MAX, "--limit", &n, err) < 0)
		return -1;
	if (since && og_int_parse(since, 0, OG_JSON_INT_MAX, "--since", &after, err) < 0)
		return -1;
	if (ledger_open(&s, ctx, args, err) < 0 || may_read(&s, err) < 0 ||
	    og_stmt_new(s.db, log_sql, &stmt, err) < 0)
		goto out;
	og_bind_int(stmt, 1, after);
	og_bind_text(stmt, 2, og_arg_value(args, "task"));
	og_bind_text(stmt, 3, og_arg_value(args, "principal"));
	og_bind_text(stmt, 4, og_arg_value(args, "action"));
	/* Without --limit a program gets everything, a person the newest. */
	og_bind_int(stmt, 5, limit ? n : og_arg_flag(args, "json") || since ? LIMIT_MAX : n);
	rc = print_rows(stmt, og_arg_flag(args, "json"), &printed, err);
out:
	og_stmt_free(stmt);
	ledger_close(&s);
	return rc;
}

static int print_whole(const json_t *row, struct og_err *err)
{
	static const char *const keys[] = { "time", "principal", "agent", "action",   "node",
					    "task", "step",	 "hash",  "prev_hash" };
	char *body;
	int rc;

	if (og_printf(err, "entry %lld\n", (long long)og_json_int(row, "seq", 0)) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		const char *value = og_json_str(row, keys[i]);
		struct og_buf safe;

		og_buf_init(&safe, 65536);
		og_text_safe(&safe, value ? value : "", value ? strlen(value) : 0, 0);
		rc = *safe.data ? og_printf(err, "%-10s %s\n", keys[i], safe.data) : 0;
		og_buf_release(&safe);
		if (rc < 0)
			return -1;
	}
	/* ENSURE_ASCII: whatever is in the data, the terminal gets letters. */
	body = json_dumps(json_object_get(row, "body"),
			  JSON_INDENT(2) | JSON_ENCODE_ANY | JSON_ENSURE_ASCII);
	rc = body ? og_printf(err, "%s\n", body) : og_fail_nomem(err);
	free(body);
	return rc;
}

static int print_entry(struct og_stmt *stmt, const json_t *row, const struct og_args *args,
		       struct og_err *err)
{
	/* The very bytes that were hashed, for check-proof --entry. */
	if (og_arg_flag(args, "entry"))
		return og_print(og_col_text(stmt, ENTRY), og_col_len(stmt, ENTRY), err);
	return og_arg_flag(args, "json") ? og_print_json(row, err) : print_whole(row, err);
}

static int run_show(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	struct og_stmt *stmt = NULL;
	struct ledger_session s;
	json_t *row = NULL;
	int64_t seq;
	int rc = -1, found;

	if (og_int_parse(og_arg(args, 0), 1, OG_JSON_INT_MAX, "SEQ", &seq, err) < 0)
		return -1;
	if (ledger_open(&s, ctx, args, err) < 0 || may_read(&s, err) < 0 ||
	    og_stmt_new(s.db, "SELECT seq, entry, hash, body FROM audit_ledger WHERE seq = ?1",
			&stmt, err) < 0)
		goto out;
	og_bind_int(stmt, 1, seq);
	found = og_stmt_step(stmt, err);
	if (found == 0)
		og_fail(err, OG_NO, "there is no entry %lld", (long long)seq);
	else if (found > 0 && (row = row_json(stmt, err)))
		rc = print_entry(stmt, row, args, err);
out:
	json_decref(row);
	og_stmt_free(stmt);
	ledger_close(&s);
	return rc;
}

/* --- verify and replay ---------------------------------------------------- */

static int replay_ddl(struct og_db *replica, const char *sql, struct og_err *err)
{
	json_t *changes = NULL;
	int rc = og_ddl_run(replica, sql, &changes, err);

	json_decref(changes);
	return rc;
}

/* A name nobody uses, in the instance: erp.db's size may not fit elsewhere. */
static char *scratch_path(const struct ledger_session *s, struct og_err *err)
{
	char id[OG_UUID_LEN + 1], name[64], *path;

	if (og_uuid7(id, err) < 0)
		return NULL;
	snprintf(name, sizeof(name), "replay-%s.db", id);
	path = og_path_join(s->conf->run, name);
	if (!path)
		og_fail_nomem(err);
	return path;
}

static int verify_state(const struct ledger_session *s, struct og_judgement *judgement,
			struct og_err *err)
{
	char *path = scratch_path(s, err);
	int rc = -1;

	if (!path)
		return -1;
	if (og_ledger_replay(s->db, s->conf->base, 0, path, replay_ddl, judgement, err) == 0)
		rc = og_ledger_compare(s->db, path, judgement, err);
	unlink(path);
	free(path);
	return rc;
}

static int judge(const struct ledger_session *s, struct og_judgement *judgement, struct og_err *err)
{
	int rc;

	/* One snapshot: entries that arrive meanwhile are the next one's. */
	if (og_db_begin(s->db, 0, err) < 0)
		return -1;
	rc = og_ledger_verify(s->db, judgement, err);
	if (rc == 0 && og_arg_flag(s->args, "state"))
		rc = verify_state(s, judgement, err);
	if (rc == 0 && og_arg_value(s->args, "checkpoint"))
		rc = ledger_checkpoint_problems(s, og_arg_value(s->args, "checkpoint"), judgement,
						err);
	og_db_rollback(s->db);
	return rc;
}

static int print_problems(const struct og_judgement *judgement, struct og_err *err)
{
	json_t *problem;
	size_t i;

	json_array_foreach(judgement->list, i, problem)
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
	return og_printf(err, "broken: %lld problems in %lld entries\n",
			 (long long)judgement->problems, (long long)judgement->checked);
}

static int print_judgement(const struct ledger_session *s, const struct og_judgement *judgement,
			   struct og_err *err)
{
	char head[OG_HASH_HEX + 1];
	json_t *json;
	int rc;

	og_hash_hex(&judgement->head, head);
	if (og_arg_flag(s->args, "json")) {
		json = json_pack("{s:i,s:b,s:I,s:O,s:s}", "v", 1, "ok", judgement->problems == 0,
				 "checked", (json_int_t)judgement->checked, "problems",
				 judgement->list, "head", head);
		rc = json ? og_print_json(json, err) : og_fail_nomem(err);
		json_decref(json);
		return rc;
	}
	if (judgement->problems)
		return print_problems(judgement, err);
	return og_printf(err, "ok: %lld entries%s, head %s\n", (long long)judgement->checked,
			 og_arg_flag(s->args, "state") ? " and the state they make" : "", head);
}

static int run_verify(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	struct og_judgement judgement;
	struct ledger_session s;
	int rc = -1;

	if (og_judgement_init(&judgement, err) < 0)
		return -1;
	if (ledger_open(&s, ctx, args, err) == 0 && judge(&s, &judgement, err) == 0 &&
	    print_judgement(&s, &judgement, err) == 0)
		rc = judgement.problems > 0;
	ledger_close(&s);
	og_judgement_release(&judgement);
	return rc;
}

static int run_replay(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
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
	if (ledger_open(&s, ctx, args, err) == 0 && may_read(&s, err) == 0 &&
	    og_db_begin(s.db, 0, err) == 0 &&
	    og_ledger_replay(s.db, s.conf->base, seq, out, replay_ddl, &judgement, err) == 0)
		rc = judgement.problems ? (print_problems(&judgement, err) < 0 ? -1 : 1) : 0;
	og_db_rollback(s.db);
	ledger_close(&s);
	og_judgement_release(&judgement);
	return rc;
}

#define AS_OPTION                                                                                  \
	{                                                                                          \
		"as", 0, OG_OPT_VALUE, "NAME", "the principal who asks (default: OG_AS)"           \
	}
#define JSON_OPTION(help)                                                                          \
	{                                                                                          \
		"json", 0, OG_OPT_FLAG, NULL, help                                                 \
	}
#define KEY_OPTION                                                                                 \
	{                                                                                          \
		"key", 0, OG_OPT_VALUE, "KEY", "the key to believe (default: this instance's)"     \
	}
#define END                                                                                        \
	{                                                                                          \
		NULL, 0, OG_OPT_FLAG, NULL, NULL                                                   \
	}

static const struct og_opt log_options[] = {
	AS_OPTION,
	{ "limit", 0, OG_OPT_VALUE, "N", "the newest N (default: 20; with --json or --since all)" },
	{ "since", 0, OG_OPT_VALUE, "SEQ", "entries after this one" },
	{ "task", 0, OG_OPT_VALUE, "ID", "of this task" },
	{ "principal", 0, OG_OPT_VALUE, "WHO", "of this principal" },
	{ "action", 0, OG_OPT_VALUE, "ACTION", "of this kind: step, refuse, grant, ..." },
	JSON_OPTION("one JSON object per entry, with its body"),
	END,
};
static const struct og_opt show_options[] = {
	AS_OPTION,
	JSON_OPTION("as JSON"),
	{ "entry", 0, OG_OPT_FLAG, NULL, "the hashed text alone, byte for byte" },
	END,
};
static const struct og_opt verify_options[] = {
	{ "state", 0, OG_OPT_FLAG, NULL, "also compute the database from the ledger and compare" },
	{ "checkpoint", 0, OG_OPT_VALUE, "FILE", "it must have grown out of this one" },
	KEY_OPTION,
	JSON_OPTION("one JSON object"),
	END,
};
static const struct og_opt replay_options[] = {
	AS_OPTION,
	{ "to", 0, OG_OPT_VALUE, "SEQ", "up to this entry (default: all)" },
	{ "out", 0, OG_OPT_VALUE, "FILE", "the database to make" },
	END,
};

static const struct og_opt spend_options[] = {
	AS_OPTION,
	{ "by", 0, OG_OPT_VALUE, "WHAT", "principal (default), skill, model, day or task" },
	{ "since", 0, OG_OPT_VALUE, "DAY", "from this day on (UTC)" },
	{ "until", 0, OG_OPT_VALUE, "DAY", "before this day (UTC)" },
	{ "principal", 0, OG_OPT_VALUE, "WHO", "of this principal" },
	{ "check", 0, OG_OPT_FLAG, NULL, "hold the counters of the limits against it" },
	JSON_OPTION("one JSON object per line"),
	END,
};
static const struct og_opt proof_options[] = {
	KEY_OPTION,
	{ "entry", 0, OG_OPT_VALUE, "FILE", "the entry's text (default: look it up here)" },
	END,
};
static const struct og_opt redact_options[] = {
	AS_OPTION,
	{ "reason", 0, OG_OPT_VALUE, "TEXT", "why; it stays on the ledger" },
	{ "with-changes", 0, OG_OPT_FLAG, NULL, "also when it holds row changes" },
	END,
};

static const struct og_command commands[] = {
	{ "log", "", "the newest entries, one line each", log_options, 0, 0, run_log },
	{ "show", "SEQ", "one entry, whole", show_options, 1, 1, run_show },
	{ "verify", "", "judge the ledger; status 1 when it is broken", verify_options, 0, 0,
	  run_verify },
	{ "replay", "", "compute the database as it was after an entry", replay_options, 0, 0,
	  run_replay },
	{ "checkpoint", "", "sign how many entries there are, and their root", NULL, 0, 0,
	  ledger_run_checkpoint },
	{ "key", "", "the public key that checkpoints are signed with", NULL, 0, 0,
	  ledger_run_key },
	{ "prove", "SEQ", "a receipt: proof that an entry is in the ledger", NULL, 1, 1,
	  ledger_run_prove },
	{ "check-proof", "FILE", "judge a receipt; status 1 when it proves nothing", proof_options,
	  1, 1, ledger_run_check_proof },
	{ "spend", "", "what models came to", spend_options, 0, 0, ledger_run_spend },
	{ "redact", "SEQ", "take the body of an entry out for good", redact_options, 1, 1,
	  ledger_run_redact },
	{ NULL, NULL, NULL, NULL, 0, 0, NULL },
};

const struct og_program og_program = {
	"og-ledger",
	"read, judge and replay the ledger",
	commands,
};
