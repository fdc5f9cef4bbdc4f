/*
 * og restore: an instance out of a backup. The archive may be anybody's, so
 * nothing of it gets a name before its digests, its signature and its ledger
 * were judged, the last by og-ledger.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/og-ask.h"
#include "cmd/og.h"
#include "lib/base/file.h"
#include "lib/instance/backup.h"
#include "lib/instance/stage.h"
#include "lib/ledger/checkpoint.h"

/* --- a checkpoint that was kept elsewhere --------------------------------------- */

struct kept {
	const char *path;
	struct og_checkpoint checkpoint;
	int older; /* the backup ends before it */
};

/* Whose signature counts: the key that was given, or the one that has signed
 * the backup too. A forger has neither. */
static int read_kept(const struct og_args *args, const struct og_restore *restore,
		     struct kept *kept, struct og_err *err)
{
	const char *given = og_arg_value(args, "key");
	struct og_note_key key;
	struct og_buf note;
	int rc = -1;

	if (!given && restore->signer.len == 0) {
		og_fail(err, OG_EUSAGE, "the backup holds no key to judge a checkpoint with");
		return og_hint(err, "--key KEY, as og-ledger key prints it");
	}
	og_buf_init(&note, OG_NOTE_MAX);
	if (og_note_key_parse(given ? given : restore->signer.data, &key, err) == 0 &&
	    og_file_read(kept->path, "checkpoint", &note, err) == 0)
		rc = og_checkpoint_read(&(struct og_slice){ note.data, note.len }, &key,
					&kept->checkpoint, err);
	if (rc < 0 && err->code == OG_NO)
		og_wrap(err, "the checkpoint '%s'", kept->path);
	else if (rc == 0 && strcmp(kept->checkpoint.origin, restore->ledger.name) != 0)
		rc = og_fail(err, OG_NO, "the checkpoint is of '%s', the backup of '%s'",
			     kept->checkpoint.origin, restore->ledger.name);
	og_buf_release(&note);
	return rc;
}

static int check_kept(const struct og_ctx *ctx, const struct og_args *args,
		      const struct og_restore *restore, struct kept *kept, struct og_err *err)
{
	int64_t missing;

	if (!kept->path)
		return 0;
	if (read_kept(args, restore, kept, err) < 0)
		return -1;
	missing = (int64_t)kept->checkpoint.size - restore->ledger.entries;
	kept->older = missing > 0;
	if (!kept->older)
		return 0;
	if (og_arg_flag(args, "older")) {
		og_note(ctx, "older than the checkpoint: its last %lld entries are not in it",
			(long long)missing);
		return 0;
	}
	og_fail(err, OG_NO, "the backup is older than the checkpoint: %lld entries are not in it",
		(long long)missing);
	return og_hint(err, "look for a newer one, or take this with --older");
}

/* --- the judge --------------------------------------------------------------------- */

/* The first thing that is wrong, in og-ledger's words. */
static int fail_broken(const json_t *answer, struct og_err *err)
{
	const json_t *first = json_array_get(json_object_get(answer, "problems"), 0);
	const char *what = og_json_str(first, "what"), *field = og_json_str(first, "field");

	og_fail(err, OG_NO, "the backup's ledger is broken: %s: %s", field ? field : "?",
		what ? what : "?");
	return og_hint(err, "nothing was restored; take another backup");
}

static int judge(const struct og_ctx *ctx, const struct og_args *args,
		 const struct og_restore *restore, const struct kept *kept, struct og_err *err)
{
	const char *more[6], *head;
	json_t *answer = NULL;
	size_t n = 0;
	int sound;

	if (!og_arg_flag(args, "no-state"))
		more[n++] = "--state";
	if (kept->path && !kept->older) {
		more[n++] = "--checkpoint";
		more[n++] = kept->path;
		more[n++] = "--key";
		more[n++] = og_arg_value(args, "key") ? og_arg_value(args, "key")
						      : restore->signer.data;
	}
	more[n] = NULL;
	sound = og_ask_verify(ctx, restore->stage.home, more, &answer, err);
	head = og_json_str(answer, "head");
	if (sound == 0)
		fail_broken(answer, err);
	else if (sound == 1 && (!head || strcmp(head, restore->ledger.head) != 0 ||
				og_json_int(answer, "checked", 0) != restore->ledger.entries))
		sound = og_fail(err, OG_NO,
				"the backup's ledger is not the one its manifest names");
	json_decref(answer);
	return sound == 1 ? 0 : -1;
}

/* --- what is said --------------------------------------------------------------------- */

static void note_what_is_missing(const struct og_ctx *ctx, const struct og_restore *restore)
{
	json_t *name;
	size_t i;

	json_array_foreach(json_object_get(restore->manifest, "left_out"), i, name)
		og_note(ctx, "not in the backup: %s", json_string_value(name));
	if (restore->signer.len == 0)
		og_note(ctx,
			"its signature was not checked: --key KEY, as og-ledger key prints it");
}

