/* Principals: finding them, and what their role may do besides tables. */
#include "lib/access/access.h"

#include <stdlib.h>
#include <string.h>

#include "lib/access/access-internal.h"
#include "lib/base/text.h"

#define SELECT_PRINCIPAL                                                                           \
	"SELECT p.id, p.name, p.role, p.clearance, p.pubkey, p.active, r.rights "                  \
	"FROM og_principal p JOIN og_role r ON r.name = p.role WHERE "

int og_access_open(struct og_db *db, struct og_access **ret, struct og_err *err)
{
	struct og_access *access = calloc(1, sizeof(*access));

	if (!access)
		return og_fail_nomem(err);
	access->db = db;
	if (og_stmt_new(db, SELECT_PRINCIPAL "p.name = ?1", &access->by_name, err) < 0 ||
	    og_stmt_new(db, SELECT_PRINCIPAL "p.id = ?1", &access->by_id, err) < 0 ||
	    og_stmt_new(db,
			"SELECT tbl, effect, verbs, visible, masked, settable, predicate "
			"FROM og_grant WHERE subject = ?1 ORDER BY tbl COLLATE NOCASE, effect DESC",
			&access->grants, err) < 0 ||
	    og_stmt_new(db, "SELECT value FROM og_counter WHERE name = 'access-epoch'",
			&access->epoch, err) < 0) {
		og_access_free(access);
		return -1;
	}
	*ret = access;
	return 0;
}

void og_access_free(struct og_access *access)
{
	if (!access)
		return;
	og_stmt_free(access->by_name);
	og_stmt_free(access->by_id);
	og_stmt_free(access->grants);
	og_stmt_free(access->epoch);
	free(access);
}

static int copy_name(char out[OG_NAME_MAX + 1], const char *text)
{
	size_t len = text ? strlen(text) : 0;

	if (len == 0 || len > OG_NAME_MAX)
		return -1;
	memcpy(out, text, len + 1);
	return 0;
}

static int copy_key(struct og_principal *ret, const char *base64)
{
	struct og_buf raw;
	int rc = 0;

	ret->has_key = 0;
	if (!base64)
		return 0;
	og_buf_init(&raw, OG_KEY_PUBLIC);
	if (og_base64_decode(&raw, base64, strlen(base64)) < 0 || raw.len != OG_KEY_PUBLIC)
		rc = -1;
	else
		memcpy(ret->pubkey, raw.data, OG_KEY_PUBLIC);
	og_buf_release(&raw);
	ret->has_key = rc == 0;
	return rc;
}

/* '["ddl","grant"]' -> " ddl grant ", so that a right is found as a word. */
static int copy_rights(struct og_principal *ret, const char *json)
{
	struct og_err ignored = OG_ERR_INIT;
	json_t *list = NULL, *item;
	size_t i, at = 1;
	int rc = 0;

	memcpy(ret->rights, " ", 2);
	if (!json || og_json_parse(json, strlen(json), 4096, "rights", &list, &ignored) < 0)
		return -1;
	json_array_foreach(list, i, item)
	{
		const char *right = json_string_value(item);
		size_t len = right ? strlen(right) : 0;

		if (len == 0 || at + len + 2 > sizeof(ret->rights)) {
			rc = -1;
			break;
		}
		memcpy(ret->rights + at, right, len);
		memcpy(ret->rights + at + len, " ", 2);
		at += len + 1;
	}
	json_decref(list);
	return rc;
}

/* 1 found, 0 not, -1. The statement has its value bound. */
static int fetch(struct og_stmt *stmt, struct og_principal *ret, struct og_err *err)
{
	int found = og_stmt_step(stmt, err);

	if (found <= 0)
		return found;
	memset(ret, 0, sizeof(*ret));
	ret->id = og_col_int(stmt, 0);
	ret->clearance = (int)og_col_int(stmt, 3);
	ret->active = og_col_int(stmt, 5) != 0;
	if (copy_name(ret->name, og_col_text(stmt, 1)) < 0 ||
	    copy_name(ret->role, og_col_text(stmt, 2)) < 0 ||
	    copy_key(ret, og_col_text(stmt, 4)) < 0 || copy_rights(ret, og_col_text(stmt, 6)) < 0)
		found = og_fail(err, OG_EDATA, "principal %lld is damaged", (long long)ret->id);
	og_stmt_reset(stmt);
	return found;
}

