/*
 * /api/auth/register: an administrator makes a principal who signs in with
 * a password. Nobody registers themselves, and a role is given, not chosen:
 * the shield lets only who has the right "register" do this.
 *
 * In order: the shield is asked who there is (it refuses who may not ask),
 * `og key --new` makes the pair of keys with which this server will act for
 * the newcomer, the row in users gives the number, and principal.put makes
 * the principal. What stops half way leaves a key or a row that opens
 * nothing.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/serve/parts.h"
#include "lib/serve/serve-internal.h"

#define NAME_MAX_BYTES 127
#define MAIL_MAX       254
#define PASSWORD_MIN   8
#define PASSWORD_MAX   1024
#define INSERT	       "INSERT INTO users(name, email, role) VALUES (:name, :email, :account_role)"

struct newcomer {
	char principal[33];
	const char *name, *mail, *password, *role; /* of the request */
	int64_t clearance, number;
	char key[64]; /* public, base64 */
};

struct registrar {
	char *og; /* path */
};

static void free_registrar(void *state)
{
	struct registrar *registrar = state;

	free(registrar->og);
	free(registrar);
}

static int start(struct og_serve *serve, void **ret, struct og_err *err)
{
	struct registrar *registrar = calloc(1, sizeof(*registrar));

	if (registrar)
		registrar->og = og_program_path(og_serve_exe_dir(serve), "og");
	if (!registrar || !registrar->og) {
		free(registrar);
		return og_fail_nomem(err);
	}
	*ret = registrar;
	return 0;
}

static void made(struct og_exchange *x, const json_t *reply, const struct og_err *err)
{
	const struct newcomer *who = og_exchange_kept(x);

	(void)reply;
	if (err->code)
		og_reply_refusal(x, err);
	else
		og_reply_json(x, 200,
			      json_pack("{s:s,s:s,s:s,s:{s:I,s:s,s:s,s:s}}", "status", "success",
					"message", "the account is made", "principal",
					who->principal, "user", "id", (json_int_t)who->number,
					"name", who->name, "email", who->mail, "role", who->role));
}

static void row_made(struct og_exchange *x, const json_t *reply, const struct og_err *err)
{
	struct newcomer *who = og_exchange_kept(x);

	if (err->code) {
		og_reply_refusal(x, err);
		return;
	}
	who->number = og_json_int(reply, "last_id", 0);
	og_exchange_ask(x, "principal.put",
			json_pack("{s:s,s:s,s:I,s:s,s:I,s:s,s:b}", "name", who->principal, "role",
				  who->role, "clearance", (json_int_t)who->clearance, "pubkey",
				  who->key, "number", (json_int_t)who->number, "password",
				  who->password, "new", 1),
			made);
}

static void key_made(struct og_exchange *x, const struct og_spawned *done, const struct og_err *err)
{
	struct newcomer *who = og_exchange_kept(x);
	struct og_err said = OG_ERR_INIT;

	if (!done) {
		og_reply_refusal(x, err);
		return;
	}
	if (done->status != 0) {
		og_spawned_error(done, &said);
		og_reply_refusal(x, &said);
		return;
	}
	og_text_format(who->key, sizeof(who->key), "%.*s", (int)strcspn(done->out, "\n"),
		       done->out);
	og_exchange_ask(x, "sql.write",
			json_pack("{s:s,s:{s:s,s:s,s:s}}", "sql", INSERT, "params", "name",
				  who->name, "email", who->mail, "account_role", who->role),
			row_made);
}

static void make_key(struct og_exchange *x, const json_t *reply, const struct og_err *err)
{
	const struct registrar *registrar = og_exchange_state(x);
	struct newcomer *who = og_exchange_kept(x);
	const char *const argv[] = { registrar->og, "key", "--new", who->principal, NULL };

	if (err->code)
		og_reply_refusal(x, err);
	else if (json_array_size(json_object_get(reply, "rows")) > 0)
		og_reply_error(x, 400, "there is an account with this address");
	else
		og_exchange_spawn(
			x, &(struct og_spawn){ .who = og_exchange_principal(x), .argv = argv },
			key_made);
}

