/*
 * Shared by the files of og-ledger: og-ledger.c opens it and has the
 * tables; og-ledger-log.c reads; og-ledger-judge.c judges and replays,
 * og-ledger-watch.c again and again;
 * og-ledger-export.c makes and judges exports; og-ledger-proofs.c does what has to do with
 * checkpoints, receipts and redaction; og-ledger-spend.c adds up what models cost.
 */
#ifndef OG_CMD_LEDGER_H
#define OG_CMD_LEDGER_H

#include "cmd/og-main.h"
#include "cmd/og-progress.h"
#include "lib/db/db.h"
#include "lib/ledger/verify.h"

struct ledger_session {
	const struct og_ctx *ctx;
	const struct og_args *args;
	struct og_conf *conf;
	struct og_db *db;
	struct og_progress progress; /* of what takes long */
};

/* Gives up network and exec, then opens the instance. Close it in every
 * case. s must not be moved. */
int ledger_open(struct ledger_session *s, const struct og_ctx *ctx, const struct og_args *args,
		struct og_err *err);
void ledger_close(struct ledger_session *s);
/* After ledger_close(): what was given up is, and is not given up twice,
 * since the kernel takes only so many filters of one process. */
int ledger_open_again(struct ledger_session *s, struct og_err *err);

/* OG_ECONF when the database is elsewhere. */
int ledger_check_here(const struct og_conf *conf, struct og_err *err);

/* Problems as lines of text, control bytes made visible. */
int ledger_print_problems(const json_t *problems, int64_t checked, struct og_err *err);

/* Proves who asks (their key) and that their role has the right. what: "read". */
int ledger_may(const struct ledger_session *s, const char *right, const char *what,
	       struct og_err *err);

/* Judges every entry, and shows how far it is. */
int ledger_verify(struct ledger_session *s, struct og_judgement *judgement, struct og_err *err);

/* Only what is sound is signed: OG_NO when it is not. In a read transaction
 * of the caller's, as the next two. */
int ledger_sound(struct ledger_session *s, struct og_err *err);
/* Appends the receipt of entry seq (0: none) and the signed checkpoint. */
int ledger_sign(struct ledger_session *s, int64_t seq, struct og_buf *out, struct og_err *err);
/* Appends the key that it is to be checked with, as text. */
int ledger_key(const struct ledger_session *s, struct og_buf *out, struct og_err *err);

/* Judges the export in the file, "-": standard input. An exit status, or -1. */
int ledger_verify_export(const struct og_args *args, const char *path, struct og_err *err);

/* Adds to the judgement what the checkpoint in the file says against the ledger. */
int ledger_checkpoint_problems(const struct ledger_session *s, const char *path,
			       struct og_judgement *judgement, struct og_err *err);

og_command_fn ledger_run_log, ledger_run_tail, ledger_run_show, ledger_run_verify, ledger_run_watch,
	ledger_run_replay, ledger_run_checkpoint, ledger_run_key, ledger_run_prove,
	ledger_run_check_proof, ledger_run_check, ledger_run_export, ledger_run_redact,
	ledger_run_spend;

#endif
