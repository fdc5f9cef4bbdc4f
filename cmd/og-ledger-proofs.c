/*
 * og-ledger's commands around proofs. Only what verifies is signed: a
 * checkpoint over a broken ledger would make the break respectable.
 */
#include <stdlib.h>
#include <string.h>

#include "cmd/og-ledger.h"
#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/ledger/checkpoint.h"
#include "lib/ledger/redact.h"

/* The instance's signing key. */
static int read_seed(const struct ledger_session *s, unsigned char seed[OG_KEY_SEED],
		     struct og_err *err)
{
	char *path = NULL;
	int rc = -1;

	if (og_conf_key_path(s->conf, "checkpoint", &path, err) == 0)
		rc = og_key_read(path, seed, err);
	free(path);
	return rc;
}

/* The key that --key names, else the one of this instance under the name. */
static int note_key(const struct ledger_session *s, const char *name, struct og_note_key *ret,
		    struct og_err *err)
{
	unsigned char seed[OG_KEY_SEED];
	char *path = NULL;
	int rc = -1;

	if (og_arg_value(s->args, "key"))
		return og_note_key_parse(og_arg_value(s->args, "key"), ret, err);
	memset(ret, 0, sizeof(*ret));
	memcpy(ret->name, name, strlen(name));
	if (og_conf_key_path(s->conf, "checkpoint", &path, err) == 0 &&
	    og_key_read(path, seed, err) == 0)
		rc = og_key_public(seed, ret->pub, err);
	explicit_bzero(seed, sizeof(seed));
	free(path);
	return rc;
}

/* What a kept checkpoint says against the ledger is a problem like others. */
int ledger_checkpoint_problems(const struct ledger_session *s, const char *path,
			       struct og_judgement *judgement, struct og_err *err)
{
	char origin[OG_NOTE_NAME_MAX + 1], name[OG_NOTE_NAME_MAX + 1];
	struct og_checkpoint checkpoint;
	struct og_note_key key;
	struct og_buf note;
	int rc = -1;

	og_buf_init(&note, OG_NOTE_MAX);
	if (og_file_read(path, "checkpoint", &note, err) < 0 ||
	    og_checkpoint_origin(&(struct og_slice){ note.data, note.len }, origin, err) < 0 ||
	    note_key(s, origin, &key, err) < 0 || og_ledger_name(s->db, name, err) < 0)
		goto out;
	rc = og_checkpoint_read(&(struct og_slice){ note.data, note.len }, &key, &checkpoint, err);
	if (rc == 0 && strcmp(origin, name) != 0)
		rc = og_fail(err, OG_NO, "it is of '%s', this ledger is '%s'", origin, name);
	if (rc == 0)
		rc = og_checkpoint_judge(s->db, &checkpoint, judgement, err);
	if (rc < 0 && err->code == OG_NO) {
		og_judgement_add(judgement, 0, "checkpoint", "%s", err->msg);
		og_err_clear(err);
		rc = 0;
	}
out:
	og_buf_release(&note);
	return rc;
}

int ledger_sound(struct ledger_session *s, struct og_err *err)
{
	struct og_judgement judgement;
	int rc = -1;

	if (og_judgement_init(&judgement, err) < 0)
		return -1;
	if (ledger_verify(s, &judgement, err) == 0)
		rc = judgement.problems == 0 ? 0 : og_fail(err, OG_NO, "the ledger is broken");
	if (rc < 0 && judgement.problems)
		og_hint(err, "og-ledger verify names where");
	og_judgement_release(&judgement);
	return rc;
}

int ledger_sign(struct ledger_session *s, int64_t seq, struct og_buf *out, struct og_err *err)
{
	unsigned char seed[OG_KEY_SEED];
	struct og_checkpoint checkpoint;
	int rc = -1;

	if (read_seed(s, seed, err) == 0 && og_ledger_checkpoint(s->db, &checkpoint, err) == 0 &&
	    (seq == 0 || og_receipt_print(s->db, seq, &checkpoint, out, err) == 0))
		rc = og_checkpoint_print(&checkpoint, seed, out, err);
	explicit_bzero(seed, sizeof(seed));
	return rc;
}

static int run_signing(const struct og_ctx *ctx, const struct og_args *args, int64_t seq,
		       struct og_err *err)
{
	struct ledger_session s;
	struct og_buf out;
	int rc = -1;

	og_buf_init(&out, OG_NOTE_MAX);
	/* One snapshot: what is judged is what is signed. */
	if (ledger_open(&s, ctx, args, err) == 0 && og_db_begin(s.db, 0, err) == 0 &&
	    ledger_sound(&s, err) == 0 && ledger_sign(&s, seq, &out, err) == 0)
		rc = og_print_verbatim(out.data, out.len, err);
	og_db_rollback(s.db);
	og_buf_release(&out);
	ledger_close(&s);
	return rc;
}

int ledger_run_checkpoint(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	return run_signing(ctx, args, 0, err);
}

int ledger_run_prove(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	int64_t seq;

	if (og_int_parse(og_arg(args, 0), 1, OG_JSON_INT_MAX, "SEQ", &seq, err) < 0)
		return -1;
	return run_signing(ctx, args, seq, err);
}

