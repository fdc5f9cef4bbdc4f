/*
 * A backup out of a stage that was judged: manifest, signatures, archive.
 * See backup.h.
 */
#include "lib/instance/backup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/archive/tar.h"
#include "lib/base/file.h"
#include "lib/instance/backup-internal.h"
#include "lib/ledger/checkpoint.h"
#include "lib/ledger/ledger.h"

#define PIECE	 ((size_t)65536)
#define BODY_MAX ((size_t)65536)

void og_backup_release(struct og_backup *backup)
{
	og_stage_release(&backup->stage);
	json_decref(backup->members);
	json_decref(backup->left);
	json_decref(backup->queue);
	og_buf_release(&backup->manifest);
	og_buf_release(&backup->signature);
	og_buf_release(&backup->checkpoint);
}

int og_backup_seed(const char *home, unsigned char seed[OG_KEY_SEED], struct og_err *err)
{
	char *path = og_path_join(home, "keys/checkpoint.key");
	int rc = path ? 0 : og_fail_nomem(err);

	if (path && access(path, F_OK) == 0)
		rc = og_key_read(path, seed, err) < 0 ? -1 : 1;
	free(path);
	return rc;
}

void og_backup_signed_text(const struct og_hash *digest, struct og_buf *out)
{
	char hex[OG_HASH_HEX + 1];

	og_hash_hex(digest, hex);
	og_buf_addf(out, "omnigate-backup-v1\n%s\n", hex);
}

int og_backup_sync(const char *path, int folder, struct og_err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | (folder ? O_DIRECTORY : 0)), rc = 0;

	if (fd < 0 || fsync(fd) < 0)
		rc = og_backup_fail("sync", path, err);
	if (fd >= 0)
		close(fd);
	return rc;
}

/* --- the list of members ------------------------------------------------------ */

static int add_member(struct og_backup *backup, const char *name, const struct stat *st,
		      const struct og_hash *hash, struct og_err *err)
{
	char hex[OG_HASH_HEX + 1];
	json_t *member;

	if (!og_tar_name_valid(name) || strlen(name) == OG_TAR_NAME_MAX) {
		og_fail(err, OG_EDATA, "'%s' cannot be named in an archive", name);
		return og_hint(err, "give it a shorter name, of characters that can be seen");
	}
	if (hash)
		og_hash_hex(hash, hex);
	member = hash ? json_pack("{s:s,s:i,s:I,s:s}", "name", name, "mode",
				  (int)(st->st_mode & 0700), "size", (json_int_t)st->st_size,
				  "sha256", hex)
		      : json_pack("{s:s,s:i}", "name", name, "mode", 0700);
	return member && json_array_append_new(backup->members, member) == 0 ? 0
									     : og_fail_nomem(err);
}

static int list_file(struct og_backup *backup, const char *name, const char *path,
		     struct og_err *err)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC), rc = -1;
	struct og_hash hash;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		og_backup_fail("read", path, err);
	else if (og_sha256_fd(fd, &hash, err) == 0)
		rc = add_member(backup, name, &st, &hash, err);
	if (fd >= 0)
		close(fd);
	return rc;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* A folder comes before what is in it, and all in order. */
static int list_folder(struct og_backup *backup, const char *name, struct og_err *err)
{
	char *path = og_path_join(backup->stage.path, name);
	struct dirent **entries = NULL;
	int n = path ? scandir(path, &entries, NULL, by_name) : -1;
	int rc = n < 0 ? og_backup_fail("read", path ? path : name, err)
		       : add_member(backup, name, NULL, NULL, err);

	for (int i = 0; i < n; i++) {
		char *inside = og_path_join(name, entries[i]->d_name);
		char *file = inside ? og_path_join(backup->stage.path, inside) : NULL;
		struct stat st;

		if (rc < 0 || strcmp(entries[i]->d_name, ".") == 0 ||
		    strcmp(entries[i]->d_name, "..") == 0)
			;
		else if (!file || lstat(file, &st) < 0)
			rc = og_backup_fail("read", file ? file : name, err);
		else if (S_ISDIR(st.st_mode))
			rc = list_folder(backup, inside, err);
		else if (!og_backup_derived(inside + strlen(".omnigate/")))
			rc = list_file(backup, inside, file, err);
		free(inside);
		free(file);
		free(entries[i]);
	}
	free(entries);
	free(path);
	return rc;
}

/* --- the ledger's end ------------------------------------------------------------ */

/* What the judge had from the stage before is what is signed. */
static int sign(struct og_backup *backup, const struct og_checkpoint *checkpoint,
		struct og_err *err)
{
	unsigned char seed[OG_KEY_SEED];
	struct og_buf text;
	int there = og_backup_seed(backup->conf->home, seed, err), rc = there < 0 ? -1 : 0;

