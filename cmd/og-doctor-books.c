/*
 * og doctor: the databases, the ledger, whose keys count, the last backup.
 * None is opened here: og-ledger is asked. Where a file is missing or cannot
 * be opened that is one line, and what would ask it is passed over.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/og-ask.h"
#include "cmd/og-status.h"
#include "cmd/og.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/hash/hash.h"
#include "lib/proc/proc.h"

#define ANSWER_MAX  ((size_t)4 << 20)
#define WORDS_MAX   2000
#define BACKUP_DAYS 7
#define DAY_MS	    INT64_C(86400000)

/* --- og-ledger, with what it says on standard error ---------------------------- */

struct answer {
	json_t *json; /* NULL: none */
	char words[WORDS_MAX];
};

/* What a child says there becomes part of our line, and not a line beside. */
static int listen_begin(int *ret_saved)
{
	int fd = memfd_create("words", MFD_CLOEXEC);

	*ret_saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	if (fd >= 0 && *ret_saved >= 0)
		dup2(fd, STDERR_FILENO);
	return fd;
}

static void listen_end(int fd, int saved, char words[WORDS_MAX])
{
	ssize_t n = fd >= 0 ? pread(fd, words, WORDS_MAX - 1, 0) : 0;

	if (saved >= 0) {
		dup2(saved, STDERR_FILENO);
		close(saved);
	}
	if (fd >= 0)
		close(fd);
	words[n > 0 ? n : 0] = '\0';
	words[strcspn(words, "\n")] = '\0';
}

static void ask_check(const struct og_doctor *doctor, struct answer *ret)
{
	char *path = og_program_path(doctor->ctx->exe_dir, "og-ledger");
	const char *argv[] = { path,
			       "check",
			       "--json",
			       "--home",
			       doctor->conf->home,
			       doctor->quick ? "--quick" : NULL,
			       NULL };
	struct og_err why = OG_ERR_INIT;
	int status = 0, saved, fd = listen_begin(&saved);
	struct og_buf out;

	og_buf_init(&out, ANSWER_MAX);
	*ret = (struct answer){ .json = NULL };
	if (path && og_child_run(argv, "", 0, OG_FOREVER, &out, &status, &why) == 0 && status <= 1)
		og_json_parse(out.data ? out.data : "", out.len, ANSWER_MAX, "og-ledger's answer",
			      &ret->json, &why);
	listen_end(fd, saved, ret->words);
	if (!ret->words[0])
		og_text_format(ret->words, sizeof(ret->words), "og-ledger: %s",
			       why.msg[0] ? why.msg : "it gives no answer");
	og_buf_release(&out);
	free(path);
}

/* --- the databases -------------------------------------------------------------- */

static int say_problems(struct og_doctor *doctor, const json_t *problems, struct og_err *err)
{
	json_t *problem;
	size_t i;

	json_array_foreach(problems, i, problem)
	{
		if (og_doctor_say(doctor, "books", "bad", err,
				  "%s: %s; stop what works on it, and og restore a backup beside",
				  og_json_str(problem, "file"), og_json_str(problem, "what")) < 0)
			return -1;
	}
	return 0;
}

/* What can be told without opening it; "" when it is there to be opened. */
static const char *why_not(const struct og_doctor *doctor, const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return strerror(errno);
	if (!S_ISREG(st.st_mode))
		return "it is not a file";
	if (st.st_size == 0)
		return "it is empty";
	if (!doctor->may_open)
		return "-";
	return "";
}

/* Is its log there without it? */
static int has_log(const struct og_doctor *doctor)
{
	char *path = og_path_join(doctor->conf->home, "erp.db-wal");
	struct stat st;
	int there = path && stat(path, &st) == 0 && st.st_size > 0;

	free(path);
	return there;
}

int og_doctor_books(struct og_doctor *doctor, struct og_err *err)
{
	const char *why = why_not(doctor, doctor->conf->erp);
	struct answer answer;
	int rc;

	if (og_conf_remote(doctor->conf))
		return 0;
	if (strcmp(why, "-") == 0)
		return og_doctor_say(doctor, "books", "skip", err,
				     "not opened, for what was said above");
	if (*why)
		return og_doctor_say(doctor, "books", "bad", err,
				     "%s: %s; og restore a backup, or bring the file back%s",
				     doctor->conf->erp, why,
				     has_log(doctor) ? ", beside erp.db-wal, which holds what came "
						       "last: keep it"
						     : "");
	ask_check(doctor, &answer);
	if (!answer.json)
		return og_doctor_say(doctor, "books", "bad", err,
				     "%s; og restore a backup, or bring the file back",
				     answer.words);
	doctor->books = answer.json;
	if (!og_json_bool(answer.json, "ok", 0))
		return say_problems(doctor, json_object_get(answer.json, "problems"), err);
	rc = og_doctor_say(doctor, "books", "ok", err, "%s",
			   doctor->quick ? "erp.db can be opened, base.db is whole"
					 : "erp.db and base.db are whole");
	return rc;
}

