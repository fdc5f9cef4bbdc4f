/*
 * An instance out of an archive that may be anybody's. What the manifest does
 * not name, in this order and of this size, is not in it. See backup.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "lib/archive/tar.h"
#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/instance/backup-internal.h"
#include "lib/ledger/checkpoint.h"

#define PIECE ((size_t)65536)
#define NOTE  ((size_t)65536)
#define HERE  ".omnigate"

void og_restore_release(struct og_restore *restore)
{
	og_stage_release(&restore->stage);
	json_decref(restore->manifest);
	og_buf_release(&restore->checkpoint);
	og_buf_release(&restore->signer);
	free(restore->queue);
}

/* --- the manifest ------------------------------------------------------------- */

static int fail_manifest(const char *what, struct og_err *err)
{
	return og_fail(err, OG_EDATA, "the backup's manifest is not as it should be: %s", what);
}

/* A name in the instance, and none of what is made anew by itself. */
static int is_place(const char *name, int folder)
{
	size_t len = strlen(HERE);

	if (!og_tar_name_valid(name) || strncmp(name, HERE, len) != 0)
		return 0;
	if (!name[len])
		return folder;
	return name[len] == '/' && (folder || !og_backup_derived(name + len + 1));
}

static int check_member(const json_t *member, struct og_err *err)
{
	static const char *const keys[] = { "name", "mode", "size", "sha256", NULL };
	const char *name, *sha256 = og_json_str(member, "sha256");
	int64_t mode, size = 0;
	struct og_hash hash;

	if (og_json_only(member, "member of the manifest", keys, err) < 0 ||
	    og_json_need_str(member, "member of the manifest", "name", &name, err) < 0 ||
	    og_json_need_int(member, "member of the manifest", "mode", &mode, err) < 0)
		return -1;
	if (sha256 && og_json_need_int(member, "member of the manifest", "size", &size, err) < 0)
		return -1;
	if (!is_place(name, !sha256) || (mode & ~INT64_C(0700)) || size < 0 ||
	    size > OG_TAR_SIZE_MAX || (sha256 && og_hash_unhex(sha256, &hash) < 0))
		return og_fail(err, OG_EDATA,
			       "the backup's manifest names '%s', which has no "
			       "place in an instance",
			       name);
	return 0;
}

static int check_members(const json_t *members, struct og_err *err)
{
	json_t *member;
	size_t i;

	if (!json_is_array(members) || json_array_size(members) > 2 * OG_BACKUP_FILES)
		return fail_manifest("members", err);
	json_array_foreach(members, i, member)
	{
		if (check_member(member, err) < 0)
			return -1;
	}
	return 0;
}

/* What the entry says later, and what a person is told. */
static int check_ledger(struct og_restore *restore, struct og_err *err)
{
	const json_t *ledger = json_object_get(restore->manifest, "ledger");
	const char *name = og_json_str(ledger, "name"), *head = og_json_str(ledger, "head");
	struct og_hash hash;

	restore->ledger.entries = og_json_int(ledger, "entries", 0);
	if (!name || strlen(name) >= sizeof(restore->ledger.name) || !head ||
	    og_hash_unhex(head, &hash) < 0 || restore->ledger.entries < 1)
		return fail_manifest("ledger", err);
	memcpy(restore->ledger.name, name, strlen(name) + 1);
	memcpy(restore->ledger.head, head, OG_HASH_HEX + 1);
	return 0;
}

/* One that og.conf names from the root, and where it is in here. */
static int check_queue(const json_t *queue, struct og_err *err)
{
	static const char *const keys[] = { "named", "is", NULL };
	const char *named = og_json_str(queue, "named"), *is = og_json_str(queue, "is");
	char name[OG_TAR_NAME_MAX + sizeof(HERE) + 1];

	if (!queue)
		return 0;
	if (og_json_only(queue, "queue of the manifest", keys, err) < 0)
		return -1;
	if (!named || *named != '/' || !is || strlen(is) > OG_TAR_NAME_MAX)
		return fail_manifest("queue", err);
	snprintf(name, sizeof(name), HERE "/%s", is);
	return is_place(name, 0) ? 0 : fail_manifest("queue", err);
}