/* The role's clearance is what others of it have; the lowest of them. */
static void look_around(struct newcomer *who, const json_t *list, int *taken)
{
	json_t *other;
	size_t i;

	*taken = 0;
	json_array_foreach(list, i, other)
	{
		const char *role = og_json_str(other, "role"), *name = og_json_str(other, "name");
		int64_t clearance = og_json_int(other, "clearance", 1);

		if (name && strcmp(name, who->principal) == 0)
			*taken = 1;
		if (role && strcmp(role, who->role) == 0 &&
		    (who->clearance == 0 || clearance < who->clearance))
			who->clearance = clearance;
	}
	if (who->clearance == 0)
		who->clearance = 1;
}

static void known(struct og_exchange *x, const json_t *reply, const struct og_err *err)
{
	struct newcomer *who = og_exchange_kept(x);
	int taken;

	if (err->code) {
		og_reply_refusal(x, err);
		return;
	}
	look_around(who, json_object_get(reply, "principals"), &taken);
	if (taken)
		og_reply_error(x, 400, "there is a principal '%s'", who->principal);
	else
		og_exchange_ask(x, "sql.read",
				json_pack("{s:s,s:{s:s}}", "sql",
					  "SELECT id FROM users WHERE lower(email) = lower(:email)",
					  "params", "email", who->mail),
				make_key);
}

/* "Eve.Adams@example.com" is eve-adams. */
static int name_from(const char *mail, char name[33])
{
	size_t n = 0;

	for (const char *p = mail; *p && *p != '@' && n < 32; p++) {
		unsigned char c = (unsigned char)tolower((unsigned char)*p);

		if (c < 0x80 && (isalnum(c) || ((c == '-' || c == '_' || c == '.') && n > 0)))
			name[n++] = c == '.' ? '-' : (char)c;
	}
	name[n] = '\0';
	return og_principal_name_valid(name);
}

static const char *fault_of(const struct newcomer *who)
{
	const char *at = who->mail ? strchr(who->mail, '@') : NULL;

	if (!who->name || !who->mail || !who->password || !who->role)
		return "the body needs name, email, password and role";
	if (!*who->name || strlen(who->name) > NAME_MAX_BYTES)
		return "name: empty or too long";
	if (!at || at == who->mail || !at[1] || strchr(at + 1, '@') ||
	    strlen(who->mail) > MAIL_MAX || strpbrk(who->mail, " \t<>\"\\,;"))
		return "email: not an address";
	if (strlen(who->password) < PASSWORD_MIN || strlen(who->password) > PASSWORD_MAX)
		return "password: 8 to 1024 bytes";
	return NULL;
}

static void enrol(struct og_exchange *x)
{
	struct newcomer *who;
	const json_t *body;
	const char *fault;

	if (og_exchange_json(x, &body) < 0)
		return;
	who = calloc(1, sizeof(*who));
	if (!who) {
		og_reply_error(x, 500, "out of memory");
		return;
	}
	og_exchange_keep(x, who, free);
	who->name = og_json_str(body, "name");
	who->mail = og_json_str(body, "email");
	who->password = og_json_str(body, "password");
	who->role = og_json_str(body, "role");
	fault = fault_of(who);
	if (!fault && !name_from(who->mail, who->principal))
		fault = "email: no principal's name can be made of it";
	if (fault)
		og_reply_error(x, 400, "%s", fault);
	else
		og_exchange_ask(x, "principal.list", json_object(), known);
}

static const struct og_route routes[] = {
	{ "POST", "/api/auth/register", 0, enrol },
	{ NULL, NULL, 0, NULL },
};

const struct og_serve_part og_serve_register = { routes, start, free_registrar, NULL };
