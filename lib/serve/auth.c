/*
 * Signing in and out. Whether a password is right is the shield's to say
 * (auth.login); a session is made here for the principal it names, and only
 * where this server has the key with which it will ask for it.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/text.h"
#include "lib/serve/limit.h"
#include "lib/serve/parts.h"
#include "lib/serve/serve-internal.h"

#define MAIL_MAX     254
#define PASSWORD_MAX 1024

static int has_key(const struct og_exchange *x, const char *principal)
{
	struct og_err ignored = OG_ERR_INIT;
	char *path = NULL;
	int rc = og_conf_key_path(x->serve->setup.conf, principal, &path, &ignored) == 0 &&
		 access(path, R_OK) == 0;

	free(path);
	return rc;
}

static void set_cookie(struct og_exchange *x, const char *token, long seconds)
{
	struct og_buf text;

	og_buf_init(&text, 512);
	og_buf_addf(&text, "og_session=%s; Path=/; Max-Age=%ld; HttpOnly; SameSite=Strict%s", token,
		    seconds, x->serve->setup.proxy ? "; Secure" : "");
	if (!text.failed)
		og_reply_header(x, "Set-Cookie", text.data);
	og_buf_release(&text);
}

static const char *text_of(const json_t *from, const char *key, const char *fallback)
{
	const char *text = og_json_str(from, key);

	return text ? text : fallback;
}

static json_t *user_of(const struct og_session *session)
{
	return json_pack("{s:I,s:s,s:s}", "id", (json_int_t)session->user_id, "name",
			 session->user_name, "email", session->user_mail);
}

static json_t *welcome_of(const json_t *reply, const char *token, const struct og_session *session)
{
	json_t *user = user_of(session);

	if (!user || json_object_set_new(user, "role", json_string(text_of(reply, "role", ""))) < 0)
		return NULL;
	return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:o}", "status", "success", "message",
			 "signed in", "access_token", token, "token_type", "bearer", "csrf",
			 session->csrf, "principal", session->principal, "user", user);
}

static void fill(struct og_session *session, const json_t *reply, const char *principal)
{
	const json_t *user = json_object_get(reply, "user");

	*session = (struct og_session){ .user_id = og_json_int(user, "id", 0) };
	og_text_format(session->principal, sizeof(session->principal), "%s", principal);
	og_text_format(session->user_name, sizeof(session->user_name), "%s",
		       text_of(user, "name", principal));
	og_text_format(session->user_mail, sizeof(session->user_mail), "%s",
		       text_of(user, "email", ""));
}

static void sign_in(struct og_exchange *x, const json_t *reply)
{
	const char *principal = og_json_str(reply, "principal");
	char token[OG_SESSION_TOKEN + 1] = "";
	struct og_err err = OG_ERR_INIT;

	if (!principal || !has_key(x, principal)) {
		og_reply_error(x, 403, "this server has no key to ask for this account");
		return;
	}
	fill(&x->session, reply, principal);
	if (og_session_make(x->serve->sessions, &x->session, token, &err) < 0) {
		og_reply_refusal(x, &err);
	} else {
		set_cookie(x, token, OG_SESSION_LIFE_MS / 1000);
		og_reply_json(x, 200, welcome_of(reply, token, &x->session));
	}
	explicit_bzero(token, sizeof(token));
}

/* What was tried, until it is judged. */
static const char *account_of(const struct og_exchange *x)
{
	return og_json_str(x->json, "email");
}

static void judged(void *arg, const json_t *reply, const struct og_err *err)
{
	struct og_exchange *x = arg;
	int good = reply && err->code == OG_OK, wrong = reply && err->code == OG_EPERM;

	if (!wrong)
		og_attempt_over(x->serve->sessions, account_of(x), x->address, og_now_ms(), good);
	if (good)
		sign_in(x, reply);
	else if (wrong)
		og_reply_error(x, 401, "wrong address or password");
	else
		og_reply_refusal(x, err);
}

static void wait(struct og_exchange *x, int seconds)
{
	char text[16];

	og_text_format(text, sizeof(text), "%d", seconds);
	og_reply_header(x, "Retry-After", text);
	og_reply_error(x, 429, "too many attempts: try again later");
}

static void login(struct og_exchange *x)
{
	const char *mail, *password;
	struct og_err err = OG_ERR_INIT;
	const json_t *body;
	int seconds;

	if (og_exchange_json(x, &body) < 0)
		return;
	mail = og_json_str(body, "email");
	password = og_json_str(body, "password");
	if (!mail || !password || strlen(mail) > MAIL_MAX || strlen(password) > PASSWORD_MAX) {
		og_reply_error(x, 400, "the body needs email and password");
		return;
	}
	seconds = og_attempt(x->serve->sessions, mail, x->address, og_now_ms(), &err);
	if (seconds < 0)
		og_reply_refusal(x, &err);
	else if (seconds > 0)
		wait(x, seconds);
	else
		og_desk_login(x->serve->desk,
			      json_pack("{s:s,s:s}", "email", mail, "password", password), judged,
			      x);
}

static void logout(struct og_exchange *x)
{
	og_session_drop(x->serve->sessions, x->session.name);
	set_cookie(x, "", 0);
	og_reply_json(x, 200, json_pack("{s:s,s:s}", "status", "success", "message", "signed out"));
}

/* The directory that .omnigate is in: where it is on the disk is nobody's
 * business. */
static const char *instance_name(const char *home, char name[256])
{
	const char *end = strrchr(home, '/'), *start = end;

	while (start && start > home && start[-1] != '/')
		start--;
	og_text_format(name, 256, "%.*s", start ? (int)(end - start) : 0, start ? start : "");
	return name;
}

static void known(void *arg, const json_t *who, const struct og_err *err)
{
	struct og_exchange *x = arg;
	const struct og_session *session = &x->session;
	json_t *rights, *user;
	char name[256];

	if (err->code) {
		og_reply_refusal(x, err);
		return;
	}
	rights = json_object_get(who, "rights");
	user = user_of(session);
	og_reply_json(x, 200,
		      json_pack("{s:s,s:s,s:I,s:O?,s:o,s:s,s:I,s:s,s:s}", "principal",
				session->principal, "role", text_of(who, "role", ""), "clearance",
				(json_int_t)og_json_int(who, "clearance", 0), "rights", rights,
				"user", user, "csrf", session->csrf, "expires",
				(json_int_t)session->expires, "instance",
				instance_name(x->serve->setup.conf->home, name), "version",
				x->serve->setup.version));
}

static void session(struct og_exchange *x)
{
	og_desk_who(x->serve->desk, x->session.principal, known, x);
}

static void health(struct og_exchange *x)
{
	static const char text[] = "{\"status\":\"ok\"}";

	og_reply_kept(x, 200, "application/json", text, sizeof(text) - 1);
}

static const struct og_route routes[] = {
	{ "GET", "/healthz", OG_ROUTE_FREE, health },
	{ "POST", "/api/auth/login", OG_ROUTE_OPEN, login },
	{ "POST", "/api/auth/logout", 0, logout },
	{ "GET", "/api/session", 0, session },
	{ NULL, NULL, 0, NULL },
};

const struct og_serve_part og_serve_auth = { routes, NULL, NULL, NULL };