static int check_manifest(struct og_restore *restore, struct og_err *err)
{
	static const char *const keys[] = { "v",       "made",	 "by",	   "omnigate",
					    "format",  "keys",	 "signed", "left_out",
					    "members", "ledger", "queue",  NULL };
	const char *made;
	int64_t v, format, made_ms;

	if (og_json_only(restore->manifest, "manifest", keys, err) < 0 ||
	    og_json_need_int(restore->manifest, "manifest", "v", &v, err) < 0 ||
	    og_json_need_int(restore->manifest, "manifest", "format", &format, err) < 0 ||
	    og_json_need_str(restore->manifest, "manifest", "made", &made, err) < 0)
		return -1;
	if (v != 1)
		return og_fail(err, OG_EDATA, "it is a backup of a newer kind (%lld)",
			       (long long)v);
	if (og_time_parse(made, &made_ms) < 0)
		return fail_manifest("made", err);
	if (og_format_check("erp.db", format, err) < 0 || check_ledger(restore, err) < 0 ||
	    check_queue(json_object_get(restore->manifest, "queue"), err) < 0 ||
	    check_members(json_object_get(restore->manifest, "members"), err) < 0)
		return -1;
	return 0;
}

/* --- room --------------------------------------------------------------------- */

/* The judge makes the database once more. */
static int check_room(const struct og_restore *restore, struct og_err *err)
{
	int64_t need = 0, have;
	struct statvfs fs;
	json_t *member;
	size_t i;

	json_array_foreach(json_object_get(restore->manifest, "members"), i, member)
	{
		int64_t size = og_json_int(member, "size", 0);
		const char *name = og_json_str(member, "name");

		need += strcmp(name, HERE "/erp.db") == 0 ? 2 * size : size;
		if (need > OG_TAR_SIZE_MAX)
			break;
	}
	if (statvfs(restore->stage.path, &fs) < 0)
		return og_backup_fail("ask for room in", restore->stage.path, err);
	have = (int64_t)fs.f_bavail * (int64_t)fs.f_frsize;
	if (need <= have)
		return 0;
	return og_fail(err, OG_EOS, "it takes %lld MiB, and there are %lld",
		       (long long)(need >> 20), (long long)(have >> 20));
}

/* --- members -------------------------------------------------------------------- */

/* A short one, whole. */
static int take_text(struct og_tar *tar, const char *name, struct og_buf *out, struct og_err *err)
{
	struct og_tar_member member;
	int more = og_tar_next(tar, &member, err), n = 0;
	char piece[4096];

	if (more < 0)
		return -1;
	if (more == 0 || strcmp(member.name, name) != 0 || member.type != OG_TAR_FILE ||
	    member.size > (int64_t)out->max)
		return og_fail(err, OG_EDATA, "it is no backup of an instance: no %s in its place",
			       name);
	while ((n = og_tar_read(tar, piece, sizeof(piece), err)) > 0)
		og_buf_add(out, piece, (size_t)n);
	return n < 0 ? -1 : og_buf_check(out, name, err);
}

static int write_file(struct og_tar *tar, const char *path, unsigned mode, struct og_err *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int n, rc = -1;
	char piece[PIECE];

	if (fd < 0)
		return og_backup_fail("make", path, err);
	while ((n = og_tar_read(tar, piece, sizeof(piece), err)) > 0)
		if (og_write_all(fd, piece, (size_t)n) < 0)
			break;
	if (n > 0 || (n == 0 && (fchmod(fd, mode & 0700) < 0 || fsync(fd) < 0)))
		og_backup_fail("write", path, err);
	else if (n == 0)
		rc = 0;
	close(fd);
	return rc;
}

static int check_digest(const char *path, const char *name, const char *want, struct og_err *err)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC), rc = -1;
	char hex[OG_HASH_HEX + 1];
	struct og_hash hash;

	if (fd < 0)
		return og_backup_fail("read", path, err);
	if (og_sha256_fd(fd, &hash, err) == 0) {
		og_hash_hex(&hash, hex);
		rc = strcmp(hex, want) == 0 ? 0
					    : og_fail(err, OG_EDATA,
						      "'%s' in the backup is not what its manifest "
						      "says: it was changed, or is damaged",
						      name);
	}
	close(fd);
	return rc;
}