/* --- the ledger ------------------------------------------------------------------ */

static int judge(struct og_doctor *doctor, struct og_err *err)
{
	const char *const more[] = { "--state", NULL };
	struct og_err why = OG_ERR_INIT;
	json_t *answer = NULL;
	int sound = og_ask_verify(doctor->ctx, doctor->conf->home, more, &answer, &why), rc;

	if (sound == 1)
		rc = og_doctor_say(doctor, "ledger", "ok", err,
				   "verified, and the database equals it");
	else if (sound == 0)
		rc = og_doctor_say(doctor, "ledger", "bad", err,
				   "broken; see og-ledger verify --state");
	else
		rc = og_doctor_say(doctor, "ledger", "bad", err, "not judged: %s", why.msg);
	json_decref(answer);
	return rc;
}

int og_doctor_ledger(struct og_doctor *doctor, struct og_err *err)
{
	/* Without base.db there is nothing to begin with; that was said. */
	if (!doctor->books || access(doctor->conf->base, R_OK) < 0)
		return 0;
	if (doctor->quick)
		return og_doctor_say(doctor, "ledger", "skip", err, "not judged (--quick)");
	return judge(doctor, err);
}

/* --- keys ------------------------------------------------------------------------- */

/* Does the private key belong to what is on record? */
static int check_key(struct og_doctor *doctor, const char *name, const char *pubkey,
		     struct og_err *err)
{
	unsigned char seed[OG_KEY_SEED], pub[OG_KEY_PUBLIC];
	struct og_err why = OG_ERR_INIT;
	struct og_buf text;
	char *path = NULL;
	int rc = 0;

	if (og_conf_key_path(doctor->conf, name, &path, &why) < 0 || access(path, F_OK) < 0) {
		free(path); /* theirs alone, elsewhere */
		return 0;
	}
	og_buf_init(&text, 64);
	if (og_key_read(path, seed, &why) < 0 || og_key_public(seed, pub, &why) < 0)
		/* That others may read it was said of the file. */
		rc = why.code == OG_EPERM
			     ? 0
			     : og_doctor_say(doctor, "keys", "bad", err, "%s", why.msg);
	else if (og_base64_encode(&text, pub, sizeof(pub)) == 0 && strcmp(text.data, pubkey) != 0)
		rc = og_doctor_say(doctor, "keys", "bad", err,
				   "keys/%s.key is not the key on record: what '%s' signs here is "
				   "refused; bring the right one back, or an administrator sets "
				   "this one: og-shield principal",
				   name, name);
	explicit_bzero(seed, sizeof(seed));
	og_buf_release(&text);
	free(path);
	return rc;
}

static int check_checkpoint_key(struct og_doctor *doctor, struct og_err *err)
{
	unsigned char seed[OG_KEY_SEED];
	struct og_err why = OG_ERR_INIT;
	char *path = og_path_join(doctor->conf->keys, "checkpoint.key");
	int rc = 0;

	if (!path)
		return og_fail_nomem(err);
	if (access(path, F_OK) < 0)
		rc = og_doctor_say(doctor, "keys", "warn", err,
				   "there is no keys/checkpoint.key: no checkpoint and no backup "
				   "can be signed here");
	else if (og_key_read(path, seed, &why) < 0)
		rc = og_doctor_say(doctor, "keys", "bad", err, "%s", why.msg);
	explicit_bzero(seed, sizeof(seed));
	free(path);
	return rc;
}

int og_doctor_keys(struct og_doctor *doctor, struct og_err *err)
{
	json_t *principal;
	int before = doctor->said;
	size_t i;

	if (!doctor->books)
		return 0;
	json_array_foreach(json_object_get(doctor->books, "principals"), i, principal)
	{
		const char *name = og_json_str(principal, "name");
		const char *pubkey = og_json_str(principal, "pubkey");

		if (name && pubkey && check_key(doctor, name, pubkey, err) < 0)
			return -1;
	}
	if (check_checkpoint_key(doctor, err) < 0)
		return -1;
	return doctor->said == before
		       ? og_doctor_say(doctor, "keys", "ok", err, "those here are those on record")
		       : 0;
}

/* --- the last backup ---------------------------------------------------------------- */

int og_doctor_backup(struct og_doctor *doctor, struct og_err *err)
{
	const char *last = og_json_str(doctor->books, "backup");
	const char *began = og_json_str(doctor->books, "began"), *since = last ? last : began;
	int64_t then = 0, age;
	char span[32];

	if (!doctor->books || !since || og_time_parse(since, &then) < 0)
		return 0;
	age = og_now_ms() - then;
	og_span_show(age > 0 ? age : 0, span);
	if (age <= BACKUP_DAYS * DAY_MS)
		return og_doctor_say(doctor, "backup", "ok", err, last ? "%s ago" : "none yet",
				     span);
	return og_doctor_say(doctor, "backup", "warn", err,
			     last ? "the last one is %s old: og backup FILE"
				  : "none, for %s: og backup FILE",
			     span);
}
