/* og-ledger's reading: log and show. */
#include <stdlib.h>
#include <string.h>

#include "cmd/og-ledger.h"
#include "lib/base/text.h"
#include "lib/ledger/line.h"

#define LIMIT_MAX 1000000
#define BODY_MAX  ((size_t)32 << 20)

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

int ledger_run_log(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
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
	if (ledger_open(&s, ctx, args, err) < 0 || ledger_may(&s, "ledger", "read", err) < 0 ||
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
