/*
 * Signing in and out. Whether a password is right is the shield's to say
 * (auth.login); a session is made here for the principal it names, and only
 * where this server has the key with which it will ask for it.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

static json_t *welcome_of(const json_t *reply, const char *token, const struct og_session *session)
{
	const json_t *user = json_object_get(reply, "user");
	const json_t *id = json_object_get(user, "id");

	return json_pack("{s:s,s:s,s:s,s:s,s:s,s:{s:O?,s:s,s:s,s:s,s:s}}", "status", "success",
			 "message", "signed in", "access_token", token, "token_type", "bearer",
			 "csrf", session->csrf, "user", "id", id, "name",
			 og_json_str(user, "name") ? og_json_str(user, "name") : session->principal,
			 "email", og_json_str(user, "email") ? og_json_str(user, "email") : "",
			 "role", og_json_str(reply, "role") ? og_json_str(reply, "role") : "",
			 "principal", session->principal);
}

static void sign_in(struct og_exchange *x, const json_t *reply)
{
	const char *principal = og_json_str(reply, "principal");
	char token[OG_SESSION_TOKEN + 1];
	struct og_err err = OG_ERR_INIT;
	struct og_session session;

	if (!principal || !has_key(x, principal)) {
		og_reply_error(x, 403, "this server has no key to ask for this account");
	} else if (og_session_make(x->serve->sessions, principal, token, &session, &err) < 0) {
		og_reply_refusal(x, &err);
	} else {
		x->session = session;
		set_cookie(x, token, OG_SESSION_LIFE_MS / 1000);
		og_reply_json(x, 200, welcome_of(reply, token, &session));
	}
	explicit_bzero(token, sizeof(token));
}

static void judged(void *arg, const json_t *reply, const struct og_err *err)
{
	struct og_exchange *x = arg;

	if (reply && err->code == OG_OK)
		sign_in(x, reply);
	else if (reply && err->code == OG_EPERM)
		og_reply_error(x, 401, "wrong address or password");
	else
		og_reply_refusal(x, err);
}

static void login(struct og_exchange *x)
{
	const char *mail, *password;
	const json_t *body;

	if (og_exchange_json(x, &body) < 0)
		return;
	mail = og_json_str(body, "email");
	password = og_json_str(body, "password");
	if (!mail || !password || strlen(mail) > MAIL_MAX || strlen(password) > PASSWORD_MAX) {
		og_reply_error(x, 400, "the body needs email and password");
		return;
	}
	og_desk_login(x->serve->desk, json_pack("{s:s,s:s}", "email", mail, "password", password),
		      judged, x);
}

static void logout(struct og_exchange *x)
{
	og_session_drop(x->serve->sessions, x->session.name);
	set_cookie(x, "", 0);
	og_reply_json(x, 200, json_pack("{s:s,s:s}", "status", "success", "message", "signed out"));
}

static void health(struct og_exchange *x)
{
	static const char text[] = "{\"status\":\"ok\"}";

	og_reply_kept(x, 200, "application/json", text, sizeof(text) - 1);
}

static const struct og_route routes[] = {
	{ "GET", "/healthz", OG_ROUTE_OPEN | OG_ROUTE_FREE, health },
	{ "POST", "/api/auth/login", OG_ROUTE_OPEN, login },
	{ "POST", "/api/auth/logout", 0, logout },
	{ NULL, NULL, 0, NULL },
};

const struct og_serve_part og_serve_auth = { routes, NULL, NULL, NULL };
