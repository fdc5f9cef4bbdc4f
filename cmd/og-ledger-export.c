/*
 * og-ledger's exports: the ledger as a file for whoever has to look at it
 * without us, and the judging of such a file, which needs no instance.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/og-ledger-pick.h"
#include "cmd/og-ledger.h"
#include "lib/base/clock.h"
#include "lib/base/text.h"
#include "lib/ledger/export.h"
#include "lib/proc/proc.h"
#include "lib/sandbox/sandbox.h"
#include "lib/view/view.h"

#define LINE_MAX OG_EXPORT_LINE_MAX
#define BODY_MAX ((size_t)32 << 20)

/* --- JSON lines ------------------------------------------------------------------ */

static struct og_slice slice(struct og_stmt *stmt, int column)
{
	if (og_col_null(stmt, column))
		return (struct og_slice){ NULL, 0 };
	/* An empty value is one too. */
	return (struct og_slice){ og_col_len(stmt, column) ? og_col_blob(stmt, column) : "",
				  og_col_len(stmt, column) };
}

static int print_entry(struct og_stmt *all, int whole, struct og_buf *line, struct og_err *err)
{
	struct og_export_entry entry = { og_col_int(all, PICK_SEQ), slice(all, PICK_ENTRY),
					 slice(all, PICK_HASH), slice(all, PICK_SALT),
					 slice(all, PICK_BODY) };

	og_buf_clear(line);
	if ((whole ? og_export_print : og_export_print_hash)(&entry, line, err) < 0)
		return -1;
	return og_print_verbatim(line->data, line->len, err);
}

/* Entries that are not picked stand as their hash, so that the chain and the
 * checkpoint hold over all; those that say why a body is gone are whole. */
static int print_entries(struct ledger_session *s, struct og_stmt *all, struct og_stmt *picked,
			 int64_t *ret_n, struct og_err *err)
{
	int more, next = og_stmt_step(picked, err), rc = 0;
	struct og_buf line;

	og_buf_init(&line, LINE_MAX);
	while (rc == 0 && next >= 0 && (more = og_stmt_step(all, err)) != 0) {
		int64_t seq = more > 0 ? og_col_int(all, PICK_SEQ) : 0;
		int whole = next > 0 && og_col_int(picked, PICK_SEQ) == seq;

		rc = more > 0 ? print_entry(all, whole, &line, err) : -1;
		if (whole && rc == 0)
			next = og_stmt_step(picked, err);
		++*ret_n;
		og_meter_add(&s->progress.meter, 1);
	}
	og_buf_release(&line);
	return next < 0 ? -1 : rc;
}

static int print_end(struct ledger_session *s, int64_t n, struct og_err *err)
{
	struct og_buf note, key, line;
	int bare = og_arg_flag(s->args, "unsigned"), rc = -1;

	og_buf_init(&note, OG_NOTE_MAX);
	og_buf_init(&key, OG_NOTE_MAX);
	og_buf_init(&line, LINE_MAX);
	if ((bare || (ledger_sign(s, 0, &note, err) == 0 && ledger_key(s, &key, err) == 0)) &&
	    og_export_print_end(n, bare ? NULL : note.data, bare ? NULL : key.data, &line, err) ==
		    0)
		rc = og_print_verbatim(line.data, line.len, err);
	og_buf_release(&note);
	og_buf_release(&key);
	og_buf_release(&line);
	return rc;
}

static int export_lines(struct ledger_session *s, struct ledger_pick *pick, struct og_err *err)
{
	struct ledger_pick every = { .until = OG_JSON_INT_MAX, .from_ms = -1, .to_ms = -1 };
	struct og_stmt *all = NULL, *picked = NULL;
	int64_t n = 0;
	int rc = -1;

	/* The signature is the last line; that it can be made is found out first. */
	if (!og_arg_flag(s->args, "unsigned") && ledger_sound(s, err) < 0)
		return -1;
	og_progress_begin(&s->progress, s->ctx, "entries exported", 0);
	og_buf_adds(&pick->where, " OR action = 'redact'");
	if (ledger_pick_stmt(&every, s->db, &all, err) == 0 &&
	    ledger_pick_stmt(pick, s->db, &picked, err) == 0)
		rc = print_entries(s, all, picked, &n, err);
	og_progress_clear(&s->progress);
	og_stmt_free(all);
	og_stmt_free(picked);
	return rc == 0 ? print_end(s, n, err) : -1;
}