/* The same for those who may still act. */
static int fetch_active(struct og_stmt *stmt, struct og_principal *ret, struct og_err *err)
{
	int found = fetch(stmt, ret, err);

	return found == 1 ? ret->active : found;
}

/* One text for "never heard of" and "no longer": a guesser learns nothing. */
static int known_or_not(int found, struct og_err *err)
{
	if (found == 0)
		return og_fail(err, OG_EPERM, "no such principal");
	return found < 0 ? -1 : 0;
}

int og_access_principal(struct og_access *access, const char *name, struct og_principal *ret,
			struct og_err *err)
{
	og_bind_text(access->by_name, 1, name);
	return known_or_not(fetch_active(access->by_name, ret, err), err);
}

int og_access_principal_id(struct og_access *access, int64_t id, struct og_principal *ret,
			   struct og_err *err)
{
	og_bind_int(access->by_id, 1, id);
	return known_or_not(fetch_active(access->by_id, ret, err), err);
}

int og_access_principal_kept(struct og_access *access, int64_t id, struct og_principal *ret,
			     struct og_err *err)
{
	og_bind_int(access->by_id, 1, id);
	return known_or_not(fetch(access->by_id, ret, err), err);
}

/* The business table is asked only if it has the columns. */
static int has_users(struct og_access *access, struct og_err *err)
{
	int64_t n = 0;

	if (og_db_int(access->db,
		      "SELECT count(*) FROM pragma_table_info('users') "
		      "WHERE name IN ('id', 'name', 'email')",
		      &n, err) < 0)
		return -1;
	return n == 3;
}

static int find_user(struct og_access *access, const char *email, json_t **ret, struct og_err *err)
{
	struct og_stmt *stmt;
	int found;

	if (og_stmt_new(access->db,
			"SELECT id, name, email FROM users WHERE email = ?1 COLLATE NOCASE LIMIT 1",
			&stmt, err) < 0)
		return -1;
	og_bind_text(stmt, 1, email);
	found = og_stmt_step(stmt, err);
	if (found > 0) {
		*ret = json_pack("{s:I,s:s*,s:s*}", "id", (json_int_t)og_col_int(stmt, 0), "name",
				 og_col_text(stmt, 1), "email", og_col_text(stmt, 2));
		if (!*ret)
			found = og_fail_nomem(err);
	}
	og_stmt_free(stmt);
	return found;
}

int og_access_by_mail(struct og_access *access, const char *email, struct og_principal *ret,
		      json_t **ret_user, struct og_err *err)
{
	json_t *user = NULL;
	int found = has_users(access, err);

	*ret_user = NULL;
	if (found > 0)
		found = find_user(access, email, &user, err);
	if (found > 0) {
		og_bind_int(access->by_id, 1, og_json_int(user, "id", 0));
		found = fetch_active(access->by_id, ret, err);
	}
	if (found > 0)
		*ret_user = user;
	else
		json_decref(user);
	return found < 0 ? -1 : 0;
}

int og_access_right(const struct og_principal *who, const char *right)
{
	size_t len = strlen(right);
	const char *at = who->rights;

	while ((at = strstr(at, right))) {
		if (at > who->rights && at[-1] == ' ' && at[len] == ' ')
			return 1;
		at++;
	}
	return 0;
}

int og_access_epoch(struct og_access *access, int64_t *ret, struct og_err *err)
{
	int found = og_stmt_step(access->epoch, err);

	if (found < 0)
		return -1;
	*ret = found ? og_col_int(access->epoch, 0) : 0;
	og_stmt_reset(access->epoch);
	return 0;
}

int og_access_changed(struct og_access *access, struct og_err *err)
{
	return og_db_exec(access->db,
			  "INSERT INTO og_counter(name, value) VALUES ('access-epoch', 1) "
			  "ON CONFLICT(name) DO UPDATE SET value = value + 1",
			  err);
}