	og_buf_init(&text, 256);
	og_backup_signed_text(&backup->digest, &text);
	if (there == 1 && backup->checkpoint.len == 0)
		rc = og_checkpoint_print(checkpoint, seed, &backup->checkpoint, err);
	else if (there == 1)
		rc = og_note_sign(&(struct og_slice){ text.data, text.len }, checkpoint->origin,
				  seed, &backup->signature, err);
	explicit_bzero(seed, sizeof(seed));
	og_buf_release(&text);
	return rc;
}

/* What the judge has written is in the file itself, not beside it. */
static int no_log(const char *erp, struct og_err *err)
{
	struct og_buf path;
	struct stat st;
	int rc;

	og_buf_init(&path, 32768);
	og_buf_addf(&path, "%s-wal", erp);
	rc = og_buf_check(&path, "path", err);
	if (rc == 0 && stat(path.data, &st) == 0 && st.st_size > 0)
		rc = og_fail(err, OG_EDATA, "'%s' was left behind: the copy is not whole",
			     path.data);
	og_buf_release(&path);
	return rc;
}

static int read_end(struct og_backup *backup, struct og_checkpoint *ret, struct og_err *err)
{
	char *path = og_path_join(backup->stage.home, "erp.db");
	struct og_db *db = NULL;
	struct og_ledger *ledger = NULL;
	struct og_hash head;
	int rc = -1;

	if (!path)
		og_fail_nomem(err);
	else if (no_log(path, err) == 0 && og_db_open(path, OG_DB_STILL, &db, err) == 0 &&
		 og_ledger_checkpoint(db, ret, err) == 0 && og_ledger_open(db, &ledger, err) == 0 &&
		 og_ledger_head(ledger, &backup->ledger.entries, &head, err) == 0) {
		og_hash_hex(&head, backup->ledger.head);
		memcpy(backup->ledger.name, ret->origin, sizeof(backup->ledger.name));
		rc = 0;
	}
	og_ledger_free(ledger);
	og_db_close(db);
	free(path);
	return rc;
}

static json_t *manifest_json(const struct og_backup *backup)
{
	const struct og_ledger_end *ledger = &backup->ledger;
	char now[OG_TIME_LEN + 1];

	og_time_format(og_now_ms(), now);
	return json_pack("{s:i,s:s,s:s,s:s,s:i,s:b,s:b,s:O,s:O,s:{s:s,s:I,s:s,s:b},s:O*}", "v", 1,
			 "made", now, "by", backup->principal, "omnigate", backup->version,
			 "format", OG_FORMAT, "keys", backup->with_keys, "signed",
			 backup->checkpoint.len > 0, "left_out", backup->left, "members",
			 backup->members, "ledger", "name", ledger->name, "entries",
			 (json_int_t)ledger->entries, "head", ledger->head, "state", backup->state,
			 "queue", backup->queue);
}

int og_backup_seal(struct og_backup *backup, struct og_err *err)
{
	struct og_checkpoint checkpoint;
	json_t *json = NULL;
	int rc = -1;

	og_buf_init(&backup->manifest, OG_BACKUP_MANIFEST);
	og_buf_init(&backup->checkpoint, OG_NOTE_MAX);
	og_buf_init(&backup->signature, OG_NOTE_MAX);
	backup->members = json_array();
	if (!backup->members)
		return og_fail_nomem(err);
	if (read_end(backup, &checkpoint, err) < 0 || sign(backup, &checkpoint, err) < 0 ||
	    list_folder(backup, ".omnigate", err) < 0)
		return -1;
	json = manifest_json(backup);
	if (!json)
		return og_fail_nomem(err);
	rc = og_json_canon(json, &backup->manifest, err);
	json_decref(json);
	og_buf_addc(&backup->manifest, '\n');
	if (rc < 0 || og_buf_check(&backup->manifest, "manifest", err) < 0)
		return -1;
	og_sha256(backup->manifest.data, backup->manifest.len, &backup->digest);
	return backup->checkpoint.len ? sign(backup, &checkpoint, err) : 0;
}

/* --- the archive ------------------------------------------------------------------- */

static int put_text(struct og_tar *tar, const char *name, const struct og_buf *text,
		    struct og_err *err)
{
	struct og_tar_member member = { .type = OG_TAR_FILE,
					.mode = 0600,
					.size = (int64_t)text->len,
					.time = og_now_ms() / 1000 };

	if (text->len == 0)
		return 0;
	memcpy(member.name, name, strlen(name) + 1);
	if (og_tar_put(tar, &member, err) < 0)
		return -1;
	return og_tar_write(tar, text->data, text->len, err);
}

