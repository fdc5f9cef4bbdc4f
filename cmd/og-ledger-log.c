/* og-ledger's reading: log, tail and show. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/og-ledger-pick.h"
#include "cmd/og-ledger-wake.h"
#include "cmd/og-ledger.h"
#include "cmd/og-out.h"
#include "lib/base/clock.h"
#include "lib/base/text.h"
#include "lib/ledger/line.h"

#define LOG_USUAL  20
#define TAIL_USUAL 10
#define BODY_MAX   ((size_t)32 << 20)
#define AGAIN_MS   500 /* between two tries to open what cannot be */

/* A row as {"v":1,"seq",...}: the entry's members, its hash, its body. */
static json_t *row_json(struct og_stmt *row, struct og_err *err)
{
	const char *entry = og_col_text(row, PICK_ENTRY), *body = og_col_text(row, PICK_BODY);
	json_t *json = NULL, *parsed = NULL;

	if (!entry ||
	    og_json_parse(entry, og_col_len(row, PICK_ENTRY), BODY_MAX, "entry", &json, err) < 0)
		return NULL;
	if (body &&
	    og_json_parse(body, og_col_len(row, PICK_BODY), BODY_MAX, "body", &parsed, err) < 0) {
		json_decref(json);
		return NULL;
	}
	json_object_set_new(json, "hash", json_string(og_col_text(row, PICK_HASH)));
	json_object_set_new(json, "body", parsed ? parsed : json_null());
	return json;
}

static int print_line(const json_t *row, int color, struct og_err *err)
{
	struct og_buf line;
	int rc;

	(void)color;
	og_buf_init(&line, OG_ENTRY_LINE_MAX);
	rc = og_entry_line(row, &line, err);
	if (rc == 0)
		rc = og_printf(err, "%s\n", line.data);
	og_buf_release(&line);
	return rc;
}

static const struct og_field fields[] = {
	{ "seq", "SEQ", OG_FIELD_KEY, NULL },
	{ "time", "TIME", OG_FIELD_TIME, NULL },
	{ "principal", "PRINCIPAL", OG_FIELD_TEXT, NULL },
	{ "agent", "AGENT", OG_FIELD_TEXT, NULL },
	{ "action", "ACTION", OG_FIELD_STATE, NULL },
	{ "node", "NODE", OG_FIELD_TEXT, NULL },
	{ "task", "TASK", OG_FIELD_KEY, NULL },
	{ "step", "STEP", OG_FIELD_TEXT, NULL },
	{ "hash", NULL, OG_FIELD_KEY, NULL },
	{ "prev_hash", NULL, OG_FIELD_KEY, NULL },
	{ "body_hash", NULL, OG_FIELD_KEY, NULL },
	{ "body", NULL, OG_FIELD_TEXT, NULL },
	{ NULL, NULL, OG_FIELD_TEXT, NULL },
};

/* Prints what the pick has from here on and moves it behind that. */
static int print_picked(struct og_db *db, struct ledger_pick *pick, struct og_out *out,
			struct og_err *err)
{
	struct og_stmt *stmt;
	int more, rc = 0;

	if (ledger_pick_stmt(pick, db, &stmt, err) < 0)
		return -1;
	while (rc == 0 && (more = og_stmt_step(stmt, err)) != 0) {
		json_t *row = more > 0 ? row_json(stmt, err) : NULL;

		rc = row ? og_out_add(out, row, err) : -1;
		json_decref(row);
		pick->after = more > 0 ? og_col_int(stmt, PICK_SEQ) : pick->after;
	}
	og_stmt_free(stmt);
	return rc;
}

/* newest: so many at most; 0: all. */
static int print_newest(struct ledger_session *s, struct ledger_pick *pick, struct og_out *out,
			int64_t newest, struct og_err *err)
{
	int rc = -1;

	/* One snapshot, for who may read, where it begins and what is read. */
	if (og_db_begin(s->db, 0, err) < 0)
		return -1;
	if (ledger_may(s, "ledger", "read", err) == 0 &&
	    ledger_pick_doubt(s->ctx, s->args, s->db, err) == 0 &&
	    ledger_pick_place(pick, s->db, newest, err) == 0)
		rc = print_picked(s->db, pick, out, err);
	og_db_rollback(s->db);
	return rc;
}