/* Two instances that take from one queue do each other's tasks. */
static void note_queue(const struct og_ctx *ctx, const struct og_restore *restore)
{
	const json_t *queue = json_object_get(restore->manifest, "queue");

	if (restore->queue_moved)
		og_note(ctx,
			"og.conf named the queue of the instance this is a copy of, '%s'; it says "
			"sqlite:%s now, which came with it",
			og_json_str(queue, "named"), og_json_str(queue, "is"));
	if (restore->queue)
		og_note(ctx,
			"its queue is '%s', as before: if another instance still works with that, "
			"stop one of them or change og.conf",
			restore->queue);
}

static json_t *as_json(const struct og_args *args, const struct og_restore *restore)
{
	char hex[OG_HASH_HEX + 1];

	og_hash_hex(&restore->digest, hex);
	return json_pack("{s:i,s:b,s:O,s:s,s:I,s:s,s:s,s:s?,s:O}", "v", 1, "restored",
			 !og_arg_flag(args, "check"), "made",
			 json_object_get(restore->manifest, "made"), "manifest", hex, "entries",
			 (json_int_t)restore->ledger.entries, "head", restore->ledger.head,
			 "ledger", restore->ledger.name, "key",
			 restore->signer.len ? restore->signer.data : NULL, "left_out",
			 json_object_get(restore->manifest, "left_out"));
}

static int say(const struct og_ctx *ctx, const struct og_args *args,
	       const struct og_restore *restore, const char *dir, struct og_err *err)
{
	const char *made = og_json_str(restore->manifest, "made");
	int check = og_arg_flag(args, "check"), rc;

	note_what_is_missing(ctx, restore);
	note_queue(ctx, restore);
	if (og_arg_flag(args, "json")) {
		json_t *json = as_json(args, restore);

		rc = json ? og_print_json(json, err) : og_fail_nomem(err);
		json_decref(json);
		return rc;
	}
	if (check)
		rc = og_print_verdict("ok", err, ": a backup of %s, %lld entries, head %s", made,
				      (long long)restore->ledger.entries, restore->ledger.head);
	else
		rc = og_printf(err, "made %s/.omnigate, of %s, %lld entries, head %s\n", dir, made,
			       (long long)restore->ledger.entries, restore->ledger.head);
	if (rc == 0 && restore->signer.len)
		rc = og_printf(err, "signed by %s\n", restore->signer.data);
	if (rc == 0 && !check)
		rc = og_printf(err, "next: og doctor, before anything works on it\n");
	return rc;
}

/* --- all of it ---------------------------------------------------------------------------- */

static int open_archive(const char *file, struct og_err *err)
{
	int fd = strcmp(file, "-") == 0 ? STDIN_FILENO : open(file, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return og_fail(err, errno == EACCES ? OG_EPERM : OG_ENOINPUT,
			       "cannot open '%s': %s", file, strerror(errno));
	return fd;
}

/* Before anything is unpacked that could not get its name. */
static int check_free(const char *dir, int check, struct og_err *err)
{
	char *final = og_path_join(dir, ".omnigate");
	int rc = final ? 0 : og_fail_nomem(err);

	if (rc == 0 && !check && access(final, F_OK) == 0) {
		og_fail(err, OG_ECONF, "there is an instance already: '%s'", final);
		rc = og_hint(err, "name another directory, or move it away");
	}
	free(final);
	return rc;
}

static void tell_swept(void *arg, const char *name)
{
	og_note(arg, "removed %s, left by a process that was killed", name);
}

int og_run_restore(const struct og_ctx *ctx, const struct og_args *args, struct og_err *err)
{
	const char *dir = og_arg(args, 1) ? og_arg(args, 1) : ".";
	struct og_restore restore = { .key = og_arg_value(args, "key") };
	struct kept kept = { .path = og_arg_value(args, "checkpoint") };
	int check = og_arg_flag(args, "check"), fd = -1, rc = -1;

	if (!*dir)
		return og_fail(err, OG_EUSAGE, "the directory has no name");
	if (og_arg_flag(args, "older") && !kept.path)
		return og_fail(err, OG_EUSAGE, "--older goes with --checkpoint");
	if (check_free(dir, check, err) < 0 || (fd = open_archive(og_arg(args, 0), err)) < 0)
		return -1;
	og_stage_sweep(dir, tell_swept, (void *)(uintptr_t)ctx);
	if (og_restore_stage(&restore, fd, dir, err) == 0 &&
	    check_kept(ctx, args, &restore, &kept, err) == 0 &&
	    judge(ctx, args, &restore, &kept, err) == 0 &&
	    (check || og_restore_finish(&restore, dir, err) == 0))
		rc = say(ctx, args, &restore, dir, err);
	og_restore_release(&restore);
	if (fd > STDIN_FILENO)
		close(fd);
	return rc;
}