static int take_member(struct og_restore *restore, struct og_tar *tar, const json_t *json,
		       struct og_err *err)
{
	const char *name = og_json_str(json, "name"), *sha256 = og_json_str(json, "sha256");
	enum og_tar_type type = sha256 ? OG_TAR_FILE : OG_TAR_FOLDER;
	unsigned mode = (unsigned)og_json_int(json, "mode", 0);
	struct og_tar_member member;
	int more = og_tar_next(tar, &member, err), rc;
	char *path;

	if (more < 0)
		return -1;
	if (more == 0 || strcmp(member.name, name) != 0 || member.type != type ||
	    member.size != og_json_int(json, "size", 0))
		return og_fail(err, OG_EDATA,
			       "the manifest says '%s', the archive has '%s' in its "
			       "place",
			       name, more ? member.name : "its end");
	path = og_path_join(restore->stage.path, name);
	if (!path)
		return og_fail_nomem(err);
	if (type == OG_TAR_FILE)
		rc = write_file(tar, path, mode, err) < 0 ? -1
							  : check_digest(path, name, sha256, err);
	else /* the first of them is there: it is the stage's */
		rc = (strcmp(name, HERE) == 0 || mkdir(path, 0700) == 0)
			     ? 0
			     : og_backup_fail("make", path, err);
	free(path);
	return rc;
}

static int take_members(struct og_restore *restore, struct og_tar *tar, struct og_err *err)
{
	struct og_tar_member member;
	json_t *json;
	size_t i;
	int more;

	json_array_foreach(json_object_get(restore->manifest, "members"), i, json)
	{
		if (take_member(restore, tar, json, err) < 0)
			return -1;
	}
	more = og_tar_next(tar, &member, err);
	if (more > 0)
		og_fail(err, OG_EDATA, "the archive holds '%s', which its manifest does not name",
			member.name);
	return more == 0 ? 0 : -1;
}

static int check_there(const struct og_restore *restore, struct og_err *err)
{
	static const char *const needed[] = { "og.conf", "erp.db", "base.db", "run", NULL };
	int rc = 0;

	for (size_t i = 0; rc == 0 && needed[i]; i++) {
		char *path = og_path_join(restore->stage.home, needed[i]);

		if (!path)
			rc = og_fail_nomem(err);
		else if (access(path, F_OK) < 0)
			rc = og_fail(err, OG_EDATA, "there is no %s in the backup", needed[i]);
		free(path);
	}
	return rc;
}

/* --- who signed it ---------------------------------------------------------------- */

/* The key to believe: the one that was given, or the archive's own. 1, 0: none. */
static int find_key(const struct og_restore *restore, struct og_note_key *ret, struct og_err *err)
{
	unsigned char seed[OG_KEY_SEED];
	int there;

	if (restore->key)
		return og_note_key_parse(restore->key, ret, err) < 0 ? -1 : 1;
	there = og_backup_seed(restore->stage.home, seed, err);
	memset(ret, 0, sizeof(*ret));
	memcpy(ret->name, restore->ledger.name, strlen(restore->ledger.name));
	if (there == 1 && og_key_public(seed, ret->pub, err) < 0)
		there = -1;
	explicit_bzero(seed, sizeof(seed));
	return there;
}

static int check_notes(struct og_restore *restore, const struct og_note_key *key,
		       const struct og_buf *signature, struct og_err *err)
{
	struct og_checkpoint checkpoint;
	struct og_buf text;
	size_t len = 0;
	int rc = -1;

	og_buf_init(&text, 256);
	og_backup_signed_text(&restore->digest, &text);
	if (og_note_check(&(struct og_slice){ signature->data, signature->len }, key, &len, err) <
		    0 ||
	    og_checkpoint_read(
		    &(struct og_slice){ restore->checkpoint.data, restore->checkpoint.len }, key,
		    &checkpoint, err) < 0)
		og_wrap(err, "the backup's signature");
	else if (len != text.len || memcmp(signature->data, text.data, len) != 0)
		og_fail(err, OG_NO, "the backup's signature is of another manifest");
	else if (strcmp(checkpoint.origin, restore->ledger.name) != 0 ||
		 checkpoint.size != (uint64_t)restore->ledger.entries)
		og_fail(err, OG_NO, "the backup's checkpoint is of another ledger");
	else
		rc = 0;
	og_buf_release(&text);
	return rc;
}

static int check_signature(struct og_restore *restore, const struct og_buf *signature,
			   struct og_err *err)
{
	struct og_note_key key;
	int there = find_key(restore, &key, err);