/* --limit, else the usual number; 0: all. */
static int read_limit(const struct og_args *args, int64_t usual, int64_t *ret, struct og_err *err)
{
	const char *limit = og_arg_value(args, "limit");

	*ret = usual;
	return limit ? og_int_parse(limit, 1, OG_JSON_INT_MAX, "--limit", ret, err) : 0;
}

int ledger_run_log(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	/* Without --limit a program gets everything, a person the newest. */
	int all = og_arg_flag(args, "json") || og_arg_value(args, "format") ||
		  og_arg_flag(args, "null") || og_arg_value(args, "since");
	struct og_out *out = NULL;
	struct ledger_session s;
	struct ledger_pick pick;
	int64_t newest;
	int rc = -1;

	if (ledger_pick_init(&pick, args, err) == 0 &&
	    read_limit(args, all ? 0 : LOG_USUAL, &newest, err) == 0 &&
	    og_out_new(ctx, args, fields, print_line, &out, err) == 0) {
		if (ledger_open(&s, ctx, args, err) == 0)
			rc = print_newest(&s, &pick, out, newest, err);
		ledger_close(&s);
	}
	og_out_free(out);
	ledger_pick_release(&pick);
	return rc;
}

/* --- tail --------------------------------------------------------------------- */

struct tail {
	struct ledger_session s;
	struct ledger_pick pick;
	struct ledger_wake wake;
	struct og_out *out;
	int64_t head;		    /* the last entry there was, picked or not */
	char hash[OG_HASH_HEX + 1]; /* its hash */
	int open;
	int64_t again; /* when it is tried again to open it */
};

static int flush(struct og_err *err)
{
	return fflush(stdout) == 0
		       ? 0
		       : og_fail(err, OG_EIO, "cannot write the output: %s", strerror(errno));
}

/* The last entry and its hash; seq 0 when there is none. */
static int read_head(struct og_db *db, int64_t *ret, char hash[OG_HASH_HEX + 1], struct og_err *err)
{
	struct og_stmt *stmt;
	const char *text;
	int found;

	*ret = 0;
	hash[0] = '\0';
	if (og_stmt_new(db, "SELECT seq, hash FROM audit_ledger ORDER BY seq DESC LIMIT 1", &stmt,
			err) < 0)
		return -1;
	found = og_stmt_step(stmt, err);
	text = found > 0 ? og_col_text(stmt, 1) : NULL;
	if (found > 0)
		*ret = og_col_int(stmt, 0);
	if (text && strlen(text) == OG_HASH_HEX)
		memcpy(hash, text, OG_HASH_HEX + 1);
	og_stmt_free(stmt);
	return found < 0 ? -1 : 0;
}

/* What came since: rights are looked at again, in the snapshot that is read,
 * so that the entry that takes them away is the first that is not shown. */
static int print_new(struct tail *tail, struct og_err *err)
{
	char hash[OG_HASH_HEX + 1];
	int64_t head;
	int rc = -1;

	if (og_db_begin(tail->s.db, 0, err) < 0)
		return -1;
	if (read_head(tail->s.db, &head, hash, err) < 0)
		goto out;
	rc = 0;
	if (head == tail->head && strcmp(hash, tail->hash) == 0)
		goto out;
	rc = ledger_may(&tail->s, "ledger", "read", err);
	if (rc == 0)
		rc = print_picked(tail->s.db, &tail->pick, tail->out, err);
	/* What was passed over is not looked at again. */
	tail->pick.after = tail->head = head;
	memcpy(tail->hash, hash, sizeof(hash));
out:
	og_db_rollback(tail->s.db);
	return rc < 0 ? -1 : flush(err);
}

/* After another file came in the place of erp.db: does it go on where we
 * were? A backup that was put back does not. */