int ledger_key(const struct ledger_session *s, struct og_buf *out, struct og_err *err)
{
	unsigned char seed[OG_KEY_SEED];
	struct og_note_key key = { 0 };
	int rc = -1;

	if (og_ledger_name(s->db, key.name, err) == 0 && read_seed(s, seed, err) == 0 &&
	    og_key_public(seed, key.pub, err) == 0)
		rc = og_note_key_print(&key, out, err);
	explicit_bzero(seed, sizeof(seed));
	return rc;
}

int ledger_run_key(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	struct ledger_session s;
	struct og_buf out;
	int rc = -1;

	og_buf_init(&out, OG_NOTE_MAX);
	if (ledger_open(&s, ctx, args, err) == 0 && ledger_key(&s, &out, err) == 0)
		rc = og_printf(err, "%s\n", out.data);
	og_buf_release(&out);
	ledger_close(&s);
	return rc;
}

/* --- receipts --------------------------------------------------------------- */

/* The entry's text from --entry FILE, else from this ledger. */
static int entry_leaf(const struct ledger_session *s, uint64_t index, struct og_hash *ret,
		      struct og_err *err)
{
	const char *path = og_arg_value(s->args, "entry");
	struct og_buf text;
	int rc = -1;

	if (!path && index >= OG_JSON_INT_MAX)
		return og_fail(err, OG_NO, "no entry of that number");
	if (!path)
		return og_ledger_root(s->db, (int64_t)index, (int64_t)index + 1, ret, err);
	og_buf_init(&text, OG_NOTE_MAX);
	if (og_file_read(path, "entry", &text, err) == 0) {
		og_merkle_leaf(text.len ? text.data : "", text.len, ret);
		rc = 0;
	}
	og_buf_release(&text);
	return rc;
}

static int check_receipt(const struct ledger_session *s, const struct og_slice *text,
			 struct og_err *err)
{
	char name[OG_NOTE_NAME_MAX + 1] = "";
	struct og_checkpoint checkpoint;
	struct og_receipt_file receipt;
	struct og_note_key key;
	struct og_hash leaf;

	if (og_receipt_parse(text, &receipt, err) < 0 ||
	    (s->db && og_ledger_name(s->db, name, err) < 0) || note_key(s, name, &key, err) < 0 ||
	    og_checkpoint_read(&receipt.note, &key, &checkpoint, err) < 0 ||
	    entry_leaf(s, receipt.index, &leaf, err) < 0)
		return -1;
	if (!og_path_check(&receipt.path, receipt.index, checkpoint.size, &leaf, &checkpoint.root))
		return og_fail(err, OG_NO,
			       "the receipt does not lead from this entry to the "
			       "signed root");
	return og_printf(err, "ok: entry %llu of %llu in %s\n",
			 (unsigned long long)receipt.index + 1, (unsigned long long)checkpoint.size,
			 checkpoint.origin);
}

int ledger_run_check_proof(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	/* With key and entry at hand it works far from any instance. */
	int alone = og_arg_value(args, "key") && og_arg_value(args, "entry");
	struct ledger_session s = { .ctx = ctx, .args = args };
	struct og_buf text;
	int rc = -1;

	og_buf_init(&text, OG_NOTE_MAX);
	if ((alone || ledger_open(&s, ctx, args, err) == 0) &&
	    og_file_read(og_arg(args, 0), "receipt", &text, err) == 0)
		rc = check_receipt(&s, &(struct og_slice){ text.data, text.len }, err);
	og_buf_release(&text);
	ledger_close(&s);
	return rc;
}

/* --- redaction -------------------------------------------------------------- */

/* Reading the ledger is not enough: who may give rights may also take out. */
static int redact(const struct ledger_session *s, struct og_redaction *redaction,
		  struct og_err *err)
{
	struct og_receipt receipt;

	if (ledger_may(s, "ledger", "read", err) < 0 || ledger_may(s, "grant", "redact", err) < 0 ||
	    og_principal_from(s->ctx, s->args, &redaction->principal, err) < 0 ||
	    og_ledger_redact(s->db, redaction, &receipt, err) < 0)
		return -1;
	return og_printf(err, "entry %lld is redacted, by entry %lld\n", (long long)redaction->seq,
			 (long long)receipt.seq);
}

int ledger_run_redact(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	struct og_redaction redaction = { .reason = og_arg_value(args, "reason"),
					  .with_changes = og_arg_flag(args, "with-changes") };
	struct ledger_session s;
	int rc = -1;

	if (!redaction.reason || !*redaction.reason)
		return og_fail(err, OG_EUSAGE, "redact needs --reason TEXT");
	if (!og_utf8_valid(redaction.reason, strlen(redaction.reason)))
		return og_fail(err, OG_EUSAGE, "--reason is not UTF-8");
	if (og_int_parse(og_arg(args, 0), 1, OG_JSON_INT_MAX, "SEQ", &redaction.seq, err) < 0)
		return -1;
	if (ledger_open(&s, ctx, args, err) == 0)
		rc = redact(&s, &redaction, err);
	ledger_close(&s);
	return rc;
}