static int put_bytes(struct og_meter *meter, struct og_tar *tar, int fd, int64_t size,
		     struct og_err *err)
{
	char piece[PIECE];

	while (size > 0) {
		size_t want = size < (int64_t)PIECE ? (size_t)size : PIECE;
		ssize_t n = read(fd, piece, want);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return og_fail(err, OG_EIO, "cannot read what is to be archived: %s",
				       n < 0 ? strerror(errno) : "it became shorter");
		if (og_tar_write(tar, piece, (size_t)n, err) < 0)
			return -1;
		size -= n;
		og_meter_add(meter, n >> 10);
	}
	return 0;
}

static int put_member(const struct og_backup *backup, struct og_tar *tar, const json_t *json,
		      struct og_err *err)
{
	const char *name = og_json_str(json, "name");
	int folder = !json_object_get(json, "sha256"), fd = -1, rc = -1;
	struct og_tar_member member = { .type = folder ? OG_TAR_FOLDER : OG_TAR_FILE,
					.mode = (unsigned)og_json_int(json, "mode", 0),
					.size = og_json_int(json, "size", 0),
					.time = og_now_ms() / 1000 };
	char *path = og_path_join(backup->stage.path, name);

	memcpy(member.name, name, strlen(name) + 1);
	if (!path)
		return og_fail_nomem(err);
	if (!folder && (fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)) < 0)
		og_backup_fail("read", path, err);
	else if (og_tar_put(tar, &member, err) == 0)
		rc = folder ? 0 : put_bytes(backup->meter, tar, fd, member.size, err);
	if (fd >= 0)
		close(fd);
	free(path);
	return rc;
}

int og_backup_write(const struct og_backup *backup, int fd, struct og_err *err)
{
	struct og_tar tar;
	int64_t size = 0;
	json_t *member;
	size_t i;

	json_array_foreach(backup->members, i, member) size += og_json_int(member, "size", 0);
	og_meter_start(backup->meter, size >> 10);
	og_tar_init(&tar, fd);
	if (put_text(&tar, "MANIFEST.json", &backup->manifest, err) < 0 ||
	    put_text(&tar, "MANIFEST.sig", &backup->signature, err) < 0 ||
	    put_text(&tar, "CHECKPOINT", &backup->checkpoint, err) < 0)
		return -1;
	json_array_foreach(backup->members, i, member)
	{
		if (put_member(backup, &tar, member, err) < 0)
			return -1;
	}
	return og_tar_end(&tar, err);
}

/* --- on the ledger -------------------------------------------------------------------- */

static int append(struct og_db *db, const struct og_record *record, const struct og_buf *body,
		  struct og_err *err)
{
	struct og_ledger *ledger = NULL;
	struct og_receipt receipt;
	int rc = -1;

	if (og_db_begin(db, 1, err) < 0)
		return -1;
	if (og_ledger_open(db, &ledger, err) == 0 &&
	    og_ledger_append(ledger, record, body->data, body->len, &receipt, err) == 0)
		rc = og_db_commit(db, err);
	og_db_rollback(db);
	og_ledger_free(ledger);
	return rc < 0 ? -1 : og_db_sync(db, err);
}

int og_backup_entry(const char *erp, const char *principal, const char *action, json_t *body,
		    struct og_err *err)
{
	struct og_record record = { .principal = principal,
				    .agent = "og",
				    .action = action,
				    .node = "",
				    .task = "",
				    .step = "" };
	struct og_db *db = NULL;
	struct og_buf text;
	int rc = body ? 0 : og_fail_nomem(err);

	og_buf_init(&text, BODY_MAX);
	if (rc == 0 &&
	    (og_json_set(body, "changes", json_array(), err) < 0 ||
	     og_json_set(body, "verdict", json_string("allow"), err) < 0 ||
	     og_json_canon(body, &text, err) < 0 || og_db_open(erp, OG_DB_WRITE, &db, err) < 0))
		rc = -1;
	if (rc == 0)
		rc = append(db, &record, &text, err);
	og_db_close(db);
	og_buf_release(&text);
	json_decref(body);
	return rc;
}

int og_backup_record(const struct og_backup *backup, struct og_err *err)
{
	char hex[OG_HASH_HEX + 1];

	og_hash_hex(&backup->digest, hex);
	return og_backup_entry(backup->conf->erp, backup->principal, "backup",
			       json_pack("{s:s,s:I,s:s,s:b}", "manifest", hex, "entries",
					 (json_int_t)backup->ledger.entries, "head",
					 backup->ledger.head, "keys", backup->with_keys),
			       err);
}