/* --- CSV ------------------------------------------------------------------------- */

static const char *const columns[] = { "seq",	 "time",      "principal", "agent",   "action",
				       "node",	 "task",      "step",	   "verdict", "why",
				       "tables", "body_hash", "hash" };
#define COLUMNS (sizeof(columns) / sizeof(*columns))

/* "products, orders": what the entry changed. */
static json_t *tables_of(const json_t *body)
{
	json_t *seen = json_object(), *change, *ret;
	struct og_buf text;
	size_t i;

	og_buf_init(&text, BODY_MAX);
	json_array_foreach(json_object_get(body, "changes"), i, change)
	{
		const char *table = og_json_str(change, "table");

		if (!table || json_object_get(seen, table))
			continue;
		og_buf_addf(&text, "%s%s", text.len ? ", " : "", table);
		json_object_set_new(seen, table, json_true());
	}
	ret = text.failed ? NULL : json_stringn(text.data ? text.data : "", text.len);
	og_buf_release(&text);
	json_decref(seen);
	return ret;
}

static json_t *csv_row(struct og_stmt *stmt, struct og_err *err)
{
	struct og_slice entry = slice(stmt, PICK_ENTRY), text = slice(stmt, PICK_BODY);
	json_t *json = NULL, *body = NULL, *row = json_array();

	if (!row ||
	    og_json_parse(entry.data ? entry.data : "", entry.len, BODY_MAX, "entry", &json, err) <
		    0 ||
	    (text.data && og_json_parse(text.data, text.len, BODY_MAX, "body", &body, err) < 0)) {
		json_decref(json);
		json_decref(row);
		return NULL;
	}
	json_object_set_new(json, "hash", json_string(og_col_text(stmt, PICK_HASH)));
	json_object_set_new(json, "tables", tables_of(body));
	for (size_t i = 0; i < COLUMNS; i++) {
		json_t *value = json_object_get(json, columns[i]);

		if (!value && json_is_string(json_object_get(body, columns[i])))
			value = json_object_get(body, columns[i]);
		json_array_append_new(row, value ? json_incref(value) : json_null());
	}
	json_decref(json);
	json_decref(body);
	return row;
}

/* header: the line of titles comes before the row. */
static int print_csv(json_t *names, json_t *row, struct og_err *err)
{
	json_t *rows = row ? json_pack("[O]", row) : json_array();
	size_t skip = row ? 2 : 0; /* the empty line of no titles */
	struct og_buf text;
	int rc = rows ? 0 : og_fail_nomem(err);

	og_buf_init(&text, LINE_MAX);
	if (rc == 0)
		rc = og_view_csv_rows(row ? NULL : names, rows, &text, err);
	if (rc == 0)
		rc = og_print_verbatim(text.data + skip, text.len - skip, err);
	og_buf_release(&text);
	json_decref(rows);
	return rc;
}

static int export_csv(struct ledger_session *s, const struct ledger_pick *pick, struct og_err *err)
{
	json_t *names = json_array();
	struct og_stmt *stmt = NULL;
	int more, rc;

	for (size_t i = 0; i < COLUMNS; i++)
		json_array_append_new(names, json_string(columns[i]));
	rc = print_csv(names, NULL, err);
	if (rc == 0)
		rc = ledger_pick_stmt(pick, s->db, &stmt, err);
	while (rc == 0 && (more = og_stmt_step(stmt, err)) != 0) {
		json_t *row = more > 0 ? csv_row(stmt, err) : NULL;

		rc = row ? print_csv(names, row, err) : -1;
		json_decref(row);
	}
	og_stmt_free(stmt);
	json_decref(names);
	return rc;
}

