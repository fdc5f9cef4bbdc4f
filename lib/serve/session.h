/*
 * Web sessions: files sessions/HASH in the instance, mode 0600, where HASH
 * is the SHA-256 of the session's token. So neither a listing nor a copy of
 * the directory gives anybody a session, several processes share them, and
 * removing a file ends one at once.
 *
 * A file is a JSON object {"v":1,"principal","csrf","created","expires",
 * "user":{"id","name","email"}}, times in ms since 1970; its modification
 * time is when it was used last.
 */
#ifndef OG_SERVE_SESSION_H
#define OG_SERVE_SESSION_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/err.h"
#include "lib/hash/hash.h"

#define OG_SESSION_TOKEN    64 /* hexadecimal of 32 random bytes */
#define OG_SESSION_CSRF	    32
#define OG_SESSION_LIFE_MS  (INT64_C(12) * 3600 * 1000)
#define OG_SESSION_IDLE_MS  (INT64_C(2) * 3600 * 1000)
#define OG_SESSIONS_PER_ONE 64 /* of a principal; the one unused longest ends */

struct og_session {
	char name[OG_HASH_HEX + 1]; /* "": none */
	char principal[33];
	char csrf[OG_SESSION_CSRF + 1];
	int64_t created, expires, seen;
	int64_t user_id;
	char user_name[128], user_mail[256]; /* as they were at the login */
	int by_cookie;			     /* of a request: it came as a cookie */
};

/* Makes the directory at home/sessions when it is missing. Heap string. */
int og_sessions_place(const char *home, char **ret, struct og_err *err);

/* A new session of session->principal and its user; its token is told here
 * and nowhere else. Fills the rest. */
int og_session_make(const char *dir, struct og_session *session, char token[OG_SESSION_TOKEN + 1],
		    struct og_err *err);
/* 1 and *ret when the token's session is alive; it is used now. 0: no. */
int og_session_find(const char *dir, const char *token, struct og_session *ret);
/* Ends it; 1, or 0 when there is none. */
int og_session_drop(const char *dir, const char *name);
/* Every living one; dead ones are removed on the way. each() non-zero ends
 * it. Returns how many there were, -1 OG_EIO. */
int og_session_each(const char *dir, int (*each)(void *arg, const struct og_session *session),
		    void *arg, struct og_err *err);

#endif