	if (there < 0)
		return -1;
	if (restore->key && signature->len == 0)
		return og_fail(err, OG_NO, "nobody has signed the backup");
	if (there == 0 || signature->len == 0)
		return 0;
	if (check_notes(restore, &key, signature, err) < 0)
		return -1;
	return og_note_key_print(&key, &restore->signer, err);
}

/* --- from here on ------------------------------------------------------------------- */

static int take_all(struct og_restore *restore, struct og_tar *tar, struct og_err *err)
{
	struct og_buf manifest, signature;
	int rc = -1;

	og_buf_init(&manifest, OG_BACKUP_MANIFEST);
	og_buf_init(&signature, NOTE);
	if (take_text(tar, "MANIFEST.json", &manifest, err) < 0 ||
	    og_json_parse(manifest.data ? manifest.data : "", manifest.len, OG_BACKUP_MANIFEST,
			  "manifest", &restore->manifest, err) < 0 ||
	    check_manifest(restore, err) < 0 || check_room(restore, err) < 0)
		goto out;
	og_sha256(manifest.data, manifest.len, &restore->digest);
	if (og_json_bool(restore->manifest, "signed", 0) &&
	    (take_text(tar, "MANIFEST.sig", &signature, err) < 0 ||
	     take_text(tar, "CHECKPOINT", &restore->checkpoint, err) < 0))
		goto out;
	if (take_members(restore, tar, err) == 0 && check_there(restore, err) == 0)
		rc = check_signature(restore, &signature, err);
out:
	og_buf_release(&manifest);
	og_buf_release(&signature);
	return rc;
}

int og_restore_stage(struct og_restore *restore, int fd, const char *dir, struct og_err *err)
{
	struct og_tar tar;

	og_buf_init(&restore->checkpoint, NOTE);
	og_buf_init(&restore->signer, NOTE);
	if (mkdir(dir, 0777) == 0)
		restore->stage.made = strdup(dir);
	else if (errno != EEXIST)
		return og_backup_fail("make", dir, err);
	if (og_stage_make(&restore->stage, dir, err) < 0)
		return -1;
	og_tar_init(&tar, fd);
	return take_all(restore, &tar, err);
}

/* From now on this is another history than the one that went on, if one did. */
static int record(const struct og_restore *restore, struct og_err *err)
{
	char hex[OG_HASH_HEX + 1], *erp = og_path_join(restore->stage.home, "erp.db");
	int rc;

	og_hash_hex(&restore->digest, hex);
	rc = erp ? og_backup_entry(erp, "system", "restore",
				   json_pack("{s:s,s:s,s:I,s:s}", "manifest", hex, "made",
					     og_json_str(restore->manifest, "made"), "entries",
					     (json_int_t)restore->ledger.entries, "head",
					     restore->ledger.head),
				   err)
		 : og_fail_nomem(err);
	free(erp);
	return rc;
}

/* Every folder, the innermost last in the list and so first. */
static int sync_folders(const struct og_restore *restore, struct og_err *err)
{
	const json_t *members = json_object_get(restore->manifest, "members");
	int rc = 0;

	for (size_t i = json_array_size(members); rc == 0 && i-- > 0;) {
		const json_t *member = json_array_get(members, i);
		char *path = og_path_join(restore->stage.path, og_json_str(member, "name"));

		if (!path)
			rc = og_fail_nomem(err);
		else if (!og_json_str(member, "sha256"))
			rc = og_backup_sync(path, 1, err);
		free(path);
	}
	return rc;
}

int og_restore_finish(struct og_restore *restore, const char *dir, struct og_err *err)
{
	char *final = og_path_join(dir, HERE);
	int rc = -1;

	if (!final)
		return og_fail_nomem(err);
	if (record(restore, err) < 0 || og_restore_queue(restore, dir, err) < 0 ||
	    sync_folders(restore, err) < 0)
		goto out;
	if (access(final, F_OK) == 0 || rename(restore->stage.home, final) < 0) {
		if (access(final, F_OK) == 0)
			og_fail(err, OG_ECONF, "there is an instance already: '%s'", final);
		else
			og_backup_fail("make", final, err);
		goto out;
	}
	free(restore->stage.made);
	restore->stage.made = NULL;
	rc = og_backup_sync(dir, 1, err);
out:
	free(final);
	return rc;
}
