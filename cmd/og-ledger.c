/*
 * og-ledger: reads the ledger, judges it, and computes the database from
 * it again. One of the three programs that open erp.db; it has no network
 * and runs nobody's SQL.
 */
#include <stdlib.h>
#include <string.h>

#include "cmd/og-ledger-pick.h"
#include "cmd/og-ledger.h"
#include "cmd/og-out.h"
#include "lib/access/access.h"
#include "lib/db/db.h"
#include "lib/instance/identity.h"
#include "lib/sandbox/sandbox.h"

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
int ledger_check_here(const struct og_conf *conf, struct og_err *err)
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
	if (og_sandbox_no_network(0, err) < 0 || og_sandbox_no_exec(err) < 0)
		return -1;
	return ledger_open_again(s, err);
}

int ledger_open_again(struct ledger_session *s, struct og_err *err)
{
	s->conf = NULL;
	s->db = NULL;
	if (og_conf_from(s->ctx, s->args, &s->conf, err) < 0 ||
	    ledger_check_here(s->conf, err) < 0 ||
	    og_db_open(s->conf->erp, OG_DB_WRITE, &s->db, err) < 0)
		return -1;
	return check_format(s->db, err);
}

void ledger_close(struct ledger_session *s)
{
	og_progress_clear(&s->progress);
	og_db_close(s->db);
	og_conf_free(s->conf);
}

/* --- who may read --------------------------------------------------------- */

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
	if (og_identity_prove(s->conf, access, name, &who, err) == 0)
		rc = og_access_right(&who, right)
			     ? 0
			     : og_fail(err, OG_EPERM, "role '%s' may not %s the ledger", who.role,
				       what);
	og_access_free(access);
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
	{ "limit", 'n', OG_OPT_VALUE, "N",
	  "the newest N (default: 20; for a program or with --since all)" },
	LEDGER_PICK_OPTIONS,
	OG_OUT_OPTIONS,
	END,
};
static const struct og_opt tail_options[] = {
	AS_OPTION,
	{ "follow", 'f', OG_OPT_FLAG, NULL, "then those that come, until interrupted" },
	{ "limit", 'n', OG_OPT_VALUE, "N", "the newest N (default: 10; with --since all)" },
	LEDGER_PICK_OPTIONS,
	OG_OUT_OPTIONS,
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
	{ "head", 0, OG_OPT_VALUE, "SEQ:HASH", "entry SEQ must still be the one of this hash" },
	{ "jobs", 0, OG_OPT_VALUE, "N", "judge with so many processors, 64 at most" },
	{ "export", 0, OG_OPT_VALUE, "FILE", "judge this export instead; - is standard input" },
	JSON_OPTION("one JSON object"),
	END,
};
static const struct og_opt export_options[] = {
	AS_OPTION,
	LEDGER_PICK_OPTIONS,
	{ "unsigned", 0, OG_OPT_FLAG, NULL, "without a checkpoint; also of a broken ledger" },
	{ "csv", 0, OG_OPT_FLAG, NULL, "a table for people, which proves nothing" },
	END,
};
static const struct og_opt watch_options[] = {
	{ "state", 0, OG_OPT_FLAG, NULL, "also compute the database each time and compare" },
	{ "checkpoint", 0, OG_OPT_VALUE, "FILE", "it must have grown out of this one" },
	KEY_OPTION,
	{ "interval", 0, OG_OPT_VALUE, "SPAN",
	  "judge it at least so often: 1h (default: when it changes)" },
	{ "once", 0, OG_OPT_FLAG, NULL, "end when COMMAND has been run" },
	JSON_OPTION("one JSON object when it is broken"),
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
	{ "by", 0, OG_OPT_VALUE, "WHAT", "principal (default), skill, model, day or task",
	  "principal | skill | model | day | task" },
	{ "since", 0, OG_OPT_VALUE, "DAY", "from this day on (UTC)" },
	{ "until", 0, OG_OPT_VALUE, "DAY", "before this day (UTC)" },
	{ "principal", 0, OG_OPT_VALUE, "WHO", "of this principal" },
	{ "check", 0, OG_OPT_FLAG, NULL, "hold the counters of the limits against it" },
	OG_OUT_OPTIONS,
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

static const struct og_opt check_options[] = {
	{ "quick", 0, OG_OPT_FLAG, NULL, "open erp.db, but do not read all of it" },
	JSON_OPTION("one JSON object"),
	END,
};

static const struct og_command commands[] = {
	{ "log", "", "the newest entries, one line each", log_options, 0, 0, ledger_run_log },
	{ "tail", "", "the newest entries, and those that come", tail_options, 0, 0,
	  ledger_run_tail },
	{ "show", "SEQ", "one entry, whole", show_options, 1, 1, ledger_run_show },
	{ "verify", "", "judge the ledger; status 1 when it is broken", verify_options, 0, 0,
	  ledger_run_verify },
	{ "watch", "[COMMAND [ARG]...]", "judge it whenever it changes; tell when it is broken",
	  watch_options, 0, 60, ledger_run_watch },
	{ "check", "", "are the databases whole? status 1 when they are not", check_options, 0, 0,
	  ledger_run_check },
	{ "replay", "", "compute the database as it was after an entry", replay_options, 0, 0,
	  ledger_run_replay },
	{ "checkpoint", "", "sign how many entries there are, and their root", NULL, 0, 0,
	  ledger_run_checkpoint },
	{ "key", "", "the public key that checkpoints are signed with", NULL, 0, 0,
	  ledger_run_key },
	{ "prove", "SEQ", "a receipt: proof that an entry is in the ledger", NULL, 1, 1,
	  ledger_run_prove },
	{ "check-proof", "FILE", "judge a receipt; status 1 when it proves nothing", proof_options,
	  1, 1, ledger_run_check_proof },
	{ "export", "", "entries and a checkpoint, to be checked elsewhere", export_options, 0, 0,
	  ledger_run_export },
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