int ledger_run_export(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	struct ledger_session s = { 0 };
	struct ledger_pick pick;
	int rc = -1;

	if (ledger_pick_init(&pick, args, err) == 0 && ledger_open(&s, ctx, args, err) == 0 &&
	    og_db_begin(s.db, 0, err) == 0 && ledger_may(&s, "ledger", "export", err) == 0 &&
	    ledger_pick_doubt(ctx, args, s.db, err) == 0 &&
	    ledger_pick_place(&pick, s.db, 0, err) == 0)
		rc = og_arg_flag(args, "csv") ? export_csv(&s, &pick, err)
					      : export_lines(&s, &pick, err);
	og_db_rollback(s.db);
	ledger_close(&s);
	ledger_pick_release(&pick);
	return rc;
}

/* --- judging one ------------------------------------------------------------------- */

static int judge_lines(int fd, struct og_export_check *check, struct og_judgement *judgement,
		       struct og_err *err)
{
	struct og_err why = OG_ERR_INIT;
	struct og_lines lines;
	size_t len;
	char *line;
	int more, rc = 0;

	og_lines_init(&lines, fd, LINE_MAX);
	while (rc == 0 && (more = og_lines_next(&lines, OG_FOREVER, &line, &len, &why)) > 0)
		rc = og_export_check_line(check, line, len, err);
	og_lines_release(&lines);
	if (rc < 0 || more == 0)
		return rc;
	if (why.code != OG_EDATA)
		return og_fail(err, why.code, "cannot read the export: %s", why.msg);
	og_judgement_add(judgement, 0, "line", "line %lld: it ends too soon, or never",
			 (long long)og_export_check_at(check) + 1);
	return 0;
}

static int print_export(const struct og_args *args, const struct og_judgement *judgement,
			int64_t whole, const char *signer, struct og_err *err)
{
	char head[OG_HASH_HEX + 1];
	json_t *json;
	int rc;

	og_hash_hex(&judgement->head, head);
	if (og_arg_flag(args, "json")) {
		json = json_pack("{s:i,s:b,s:I,s:I,s:O,s:s,s:I,s:s}", "v", 1, "ok",
				 judgement->problems == 0, "checked",
				 (json_int_t)judgement->checked, "whole", (json_int_t)whole,
				 "problems", judgement->list, "head", head, "last",
				 (json_int_t)judgement->last, "signer", signer);
		rc = json ? og_print_json(json, err) : og_fail_nomem(err);
		json_decref(json);
		return rc;
	}
	if (judgement->problems)
		return ledger_print_problems(judgement->list, judgement->checked, err);
	return og_print_verdict("ok", err, ": %lld entries, %lld of them whole, %s%s",
				(long long)judgement->checked, (long long)whole,
				*signer ? "signed by " : "not signed", signer);
}

/* The key of --key, into *key; 0 when there is none. */
static int read_key(const struct og_args *args, struct og_note_key *key, struct og_err *err)
{
	const char *text = og_arg_value(args, "key");

	if (!text)
		return 0;
	return og_note_key_parse(text, key, err) < 0 ? -1 : 1;
}

int ledger_verify_export(const struct og_args *args, const char *path, struct og_err *err)
{
	struct og_export_check *check = NULL;
	struct og_judgement judgement = { 0 };
	struct og_note_key key = { 0 };
	const char *signer = "";
	int64_t whole = 0;
	int fd = -1, rc = -1, has_key;

	if (og_sandbox_no_network(0, err) < 0 || og_sandbox_no_exec(err) < 0 ||
	    (has_key = read_key(args, &key, err)) < 0 || og_judgement_init(&judgement, err) < 0)
		return -1;
	fd = strcmp(path, "-") == 0 ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		og_fail(err, OG_ENOINPUT, "cannot open '%s': %s", path, strerror(errno));
	else if (og_export_check_new(has_key ? &key : NULL, &judgement, &check, err) == 0 &&
		 judge_lines(fd, check, &judgement, err) == 0 &&
		 og_export_check_end(check, &whole, &signer, err) == 0 &&
		 print_export(args, &judgement, whole, signer, err) == 0)
		rc = judgement.problems > 0;
	if (fd > STDIN_FILENO)
		close(fd);
	og_export_check_free(check);
	og_judgement_release(&judgement);
	return rc;
}