static int take_up(struct tail *tail, struct og_err *err)
{
	struct og_stmt *stmt;
	const char *hash;
	int same, found;

	if (og_stmt_new(tail->s.db, "SELECT hash FROM audit_ledger WHERE seq = ?1", &stmt, err) < 0)
		return -1;
	og_bind_int(stmt, 1, tail->head);
	found = og_stmt_step(stmt, err);
	hash = found > 0 ? og_col_text(stmt, 0) : NULL;
	same = hash && strcmp(hash, tail->hash) == 0;
	og_stmt_free(stmt);
	if (found < 0 || same)
		return found < 0 ? -1 : 0;
	og_note(tail->s.ctx,
		"erp.db was replaced by a ledger without entry %lld as it was; "
		"what comes from now on is shown",
		(long long)tail->head);
	found = read_head(tail->s.db, &tail->head, tail->hash, err);
	tail->pick.after = tail->head;
	return found;
}

/* A file that is not there, or not yet whole, is waited for. */
static void open_again(struct tail *tail)
{
	struct og_err why = OG_ERR_INIT;
	int was_open = tail->open;

	tail->wake.replaced = 0;
	tail->again = OG_FOREVER;
	ledger_close(&tail->s);
	tail->open = ledger_open_again(&tail->s, &why) == 0 && take_up(tail, &why) == 0;
	if (tail->open)
		return;
	ledger_close(&tail->s);
	tail->s.conf = NULL;
	tail->s.db = NULL;
	tail->again = og_deadline(AGAIN_MS);
	if (was_open)
		og_note(tail->s.ctx, "waiting: %s", why.msg);
}

/* Opening a file that is no ledger makes its log and removes it, which is
 * seen as a change: so it is not tried again at once. */
static int follow(struct tail *tail, struct og_err *err)
{
	int more;

	tail->again = OG_FOREVER;
	while ((more = ledger_wake_wait(&tail->wake, tail->again, err)) > 0) {
		if (tail->open ? tail->wake.replaced : og_deadline_left(tail->again) == 0)
			open_again(tail);
		if (tail->open && print_new(tail, err) < 0)
			return -1;
	}
	return more;
}

static int run_tail(struct tail *tail, const struct og_ctx *ctx, const struct og_args *args,
		    struct og_err *err)
{
	int follows = og_arg_flag(args, "follow");
	int64_t newest;

	if (ledger_pick_init(&tail->pick, args, err) < 0 ||
	    read_limit(args, tail->pick.since ? 0 : TAIL_USUAL, &newest, err) < 0)
		return -1;
	if (follows && og_arg_value(args, "until"))
		return og_fail(err, OG_EUSAGE, "--follow has no end: --until says it has one");
	if (og_out_new(ctx, args, fields, print_line, &tail->out, err) < 0 ||
	    ledger_open(&tail->s, ctx, args, err) < 0)
		return -1;
	tail->open = 1;
	/* Watched before the first look, so that nothing falls in between. */
	if (follows && ledger_wake_open(&tail->wake, tail->s.conf->erp, err) < 0)
		return -1;
	tail->wake.reader = STDOUT_FILENO;
	if (follows && read_head(tail->s.db, &tail->head, tail->hash, err) < 0)
		return -1;
	if (print_newest(&tail->s, &tail->pick, tail->out, newest, err) < 0 || flush(err) < 0)
		return -1;
	return follows ? follow(tail, err) : 0;
}

int ledger_run_tail(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	struct tail tail = { .wake = { .events = -1, .signals = -1 } };
	int rc = run_tail(&tail, ctx, args, err);

	ledger_wake_close(&tail.wake);
	ledger_close(&tail.s);
	og_out_free(tail.out);
	ledger_pick_release(&tail.pick);
	return rc;
}

/* --- show --------------------------------------------------------------------- */

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
		return og_print_verbatim(og_col_text(stmt, PICK_ENTRY),
					 og_col_len(stmt, PICK_ENTRY), err);
	return og_arg_flag(args, "json") ? og_print_json(row, err) : print_whole(row, err);
}

int ledger_run_show(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	struct og_stmt *stmt = NULL;
	struct ledger_session s;
	json_t *row = NULL;
	int64_t seq;
	int rc = -1, found;

	if (og_int_parse(og_arg(args, 0), 1, OG_JSON_INT_MAX, "SEQ", &seq, err) < 0)
		return -1;
	if (ledger_open(&s, ctx, args, err) < 0 || ledger_may(&s, "ledger", "read", err) < 0 ||
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
