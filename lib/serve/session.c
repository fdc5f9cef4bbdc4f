/* See session.h. */
#include "lib/serve/session.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/text.h"
#include "lib/json/json.h"

#define FILE_MAX  ((size_t)4096)
#define TOUCH_MS  10000 /* how exact the last use is kept */
#define TOKEN_LEN (OG_SESSION_TOKEN / 2)

int og_sessions_place(const char *home, char **ret, struct og_err *err)
{
	char *dir = og_path_join(home, "sessions");
	struct stat st;

	if (!dir)
		return og_fail_nomem(err);
	if (mkdir(dir, 0700) < 0 && errno != EEXIST) {
		og_fail(err, OG_EOS, "cannot make '%s': %s", dir, strerror(errno));
	} else if (lstat(dir, &st) < 0 || !S_ISDIR(st.st_mode) || st.st_uid != geteuid() ||
		   (st.st_mode & 077)) {
		og_fail(err, OG_EPERM, "'%s' is no directory that only we may enter", dir);
		og_hint(err, "remove it, or: chmod 700 '%s'", dir);
	} else {
		*ret = dir;
		return 0;
	}
	free(dir);
	return -1;
}

static char *path_of(const char *dir, const char *name)
{
	struct og_hash ignored;

	return og_hash_unhex(name, &ignored) == 0 ? og_path_join(dir, name) : NULL;
}

static void name_of(const char *token, char name[OG_HASH_HEX + 1])
{
	struct og_hash hash;

	og_sha256(token, strlen(token), &hash);
	og_hash_hex(&hash, name);
}

static int take_text(const json_t *from, const char *key, char *to, size_t size)
{
	const char *text = og_json_str(from, key);

	if (!text || strlen(text) >= size)
		return -1;
	memcpy(to, text, strlen(text) + 1);
	return 0;
}

static int parse(const char *text, size_t len, struct og_session *ret)
{
	struct og_err ignored = OG_ERR_INIT;
	json_t *json = NULL;
	const json_t *user;
	int rc = -1;

	if (og_json_parse(text, len, FILE_MAX, "session", &json, &ignored) < 0)
		return -1;
	user = json_object_get(json, "user");
	ret->created = og_json_int(json, "created", 0);
	ret->expires = og_json_int(json, "expires", 0);
	ret->user_id = og_json_int(user, "id", 0);
	if (take_text(user, "name", ret->user_name, sizeof(ret->user_name)) == 0 &&
	    take_text(user, "email", ret->user_mail, sizeof(ret->user_mail)) == 0 &&
	    take_text(json, "principal", ret->principal, sizeof(ret->principal)) == 0 &&
	    take_text(json, "csrf", ret->csrf, sizeof(ret->csrf)) == 0 &&
	    strlen(ret->csrf) == OG_SESSION_CSRF)
		rc = 0;
	json_decref(json);
	return rc;
}

static int is_alive(const struct og_session *session)
{
	int64_t now = og_now_ms();

	return now < session->expires && now - session->seen < OG_SESSION_IDLE_MS &&
	       session->created <= now && session->expires - session->created <= OG_SESSION_LIFE_MS;
}

/* 1: read, alive or not; 0: there is none, or what is there is no session. */
static int read_one(const char *path, struct og_session *ret, int use)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	char text[FILE_MAX];
	struct stat st;
	ssize_t n;
	int rc = 0;

	if (fd < 0)
		return 0;
	n = read(fd, text, sizeof(text));
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && n > 0 && st.st_size == n &&
	    parse(text, (size_t)n, ret) == 0) {
		ret->seen = (int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000;
		rc = 1;
	}
	/* A file that cannot be touched only ends early. */
	if (rc && use && is_alive(ret) && og_now_ms() - ret->seen > TOUCH_MS &&
	    futimens(fd, NULL) == 0)
		ret->seen = og_now_ms();
	close(fd);
	return rc;
}

int og_session_find(const char *dir, const char *token, struct og_session *ret)
{
	struct og_session found = { .name = "" };
	unsigned char raw[TOKEN_LEN];
	char *path;
	int rc = 0;

	if (strlen(token) != OG_SESSION_TOKEN || og_hex_decode(raw, sizeof(raw), token) < 0)
		return 0;
	name_of(token, found.name);
	path = path_of(dir, found.name);
	if (path && read_one(path, &found, 1)) {
		if (is_alive(&found)) {
			*ret = found;
			rc = 1;
		} else {
			unlink(path);
		}
	}
	free(path);
	return rc;
}

int og_session_drop(const char *dir, const char *name)
{
	char *path = path_of(dir, name);
	int rc = path && unlink(path) == 0;

	free(path);
	return rc;
}

int og_session_each(const char *dir, int (*each)(void *arg, const struct og_session *session),
		    void *arg, struct og_err *err)
{
	DIR *listing = opendir(dir);
	const struct dirent *entry;
	int n = 0, over = 0;

	if (!listing)
		return errno == ENOENT
			       ? 0
			       : og_fail(err, OG_EIO, "cannot read '%s': %s", dir, strerror(errno));
	while (!over && (entry = readdir(listing))) {
		struct og_session session = { .name = "" };
		char *path = path_of(dir, entry->d_name);

		if (path && read_one(path, &session, 0) && is_alive(&session)) {
			memcpy(session.name, entry->d_name, OG_HASH_HEX + 1);
			n++;
			over = each && each(arg, &session);
		} else if (path) {
			unlink(path);
		}
		free(path);
	}
	closedir(listing);
	return n;
}

/* Of one principal: how many, and which was used the longest ago. */
struct crowd {
	const char *principal;
	int n;
	struct og_session stalest;
};

static int count(void *arg, const struct og_session *session)
{
	struct crowd *crowd = arg;

	if (strcmp(session->principal, crowd->principal) != 0)
		return 0;
	if (crowd->n++ == 0 || session->seen < crowd->stalest.seen)
		crowd->stalest = *session;
	return 0;
}

static int make_room(const char *dir, const char *principal, struct og_err *err)
{
	struct crowd crowd = { .principal = principal };

	if (og_session_each(dir, count, &crowd, err) < 0)
		return -1;
	if (crowd.n >= OG_SESSIONS_PER_ONE)
		og_session_drop(dir, crowd.stalest.name);
	return 0;
}

static int write_one(const char *dir, const struct og_session *session, struct og_err *err)
{
	json_t *json = json_pack(
		"{s:i,s:s,s:s,s:I,s:I,s:{s:I,s:s,s:s}}", "v", 1, "principal", session->principal,
		"csrf", session->csrf, "created", (json_int_t)session->created, "expires",
		(json_int_t)session->expires, "user", "id", (json_int_t)session->user_id, "name",
		session->user_name, "email", session->user_mail);
	char *path = path_of(dir, session->name);
	struct og_buf text;
	int rc = -1;

	og_buf_init(&text, FILE_MAX);
	if (!json || !path)
		og_fail_nomem(err);
	else if (og_json_dump(json, &text, err) == 0)
		rc = og_file_write(path, text.data, text.len, 0600, err);
	og_buf_release(&text);
	json_decref(json);
	free(path);
	return rc;
}

int og_session_make(const char *dir, struct og_session *session, char token[OG_SESSION_TOKEN + 1],
		    struct og_err *err)
{
	unsigned char raw[TOKEN_LEN], csrf[OG_SESSION_CSRF / 2];

	if (og_random(raw, sizeof(raw), err) < 0 || og_random(csrf, sizeof(csrf), err) < 0 ||
	    make_room(dir, session->principal, err) < 0)
		return -1;
	og_hex_encode(token, raw, sizeof(raw));
	og_hex_encode(session->csrf, csrf, sizeof(csrf));
	explicit_bzero(raw, sizeof(raw));
	name_of(token, session->name);
	session->created = session->seen = og_now_ms();
	session->expires = session->created + OG_SESSION_LIFE_MS;
	return write_one(dir, session, err);
}
